//! Records on a bench, and records that lead nowhere.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wardline_plugin::testing::{Bench, Run};

use super::*;
use crate::Os;
use crate::checks::tests::actions_of;
use crate::product::tests::machine;

const ID: &str = HotfixFiles::INFO.id;
const RECORD: &str = r"HKLM\SOFTWARE\Microsoft\Updates\Windows 2000\SP3\Q296441";

/// A registry, and the files in `C:\WINNT\system32`.
#[derive(Clone, Default)]
struct Records {
    keys: BTreeMap<String, RegistryKey>,
    files: Vec<(String, Option<FileVersion>)>,
}

impl Records {
    /// Adds a key, and the keys above it.
    fn key(mut self, path: &str) -> Self {
        let mut path = path;
        let empty = RegistryKey { values: vec![], subkeys: vec![], truncated: false, last_written: 0 };
        self.keys.entry(path.to_owned()).or_insert_with(|| empty.clone());
        while let Some((parent, name)) = path.rsplit_once('\\') {
            let parent_key = self.keys.entry(parent.to_owned()).or_insert_with(|| empty.clone());
            if !parent_key.subkeys.iter().any(|known| known == name) {
                parent_key.subkeys.push(name.to_owned());
            }
            path = parent;
        }
        self
    }

    fn data(self, path: &str, name: &str, data: RegistryData) -> Self {
        let mut records = self.key(path);
        let value = RegistryValue { name: name.to_owned(), data };
        records.keys.get_mut(path).unwrap().values.push(value);
        records
    }

    fn text(self, path: &str, name: &str, text: &str) -> Self {
        self.data(path, name, RegistryData::Text(text.to_owned()))
    }

    fn number(self, path: &str, name: &str, number: u32) -> Self {
        self.data(path, name, RegistryData::Dword(number))
    }

    /// Records a file of a hotfix.
    fn recorded(self, key: &str, number: u32, name: &str, version: &str) -> Self {
        let entry = format!(r"{key}\Filelist\{number}");
        self.text(&entry, "FileName", name)
            .text(&entry, "Location", r"C:\WINNT\system32")
            .text(&entry, "Version", version)
            .text(&entry, "BuildDate", "Mon Jun 18 10:00:00 2001")
    }

    fn file(mut self, name: &str, version: Option<&str>) -> Self {
        let version = version.map(|version| wardline_plugin::version::parse(version).unwrap());
        self.files.push((format!(r"%windir%\system32\{name}"), version));
        self
    }

    fn package(self, name: &str, state: u32) -> Self {
        self.number(&format!(r"{PACKAGES}\{name}"), "CurrentState", state)
    }

    fn bench(&self) -> Bench {
        let system = Fact::System(machine("5.0", 2195, 2, Role::Server, &[]));
        let bench = Bench::new().fact(Question::System, system);
        let bench = self.keys.iter().fold(bench, |bench, (path, key)| {
            bench.fact(Question::RegistryKey(path.clone()), Fact::RegistryKey(key.clone()))
        });
        self.files.iter().fold(bench, |bench, (path, version)| {
            let file = FileInfo { version: *version, checksum: None, size: 1, modified: None, language: None };
            bench.fact(Question::FileVersion(path.clone()), Fact::File(file))
        })
    }

    fn judged(&self) -> (Grade, String) {
        let run = self.bench().run::<Os>();
        assert_eq!(run.undeclared, []);
        let finding = run.check(ID);
        (finding.grade, finding.summary.clone())
    }

    /// The rows of the list of everything.
    fn listed(&self) -> Vec<[String; 5]> {
        rows(&listing(self.bench()))
    }
}

fn listing(bench: Bench) -> Run {
    bench.setting(LIST.name, SettingValue::Flag(true)).run::<Os>()
}

fn rows(run: &Run) -> Vec<[String; 5]> {
    run.check(ID).rows.iter().map(|row| row.cells.clone().try_into().unwrap()).collect()
}

/// The article and state of each hotfix, which is followed by its files.
fn hotfixes(rows: &[[String; 5]]) -> Vec<(&str, &str)> {
    let of_hotfix = rows.iter().filter(|row| row[2].contains("recorded in "));
    of_hotfix.map(|row| (row[0].as_str(), row[1].as_str())).collect()
}

fn packages_in(rows: &[[String; 5]]) -> Vec<(&str, &str, &str)> {
    let of_package = rows.iter().filter(|row| row[2].contains('~') && !row[2].starts_with("HKLM"));
    of_package.map(|row| (row[0].as_str(), row[1].as_str(), row[2].as_str())).collect()
}

fn details<'r>(rows: &'r [[String; 5]], state: &str) -> Vec<&'r str> {
    rows.iter().filter(|row| row[1] == state).map(|row| row[2].as_str()).collect()
}

#[test]
fn a_file_that_is_older_or_gone_fails_and_its_hotfix_is_installed_again() {
    let recorded = Records::default().recorded(RECORD, 0, "ntdll.dll", "5.0.2195.3649");
    for (file, grade, found) in [
        (Some(Some("5.0.2195.3649")), Grade::Passed, ""),
        (Some(Some("5.0.2195.5000")), Grade::Passed, ""),
        (Some(Some("5.0.2195.3648")), Grade::NonCritical, "5.0.2195.3648"),
        (Some(None), Grade::NonCritical, "no version"),
        (None, Grade::NonCritical, "no file"),
    ] {
        let records = file.map_or(recorded.clone(), |version| recorded.clone().file("ntdll.dll", version));
        let run = records.bench().run::<Os>();
        let finding = run.check(ID);
        assert_eq!(finding.grade, grade, "{file:?}: {}", finding.summary);
        let actions = actions_of(&run, ID);
        if grade == Grade::Passed {
            assert_eq!(finding.summary, "1 file of 1 hotfix has the recorded version or a later one.");
            assert_eq!((finding.rows.len(), actions.len()), (0, 0));
            continue;
        }
        let [row] = finding.rows.as_slice() else { panic!("{:?}", finding.rows) };
        let recorded = "5.0.2195.3649, built Mon Jun 18 10:00:00 2001";
        assert_eq!(row.cells[2..], [r"C:\WINNT\system32\ntdll.dll", recorded, found]);
        assert_eq!((row.cells[0].as_str(), row.grade), ("Q296441", Grade::NonCritical));
        let [Action { operation: Operation::ManualStep(step), restart: true, .. }] = actions.as_slice() else {
            panic!("{actions:?}")
        };
        assert_eq!(step, "Install Q296441 (Windows 2000) again.");
        let cited = &run.exchanges[finding.evidence[0] as usize].0;
        assert_eq!(*cited, Question::FileVersion(r"%windir%\system32\ntdll.dll".to_owned()));
    }
}

#[test]
fn nothing_to_compare_is_not_performed_and_costs_two_questions() {
    let run = Records::default().bench().run::<Os>();
    assert_eq!(run.check(ID).grade, Grade::NotPerformed);
    let keys = run.exchanges.iter().filter(|(question, _)| match question {
        Question::RegistryKey(key) => [UPDATES, HOTFIXES].contains(&key.as_str()),
        _ => false,
    });
    assert_eq!(keys.count(), 2);
    assert!(!run.exchanges.iter().any(|(question, _)| *question == Question::RegistryKey(PACKAGES.to_owned())));

    let only_installed = Records::default().number(&format!(r"{HOTFIXES}\Q147222"), "Installed", 1);
    let restart = only_installed.number(&format!(r"{UPDATES}\UpdateExeVolatile"), "Flags", 3);
    assert_eq!(restart.judged().0, Grade::NotPerformed);
    let without_version = restart.clone().recorded(RECORD, 0, "a.cat", "").file("a.cat", None);
    assert_eq!(without_version.judged().0, Grade::NotPerformed);
    let other_has_one = without_version.recorded(RECORD, 1, "a.dll", "1.0").file("a.dll", Some("1.0"));
    let (grade, summary) = other_has_one.judged();
    assert_eq!(grade, Grade::Passed);
    assert!(summary.ends_with(" 1 other file cannot be compared: no version is recorded."), "{summary}");
}

#[test]
fn a_hotfix_that_is_recorded_as_not_installed_need_not_have_its_files() {
    let records = Records::default().recorded(RECORD, 0, "a.dll", "2.0");
    assert_eq!(records.clone().number(RECORD, "Installed", 0).judged().0, Grade::NotPerformed);
    assert_eq!(records.clone().text(RECORD, "Installed", "0").judged().0, Grade::NonCritical);
    assert_eq!(records.data(RECORD, "Installed", RegistryData::Other(4)).judged().0, Grade::NonCritical);
}

#[test]
fn what_is_unread_is_never_passed() {
    let good = Records::default().recorded(RECORD, 0, "a.dll", "1.0").file("a.dll", Some("1.0"));
    assert_eq!(good.judged().0, Grade::Passed);
    let run = good.bench().run::<Os>();
    let of_check = run.exchanges.iter().map(|(question, _)| question).filter(|question| match question {
        Question::RegistryKey(key) => key.starts_with(UPDATES) || key == HOTFIXES,
        Question::FileVersion(path) => path.ends_with(r"\a.dll"),
        _ => false,
    });
    let of_check: Vec<_> = of_check.cloned().collect();
    assert_eq!(of_check.len(), 8);
    for question in of_check {
        for answer in [Answer::Unreadable("damaged".to_owned()), Answer::Unsupported, Answer::Denied("no".to_owned())] {
            let run = good.bench().answer(question.clone(), answer).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, Grade::UnableToScan, "{question:?}: {}", finding.summary);
            let [cited] = finding.evidence.as_slice() else { panic!("{:?}", finding.evidence) };
            assert_eq!(run.exchanges[*cited as usize].0, question);
        }
    }
    // A known fault remains one.
    let gone = good.clone().recorded(RECORD, 1, "gone.dll", "1.0").bench();
    let damaged = Answer::Unreadable("damaged".to_owned());
    let run = gone.answer(Question::RegistryKey(HOTFIXES.to_owned()), damaged).run::<Os>();
    assert_eq!(run.check(ID).grade, Grade::NonCritical);

    let mut cut_short = good.clone();
    cut_short.keys.get_mut(&format!(r"{RECORD}\Filelist")).unwrap().truncated = true;
    assert_eq!(cut_short.judged().0, Grade::UnableToScan);
    for (name, grade) in
        [("Version", Grade::UnableToScan), ("FileName", Grade::UnableToScan), ("BuildDate", Grade::NotPerformed)]
    {
        let entry = format!(r"{RECORD}\Filelist\0");
        let records = Records::default().data(&entry, name, RegistryData::Other(1)).text(&entry, "FileName", "a.dll");
        let records = records.text(&entry, "Location", r"C:\WINNT\system32").file("a.dll", Some("1.0"));
        assert_eq!(records.judged().0, grade, "{name}");
    }
}

#[test]
fn files_elsewhere_are_not_asked_for() {
    let entry = format!(r"{RECORD}\Filelist\0");
    for (folder, file, grade, reason) in [
        (r"C:\WINNT", r"..\..\secret", Grade::UnableToScan, "is not in the Windows folder or the program folders"),
        (r"D:\other", "a.dll", Grade::UnableToScan, "is not in the Windows folder or the program folders"),
        ("", "a.dll", Grade::UnableToScan, "the record does not name the file"),
        (r"%CommonProgramFiles%\", "a.dll", Grade::NonCritical, ""),
        (r"E:\Programs\Common Files", "a.dll", Grade::NonCritical, ""),
    ] {
        let records = Records::default().text(&entry, "Location", folder).text(&entry, "FileName", file);
        let bench = records.text(&entry, "Version", "1.0").bench();
        let folder = RegistryData::Text(r"E:\programs".to_owned());
        let run = bench.value(CURRENT_VERSION, "ProgramFilesDir", folder).run::<Os>();
        let finding = run.check(ID);
        assert_eq!((finding.grade, run.undeclared.len()), (grade, 0), "{file}: {}", finding.summary);
        assert!(finding.summary.contains(reason), "{}", finding.summary);
    }
}

#[test]
fn the_list_has_every_hotfix_with_its_files() {
    let records = Records::default()
        .recorded(RECORD, 0, "same.dll", "5.0.2195.3649")
        .file("same.dll", Some("5.0.2195.3649"))
        .recorded(RECORD, 1, "newer.dll", "5.0.2195.3649")
        .file("newer.dll", Some("5.0.2195.5000"))
        .recorded(RECORD, 2, "older.dll", "5.0.2195.3649")
        .file("older.dll", Some("5.0.2195.3648"))
        .recorded(RECORD, 3, "gone.dll", "5.0.2195.3649")
        .recorded(RECORD, 10, "unnumbered.dll", "newest")
        .file("unnumbered.dll", Some("1.0"))
        .recorded(RECORD, 4, "short.dll", "5.0")
        .file("short.dll", Some("5.0.2195.0"))
        .recorded(RECORD, 5, "plain.txt", "1.0.0.0")
        .file("plain.txt", None)
        .text(&format!(r"{RECORD}\Filelist\6"), "FileName", "homeless.dll")
        .text(RECORD, "InstalledDate", "6/18/2001")
        .text(RECORD, "InstalledBy", "Administrator")
        .text(RECORD, "Description", "Windows 2000 Hotfix");
    let rows = records.listed();
    let states: Vec<_> =
        rows[1..].iter().map(|row| (row[2].rsplit('\\').next().unwrap(), row[1].as_str(), row[4].as_str())).collect();
    assert_eq!(
        states,
        [
            ("same.dll", "current", "5.0.2195.3649"),
            ("newer.dll", "current", "5.0.2195.5000"),
            ("older.dll", "older", "5.0.2195.3648"),
            ("gone.dll", "missing", "no file"),
            ("short.dll", "current", "5.0.2195.0"),
            ("plain.txt", "older", "no version"),
            ("homeless.dll", "cannot be checked", "the record does not name the file"),
            ("unnumbered.dll", "no version recorded", "1.0.0.0"),
        ]
    );
    assert_eq!(hotfixes(&rows), [("Q296441", "with a file missing")]);
    assert_eq!(
        rows[0][2],
        format!("Windows 2000, SP3; Windows 2000 Hotfix; installed 6/18/2001 by Administrator; recorded in {RECORD}")
    );
}

#[test]
fn records_are_found_wherever_installing_programs_put_them() {
    let records = Records::default()
        .recorded(RECORD, 1, "a.dll", "1.0.0.0")
        .file("a.dll", Some("1.0.0.0"))
        .number(&format!(r"{HOTFIXES}\q296441"), "Installed", 1)
        .text(&format!(r"{HOTFIXES}\Q147222"), "Installed On", "1/2/2000")
        .number(&format!(r"{HOTFIXES}\Q147222"), "Service Pack", 7)
        .number(&format!(r"{HOTFIXES}\Q200000"), "Installed", 0)
        .text(&format!(r"{UPDATES}\DataAccess\Q823718"), "InstalledDate", "8/20/2003")
        .text(&format!(r"{UPDATES}\Internet Explorer 6\SP1\q313675.custom"), "InstalledDate", "1/1/2002")
        .key(&format!(r"{UPDATES}\Windows 2000\SP4"))
        .key(&format!(r"{UPDATES}\Outlook Express 6"));
    let rows = records.listed();
    let found: Vec<_> = rows
        .iter()
        .filter(|row| row[2].contains("recorded in "))
        .map(|row| (row[0].as_str(), row[1].as_str(), row[2].split("; recorded in").next().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("Q147222", "without recorded files", "SP7; installed 1/2/2000"),
            ("Q200000", "without recorded files", "recorded as not installed"),
            ("Q296441", "current", "Windows 2000, SP3"),
            ("q313675.custom", "without recorded files", "Internet Explorer 6, SP1; installed 1/1/2002"),
            ("Q823718", "without recorded files", "DataAccess; installed 8/20/2003"),
        ]
    );
    assert!(rows.iter().any(|row| row[2].ends_with(&format!(r"{RECORD} and {HOTFIXES}\q296441"))), "{rows:?}");
}

#[test]
fn both_versions_that_two_records_name_are_compared() {
    let of_windows = format!(r"{HOTFIXES}\Q296441");
    let records = Records::default()
        .recorded(RECORD, 1, "a.dll", "1.0.0.0")
        .recorded(&of_windows, 1, "A.DLL", "2.0.0.0")
        .recorded(&of_windows, 2, "a.dll", "1.0.0.0")
        .file("a.dll", Some("1.0.0.0"));
    let rows = records.listed();
    let versions: Vec<_> = rows[1..].iter().map(|row| row[3].split(',').next().unwrap()).collect();
    assert_eq!((versions, hotfixes(&rows)), (vec!["1.0.0.0", "2.0.0.0"], vec![("Q296441", "to be installed again")]));
    let asked = listing(records.bench()).exchanges;
    let of_file = asked
        .iter()
        .filter(|(question, _)| matches!(question, Question::FileVersion(path) if path.ends_with(r"\a.dll")));
    assert_eq!(of_file.count(), 1);
}

/// Packages are only listed.
#[test]
fn packages_that_are_unread_leave_the_hotfixes_judged() {
    let good = Records::default().recorded(RECORD, 0, "a.dll", "1.0").file("a.dll", Some("1.0"));
    for (records, grade) in [(good, Grade::Passed), (Records::default(), Grade::UnableToScan)] {
        let damaged = Answer::Unreadable("damaged".to_owned());
        let run = listing(records.bench().answer(Question::RegistryKey(PACKAGES.to_owned()), damaged));
        assert_eq!(run.check(ID).grade, grade, "{}", run.check(ID).summary);
        assert_eq!(details(&rows(&run), "could not be read"), [format!("{PACKAGES}: damaged")]);
    }
    assert_eq!(listing(Records::default().bench()).check(ID).grade, Grade::Informational);
}

fn package_name(name: &str, version: &str) -> String {
    format!("{name}~31bf3856ad364e35~amd64~~{version}")
}

#[test]
fn packages_of_later_windows_are_listed_with_their_state() {
    let of = |name: &str| package_name(name, "6.1.1.0");
    let explorer = package_name("Microsoft-Windows-InternetExplorer-Package-TopLevel", "9.4.8112.16421");
    let rows = Records::default()
        .package(&of("Package_for_KB2534111"), 112)
        .package(&of("Package_for_KB976902"), 80)
        .package(&of("Package_1_for_KB976902"), 112)
        .package(&of("Package_12_for_KB976902"), 112)
        .package(&of("Microsoft-Windows-Foundation-Package"), 112)
        .package(&of("Microsoft-Windows-MCUpdate-Package"), 112)
        .package(&of("Package_for_KB3033929_SP1"), 101)
        .package(&of("Windows7SP1-KB976933"), 112)
        .package(&of("Package_for_DotNetRollup_KB5034685"), 64)
        .package(&explorer, 112)
        .listed();
    let found: Vec<_> = packages_in(&rows).into_iter().map(|(article, state, _)| (article, state)).collect();
    assert_eq!(
        found,
        [
            ("KB976902", "superseded"),
            ("KB976933", "installed"),
            ("KB2534111", "installed"),
            ("KB3033929", "in state 101"),
            ("KB5034685", "staged"),
            ("no article", "installed"),
        ]
    );
    assert_eq!(details(&rows, "not listed"), ["2 parts of updates, 2 parts of Windows"]);
}

/// Cumulative updates have no article in their package names; the file that they were installed from usually does, as on real
/// machines (`…\windows8.1-kb3197874-x64-express.cab`).
#[test]
fn packages_without_an_article_in_their_name_are_listed() {
    let download = r"\\?\C:\Windows\SoftwareDistribution\Download\f70a2a9581755f28627aaa8776c4b35b";
    let rollup = package_name("Package_for_RollupFix", "19041.4170.1.9");
    let older = package_name("Package_for_RollupFix", "19041.3930.1.8");
    let dot_net = package_name("Package_for_DotNetRollup_481", "10.0.9206.1");
    let servicing = package_name("Package_for_ServicingStack_4163", "19041.4163.1.1");
    let with_article = package_name("Package_for_KB5034466", "19041.3989.1.1");
    let mut records = Records::default();
    for (name, location, file) in [
        (&rollup, format!(r"{download}\windows10.0-kb5035845-x64.cab"), ""),
        (&older, format!(r"{download}\inst\"), "update.mum"),
        (&dot_net, r"C:\t\".to_owned(), "Windows10.0-KB5034685-x64-NDP481.mum"),
        (&servicing, String::new(), ""),
        (&with_article, format!(r"{download}\windows10.0-kb1111111-x64.cab"), ""),
    ] {
        let key = format!(r"{PACKAGES}\{name}");
        records = records.package(name, 112).text(&key, "InstallLocation", &location).text(&key, "InstallName", file);
    }
    let rows = records.listed();
    let found: Vec<_> = packages_in(&rows).into_iter().map(|(article, _, name)| (article, name)).collect();
    assert_eq!(
        found,
        [
            ("KB5034466", with_article.as_str()),
            ("KB5034685", &dot_net),
            ("KB5035845", &rollup),
            ("no article", &older),
            ("no article", &servicing),
        ]
    );
}

#[test]
fn what_is_not_understood_is_said() {
    let update = package_name("Package_for_RollupFix", "19041.1.1");
    let stateless = package_name("Package_for_KB5034466", "19041.3989.1.1");
    let records = Records::default()
        .text(&format!(r"{PACKAGES}\{update}"), "CurrentState", "112")
        .key(&format!(r"{PACKAGES}\{stateless}"))
        .text(&format!(r"{UPDATES}\Vendor\Fix"), "Description", "a fix")
        .number(&format!(r"{UPDATES}\UpdateExeVolatile"), "Flags", 3)
        .text(&format!(r"{UPDATES}\KB867460"), "Description", "beside the products");
    let rows = records.listed();
    let states = "unknown state: expected a REG_DWORD CurrentState";
    assert_eq!(
        details(&rows, "not understood"),
        [
            format!(r"{UPDATES}\Vendor\Fix: is not the record of a hotfix: no article, files or date"),
            format!(r"{PACKAGES}\{update}: {states}"),
            format!(r"{PACKAGES}\{stateless}: {states}"),
        ]
    );
    assert_eq!(hotfixes(&rows), [("KB867460", "without recorded files")]);
    assert_eq!(records.judged().0, Grade::NotPerformed);
    // Hotfixes may be below a key that is not read.
    let deep = format!(r"{UPDATES}\One\Two\Three\Four");
    let (grade, summary) = records.text(&format!(r"{deep}\KB123456"), "InstalledDate", "1/1/2004").judged();
    assert_eq!(grade, Grade::UnableToScan);
    assert!(summary.contains(&format!("{deep}: is too deep")), "{summary}");
}

#[test]
fn a_key_that_is_listed_and_not_there_is_said() {
    let mut records = Records::default().key(&format!(r"{PACKAGES}\Package_for_KB5034466~x"));
    records = records.key(&format!(r"{UPDATES}\Windows XP")).key(&format!(r"{HOTFIXES}\Q147222"));
    records.keys.retain(|path, _| [UPDATES, HOTFIXES, PACKAGES].contains(&path.as_str()));
    let rows = records.listed();
    let unread = details(&rows, "could not be read");
    assert_eq!(unread.len(), 3, "{unread:?}");
    assert!(unread.iter().all(|unread| unread.ends_with(": is listed but does not exist")), "{unread:?}");
}

/// A registry in which every key has the same subkeys and texts, several levels deep.
fn endless(subkeys: &[String], value: &str) -> Bench {
    let names = ["FileName", "Location", "Version", "Description", "InstalledBy", "CurrentState", "Installed"];
    let data = || RegistryData::Text(value.to_owned());
    let values = names.map(|name| RegistryValue { name: name.to_owned(), data: data() });
    let key = RegistryKey { values: values.to_vec(), subkeys: subkeys.to_vec(), truncated: false, last_written: 0 };
    let mut bench = Records::default().bench();
    let mut level = vec![UPDATES.to_owned(), HOTFIXES.to_owned(), PACKAGES.to_owned()];
    for _ in 0..4 {
        let below = |path: &String| subkeys.iter().map(move |name| format!(r"{path}\{name}")).collect::<Vec<_>>();
        let next = level.iter().flat_map(below).collect();
        bench = level
            .into_iter()
            .fold(bench, |bench, path| bench.fact(Question::RegistryKey(path), Fact::RegistryKey(key.clone())));
        level = next;
    }
    bench
}

#[test]
fn a_registry_without_an_end_is_asked_a_bounded_number_of_times() {
    let mut subkeys: Vec<String> = (0..200).map(|number| format!("Q{}", 100_000 + number)).collect();
    let key = |subkeys: &[String]| {
        Fact::RegistryKey(RegistryKey { values: vec![], subkeys: subkeys.to_vec(), truncated: false, last_written: 0 })
    };
    let mut bench = Records::default().bench().fact(Question::RegistryKey(UPDATES.to_owned()), key(&subkeys));
    let files: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    for name in std::mem::take(&mut subkeys) {
        let path = format!(r"{UPDATES}\{name}");
        bench = bench
            .fact(Question::RegistryKey(path.clone()), key(&["Filelist".to_owned()]))
            .fact(Question::RegistryKey(format!(r"{path}\Filelist")), key(&files));
    }
    let run = bench.run::<Os>();
    assert!(run.exchanges.len() < 20_000, "{}", run.exchanges.len());
    assert!(run.rounds < 40, "{}", run.rounds);
    let summary = &run.check(ID).summary;
    assert!(run.check(ID).grade == Grade::UnableToScan && summary.contains(" more."), "{summary}");
    let rows = rows(&listing(bench));
    let unread = details(&rows, "could not be read");
    assert!(unread.iter().any(|reason| reason.contains("more than 16384 questions")), "{:?}", unread.last());
}

#[test]
fn large_answers_end_the_questions_and_long_texts_are_cut() {
    let large = "x".repeat(100_000);
    let mut records = Records::default();
    for number in 100_000..100_200 {
        let key = format!(r"{HOTFIXES}\Q{number}");
        records = records.text(&key, "Comments", &large).recorded(&key, 0, "a.dll", "1.0");
    }
    let rows = records.listed();
    assert!(rows.iter().flatten().all(|cell| cell.chars().count() <= 1_001));
    let unread = details(&rows, "could not be read");
    assert!(unread.iter().any(|reason| reason.contains("more than 8388608 bytes")), "{:?}", unread.last());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_registry_says_the_check_has_a_finding(
        subkeys in proptest::collection::vec("(Q296441|KB835732|Filelist|SP3|\\.|\\.\\.|Package_for_KB976902~x|[\\PC\u{1b}\r\n]{0,4})", 0..4),
        value in "([0-9.]{0,9}|C:\\\\\\.\\.\\\\x|.{0,9}|\u{1b}\\[2J\n|C:\\\\WINNT)",
    ) {
        let bench = endless(&subkeys, &value);
        let run = bench.run::<Os>();
        prop_assert!(run.undeclared.is_empty());
        prop_assert_ne!(run.check(ID).grade, Grade::Passed);
        let run = listing(bench);
        prop_assert!(run.check(ID).rows.iter().all(|row| row.cells.len() == table::COLUMNS.len()));
        prop_assert!(run.undeclared.is_empty());
    }
}
