//! Check 314: the installed services of IIS, and their start types.

use wardline_plugin::prelude::*;

use crate::product::{INETINFO, Installation};

/// The services by short name, the web service first.
const SERVICES: [(&str, &str); 4] =
    [("W3SVC", "World Wide Web"), ("MSFTPSVC", "FTP"), ("SMTPSVC", "mail (SMTP)"), ("NNTPSVC", "news (NNTP)")];

pub(crate) struct Status;

impl Check<Installation> for Status {
    const INFO: CheckInfo = CheckInfo::new("status", "IIS status")
        .mbsa(314)
        .columns(&["Service", "Serves", "Start"])
        .explanation("An IIS service that is not needed should not be installed.");
    const ASKS: &'static [Asks] = &[Asks::Services];

    /// A disk does not show whether a service was running; its start type is the best substitute.
    async fn run(cx: Context<'_, Installation>) -> Result<Finding, Unable> {
        let Context { evidence, subject: installation, .. } = cx;
        let replies = join_all(SERVICES.map(|(name, _)| evidence.service(name))).await;
        let mut services = Vec::new();
        for reply in replies {
            services.push(reply.optional()?);
        }
        let installed: Vec<_> = services
            .iter()
            .filter_map(|service| service.as_ref())
            .map(|service| format!("{} {}", service.name, start(service.start)))
            .collect();
        let iis = installation.version.map_or_else(|| "IIS".to_owned(), |version| format!("IIS {version}"));
        let summary = match installed.as_slice() {
            [] => format!("{iis} is installed without any of its services."),
            installed => format!("{iis} is installed: {}.", installed.join(", ")),
        };
        let lost = if installation.lost_program {
            format!(" Its program is gone: there is no {INETINFO}.")
        } else {
            String::new()
        };
        let unknown = installation.version_unknown.as_ref();
        let not_judged = unknown
            .map(|unable| format!(" Its version is not known, so none of its updates was judged: {}.", unable.reason));
        let finding = Finding::informational(format!("{summary}{lost}{}", not_judged.unwrap_or_default()));
        let told_by = unknown.map(|_| installation.told_by);
        let finding = told_by.iter().flatten().fold(finding, |finding, question| finding.because(question));
        Ok(SERVICES.iter().zip(services).fold(finding, |finding, ((name, what), service)| {
            let state = service.as_ref().map_or("is not installed", |service| start(service.start));
            finding.because(&service).row([*name, *what, state], Grade::Informational)
        }))
    }
}

fn start(start: ServiceStart) -> &'static str {
    match start {
        ServiceStart::Boot | ServiceStart::System | ServiceStart::Automatic => "starts with the machine",
        ServiceStart::Manual => "starts on demand",
        ServiceStart::Disabled => "is disabled",
        ServiceStart::Unknown => "has an unknown start type",
    }
}
