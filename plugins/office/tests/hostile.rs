//! A target may answer anything: no answer may end the plugin, and none may be mistaken for good news.

use proptest::prelude::*;
use wardline_office::Office;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

fn data() -> impl Strategy<Value = RegistryData> {
    prop_oneof![
        Just(RegistryData::None),
        ".*".prop_map(RegistryData::Text),
        any::<u32>().prop_map(RegistryData::Dword),
        (0u32..4).prop_map(RegistryData::Dword),
        any::<u64>().prop_map(RegistryData::Qword),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(RegistryData::Binary),
    ]
}

fn bench() -> Bench {
    let profile =
        Profile { sid: "S-1-5-21-1-2-3-1001".to_owned(), path: String::new(), name: "scott".to_owned(), loaded: true };
    Bench::new().fact(Question::Profiles, Fact::Profiles(vec![profile]))
}

/// A machine with Word, Excel, PowerPoint and Outlook of a release, with a user who reads mail.
fn office(release: &str, folder: RegistryData, file: FileVersion) -> Bench {
    const OFFICE: &str = r"HKLM\SOFTWARE\Microsoft\Office";
    let key = |subkeys: Vec<&str>| RegistryKey {
        values: Vec::new(),
        subkeys: subkeys.into_iter().map(str::to_owned).collect(),
        truncated: false,
        last_written: 0,
    };
    let bench = bench()
        .fact(Question::RegistryKey(OFFICE.to_owned()), Fact::RegistryKey(key(vec![release])))
        .fact(
            Question::RegistryKey(r"HKU\S-1-5-21-1-2-3-1001\Identities".to_owned()),
            Fact::RegistryKey(key(vec!["{1}"])),
        )
        .value(&format!(r"{OFFICE}\{release}\Common\InstallRoot"), "Path", folder);
    ["winword.exe", "excel.exe", "powerpnt.exe", "outlook.exe"].iter().fold(bench, |bench, name| {
        let info = FileInfo { version: Some(file), checksum: None, size: 1, modified: None, language: None };
        bench.fact(Question::FileVersion(format!(r"C:\Office\{name}")), Fact::File(info))
    })
}

proptest! {
    #[test]
    fn no_setting_of_office_ends_the_plugin_or_passes_by_mistake(
        folder in data(),
        release in prop::sample::select(vec!["8.0", "9.0", "10.0", "11.0"]),
        numbers in any::<[u16; 4]>(),
        level in data(),
        zone in data(),
    ) {
        const USER: &str = r"HKU\S-1-5-21-1-2-3-1001\Software";
        let [major, minor, build, revision] = numbers;
        let version = FileVersion { major, minor, build, revision };
        office(release, folder, version).run::<Office>();

        let run = office("10.0", RegistryData::Text(r"C:\Office\".to_owned()), version)
            .value(&format!(r"{USER}\Microsoft\Office\10.0\Word\Security"), "Level", level.clone())
            .value(&format!(r"{USER}\Microsoft\Office\10.0\Outlook\Options\General"), "Security Zone", zone.clone())
            .run::<Office>();
        let passes = |check: &str| run.check(check).grade == Grade::Passed;
        prop_assert_eq!(passes("macro-security"), matches!(level, RegistryData::Dword(2..=4)));
        prop_assert_eq!(passes("outlook-zones"), zone == RegistryData::Dword(4));
    }

    #[test]
    fn no_configuration_ends_the_plugin(
        version in data(),
        ids in data(),
        platform in data(),
        updates in data(),
        folder in data(),
    ) {
        const OFFICE: &str = r"HKLM\SOFTWARE\Microsoft\Office";
        let values = [("VersionToReport", version), ("ProductReleaseIds", ids), ("Platform", platform), ("UpdatesEnabled", updates)];
        let values = values.into_iter().map(|(name, data)| RegistryValue { name: name.to_owned(), data }).collect();
        let key = RegistryKey { values, subkeys: Vec::new(), truncated: false, last_written: 0 };
        let run = bench()
            .fact(Question::RegistryKey(format!(r"{OFFICE}\ClickToRun\Configuration")), Fact::RegistryKey(key))
            .value(&format!(r"{OFFICE}\16.0\Word\InstallRoot"), "Path", folder)
            .run::<Office>();
        prop_assert!(run.assessment.checks.len() >= 4);
    }
}
