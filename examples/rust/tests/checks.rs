//! The checks on a bench, natively: quick, and with a debugger at hand. What the plugin finds in the sandbox is what
//! `wardline plugin test` holds it to.

use contoso_agent::Plugin;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

const KEY: &str = r"HKLM\SOFTWARE\Contoso\Agent";

/// A computer with the agent, whose service starts like this.
fn installed(start: ServiceStart) -> Bench {
    let service = ServiceInfo {
        name: "ContosoAgent".into(),
        display_name: None,
        start,
        account: None,
        image_path: None,
        driver: false,
    };
    Bench::new().fact(Question::Service("ContosoAgent".into()), Fact::Service(service))
}

#[test]
fn remote_control_is_as_grave_as_the_service_is_reachable() {
    let on = RegistryData::Dword(1);
    for (start, data, grade) in [
        (ServiceStart::Automatic, on.clone(), Grade::Critical),
        (ServiceStart::Manual, on.clone(), Grade::Critical),
        (ServiceStart::Disabled, on, Grade::NonCritical),
        (ServiceStart::Automatic, RegistryData::Dword(0), Grade::Passed),
        (ServiceStart::Automatic, RegistryData::Text("0".into()), Grade::UnableToScan),
        (ServiceStart::Automatic, RegistryData::Qword(0), Grade::UnableToScan),
    ] {
        let run = installed(start).value(KEY, "RemoteControl", data.clone()).run::<Plugin>();
        assert_eq!(run.check("remote-control").grade, grade, "{start:?} {data:?}");
    }
}

#[test]
fn what_mends_it_can_be_undone() {
    let run = installed(ServiceStart::Automatic).value(KEY, "RemoteControl", RegistryData::Dword(1)).run::<Plugin>();
    let [action] = run.actions.as_slice() else { panic!("{:?}", run.actions) };
    assert!(matches!(&action.operation, Operation::SetRegistryValue(set) if set.after == RegistryData::Dword(0)));
    assert!(
        matches!(action.undo.as_slice(), [Operation::SetRegistryValue(set)] if set.after == RegistryData::Dword(1))
    );
}

#[test]
fn missing_evidence_is_never_passed() {
    let run = Bench::new().unreadable_by_default("the hive is damaged").run::<Plugin>();
    for check in ["remote-control", "agent-version"] {
        assert_eq!(run.check(check).grade, Grade::UnableToScan, "{check}");
    }
}

#[test]
fn two_rounds_are_enough() {
    assert_eq!(installed(ServiceStart::Automatic).run::<Plugin>().rounds, 2);
    assert_eq!(Bench::new().run::<Plugin>().rounds, 1, "an agent that is not there needs no second one");
}
