//! Executables: PE images, NE and LE files. The first byte selects the preferred languages.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use wardline_pe::{Executable, Format};

fuzz_target!(|data: &[u8]| {
    let Some((&choice, file)) = data.split_first() else { return };
    let languages: &[u16] = match choice % 3 {
        0 => &[],
        1 => &[0x0407],
        _ => &[0x0c07, 0x0411],
    };
    let Ok(mut executable) = Executable::open(Cursor::new(file)) else { return };
    assert_eq!(executable.size(), file.len() as u64);
    let first = executable.version(&[]);
    let chosen = executable.version(languages);
    // A version that does not depend on the language is the same for all languages.
    if let (Ok(false), Ok(first), Ok(chosen)) = (executable.version_depends_on_language(), first, chosen) {
        assert_eq!(first, chosen);
    }
    if executable.format() == Format::Other {
        assert_eq!(executable.version(languages).ok(), Some(None));
    }
    assert!(executable.checksum().is_ok());
});
