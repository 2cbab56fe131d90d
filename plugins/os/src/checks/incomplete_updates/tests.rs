use super::*;
use crate::Os;
use crate::checks::tests::actions_of;
use wardline_plugin::testing::{Bench, Run};

const ID: &str = IncompleteUpdates::INFO.id;
const RENAMES: [&str; 2] = ["PendingFileRenameOperations", "PendingFileRenameOperations2"];

fn multi(paths: &[&str]) -> RegistryData {
    RegistryData::MultiText(paths.iter().map(|&path| path.to_owned()).collect())
}

fn key(path: &str, subkeys: &[&str]) -> (Question, Fact) {
    let subkeys = subkeys.iter().map(|&name| name.to_owned()).collect();
    let key = RegistryKey { values: vec![], subkeys, truncated: false, last_written: 0 };
    (Question::RegistryKey(path.to_owned()), Fact::RegistryKey(key))
}

/// Windows in `C:\WINNT`.
fn bench() -> Bench {
    let system = crate::product::tests::machine("5.0", 2195, 2, Role::Server, &[]);
    Bench::new().fact(Question::System, Fact::System(SystemInfo { windows_folder: r"C:\WINNT".to_owned(), ..system }))
}

fn with_renames(paths: &[&str]) -> Bench {
    bench().value(SESSION_MANAGER, RENAMES[0], multi(paths))
}

fn with_key(path: &str, subkeys: &[&str]) -> Bench {
    let (question, fact) = key(path, subkeys);
    bench().fact(question, fact)
}

/// Returns the grade, and the number of table rows that count.
fn judged(run: &Run) -> (Grade, usize) {
    let finding = run.check(ID);
    (finding.grade, finding.rows.iter().filter(|row| row.grade == Grade::NonCritical).count())
}

/// An update that replaces these files.
fn update(paths: &[&str]) -> Update {
    let file = |path: &&str| FileTest {
        path: (*path).to_owned(),
        change: Change::Replace,
        version: None,
        alternates: vec![],
        checksum: None,
        size: None,
    };
    Update {
        bulletin: "EX-001".to_owned(),
        restart: true,
        files: paths.iter().map(file).collect(),
        ..wardline_plugin::testing::update(1)
    }
}

/// The marks are those that Microsoft's own tools check: `UpdateExeVolatile` and the keys of servicing and Automatic Updates
/// in the prerequisite checks of Exchange and SQL Server; `pending.xml` and `SetupExecute` in the articles about servicing
/// that does not finish (0xc01a001d).
#[test]
fn each_mark_of_servicing_and_of_the_installers_is_enough() {
    let pending_xml = || {
        let info = FileInfo { version: None, checksum: None, size: 1, modified: None, language: None };
        bench().fact(Question::FileVersion(PENDING_XML.to_owned()), Fact::File(info))
    };
    let executes = |programs: &[&str]| bench().value(SESSION_MANAGER, "SetupExecute", multi(programs));
    let poqexec = r"C:\WINNT\System32\poqexec.exe /display_progress \SystemRoot\WinSxS\pending.xml";
    for (what, bench, waits) in [
        ("nothing", bench(), false),
        ("no flags", bench().value(UPDATE_EXE, "Flags", RegistryData::Dword(0)), false),
        ("flags", bench().value(UPDATE_EXE, "Flags", RegistryData::Dword(3)), true),
        ("RebootPending", with_key(REBOOT_PENDING, &[]), true),
        ("RebootInProgress", with_key(REBOOT_IN_PROGRESS, &[]), true),
        ("a package", with_key(PACKAGES_PENDING, &["Package_for_KB4012212~31bf3856ad364e35~amd64~~6.1.1.0"]), true),
        ("an empty list of packages", with_key(PACKAGES_PENDING, &[]), false),
        ("RebootRequired", with_key(AUTOMATIC_UPDATES, &[]), true),
        ("pending.xml", pending_xml(), true),
        ("servicing is executed", executes(&[poqexec]), true),
        ("nothing is executed", executes(&[]), false),
        ("another program is executed", executes(&[r"C:\WINNT\system32\autochk.exe *"]), false),
    ] {
        let run = bench.run::<Os>();
        let expected = if waits { (Grade::NonCritical, 1) } else { (Grade::Passed, 0) };
        assert_eq!(judged(&run), expected, "{what}: {:?}", run.check(ID));
        assert_eq!(actions_of(&run, ID).iter().filter(|action| action.restart).count(), usize::from(waits), "{what}");
        assert!(!run.check(ID).evidence.is_empty(), "{what}");
        if waits {
            assert!(run.check(ID).summary.contains("An update is complete only"), "{what}");
        }
    }
}

/// `MoveFileEx` writes pairs for any program that asks (Q181345): they contain the file but not the program.
#[test]
fn of_the_files_that_wait_only_those_of_updates_count() {
    let named = [r"%ProgramFiles%\Tool\tool.dll", r"%windir%\msagent\agentsvr.exe"];
    let mut os = Os::default();
    os.prepare(vec![update(&named)]).unwrap();
    const COUNTS: bool = true;
    for (what, texts, counts) in [
        ("an empty list", &[][..], false),
        ("an empty pair", &["", ""], false),
        ("a pair that names no file", &["", r"!\??\C:\WINNT\system32\ntdll.dll"], false),
        ("a file of Windows", &[r"\??\C:\WINNT\system32\SET1.tmp", r"!\??\C:\WINNT\system32\ntdll.dll"], COUNTS),
        ("written otherwise", &[r"*1\??\c:\winnt\SET1.tmp", r"*1!\??\c:\winnt\SYSTEM32\ntdll.dll"], COUNTS),
        ("by Windows' own variable", &[r"\SystemRoot\a.tmp", r"!\SystemRoot\system32\ntdll.dll"], COUNTS),
        ("by its volume", &[r"\??\C:\a", r"!\Device\HarddiskVolume1\WINNT\system32\ntdll.dll"], COUNTS),
        ("a driver", &[r"\??\C:\a.tmp", r"!\??\C:\WINNT\system32\drivers\tcpip.sys"], COUNTS),
        ("the shell", &[r"\??\C:\a.tmp", r"!\??\C:\WINNT\explorer.exe"], COUNTS),
        ("the browser", &[r"\??\C:\a.tmp", r"!\??\C:\Programme\Internet Explorer\iexplore.exe"], COUNTS),
        ("from an update's package", &[r"\??\C:\WINNT\$hf_mig$\KB1\a.dll", r"!\??\C:\WINNT\help\a.chm"], COUNTS),
        ("a file of the catalog", &[r"\??\C:\a.tmp", r"!\??\D:\Programs\Tool\tool.dll"], COUNTS),
        ("another one", &[r"\??\C:\a.tmp", r"!\??\C:\WINNT\msagent\AGENTSVR.EXE"], COUNTS),
        ("one that is deleted", &[r"\??\C:\WINNT\msagent\agentsvr.exe", ""], COUNTS),
        ("a namesake elsewhere", &[r"\??\C:\a.tmp", r"!\??\C:\Programs\agentsvr.exe"], false),
        ("a temporary file is deleted", &[r"\??\C:\Documents and Settings\a\Local Settings\Temp\x.exe", ""], false),
        ("by short names", &[r"\??\C:\DOCUME~1\a\LOCALS~1\Temp\GLB1A2B.EXE", ""], false),
        ("by a variable", &[r"%TEMP%\x.dll", ""], false),
        ("Windows' temporary folder", &[r"\??\C:\WINNT\Temp\setup.exe", ""], false),
        ("beside the others", &[r"\??\C:\WINNT\system32\SET1A.tmp", ""], false),
        ("the last text is lost", &[r"\??\C:\Temp\a.tmp"], false),
        ("an installer's rollback", &[r"\??\C:\Config.Msi\3ec7bbbf.rbf", ""], false),
        ("an installer's own file", &[r"\??\C:\Program Files\X\new.exe", r"!\??\C:\Program Files\X\x.exe"], false),
        ("a printer's driver", &[r"\??\C:\a.dll", r"!\??\C:\WINNT\system32\spool\drivers\w32x86\3\a.dll"], false),
        ("a log", &[r"\??\C:\a.log", r"!\??\C:\WINNT\system32\LogFiles\W3SVC1\a.log"], false),
        ("a folder of that name elsewhere", &[r"\??\C:\a.dll", r"!\??\D:\backup\system32\a.dll"], false),
        ("one that is deleted, of nobody's", &[r"\??\C:\WINNT\system32\old.dll", ""], false),
        ("a font", &[r"\??\C:\a.tmp", r"!\??\C:\WINNT\Fonts\arial.ttf"], COUNTS),
        ("the help", &[r"\??\C:\a.tmp", r"!\??\C:\WINNT\PCHealth\HelpCtr\Binaries\helpsvc.exe"], COUNTS),
        ("a program beside Windows", &[r"\??\C:\a", r"!\??\C:\Programme\Windows NT\Zubehör\wordpad.exe"], COUNTS),
        ("MDAC", &[r"\??\C:\a", r"!\??\C:\Programme\Gemeinsame Dateien\System\ado\msado15.dll"], COUNTS),
        ("shared", &[r"\??\C:\a", r"!\??\C:\Program Files\Common Files\Microsoft Shared\VGX\vgx.dll"], COUNTS),
        ("a game's System", &[r"\??\C:\a", r"!\??\C:\Program Files\Game\System\core.dll"], false),
        ("into the temporary folder", &[r"\??\C:\X\a.dll", r"\??\C:\WINNT\Temp\a.dll"], false),
    ] {
        let run = with_renames(texts).run_prepared(&os);
        let expected = if counts { (Grade::NonCritical, 1) } else { (Grade::Passed, 0) };
        assert_eq!(judged(&run), expected, "{what}: {:?}", run.check(ID));
        assert_eq!(actions_of(&run, ID).len(), usize::from(counts), "{what}");
    }
}

/// Older installers write short names. Only the disk shows which file has one, so it may be any file that could have it
/// ([MS-FSCC] 2.1.5.2.1).
#[test]
fn a_short_name_may_be_an_update_s() {
    let named = [r"%ProgramFiles%\Tool\toolbox10.dll", r"%windir%\agents\agentsvr.exe"];
    let mut os = Os::default();
    os.prepare(vec![update(&named)]).unwrap();
    use Grade::{NonCritical, Passed, UnableToScan};
    for (what, texts, grade) in [
        ("Outlook Express", &[r"\??\C:\a", r"!\??\C:\PROGRA~1\OUTLOO~1\msoe.dll"][..], UnableToScan),
        ("shared", &[r"\??\C:\a", r"!\??\C:\PROGRA~1\COMMON~1\MICROS~1\VGX\vgx.dll"], UnableToScan),
        ("MDAC", &[r"\??\C:\a", r"!\??\C:\PROGRA~1\COMMON~1\System\OLEDB~1\oledb32.dll"], UnableToScan),
        ("its folder in full", &[r"\??\C:\a", r"!\??\C:\PROGRA~1\Outlook Express\msoe.dll"], NonCritical),
        ("below Windows", &[r"\??\C:\a", r"!\??\C:\WINNT\MICROS~1.NET\a.dll"], UnableToScan),
        ("in Windows' own", &[r"\??\C:\a", r"!\??\C:\WINNT\system32\LONGNA~1.DLL"], NonCritical),
        ("a file of the catalog", &[r"\??\C:\a", r"!\??\D:\X\Tool\TOOLBO~1.DLL"], UnableToScan),
        ("one that is deleted", &[r"\??\D:\X\Tool\TOOLBO~1.DLL", ""], UnableToScan),
        ("the catalog's by its own name", &[r"\??\C:\a", r"!\??\D:\PROGRA~1\Tool\toolbox10.dll"], NonCritical),
        ("from a package", &[r"\??\C:\WINNT\SOFTWA~1\Download\a", r"!\??\C:\X\x.exe"], UnableToScan),
        ("none of these", &[r"\??\C:\PROGRA~1\X\new.exe", r"!\??\C:\PROGRA~1\X\x.exe"], Passed),
        ("of other letters", &[r"\??\C:\a", r"!\??\C:\PROGRA~1\ACMESO~1\x.exe"], Passed),
        ("a printer's driver", &[r"\??\C:\a", r"!\??\C:\WINNT\system32\spool\drivers\3\LONGNA~1.DLL"], Passed),
        ("a temporary file", &[r"\??\C:\DOCUME~1\a\LOCALS~1\Temp\TOOLBO~1.DLL", ""], Passed),
    ] {
        let run = with_renames(texts).run_prepared(&os);
        assert_eq!(run.check(ID).grade, grade, "{what}: {:?}", run.check(ID));
    }
    // Each is compared with the catalog's files once, and no more than 200 are.
    for (number, grade) in [(200, Passed), (201, UnableToScan), (1_000, UnableToScan)] {
        let many: Vec<String> = (0..number).flat_map(|n| [format!(r"\??\D:\X\A{n}~1.DLL"), String::new()]).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(with_renames(&many).run_prepared(&os).check(ID).grade, grade, "{number}");
    }
}

#[test]
fn what_does_not_count_is_listed_all_the_same() {
    let texts = [r"\??\C:\Temp\a.tmp", "", r"\??\C:\X\new.exe", r"!\??\C:\X\x.exe"];
    let run = with_renames(&texts).run::<Os>();
    let finding = run.check(ID);
    let cells: Vec<_> = finding.rows.iter().map(|row| [row.cells[0].as_str(), row.cells[1].as_str()]).collect();
    assert_eq!(
        cells,
        [["A temporary file is deleted", r"C:\Temp\a.tmp"], ["Another file is moved", r"C:\X\new.exe to C:\X\x.exe"],]
    );
    assert!(finding.summary.contains("2 files"), "{}", finding.summary);
}

/// A file that moves into a folder of Windows is not thereby an update's.
#[test]
fn the_summary_says_no_more_than_what_waits() {
    let windows = with_renames(&[r"\??\C:\a.tmp", r"!\??\C:\WINNT\system32\drivers\avdrv.sys"]);
    assert!(windows.run::<Os>().check(ID).summary.starts_with("The next start replaces files in Windows folders"));
    let marked = windows.value(UPDATE_EXE, "Flags", RegistryData::Dword(1)).run::<Os>();
    assert!(marked.check(ID).summary.starts_with("An update is complete only"));
    assert_eq!(judged(&marked), (Grade::NonCritical, 2));
}

#[test]
fn both_values_count() {
    let bench = with_renames(&[r"\??\C:\Temp\a.tmp", ""]);
    let second = multi(&[r"\??\C:\a.tmp", r"!\??\C:\WINNT\system32\ntdll.dll"]);
    let run = bench.value(SESSION_MANAGER, RENAMES[1], second).run::<Os>();
    assert_eq!(judged(&run), (Grade::NonCritical, 1));
}

#[test]
fn what_is_unread_is_never_passed_and_hides_nothing() {
    let unread = Bench::new().unreadable_by_default("damaged");
    assert_eq!(unread.run::<Os>().check(ID).grade, Grade::UnableToScan);
    let (question, fact) = key(AUTOMATIC_UPDATES, &[]);
    assert_eq!(unread.fact(question, fact).run::<Os>().check(ID).grade, Grade::NonCritical);

    for (question, ..) in marks().into_iter().chain(PendingOperation::questions().map(|it| (it, Mark::Present, ""))) {
        for answer in
            [Answer::Unreadable("damaged".to_owned()), Answer::Denied("policy".to_owned()), Answer::Unsupported]
        {
            let run = bench().answer(question.clone(), answer).run::<Os>();
            assert_eq!(run.check(ID).grade, Grade::UnableToScan, "{question:?}");
        }
    }
    // The location of Windows matters for a file that is put in place, not for a deletion.
    let texts =
        |texts: &[&str]| Bench::new().value(SESSION_MANAGER, RENAMES[0], multi(texts)).run::<Os>().check(ID).grade;
    assert_eq!(texts(&[r"\??\C:\a.dll", r"!\??\C:\WINNT\system32\a.dll"]), Grade::UnableToScan);
    assert_eq!(texts(&[r"\??\C:\Temp\a.dll", ""]), Grade::Passed);
}

/// Windows writes REG_MULTI_SZ and REG_DWORD. The effect of other types is not documented.
#[test]
fn values_of_other_types_are_not_understood() {
    for (name, data) in [
        (RENAMES[0], RegistryData::Text(r"\??\C:\a.dll".to_owned())),
        (RENAMES[1], RegistryData::Binary(vec![1, 2])),
        (RENAMES[0], RegistryData::Other(8)),
        ("SetupExecute", RegistryData::Dword(1)),
    ] {
        let run = bench().value(SESSION_MANAGER, name, data.clone()).run::<Os>();
        assert_eq!(run.check(ID).grade, Grade::UnableToScan, "{name} {data:?}");
    }
    for data in [RegistryData::Text("0".to_owned()), RegistryData::Qword(0), RegistryData::Binary(vec![0; 4])] {
        let run = bench().value(UPDATE_EXE, "Flags", data.clone()).run::<Os>();
        assert_eq!(run.check(ID).grade, Grade::UnableToScan, "{data:?}");
    }
}

#[test]
fn many_files_make_no_long_table() {
    let texts: Vec<String> =
        (0..2_000).flat_map(|n| [format!(r"\??\C:\{n}.new"), format!(r"!\??\C:\WINNT\system32\{n}.dll")]).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(judged(&with_renames(&texts).run::<Os>()), (Grade::NonCritical, MAX_FILES));
}
