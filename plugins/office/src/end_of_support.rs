//! Whether the vendor still supports a release of Office.

use wardline_plugin::builds::BuildTable;
use wardline_plugin::prelude::*;
use wardline_plugin::support::{self, EXTENDED_UPDATES, HEADINGS};

/// The releases of Office with the end of their support.
pub(crate) const LIFECYCLE: &str = include_str!("../data/lifecycle.tsv");

/// The date of [`LIFECYCLE`] is the default.
const SUPPORT_DATE: Setting<&str> = support::date_setting("2026-11-22");

/// The check of each installed release.
pub(crate) const INFO: CheckInfo = CheckInfo::new("end-of-support", "Office support")
    .columns(HEADINGS)
    .explanation("No further security updates are published for a release that is no longer supported.");

/// The settings of this check.
pub(crate) const SETTINGS: [&dyn DeclaredSetting; 2] = [&SUPPORT_DATE, &EXTENDED_UPDATES];

/// Judges the support of the release of one year.
pub(crate) fn judge(table: &BuildTable, year: u32, evidence: u32, about: &About) -> Result<Finding, Unable> {
    support::judge(table, "Office", &year.to_string(), &evidence, about, SUPPORT_DATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_valid_and_its_date_is_the_default() {
        let table = BuildTable::parse(LIFECYCLE, support::LIFECYCLE_COLUMNS).unwrap();
        assert_eq!(table.date, SUPPORT_DATE.default);
    }
}
