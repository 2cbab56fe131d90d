//! Any bytes as a file of WES-NG's definitions in an archive, or as the archive itself if they begin as one.

#![no_main]

use std::io::{Cursor, Write};
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wardline_catalog::{Limits, merge, parse, show};
use zip::write::{SimpleFileOptions, ZipWriter};

fuzz_target!(|input: &[u8]| {
    let archive = if input.starts_with(b"PK") { input.to_vec() } else { stored(input) };
    if let Ok(catalog) = parse(archive.as_slice(), Path::new("fuzz"), &Limits::default()) {
        let mut page = Vec::new();
        let _ = show::text(&catalog, &mut page);
        let _ = show::json(&catalog, &mut page);
        for (number, update) in (0..).zip(&catalog.updates) {
            assert_eq!(update.number, number);
        }
        // Nothing depends on the order of a map.
        let again = parse(archive.as_slice(), Path::new("fuzz"), &Limits::default());
        assert!(again.is_ok_and(|again| again.updates == catalog.updates));
        let _ = merge(vec![catalog]);
    }
});

/// An archive with one file that is not compressed.
fn stored(contents: &[u8]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let written = archive.start_file("CVEs_20240328.csv", options).map(|()| archive.write_all(contents));
    assert!(matches!(written, Ok(Ok(()))));
    archive.finish().map(Cursor::into_inner).unwrap_or_default()
}
