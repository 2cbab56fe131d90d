//! Whether anybody may take over the desktop.

use wardline_plugin::prelude::*;

use crate::Agent;

const KEY: &str = r"HKLM\SOFTWARE\Contoso\Agent";
const VALUE: &str = "RemoteControl";

pub(crate) struct RemoteControl;

impl Check<Agent> for RemoteControl {
    const INFO: CheckInfo = CheckInfo::new("remote-control", "Remote control").explanation(
        "With remote control on, whoever reaches the agent's port sees the desktop and uses its keyboard.",
    );
    const ASKS: &'static [Asks] = &[Asks::Registry(KEY)];

    async fn run(cx: Context<'_, Agent>) -> Result<Finding, Unable> {
        // `?` makes evidence that is missing *unable to scan*.
        let value = cx.evidence.registry_value(KEY, VALUE).await.optional()?;
        let Some(data) = &*value else {
            return Ok(Finding::passed("Remote control is off, as it is where nothing is set.").because(&value));
        };
        // The agent reads a REG_DWORD, so a value of another type says nothing about it.
        let Some(number) = data.as_dword() else {
            return Err(Unable::new("The value RemoteControl is no REG_DWORD.").because(&value));
        };
        let finding = match (number, cx.subject.start) {
            (0, _) => return Ok(Finding::passed("Remote control is off.").because(&value)),
            (_, ServiceStart::Disabled) => {
                Finding::non_critical("Remote control is on, but the agent's service is disabled.")
            }
            (_, _) => Finding::critical("Remote control is on, and the agent's service can start."),
        };
        let off = Remedy::set_registry_value(KEY, VALUE, Some(data.clone()), RegistryData::Dword(0))
            .risk("The helpdesk can no longer take over the desktop.");
        Ok(finding.because(cx.subject).because(&value).mend(off))
    }
}

/// The check on a bench, natively: quick, and with a debugger at hand. What the plugin finds in the sandbox is what
/// `wardline plugin test` holds it to.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plugin;
    use crate::tests::installed;

    #[test]
    fn it_is_as_grave_as_the_service_is_reachable() {
        let on = RegistryData::Dword(1);
        for (start, data, grade) in [
            (ServiceStart::Automatic, on.clone(), Grade::Critical),
            (ServiceStart::Manual, on.clone(), Grade::Critical),
            (ServiceStart::Disabled, on, Grade::NonCritical),
            (ServiceStart::Automatic, RegistryData::Dword(0), Grade::Passed),
            (ServiceStart::Automatic, RegistryData::Text("0".into()), Grade::UnableToScan),
            (ServiceStart::Automatic, RegistryData::Qword(0), Grade::UnableToScan),
        ] {
            let run = installed(start).value(KEY, VALUE, data.clone()).run::<Plugin>();
            assert_eq!(run.check(RemoteControl::INFO.id).grade, grade, "{start:?} {data:?}");
        }
    }

    #[test]
    fn what_mends_it_can_be_undone() {
        let run = installed(ServiceStart::Automatic).value(KEY, VALUE, RegistryData::Dword(1)).run::<Plugin>();
        let [action] = run.actions.as_slice() else { panic!("{:?}", run.actions) };
        assert!(matches!(&action.operation, Operation::SetRegistryValue(set) if set.after == RegistryData::Dword(0)));
        assert!(
            matches!(action.undo.as_slice(), [Operation::SetRegistryValue(set)] if set.after == RegistryData::Dword(1))
        );
    }
}
