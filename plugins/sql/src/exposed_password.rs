//! Check 205: passwords that setup left in its files.
//!
//! The setups of SQL Server 7.0 and 2000 and of their service packs wrote the passwords that were entered, of `sa` or of the
//! services' accounts, to `setup.iss` and their logs (article 263968). The contents of these files must not appear in a
//! report: findings cite a file's time and size as evidence, never its text.

use futures_util::future::{join, join_all};
use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;

use crate::instances::Instance;
use crate::setup_file::{self, Traces};

pub(crate) const ID: &str = "exposed-password";

/// The folders common to all instances, which setups write to while they run.
const FOLDERS: [&str; 2] = [r"%windir%", r"%windir%\temp"];
/// In the first of them; an instance's own folder `Install` receives a copy.
const ANSWERS: &str = "setup.iss";

pub(crate) fn file_scopes() -> impl Iterator<Item = String> {
    let listings = FOLDERS.map(str::to_owned);
    listings.into_iter().chain(text_scopes())
}

pub(crate) fn text_scopes() -> impl Iterator<Item = String> {
    let shared = FOLDERS
        .into_iter()
        .flat_map(|folder| [ANSWERS, "sqlstp.log", "sqlsp*.log"].map(|name| format!(r"{folder}\{name}")));
    shared.chain([format!(r"*:\**\Install\{ANSWERS}")])
}

/// The maximum number of files, more than setups write. With more, the check is not judged.
const MOST_FILES: usize = 64;

/// The results for the files that all instances share.
#[derive(Debug)]
pub(crate) struct Searched {
    files: Vec<Looked>,
    /// The questions that prove that there are no others.
    listings: Vec<u32>,
    unable: Option<Unable>,
}

/// A file that was read, and the question about it, if that was answered.
#[derive(Debug)]
struct Looked {
    path: String,
    question: Option<u32>,
    traces: Traces,
}

/// Searches the files in the folders that all instances share.
pub(crate) async fn search(evidence: &Evidence) -> Searched {
    let listings = join_all(FOLDERS.map(|folder| evidence.directory(folder))).await;
    let mut searched = Searched { files: Vec::new(), listings: Vec::new(), unable: None };
    let mut paths = Vec::new();
    for (folder, listing) in FOLDERS.iter().zip(listings) {
        searched.listings.push(listing.question_number());
        match listing.optional() {
            Ok(listing) => {
                let entries = listing.as_ref().map(|listing| listing.entries.as_slice()).unwrap_or_default();
                let names = entries.iter().filter(|entry| !entry.directory && is_setup_file(&entry.name));
                paths.extend(names.map(|entry| format!(r"{folder}\{}", entry.name)));
                if listing.as_ref().is_some_and(|listing| listing.truncated) || paths.len() > MOST_FILES {
                    paths.truncate(MOST_FILES);
                    let reason = format!("{folder} contains more files than are examined.");
                    searched.unable.get_or_insert(Unable::new(reason).because(&listing));
                }
            }
            Err(mut unable) => {
                unable.reason = format!("{folder}: {}", unable.reason);
                searched.unable.get_or_insert(unable);
            }
        }
    }
    for looked in join_all(paths.into_iter().map(|path| look(evidence, path))).await {
        match looked {
            Ok(looked) => searched.files.extend(looked),
            Err(unable) => drop(searched.unable.get_or_insert(unable)),
        }
    }
    searched
}

/// `setup.iss`, `sqlstp.log`, and `sqlsp.log`, which later service packs number.
fn is_setup_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == ANSWERS || name == "sqlstp.log" || (name.starts_with("sqlsp") && name.ends_with(".log"))
}

/// Searches one file. `None` if it does not exist.
async fn look(evidence: &Evidence, path: String) -> Result<Option<Looked>, Unable> {
    let (file, traces) = join(evidence.file_version(path.as_str()), setup_file::read(evidence, &path)).await;
    let question = file.question_number();
    // The question about the text is not cited, because its answer may contain the password.
    let traces = traces.map_err(|reason| Unable::new(format!("{path}: {reason}")).because(&question))?;
    let told = file.optional().is_ok();
    Ok(traces.map(|traces| Looked { path, question: told.then_some(question), traces }))
}

/// `searched` is the part common to all instances.
pub(crate) async fn check(evidence: &Evidence, instance: &Instance, searched: &Searched) -> Result<Finding, Unable> {
    let own = match &instance.folder {
        Some(folder) => look(evidence, format!(r"{}\Install\{ANSWERS}", folder.trim_end_matches('\\'))).await,
        None => Err(Unable::new("The instance's folder could not be determined.").because(&instance.evidence)),
    };
    let (own, own_unable) = match own {
        Ok(looked) => (looked, None),
        Err(unable) => (None, Some(unable)),
    };
    let files: Vec<_> = searched.files.iter().chain(&own).collect();
    let exposing: Vec<_> = files.iter().filter(|looked| !looked.traces.is_empty()).collect();

    // A password that was found decides, no matter what else could not be read.
    if exposing.is_empty() {
        if let Some(unable) = searched.unable.clone().or(own_unable) {
            return Err(unable);
        }
        let summary = match files.as_slice() {
            [] => "Setup left no setup.iss, sqlstp.log or sqlsp*.log behind.".to_owned(),
            files => {
                let paths: Vec<_> = files.iter().map(|looked| looked.path.as_str()).collect();
                format!("No password is stored in {}.", paths.join(", "))
            }
        };
        let questions = searched.listings.iter().copied().chain(files.iter().filter_map(|looked| looked.question));
        return Ok(questions.fold(Finding::passed(summary), |finding, question| finding.because(&question)));
    }
    let paths: Vec<_> = exposing.iter().map(|looked| looked.path.as_str()).collect();
    let mut finding = Finding::critical(format!("A password is stored in {}.", paths.join(", ")));
    for looked in exposing {
        finding = looked.question.iter().fold(finding, Finding::because);
        for (setting, lines) in &looked.traces {
            let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
            finding = finding.row([looked.path.as_str(), setting, &lines.join(", ")], Grade::Critical);
        }
    }
    Ok(finding.mend(remedy()).mend(new_password()))
}

fn remedy() -> Remedy {
    Remedy::new(Operation::RunTool(RunTool {
        tool: "KillPwd.exe".to_owned(),
        arguments: Vec::new(),
        article: Some("Q263968".to_owned()),
    }))
    .article("Q263968")
    .risk("An unattended setup that uses these files asks for the password again.")
}

fn new_password() -> Remedy {
    Remedy::manual("Change the passwords that were stored in these files, those of sa or of the services' accounts.")
        .article("Q263968")
        .risk("Programs and services that log on with the old password fail until they are given the new one.")
}
