use encoding_rs::{UTF_16BE, UTF_16LE};

use super::{SAMPLE, figures, read};

const TITLE: &str = "Windows® für “Büros”";

fn sample() -> String {
    SAMPLE.replace("Title=\"First\"", &format!("Title=\"{TITLE}\""))
}

fn declared(encoding: &str) -> String {
    sample().replace("<?xml version=\"1.0\"?>", &format!("<?xml version=\"1.0\" encoding='{encoding}'?>"))
}

fn utf16(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn every_encoding_gives_the_same_text() {
    let windows = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("UTF-8, not declared", sample().into_bytes(), "UTF-8"),
        ("UTF-8 with byte order mark", format!("\u{FEFF}{}", sample()).into_bytes(), "UTF-8"),
        ("UTF-8, declared", declared("utf-8").into_bytes(), "UTF-8"),
        ("Windows-1252, declared", windows(&declared("windows-1252")), "windows-1252"),
        ("ISO-8859-1, declared", windows(&declared("ISO-8859-1")), "windows-1252"),
        ("Windows-1252, not declared", windows(&sample()), "UTF-8"),
        ("Windows-1252, declared as UTF-8", windows(&declared("UTF-8")), "UTF-8"),
        ("an encoding that nobody knows", declared("x-unknown").into_bytes(), "UTF-8"),
        ("UTF-8, declared as UTF-16", declared("UTF-16").into_bytes(), "UTF-8"),
        ("UTF-16 LE with mark", utf16(&declared("UTF-16"), false, true), UTF_16LE.name()),
        ("UTF-16 BE with mark", utf16(&declared("UTF-16"), true, true), UTF_16BE.name()),
        ("UTF-16 LE without mark", utf16(&sample(), false, false), UTF_16LE.name()),
        ("UTF-16 BE without mark", utf16(&sample(), true, false), UTF_16BE.name()),
    ];
    for (name, bytes, encoding) in cases {
        let catalog = read(bytes);
        assert_eq!(catalog.updates[0].title, TITLE, "{name}");
        assert_eq!(figures(&catalog).0.patches, 3, "{name}");
        assert_eq!(catalog.info.encoding, encoding, "{name}");
        assert_eq!(
            figures(&catalog).1.guessed_bytes > 0,
            name.starts_with("Windows-1252, ") && encoding == "UTF-8",
            "{name}"
        );
    }
}

/// The input arrives in pieces that split characters.
#[test]
fn characters_across_reads() {
    let text = sample().replace("Title=\"First\"", "Title=\"\"").replace(TITLE, &"®".repeat(1000));
    let whole = read(&text);
    for size in [1, 2, 3, 7, 1023] {
        let input = std::io::BufReader::with_capacity(size, text.as_bytes());
        let pieces = crate::parse(input, "test.xml".as_ref(), &Default::default()).unwrap();
        assert_eq!(pieces.updates, whole.updates, "{size}");
        assert_eq!(pieces.info, whole.info, "{size}");
        assert_eq!(figures(&pieces).1.guessed_bytes, 0, "{size}");
    }
}

#[test]
fn the_digest_is_that_of_the_bytes() {
    use sha2::{Digest, Sha256};
    let bytes = utf16(&sample(), false, true);
    let expected: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let catalog = read(&bytes);
    assert_eq!((catalog.info.digest, catalog.info.bytes), (expected, bytes.len() as u64));
}
