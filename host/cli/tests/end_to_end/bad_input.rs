//! Bad input: one line names it, and nothing else is lost.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use wardline_fixtures::volume::{Damage, Hive};
use wardline_fixtures::{WindowsVolume, catalog};

use crate::support::program::{Ran, wardline};

struct Place {
    folder: tempfile::TempDir,
    volume: PathBuf,
    catalog: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let volume = folder.path().join("volume");
    WindowsVolume::windows_2000_server().write_to(&volume).unwrap();
    let catalog = folder.path().join("mssecure.xml");
    std::fs::write(&catalog, catalog::demo().to_xml()).unwrap();
    Place { folder, volume, catalog }
}

impl Place {
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn scan(&self, more: &[&dyn AsRef<OsStr>]) -> Ran {
        let mut arguments: Vec<&OsStr> = vec!["scan".as_ref(), "-o".as_ref(), "json".as_ref()];
        arguments.extend(more.iter().map(|argument| (*argument).as_ref()));
        wardline(arguments)
    }
}

#[test]
fn a_catalog_that_is_none_ends_the_scan_with_a_line_that_names_it() {
    let place = place();
    let whole = std::fs::read(&place.catalog).unwrap();
    let endless = place.folder.path().join("endless.xml");
    let mut file = File::create(&endless).unwrap();
    file.write_all(b"<?xml version=\"1.0\"?><BulletinDatastore DataVersion=\"").unwrap();
    // A gigabyte that takes no space on the disk.
    file.set_len(1 << 30).unwrap();
    for path in [
        place.file("empty.xml", b""),
        place.file("truncated.xml", &whole[..whole.len() / 2]),
        place.file("text.xml", b"Dear administrator,\nhere is the list.\n"),
        place.file("page.xml", b"<html><body>404</body></html>"),
        place.folder.path().join("not-there.xml"),
        endless,
    ] {
        let ran = place.scan(&[&place.volume, &"--catalog", &path]);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{name}");
        assert!(ran.complaint().starts_with("wardline: ") && ran.complaint().contains(name), "{}", ran.complaint());
    }
}

#[test]
fn a_target_that_is_none_costs_only_itself() {
    let place = place();
    let empty = place.folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let no_windows = place.folder.path().join("no-windows");
    std::fs::create_dir_all(no_windows.join("Documents")).unwrap();
    for path in [place.file("letter.txt", b"hello"), empty, no_windows, place.folder.path().join("not-there")] {
        let ran = place.scan(&[&path, &place.volume, &"--catalog", &place.catalog]);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(ran.code, 3, "{name}");
        assert_eq!(ran.complaint().matches(path.to_str().unwrap()).count(), 1, "{}", ran.complaint());
        let report = ran.json();
        let [bad, good] = report["targets"].as_array().unwrap().as_slice() else { panic!("{report}") };
        assert!(bad["error"].as_str().unwrap().contains(name), "{bad}");
        assert_eq!((&bad["grade"], good["error"].is_null()), (&serde_json::json!("incomplete"), true));
        assert!(!good["updates"].as_array().unwrap().is_empty() && good["complete"] == true);
        for more in [&["--strict"][..], &["--fail-on", "low"]] {
            let arguments: [&dyn AsRef<OsStr>; 4] = [&path, &place.volume, &"--catalog", &place.catalog];
            let more = more.iter().map(|argument| argument as &dyn AsRef<OsStr>);
            assert_eq!(place.scan(&arguments.into_iter().chain(more).collect::<Vec<_>>()).code, 3);
        }
    }
}

#[test]
fn a_plugin_that_is_none_costs_only_itself() {
    let place = place();
    for (name, content, words) in [
        ("letter.wasm", &b"hello"[..], "not WebAssembly"),
        ("module.wasm", b"\0asm\x01\0\0\0", "core WebAssembly module"),
        ("other-world.wasm", b"\0asm\x0d\0\x01\0", "wardline:check/detection"),
        ("hostile\u{1b}[2J.wasm", b"", "not WebAssembly"),
    ] {
        let path = place.file(name, content);
        let ran = place.scan(&[&place.volume, &"--catalog", &place.catalog, &"--plugin", &path]);
        assert_eq!(ran.code, 3, "{name}");
        let complaint = ran.complaint();
        assert!(complaint.contains("plugin") && complaint.contains(words), "{complaint}");
        assert!(!complaint.contains('\u{1b}'), "{complaint:?}");
        let report = ran.json();
        let target = &report["targets"][0];
        let outcomes: Vec<&str> =
            target["plugins"].as_array().unwrap().iter().map(|plugin| plugin["outcome"].as_str().unwrap()).collect();
        let (last, stock) = outcomes.split_last().unwrap();
        assert!(*last == "incompatible" && stock.iter().all(|outcome| *outcome == "ok"), "{name}: {outcomes:?}");
        assert!(!target["updates"].as_array().unwrap().is_empty());
        assert_eq!(target["complete"], false);
    }
}

/// The behaviour of each command with one usable input and one that does not exist: `docs/exit-codes.md`.
#[test]
fn every_command_says_a_path_once_and_ends_with_3_where_something_else_could_be_used() {
    let place = place();
    let (volume, catalog) = (place.volume.to_str().unwrap(), place.catalog.to_str().unwrap());
    let lost = place.folder.path().join("not-there");
    let lost = lost.to_str().unwrap();
    let recording = place.folder.path().join("volume.recording");
    let recording = recording.to_str().unwrap();
    assert_eq!(wardline(["collect", volume, "-o", recording, "--only", "ie"]).code, 0);
    let fleet = ["--fleet", volume, "--fleet", lost];
    for (arguments, code) in [
        (&["scan", volume, lost, "--catalog", catalog, "-o", "json"][..], 3),
        (&["scan", lost, volume, "--fail-on", "critical"], 3),
        (&["scan", lost, "-o", "json"], 1),
        (&["collect", lost, "-o", recording], 1),
        (&["hotfixes", volume, lost], 3),
        (&["hotfixes", lost, volume, "-o", "json"], 3),
        (&["hotfixes", lost], 1),
        (&["replay", recording, lost], 3),
        (&["replay", lost], 1),
        (&["plan", lost], 1),
        (&[&["plugin", "diff", "ie", "ie"][..], &fleet].concat(), 3),
        (&[&["plugin", "policy", "ie"][..], &fleet].concat(), 3),
        (&[&["plugin", "vet", "ie", "--quick", "--generated", "1", "--tried", "1"][..], &fleet].concat(), 3),
        (&["plugin", "vet", "ie", "--quick", "--generated", "1", "--tried", "1", "--fleet", lost], 1),
        (&["catalog", "show", lost], 1),
        (&["scan", volume, "--settings", lost], 1),
        (&["scan", volume, "--policy", lost], 1),
        // The others' results remain: loading this plugin failed, not the scan.
        (&["scan", volume, "--plugin", lost], 3),
        (&["collect", volume, "-o", recording, "--only", "ie", "--plugin", lost], 3),
        (&["plugin", "list", "--plugin", lost], 3),
        (&["plugin", "inspect", lost], 1),
        (&["plugin", "verify", lost, "--key", lost], 1),
        (&["plugin", "test", lost], 1),
    ] {
        let ran = wardline(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        let complaint = ran.stderr.lines().find(|line| line.contains(lost));
        let complaint = complaint.unwrap_or_else(|| panic!("{arguments:?}: {}", ran.stderr));
        assert_eq!(complaint.matches(lost).count(), 1, "{arguments:?}: {complaint}");
    }
}

/// If updates were not judged, no heading says that none is missing: `docs/report.md`.
#[test]
fn no_machine_is_told_well_whose_updates_nobody_judged() {
    let place = place();
    let damaged = |damage: Damage| {
        let folder = place.folder.path().join(format!("{damage:?}"));
        WindowsVolume::windows_2000_server().damaged_hive(Hive::Software, damage).write_to(&folder).unwrap();
        folder
    };
    let demo = String::from_utf8_lossy(&catalog::demo().to_xml()).into_owned();
    let foreign = place.file("foreign.xml", demo.replace("Windows 2000", "Windows 3000").as_bytes());
    let module = place.file("module.wasm", b"\0asm\x01\0\0\0");
    let policy = place.file("policy.toml", b"format = \"wardline.policy/1\"\n[stock]\ndefault = \"deny\"\n");
    type Case<'a> = (&'a str, Vec<&'a dyn AsRef<OsStr>>, &'a str);
    let (empty, garbled) = (damaged(Damage::Empty), damaged(Damage::GarbledBins));
    let cases: Vec<Case<'_>> = vec![
        ("no catalog", vec![&place.volume], "no catalog was given"),
        ("an empty SOFTWARE", vec![&empty, &"--catalog", &place.catalog], "not known"),
        ("a garbled SOFTWARE", vec![&garbled, &"--catalog", &place.catalog], "not known"),
        ("--only", vec![&place.volume, &"--catalog", &place.catalog, &"--only", &"sql"], "--only leaves out"),
        (
            "another Windows' catalog",
            vec![&place.volume, &"--catalog", &foreign],
            "no update in the catalog applies to it",
        ),
        (
            "a plugin that is none",
            vec![&place.volume, &"--catalog", &place.catalog, &"--plugin", &module],
            "incompatible with",
        ),
        (
            "too little fuel",
            vec![&place.volume, &"--catalog", &place.catalog, &"--fuel", &"1"],
            "exceeded its instruction limit",
        ),
        ("a policy that denies", vec![&place.volume, &"--catalog", &place.catalog, &"--policy", &policy], "denied"),
    ];
    for (case, arguments, reason) in cases {
        let report = place.scan(&arguments).json();
        let target = &report["targets"][0];
        assert_eq!((&target["complete"], &target["grade"] != "strong-security"), (&false.into(), true), "{case}");
        assert_eq!(report["summary"]["updates_not_judged"], 1, "{case}");
        let statements = target["updates_judged"].as_array().unwrap();
        let told = statements.iter().filter(|judged| judged["state"] == "not-judged");
        let reasons: Vec<&str> = told.map(|judged| judged["reason"].as_str().unwrap()).collect();
        assert!(reasons.iter().any(|told| told.contains(reason)), "{case}: {reasons:?}");
        let mut text: Vec<&OsStr> = vec!["scan".as_ref()];
        text.extend(arguments.iter().map(|argument| (*argument).as_ref()));
        let page = wardline(text).stdout;
        assert!(page.contains("Updates not judged: "), "{case}: {page}");
        assert!(!page.contains("no updates missing,"), "{case}: {page}");
        let mut strict = arguments;
        strict.push(&"--strict");
        assert_eq!(place.scan(&strict).code, 3, "{case}");
    }
}

#[test]
fn nothing_outside_of_the_volume_is_ever_read() {
    let place = place();
    let outside = place.folder.path().join("outside");
    WindowsVolume::windows_2000_server().restrict_anonymous(2).write_to(&outside).unwrap();
    if !link_hive(&outside, &place.volume) {
        println!("skipped: this system makes no links");
        return;
    }
    let ran = place.scan(&[&place.volume, &"--catalog", &place.catalog]);
    let report = ran.json();
    let check = report["targets"][0]["checks"].as_array().unwrap().iter().find(|check| check["mbsa"] == 117).unwrap();
    assert_eq!(check["grade"], "unable-to-scan", "{check}");
}

/// Replaces this volume's SYSTEM hive with a link to another volume's.
#[cfg(unix)]
fn link_hive(from: &Path, to: &Path) -> bool {
    let hive = |volume: &Path| volume.join("WINNT/system32/config/SYSTEM");
    let existing = |volume: &Path| {
        let config = volume.join("WINNT/system32/config");
        let named = std::fs::read_dir(config).unwrap().map(|entry| entry.unwrap().path());
        named
            .into_iter()
            .find(|path| path.file_name().unwrap().eq_ignore_ascii_case("system"))
            .unwrap_or_else(|| hive(volume))
    };
    let (source, place) = (existing(from), existing(to));
    std::fs::remove_file(&place).unwrap();
    std::os::unix::fs::symlink(source, place).is_ok()
}

#[cfg(not(unix))]
fn link_hive(_: &Path, _: &Path) -> bool {
    false
}
