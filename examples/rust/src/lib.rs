//! Judges the Contoso Agent, a made-up service by which a company's helpdesk reaches its computers.
//!
//! Two checks: whether anybody may take over the desktop, and whether the agent has its security fix. Put your own product in
//! their place.

use wardline_plugin::evidence::Witness;
use wardline_plugin::prelude::*;
use wardline_plugin::version;

const SERVICE: &str = "ContosoAgent";
const KEY: &str = r"HKLM\SOFTWARE\Contoso\Agent";
const PROGRAM: &str = r"%programfiles%\Contoso\Agent\agent.exe";

/// Before this version the agent runs commands from anybody who sends some.
const FIXED: FileVersion = FileVersion { major: 4, minor: 2, build: 1, revision: 0 };

/// The plugin. It needs nothing of the catalog, so it keeps nothing.
#[derive(Debug)]
pub struct Plugin;

impl Checker for Plugin {
    fn describe() -> Description {
        describe("contoso-agent", "0.1.0", "Finds Contoso Agents that strangers can use.")
            .check(
                "remote-control",
                "Remote control",
                &[],
                "With remote control on, whoever reaches the agent's port sees the desktop and uses its keyboard.",
            )
            .check(
                "agent-version",
                "Version of the agent",
                &["File", "Found", "Needed"],
                "Before version 4.2.1.0 the agent runs commands without asking who sends them (hotfix CA-2026-01).",
            )
            // What is not declared here is answered `denied`.
            .asks(Scope::Services)
            .asks_registry(KEY)
            .asks_file(PROGRAM)
            .into()
    }

    fn prepare(_updates: Vec<Update>) -> Result<Self, String> {
        Ok(Plugin)
    }

    async fn detect(&self, _about: &About, evidence: &Evidence) -> Findings {
        let service = evidence.service(SERVICE).await.optional();
        let mut checks = Checks::new();
        // Both run side by side, so that what they ask travels in one round.
        checks.add("remote-control", remote_control(service.clone(), evidence));
        checks.add("agent-version", agent_version(service, evidence));
        Findings::from(checks.run().await)
    }
}

wardline_plugin::export!(Plugin);

/// The agent's service; none where the agent is not installed.
type Service = Result<Witness<Option<ServiceInfo>>, Unable>;

fn not_installed(service: &Witness<Option<ServiceInfo>>) -> Finding {
    Finding::not_performed("The Contoso Agent is not installed.").because(service)
}

async fn remote_control(service: Service, evidence: &Evidence) -> Result<Finding, Unable> {
    // Here and below `?` makes evidence that is missing *unable to scan*: it is never taken for passed.
    let service = service?;
    let Some(agent) = &*service else { return Ok(not_installed(&service)) };

    let value = evidence.registry_value(KEY, "RemoteControl").await.optional()?;
    let Some(data) = &*value else {
        return Ok(Finding::passed("Remote control is off, as it is where nothing is set.").because(&value));
    };
    // The agent reads a REG_DWORD, so a value of another type says nothing about it.
    let Some(number) = data.as_dword() else {
        return Err(Unable::new("The value RemoteControl is no REG_DWORD.").because(&value));
    };
    let finding = match (number, agent.start) {
        (0, _) => return Ok(Finding::passed("Remote control is off.").because(&value)),
        (_, ServiceStart::Disabled) => {
            Finding::non_critical("Remote control is on, but the agent's service is disabled.")
        }
        (_, _) => Finding::critical("Remote control is on, and the agent's service can start."),
    };
    let off = Remedy::set_registry_value(KEY, "RemoteControl", Some(data.clone()), RegistryData::Dword(0))
        .risk("The helpdesk can no longer take over the desktop.");
    Ok(finding.because(&service).because(&value).mend(off))
}

async fn agent_version(service: Service, evidence: &Evidence) -> Result<Finding, Unable> {
    let service = service?;
    if service.is_none() {
        return Ok(not_installed(&service));
    }
    let file = evidence.file_version(PROGRAM).await.required()?;
    let Some(found) = file.version else {
        return Err(Unable::new("The agent's program holds no version.").because(&file));
    };
    if version::compare(&found, &FIXED).is_lt() {
        let row = [PROGRAM.to_owned(), version::show(&found), version::show(&FIXED)];
        return Ok(Finding::critical("The agent runs commands from anybody: hotfix CA-2026-01 is missing.")
            .row(row, Grade::Critical)
            .because(&file)
            .mend(Remedy::manual("Install hotfix CA-2026-01 for the Contoso Agent.")));
    }
    Ok(Finding::passed(format!("The agent has version {}.", version::show(&found))).because(&file))
}
