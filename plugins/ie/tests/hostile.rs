//! A target may answer anything: no answer may end the plugin, and none may be mistaken for good news.

use proptest::prelude::*;
use wardline_ie::Ie;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

const INTERNET_EXPLORER: &str = r"HKLM\SOFTWARE\Microsoft\Internet Explorer";
const INTERNET_SETTINGS: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
const INTERNET_ZONE: &str =
    r"HKU\S-1-5-21-1-2-3-1001\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Zones\3";

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

fn zone() -> impl Strategy<Value = RegistryKey> {
    let name = prop_oneof![
        3 => prop::sample::select(vec!["CurrentLevel", "1001", "1004", "1400", "1A00", "1C00"]).prop_map(str::to_owned),
        1 => ".*",
    ];
    let values = prop::collection::vec((name, data()).prop_map(|(name, data)| RegistryValue { name, data }), 0..8);
    (values, any::<bool>()).prop_map(|(values, truncated)| RegistryKey {
        values,
        subkeys: Vec::new(),
        truncated,
        last_written: 0,
    })
}

fn bench(version: RegistryData) -> Bench {
    let profile =
        Profile { sid: "S-1-5-21-1-2-3-1001".to_owned(), path: String::new(), name: "scott".to_owned(), loaded: true };
    let info = FileInfo { version: None, checksum: None, size: 1, modified: None, language: None };
    let browser = Question::FileVersion(r"%programfiles%\Internet Explorer\iexplore.exe".to_owned());
    let bench = Bench::new().fact(browser, Fact::File(info));
    bench.value(INTERNET_EXPLORER, "Version", version).fact(Question::Profiles, Fact::Profiles(vec![profile]))
}

proptest! {
    #[test]
    fn no_version_ends_the_plugin(version in data(), numbers in "[0-9.,]{0,30}", minor in ".*") {
        for version in [version, RegistryData::Text(numbers)] {
            let bench = bench(version).value(INTERNET_SETTINGS, "MinorVersion", RegistryData::Text(minor.clone()));
            prop_assert_eq!(bench.run::<Ie>().assessment.checks.len(), 3);
        }
    }

    #[test]
    fn no_zone_ends_the_plugin(zone in zone()) {
        let run = bench(RegistryData::Text("5.50.4807.2300".to_owned()))
            .fact(Question::RegistryKey(INTERNET_ZONE.to_owned()), Fact::RegistryKey(zone.clone()))
            .run::<Ie>();
        let finding = run.check("ie-zones");
        prop_assert_eq!(finding.rows.len(), 4);
        let level = zone.values.iter().find(|value| value.name.eq_ignore_ascii_case("CurrentLevel"));
        if matches!(level, Some(RegistryValue { data: RegistryData::Dword(1..0x11000), .. })) {
            prop_assert_eq!(finding.grade, Grade::Critical);
        }
    }
}
