//! Records on volumes built by code, and records that lead nowhere.

use proptest::prelude::*;
use wardline_contract::{Answer, Deadline, Fact, Question, RegistryData, RegistryKey, RegistryValue};
use wardline_evidence::image::Volume;
use wardline_evidence::{Origin, SourceKind};
use wardline_fixtures::{Pe, WindowsVolume};

use super::*;

const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix";
const UPDATES: &str = r"HKLM\SOFTWARE\Microsoft\Updates";

fn inventory(volume: &WindowsVolume) -> Inventory {
    let directory = tempfile::tempdir().unwrap();
    volume.write_to(directory.path()).unwrap();
    take(&Volume::open(directory.path(), Some("FILE01".to_owned())).unwrap(), Deadline::never())
}

/// Records a file, and creates it with another version or not at all.
fn file(volume: WindowsVolume, key: &str, number: u32, name: &str, recorded: &str, found: Option<Pe>) -> WindowsVolume {
    let entry = format!(r"{key}\Filelist\{number}");
    let volume = volume
        .registry(&entry, "FileName", name)
        .registry(&entry, "Location", r"C:\WINNT\system32")
        .registry(&entry, "Version", recorded)
        .registry(&entry, "BuildDate", "Mon Jun 18 10:00:00 2001");
    match found {
        Some(pe) => volume.file(&format!(r"%windir%\system32\{name}"), pe),
        None => volume.without_file(&format!(r"%windir%\system32\{name}")),
    }
}

fn windows_2000() -> WindowsVolume {
    WindowsVolume::windows_2000_server().service_pack(2)
}

#[test]
fn a_file_is_compared_with_the_version_that_its_record_names() {
    use FileVerdict::{CannotBeRead, Current, FileGone, Reinstall};
    let key = format!(r"{UPDATES}\Windows 2000\SP3\Q296441");
    let found = |revision| Some(Pe::version(5, 0, 2195, revision));
    let volume = file(windows_2000(), &key, 0, "same.dll", "5.0.2195.3649", found(3649));
    let volume = file(volume, &key, 1, "newer.dll", "5.0.2195.3649", found(5000));
    let volume = file(volume, &key, 2, "older.dll", "5.0.2195.3649", found(3648));
    let volume = file(volume, &key, 3, "gone.dll", "5.0.2195.3649", None);
    let volume = file(volume, &key, 10, "unnumbered.dll", "newest", found(1));
    let volume = file(volume, &key, 4, "short.dll", "5.0", found(0))
        .file(r"%windir%\system32\plain.txt", "no version")
        .registry(&format!(r"{key}\Filelist\5"), "FileName", "plain.txt")
        .registry(&format!(r"{key}\Filelist\5"), "Location", r"%SystemRoot%\system32\")
        .registry(&format!(r"{key}\Filelist\5"), "Version", "1.0.0.0")
        .registry(&format!(r"{key}\Filelist\6"), "FileName", "homeless.dll")
        .registry(&format!(r"{key}\Filelist\7"), "FileName", r"..\..\..\secret")
        .registry(&format!(r"{key}\Filelist\7"), "Location", r"C:\WINNT")
        .registry(&format!(r"{key}\Filelist\7"), "Version", "1.0")
        .registry(&key, "InstalledDate", "6/18/2001")
        .registry(&key, "InstalledBy", "Administrator")
        .registry(&key, "Description", "Windows 2000 Hotfix");
    let inventory = inventory(&volume);
    let [hotfix] = inventory.hotfixes.as_slice() else { panic!("{inventory:?}") };
    let verdicts: Vec<_> =
        hotfix.files.iter().map(|file| (file.path.rsplit('\\').next().unwrap(), file.verdict)).collect();
    assert_eq!(
        verdicts,
        [
            ("same.dll", Current),
            ("newer.dll", Current),
            ("older.dll", Reinstall),
            ("gone.dll", FileGone),
            ("short.dll", Current),
            ("plain.txt", Reinstall),
            ("homeless.dll", CannotBeRead),
            ("secret", CannotBeRead),
            ("unnumbered.dll", CannotBeRead),
        ]
    );
    assert_eq!(hotfix.verdict, HotfixVerdict::FileGone);
    assert_eq!((hotfix.product.as_deref(), hotfix.service_pack.as_deref()), (Some("Windows 2000"), Some("SP3")));
    assert_eq!(hotfix.installed_on.as_deref(), Some("6/18/2001"));
    assert_eq!(hotfix.installed_by.as_deref(), Some("Administrator"));
    let older = &hotfix.files[2];
    assert_eq!((older.recorded.as_deref(), older.found.as_deref()), (Some("5.0.2195.3649"), Some("5.0.2195.3648")));
    assert_eq!(older.built.as_deref(), Some("Mon Jun 18 10:00:00 2001"));
    assert_eq!(inventory.unread, []);
}

#[test]
fn records_are_found_wherever_installing_programs_put_them() {
    let key = format!(r"{UPDATES}\Windows 2000\SP3\Q296441");
    let volume = file(windows_2000(), &key, 1, "a.dll", "1.0.0.0", Some(Pe::version(1, 0, 0, 0)))
        .hotfix("q296441")
        .hotfix("Q147222")
        .registry(&format!(r"{HOTFIX}\Q147222"), "Installed On", "1/2/2000")
        .registry(&format!(r"{HOTFIX}\Q147222"), "Service Pack", 7)
        .registry(&format!(r"{HOTFIX}\Q200000"), "Installed", 0)
        .registry(&format!(r"{UPDATES}\DataAccess\Q823718"), "InstalledDate", "8/20/2003")
        .registry(&format!(r"{UPDATES}\Internet Explorer 6\SP1\q313675.custom"), "InstalledDate", "1/1/2002")
        .registry_key(&format!(r"{UPDATES}\Windows 2000\SP4"))
        .registry_key(&format!(r"{UPDATES}\Outlook Express 6"));
    let inventory = inventory(&volume);
    let rows: Vec<_> = inventory
        .hotfixes
        .iter()
        .map(|it| {
            let of = (it.product.as_deref(), it.service_pack.as_deref());
            (it.article.as_str(), of, it.installed, it.keys.len(), it.verdict)
        })
        .collect();
    use HotfixVerdict::{Current, NothingRecorded};
    assert_eq!(
        rows,
        [
            ("Q147222", (None, Some("SP7")), Some(true), 1, NothingRecorded),
            ("Q200000", (None, None), Some(false), 1, NothingRecorded),
            ("Q296441", (Some("Windows 2000"), Some("SP3")), Some(true), 2, Current),
            ("q313675.custom", (Some("Internet Explorer 6"), Some("SP1")), None, 1, NothingRecorded),
            ("Q823718", (Some("DataAccess"), None), None, 1, NothingRecorded),
        ]
    );
    assert_eq!(inventory.packages, []);
}

#[test]
fn a_machine_that_records_nothing_has_an_empty_list() {
    let inventory = inventory(&windows_2000());
    assert_eq!((inventory.hotfixes.len(), inventory.packages.len(), inventory.unread.len()), (0, 0, 0));
    let mut out = Vec::new();
    text(&inventory, &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("No hotfix is recorded"));
}

const PACKAGES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";

fn package(volume: WindowsVolume, name: &str, state: u32) -> WindowsVolume {
    volume.registry(&format!(r"{PACKAGES}\{name}"), "CurrentState", state)
}

#[test]
fn packages_of_later_windows_are_listed_with_their_state() {
    let volume = package(WindowsVolume::windows_7(), "Package_for_KB2534111~31bf3856ad364e35~amd64~~6.1.1.0", 112);
    let volume = package(volume, "Package_for_KB976902~31bf3856ad364e35~amd64~~6.1.1.0", 80);
    let volume = package(volume, "Package_1_for_KB976902~31bf3856ad364e35~amd64~~6.1.1.0", 112);
    let volume = package(volume, "Package_12_for_KB976902~31bf3856ad364e35~amd64~~6.1.1.0", 112);
    let volume = package(volume, "Microsoft-Windows-Foundation-Package~31bf3856ad364e35~amd64~~6.1.7601.17514", 112);
    let volume = package(volume, "Package_for_KB3033929_SP1~31bf3856ad364e35~amd64~~6.1.1.1", 101);
    let inventory = inventory(&volume);
    let rows: Vec<_> = inventory
        .packages
        .iter()
        .map(|it| (it.article.as_deref().unwrap_or_default(), it.state, it.state_number))
        .collect();
    assert_eq!(
        rows,
        [
            ("KB976902", PackageState::Superseded, 80),
            ("KB2534111", PackageState::Installed, 112),
            ("KB3033929", PackageState::Other, 101),
        ]
    );
    assert_eq!(inventory.packages_not_listed, NotListed { parts: 2, features: 1 });
    let shown = shown(&inventory);
    assert!(shown.contains("\n    not listed: 2 parts of updates, 1 part of Windows\n"), "{shown}");
}

/// Windows 7's service pack and its Internet Explorer have packages of these names.
#[test]
fn packages_that_are_not_named_as_updates_are_listed_where_they_are_whole() {
    let of = |name: &str, version: &str| format!("{name}~31bf3856ad364e35~amd64~~{version}");
    let explorer = of("Microsoft-Windows-InternetExplorer-Package-TopLevel", "9.4.8112.16421");
    let service_pack = of("Windows7SP1-KB976933", "6.1.1.17514");
    let rollup = of("Package_for_DotNetRollup_KB5034685", "10.0.9206.1");
    let listed = [&rollup, &service_pack, &explorer];
    let parts = [of("Package_2_for_KB976933", "6.1.1.0"), of("Microsoft-Windows-MCUpdate-Package", "6.3.9600.16384")];
    let volume = listed.into_iter().chain(&parts).fold(WindowsVolume::windows_7(), |all, it| package(all, it, 112));
    let inventory = inventory(&volume);
    let rows: Vec<_> = inventory.packages.iter().map(|it| (it.article.as_deref(), &it.name)).collect();
    assert_eq!(rows, [(Some("KB976933"), &service_pack), (Some("KB5034685"), &rollup), (None, &explorer)]);
    assert_eq!(inventory.packages_not_listed, NotListed { parts: 1, features: 1 });
}

/// Cumulative updates have no article in their package names; the file that they were installed from usually does, as on real
/// machines (`…\windows8.1-kb3197874-x64-express.cab`).
#[test]
fn packages_without_an_article_in_their_name_are_listed() {
    let of = |name: &str, version: &str| format!("{name}~31bf3856ad364e35~amd64~~{version}");
    let download = r"\\?\C:\Windows\SoftwareDistribution\Download\f70a2a9581755f28627aaa8776c4b35b";
    let mut volume = WindowsVolume::windows_10();
    let mut add = |name: &str, values: &[(&str, &str)]| {
        let key = format!(r"{PACKAGES}\{name}");
        volume = package(volume.clone(), name, 112);
        for (value, text) in values {
            volume = volume.clone().registry(&key, value, *text);
        }
    };
    let rollup = of("Package_for_RollupFix", "19041.4170.1.9");
    let older = of("Package_for_RollupFix", "19041.3930.1.8");
    let dot_net = of("Package_for_DotNetRollup_481", "10.0.9206.1");
    let servicing = of("Package_for_ServicingStack_4163", "19041.4163.1.1");
    let with_article = of("Package_for_KB5034466", "19041.3989.1.1");
    let bare = "Package_for_".to_owned();
    add(&rollup, &[("InstallLocation", &format!(r"{download}\windows10.0-kb5035845-x64.cab"))]);
    add(&older, &[("InstallLocation", &format!(r"{download}\inst\")), ("InstallName", "update.mum")]);
    add(&dot_net, &[("InstallLocation", r"C:\t\"), ("InstallName", "Windows10.0-KB5034685-x64-NDP481.mum")]);
    add(&servicing, &[]);
    add(&with_article, &[("InstallLocation", &format!(r"{download}\windows10.0-kb1111111-x64.cab"))]);
    add(&bare, &[]);
    let inventory = inventory(&volume);
    let rows: Vec<_> = inventory.packages.iter().map(|it| (it.article.as_deref(), it.name.as_str())).collect();
    assert_eq!(
        rows,
        [
            (Some("KB5034466"), with_article.as_str()),
            (Some("KB5034685"), &dot_net),
            (Some("KB5035845"), &rollup),
            (None, &bare),
            (None, &older),
            (None, &servicing),
        ]
    );
    let shown = shown(&inventory);
    for line in [
        "    KB5034466  installed\n".to_owned(),
        format!("    KB5035845  installed  ({rollup})\n"),
        format!("    no article installed  ({older})\n"),
    ] {
        assert!(shown.contains(&line), "{shown}");
    }
}

#[test]
fn what_is_not_understood_is_said() {
    let update = "Package_for_RollupFix~31bf3856ad364e35~amd64~~19041.1.1";
    let stateless = "Package_for_KB5034466~31bf3856ad364e35~amd64~~19041.3989.1.1";
    let volume = WindowsVolume::windows_10()
        .registry(&format!(r"{PACKAGES}\{update}"), "CurrentState", "112")
        .registry_key(&format!(r"{PACKAGES}\{stateless}"))
        .registry(&format!(r"{UPDATES}\Vendor\Fix"), "Description", "a fix")
        .registry(&format!(r"{UPDATES}\UpdateExeVolatile"), "Flags", 3)
        .registry(&format!(r"{UPDATES}\KB867460"), "Description", "beside the products")
        .registry(&format!(r"{UPDATES}\One\Two\Three\Four\KB123456"), "InstalledDate", "1/1/2004");
    let inventory = inventory(&volume);
    let subjects: Vec<_> = inventory.unread.iter().map(|unread| unread.subject.clone()).collect();
    assert_eq!(
        subjects,
        [
            format!(r"{UPDATES}\One\Two\Three\Four"),
            format!(r"{UPDATES}\Vendor\Fix"),
            format!(r"{PACKAGES}\{stateless}"),
            format!(r"{PACKAGES}\{update}"),
        ],
        "{:?}",
        inventory.unread
    );
    assert_eq!(inventory.hotfixes.iter().map(|hotfix| hotfix.article.as_str()).collect::<Vec<_>>(), ["KB867460"]);
    assert!(shown(&inventory).contains("1 hotfix recorded: 1 without recorded files; not everything could be read\n"));
}

#[test]
fn both_versions_that_two_records_name_are_compared() {
    let key = format!(r"{UPDATES}\Windows 2000\SP3\Q296441");
    let hotfix = format!(r"{HOTFIX}\Q296441");
    let volume = file(windows_2000(), &key, 1, "a.dll", "1.0.0.0", Some(Pe::version(1, 0, 0, 0)));
    let volume = file(volume, &hotfix, 1, "A.DLL", "2.0.0.0", Some(Pe::version(1, 0, 0, 0)));
    let volume = file(volume, &hotfix, 2, "a.dll", "1.0.0.0", Some(Pe::version(1, 0, 0, 0)));
    let inventory = inventory(&volume);
    let [hotfix] = inventory.hotfixes.as_slice() else { panic!("{inventory:?}") };
    let versions: Vec<_> = hotfix.files.iter().map(|file| file.recorded.as_deref().unwrap()).collect();
    assert_eq!((versions, hotfix.verdict), (vec!["1.0.0.0", "2.0.0.0"], HotfixVerdict::Reinstall));
}

/// Lists keys that do not exist.
struct Hollow(RegistryKey);

impl Source for Hollow {
    fn name(&self) -> &str {
        "hollow"
    }

    fn origin(&self) -> Origin {
        Origin { kind: SourceKind::Recording, location: "hollow".to_owned() }
    }

    fn answer_by(&self, question: &Question, _: Deadline) -> Answer {
        match question {
            Question::RegistryKey(path) if [HOTFIX, UPDATES, PACKAGES].contains(&path.as_str()) => {
                Answer::Known(Fact::RegistryKey(self.0.clone()))
            }
            _ => Answer::Absent,
        }
    }
}

#[test]
fn a_key_that_is_listed_and_not_there_is_said() {
    let hollow = Hollow(endless(vec!["Package_for_KB5034466~x".to_owned()], "").key);
    let inventory = take(&hollow, Deadline::never());
    assert_eq!(inventory.unread.len(), 3, "{:?}", inventory.unread);
    assert!(inventory.unread.iter().all(|unread| unread.reason == "is listed but does not exist"));
}

#[test]
fn a_list_that_is_cut_short_says_so() {
    let hollow = Hollow(endless((0..1200).map(|number| format!("KB{}", 100_000 + number)).collect(), "").key);
    let inventory = take(&hollow, Deadline::never());
    let last = inventory.unread.last().unwrap();
    // Under each of the three keys: a package whose name contains an article is listed, too.
    assert_eq!((inventory.unread.len(), last.subject.as_str()), (1_001, "2600 more"));
    assert_eq!(last.reason, "only the first 1000 are listed");
    let key = RegistryKey {
        values: vec![RegistryValue { name: "Description".to_owned(), data: RegistryData::Text("x".repeat(2_000)) }],
        subkeys: Vec::new(),
        truncated: false,
        last_written: 0,
    };
    let text = ask::text(&key, "Description").unwrap();
    assert!(text.ends_with('…') && text.chars().count() == 1_001);
}

fn shown(inventory: &Inventory) -> String {
    let mut out = Vec::new();
    text(inventory, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Answers every question about a key with the same key, and every other one with the same answer.
struct Endless {
    key: RegistryKey,
    otherwise: Answer,
}

impl Source for Endless {
    fn name(&self) -> &str {
        "endless"
    }

    fn origin(&self) -> Origin {
        Origin { kind: SourceKind::Recording, location: "endless".to_owned() }
    }

    fn answer_by(&self, question: &Question, _: Deadline) -> Answer {
        match question {
            Question::RegistryKey(_) => Answer::Known(Fact::RegistryKey(self.key.clone())),
            _ => self.otherwise.clone(),
        }
    }
}

fn endless(subkeys: Vec<String>, text: &str) -> Endless {
    let names = ["FileName", "Location", "Version", "Description", "InstalledBy", "CurrentState", "Installed"];
    let value = |name: &str| RegistryValue { name: name.to_owned(), data: RegistryData::Text(text.to_owned()) };
    let key = RegistryKey { values: names.map(value).to_vec(), subkeys, truncated: false, last_written: 0 };
    Endless { key, otherwise: Answer::Unreadable("damaged".to_owned()) }
}

#[test]
fn a_registry_without_an_end_is_asked_a_bounded_number_of_times() {
    let subkeys = (0..400).map(|number| format!("Q{:06}", 100_000 + number)).chain(["Filelist".to_owned()]);
    let inventory = take(&endless(subkeys.collect(), "x"), Deadline::never());
    assert!(!inventory.unread.is_empty());
    assert!(inventory.unread.iter().any(|unread| unread.reason.contains("100000 questions")), "{:?}", inventory.unread);
}

#[test]
fn what_cannot_be_read_is_said_and_not_taken_for_absent() {
    let blind = Endless { key: endless(Vec::new(), "").key, otherwise: Answer::Absent };
    struct Blind(Endless);
    impl Source for Blind {
        fn name(&self) -> &str {
            self.0.name()
        }
        fn origin(&self) -> Origin {
            self.0.origin()
        }
        fn answer_by(&self, _: &Question, _: Deadline) -> Answer {
            Answer::Unreadable("the hive is damaged".to_owned())
        }
    }
    let inventory = take(&Blind(blind), Deadline::never());
    assert_eq!(inventory.unread.len(), 3);
    let mut out = Vec::new();
    text(&inventory, &mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    assert!(shown.contains(r"Microsoft\Updates: the hive is damaged"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_registry_says_is_shown_on_lines_of_its_own(
        subkeys in proptest::collection::vec("(Q296441|KB835732|Filelist|SP3|Package_for_KB976902~x|[\\PC\u{1b}\r\n]{0,4})", 0..4),
        value in "([0-9.]{0,9}|.{0,9}|\u{1b}\\[2J\n)",
    ) {
        let inventory = take(&endless(subkeys, &value), Deadline::never());
        let mut out = Vec::new();
        text(&inventory, &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        prop_assert!(!shown.chars().any(|character| character.is_control() && character != '\n'), "{shown:?}");
        let mut out = Vec::new();
        json(std::slice::from_ref(&inventory), &mut out).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(read["targets"][0]["hotfixes"].as_array().map(Vec::len), Some(inventory.hotfixes.len()));
    }
}
