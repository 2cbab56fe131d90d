//! Check 301: IIS on a domain controller.

use wardline_plugin::prelude::*;

use crate::product::Installation;

pub(crate) struct DomainController;

impl Check<Installation> for DomainController {
    const INFO: CheckInfo = CheckInfo::new("domain-controller", "IIS on a domain controller")
        .mbsa(301)
        .explanation("A vulnerability in a web server on a domain controller exposes every account in the domain.");

    async fn run(cx: Context<'_, Installation>) -> Result<Finding, Unable> {
        let installation = cx.subject;
        let system = installation.system.clone().required()?;
        let finding = match system.role {
            Role::Unknown => return Err(Unable::new("The machine's role could not be determined.").because(&system)),
            Role::Workstation => Finding::passed("IIS is installed on a workstation."),
            Role::Server => Finding::passed("IIS is installed on a server that is not a domain controller."),
            Role::DomainController if is_small_business_server(&system) => {
                Finding::passed("IIS is installed on a domain controller, as intended on Small Business Server.")
            }
            Role::DomainController => Finding::critical("IIS is installed on a domain controller.").mend(
                Remedy::manual(
                    "Move the web sites to a server that is not a domain controller, then uninstall IIS here.",
                )
                .risk("Services that need IIS, such as certificate enrolment pages or Exchange, stop working here."),
            ),
        };
        Ok(finding.because(&system).because(&installation.evidence))
    }
}

/// `Small Business`, or `Small Business(Restricted)` while its license forbids other domain controllers.
fn is_small_business_server(system: &SystemInfo) -> bool {
    const SUITE: &[u8] = b"small business";
    system
        .suites
        .iter()
        .any(|suite| suite.as_bytes().get(..SUITE.len()).is_some_and(|start| start.eq_ignore_ascii_case(SUITE)))
}
