//! Check 201: SQL Server on a domain controller.

use wardline_plugin::prelude::*;

use crate::instances::Instance;

pub(crate) const ID: &str = "domain-controller";

pub(crate) async fn check(instance: &Instance, system: &Reply<SystemInfo>) -> Result<Finding, Unable> {
    let system = system.clone().required()?;
    let finding = match system.role {
        Role::Unknown => return Err(Unable::new("Whether it is a domain controller cannot be told.").because(&system)),
        Role::Workstation => Finding::passed("SQL Server is installed on a workstation."),
        Role::Server => Finding::passed("SQL Server is installed on a server that is no domain controller."),
        Role::DomainController => Finding::critical("SQL Server is installed on a domain controller.").mend(
            Remedy::manual(format!(
                "Move the databases of {} to a server that is no domain controller, then uninstall it here.",
                instance.name
            ))
            .risk("Programs that name this machine as their database server have to be told the new one."),
        ),
    };
    Ok(finding.because(&system).because(&instance.evidence))
}
