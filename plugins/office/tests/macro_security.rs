//! MBSA 124, on a bench.

mod common;

use common::{DIANA, SCOTT, mended, office, profile, rows, scott, sets, text};
use wardline_office::Office;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

const ID: &str = "macro-security";

fn programs(release: &str) -> Bench {
    let major = if release == "8.0" { 8 } else { 9 };
    let version = [major, 0, 0, 1];
    let files = ["winword.exe", "excel.exe", "powerpnt.exe", "outlook.exe"].map(|name| (name, version));
    office(scott(), release, &files)
}

fn security(root: &str, release: &str, program: &str) -> String {
    format!(r"{root}\Microsoft\Office\{release}\{program}\Security")
}

fn user() -> String {
    format!(r"HKU\{SCOTT}\Software")
}

#[test]
fn a_level_below_medium_fails() {
    for (release, name) in [("9.0", "Excel 2000"), ("10.0", "Excel 2002"), ("11.0", "Excel 2003")] {
        for (level, words, grade) in [
            (1, "low", Grade::Critical),
            (2, "medium", Grade::Passed),
            (3, "high", Grade::Passed),
            (4, "very-high", Grade::Passed),
            (0, "an unknown level", Grade::UnableToScan),
            (5, "an unknown level", Grade::UnableToScan),
        ] {
            let excel = security(&user(), release, "Excel");
            let bench = programs(release).value(&excel, "Level", RegistryData::Dword(level));
            let run = bench.run::<Office>();
            assert_eq!(rows(&run, ID, name), [(words, grade)]);
            assert_eq!((run.check(ID).grade, run.check(ID).rows.len()), (grade, 4), "{release} {level}");
            if grade == Grade::Critical {
                let set = (excel, "Level".to_owned(), Some(RegistryData::Dword(1)), RegistryData::Dword(2));
                assert_eq!(sets(&run), [set]);
                assert_eq!(mended(bench, &run).run::<Office>().check(ID).grade, Grade::Passed);
            }
        }
    }
}

#[test]
fn where_nothing_is_set_the_default_counts() {
    let run = programs("9.0").run::<Office>();
    assert_eq!(rows(&run, ID, "Word 2000"), [("high (default)", Grade::Passed)]);
    assert_eq!(rows(&run, ID, "Excel 2000"), [("medium (default)", Grade::Passed)]);
    assert_eq!(rows(&programs("11.0").run::<Office>(), ID, "Excel 2003"), [("high (default)", Grade::Passed)]);
    assert_eq!(rows(&programs("8.0").run::<Office>(), ID, "Excel 97"), [("warns (default)", Grade::Passed)]);
}

#[test]
fn a_policy_wins_and_is_what_must_be_changed() {
    let of_user = security(&format!(r"{}\Policies", user()), "10.0", "Word");
    let of_machine = security(r"HKLM\Software\Policies", "10.0", "Word");
    let own = security(&user(), "10.0", "Word");
    let level = |bench: Bench, key: &str, number| bench.value(key, "Level", RegistryData::Dword(number));
    let bench = level(level(programs("10.0"), &own, 3), &of_user, 1);
    let run = bench.run::<Office>();
    assert_eq!(rows(&run, ID, "Word 2002"), [("low, by policy", Grade::Critical)]);
    assert_eq!(sets(&run).first().map(|set| set.0.clone()), Some(of_user.clone()));

    let run = level(bench, &of_machine, 2).run::<Office>();
    assert_eq!(rows(&run, ID, "Word 2002"), [("medium, by policy", Grade::Passed)]);
    let run = level(level(programs("10.0"), &own, 1), &of_user, 3).run::<Office>();
    assert_eq!(run.check(ID).grade, Grade::Passed);
}

#[test]
fn office_97_has_to_warn() {
    let key = |rest: &str| format!(r"{}\Microsoft\Office\8.0\{rest}", user());
    let number = RegistryData::Dword;
    for (program, key, name, before, after) in [
        ("Word 97", key(r"Word\Options"), "EnableMacroVirusProtection", text("0"), text("1")),
        ("Excel 97", key(r"Excel\Microsoft Excel"), "Options6", number(0x40), number(0x48)),
        ("PowerPoint 97", key(r"PowerPoint\Options"), "MacroVirusProtection", number(0), number(1)),
    ] {
        let bench = programs("8.0").value(&key, name, before.clone());
        let run = bench.run::<Office>();
        assert_eq!(rows(&run, ID, program), [("does not warn", Grade::Critical)]);
        assert_eq!(sets(&run), [(key, name.to_owned(), Some(before), after)]);
        let run = mended(bench, &run).run::<Office>();
        assert_eq!(rows(&run, ID, program), [("warns", Grade::Passed)]);
        assert_eq!(run.check(ID).rows.len(), 3, "Outlook 97 has no macros");
    }
}

#[test]
fn the_operator_may_ask_for_more() {
    let ask = |level: &str| programs("9.0").setting("macro-level", text_setting(level));
    let run = ask("high").run::<Office>();
    assert_eq!(run.check(ID).grade, Grade::Critical);
    assert_eq!(rows(&run, ID, "Excel 2000"), [("medium (default)", Grade::Critical)]);
    assert_eq!(sets(&run).len(), 3, "all but Word, whose default is high");
    assert_eq!(mended(ask("High"), &run).run::<Office>().check(ID).grade, Grade::Passed);
    assert_eq!(ask("strict").run::<Office>().check(ID).grade, Grade::UnableToScan);
}

fn text_setting(text: &str) -> SettingValue {
    SettingValue::Text(text.to_owned())
}

#[test]
fn without_programs_or_users_nothing_is_judged() {
    for bench in [
        scott(),
        office(scott(), "12.0", &[("winword.exe", [12, 0, 1, 1])]),
        office(scott(), "9.0", &[("msaccess.exe", [9, 0, 0, 1])]),
        programs("9.0").fact(Question::Profiles, Fact::Profiles(Vec::new())),
    ] {
        assert_eq!(bench.run::<Office>().check(ID).grade, Grade::NotPerformed);
    }
}

#[test]
fn unknown_is_never_passed() {
    let damaged = || Answer::Unreadable("damaged".to_owned());
    let value = |key: String, name: &str| Question::RegistryValue(RegistryValueName { key, name: name.to_owned() });
    let root = r"HKLM\SOFTWARE\Microsoft\Office\9.0\Common\InstallRoot".to_owned();
    let away = vec![profile(SCOTT, "scott", true), profile(DIANA, "diana", false)];
    for bench in [
        Bench::new().unreadable_by_default("damaged"),
        programs("9.0").answer(value(security(&user(), "9.0", "Word"), "Level"), damaged()),
        programs("9.0").answer(value(security(r"HKLM\Software\Policies", "9.0", "Word"), "Level"), damaged()),
        programs("9.0").answer(value(root, "Path"), damaged()),
        programs("9.0").answer(Question::Profiles, Answer::Unsupported),
        programs("9.0").fact(Question::Profiles, Fact::Profiles(away)),
    ] {
        let run = bench.run::<Office>();
        assert_eq!(run.check(ID).grade, Grade::UnableToScan, "{:?}", run.check(ID));
    }
}
