//! The installed level of Exchange Server, and whether its security updates could be judged.

use wardline_plugin::prelude::*;

use crate::Examined;

pub(crate) struct Status;

impl Check<Examined> for Status {
    const INFO: CheckInfo = CheckInfo::new("status", "Exchange Server status")
        .columns(&["Level", "Build"])
        .explanation("The build shows which security updates are in effect.");

    async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
        let Examined { server, lifecycle } = cx.subject;
        let level = lifecycle.of(&server.build).next().map_or("Exchange Server", |level| level.cell(0));
        if !server.exact {
            let reason = format!(
                "{level} is installed. Setup records no security update, and ExSetup.exe has no version that could be read, \
                 so none of its updates was judged."
            );
            return Err(Unable::new(reason).because(&server.evidence));
        }
        let finding = Finding::informational(format!("{level} is installed, build {}.", server.build));
        Ok(finding.row([level, &server.build], Grade::Informational).because(&server.evidence))
    }
}
