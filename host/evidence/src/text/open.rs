//! Reads the files of a target.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wardline_files::regular_file;
use wardline_systeminfo::{Conflict, Form, Hotfixes, LARGEST, ReadError, Told, read};

use super::Texts;
use crate::budget::{Budget, OverBudget};
use crate::recording;
use crate::{Condition, State};

/// The memory that reading a text takes, as a multiple of its size: the bytes, the decoded text, its fields and articles.
const READING: u64 = 16;

/// The memory that what is kept of a text takes, in bytes: at most ten thousand articles.
const KEPT: u64 = 1 << 20;

/// The maximum number of files in a directory of texts. One machine has a handful.
const MAX_FILES: usize = 100;

/// The reasons texts cannot be a target.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    #[error("{}: cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Text { path: PathBuf, source: ReadError },
    #[error("{}: neither a volume with Windows nor texts about a machine: {file}: {source}", path.display())]
    NotTexts { path: PathBuf, file: String, source: ReadError },
    #[error("{}: {source}", path.display())]
    Conflict { path: PathBuf, source: Conflict },
    #[error("{}: {source}", path.display())]
    OverBudget { path: PathBuf, source: OverBudget },
}

pub(super) fn file(path: &Path, budget: &Arc<Budget>) -> Result<Option<Texts>, TextError> {
    if !may_be_text(path).unwrap_or(false) {
        return Ok(None);
    }
    let name = path.file_stem().map_or_else(|| path.display().to_string(), |stem| stem.to_string_lossy().into_owned());
    let told = read_file(path, budget)?;
    let part = path.file_name().map_or_else(|| name.clone(), |name| name.to_string_lossy().into_owned());
    let conditions = vec![condition(part, &told)];
    target(path, name, told, conditions, budget).map(Some)
}

pub(super) fn directory(path: &Path, budget: &Arc<Budget>) -> Result<Option<Texts>, TextError> {
    let failed = |source| TextError::Read { path: path.to_owned(), source };
    let mut files = Vec::new();
    let mut has_folders = false;
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // Not through links, which may lead out of the directory.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_file() {
            files.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
        has_folders |= kind.is_dir();
        if files.len() > MAX_FILES {
            return Ok(None);
        }
    }
    files.sort();
    let mut all: Option<Told> = None;
    let mut conditions = Vec::new();
    let mut unknown = None;
    for (part, file) in files {
        if !may_be_text(&file).unwrap_or(false) {
            continue;
        }
        let told = match read_file(&file, budget) {
            Err(TextError::Text { source: source @ ReadError::UnknownForm, .. }) => {
                unknown.get_or_insert((part, source));
                continue;
            }
            told => told?,
        };
        conditions.push(condition(part, &told));
        match &mut all {
            Some(all) => all.add(told).map_err(|source| TextError::Conflict { path: path.to_owned(), source })?,
            None => all = Some(told),
        }
    }
    // A volume has folders.
    if let (None, false, Some((file, source))) = (&all, has_folders, unknown) {
        return Err(TextError::NotTexts { path: path.to_owned(), file, source });
    }
    let name = crate::image::directory_name(path);
    all.map(|told| target(path, name, told, conditions, budget)).transpose()
}

fn target(
    path: &Path,
    name: String,
    told: Told,
    conditions: Vec<Condition>,
    budget: &Arc<Budget>,
) -> Result<Texts, TextError> {
    let charge = budget.charge(KEPT).map_err(|source| TextError::OverBudget { path: path.to_owned(), source })?;
    Ok(Texts { name, location: path.display().to_string(), told, conditions, charge })
}

/// Returns whether a file is small enough for a text and does not begin as a recording does.
fn may_be_text(path: &Path) -> io::Result<bool> {
    let file = regular_file::open(path)?;
    if file.metadata()?.len() > LARGEST {
        return Ok(false);
    }
    let mut beginning = Vec::new();
    file.take(64).read_to_end(&mut beginning)?;
    let beginning = beginning.trim_ascii_start();
    Ok(match beginning.strip_prefix(b"{") {
        None => !beginning.is_empty(),
        // Objects that PowerShell wrote as JSON have members with other names, in capitals.
        Some(members) => members.trim_ascii_start().strip_prefix(b"\"").is_some_and(|first| {
            let name = first.split(|byte| *byte == b'"').next().unwrap_or_default();
            !recording::MEMBERS.iter().any(|member| member.as_bytes() == name)
        }),
    })
}

fn read_file(path: &Path, budget: &Arc<Budget>) -> Result<Told, TextError> {
    let failed = |source| TextError::Read { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    let reading = budget.charge(size.saturating_mul(READING));
    let _reading = reading.map_err(|source| TextError::OverBudget { path: path.to_owned(), source })?;
    let bytes = regular_file::read(path, size.min(LARGEST)).map_err(failed)?;
    read(&bytes).map_err(|source| TextError::Text { path: path.to_owned(), source })
}

/// Describes a text for the report, which says how little is known of the machine.
fn condition(part: String, told: &Told) -> Condition {
    let mut tells = Vec::new();
    if let Some(system) = &told.system {
        let (major, minor) = system.version;
        let revision = system.revision.map(|revision| format!(".{revision}")).unwrap_or_default();
        tells.push(format!("the version {major}.{minor}.{}{revision}", system.build));
    }
    match &told.hotfixes {
        Hotfixes::Untold => {}
        Hotfixes::Unreadable(_) => tells.push("no hotfix".to_owned()),
        Hotfixes::Listed { articles, complete } => {
            let count = articles.len();
            tells.push(match (complete, count) {
                (false, _) => format!("{count} of several hotfixes"),
                (true, 1) => "1 hotfix".to_owned(),
                (true, _) => format!("{count} hotfixes"),
            });
        }
    }
    let form = match told.form {
        Form::Systeminfo => "systeminfo",
        Form::Hotfixes => "Win32_QuickFixEngineering",
        Form::OperatingSystem => "Win32_OperatingSystem",
        Form::ComputerInfo => "Get-ComputerInfo",
        Form::Plain => "ver or a list",
    };
    Condition { part, state: State::Text { tells: format!("{} (from {form})", tells.join(" and ")) } }
}
