//! The plugin of an invented vendor, as it would have been released for contract 0.1.0. Kept for reading: the tests use the component
//! beside it, which is not built again.

use wardline_plugin::judge::{Installed, Judge};
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;

const PRODUCT: &str = "Contoso Agent 2";
const KEY: &str = r"HKLM\SOFTWARE\Contoso\Agent";
const SITES: &str = r"HKLM\SOFTWARE\Contoso\Agent\Sites";

struct Agent {
    judge: Judge,
}

impl Checker for Agent {
    fn describe() -> Description {
        describe("contoso-agent", "1.4.0", "Looks at the Contoso Agent.")
            .check("agent-service", "Agent service", &[], "The agent keeps the machine's software up to date.")
            .check("agent-listener", "Agent's listener", &["Port"], "Whoever reaches the listener can ask the agent.")
            .check("agent-sites", "Agent's sites", &["Site", "Address"], "The agent trusts each of its sites.")
            .judges_updates([PRODUCT])
            .asks(Scope::Services)
            .asks_registry(r"HKLM\SOFTWARE\Contoso\**")
            .asks_file(r"%programfiles%\Contoso\*")
            .setting("ports", "Ports at which the agent may listen.", SettingValue::Texts(vec!["4711".to_owned()]))
            .into()
    }

    fn prepare(updates: Vec<Update>) -> Result<Self, String> {
        Ok(Agent { judge: Judge::new(updates) })
    }

    async fn detect(&self, about: &About, evidence: &Evidence) -> Findings {
        let mut checks = Checks::new();
        checks.add("agent-service", service(evidence));
        checks.add("agent-listener", listener(about, evidence));
        checks.add("agent-sites", sites(evidence));
        let mut findings = Findings::from(checks.run().await);
        if let Ok(value) = evidence.registry_value(KEY, "Version").await.optional()
            && let Some(version) = value.as_ref().and_then(|data| data.as_text())
        {
            findings.product(InstalledProduct {
                name: PRODUCT.to_owned(),
                version: Some(version.to_owned()),
                service_pack: None,
                subject: None,
            });
            let installed = [Installed::new(PRODUCT, Some(0))];
            findings.updates(judge_updates(&self.judge, &installed, about, evidence).await);
        }
        findings
    }
}

async fn service(evidence: &Evidence) -> Result<Finding, Unable> {
    let service = evidence.service("ContosoAgent").await.optional()?;
    Ok(match &*service {
        None => Finding::not_performed("The agent is not installed.").because(&service),
        Some(agent) if agent.start == ServiceStart::Disabled => Finding::critical("The agent is disabled.")
            .because(&service)
            .mend(Remedy::set_service_start("ContosoAgent", agent.start, ServiceStart::Automatic)),
        Some(agent) => Finding::passed(format!("The agent starts by itself ({:?}).", agent.start)).because(&service),
    })
}

async fn listener(about: &About, evidence: &Evidence) -> Result<Finding, Unable> {
    let allowed = match about.options.settings.iter().find(|setting| setting.name == "ports") {
        Some(Setting { value: SettingValue::Texts(ports), .. }) => ports.clone(),
        _ => vec!["4711".to_owned()],
    };
    let value = evidence.registry_value(KEY, "Port").await.optional()?;
    let Some(port) = value.as_ref().and_then(|data| data.as_number()) else {
        return Ok(Finding::passed("The agent does not listen.").because(&value));
    };
    let row = [port.to_string()];
    Ok(if allowed.contains(&row[0]) {
        Finding::passed("The agent listens where it may.").because(&value).row(row, Grade::Passed)
    } else {
        Finding::non_critical("The agent listens where it should not.")
            .because(&value)
            .row(row, Grade::NonCritical)
            .mend(Remedy::manual("Set the port back to 4711.").risk("Consoles lose the agent until they are told."))
    })
}

async fn sites(evidence: &Evidence) -> Result<Finding, Unable> {
    let key = evidence.registry_key(SITES).await.optional()?;
    let Some(sites) = &*key else {
        return Ok(Finding::passed("The agent has no sites.").because(&key));
    };
    let mut finding = Finding::informational(format!("The agent has {} sites.", sites.subkeys.len())).because(&key);
    for site in &sites.subkeys {
        let address = evidence.registry_value(format!(r"{SITES}\{site}"), "Address").await.required()?;
        let text = address.as_text().unwrap_or("?").to_owned();
        finding = finding.because(&address).row([site.clone(), text], Grade::Informational);
    }
    Ok(finding)
}

wardline_plugin::export!(Agent);
