//! Check 219: the installed product, and the start types of its services.

use wardline_plugin::prelude::*;

use crate::examined::Examined;
use crate::instances::Instance;

pub(crate) struct Status;

impl Check<Examined> for Status {
    const INFO: CheckInfo = CheckInfo::new("status", "SQL Server status")
        .mbsa(219)
        .columns(&["Service", "Start", "Account"])
        .explanation("A database server that is not needed should not be installed.");
    const ASKS: &'static [Asks] = &[Asks::Services];

    /// A disk does not show whether a service was running; its start type is the best substitute.
    async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
        let Context { evidence, subject: Examined { instance, .. }, .. } = cx;
        let names = [instance.engine_service(), instance.agent_service()];
        let (engine, agent) = join(evidence.service(names[0].as_str()), evidence.service(names[1].as_str())).await;
        let services = [engine.optional()?, agent.optional()?];
        let product = instance.product();
        let words = [Some(product.name), product.version, instance.edition.clone(), product.service_pack];
        let words: Vec<_> = words.into_iter().flatten().collect();
        let engine = match services[0].as_ref() {
            Some(service) => format!("{} {}", service.name, start(service.start)),
            None => format!("there is no service {}", names[0]),
        };
        let lost = instance.lost_program.as_ref().map(|path| format!(" Its program is gone: there is no {path}."));
        let summary = format!("{} is installed; {engine}.{}", words.join(", "), lost.unwrap_or_default());
        let finding = Finding::informational(summary).because(&instance.evidence);
        Ok(names.iter().zip(services).fold(finding, |finding, (name, service)| {
            let (state, account) = match service.as_ref() {
                Some(service) => (start(service.start), service.account.as_deref().unwrap_or_default()),
                None => ("is not installed", ""),
            };
            finding.because(&service).row([name.as_str(), state, account], Grade::Informational)
        }))
    }
}

/// Returns why some or all of an instance's updates were not judged: its version or its service pack is not known.
pub(crate) fn unknown(instance: &Instance) -> impl Iterator<Item = Unable> {
    [
        (&instance.version_unknown, "Its version is not known, so none of its updates was judged"),
        (&instance.service_pack_unknown, "Its service pack is not known"),
    ]
    .into_iter()
    .filter_map(|(why, unknown)| {
        let mut why = why.clone()?;
        why.reason = format!("{unknown}: {}.", why.reason);
        Some(why)
    })
}

fn start(start: ServiceStart) -> &'static str {
    match start {
        ServiceStart::Boot | ServiceStart::System | ServiceStart::Automatic => "starts with the machine",
        ServiceStart::Manual => "starts on demand",
        ServiceStart::Disabled => "is disabled",
        ServiceStart::Unknown => "has an unknown start type",
    }
}
