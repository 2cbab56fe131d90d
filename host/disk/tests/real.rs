//! Disk images made by other programs, compared with the results of other tools: dissect and QEMU. The files are not part of the
//! project: `cargo xtask test` runs these tests where the files exist.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wardline_disk::{Image, ReadAt};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/images")
}

/// Copies the images to a folder, decompressed.
fn unpacked() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("the images are readable");
    for source in ["dfvfs", "plaso"] {
        for entry in fs::read_dir(data().join(source)).expect("the images are readable") {
            let path = entry.expect("the images are readable").path();
            let name = path.file_name().expect("the images are readable").to_str().expect("the images are readable");
            let prefix = if source == "plaso" { "plaso-" } else { "" };
            let target = folder.path().join(format!("{prefix}{}", name.trim_end_matches(".xz")));
            if name.ends_with(".xz") {
                let mut content = Vec::new();
                lzma_rs::xz_decompress(&mut fs::read(&path).expect("the images are readable").as_slice(), &mut content)
                    .expect("the images are readable");
                fs::write(target, content).expect("the images are readable");
            } else {
                fs::copy(&path, target).expect("the images are readable");
            }
        }
    }
    folder
}

/// The length of a disk and the beginning of its SHA-256.
fn census(disk: &dyn ReadAt) -> String {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut at = 0;
    loop {
        match disk.read_full_at(&mut buffer, at).expect("the images are readable") {
            0 => break,
            count => {
                hash.update(&buffer[..count]);
                at += count as u64;
            }
        }
    }
    let digest = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{} {digest}", disk.size())
}

/// Disks on which the two tools agree, or only one of them reads.
#[test]
#[ignore = "reads data that is not part of the project"]
fn whole_disks_are_those_of_other_tools() {
    let folder = unpacked();
    let read = |name: &str| fs::read_to_string(data().join("conformance").join(name)).unwrap();
    let mut compared = 0;
    for line in read("dissect.txt").lines().chain(read("qemu-img.txt").lines()) {
        let (name, expected) = line.split_once(' ').unwrap();
        let path = folder.path().join(name);
        // QEMU rounds the length of fixed VHDs up, and some files are not here.
        let is_rounded = expected.starts_with("4194816");
        // Neither tool reads the parents of these.
        let has_parent = ["fat-differential.vhd", "ntfs-differential.vhd"].contains(&name);
        if expected.contains("ERR") || is_rounded || has_parent || !path.exists() {
            continue;
        }
        let image = Image::open(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(census(&image.disk()), expected, "{name}");
        compared += 1;
    }
    assert!(compared > 30, "{compared}");
}

/// The hashes of what libvshadow's `vshadowmount` shows.
#[test]
#[ignore = "reads data that is not part of the project"]
fn shadow_copies_are_those_of_another_tool() {
    let folder = unpacked();
    for (name, expected) in [
        ("vss.raw", ["82771968 d830fe9e2f75e66e", "82771968 d47ca0497f4aa309"]),
        ("plaso-vsstest.qcow2", ["1073741824 c8ada35c641a6844", "1073741824 41f940d92a534dd8"]),
    ] {
        let image = Image::open(&folder.path().join(name)).unwrap();
        let volumes = image.volumes().unwrap();
        let [volume] = volumes.as_slice() else { panic!("{name}: {volumes:?}") };
        let copies = volume.shadow_copies().unwrap();
        let found = copies.iter().map(|copy| census(&volume.shadow_copy(copy.number).unwrap())).collect::<Vec<_>>();
        assert_eq!(found, expected, "{name}");
        for copy in copies {
            let opened = volume.shadow_copy(copy.number).unwrap().open().unwrap();
            assert!(matches!(opened, wardline_disk::Contents::Readable(_)), "{name} {copy:?}");
        }
    }
}
