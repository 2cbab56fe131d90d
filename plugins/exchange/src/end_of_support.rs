//! Whether the vendor still supports the installed level of Exchange Server.

use wardline_plugin::prelude::*;
use wardline_plugin::support::{self, EXTENDED_UPDATES, HEADINGS};

use crate::Examined;

/// The levels of Exchange Server with the end of their support.
pub(crate) const LIFECYCLE: &str = include_str!("../data/lifecycle.tsv");

/// The date of [`LIFECYCLE`] is the default.
const SUPPORT_DATE: Setting<&str> = support::date_setting("2026-08-11");

pub(crate) struct EndOfSupport;

impl Check<Examined> for EndOfSupport {
    const INFO: CheckInfo = CheckInfo::new("end-of-support", "Exchange Server support").columns(HEADINGS).explanation(
        "Security updates are published only for the newest cumulative updates of a supported product: on an older one, no \
         update is missing, and none closes its holes.",
    );
    const SETTINGS: &'static [&'static dyn DeclaredSetting] = &[&SUPPORT_DATE, &EXTENDED_UPDATES];

    async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
        let Examined { server, lifecycle } = cx.subject;
        support::judge(lifecycle, "Exchange Server", &server.build, &server.evidence, cx.about, SUPPORT_DATE)
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
