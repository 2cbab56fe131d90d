//! Bad input: a line that names it, and nothing else lost.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use wardline_fixtures::{WindowsVolume, catalog};

use crate::program::{Ran, wardline};

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
    // A gigabyte that takes no room on the disk.
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
        assert_eq!(ran.code, 0, "{name}");
        assert!(ran.complaint().contains(name), "{}", ran.complaint());
        let report = ran.json();
        let [bad, good] = report["targets"].as_array().unwrap().as_slice() else { panic!("{report}") };
        assert!(bad["error"].as_str().unwrap().contains(name), "{bad}");
        assert_eq!((&bad["grade"], good["error"].is_null()), (&serde_json::json!("incomplete"), true));
        assert!(!good["updates"].as_array().unwrap().is_empty() && good["complete"] == true);
        assert_eq!(place.scan(&[&path, &place.volume, &"--catalog", &place.catalog, &"--strict"]).code, 3);
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
        assert_eq!(ran.code, 0, "{name}");
        let complaint = ran.complaint();
        assert!(complaint.contains("plugin") && complaint.contains(words), "{complaint}");
        assert!(!complaint.contains('\u{1b}'), "{complaint:?}");
        let report = ran.json();
        let target = &report["targets"][0];
        let outcomes: Vec<&str> =
            target["plugins"].as_array().unwrap().iter().map(|plugin| plugin["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["ok", "ok", "ok", "ok", "incompatible"], "{name}");
        assert!(!target["updates"].as_array().unwrap().is_empty());
        assert_eq!(target["complete"], false);
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

/// Puts a link to another volume's SYSTEM hive in the place of this one's.
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
