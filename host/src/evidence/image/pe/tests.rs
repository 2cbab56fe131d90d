//! Executables built by code, whole and damaged.

use std::io::Cursor;

use proptest::prelude::*;
use wardline_fixtures::Pe;

use super::image::{FileKind, read};
use super::{PeError, Reader, version};
use crate::contract::FileVersion;

fn version_of(bytes: &[u8]) -> Result<Option<version::VersionResource>, PeError> {
    let mut reader = Reader::new(Cursor::new(bytes), bytes.len() as u64);
    match read(&mut reader)? {
        FileKind::Other => Ok(None),
        FileKind::Image(image) => version::read(&mut reader, &image),
    }
}

#[test]
fn programs_for_dos_and_16_bit_windows_have_no_version() {
    let mut dos = vec![0; 200];
    dos[..2].copy_from_slice(b"MZ");
    let with = |changes: &[(usize, &[u8])]| {
        let mut bytes = dos.clone();
        for (at, change) in changes {
            bytes[*at..at + change.len()].copy_from_slice(change);
        }
        bytes
    };
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("text", b"M".to_vec()),
        ("DOS", dos.clone()),
        ("DOS with relocations where the new header's offset is", with(&[(24, &[0x1c, 0]), (60, &[0xff; 4])])),
        ("NE", with(&[(24, &[0x40, 0]), (60, &[0x80, 0, 0, 0]), (0x80, b"NE")])),
        ("LE", with(&[(24, &[0x40, 0]), (60, &[0x80, 0, 0, 0]), (0x80, b"LE")])),
    ] {
        assert!(matches!(version_of(&bytes), Ok(None)), "{name}");
    }
    for (name, bytes) in [
        ("no DOS header", b"MZ".to_vec()),
        ("header behind the end", with(&[(60, &[0xff, 0xff, 0, 0])])),
        ("no signature", with(&[(60, &[0x80, 0, 0, 0])])),
    ] {
        assert!(matches!(version_of(&bytes), Err(PeError::Malformed(_))), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_damage_makes_reading_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
        cut in prop::option::of(any::<prop::sample::Index>()),
        plus: bool,
    ) {
        let image = Pe::version(1, 2, 3, 4);
        let mut bytes = if plus { image.plus() } else { image }.build();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = version_of(&bytes);
    }

    #[test]
    fn versions_are_read_as_written(major: u16, minor: u16, build: u16, revision: u16, language in 1u16..0x8000) {
        let bytes = Pe::version(major, minor, build, revision).language(language).build();
        let found = version_of(&bytes).unwrap().unwrap();
        prop_assert_eq!(found.version, FileVersion { major, minor, build, revision });
        prop_assert_eq!(found.language, Some(language));
    }
}
