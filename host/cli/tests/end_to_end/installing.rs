//! Updates that are recorded but not in force yet: the results of a scan, and of the list of hotfixes.

use std::path::{Path, PathBuf};

use serde_json::Value;
use wardline_fixtures::catalog::demo;
use wardline_fixtures::fleet::install;
use wardline_fixtures::{Pe, WindowsVolume};

use crate::support::program::{scan, wardline};

const SERVER: &str = "Windows 2000 Server";
const DLL: &str = r"%windir%\system32\rpcrt4.dll";
const RECORD: &str = r"HKLM\SOFTWARE\Microsoft\Updates\Windows 2000\SP3\Q399902";

/// A server whose registry records MS02-902, and whose file is still the earlier one.
fn recorded() -> WindowsVolume {
    let file = format!(r"{RECORD}\Filelist\0");
    install(WindowsVolume::windows_2000_server().service_pack(2), &demo(), "MS02-902", SERVER)
        .file(DLL, Pe::version(5, 0, 2195, 1600))
        .registry(RECORD, "InstalledDate", "2/5/2002")
        .registry(&file, "FileName", "rpcrt4.dll")
        .registry(&file, "Location", r"C:\WINNT\system32")
        .registry(&file, "Version", "5.0.2195.4530")
}

fn written(name: &str, volume: &WindowsVolume) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("installing").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    volume.write_to(&folder).unwrap();
    folder
}

/// The finding about MS02-902.
fn judged(name: &str, volume: &WindowsVolume) -> (String, String, usize) {
    let folder = written(name, volume);
    let catalog = folder.with_extension("xml");
    std::fs::write(&catalog, demo().to_xml()).unwrap();
    let report = scan(&[&folder], &catalog, &["--only", "os"]);
    let updates = report["targets"][0]["updates"].as_array().unwrap();
    let at = updates.iter().position(|update| update["bulletin"] == "MS02-902").unwrap();
    let actions = report["targets"][0]["actions"].as_array().unwrap();
    let mends = |action: &&Value| action["mends"].to_string().contains(&format!("{{\"update\":{at}}}"));
    let text = |key: &str| updates[at][key].as_str().unwrap().to_owned();
    (text("status"), text("reason"), actions.iter().filter(mends).count())
}

#[test]
fn a_patch_is_pending_where_its_file_waits_for_the_restart() {
    let manager = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager";
    let waits = |waiting| {
        let operations = [
            r"\??\C:\WINNT\Temp\setup.exe",
            "",
            r"\??\C:\WINNT\system32\SET1A.tmp",
            r"!\??\C:\WINNT\system32\RPCRT4.dll",
        ];
        recorded().file(r"%windir%\system32\SET1A.tmp", waiting).registry(
            manager,
            "PendingFileRenameOperations",
            wardline_fixtures::Value::multi(operations),
        )
    };
    let (status, reason, actions) = judged("waiting", &waits(Pe::version(5, 0, 2195, 4530)));
    assert_eq!((status.as_str(), actions), ("pending-restart", 0), "{reason}");
    assert!(reason.contains("rpcrt4.dll 5.0.2195.4530"), "{reason}");
    assert!(reason.contains(r"C:\WINNT\system32\SET1A.tmp"), "{reason}");

    let (status, reason, _) = judged("waiting-older", &waits(Pe::version(5, 0, 2195, 1700)));
    assert_eq!(status, "missing");
    assert!(reason.contains("waits for a restart to take its place, is 5.0.2195.1700"), "{reason}");
}

#[test]
fn a_patch_that_is_only_recorded_is_missing() {
    let (status, reason, actions) = judged("recorded", &recorded());
    assert_eq!((status.as_str(), actions), ("missing", 1));
    assert_eq!(
        reason.split("; ").next().unwrap().trim_end_matches(": install it again"),
        "Recorded as installed, but rpcrt4.dll is 5.0.2195.1600, older than 5.0.2195.4530"
    );
}

#[test]
fn the_list_of_hotfixes_tells_what_is_to_be_installed_again() {
    let package =
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_KB2534111~x";
    let folder = written("hotfixes", &recorded().registry(package, "CurrentState", 112));
    let ran = wardline(["hotfixes".as_ref(), folder.as_os_str(), "-o".as_ref(), "json".as_ref()]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let list = ran.json();
    assert_eq!(list["schema"], "wardline.hotfixes/2");
    assert_eq!(list["targets"].as_array().map(Vec::len), Some(1));
    let check = &list["targets"][0]["check"];
    assert_eq!((&check["id"], &check["grade"]), (&Value::from("os.hotfix-files"), &Value::from("non-critical")));
    let cells: Vec<&Value> = check["rows"].as_array().unwrap().iter().map(|row| &row["cells"]).collect();
    let [hotfix, file, package] = cells.as_slice() else { panic!("{check}") };
    assert_eq!((&hotfix[0], &hotfix[1]), (&Value::from("Q399902"), &Value::from("to be installed again")));
    assert!(
        hotfix[2].as_str().unwrap().starts_with("Windows 2000, SP3; installed 2/5/2002; recorded in HKLM"),
        "{hotfix}"
    );
    assert_eq!((&file[3], &file[4]), (&Value::from("5.0.2195.4530"), &Value::from("5.0.2195.1600")));
    assert_eq!((&package[0], &package[1]), (&Value::from("KB2534111"), &Value::from("installed")));

    let ran = wardline(["hotfixes".as_ref(), folder.as_os_str()]);
    assert_eq!(ran.code, 0);
    let line = r"  Q399902    older                  C:\WINNT\system32\rpcrt4.dll  5.0.2195.4530  5.0.2195.1600";
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert!(ran.stdout.lines().any(|found| words(found) == words(line)), "{}", ran.stdout);
    assert_eq!(wardline(["hotfixes", "no-such-folder"]).code, 1);
}

/// Registry texts are anything; the list has a line for each row, and no control characters.
#[test]
fn the_list_of_hotfixes_is_escaped() {
    let hostile = recorded().registry(RECORD, "Description", "\u{1b}[2J\r\nQ1  current \u{202e}");
    let folder = written("hostile", &hostile);
    let ran = wardline(["hotfixes".as_ref(), folder.as_os_str()]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.chars().all(|letter| letter == '\n' || !letter.is_control()), "{:?}", ran.stdout);
    assert!(
        !ran.stdout.contains('\u{202e}') && !ran.stdout.lines().any(|line| line.starts_with("Q1")),
        "{}",
        ran.stdout
    );
}

/// A scan tells which hotfixes are not in force, and nothing of the others.
#[test]
fn a_scan_has_the_check_of_the_hotfixes_files() {
    let current = recorded().file(DLL, Pe::version(5, 0, 2195, 4530));
    for (name, volume, grade, rows) in [("older", recorded(), "non-critical", 1), ("current", current, "passed", 0)] {
        let folder = written(name, &volume);
        let catalog = folder.with_extension("xml");
        std::fs::write(&catalog, demo().to_xml()).unwrap();
        let report = scan(&[&folder], &catalog, &["--only", "os"]);
        let checks = report["targets"][0]["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["id"] == "os.hotfix-files").unwrap();
        assert_eq!(
            (check["grade"].as_str(), check["rows"].as_array().map(Vec::len)),
            (Some(grade), Some(rows)),
            "{check}"
        );
    }
}
