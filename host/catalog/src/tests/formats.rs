use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use wardline_fixtures::advisory::{Fix, Month};

use super::{SAMPLE, read};
use crate::{CatalogError, Limits, Sources, read_all};

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn month(id: &str, article: &str) -> String {
    let month = Month::new(id, "2024-03-12").product("11571", "Windows Server 2019");
    month.cve("CVE-2024-0001").fix(Fix::new(article, &["11571"]).build("10.0.17763.5576")).cvrf()
}

/// A folder with these files in it.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn read_paths(paths: &[&Path]) -> Result<Sources, CatalogError> {
    read_all(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<PathBuf>>(), &Limits::default())
}

#[test]
fn a_format_is_recognised_by_its_contents_and_compressed_or_not() {
    for bytes in [SAMPLE.as_bytes().to_vec(), compressed(SAMPLE.as_bytes())] {
        let catalog = read(&bytes);
        assert_eq!(catalog.info.format, "mssecure");
        assert_eq!(catalog.updates, read(SAMPLE).updates);
        assert_eq!(catalog.info.bytes, bytes.len() as u64);
    }
    let plain = month("2024-Mar", "5035849");
    let commented = format!("<?xml version=\"1.0\"?>\n<!-- <BulletinDatastore> -->\n<!DOCTYPE a>\n{plain}");
    for bytes in [plain.as_bytes().to_vec(), compressed(plain.as_bytes()), commented.into_bytes()] {
        let catalog = read(&bytes);
        assert_eq!((catalog.info.format, catalog.info.date.as_deref()), ("cvrf", Some("2024-03-12")));
        assert_eq!(catalog.updates[0].bulletin, "KB5035849");
    }
}

#[test]
fn compressed_files_that_are_damaged_or_endless() {
    let whole = compressed(SAMPLE.as_bytes());
    let twice = compressed(&whole);
    // 100 MB of spaces in 100 kB.
    let bomb = compressed(format!("<a:cvrfdoc>{}", " ".repeat(100 << 20)).as_bytes());
    for (bytes, expected) in [
        (&whole[..whole.len() / 2], "cannot be"),
        (&twice, "it is compressed twice"),
        (&bomb, "more bytes than allowed"),
    ] {
        let message = super::try_read(bytes).unwrap_err().to_string();
        assert!(message.contains(expected) && !message.contains('\n'), "{message}");
    }
}

#[test]
fn a_folder_is_all_catalogs_in_it() {
    let january = compressed(month("2024-Jan", "5034122").as_bytes());
    let folder = folder(&[
        ("b.xml", month("2024-Mar", "5035849").as_bytes()),
        ("a.gz", &january),
        ("mssecure.xml", SAMPLE.as_bytes()),
        ("README.md", b"# Not a catalog"),
        (".hidden", b"<damaged"),
    ]);
    fs::create_dir(folder.path().join("sub")).unwrap();
    let sources = read_paths(&[folder.path()]).unwrap();
    let formats: Vec<&str> = sources.catalogs.iter().map(|catalog| catalog.info.format).collect();
    assert_eq!(formats, ["mssecure", "cvrf"]);
    let folded = &sources.catalogs[1];
    let bulletins: Vec<&str> = folded.updates.iter().map(|update| update.bulletin.as_str()).collect();
    assert_eq!(bulletins, ["KB5034122", "KB5035849"]);
    assert_eq!(folded.documents.len(), 2);
    assert_eq!(folded.info.location, folder.path().display().to_string());
    assert_eq!(sources.skipped, [folder.path().join("README.md"), folder.path().join("sub")]);
}

#[test]
fn files_and_folders_may_be_mixed_and_repeated() {
    let folder = folder(&[("a.xml", month("2024-Jan", "5034122").as_bytes())]);
    let file = folder.path().join("a.xml");
    let sources = read_paths(&[folder.path(), &file]).unwrap();
    assert_eq!(sources.catalogs.len(), 1);
    assert_eq!((sources.catalogs[0].updates.len(), sources.catalogs[0].documents.len()), (1, 1));
}

#[test]
fn what_is_no_catalog_is_an_error_where_it_is_named() {
    let other = folder(&[("README.md", b"# Not a catalog")]);
    let empty = read_paths(&[other.path()]).unwrap_err().to_string();
    assert!(empty.contains("is a folder without catalogs"), "{empty}");
    let named = read_paths(&[&other.path().join("README.md")]).unwrap_err().to_string();
    assert!(named.contains("is not XML"), "{named}");
    let mixed = folder(&[("a.xml", month("2024-Jan", "5034122").as_bytes()), ("b.xml", b"<cvrfdoc><Vulnerability>")]);
    let damaged = read_paths(&[mixed.path()]).unwrap_err().to_string();
    assert!(damaged.contains("b.xml: ends in the middle of <Vulnerability>"), "{damaged}");
}
