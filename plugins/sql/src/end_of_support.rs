//! Whether the vendor still supports an instance's release.

use wardline_plugin::prelude::*;
use wardline_plugin::support::{self, EXTENDED_UPDATES, HEADINGS};

use crate::examined::Examined;

/// The releases of SQL Server with the end of their support.
pub(crate) const LIFECYCLE: &str = include_str!("../data/lifecycle.tsv");

/// The date of [`LIFECYCLE`] is the default.
const SUPPORT_DATE: Setting<&str> = support::date_setting("2026-07-16");

pub(crate) struct EndOfSupport;

impl Check<Examined> for EndOfSupport {
    const INFO: CheckInfo = CheckInfo::new("end-of-support", "SQL Server support").columns(HEADINGS).explanation(
        "No further security updates are published for a release or service pack that is no longer supported.",
    );
    const SETTINGS: &'static [&'static dyn DeclaredSetting] = &[&SUPPORT_DATE, &EXTENDED_UPDATES];

    async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
        let Examined { instance, lifecycle, .. } = cx.subject;
        let unknown = || Unable::new("its version is not known").because(&instance.evidence);
        let build = instance.full_build().ok_or_else(unknown)?;
        support::judge(lifecycle, "SQL Server", &build, &instance.evidence, cx.about, SUPPORT_DATE)
    }
}

#[cfg(test)]
mod tests {
    use wardline_plugin::builds::BuildTable;

    use super::*;

    #[test]
    fn the_table_is_valid_and_its_date_is_the_default() {
        let table = BuildTable::parse(LIFECYCLE, support::LIFECYCLE_COLUMNS).unwrap();
        assert_eq!(table.date, SUPPORT_DATE.default);
    }
}
