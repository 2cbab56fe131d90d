//! Judges the Contoso Agent, a made-up service by which a company's helpdesk reaches its computers.
//!
//! Two checks, one file each: whether anybody may take over the desktop, and whether the agent has its security fix. Put your
//! own product in their place.

mod agent_version;
mod remote_control;

use agent_version::AgentVersion;
use remote_control::RemoteControl;
use wardline_plugin::prelude::*;

const SERVICE: &str = "ContosoAgent";

/// The agent's service, which both checks are given.
type Agent = Witness<ServiceInfo>;

/// All checks of the plugin. They run side by side, so that what they ask travels in one round.
const CHECKS: Suite<Agent> = suite![RemoteControl, AgentVersion];

/// The plugin. It needs nothing of the catalog, so it keeps nothing.
#[derive(Debug, Default)]
pub struct Plugin;

impl Checker for Plugin {
    fn describe() -> Description {
        describe("contoso-agent", "0.1.0", "Finds Contoso Agents that strangers can use.")
            .checks(CHECKS)
            // What neither the plugin nor a check declares is answered `denied`.
            .asks(Asks::Services)
            .into()
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let service = match cx.evidence.service(SERVICE).await.optional() {
            Ok(service) => service.present(),
            // Missing evidence is *unable to scan*: it is never taken for passed.
            Err(unable) => return CHECKS.conclude(|_| unable.clone()).into(),
        };
        match service {
            Ok(agent) => CHECKS.run(cx.with(&agent)).await,
            Err(absent) => {
                CHECKS.conclude(|_| Finding::not_performed("The Contoso Agent is not installed.").because(&absent))
            }
        }
        .into()
    }
}

wardline_plugin::export!(Plugin);

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_plugin::testing::Bench;

    /// A computer with the agent, whose service starts like this.
    pub(crate) fn installed(start: ServiceStart) -> Bench {
        let service = ServiceInfo {
            name: SERVICE.into(),
            display_name: None,
            start,
            account: None,
            image_path: None,
            driver: false,
        };
        Bench::new().fact(Question::Service(SERVICE.into()), Fact::Service(service))
    }

    #[test]
    fn missing_evidence_is_never_passed() {
        let run = Bench::new().unreadable_by_default("the hive is damaged").run::<Plugin>();
        for check in CHECKS.infos() {
            assert_eq!(run.check(check.id).grade, Grade::UnableToScan, "{}", check.id);
        }
    }

    #[test]
    fn two_rounds_are_enough() {
        assert_eq!(installed(ServiceStart::Automatic).run::<Plugin>().rounds, 2);
        assert_eq!(Bench::new().run::<Plugin>().rounds, 1, "an agent that is not there needs no second one");
    }
}
