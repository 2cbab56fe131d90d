//! Whether the newest installed version of Edge is the one that runs, and can be judged.

use wardline_plugin::prelude::*;

use crate::browser::Browser;

pub(crate) struct CurrentVersion;

impl Check<Browser> for CurrentVersion {
    const INFO: CheckInfo = CheckInfo::new("current-version", "Microsoft Edge version")
        .columns(&["Version", "Channel"])
        .explanation(
            "Only the newest version of a channel is supported. An update takes effect when the browser starts anew, which \
             people who never close it put off for weeks.",
        );

    async fn run(cx: Context<'_, Browser>) -> Result<Finding, Unable> {
        let browser = cx.subject;
        let channel = match browser.extended_stable {
            Some(true) => "Extended Stable",
            Some(false) => "Stable",
            None => {
                let reason = format!(
                    "Microsoft Edge {} is installed, but its channel could not be determined, so none of its updates was judged.",
                    browser.version
                );
                return Err(Unable::new(reason).because(&browser.evidence));
            }
        };
        let version = &browser.version;
        let finding = match &browser.waiting {
            Some((newer, question)) => Finding::non_critical(format!(
                "Microsoft Edge {version} runs although {newer} is installed: it has to be started anew."
            ))
            .because(question)
            .row([version.as_str(), channel], Grade::NonCritical)
            .mend(Remedy::manual("Close Microsoft Edge for all users and start it again.")),
            None => Finding::informational(format!("Microsoft Edge {version} is installed."))
                .row([version.as_str(), channel], Grade::Informational),
        };
        Ok(finding.because(&browser.evidence))
    }
}
