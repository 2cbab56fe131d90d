//! What a target answers may be anything: no answer may end the plugin, and none may be taken for good news by mistake.

use proptest::prelude::*;
use wardline_os::Os;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
const LSA: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa";

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Workstation), Just(Role::Server), Just(Role::DomainController), Just(Role::Unknown)]
}

/// Mostly versions that exist, so that the rules behind them are reached.
fn version() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec!["4.0", "5.0", "5.1", "5.2", "6.0", "6.1", "6.3", "10.0"]).prop_map(str::to_owned),
        1 => "[0-9.]{0,12}",
        1 => ".*",
    ]
}

fn suites() -> impl Strategy<Value = Vec<String>> {
    let suite = prop_oneof![Just("Enterprise".to_owned()), Just("DataCenter".to_owned()), ".*"];
    prop::collection::vec(suite, 0..4)
}

prop_compose! {
    fn system()(
        product_name in ".*",
        version in version(),
        build in prop_oneof![any::<u32>(), Just(2195), Just(14393), Just(19045)],
        revision in any::<Option<u32>>(),
        service_pack in any::<u32>(),
        role in role(),
        suites in suites(),
        architecture in any::<Option<String>>(),
    ) -> SystemInfo {
        SystemInfo {
            computer_name: None,
            product_name,
            version,
            build,
            revision,
            service_pack_name: None,
            service_pack,
            role,
            suites,
            architecture,
            language: None,
            windows_folder: String::new(),
        }
    }
}

fn data() -> impl Strategy<Value = RegistryData> {
    prop_oneof![
        Just(RegistryData::None),
        ".*".prop_map(RegistryData::Text),
        "[0-9]{0,25}".prop_map(RegistryData::Text),
        any::<u32>().prop_map(RegistryData::Dword),
        any::<u64>().prop_map(RegistryData::Qword),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(RegistryData::Binary),
        prop::collection::vec(".*", 0..3).prop_map(RegistryData::MultiText),
    ]
}

proptest! {
    #[test]
    fn no_answer_ends_the_plugin(system in system(), values in prop::collection::vec(data(), 6)) {
        let names = [
            (WINLOGON, "AutoAdminLogon"),
            (WINLOGON, "DefaultPassword"),
            (LSA, "ForceGuest"),
            (LSA, "RestrictAnonymous"),
            (LSA, "RestrictAnonymousSAM"),
            (LSA, "EveryoneIncludesAnonymous"),
        ];
        let bench = Bench::new()
            .fact(Question::System, Fact::System(system))
            .fact(Question::Accounts, Fact::Accounts(Vec::new()));
        let bench = names.into_iter().zip(values).fold(bench, |bench, ((key, name), data)| bench.value(key, name, data));
        let run = bench.run::<Os>();
        prop_assert_eq!(run.assessment.checks.len(), Os::describe().checks.len());
        for finding in &run.assessment.checks {
            prop_assert!(!finding.summary.is_empty());
            let real = |number: &u32| (*number as usize) < run.exchanges.len();
            prop_assert!(finding.evidence.iter().all(real));
        }
    }

    #[test]
    fn without_accounts_guest_is_never_passed(system in system()) {
        let run = Bench::new()
            .unreadable_by_default("damaged")
            .fact(Question::System, Fact::System(system))
            .run::<Os>();
        for id in ["guest-account", "autologon", "restrict-anonymous"] {
            prop_assert_ne!(run.check(id).grade, Grade::Passed);
        }
    }
}
