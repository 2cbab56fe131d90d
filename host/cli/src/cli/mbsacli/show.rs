//! The reports of earlier scans: `/l`, `/ls`, `/lr`, `/ld`, `/e`.

use crate::cli::{Fatal, warn};
use crate::contract::Escaped;
use crate::mbsacli::{Own, Reports, Show, display};
use crate::platform;

/// Returns the folder of reports that was named, or the default one.
pub(super) fn reports(own: &Own) -> Result<Reports, Fatal> {
    let folder = own.reports.clone().or_else(|| platform::data_folder().map(|folder| folder.join("SecurityScans")));
    Ok(Reports::at(&folder.ok_or("no folder for reports: name one with --reports, or set WARDLINE_DATA_DIR")?))
}

pub(super) fn shown(show: &Show, reports: &Reports) -> Result<String, Fatal> {
    Ok(match show {
        Show::List => listed(reports, &reports.names()?),
        Show::ListLatest => listed(reports, &reports.latest()?.reports),
        Show::Overview(name) => display::report(stem(name), &reports.read(name, false)?, false),
        Show::Detail(name) => display::report(stem(name), &reports.read(name, false)?, true),
        Show::Errors => errors(&reports.latest()?.errors),
    })
}

fn stem(name: &str) -> &str {
    name.strip_suffix(".xml").unwrap_or(name)
}

fn listed(reports: &Reports, names: &[String]) -> String {
    let mut out = display::list_heading();
    for name in names {
        match reports.read(name, true) {
            Ok(saved) => out.push_str(&display::list_line(name, &saved)),
            // Another file in the folder must not hide the reports.
            Err(error) => warn(&error.to_string()),
        }
    }
    out
}

/// Formats the errors of a scan.
pub(super) fn errors(errors: &[String]) -> String {
    match errors {
        [] => "No errors.\n".to_owned(),
        errors => errors.iter().map(|error| format!("{}\n", Escaped(error))).collect(),
    }
}
