//! Check 309: the virtual folder for changing Windows passwords over the web.

use wardline_plugin::prelude::*;

use crate::source::Source;
use crate::virtual_folders::{self, COLUMNS};

pub(crate) struct Iisadmpwd;

impl Check<Source> for Iisadmpwd {
    const INFO: CheckInfo =
        CheckInfo::new("iisadmpwd", "IISADMPWD virtual folder").mbsa(309).columns(COLUMNS).explanation(
            "Its pages change a Windows password for anyone who knows the old one, and let strangers guess passwords.",
        );

    async fn run(cx: Context<'_, Source>) -> Result<Finding, Unable> {
        let risk = "Users can no longer change an expired password over the web.";
        Ok(virtual_folders::judge(cx.subject, &["IISADMPWD"], risk))
    }
}
