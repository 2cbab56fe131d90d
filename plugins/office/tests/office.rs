//! Which programs of Office are found, and how their updates are judged.

mod common;

use common::{MSOE, SCOTT, file, key, office, products, scott, text};
use wardline_office::Office;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;
use wardline_plugin_tests::catalog_products;

fn update(product: &str, level: u32) -> Update {
    common::update(product, level, r"%ProgramFiles%\Microsoft Office\Office\winword.exe", [9, 0, 0, 5302])
}

#[test]
fn programs_are_told_by_their_files_and_service_packs_by_known_builds() {
    let sr_1 = Some("SR-1 or SR-1a");
    for (bench, expected) in [
        (office(scott(), "8.0", &[("winword.exe", [8, 0, 0, 5622])]), vec![("Word 97", None)]),
        (office(scott(), "8.0", &[("outlook.exe", [8, 5, 0, 5603])]), vec![("Outlook 98", None)]),
        // A hotfix of Excel: the shared library tells the service pack.
        (
            office(
                scott(),
                "9.0",
                &[("winword.exe", [9, 0, 0, 3822]), ("excel.exe", [9, 0, 0, 5519]), ("mso9.dll", [9, 0, 0, 3821])],
            ),
            vec![("Office 2000", sr_1), ("Word 2000", sr_1), ("Excel 2000", sr_1)],
        ),
        (
            office(scott(), "9.0", &[("outlook.exe", [9, 0, 0, 4527]), ("mso9.dll", [9, 0, 0, 9999])]),
            vec![("Outlook 2000", Some("Service Pack 2"))],
        ),
        (
            file(
                office(scott(), "10.0", &[("winword.exe", [10, 0, 4009, 0])]),
                r"%commonprogramfiles%\Microsoft Shared\Office10\mso.dll",
                [10, 0, 3501, 0],
            ),
            vec![("Word 2002", Some("Service Pack 1"))],
        ),
        (office(scott(), "11.0", &[("excel.exe", [11, 0, 8169, 0])]), vec![("Excel 2003", Some("Service Pack 3"))]),
        (office(scott(), "12.0", &[("winword.exe", [12, 0, 4518, 1014])]), vec![]),
        (office(scott(), "9.0", &[]), vec![]),
    ] {
        assert_eq!(products(&bench.run::<Office>()), expected);
    }
}

#[test]
fn office_97_may_name_the_folder_above() {
    let bench = key(scott(), r"HKLM\SOFTWARE\Microsoft\Office", &[], &["8.0"]).value(
        r"HKLM\SOFTWARE\Microsoft\Office\8.0\Common\InstallRoot",
        "",
        text(r"C:\MSOffice"),
    );
    let run = file(bench, r"C:\MSOffice\Office\excel.exe", [8, 0, 0, 5622]).run::<Office>();
    assert_eq!(products(&run), [("Excel 97", None)]);
}

#[test]
fn a_program_may_have_a_folder_of_its_own_and_32_bits() {
    let root = r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Office";
    let bench = key(scott(), root, &[], &["11.0"]).value(
        &format!(r"{root}\11.0\Word\InstallRoot"),
        "Path",
        text(r"C:\Program Files (x86)\Microsoft Office\OFFICE11\"),
    );
    let word = r"C:\Program Files (x86)\Microsoft Office\OFFICE11\winword.exe";
    assert_eq!(products(&file(bench, word, [11, 0, 5604, 0]).run::<Office>()), [("Word 2003", None)]);
}

#[test]
fn a_program_whose_file_cannot_be_read_is_there_if_the_registry_names_it() {
    let on_another_volume = |bench: Bench| {
        ["winword.exe", "excel.exe"].iter().fold(bench, |bench, name| {
            bench.answer(Question::FileVersion(format!(r"D:\Office\{name}")), Answer::Unsupported)
        })
    };
    let root = r"HKLM\SOFTWARE\Microsoft\Office\9.0\Word\InstallRoot";
    let bench = on_another_volume(office(scott(), "9.0", &[])).value(root, "Path", text(r"D:\Office\"));
    let run = bench.updates(vec![update("Word 2000", 20)]).run::<Office>();
    assert_eq!(products(&run), [("Word 2000", None)]);
    assert_eq!(run.update(1).map(|finding| finding.status), Some(UpdateStatus::UnableToScan));
    assert_eq!(run.check("macro-security").grade, Grade::Passed);
}

#[test]
fn a_folder_with_a_short_name_is_not_taken_for_none() {
    let root = r"HKLM\SOFTWARE\Microsoft\Office\9.0\Common\InstallRoot";
    let run = office(scott(), "9.0", &[]).value(root, "Path", text(r"C:\PROGRA~1\MICROS~2\Office\")).run::<Office>();
    assert_eq!(products(&run), []);
    for check in ["macro-security", "outlook-zones"] {
        assert_eq!(run.check(check).grade, Grade::UnableToScan);
    }
}

/// Word and Excel 2000 in a folder of their own choice.
fn word_2000(word: u16, library: u16) -> Bench {
    office(
        scott(),
        "9.0",
        &[("winword.exe", [9, 0, 0, word]), ("excel.exe", [9, 0, 0, 1]), ("mso9.dll", [9, 0, 0, library])],
    )
}

#[test]
fn an_update_is_judged_by_the_files_in_the_folder_that_office_is_in() {
    use UpdateStatus::{Installed, Missing, UnableToScan};
    for (product, level, word, library, expected) in [
        ("Word 2000", 20, 4527, 4402, Some(Missing)),
        ("Word 2000", 20, 5302, 4402, Some(Installed)),
        ("Office 2000", 20, 4527, 4402, Some(Missing)),
        ("Word 2000", 11, 3822, 3821, Some(Missing)),
        ("Word 2000", 20, 3822, 3821, None),
        ("Word 2000", 20, 5302, 9999, Some(UnableToScan)),
        ("PowerPoint 2000", 20, 4527, 4402, None),
        ("Word 97", 20, 4527, 4402, None),
    ] {
        let run = word_2000(word, library).updates(vec![update(product, level)]).run::<Office>();
        assert_eq!(run.update(1).map(|finding| finding.status), expected, "{product} {level} {word} {library}");
        let asked = run.exchanges.iter().any(|(question, _)| match question {
            Question::File(path) | Question::FileVersion(path) => {
                path.starts_with('%') && path.ends_with("winword.exe")
            }
            _ => false,
        });
        assert!(!asked, "the usual folder is not the one that Office is in");
    }
}

#[test]
fn nothing_is_asked_that_is_not_declared() {
    let releases = ["8.0", "9.0", "10.0", "11.0"];
    let bench = key(file(scott(), MSOE, [5, 50, 1, 1]), r"HKLM\SOFTWARE\Microsoft\Office", &[], &releases);
    let mut bench = key(bench, &format!(r"HKU\{SCOTT}\Identities"), &[], &["{1}"]);
    for release in releases {
        let root = format!(r"HKLM\SOFTWARE\Microsoft\Office\{release}\Common\InstallRoot");
        let folder = format!(r"D:\Programs\{release}");
        bench = bench.value(&root, if release == "8.0" { "OfficeBin" } else { "Path" }, text(&folder));
        for name in ["winword.exe", "excel.exe", "powerpnt.exe", "outlook.exe"] {
            bench = file(bench, &format!(r"{folder}\{name}"), [8, 5, 0, 0]);
        }
    }
    let run = bench.run::<Office>();
    assert_eq!(run.check("macro-security").rows.len(), 15);
    assert_eq!(run.undeclared, []);
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn the_programs_of_office_in_the_real_catalog_are_declared() {
    let starts =
        ["Office", "Word", "Excel", "PowerPoint", "Access", "Outlook 9", "Outlook 2", "Publisher", "FrontPage 2"];
    let names = catalog_products(&starts);
    // Macintosh; releases before 97 and programs that came apart from Office, whose places are not known.
    let elsewhere = ["Office 98 for Macintosh", "Office 95", "Word 98", "PowerPoint 98", "Publisher 99"];
    let declared = Office::describe().products;
    let mut found = 0;
    for name in names.iter().filter(|name| !elsewhere.contains(&name.as_str())) {
        assert!(declared.contains(name), "{name}");
        found += 1;
    }
    assert_eq!(found, 17, "{names:?}");
}
