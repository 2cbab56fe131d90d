//! `-o tab`: a row for each update.

use wardline_report::{HFNETCHK_COLUMNS, TargetReport, tab_row};

use super::{Selection, Shown, Status, gaps};

/// Returns the header, whose first column is `Machine Name`.
pub fn tab_header() -> String {
    tab_row(HFNETCHK_COLUMNS)
}

/// Returns the rows of a machine.
pub fn tab(report: &TargetReport, selection: &Selection) -> String {
    let mut rows = String::new();
    for reason in gaps(report) {
        rows.push_str(&tab_row([&report.name, "", "", "", Status::Warning.words(), reason.as_str(), "", "", ""]));
    }
    for update in &report.updates {
        let Shown::As(status) = selection.shows(update) else { continue };
        let test = update.decisive_test();
        let cells = [
            Some(report.name.as_str()),
            Some(update.product.as_str()),
            Some(update.bulletin.as_str()),
            update.kb.as_deref(),
            Some(status.words()),
            Some(update.reason.as_str()),
            test.map(|test| test.subject.as_str()),
            test.and_then(|test| test.found.as_deref()),
            test.and_then(|test| test.expected.as_deref()),
        ];
        rows.push_str(&tab_row(cells.map(Option::unwrap_or_default)));
    }
    rows
}
