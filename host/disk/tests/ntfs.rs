//! NTFS volumes built by code.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use wardline_disk::{Contents, Counter, Doubt, Error, FileSystem, HostFolder, Image, Kind, Node, ReadAt as _, Tree};
use wardline_fixtures::{NtfsVolume, SecurityDescriptor, Wof};

fn image(bytes: Vec<u8>) -> Result<Image, Error> {
    let counter = Counter::default();
    let nowhere = HostFolder::new("/nonexistent".into(), counter.clone());
    Image::open_in(&nowhere, "disk.raw", Arc::new(bytes), counter)
}

fn open(bytes: Vec<u8>) -> Result<Box<dyn FileSystem>, Error> {
    match image(bytes)?.volumes()?.remove(0).open()? {
        Contents::Readable(files) => Ok(files),
        other => panic!("{other:?}"),
    }
}

/// Reads every file below a folder: its contents, or the error.
fn files(volume: &dyn FileSystem, folder: &Node, path: &str, found: &mut BTreeMap<String, Result<Vec<u8>, String>>) {
    let mut entries = Vec::new();
    let listed = volume.list(folder, &mut |entry| {
        entries.push(entry);
        ControlFlow::Continue(())
    });
    if let Err(error) = listed {
        found.insert(path.to_owned(), Err(error.to_string()));
    }
    for entry in entries.into_iter().take(5000) {
        let path = format!("{path}\\{}", entry.name);
        if entry.kind == Kind::Folder && path.len() < 1000 {
            files(volume, &entry.node, &path, found);
        } else if entry.kind == Kind::File {
            let read = || -> Result<Vec<u8>, Error> {
                volume.metadata(&entry.node)?;
                volume.security(&entry.node)?;
                Ok(volume.open(&entry.node)?.bytes_at(0, 1 << 20)?)
            };
            found.insert(path, read().map_err(|error| error.to_string()));
        }
    }
}

fn all(bytes: Vec<u8>) -> BTreeMap<String, Result<Vec<u8>, String>> {
    let mut found = BTreeMap::new();
    match open(bytes) {
        Ok(volume) => files(&*volume, &volume.root(), "", &mut found),
        Err(error) => {
            found.insert(String::new(), Err(error.to_string()));
        }
    }
    found
}

fn numbered(length: u32) -> Vec<u8> {
    (0..length).map(|number| (number / 97 % 251) as u8).collect()
}

/// Text with fewer than 128 different bytes, so that the simple compressor makes it smaller.
fn text(length: u32) -> Vec<u8> {
    (0..length).map(|number| b'a' + (number * number / 31 % 26) as u8).collect()
}

#[test]
fn files_are_read_however_they_are_stored() {
    let expected: [(&str, Vec<u8>); 9] = [
        (r"\empty", vec![]),
        (r"\small", b"resident".to_vec()),
        (r"\deep\er\large", numbered(100_000)),
        (r"\fragmented", numbered(50_000)),
        (r"\compressed", [vec![7; 150_000], numbered(200_000), vec![0; 100_000], b"end".to_vec()].concat()),
        (r"\xpress4", text(30_001)),
        (r"\xpress8", text(8192)),
        (r"\xpress16", text(40_000)),
        // No chunk of it becomes smaller.
        (r"\stored", (0..9000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect()),
    ];
    let bytes = |path: &str| expected.iter().find(|(other, _)| *other == path).unwrap().1.clone();
    let volume = NtfsVolume::new()
        .file("empty", bytes(r"\empty"))
        .file("small", bytes(r"\small"))
        .file(r"deep\er\large", bytes(r"\deep\er\large"))
        .fragmented("fragmented", bytes(r"\fragmented"))
        .compressed("compressed", bytes(r"\compressed"))
        .wof("xpress4", Wof::Xpress4K, bytes(r"\xpress4"))
        .wof("xpress8", Wof::Xpress8K, bytes(r"\xpress8"))
        .wof("xpress16", Wof::Xpress16K, bytes(r"\xpress16"))
        .wof("stored", Wof::Xpress4K, bytes(r"\stored"));
    let found = all(volume.build());
    assert_eq!(found.len(), expected.len());
    for (path, bytes) in expected {
        assert!(found[path] == Ok(bytes), "{path}: {:?}", found[path].as_ref().map(Vec::len));
    }
}

#[test]
fn names_are_found_without_regard_to_case() {
    let names = (0..700).map(|number| format!("name {number}.txt"));
    let volume = names.fold(NtfsVolume::new(), |volume, name| volume.file(&format!(r"many\{name}"), name.as_str()));
    let volume = volume.file("Größe", "").file("Πωλητής", "").file("𝄞", "");
    let tree = Tree::new(open(volume.build()).unwrap());
    for (path, expected) in [
        (vec!["MANY", "NAME 0.TXT"], Some(r"many\name 0.txt")),
        (vec!["many", "name 699.txt"], Some(r"many\name 699.txt")),
        (vec!["many", "name 350.TXT"], Some(r"many\name 350.txt")),
        (vec!["many", "name 700.txt"], None),
        (vec!["many", "name"], None),
        (vec!["GRÖßE"], Some("Größe")),
        (vec!["GRÖSSE"], None),
        (vec!["πωλητής"], Some("Πωλητής")),
        (vec!["ΠΩΛΗΤΉΣ"], None),
        (vec!["𝄞"], Some("𝄞")),
        // A path through a file does not exist.
        (vec!["Größe", "x"], None),
        (vec!["$MFT"], None),
        (vec![], Some("")),
    ] {
        let found = tree.find(&path, None).unwrap();
        let found = found.map(|found| found.path().collect::<Vec<_>>().join("\\"));
        assert_eq!(found.as_deref(), expected, "{path:?}");
    }
    let mut count = 0;
    let many = tree.find(&["many"], None).unwrap().unwrap();
    tree.files()
        .list(&many.node, &mut |_| {
            count += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(count, 700);
}

#[test]
fn links_lead_to_places_in_the_volume_only() {
    let volume = NtfsVolume::new()
        .file(r"real\sub\a.txt", "inside")
        .junction("junction", r"\??\C:\real")
        .junction("root", r"\??\C:\")
        .junction("other", r"\??\D:\real")
        .junction("mounted", r"\??\Volume{5e0bd954-71b2-4bff-a928-082af7ab0f8f}\")
        .junction("broken", r"\??\C:\nothing")
        .junction("self", r"\??\C:\self")
        .symlink("relative", r"real\sub")
        .symlink(r"real\up", r"..\real\sub\a.txt")
        .symlink("far", r"..\..\..\real\sub\a.txt")
        .symlink("odd", r"real\..\real");
    let tree = Tree::new(open(volume.build()).unwrap());
    let find = |path: &str, drive: Option<char>| {
        let components = path.split('\\').collect::<Vec<_>>();
        let found = tree.find(&components, drive).map_err(|error| error.to_string())?;
        Ok(found.map(|found| found.path().collect::<Vec<_>>().join("\\")))
    };
    for (path, expected) in [
        (r"junction\SUB\a.txt", Ok(Some(r"real\sub\a.txt"))),
        (r"junction\none", Ok(None)),
        (r"root\junction\sub", Ok(Some(r"real\sub"))),
        (r"root", Ok(Some(""))),
        (r"relative\a.txt", Ok(Some(r"real\sub\a.txt"))),
        (r"real\up", Ok(Some(r"real\sub\a.txt"))),
        (r"far", Ok(Some(r"real\sub\a.txt"))),
        (r"other\sub", Err(r"other is a link to D:\real, on another volume")),
        (
            "mounted",
            Err(r"mounted is a link to \??\Volume{5e0bd954-71b2-4bff-a928-082af7ab0f8f}\, outside this volume"),
        ),
        ("broken", Err(r"broken is a link to \nothing, which does not exist")),
        (r"broken\x", Err(r"broken is a link to \nothing, which does not exist")),
        ("self", Err(r"self is a link to \self, and the path has too many links")),
        ("odd", Err(r"odd is a link to real\..\real, which is not a path")),
    ] {
        let expected = expected.map(|found| found.map(str::to_owned)).map_err(str::to_owned);
        assert_eq!(find(path, Some('c')), expected, "{path}");
    }
    let error = find("junction", None).unwrap_err();
    assert_eq!(error, r"junction is a link to C:\real, on a volume whose letter is not known");
}

#[test]
fn contents_that_are_not_in_the_volume_are_named() {
    let wof = |provider: u32, algorithm: u32| [1, provider, 1, algorithm].map(u32::to_le_bytes).concat();
    let volume = NtfsVolume::new()
        .reparse("dedup", 0x8000_0013, vec![0; 8])
        .reparse("wimboot", 0x8000_0017, wof(1, 0))
        .reparse("algorithm", 0x8000_0017, wof(2, 9))
        .reparse("no stream", 0x8000_0017, wof(2, 0));
    let found = all(volume.build());
    for (path, expected) in [
        (r"\dedup", "a file whose contents are deduplicated (Data Deduplication) is not supported"),
        (r"\wimboot", "a file whose contents are in a WIM file (WIMBoot) is not supported"),
        (r"\algorithm", "the compression 9 of system files (WOF) is not supported"),
        (r"\no stream", "the file record 26 is damaged: the stream WofCompressedData is missing"),
    ] {
        assert_eq!(found[path].as_ref().unwrap_err(), expected);
    }
}

#[test]
fn security_descriptors_come_from_the_common_store() {
    let descriptors = [
        SecurityDescriptor::owned_by("S-1-5-32-544").allow("S-1-1-0", 0x001f_01ff).to_bytes(),
        SecurityDescriptor::owned_by("S-1-5-18").allow("S-1-5-11", 0x0012_0089).to_bytes(),
    ];
    let volume = NtfsVolume::new()
        .file("a", "")
        .file("b", "")
        .file("none", "")
        .security("a", descriptors[0].clone())
        .security("b", descriptors[1].clone())
        .security("", descriptors[1].clone());
    let tree = Tree::new(open(volume.build()).unwrap());
    let security = |path: &[&str]| tree.files().security(&tree.find(path, None).unwrap().unwrap().node).unwrap();
    assert_eq!(security(&["a"]).as_ref(), Some(&descriptors[0]));
    assert_eq!(security(&["b"]).as_ref(), Some(&descriptors[1]));
    assert_eq!(security(&[]).as_ref(), Some(&descriptors[1]));
    assert_eq!(security(&["none"]), None);
}

#[test]
fn doubts_about_a_volume_are_told() {
    let doubts = |volume: NtfsVolume| open(volume.build()).unwrap().doubts().unwrap();
    assert_eq!(doubts(NtfsVolume::new().file("hiberfil.sys", vec![0; 5000])), []);
    assert_eq!(doubts(NtfsVolume::new().dirty()), [Doubt::MarkedDamaged]);
    assert_eq!(doubts(NtfsVolume::new().file("HIBERFIL.SYS", "HIBR")), [Doubt::Hibernated]);
}

static SMALL: LazyLock<Vec<u8>> = LazyLock::new(small);

fn small() -> Vec<u8> {
    let volume =
        (0..60).fold(NtfsVolume::new(), |volume, number| volume.file(&format!("a rather long name {number}"), ""));
    volume
        .fragmented("fragmented", numbered(30_000))
        .compressed("compressed", vec![7; 100_000])
        .wof("wof", Wof::Xpress4K, text(9000))
        .junction("junction", r"\??\C:\junction")
        .security("wof", SecurityDescriptor::owned_by("S-1-5-18").to_bytes())
        .build()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Damage anywhere costs an error at most, and bounded time.
    #[test]
    fn any_damage_is_survived(places in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..40)) {
        let mut bytes = SMALL.clone();
        // Structures are in the first clusters: the boot sector, and the records of the files.
        let length = 120 * 4096;
        for (at, byte) in places {
            let at = at as usize % length;
            bytes[at] = byte;
        }
        all(bytes);
    }

    #[test]
    fn any_cut_is_survived(end in 0usize..200 * 4096) {
        let mut bytes = SMALL.clone();
        bytes.truncate(end);
        if let Ok(image) = image(bytes)
            && let Ok(volumes) = image.volumes()
        {
            volumes.iter().for_each(|volume| drop(volume.open()));
        }
    }
}
