//! Containers built by code: each holds the same disk.

mod write;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use proptest::prelude::*;
use wardline_disk::{Counter, Error, Format, Image, ReadAt, Siblings};

/// Files in memory.
#[derive(Clone, Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Siblings for Files {
    fn open(&self, names: &[&str]) -> io::Result<Arc<dyn ReadAt>> {
        let bytes = self.0.get(&names.join("/")).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(bytes.clone()))
    }
}

impl Files {
    fn with(mut self, name: &str, bytes: Vec<u8>) -> Files {
        self.0.insert(name.to_owned(), bytes);
        self
    }

    fn image(&self, name: &str) -> Result<Image, Error> {
        Image::open_in(self, name, Arc::new(self.0[name].clone()), Counter::default())
    }
}

/// A disk of 3 MiB and one sector: numbers, zeros, and numbers again.
fn disk() -> Vec<u8> {
    let mut bytes = (0..(3 << 20) | 512).map(|at: u32| (at / 512 % 251 + at % 7) as u8).collect::<Vec<_>>();
    bytes[1 << 20..2 << 20].fill(0);
    bytes
}

/// The disk with some sectors changed, and which of its sectors differ.
fn changed() -> (Vec<u8>, Vec<bool>) {
    let mut bytes = disk();
    let mut differs = vec![false; bytes.len() / 512];
    for sector in [0, 5, 6, 7, 100, 2047, 2048, 4096, 6144] {
        bytes[sector * 512..(sector + 1) * 512].fill(0xee);
        differs[sector] = true;
    }
    (bytes, differs)
}

fn assert_holds(files: &Files, name: &str, format: Format, expected: &[u8]) {
    let image = files.image(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((image.format(), image.disk().size()), (format, expected.len() as u64), "{name}");
    // Small reads go through the cache, large ones do not.
    for size in [1000, 100_000] {
        for (number, expected) in expected.chunks(size).enumerate() {
            let found = image.disk().bytes_at((number * size) as u64, size).expect("readable");
            assert!(found == expected, "{name}: {size} bytes at {}", number * size);
        }
    }
    assert!(image.disk().bytes_at(expected.len() as u64, 10).is_ok_and(|rest| rest.is_empty()), "{name}");
}

#[test]
fn every_container_holds_the_disk() {
    let disk = disk();
    let (child, differs) = changed();
    let files = Files::default()
        .with("raw", disk.clone())
        .with("fixed.vhd", write::vhd_fixed(&disk))
        .with("dynamic.vhd", write::vhd(&disk, None))
        .with("child.vhd", write::vhd(&child, Some((".\\dynamic.vhd", &differs))))
        .with("dynamic.vhdx", write::vhdx(&disk, None))
        .with("child.vhdx", write::vhdx(&child, Some((".\\dynamic.vhdx", &differs))))
        .with("sparse.vmdk", write::vmdk(&disk, false))
        .with("stream.vmdk", write::vmdk(&disk, true))
        .with("flat.vmdk", b"# Disk DescriptorFile\nRW 2048 FLAT \"raw\" 0\nRW 4097 FLAT \"raw\" 2048\n".to_vec())
        .with("zero.vmdk", b"# Disk DescriptorFile\nRW 8 ZERO\nRW 6145 SPARSE \"sparse.vmdk\"\n".to_vec())
        .with("plain.qcow2", write::qcow2(&disk, false, None))
        .with("compressed.qcow2", write::qcow2(&disk, true, None))
        .with("child.qcow2", write::qcow2(&child, false, Some(("plain.qcow2", &differs))));
    let files = write::ewf(&disk, 1).into_iter().fold(files, |files, (name, bytes)| files.with(&name, bytes));
    for (name, format) in [
        ("raw", Format::Raw),
        ("fixed.vhd", Format::Vhd),
        ("dynamic.vhd", Format::Vhd),
        ("dynamic.vhdx", Format::Vhdx),
        ("sparse.vmdk", Format::Vmdk),
        ("stream.vmdk", Format::Vmdk),
        ("flat.vmdk", Format::Vmdk),
        ("plain.qcow2", Format::Qcow2),
        ("compressed.qcow2", Format::Qcow2),
        ("1.E01", Format::Ewf),
    ] {
        assert_holds(&files, name, format, &disk);
    }
    for (name, format) in [("child.vhd", Format::Vhd), ("child.vhdx", Format::Vhdx), ("child.qcow2", Format::Qcow2)] {
        assert_holds(&files, name, format, &child);
    }
    assert_holds(&files, "zero.vmdk", Format::Vmdk, &[vec![0; 4096], disk.clone()].concat());
    let files =
        write::ewf(&disk, 3).into_iter().fold(Files::default(), |files, (name, bytes)| files.with(&name, bytes));
    assert_holds(&files, "3.E01", Format::Ewf, &disk);
}

#[test]
fn files_that_an_image_needs_are_named_or_refused() {
    let disk = disk();
    let differs = vec![false; disk.len() / 512];
    let flat = |name: &str| format!("# Disk DescriptorFile\nRW 8 FLAT \"{name}\" 0\n").into_bytes();
    let qcow2 = |name: &str| write::qcow2(&disk, false, Some((name, &differs)));
    let mut split = write::ewf(&disk, 3);
    split.pop();
    let files = Files::default()
        .with("lonely.vhd", write::vhd(&disk, Some(("missing.vhd", &differs))))
        .with("other.vhd", write::vhd_fixed(&disk[512..]))
        .with("wrong.vhd", write::vhd(&disk, Some(("wrong-parent.vhd", &differs))))
        .with("wrong-parent.vhd", {
            let mut bytes = write::vhd_fixed(&disk);
            let at = bytes.len() - 512 + 68;
            bytes[at] ^= 1;
            bytes
        })
        .with("upwards.vhdx", write::vhdx(&disk, Some(("..\\parent.vhdx", &differs))))
        .with("self.qcow2", qcow2("self.qcow2"))
        .with("one.qcow2", qcow2("two.qcow2"))
        .with("two.qcow2", qcow2("one.qcow2"))
        .with("passwd.qcow2", qcow2("/etc/passwd"))
        .with("up.qcow2", qcow2("a/../../b"))
        .with("protocol.qcow2", qcow2("nbd:localhost:1"))
        .with("up.vmdk", flat("../secret"))
        .with("root.vmdk", flat("/etc/passwd"));
    let files = split.into_iter().fold(files, |files, (name, bytes)| files.with(&name, bytes));
    for (name, expected) in [
        ("lonely.vhd", "lonely.vhd needs the file missing.vhd: it is not in the folder of the image"),
        ("wrong.vhd", "wrong-parent.vhd is damaged: its identifier differs from the one that its child names"),
        (
            "upwards.vhdx",
            "upwards.vhdx needs the file ..\\parent.vhdx: only files in the folder of the image are opened",
        ),
        ("self.qcow2", "self.qcow2 needs the file self.qcow2: the file is its own ancestor"),
        ("one.qcow2", "two.qcow2 needs the file one.qcow2: the file is its own ancestor"),
        // Another machine's path: a file of that name is searched for beside the image.
        ("passwd.qcow2", "passwd.qcow2 needs the file passwd: it is not in the folder of the image"),
        ("up.qcow2", "up.qcow2 needs the file a/../../b: only files in the folder of the image are opened"),
        (
            "protocol.qcow2",
            "protocol.qcow2 needs the file nbd:localhost:1: only files in the folder of the image are opened",
        ),
        ("up.vmdk", "up.vmdk needs the file ../secret: only files in the folder of the image are opened"),
        ("root.vmdk", "root.vmdk needs the file /etc/passwd: only files in the folder of the image are opened"),
        ("3.E01", "3.E01 needs the file 3.E03: it is not in the folder of the image"),
    ] {
        assert_eq!(files.image(name).unwrap_err().to_string(), expected, "{name}");
    }
}

#[test]
fn formats_that_are_not_read_are_named() {
    for (start, expected) in [
        (&b"<<< Oracle VM VirtualBox Disk Image >>>"[..], "the image format VDI is not supported"),
        (b"EVF2\r\n\x81\x00", "the image format Ex01 (EWF 2) is not supported"),
        (b"QED\0", "the image format QED is not supported"),
    ] {
        let files = Files::default().with("image", [start, &[0; 1000]].concat());
        assert_eq!(files.image("image").unwrap_err().to_string(), expected);
    }
    let with = |at: usize, byte: u8| {
        let mut bytes = write::qcow2(&disk(), false, None);
        bytes[at] = byte;
        Files::default().with("image", bytes).image("image").unwrap_err().to_string()
    };
    assert_eq!(with(35, 1), "an encrypted QCOW2 is not supported");
    assert_eq!(with(79, 4), "a QCOW2 with an external data file is not supported");
    assert_eq!(with(79, 16), "a QCOW2 with subclusters (extended L2 entries) is not supported");
    assert_eq!(with(78, 1), "a QCOW2 with the features 0x100 is not supported");
}

#[test]
fn sizes_that_lie_are_refused_or_bounded() {
    let spoilt = |mut bytes: Vec<u8>, at: usize, with: &[u8]| {
        bytes[at..at + with.len()].copy_from_slice(with);
        Files::default().with("image", bytes)
    };
    let disk = disk();
    for (files, expected) in [
        (spoilt(write::qcow2(&disk, false, None), 24, &[0x7f; 8]), "but the tables only"),
        (spoilt(write::qcow2(&disk, false, None), 36, &[0x7f; 4]), "expected at most 4194304"),
        (spoilt(write::qcow2(&disk, false, None), 20, &[0, 0, 0, 63]), "expected 2^9 to 2^21"),
        (spoilt(write::vmdk(&disk, false), 20, &[0xff; 8]), "expected 512 to"),
        (spoilt(write::vmdk(&disk, false), 12, &[0xff; 8]), "bytes in tables of"),
        (spoilt(b"# Disk DescriptorFile\nRW 99999999999999 FLAT \"image\" 0\n".to_vec(), 0, b""), "expected 5119"),
    ] {
        let error = files.image("image").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    // A disk of 2^62 bytes without data is read like any other.
    let huge = format!("# Disk DescriptorFile\nRW {} ZERO\n", 1u64 << 53);
    let image = Files::default().with("image", huge.into_bytes()).image("image").unwrap();
    assert_eq!(image.disk().bytes_at((1 << 62) - 10, 100).unwrap(), [0; 10]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_damage_is_survived(
        kind in 0usize..9,
        places in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..20),
        end in any::<u32>(),
    ) {
        let disk = &disk()[..256 << 10];
        let differs = vec![true; disk.len() / 512];
        let mut bytes = match kind {
            0 => write::vhd_fixed(disk),
            1 => write::vhd(disk, None),
            2 => write::vhd(disk, Some(("image", &differs))),
            3 => write::vhdx(disk, None),
            4 => write::vmdk(disk, false),
            5 => write::vmdk(disk, true),
            6 => write::qcow2(disk, false, None),
            7 => write::qcow2(disk, true, None),
            _ => write::ewf(disk, 1).remove(0).1,
        };
        for (at, byte) in places {
            let at = at as usize % bytes.len().min(4096);
            bytes[at] = byte;
        }
        if end % 4 == 0 {
            bytes.truncate(end as usize % bytes.len());
        }
        if let Ok(image) = Files::default().with("image", bytes).image("image") {
            let disk = image.disk();
            for at in [0, disk.size() / 2, disk.size().saturating_sub(5000)] {
                let _ = disk.bytes_at(at, 10_000);
            }
            let _ = image.volumes();
        }
    }
}
