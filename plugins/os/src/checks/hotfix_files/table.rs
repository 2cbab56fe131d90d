//! The rows of the table: what is not in force, or everything.

use wardline_plugin::prelude::*;
use wardline_plugin::version;

use super::ask::{Asker, cut};
use super::files::{RecordedFile, Verdict};
use super::packages::Packages;
use super::records::Hotfix;
use crate::wording::counted;

pub(super) const COLUMNS: [&str; 5] = ["Hotfix", "State", "File or detail", "Recorded", "Found"];

/// The maximum number of bytes in the rows of a list, of the 16 MiB that a plugin may return.
const MAX_BYTES: usize = 4 << 20;

type Row = ([String; 5], Grade);

/// The files that are older than recorded, gone or unknown, of hotfixes that are recorded as installed.
pub(super) fn not_in_force(hotfixes: &[Hotfix]) -> Vec<Row> {
    let installed = hotfixes.iter().filter(|hotfix| hotfix.is_installed());
    let files = installed.flat_map(|hotfix| hotfix.files.iter().map(move |file| (hotfix, file)));
    files
        .filter(|(_, file)| file.verdict >= Verdict::CannotBeChecked)
        .map(|(hotfix, file)| row_of_file(hotfix, file))
        .collect()
}

/// Adds every hotfix with its files, every package, and what could not be read or understood.
pub(super) fn with_everything(
    finding: Finding,
    hotfixes: &[Hotfix],
    packages: &Packages,
    asker: &Asker<'_>,
) -> Finding {
    let of_hotfixes = hotfixes.iter().flat_map(|hotfix| {
        [row_of_hotfix(hotfix)].into_iter().chain(hotfix.files.iter().map(|file| row_of_file(hotfix, file)))
    });
    let of_packages = packages.whole.iter().map(|package| {
        let article = package.article.clone().unwrap_or_else(|| "no article".to_owned());
        row([article, package.state.clone(), package.name.clone(), String::new(), String::new()], Grade::Informational)
    });
    let detail = |state: &str, detail: String, grade| {
        row([String::new(), state.to_owned(), detail, String::new(), String::new()], grade)
    };
    let not_listed = not_listed(packages).map(|words| detail("not listed", words, Grade::Informational));
    let unread = asker.unread.iter().map(|unread| {
        detail("could not be read", format!("{}: {}", unread.subject, unread.reason), Grade::UnableToScan)
    });
    let not_understood = asker
        .not_understood
        .iter()
        .map(|(subject, reason)| detail("not understood", format!("{subject}: {reason}"), Grade::Informational));
    let rows = of_hotfixes.chain(of_packages).chain(not_listed).chain(unread).chain(not_understood);

    let (mut finding, mut left, mut left_out) = (finding, MAX_BYTES, 0);
    for (cells, grade) in rows {
        match left.checked_sub(cells.iter().map(String::len).sum()) {
            Some(rest) if left_out == 0 => {
                left = rest;
                finding = finding.row(cells, grade);
            }
            _ => left_out += 1,
        }
    }
    match left_out {
        0 => finding,
        _ => {
            let (cells, grade) = detail("not listed", format!("{left_out} more rows"), Grade::Informational);
            finding.row(cells, grade)
        }
    }
}

fn row_of_hotfix(hotfix: &Hotfix) -> Row {
    let of: Vec<&str> = [&hotfix.product, &hotfix.service_pack].into_iter().flatten().map(String::as_str).collect();
    let installed = match (&hotfix.installed_on, &hotfix.installed_by) {
        (Some(on), Some(by)) => Some(format!("installed {on} by {by}")),
        (Some(on), None) => Some(format!("installed {on}")),
        (None, Some(by)) => Some(format!("installed by {by}")),
        (None, None) => None,
    };
    let details = [
        Some(of.join(", ")).filter(|of| !of.is_empty()),
        hotfix.description.clone(),
        installed,
        (!hotfix.is_installed()).then(|| "recorded as not installed".to_owned()),
        Some(format!("recorded in {}", hotfix.keys.join(" and "))),
    ];
    let state = match hotfix.verdict() {
        None => "without recorded files",
        Some(Verdict::NoVersionRecorded) => "without recorded versions",
        Some(Verdict::Current) => "current",
        Some(Verdict::CannotBeChecked) => "with a file that cannot be checked",
        Some(Verdict::Older) => "to be installed again",
        Some(Verdict::Gone) => "with a file missing",
    };
    let details = details.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let grade = hotfix.verdict().map_or(Grade::Informational, |verdict| grade(hotfix, verdict));
    row([hotfix.article.clone(), state.to_owned(), details, String::new(), String::new()], grade)
}

fn row_of_file(hotfix: &Hotfix, file: &RecordedFile) -> Row {
    let state = match file.verdict {
        Verdict::NoVersionRecorded => "no version recorded",
        Verdict::Current => "current",
        Verdict::CannotBeChecked => "cannot be checked",
        Verdict::Older => "older",
        Verdict::Gone => "missing",
    };
    let recorded = match (&file.recorded, &file.built) {
        (Some(version), Some(built)) => format!("{version}, built {built}"),
        (Some(version), None) => version.clone(),
        (None, Some(built)) => format!("built {built}"),
        (None, None) => String::new(),
    };
    let found = match (&file.found, &file.reason, file.verdict) {
        (Some(found), ..) => version::show(found),
        (None, Some(reason), _) => reason.clone(),
        (None, None, Verdict::Gone) => "no file".to_owned(),
        (None, None, _) => "no version".to_owned(),
    };
    let cells = [hotfix.article.clone(), state.to_owned(), file.path.clone(), recorded, found];
    row(cells, grade(hotfix, file.verdict))
}

/// A hotfix that is recorded as not installed need not have its files.
fn grade(hotfix: &Hotfix, verdict: Verdict) -> Grade {
    match verdict {
        _ if !hotfix.is_installed() => Grade::Informational,
        Verdict::NoVersionRecorded => Grade::Informational,
        Verdict::Current => Grade::Passed,
        Verdict::CannotBeChecked => Grade::UnableToScan,
        Verdict::Older | Verdict::Gone => Grade::NonCritical,
    }
}

fn row(cells: [String; 5], grade: Grade) -> Row {
    (cells.map(cut), grade)
}

/// Formats `3112 parts of updates, 650 parts of Windows`.
fn not_listed(packages: &Packages) -> Option<String> {
    let of = |number: usize, what: &str| (number > 0).then(|| format!("{} of {what}", counted(number, "part")));
    let words = [of(packages.parts, "updates"), of(packages.features, "Windows")];
    let words = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
    (!words.is_empty()).then_some(words)
}
