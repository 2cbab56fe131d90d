//! Executables with random damage.

#![allow(clippy::unwrap_used, reason = "tests in a macro are not seen as tests")]

use std::io::Cursor;

use proptest::prelude::*;
use wardline_fixtures::pe::vxd;
use wardline_fixtures::{Ne, Pe};
use wardline_pe::{Executable, Version};

fn read_all(bytes: &[u8]) {
    if let Ok(mut file) = Executable::open(Cursor::new(bytes)) {
        let _ = file.version(&[0x0407]);
        let _ = file.version_depends_on_language();
        let _ = file.checksum();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_damage_makes_reading_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
        cut in prop::option::of(any::<prop::sample::Index>()),
        kind in 0..4,
    ) {
        let image = Pe::version(1, 2, 3, 4).version_in(0x0411, 5, 6, 7, 8);
        let mut bytes = match kind {
            0 => image.build(),
            1 => image.plus().build(),
            2 => Ne::version(1, 2, 3, 4).build(),
            _ => vxd(Some([1, 2, 3, 4])),
        };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read_all(&bytes);
    }

    #[test]
    fn versions_are_read_as_written(major: u16, minor: u16, build: u16, revision: u16, language in 1u16..0x8000) {
        prop_assume!(language & 0x03ff != 0);
        let bytes = Pe::version(major, minor, build, revision).language(language).build();
        let found = Executable::open(Cursor::new(bytes)).unwrap().version(&[]).unwrap().unwrap();
        prop_assert_eq!(found.file_version, Version { major, minor, build, revision });
        prop_assert_eq!(found.language, Some(language));
    }
}
