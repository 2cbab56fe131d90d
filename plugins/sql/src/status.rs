//! Check 219: the installed product, and the start types of its services.

use futures_util::future::join;
use wardline_plugin::prelude::*;

use crate::instances::Instance;

pub(crate) const ID: &str = "status";

/// A disk does not show whether a service was running; its start type is the best substitute.
pub(crate) async fn check(evidence: &Evidence, instance: &Instance) -> Result<Finding, Unable> {
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

/// The message about an instance's updates if its version is not known, so that no update applies.
pub(crate) fn updates_not_judged(mut why: Unable) -> Unable {
    why.reason = format!("Its version is not known, so none of its updates was judged: {}.", why.reason);
    why
}

/// The message about updates that apply only to certain service packs.
pub(crate) fn service_pack_unknown(mut why: Unable) -> Unable {
    why.reason = format!("Its service pack is not known: {}.", why.reason);
    why
}

fn start(start: ServiceStart) -> &'static str {
    match start {
        ServiceStart::Boot | ServiceStart::System | ServiceStart::Automatic => "starts with the machine",
        ServiceStart::Manual => "starts on demand",
        ServiceStart::Disabled => "is disabled",
        ServiceStart::Unknown => "has an unknown start type",
    }
}
