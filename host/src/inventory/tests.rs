//! Records on built volumes, and records that lead nowhere.

use proptest::prelude::*;
use wardline_fixtures::{Pe, WindowsVolume};

use super::*;
use crate::contract::{Answer, Fact, Question, RegistryData, RegistryKey, RegistryValue};
use crate::evidence::image::Volume;
use crate::evidence::{Deadline, Origin, SourceKind};

const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix";
const UPDATES: &str = r"HKLM\SOFTWARE\Microsoft\Updates";

fn inventory(volume: &WindowsVolume) -> Inventory {
    let directory = tempfile::tempdir().unwrap();
    volume.write_to(directory.path()).unwrap();
    take(&Volume::open(directory.path(), Some("FILE01".to_owned())).unwrap(), Deadline::never())
}

/// Records a file, and puts it there in another version or not at all.
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

#[test]
fn packages_of_later_windows_are_listed_with_their_state() {
    let packages = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";
    let set = |volume: WindowsVolume, name: &str, state: u32| {
        volume.registry(&format!(r"{packages}\{name}"), "CurrentState", state)
    };
    let volume = set(WindowsVolume::windows_7(), "Package_for_KB2534111~31bf3856ad364e35~amd64~~6.1.1.0", 112);
    let volume = set(volume, "Package_for_KB976902~31bf3856ad364e35~amd64~~6.1.1.0", 80);
    let volume = set(volume, "Package_1_for_KB976902~31bf3856ad364e35~amd64~~6.1.1.0", 112);
    let volume = set(volume, "Microsoft-Windows-Foundation-Package~31bf3856ad364e35~amd64~~6.1.7601.17514", 112);
    let volume = set(volume, "Package_for_KB3033929_SP1~31bf3856ad364e35~amd64~~6.1.1.1", 101);
    let inventory = inventory(&volume);
    let rows: Vec<_> = inventory.packages.iter().map(|it| (it.article.as_str(), it.state, it.state_number)).collect();
    assert_eq!(
        rows,
        [
            ("KB976902", PackageState::Superseded, 80),
            ("KB2534111", PackageState::Installed, 112),
            ("KB3033929", PackageState::Other, 101),
        ]
    );
}

/// Answers every question about a key with the same key, and every other with the same answer.
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
