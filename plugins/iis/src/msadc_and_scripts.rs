//! Check 316: the virtual folders for Remote Data Services and for scripts, which setup creates in the default site.

use wardline_plugin::prelude::*;

use crate::source::Source;
use crate::virtual_folders::{self, COLUMNS};

pub(crate) struct MsadcAndScripts;

impl Check<Source> for MsadcAndScripts {
    const INFO: CheckInfo = CheckInfo::new("msadc-and-scripts", "MSADC and Scripts virtual folders")
        .mbsa(316)
        .columns(COLUMNS)
        .explanation("Anyone who requests a program in these folders can run it, and worms look for programs there.");

    async fn run(cx: Context<'_, Source>) -> Result<Finding, Unable> {
        let risk = "Sites that use Remote Data Services or run programs from the folder stop working.";
        Ok(virtual_folders::judge(cx.subject, &["MSADC", "Scripts"], risk))
    }
}
