use std::io::{BufReader, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{SAMPLE, sample_with, try_read};
use crate::Limits;

fn message(xml: impl AsRef<[u8]>) -> String {
    let message = try_read(xml).unwrap_err().to_string();
    assert!(!message.contains('\n') && message.starts_with("test.xml: "), "{message}");
    message
}

#[test]
fn what_is_no_catalog() {
    for (bytes, expected) in [
        (&b""[..], "is empty"),
        (b"   \r\n", "is not XML"),
        (b"hello, world", "is not XML"),
        (b"PK\x03\x04\x00\x00<a>", "cannot be decompressed"),
        (b"{}", "is not a CSAF document"),
        (b"\x1F\x8B\x08", "cannot be decompressed"),
        (b"<?xml version=\"1.0\"?>", "is not XML"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "its root is <html>"),
        (b"<not closed", "is not XML"),
        (b"<BulletinDatastore></Wrong>", "is not well-formed"),
        (b"<BulletinDatastore/><BulletinDatastore/>", "a second root"),
        (b"<BulletinDatastore><Bulletin BulletinID=MS01-001/></BulletinDatastore>", "is not well-formed"),
        (b"<BulletinDatastore SchemaVersion=\"2.0\"/>", "has schema version 2.0"),
        (b"<\x1b[31mred/>", "its root is <\u{FFFD}[31mred>"),
    ] {
        let message = message(bytes);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_truncated_file_says_where_it_ends() {
    let cut = |marker: &str| &SAMPLE[..SAMPLE.find(marker).unwrap()];
    let at = cut("<Patches>").len();
    assert_eq!(
        message(cut("<Patches>")),
        format!("test.xml: ends in the middle of <Bulletin> at byte {at}; fetch it again")
    );
    assert!(message(cut("BulletinID=\"MS01-902\"")).contains("in the middle of <Bulletins> at byte"));
    assert!(message(cut("made for tests")).contains("in the middle of <BulletinDatastore> at byte"));
}

#[test]
fn a_file_that_is_not_there_or_is_a_folder() {
    let missing = crate::read(Path::new("no/such/mssecure.xml"), &Limits::default()).unwrap_err().to_string();
    assert!(missing.contains("mssecure.xml: cannot be read"), "{missing}");
    let folder = crate::read(Path::new(env!("CARGO_MANIFEST_DIR")), &Limits::default()).unwrap_err().to_string();
    assert!(folder.contains("cannot be read"), "{folder}");
}

/// Entities beyond XML's own are never expanded, whatever a DOCTYPE defines.
#[test]
fn entities_are_not_expanded() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"boom\"><!ENTITY c SYSTEM \"file:///etc/passwd\">]>\n<BulletinDatastore";
    let xml = sample_with("<BulletinDatastore", bomb).replace("Title=\"First\"", "Title=\"&b; &c; AT&T\"");
    let catalog = super::read(xml);
    assert_eq!(catalog.updates[0].title, "&b; &c; AT&T");
    assert_eq!(catalog.unresolved.len(), 1);
    assert_eq!(catalog.unresolved[0].kind, crate::UnresolvedKind::Entity);
}

#[test]
fn limits_hold() {
    let all = Limits::default();
    let deep = format!("<BulletinDatastore>{}", "<a>".repeat(100));
    let long = sample_with("Title=\"First\"", &format!("Title=\"{}\"", "x".repeat(70_000)));
    let comment = sample_with("made for tests", &"x".repeat(2_000_000));
    // One long name with many references: 300 kB grow to 4 GB once they are followed.
    let many = sample_with("lsasrv.dll", &"x".repeat(60_000)).replacen(
        "<FileChg FileChangeID=\"1\"/>",
        &"<FileChg FileChangeID=\"1\"/>".repeat(70_000),
        1,
    );
    // Each of a bulletin's patches has all of its articles, and each superseded one the superseding bulletin's name.
    let patches = "<Patch PatchName=\"x\" SBID=\"9\"/>".repeat(500);
    let long_text = "x".repeat(60_000);
    let articles = sample_with("</Patches>", &format!("{patches}</Patches>"))
        .replacen("Q900001 ", &long_text, 1)
        .replacen("</QNumbers>", "<QNumber QNumber=\"Q900009\"/></QNumbers>", 1);
    let superseding = sample_with("</Patches>", &format!("{patches}</Patches>")).replacen(
        "</SupercededBys>",
        &format!(
            "<SupercededBy SBID=\"9\"><SupercededBulletin BulletinID=\"{long_text}\"/></SupercededBy></SupercededBys>"
        ),
        1,
    );
    // Dozens of bytes are noted about each of these.
    let versions = sample_with("Version=\"5.0.2195.3649\"", &format!("AlternateVersion=\"{}\"", "x;".repeat(30_000)));
    let entities = sample_with("<Bulletins>", &format!("<Bulletin {}/><Bulletins>", "a=\"&\" ".repeat(30_000)));
    for (xml, limits, expected) in [
        (deep.as_str(), all.clone(), "nested too deeply"),
        (&articles, Limits { resolved_bytes: 20 << 20, ..all.clone() }, "grows beyond"),
        (&superseding, Limits { resolved_bytes: 20 << 20, ..all.clone() }, "grows beyond"),
        (&versions, Limits { resolved_bytes: 1 << 20, ..all.clone() }, "grows beyond"),
        (&entities, Limits { resolved_bytes: 1 << 20, ..all.clone() }, "grows beyond"),
        (&long, all.clone(), "an attribute that is too long"),
        (&comment, all.clone(), "a tag, comment or text that is too long"),
        (&many, Limits { resolved_bytes: 50 << 20, ..all.clone() }, "grows beyond"),
        (SAMPLE, Limits { elements: 10, ..all.clone() }, "more elements"),
        (SAMPLE, Limits { file_bytes: 1000, ..all }, "more bytes"),
    ] {
        let message = crate::parse(xml.as_bytes(), Path::new("test.xml"), &limits).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

/// Repeats one byte endlessly after a beginning; counts the bytes read.
struct Generated {
    beginning: &'static [u8],
    given: u64,
}

impl Read for Generated {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let taken = self.beginning.read(into)?;
        into[taken..].fill(b'a');
        self.given += into.len() as u64;
        Ok(into.len())
    }
}

/// A gigabyte and more in one tag, attribute, comment, text or instruction is rejected after the first two megabytes.
#[test]
fn a_gigabyte_of_one_tag() {
    for beginning in [
        &b"<"[..],
        b"<BulletinDatastore x=\"",
        b"<BulletinDatastore><!--",
        b"<BulletinDatastore><![CDATA[",
        b"<BulletinDatastore>",
        b"<BulletinDatastore>&",
        b"<?xml ",
        b"<!DOCTYPE ",
        b"",
    ] {
        let mut input = BufReader::new(Generated { beginning, given: 0 });
        let begun = Instant::now();
        let error = crate::parse(&mut input, Path::new("test.xml"), &Limits::default());
        assert!(error.is_err(), "{}", String::from_utf8_lossy(beginning));
        assert!(input.get_ref().given < 2 << 20, "{} bytes were taken", input.get_ref().given);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
