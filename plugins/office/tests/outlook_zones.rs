//! MBSA 120, on a bench.

mod common;

use common::{DIANA, MSOE, SCOTT, file, key, mended, office, profile, rows, scott, sets};
use wardline_office::Office;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

const ID: &str = "outlook-zones";

fn outlook(release: &str, version: [u16; 4]) -> Bench {
    office(scott(), release, &[("outlook.exe", version)])
}

fn options(release: &str) -> String {
    format!(r"HKU\{SCOTT}\Software\Microsoft\Office\{release}\Outlook\Options\General")
}

fn express(version: [u16; 4], values: &[(&str, u32)]) -> Bench {
    let bench = key(file(scott(), MSOE, version), &format!(r"HKU\{SCOTT}\Identities"), &[], &["{1}"]);
    let values: Vec<_> = values.iter().map(|&(name, number)| (name, RegistryData::Dword(number))).collect();
    key(bench, &identity(), &values, &["Mail"])
}

fn identity() -> String {
    format!(r"HKU\{SCOTT}\Identities\{{1}}\Software\Microsoft\Outlook Express\5.0")
}

#[test]
fn outlook_reads_mail_in_the_zone_that_is_set() {
    let number = |number| RegistryData::Dword(number);
    for (found, words, grade) in [
        (number(4), "Restricted sites", Grade::Passed),
        (number(3), "Internet", Grade::Critical),
        (number(1), "Local intranet", Grade::Critical),
        (number(5), "an unknown zone", Grade::UnableToScan),
        // A value of another type is no number that could be unknown.
        (
            RegistryData::None,
            "Security Zone holds data without a type (REG_NONE) instead of a REG_DWORD",
            Grade::UnableToScan,
        ),
    ] {
        let bench = outlook("9.0", [9, 0, 0, 4527]).value(&options("9.0"), "Security Zone", found.clone());
        let run = bench.run::<Office>();
        assert_eq!(rows(&run, ID, "Outlook 2000"), [(words, grade)]);
        assert_eq!(run.check(ID).grade, grade);
        if grade == Grade::Critical {
            assert_eq!(sets(&run), [(options("9.0"), "Security Zone".to_owned(), Some(found), number(4))]);
            assert_eq!(mended(bench, &run).run::<Office>().check(ID).grade, Grade::Passed);
        } else {
            assert_eq!(sets(&run), []);
        }
    }
}

#[test]
fn where_nothing_is_set_the_default_counts() {
    for (release, version, program, words, grade) in [
        ("8.0", [8, 5, 0, 5603], "Outlook 98", "Internet (default)", Grade::Critical),
        ("9.0", [9, 0, 0, 4527], "Outlook 2000", "Restricted sites (default)", Grade::Passed),
        (
            "9.0",
            [9, 0, 0, 2711],
            "Outlook 2000",
            "the default, which depends on whether the e-mail security update is installed",
            Grade::UnableToScan,
        ),
        ("10.0", [10, 0, 2627, 1], "Outlook 2002", "Restricted sites (default)", Grade::Passed),
        ("11.0", [11, 0, 5510, 0], "Outlook 2003", "Restricted sites (default)", Grade::Passed),
    ] {
        let bench = outlook(release, version);
        let run = bench.run::<Office>();
        assert_eq!(rows(&run, ID, program), [(words, grade)], "{release}");
        if grade == Grade::Critical {
            assert_eq!(mended(bench, &run).run::<Office>().check(ID).grade, Grade::Passed, "{release}");
        }
    }
}

#[test]
fn outlook_express_is_judged_identity_by_identity() {
    let both = ["Email Security Zone", "Security Zone"];
    for (version, values, words, grade, mends) in [
        ([6, 0, 2800, 1106], &[][..], "Restricted sites (default)", Grade::Passed, &[][..]),
        ([5, 50, 4807, 1700], &[], "Internet (default)", Grade::Critical, &both),
        ([6, 0, 2800, 1106], &[("Security Zone", 3)], "Internet", Grade::Critical, &["Security Zone"]),
        ([5, 50, 4807, 1700], &[("security zone", 4)], "Restricted sites", Grade::Passed, &[]),
        (
            [6, 0, 2800, 1106],
            &[("Email Security Zone", 3), ("Security Zone", 4)],
            "Internet",
            Grade::Critical,
            &["Email Security Zone"],
        ),
    ] {
        let run = express(version, values).run::<Office>();
        let program = format!("Outlook Express {}", version[0]);
        assert_eq!(rows(&run, ID, &program), [(words, grade)], "{values:?}");
        let set: Vec<_> = sets(&run).into_iter().map(|(key, name, ..)| (key, name)).collect();
        let expected: Vec<_> = mends.iter().map(|name| (identity(), (*name).to_owned())).collect();
        assert_eq!(set, expected, "{values:?}");
    }
}

#[test]
fn who_never_used_the_program_is_no_failure() {
    let run = file(scott(), MSOE, [5, 50, 4807, 1700]).run::<Office>();
    assert_eq!(rows(&run, ID, "Outlook Express 5"), [("never used", Grade::Passed)]);
    assert_eq!(run.check(ID).grade, Grade::Passed);
}

#[test]
fn without_a_mail_program_or_users_nothing_is_judged() {
    for bench in [
        scott(),
        outlook("8.0", [8, 0, 0, 4212]),
        outlook("9.0", [9, 0, 0, 4527]).fact(Question::Profiles, Fact::Profiles(Vec::new())),
    ] {
        assert_eq!(bench.run::<Office>().check(ID).grade, Grade::NotPerformed);
    }
}

#[test]
fn unknown_is_never_passed() {
    let damaged = || Answer::Unreadable("damaged".to_owned());
    let zone = RegistryValueName { key: options("11.0"), name: "Security Zone".to_owned() };
    let away = vec![profile(SCOTT, "scott", true), profile(DIANA, "diana", false)];
    for bench in [
        Bench::new().unreadable_by_default("damaged"),
        outlook("11.0", [11, 0, 1, 1]).answer(Question::RegistryValue(zone), damaged()),
        outlook("11.0", [11, 0, 1, 1]).answer(Question::Profiles, Answer::Unsupported),
        outlook("11.0", [11, 0, 1, 1]).fact(Question::Profiles, Fact::Profiles(away)),
        express([6, 0, 1, 1], &[]).answer(Question::RegistryKey(identity()), damaged()),
        express([6, 0, 1, 1], &[]).answer(Question::RegistryKey(format!(r"HKU\{SCOTT}\Identities")), damaged()),
        scott().answer(Question::RegistryKey(r"HKLM\SOFTWARE\Microsoft\Office".to_owned()), damaged()),
        scott().answer(Question::FileVersion(MSOE.to_owned()), damaged()),
        // Outlook Express 4 has no identities.
        file(scott(), MSOE, [4, 72, 3110, 8]),
    ] {
        let run = bench.run::<Office>();
        assert_eq!(run.check(ID).grade, Grade::UnableToScan, "{:?}", run.check(ID));
    }
}
