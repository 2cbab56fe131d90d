//! Texts in each form that Windows' tools print, built after their documented form, and what is read from them.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

mod built;

use std::time::{Duration, Instant};

use built::{GET_HOTFIX, KBS, LANGUAGES, clixml, csv, list, table, wide_table};
use proptest::prelude::*;
use wardline_systeminfo::{Architecture, Form, Hotfixes, ReadError, Role, System, Told, read};

fn told(text: &str) -> Told {
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn listed(told: &Told) -> (Vec<&str>, bool) {
    match &told.hotfixes {
        Hotfixes::Listed { articles, complete } => (articles.iter().map(String::as_str).collect(), *complete),
        other => panic!("{other:?}"),
    }
}

fn system(told: &Told) -> &System {
    told.system.as_ref().unwrap()
}

#[test]
fn systeminfo_is_read_in_every_language_and_format() {
    for language in LANGUAGES {
        for (format, text) in [
            ("list", list(language)),
            ("csv", csv(language)),
            ("table", table(language)),
            ("wide table", wide_table(language)),
        ] {
            let what = format!("{} {format}", language.tag);
            let told = told(&text);
            assert_eq!((told.form, told.computer.as_deref()), (Form::Systeminfo, Some("SRV01")), "{what}");
            let system = system(&told);
            assert_eq!((system.version, system.build, system.revision), ((10, 0), 20348, None), "{what}");
            assert_eq!(system.product_name.as_deref(), Some("Windows Server 2022 Standard"), "{what}");
            assert_eq!((system.role, system.service_pack), (Some(language.role), 0), "{what}");
            assert_eq!((system.architecture, system.language), (Some(Architecture::X64), Some(language.id)), "{what}");
            assert_eq!(system.windows_folder.as_deref(), Some(r"C:\Windows"), "{what}");
            assert_eq!(listed(&told), (KBS.to_vec(), true), "{what}");
        }
    }
}

#[test]
fn the_encoding_of_a_console_is_told_by_the_locale() {
    for (tag, encoding) in
        [("ru", encoding_rs::IBM866), ("ja", encoding_rs::SHIFT_JIS), ("fr", encoding_rs::WINDOWS_1252)]
    {
        let language = LANGUAGES.iter().find(|language| language.tag == tag).unwrap();
        let bytes = encoding.encode(&list(language)).0.into_owned();
        assert_eq!(system(&read(&bytes).unwrap()).role, Some(language.role), "{tag}");
    }
}

#[test]
fn what_is_pasted_or_selected_is_read_as_far_as_it_goes() {
    // Indentation is lost in many a forum and ticket.
    let pasted: String = list(&LANGUAGES[0]).lines().map(|line| format!("{}\n", line.trim())).collect();
    assert_eq!(told(&pasted), told(&list(&LANGUAGES[0])));
    let selected = "\
OS Name             : Microsoft Windows 10 Pro
OS Version          : 10.0.19045 N/A Build 19045
OS Manufacturer     : Microsoft Corporation
OS Configuration    : Standalone Workstation
System Type         : x64-based PC
System Locale       : en-us;English (United States)
Hotfix(s)           : 3 Hotfix(s) Installed.,[01]: KB5022502,[02]: KB4562830,[03]:
                      KB4580325";
    let told = told(selected);
    assert_eq!((told.computer.clone(), system(&told).role), (None, Some(Role::Workstation)));
    assert_eq!(system(&told).architecture, Some(Architecture::X64));
    assert_eq!(listed(&told), (vec!["KB4562830", "KB4580325", "KB5022502"], true));
}

#[test]
fn service_packs_are_numbers_between_the_version_and_the_build() {
    for (version, expected) in [
        ("6.1.7601 Service Pack 1 Build 7601", Some((1, Some("Service Pack 1")))),
        ("6.1.7601 Service Pack 1 version 7601", Some((1, Some("Service Pack 1")))),
        ("5.1.2600 Dodatek Service Pack 3 Kompilacja 2600", Some((3, Some("Dodatek Service Pack 3")))),
        ("5.1.2600 Service Pack 2, v.2149 Build 2600", Some((2, Some("Service Pack 2")))),
        ("6.3.9600 Nicht zutreffend Build 9600", Some((0, None))),
        ("10.0.19045 N/A ビルド 19045", Some((0, None))),
        ("10.0.19045", None),
        ("10.0.19045 N/A Build 19041", None),
        ("6.00 BIOS 6", None),
    ] {
        let text = format!("A: PC\nB: Microsoft Windows\nC: {version}\nD: Microsoft\n");
        let found = read(text.as_bytes()).ok().map(|told| system(&told).clone());
        let found = found.as_ref().map(|system| (system.service_pack, system.service_pack_name.as_deref()));
        assert_eq!(found, expected, "{version}");
    }
}

#[test]
fn an_empty_list_says_what_to_add() {
    let excerpt = "Host Name:  PC1\nOS Name:  Microsoft Windows 10 Pro\nOS Version:  10.0.19045 N/A Build 19045\n\
        OS Manufacturer:  Microsoft Corporation\nOS Configuration:  Standalone Workstation\nSystem Type:  x64-based PC\n";
    let processors = "Processor(s):  1 Processor(s) Installed.\n  [01]: Intel64 Family 6\n";
    for text in [format!("{excerpt}Hotfix(s):  N/A\n"), format!("{excerpt}{processors}Hotfix(s):  N/A\nHyper-V:  -\n")]
    {
        let Hotfixes::Unreadable(reason) = told(&text).hotfixes else { panic!("{text}") };
        assert!(reason.contains("N/A") && reason.contains("the output of ver"), "{reason}");
    }
    assert_eq!(told(excerpt).hotfixes, Hotfixes::Untold);
}

#[test]
fn a_list_that_names_nothing_proves_nothing() {
    let with = |hotfixes: &str| {
        let text = list(&LANGUAGES[0]);
        let (before, rest) = text.split_once("Hotfix(s):").unwrap();
        let rest = rest.split_once("Network").unwrap().1;
        told(&format!("{before}Hotfix(s): {hotfixes}\nNetwork{rest}")).hotfixes
    };
    for hotfixes in ["N/A", "n/a", "Nicht zutreffend", "", "0 Hotfix(s) Installed.", "2 Hotfix(s) Installed."] {
        assert!(matches!(with(hotfixes), Hotfixes::Unreadable(reason) if reason.contains("is empty")), "{hotfixes}");
    }
    let hidden = with("2 Hotfix(s) Installed.\n      [01]: File 1\n      [02]: File 1");
    assert!(matches!(hidden, Hotfixes::Unreadable(reason) if reason.contains("does not name")), "{hidden:?}");
    for (hotfixes, complete) in [
        ("3 Hotfix(s) Installed.\n [01]: File 1\n [02]: Q147222\n [03]: KB925398_WMP64", false),
        ("3 Fichiers.\n [01]: Fichier 1\n [02]: Q147222\n [03]: KB925398 - Update", false),
        ("5 Hotfix(s) Installed.\n [01]: KB925398\n [02]: Q147222", false),
        ("3 Hotfix(s) Installed.\n [01]: IDNMitigationAPIs - Update\n [02]: Q147222\n [03]: KB925398", true),
    ] {
        let Hotfixes::Listed { articles, complete: found } = with(hotfixes) else { panic!("{hotfixes}") };
        assert_eq!(
            (articles.iter().map(String::as_str).collect::<Vec<_>>(), found),
            (vec!["KB925398", "Q147222"], complete)
        );
    }
}

#[test]
fn hotfixes_are_read_in_every_form() {
    for (what, text) in GET_HOTFIX {
        let told = told(text);
        assert_eq!((told.form, told.computer.as_deref()), (Form::Hotfixes, Some("SRV01")), "{what}");
        assert_eq!(listed(&told), (KBS.to_vec(), true), "{what}");
        assert_eq!(told.system, None, "{what}");
    }
    let told = told(&clixml("Win32_QuickFixEngineering", &KBS.map(|kb| vec![("HotFixID", kb), ("CSName", "SRV01")])));
    assert_eq!((listed(&told), told.computer.as_deref()), ((KBS.to_vec(), true), Some("SRV01")));
}

#[test]
fn hotfixes_of_windows_xp_may_be_named_in_another_column() {
    let text = "\
HotFixID  InstalledBy    ServicePackInEffect
File 1                   KB925398_WMP64
Q147222   Administrator
KB911564                 SP3
File 1                   \n";
    assert_eq!(listed(&told(text)), (vec!["KB911564", "KB925398", "Q147222"], false));
}

#[test]
fn a_list_cut_off_is_not_complete() {
    let text = "\
Source  Description  HotFixID   InstalledBy
------  -----------  --------   -----------
SRV01   Update       KB5034129  NT AUTHORITY\\SYSTEM
SRV01   Update       KB50358... NT AUTHORITY\\SYSTEM\n";
    assert_eq!(listed(&told(text)), (vec!["KB5034129"], false));
    let empty = told("HotFixID  \n\n").hotfixes;
    assert!(matches!(empty, Hotfixes::Unreadable(_)), "{empty:?}");
}

#[test]
fn the_operating_system_is_read_in_every_form() {
    let properties = [
        ("BuildNumber", "17763"),
        ("Caption", "Microsoft Windows Server 2019 Datacenter"),
        ("CSName", "SRV01"),
        ("OSArchitecture", "64-bit"),
        ("OSLanguage", "1031"),
        ("ProductType", "2"),
        ("SuiteMask", "400"),
        ("Version", "10.0.17763"),
        ("WindowsDirectory", r"C:\Windows"),
    ];
    let list = |sign: &str| properties.map(|(name, value)| format!("{name}{sign}{value}\r\r\n\r\r\n")).concat();
    let quoted = |pick: fn(&(&str, &str)) -> String| properties.iter().map(pick).collect::<Vec<_>>().join(",");
    let csv = format!(
        "#TYPE System.Management.ManagementObject\n{}\n{}\n",
        quoted(|(name, _)| format!("\"{name}\"")),
        quoted(|(_, value)| format!("\"{value}\""))
    );
    for (what, text) in [
        ("wmic os get /value", list("=")),
        ("Format-List", list(" : ")),
        ("CSV", csv),
        ("CLIXML", clixml("Win32_OperatingSystem", &[properties.to_vec()])),
    ] {
        let told = told(&text);
        assert_eq!((told.form, told.computer.as_deref()), (Form::OperatingSystem, Some("SRV01")), "{what}");
        let expected = System {
            product_name: Some("Windows Server 2019 Datacenter".to_owned()),
            version: (10, 0),
            build: 17763,
            revision: None,
            service_pack: 0,
            service_pack_name: None,
            role: Some(Role::DomainController),
            suites: vec!["Terminal Server", "DataCenter"],
            architecture: Some(Architecture::X64),
            language: Some(0x0407),
            windows_folder: Some(r"C:\Windows".to_owned()),
        };
        assert_eq!(*system(&told), expected, "{what}");
        assert_eq!(told.hotfixes, Hotfixes::Untold, "{what}");
    }
}

/// The output of `Get-ComputerInfo`: PowerShell shows four items of a list, and wraps it.
const COMPUTER_INFO: &str = "\r
WindowsBuildLabEx                                       : 22621.1.amd64fre.ni_release.220506-1250\r
WindowsCurrentVersion                                   : 6.3\r
WindowsProductName                                      : Windows 10 Pro\r
WindowsUBR                                              : 3447\r
CsName                                                  : PC01\r
OsName                                                  : Microsoft Windows 11 Pro\r
OsVersion                                               : 10.0.22631\r
OsBuildNumber                                           : 22631\r
OsHotFixes                                              : {KB5034467, KB5027397, \r
                                                          KB5036212, KB5035853...}\r
OsWindowsDirectory                                      : C:\\WINDOWS\r
OsArchitecture                                          : 64-bit\r
OsLanguage                                              : de-DE\r
OsProductType                                           : WorkStation\r
";

#[test]
fn get_computer_info_is_read() {
    let json = r#"{"WindowsUBR": 3447, "CsName": "PC01", "CsProcessors": [{"Name": "Intel", "NumberOfCores": 4}],
        "OsName": "Microsoft Windows 11 Pro", "OsVersion": "10.0.22631", "OsBuildNumber": "22631", "OsHotFixes": [
            {"HotFixID": "KB5034467", "Description": "Update"}, {"HotFixID": "KB5027397"}, {"HotFixID": "KB5036212"},
            {"HotFixID": "KB5035853"}],
        "OsWindowsDirectory": "C:\\WINDOWS", "OsArchitecture": "64-bit", "OsLanguage": "de-DE", "OsProductType": 1}"#;
    for (what, text, complete) in [("list", COMPUTER_INFO, false), ("JSON", json, true)] {
        let told = told(text);
        assert_eq!((told.form, told.computer.as_deref()), (Form::ComputerInfo, Some("PC01")), "{what}");
        let system = system(&told);
        assert_eq!((system.version, system.build, system.revision), ((10, 0), 22631, Some(3447)), "{what}");
        assert_eq!(system.product_name.as_deref(), Some("Windows 11 Pro"), "{what}");
        assert_eq!((system.role, system.language), (Some(Role::Workstation), Some(0x0407)), "{what}");
        assert_eq!(system.architecture, Some(Architecture::X64), "{what}");
        assert_eq!(listed(&told), (vec!["KB5027397", "KB5034467", "KB5035853", "KB5036212"], complete), "{what}");
    }
    let empty = told(&COMPUTER_INFO.replace("{KB5034467, KB5027397, \r\n", "{").replace("KB5036212, KB5035853...", ""));
    assert!(matches!(empty.hotfixes, Hotfixes::Unreadable(_)), "{:?}", empty.hotfixes);
}

#[test]
fn objects_are_read_from_json() {
    let items: Vec<String> = KBS
        .iter()
        .map(|kb| {
            format!(
                r#"{{"PSComputerName": "SRV01", "CSName": "SRV01", "HotFixID": "{kb}", "Status": null,
                    "InstalledOn": {{"value": "/Date(1710633600000)/", "DateTime": "Sunday"}}}}"#
            )
        })
        .collect();
    let hotfixes = told(&format!("[\r\n{}]", items.join(",")));
    assert_eq!((hotfixes.form, hotfixes.computer.as_deref()), (Form::Hotfixes, Some("SRV01")));
    assert_eq!(listed(&hotfixes), (KBS.to_vec(), true));
    assert_eq!(listed(&told(&items[0])), (vec![KBS[0]], true));
    let os = told(
        r#"{"Caption": "Microsoft Windows Server 2022 Standard", "Version": "10.0.20348", "BuildNumber": "20348",
        "ProductType": 2, "OSLanguage": 1033, "CSName": "SRV01"}"#,
    );
    assert_eq!((os.form, system(&os).role), (Form::OperatingSystem, Some(Role::DomainController)));
    for (text, words) in
        [("{}", "unknown form"), ("[{\"a\": 1}]", "unknown form"), ("{\"HotFixID\": ", "not valid JSON")]
    {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
    assert!(matches!(read("[{\"a\":".repeat(10_000).as_bytes()), Err(ReadError::Json(_))));
}

#[test]
fn an_excerpt_without_hotfixes_says_nothing_of_them() {
    let told = told("OS Name:      Microsoft Windows 10 Pro\nOS Version:   10.0.19045 N/A Build 19045\n");
    assert_eq!((system(&told).build, told.hotfixes), (19045, Hotfixes::Untold));
}

#[test]
fn people_write_builds_and_articles() {
    let told =
        told("# WEB01\nWindows Server 2022 Standard\nx64\n10.0.20348.2340\nKB5035857 # March\n5034129, kb5012170\n");
    let system = system(&told);
    assert_eq!((system.version, system.build, system.revision), ((10, 0), 20348, Some(2340)));
    assert_eq!((system.role, system.architecture), (Some(Role::Server), Some(Architecture::X64)));
    assert_eq!(listed(&told), (vec!["KB5012170", "KB5034129", "KB5035857"], true));
    for (text, expected) in [
        ("19045.4170", Ok(((10, 0), 19045, Some(4170)))),
        ("10.0.19045", Ok(((10, 0), 19045, None))),
        ("\r\nMicrosoft Windows [Version 10.0.19045.4170]\r\n", Ok(((10, 0), 19045, Some(4170)))),
        ("Microsoft Windows [версия 10.0.19045.4170]", Ok(((10, 0), 19045, Some(4170)))),
        (
            "C:\\Users\\Anna>ver\n\nMicrosoft Windows [Version 10.0.19045.4170]\n\nC:\\Users\\Anna>",
            Ok(((10, 0), 19045, Some(4170))),
        ),
        (
            "Microsoft Windows [Version 10.0.19045.4170]\n(c) Microsoft Corporation. All rights reserved.\nPS C:\\> exit",
            Ok(((10, 0), 19045, Some(4170))),
        ),
        ("19045.4170\n          [01]: KB5034441\n          [02] : KB5012170", Ok(((10, 0), 19045, Some(4170)))),
        ("Microsoft Windows XP [Version 5.1.2600]", Ok(((5, 1), 2600, None))),
        ("10.0.19045.4170\nKB5034441\nhello", Err(ReadError::Line { line: 3 })),
        ("10.0.19045.99999", Err(ReadError::UnknownForm)),
        ("hello", Err(ReadError::UnknownForm)),
        ("", Err(ReadError::UnknownForm)),
    ] {
        let found = read(text.as_bytes()).map(|told| {
            let system = told.system.unwrap();
            (system.version, system.build, system.revision)
        });
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn the_build_tells_the_service_pack_where_no_other_text_does() {
    for (text, expected) in [
        ("Microsoft Windows [Version 6.1.7601]", (1, Some("Service Pack 1"))),
        ("Windows Server 2008 Standard\nx64\n6.0.6003.23717", (2, Some("Service Pack 2"))),
        ("BuildNumber=7601\nVersion=6.1.7601\n", (1, Some("Service Pack 1"))),
        ("Microsoft Windows [Version 6.1.7600]", (0, None)),
        ("10.0.19045.4170", (0, None)),
    ] {
        let told = told(text);
        assert_eq!((system(&told).service_pack, system(&told).service_pack_name.as_deref()), expected, "{text}");
    }
}

#[test]
fn texts_of_one_machine_complete_each_other() {
    let mut all = told(&list(&LANGUAGES[0]));
    all.add(told("Microsoft Windows [Version 10.0.20348.2340]")).unwrap();
    all.add(told("HotFixID\nKB5037782\n")).unwrap();
    all.add(told(&clixml(
        "Win32_OperatingSystem",
        &[vec![("Version", "10.0.20348"), ("BuildNumber", "20348"), ("ProductType", "2"), ("CSName", "srv01")]],
    )))
    .unwrap();
    let system = system(&all);
    assert_eq!((system.revision, system.role), (Some(2340), Some(Role::DomainController)));
    assert_eq!(system.architecture, Some(Architecture::X64));
    assert_eq!(listed(&all).0, ["KB5012170", "KB5034129", "KB5035857", "KB5037782"]);
}

#[test]
fn what_ver_prints_may_be_in_the_same_file() {
    let ver = "\r\nMicrosoft Windows [Version 10.0.20348.2340]\r\n";
    for text in [
        list(&LANGUAGES[0]) + ver,
        ver.to_owned() + &csv(&LANGUAGES[0]),
        format!("{}{ver}", GET_HOTFIX[3].1),
        format!("BuildNumber=20348\nVersion=10.0.20348\n{ver}"),
    ] {
        assert_eq!(system(&told(&text)).revision, Some(2340), "{text}");
    }
    let other = list(&LANGUAGES[0]) + "Microsoft Windows [Version 10.0.17763.1]";
    assert!(matches!(read(other.as_bytes()), Err(ReadError::Conflict(_))));
}

#[test]
fn colours_are_no_part_of_a_text() {
    let text =
        GET_HOTFIX[3].1.replace("Source ", "\u{1b}[32;1mSource ").replace("InstalledOn ", "InstalledOn \u{1b}[0m");
    assert_eq!(listed(&told(&text)), (KBS.to_vec(), true));
}

#[test]
fn what_settings_copy_is_read() {
    let text = "System type\t64-bit operating system, x64-based processor\r\nEdition\tWindows 11 Pro\r\nVersion\t23H2\r\n\
        OS build\t22631.3447\r\nExperience\tWindows Feature Experience Pack 1000.22688.1000.0\r\n";
    let told = told(text);
    let system = system(&told);
    assert_eq!((system.build, system.revision, system.architecture), (22631, Some(3447), Some(Architecture::X64)));
    assert_eq!((system.product_name.as_deref(), system.role), (Some("Windows 11 Pro"), Some(Role::Workstation)));
}

#[test]
fn what_winver_shows_is_read() {
    for (text, build, revision) in [
        ("Version 21H2 (OS Build 20348.2113)", 20348, 2113),
        (
            "Microsoft Windows\r\nVersion 22H2 (Build 19045.3803)\r\n© Microsoft Corporation. Alle Rechte.\r\n",
            19045,
            3803,
        ),
        ("Microsoft Windows Server\nVersion 24H2 (Betriebssystembuild 26100.4652)\nKB5062553\n", 26100, 4652),
    ] {
        let told = told(text);
        assert_eq!((system(&told).build, system(&told).revision), (build, Some(revision)), "{text}");
    }
    for text in ["Version 21H2 (OS Build 20348)", "Version 6.1 (Build 7601: Service Pack 1)", "(1.2)"] {
        assert_eq!(read(text.as_bytes()), Err(ReadError::UnknownForm), "{text}");
    }
}

#[test]
fn texts_of_two_machines_are_refused() {
    let mut other = LANGUAGES[0];
    other.computer = "SRV02";
    let other = list(&other);
    let error = told(&list(&LANGUAGES[0])).add(told(&other)).unwrap_err().to_string();
    assert!(error.contains("SRV01") && error.contains("SRV02"), "{error}");
    let error = told("10.0.20348.2340").add(told("10.0.20348.2341")).unwrap_err().to_string();
    assert!(error.contains("2340") && error.contains("2341"), "{error}");
    for text in [
        format!("{}\n{other}", list(&LANGUAGES[0])),
        "CSName  HotFixID\nSRV01   KB5034129\nSRV02   KB5034129\n".to_owned(),
        "10.0.20348.2340\n10.0.17763.1\n".to_owned(),
    ] {
        assert!(matches!(read(text.as_bytes()), Err(ReadError::Conflict(_))), "{text}");
    }
}

#[test]
fn what_was_appended_to_itself_is_read_once() {
    let text = list(&LANGUAGES[0]);
    for form in [list, csv] {
        let text = form(&LANGUAGES[0]);
        assert_eq!(told(&format!("{text}\r\n{text}\r\n{text}")), told(&text));
    }
    let later = text.replace("KB5012170", "KB5012171");
    assert_ne!(text, later);
    let error = read(format!("{text}\n{later}").as_bytes()).unwrap_err();
    assert_eq!(error, ReadError::Repeated);
    let upgraded = text.replace("20348", "26100");
    let error = read(format!("{text}\n{upgraded}").as_bytes()).unwrap_err().to_string();
    assert!(error.contains("the build is 10.0.20348, and 10.0.26100"), "{error}");
}

#[test]
fn other_xml_is_refused() {
    for (text, words) in [
        ("<Objs><Obj></Objs>", "not valid CLIXML"),
        ("<Objs><Obj>", "ends early"),
        ("<Objs></Objs>", "unknown form"),
        ("<html></html>", "unknown form"),
        ("<Objs><!DOCTYPE a></Objs>", "not allowed"),
    ] {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
    let deep = format!("<Objs>{}", "<Obj>".repeat(100));
    assert!(read(deep.as_bytes()).unwrap_err().to_string().contains("inside each other"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, text: String) {
        let _ = (read(&bytes), read(text.as_bytes()));
    }

    /// Real texts with a part replaced or removed, so that the readers of each form are reached.
    #[test]
    fn damaged_texts_are_read_or_refused(which in 0usize..24, start: usize, length in 0usize..200, by: Vec<u8>) {
        let built = LANGUAGES.iter().flat_map(|language| [list(language), csv(language), table(language)]);
        let mut texts: Vec<String> = built.chain(GET_HOTFIX.iter().map(|(_, text)| (*text).to_owned())).collect();
        texts.push(clixml("Win32_QuickFixEngineering", &KBS.map(|kb| vec![("HotFixID", kb)])));
        let mut bytes = texts.swap_remove(which % texts.len()).into_bytes();
        let start = start % bytes.len();
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, by);
        let _ = read(&bytes);
    }

    /// No list ever names an article that the text does not contain.
    #[test]
    fn articles_come_from_the_text(text in "(KB|Q|\\[01\\]: |HotFixID|[0-9]{5,7}|[ \n,;\"=:]|10\\.0\\.19045\n){0,40}") {
        if let Ok(Told { hotfixes: Hotfixes::Listed { articles, .. }, .. }) = read(text.as_bytes()) {
            for article in articles {
                let number = article.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
                prop_assert!(text.contains(number), "{article}");
            }
        }
    }
}

#[test]
fn what_exceeds_a_limit_is_refused() {
    let many: String = (1_000_000..1_010_001).map(|number| format!("KB{number}\n")).collect();
    for (text, error) in [
        (many, ReadError::TooManyArticles),
        ("\n".repeat(200_001), ReadError::TooManyLines),
        (" ".repeat(8 * 1024 * 1024 + 1), ReadError::TooLarge),
    ] {
        assert_eq!(read(text.as_bytes()), Err(error));
    }
}

/// Megabytes that take seconds, and took minutes when each line was compared with those before it, or with each column's name.
#[test]
fn long_texts_are_read_in_the_time_of_their_length() {
    let begun = Instant::now();
    let lines = "               KB5027397, KB5036212,\n".repeat(190_000);
    let list = format!("OsHotFixes   : {{KB5034467,\n{lines}               KB5035853}}\n");
    assert_eq!(listed(&told(&list)), (vec!["KB5027397", "KB5034467", "KB5035853", "KB5036212"], true));
    let header = ["HotFixID"; 200].join(",");
    let rows = format!("{}\n", "a ".repeat(5_000)).repeat(700);
    let empty = told(&format!("{header}\n{rows}")).hotfixes;
    assert!(matches!(empty, Hotfixes::Unreadable(_)), "{empty:?}");
    assert!(begun.elapsed() < Duration::from_secs(60));
}
