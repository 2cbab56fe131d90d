//! MBSA 176 and 177, on a bench.

use wardline_ie::Ie;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;
use wardline_plugin_tests::machine::{file, mended, sets, system, text};

const CHECKS: [(&str, &str); 2] = [
    (
        "ie-enhanced-security-administrators",
        r"HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{A509B1A7-37EF-4b3f-8CFC-4F3A74704073}",
    ),
    (
        "ie-enhanced-security-users",
        r"HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{A509B1A8-37EF-4b3f-8CFC-4F3A74704073}",
    ),
];

fn machine(version: &str, role: Role) -> Bench {
    let bench = file(Bench::new(), r"%programfiles%\Internet Explorer\iexplore.exe", [6, 0, 3790, 0]);
    bench.fact(Question::System, system(version, role)).value(
        r"HKLM\SOFTWARE\Microsoft\Internet Explorer",
        "Version",
        text("6.0.3790.0"),
    )
}

#[test]
fn each_group_has_its_own_switch() {
    for (check, key) in CHECKS {
        let other = if check == CHECKS[0].0 { CHECKS[1] } else { CHECKS[0] };
        let bench = machine("5.2", Role::Server).value(key, "IsInstalled", RegistryData::Dword(0)).value(
            other.1,
            "IsInstalled",
            RegistryData::Dword(1),
        );
        let run = bench.run::<Ie>();
        assert_eq!(run.check(check).grade, Grade::NonCritical);
        assert_eq!(run.check(other.0).grade, Grade::Passed);
        let set = (key.to_owned(), "IsInstalled".to_owned(), Some(RegistryData::Dword(0)), RegistryData::Dword(1));
        assert_eq!(sets(&run), [set]);
        assert_eq!(mended(bench, &run).run::<Ie>().check(check).grade, Grade::Passed);
    }
}

#[test]
fn a_component_that_is_not_there_is_for_a_person_to_add() {
    let run = machine("5.2", Role::DomainController).run::<Ie>();
    for (check, _) in CHECKS {
        assert_eq!(run.check(check).grade, Grade::NonCritical);
    }
    let steps = run.actions.iter().filter(|action| matches!(action.operation, Operation::ManualStep(_)));
    assert_eq!(steps.count(), 2);
}

#[test]
fn it_is_judged_on_servers_from_2003_on() {
    use Grade::{NonCritical, NotPerformed, UnableToScan};
    for (version, role, expected) in [
        ("4.0", Role::Server, NotPerformed),
        ("5.0", Role::DomainController, NotPerformed),
        ("5.1", Role::Workstation, NotPerformed),
        // Windows XP for 64-bit processors.
        ("5.2", Role::Workstation, NotPerformed),
        ("5.2", Role::Unknown, UnableToScan),
        ("10.0", Role::Server, NonCritical),
    ] {
        let run = machine(version, role).run::<Ie>();
        assert_eq!(run.check(CHECKS[0].0).grade, expected, "{version} {role:?}");
    }
}

#[test]
fn a_server_without_the_browser_needs_none() {
    let run = machine("10.0", Role::Server);
    let version =
        RegistryValueName { key: r"HKLM\SOFTWARE\Microsoft\Internet Explorer".to_owned(), name: "Version".to_owned() };
    let run = run.answer(Question::RegistryValue(version), Answer::Absent).run::<Ie>();
    assert_eq!(run.check(CHECKS[1].0).grade, Grade::NotPerformed);
}

#[test]
fn unknown_is_never_passed() {
    let (check, key) = CHECKS[0];
    let installed = Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: "IsInstalled".to_owned() });
    for bench in [
        Bench::new(),
        Bench::new().unreadable_by_default("damaged"),
        machine("5.2", Role::Server).answer(installed, Answer::Unreadable("damaged".to_owned())),
        machine("5.2", Role::Server).value(key, "IsInstalled", text("yes")),
    ] {
        assert_eq!(bench.run::<Ie>().check(check).grade, Grade::UnableToScan);
    }
}
