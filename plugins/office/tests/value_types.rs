//! The result of each check when a registry value has another type than Office reads.

mod common;

use common::{SCOTT, key, number_in_other_types, of_user, office, scott, text, text_in_other_types};
use wardline_office::Office;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

fn word(release: &str) -> Bench {
    office(
        scott(),
        release,
        &[(
            "winword.exe",
            [release.split('.').next().and_then(|major| major.parse().ok()).expect("a version"), 0, 0, 1],
        )],
    )
}

/// The source of the type, the check, and the target with a `REG_DWORD` of this number made of data.
type Case = (&'static str, &'static str, u32, Box<dyn Fn(RegistryData) -> Bench>);

#[test]
fn a_number_of_another_type_is_never_passed() {
    let cases: [Case; 4] = [
        (
            "Office 2000 Resource Kit",
            "macro-security",
            2,
            Box::new(|data| word("9.0").value(&of_user(r"Office\9.0\Word\Security"), "Level", data)),
        ),
        // The user's choice does not count if there may be a policy.
        (
            "Office 2003 Resource Kit",
            "macro-security",
            3,
            Box::new(|data| {
                word("11.0").value(&of_user(r"Office\11.0\Word\Security"), "Level", RegistryData::Dword(3)).value(
                    r"HKLM\Software\Policies\Microsoft\Office\11.0\Word\Security",
                    "Level",
                    data,
                )
            }),
        ),
        (
            "Q291387",
            "outlook-zones",
            4,
            Box::new(|data| {
                office(scott(), "11.0", &[("outlook.exe", [11, 0, 0, 1])]).value(
                    &of_user(r"Office\11.0\Outlook\Options\General"),
                    "Security Zone",
                    data,
                )
            }),
        ),
        (
            "Q291387",
            "outlook-zones",
            4,
            Box::new(|data| {
                let bench = common::file(scott(), common::MSOE, [6, 0, 2800, 1106]);
                let bench = key(bench, &format!(r"HKU\{SCOTT}\Identities"), &[], &["{1}"]);
                let identity = format!(r"HKU\{SCOTT}\Identities\{{1}}\Software\Microsoft\Outlook Express\5.0");
                key(bench, &identity, &[("Security Zone", data)], &[])
            }),
        ),
    ];
    for (source, check, number, target) in cases {
        let run = target(RegistryData::Dword(number)).run::<Office>();
        assert_eq!(run.check(check).grade, Grade::Passed, "{source}: {:?}", run.check(check));
        for data in number_in_other_types(number) {
            let run = target(data.clone()).run::<Office>();
            assert_eq!(run.check(check).grade, Grade::UnableToScan, "{source}: {data:?}: {:?}", run.check(check));
        }
    }
}

/// Word 97 keeps its switch as `REG_SZ`.
#[test]
fn a_text_of_another_type_is_never_passed() {
    let target = |data| word("8.0").value(&of_user(r"Office\8.0\Word\Options"), "EnableMacroVirusProtection", data);
    assert_eq!(target(text("1")).run::<Office>().check("macro-security").grade, Grade::Passed);
    for data in text_in_other_types("1") {
        let run = target(data.clone()).run::<Office>();
        assert_eq!(run.check("macro-security").grade, Grade::UnableToScan, "{data:?}");
    }
}

/// A mail program with one zone of a wrong type and one that is too weak still fails.
#[test]
fn a_value_of_another_type_hides_no_weaker_one() {
    let bench = common::file(scott(), common::MSOE, [6, 0, 2800, 1106]);
    let bench = key(bench, &format!(r"HKU\{SCOTT}\Identities"), &[], &["{1}"]);
    let identity = format!(r"HKU\{SCOTT}\Identities\{{1}}\Software\Microsoft\Outlook Express\5.0");
    let values = [("Email Security Zone", text("4")), ("Security Zone", RegistryData::Dword(3))];
    let run = key(bench, &identity, &values, &[]).run::<Office>();
    assert_eq!(run.check("outlook-zones").grade, Grade::Critical);
}

/// `InstallRoot\Path` is a `REG_SZ`. Without it there is no Office; with one of another type nobody can tell.
#[test]
fn office_is_not_absent_where_its_folder_is_of_another_type() {
    const ROOT: &str = r"HKLM\SOFTWARE\Microsoft\Office";
    for data in text_in_other_types(r"D:\Office\") {
        let bench = key(scott(), ROOT, &[], &["10.0", "Common"]).value(
            &format!(r"{ROOT}\10.0\Common\InstallRoot"),
            "Path",
            data.clone(),
        );
        let run = bench.run::<Office>();
        for check in ["macro-security", "outlook-zones"] {
            assert_eq!(run.check(check).grade, Grade::UnableToScan, "{data:?}: {:?}", run.check(check));
        }
    }
}
