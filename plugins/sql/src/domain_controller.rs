//! Check 201: SQL Server on a domain controller.

use wardline_plugin::prelude::*;

use crate::examined::Examined;

pub(crate) struct DomainController;

impl Check<Examined> for DomainController {
    const INFO: CheckInfo =
        CheckInfo::new("domain-controller", "SQL Server on a domain controller").mbsa(201).explanation(
            "A vulnerability in a database server on a domain controller exposes every account in the domain.",
        );
    const ASKS: &'static [Asks] = &[Asks::System];

    async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
        let Examined { instance, system, .. } = cx.subject;
        let system = system.clone().required()?;
        let finding = match system.role {
            Role::Unknown => return Err(Unable::new("The machine's role could not be determined.").because(&system)),
            Role::Workstation => Finding::passed("SQL Server is installed on a workstation."),
            Role::Server => Finding::passed("SQL Server is installed on a server that is not a domain controller."),
            Role::DomainController => Finding::critical("SQL Server is installed on a domain controller.").mend(
                Remedy::manual(format!(
                    "Move the databases of {} to a server that is not a domain controller, then uninstall it here.",
                    instance.name
                ))
                .risk("Programs that name this machine as their database server must be changed to name the new one."),
            ),
        };
        Ok(finding.because(&system).because(&instance.evidence))
    }
}
