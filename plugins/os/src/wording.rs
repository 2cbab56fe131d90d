//! Summaries and tables that stay readable and bounded for any target.

use wardline_plugin::prelude::*;

/// The maximum number of rows in a table: a target may have tens of thousands of accounts or shares.
const MAX_ROWS: usize = 500;

/// The maximum number of names in a sentence.
const MAX_NAMES: usize = 10;

/// Returns `1 account`, `2 accounts`.
pub(crate) fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("{number} {thing}") } else { format!("{number} {thing}s") }
}

/// Returns `a, b and c`, or only a count for the names beyond the limit.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let shown: Vec<&str> = names.iter().take(MAX_NAMES).map(AsRef::as_ref).collect();
    match (shown.split_last(), names.len() - shown.len()) {
        (_, left_out @ 1..) => format!("{} and {left_out} more", shown.join(", ")),
        (None, 0) => String::new(),
        (Some((last, [])), 0) => (*last).to_owned(),
        (Some((last, begin)), 0) => format!("{} and {last}", begin.join(", ")),
    }
}

/// Adds a table, most severe rows first. A last row counts those left out.
pub(crate) fn with_table<const COLUMNS: usize>(finding: Finding, mut rows: Vec<([String; COLUMNS], Grade)>) -> Finding {
    rows.sort_by_key(|(_, grade)| weight(*grade));
    let left_out = rows.len().saturating_sub(MAX_ROWS);
    let finding = rows.into_iter().take(MAX_ROWS).fold(finding, |finding, (cells, grade)| finding.row(cells, grade));
    if left_out == 0 {
        return finding;
    }
    let mut cells = [const { String::new() }; COLUMNS];
    if let Some(first) = cells.first_mut() {
        *first = format!("and {left_out} more");
    }
    finding.row(cells, Grade::Informational)
}

/// Adds remedies, at most as many as a table has rows.
pub(crate) fn with_remedies(finding: Finding, remedies: impl IntoIterator<Item = Remedy>) -> Finding {
    remedies.into_iter().take(MAX_ROWS).fold(finding, Finding::mend)
}

fn weight(grade: Grade) -> u8 {
    match grade {
        Grade::Critical => 0,
        Grade::NonCritical => 1,
        Grade::BestPractice => 2,
        Grade::UnableToScan => 3,
        Grade::NotPerformed | Grade::Informational | Grade::NotApproved => 4,
        Grade::Passed => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_people_do() {
        let many: Vec<String> = (0..12).map(|number| number.to_string()).collect();
        for (names, expected) in [
            (&many[..0], ""),
            (&many[..1], "0"),
            (&many[..2], "0 and 1"),
            (&many[..3], "0, 1 and 2"),
            (&many[..10], "0, 1, 2, 3, 4, 5, 6, 7, 8 and 9"),
            (&many[..], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"),
        ] {
            assert_eq!(listed(names), expected);
        }
    }
}
