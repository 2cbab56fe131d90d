use super::*;
use crate::testing::{CABINET_BYTES, CabinetBuilder, FILES_AT, FLAGS, FOLDER};

fn open(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, CabinetError> {
    let cabinet = Cabinet::open(bytes, &Limits::default())?;
    cabinet.entries().iter().map(|entry| Ok((entry.name().to_owned(), cabinet.read(entry)?))).collect()
}

fn two_files() -> CabinetBuilder {
    CabinetBuilder::default().file("mssecure.xml", "a".repeat(70_000)).file("dir\\license.txt", "b".repeat(10))
}

#[test]
fn files_are_unpacked() {
    for cabinet in [two_files(), two_files().mszip()] {
        let files = open(&cabinet.build()).unwrap();
        assert_eq!(files[0], ("mssecure.xml".to_owned(), vec![b'a'; 70_000]));
        assert_eq!(files[1], ("license.txt".to_owned(), vec![b'b'; 10]));
    }
    let small = CabinetBuilder::default().file("a", "first").file("b", "second");
    for cabinet in [small.clone(), small.clone().mszip(), small.lzx()] {
        let files = open(&cabinet.build()).unwrap();
        assert_eq!(files, [("a".to_owned(), b"first".to_vec()), ("b".to_owned(), b"second".to_vec())]);
    }
    assert_eq!(open(&CabinetBuilder::default().file("empty", "").build()).unwrap(), [("empty".to_owned(), vec![])]);
}

#[test]
fn only_plain_names_are_accepted() {
    for (name, is_accepted) in [
        ("mssecure.xml", true),
        ("a/b.xml", true),
        ("a\\b.xml", true),
        ("..config", true),
        ("../b.xml", false),
        ("a\\..\\b.xml", false),
        (".", false),
        ("/etc/b.xml", false),
        ("\\\\host\\share\\b.xml", false),
        ("C:\\b.xml", false),
        ("C:b.xml", false),
        ("b.xml:stream", false),
        ("", false),
        ("a\nb", false),
        ("a\u{1b}[2J", false),
        ("b.xml.", false),
        ("b.xml ", false),
        ("con", false),
        ("NUL.xml", false),
        ("com1.xml", false),
        ("LPT\u{b2}", false),
        ("comma.xml", true),
    ] {
        let result = open(&CabinetBuilder::default().file(name, "x").build());
        let is_path = matches!(result, Err(CabinetError::Path(_)));
        assert_eq!((result.is_ok(), is_path), (is_accepted, !is_accepted), "{name:?}: {result:?}");
    }
    for (one, other) in [("a.xml", "A.XML"), ("x/a.xml", "y/a.xml"), ("a.xml", "a.xml")] {
        let result = open(&CabinetBuilder::default().file(one, "x").file(other, "y").build());
        assert!(matches!(result, Err(CabinetError::SameName(..))), "{one} {other}: {result:?}");
    }
}

#[test]
fn what_is_incomplete_or_has_more_is_refused() {
    let cabinet = two_files().build();
    for length in 0..cabinet.len() {
        assert!(open(&cabinet[..length]).is_err(), "{length}");
    }
    let result = open(&[&cabinet[..], b"MZ"].concat());
    assert_eq!(result, Err(CabinetError::Appended { bytes: 2 }));
    assert_eq!(open(b"PK\x03\x04"), Err(CabinetError::NotACabinet));
}

#[test]
fn sets_of_several_cabinets_are_refused() {
    for flag in [1, 2] {
        let mut cabinet = two_files().build();
        cabinet[FLAGS] |= flag;
        assert_eq!(open(&cabinet), Err(CabinetError::Spanning));
    }
    // A file that continues in the next cabinet.
    let mut cabinet = two_files().build();
    let files = usize::from(cabinet[FILES_AT]);
    cabinet[files + 8..files + 10].copy_from_slice(&0xfffeu16.to_le_bytes());
    assert_eq!(open(&cabinet), Err(CabinetError::Spanning));
}

#[test]
fn sizes_that_contradict_the_data_are_refused_before_anything_is_unpacked() {
    let cabinet = two_files().build();
    let files = usize::from(cabinet[FILES_AT]);
    let changed = |at: usize, bytes: &[u8]| {
        let mut cabinet = cabinet.clone();
        cabinet[at..at + bytes.len()].copy_from_slice(bytes);
        Cabinet::open(&cabinet, &Limits::default()).map(|_| ())
    };
    let outside = |result: Result<(), CabinetError>| matches!(result, Err(CabinetError::OutsideFolder { .. }));
    assert!(outside(changed(files, &80_000u32.to_le_bytes())), "a file's size");
    assert!(outside(changed(files + 4, &u32::MAX.to_le_bytes())), "a file's offset");
    assert!(outside(changed(files + 8, &1u16.to_le_bytes())), "a file's folder");
    assert!(changed(CABINET_BYTES, &100u32.to_le_bytes()).is_err(), "the cabinet's size");
    assert!(changed(FOLDER, &u32::MAX.to_le_bytes()).is_err(), "the data's offset");
    assert!(changed(FOLDER + 4, &u16::MAX.to_le_bytes()).is_err(), "the number of blocks");
    assert!(matches!(changed(FOLDER + 6, &2u16.to_le_bytes()), Err(CabinetError::Compression(2))), "Quantum");
    assert!(matches!(changed(FOLDER + 6, &0x1903u16.to_le_bytes()), Err(CabinetError::Compression(_))), "LZX of 32 MB");
}

#[test]
fn bombs_are_refused_by_what_they_declare() {
    let cabinet = two_files().build();
    let refused = |limits: Limits| Cabinet::open(&cabinet, &limits).map(|_| ()).unwrap_err();
    let most = Limits::default();
    assert!(matches!(refused(Limits { files: 1, ..most.clone() }), CabinetError::TooMany { what: "files", .. }));
    let unpacked = refused(Limits { unpacked_bytes: 140_009, ..most.clone() });
    // The second file begins after 70,000 bytes, which have to be unpacked again.
    assert_eq!(unpacked, CabinetError::TooMany { what: "bytes to unpack", found: 140_010, most: 140_009 });
    assert!(matches!(refused(Limits { cabinet_bytes: 100, ..most.clone() }), CabinetError::TooMany { .. }));
    let ratio = refused(Limits { ratio: 1, always_allowed_bytes: 0, ..most });
    assert!(matches!(ratio, CabinetError::Ratio { unpacked: 140_010, .. }));
}

#[test]
fn damaged_data_is_an_error() {
    let cabinet = CabinetBuilder::default().file("a.xml", "text").mszip().build();
    for bit in 0..8 {
        // The magic number of a packed block, and the length of deflate's block with its complement.
        for at in [11, 10, 8, 7, 6, 5].map(|from_end| cabinet.len() - from_end) {
            let mut cabinet = cabinet.clone();
            cabinet[at] ^= 1 << bit;
            let result = open(&cabinet);
            assert!(matches!(result, Err(CabinetError::Damaged { .. })), "bit {bit} of {at}: {result:?}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        at in 0usize..200,
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..12),
        method in 0..3,
    ) {
        let builder = CabinetBuilder::default().file("a.xml", "x".repeat(20_000)).file("b.xml", "y".repeat(40));
        let mut cabinet = match method {
            0 => builder.build(),
            1 => builder.mszip().build(),
            _ => builder.lzx().build(),
        };
        let end = (at + bytes.len()).min(cabinet.len());
        cabinet.splice(at..end, bytes);
        let _ = open(&cabinet);
    }
}
