//! Whether the vendor still supports a version of .NET Framework or a release of .NET.

use wardline_plugin::builds::BuildTable;
use wardline_plugin::prelude::*;
use wardline_plugin::support::{self, EXTENDED_UPDATES, HEADINGS};

/// The versions of .NET Framework with the end of their support.
pub(crate) const FRAMEWORK: &str = include_str!("../data/framework-lifecycle.tsv");
/// The releases of .NET with the end of their support.
pub(crate) const RUNTIMES: &str = include_str!("../data/runtime-lifecycle.tsv");

/// The date of the tables is the default.
const SUPPORT_DATE: Setting<&str> = support::date_setting("2026-11-22");

/// An installed release.
#[derive(Debug)]
pub(crate) struct Release<'t> {
    pub(crate) table: &'t BuildTable,
    /// `.NET Framework`, `.NET`.
    pub(crate) product: &'static str,
    pub(crate) version: String,
    /// The question that returned the version.
    pub(crate) evidence: u32,
}

/// The check of each installed release.
pub(crate) const INFO: CheckInfo = CheckInfo::new("end-of-support", ".NET support")
    .columns(HEADINGS)
    .explanation("No further security updates are published for a release that is no longer supported.");

/// The settings of this check.
pub(crate) const SETTINGS: [&dyn DeclaredSetting; 2] = [&SUPPORT_DATE, &EXTENDED_UPDATES];

/// Judges the support of one release.
pub(crate) fn judge(release: &Release<'_>, about: &About) -> Result<Finding, Unable> {
    support::judge(release.table, release.product, &release.version, &release.evidence, about, SUPPORT_DATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_valid_and_their_date_is_the_default() {
        for text in [FRAMEWORK, RUNTIMES] {
            assert_eq!(BuildTable::parse(text, support::LIFECYCLE_COLUMNS).unwrap().date, SUPPORT_DATE.default);
        }
    }
}
