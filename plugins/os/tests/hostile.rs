//! A target may answer anything: no answer may end the plugin, and none may be mistaken for good news.

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

fn permissions() -> impl Strategy<Value = Option<Permissions>> {
    let sid = prop_oneof![Just("S-1-1-0".to_owned()), Just("S-1-5-32-545".to_owned()), ".*"];
    let kind = prop_oneof![Just(AccessType::Allow), Just(AccessType::Deny), Just(AccessType::Audit)];
    let entry = (kind, sid, any::<u32>(), any::<bool>())
        .prop_map(|(access_type, sid, mask, inherit_only)| AccessEntry { access_type, sid, mask, inherit_only });
    let access = prop::option::of(prop::collection::vec(entry, 0..5));
    prop::option::of(access.prop_map(|access| Permissions { owner: None, access }))
}

prop_compose! {
    fn share()(name in ".*", path in ".*", permissions in permissions()) -> Share {
        Share { name, path, remark: None, permissions }
    }
}

prop_compose! {
    fn administrators()(members in prop::collection::vec((".*", any::<Option<String>>()), 0..5)) -> Group {
        let members = members.into_iter().map(|(sid, name)| GroupMember { sid, name }).collect();
        Group { name: String::new(), rid: 544, sid: "S-1-5-32-544".to_owned(), members }
    }
}

/// Values as the firewall's rules and lists of ports have them, and worse.
fn rule() -> impl Strategy<Value = RegistryData> {
    prop_oneof![
        "v2.0(\\|(Action|Active|Dir|Protocol|LPort|Profile|App)=[A-Za-z0-9]{0,7}){0,8}".prop_map(RegistryData::Text),
        "[0-9]{0,6}:(TCP|UDP)?:[*a-z]{0,3}:(Enabled|Disabled):.*".prop_map(RegistryData::Text),
        data(),
    ]
}

proptest! {
    #[test]
    fn no_list_of_whatever_ends_the_plugin(
        system in system(),
        shares in prop::collection::vec(share(), 0..4),
        administrators in administrators(),
        volumes in prop::collection::vec((".*", any::<Option<String>>(), any::<bool>()), 0..4),
        categories in prop::collection::vec(prop_oneof![Just("Logon/Logoff".to_owned()), ".*"], 0..4),
        enabled in any::<bool>(),
        rules in prop::collection::vec(rule(), 0..40),
        renames in prop::collection::vec(".*", 0..5),
    ) {
        let volume = |(drive, file_system, fixed)| Volume { drive, file_system, fixed };
        let volumes = volumes.into_iter().map(volume).collect();
        let category = |name| AuditCategory { name, setting: AuditSetting::SuccessAndFailure };
        let categories = categories.into_iter().map(category).collect();
        let values = rules.into_iter().map(|data| RegistryValue { name: String::new(), data }).collect();
        let rules = RegistryKey { values, subkeys: Vec::new(), truncated: false, last_written: 0 };
        let service = |name: &str| ServiceInfo {
            name: name.to_owned(),
            display_name: None,
            start: ServiceStart::Automatic,
            account: None,
            image_path: None,
            driver: false,
        };
        let firewall = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
        let run = ["SharedAccess", "MpsSvc", "wuauserv"]
            .into_iter()
            .fold(Bench::new(), |bench, name| {
                bench.fact(Question::Service(name.to_owned()), Fact::Service(service(name)))
            })
            .fact(Question::System, Fact::System(system))
            .fact(Question::Shares, Fact::Shares(shares))
            .fact(Question::Groups, Fact::Groups(vec![administrators]))
            .fact(Question::Volumes, Fact::Volumes(volumes))
            .fact(Question::AuditPolicy, Fact::AuditPolicy(AuditPolicy { enabled, categories }))
            .fact(Question::RegistryKey(format!(r"{firewall}\FirewallRules")), Fact::RegistryKey(rules.clone()))
            .fact(
                Question::RegistryKey(format!(r"{firewall}\StandardProfile\GloballyOpenPorts\List")),
                Fact::RegistryKey(rules),
            )
            .value(
                r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager",
                "PendingFileRenameOperations",
                RegistryData::MultiText(renames),
            )
            .run::<Os>();
        let described = Os::describe().checks;
        prop_assert_eq!(run.assessment.checks.len(), described.len());
        for (finding, check) in run.assessment.checks.iter().zip(&described) {
            prop_assert_eq!(&finding.check, &check.id);
            prop_assert!(!finding.summary.is_empty());
            prop_assert!(finding.rows.iter().all(|row| row.cells.len() == check.columns.len()));
        }
    }

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
    fn from_the_version_alone_nothing_is_concluded(system in system()) {
        let run = Bench::new()
            .unreadable_by_default("damaged")
            .fact(Question::System, Fact::System(system))
            .run::<Os>();
        for finding in run.assessment.checks.iter().filter(|finding| finding.check != "windows-version") {
            let concluded = matches!(finding.grade, Grade::UnableToScan | Grade::NotPerformed);
            prop_assert!(concluded, "{}: {}", finding.check, finding.summary);
        }
    }
}
