//! The result of each check when a registry value has another type than Windows reads.

use wardline_ie::Ie;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;
use wardline_plugin_tests::machine::{
    self, key, number_in_other_types, of_user, scott, system, text, text_in_other_types,
};

const INTERNET_EXPLORER: &str = r"HKLM\SOFTWARE\Microsoft\Internet Explorer";
const ZONE_POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings";
const ENHANCED_SECURITY: &str =
    r"HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{A509B1A7-37EF-4b3f-8CFC-4F3A74704073}";

fn browser() -> Bench {
    with_program().value(INTERNET_EXPLORER, "Version", text("5.50.4807.2300"))
}

fn with_program() -> Bench {
    machine::file(scott(), r"%programfiles%\Internet Explorer\iexplore.exe", [5, 50, 4807, 2300])
}

fn server() -> Bench {
    browser().fact(Question::System, system("5.2", Role::Server))
}

/// A zone's key with these values.
fn zone(number: &str, values: &[(&str, RegistryData)]) -> Bench {
    key(browser(), &of_user(&format!(r"Windows\CurrentVersion\Internet Settings\Zones\{number}")), values, &[])
}

/// The source of the type, the check, and the target with a `REG_DWORD` of this number made of data.
type Case = (&'static str, &'static str, u32, Box<dyn Fn(RegistryData) -> Bench>);

#[test]
fn a_number_of_another_type_is_never_passed() {
    let cases: [Case; 4] = [
        ("Q182569: \"REG_DWORD\"", "ie-zones", 0x11000, Box::new(|data| zone("3", &[("CurrentLevel", data)]))),
        // The custom level's settings are REG_DWORDs too.
        (
            "Q182569",
            "ie-zones",
            3,
            Box::new(|data| zone("3", &[("CurrentLevel", RegistryData::Dword(0)), ("1004", data)])),
        ),
        (
            "Internet Explorer's policy \"Security Zones: Use only machine settings\": REG_DWORD",
            "ie-zones",
            0,
            Box::new(|data| browser().value(ZONE_POLICY, "Security_HKLM_only", data)),
        ),
        (
            "KB815141",
            "ie-enhanced-security-administrators",
            1,
            Box::new(|data| server().value(ENHANCED_SECURITY, "IsInstalled", data)),
        ),
    ];
    for (source, check, number, target) in cases {
        let run = target(RegistryData::Dword(number)).run::<Ie>();
        assert_eq!(run.check(check).grade, Grade::Passed, "{source}: {:?}", run.check(check));
        for data in number_in_other_types(number) {
            let run = target(data.clone()).run::<Ie>();
            assert_eq!(run.check(check).grade, Grade::UnableToScan, "{source}: {data:?}: {:?}", run.check(check));
        }
    }
}

/// `Version` and `svcVersion` are `REG_SZ`; where one of them is not, the browser's own file tells.
#[test]
fn the_browser_s_version_is_not_taken_from_another_type() {
    let mshtml = |bench| machine::file(bench, r"%windir%\system32\mshtml.dll", [11, 0, 9600, 17031]);
    let told = |bench: Bench| {
        let run = bench.run::<Ie>();
        run.assessment.products.first().map(|product| product.name.clone())
    };
    let version = |data| with_program().value(INTERNET_EXPLORER, "Version", data);
    for data in text_in_other_types("9.11.9600.17031") {
        let without_file = version(data.clone()).run::<Ie>();
        assert_eq!(without_file.check("ie-zones").grade, Grade::UnableToScan, "{data:?}");
        assert_eq!(told(mshtml(version(data))).as_deref(), Some("Internet Explorer 11"));
    }
    for data in text_in_other_types("11.0.9600.17031") {
        let newer = version(text("9.11.9600.17031")).value(INTERNET_EXPLORER, "svcVersion", data.clone());
        assert_eq!(newer.run::<Ie>().check("ie-zones").grade, Grade::UnableToScan, "{data:?}");
        assert_eq!(told(mshtml(newer)).as_deref(), Some("Internet Explorer 11"), "{data:?}");
    }
}
