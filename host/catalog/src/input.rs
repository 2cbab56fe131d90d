//! Opens catalogs: recognises their format by their first bytes, decompresses them, and identifies them by the digest of their bytes.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::advisory::{Document, csaf, cvrf, wesng};
use crate::ahead::read_ahead;
use crate::{Catalog, CatalogError, CatalogInfo, Limits, mssecure, xml};

/// The number of bytes that a format is recognised by. A root element comes after the XML declaration and, in files saved by hand,
/// after comments.
const HEAD: usize = 4096;

/// The contents of a file, before documents are folded.
pub(crate) enum Parsed {
    Catalog(Box<Catalog>),
    Document(Box<Document>),
}

/// The format of a file, by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Gzip,
    Zip,
    Cvrf,
    Csaf,
    /// `mssecure.xml`, or no catalog at all: its reader says why.
    Mssecure,
}

pub(crate) fn open(path: &Path, limits: &Limits) -> Result<Parsed, CatalogError> {
    let unreadable = |source| CatalogError::Unreadable { path: path.into(), source };
    let file = wardline_files::regular_file::open_also_from_a_shell(path).map_err(unreadable)?;
    parse(BufReader::with_capacity(64 << 10, file), path, limits)
}

pub(crate) fn parse(input: impl BufRead + Send, origin: &Path, limits: &Limits) -> Result<Parsed, CatalogError> {
    let mut raw = Hashed { input, hasher: Sha256::new(), bytes: 0 };
    let mut parsed = decompressed(&mut raw, origin, limits)?;
    // The digest is that of the whole file, even if the catalog in it ends earlier.
    let unreadable = |source| CatalogError::Unreadable { path: origin.into(), source };
    io::copy(&mut (&mut raw).take(limits.file_bytes), &mut io::sink()).map_err(unreadable)?;
    let digest = raw.hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let info = match &mut parsed {
        Parsed::Catalog(catalog) => &mut catalog.info,
        Parsed::Document(document) => &mut document.info,
    };
    (info.digest, info.bytes) = (digest, raw.bytes);
    Ok(parsed)
}

fn decompressed(raw: &mut (impl Read + Send), origin: &Path, limits: &Limits) -> Result<Parsed, CatalogError> {
    let unreadable = |source| CatalogError::Unreadable { path: origin.into(), source };
    let head = head(raw).map_err(unreadable)?;
    if format(&head) != Format::Gzip {
        return plain(head, raw, origin, limits);
    }
    let mut unpacked = MultiGzDecoder::new(BufReader::with_capacity(64 << 10, Cursor::new(head).chain(raw)));
    let compressed = |error: io::Error| CatalogError::Compressed { path: origin.into(), reason: error.to_string() };
    let head = self::head(&mut unpacked).map_err(compressed)?;
    if format(&head) == Format::Gzip {
        let reason = "it is compressed twice".to_owned();
        return Err(CatalogError::Compressed { path: origin.into(), reason });
    }
    plain(head, &mut unpacked, origin, limits)
}

/// Parses a catalog that is not compressed, of which `head` has been read already.
fn plain(head: Vec<u8>, rest: &mut (impl Read + Send), origin: &Path, limits: &Limits) -> Result<Parsed, CatalogError> {
    match format(&head) {
        Format::Cvrf => {
            let (text, encoding) = document_text(head, rest, origin, limits)?;
            let info = document_info("cvrf", "1.1", encoding, origin);
            cvrf::parse(&text, info, origin, limits).map(|document| Parsed::Document(Box::new(document)))
        }
        Format::Csaf => {
            let (text, encoding) = document_text(head, rest, origin, limits)?;
            let info = document_info("csaf", "", encoding, origin);
            csaf::parse(&text, info, origin, limits).map(|document| Parsed::Document(Box::new(document)))
        }
        Format::Zip => {
            let bytes = all(head, rest, origin, limits)?;
            let info = document_info("wesng", "", "UTF-8", origin);
            wesng::parse(&bytes, info, origin, limits).map(|document| Parsed::Document(Box::new(document)))
        }
        Format::Mssecure | Format::Gzip => {
            let parse = |input: &mut dyn Read| {
                let input = BufReader::with_capacity(64 << 10, input);
                mssecure::parse(input, origin, limits).map(|catalog| Parsed::Catalog(Box::new(catalog)))
            };
            // A tenth of the work is reading, hashing and unpacking the bytes.
            read_ahead(Cursor::new(head).chain(rest), parse)
        }
    }
}

/// Reads all of a document as text.
fn document_text(
    head: Vec<u8>,
    rest: &mut impl Read,
    origin: &Path,
    limits: &Limits,
) -> Result<(String, &'static str), CatalogError> {
    all(head, rest, origin, limits).map(xml::decode)
}

/// Reads all of a document.
fn all(head: Vec<u8>, rest: &mut impl Read, origin: &Path, limits: &Limits) -> Result<Vec<u8>, CatalogError> {
    let mut bytes = head;
    let mut rest = rest.take(limits.document_bytes);
    // `read_to_end` would fill all that it makes room for with zeros first.
    let mut block = vec![0; 64 << 10];
    loop {
        match rest.read(&mut block) {
            Ok(0) => break,
            Ok(taken) => bytes.extend_from_slice(block.get(..taken).unwrap_or_default()),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                    return Err(CatalogError::Compressed { path: origin.into(), reason: error.to_string() });
                }
                _ => return Err(CatalogError::Unreadable { path: origin.into(), source: error }),
            },
        }
    }
    if bytes.len() as u64 > limits.document_bytes {
        let (what, limit) = ("more bytes than allowed", limits.document_bytes);
        return Err(CatalogError::TooLarge { path: origin.into(), what, limit, line: 1 });
    }
    Ok(bytes)
}

fn document_info(format: &'static str, schema: &str, encoding: &'static str, origin: &Path) -> CatalogInfo {
    CatalogInfo {
        format,
        schema_version: schema.to_owned(),
        location: origin.display().to_string(),
        encoding,
        ..CatalogInfo::default()
    }
}

fn format(head: &[u8]) -> Format {
    if head.starts_with(&[0x1F, 0x8B]) {
        return Format::Gzip;
    }
    if head.starts_with(b"PK\x03\x04") {
        return Format::Zip;
    }
    let (text, _) = xml::decode(head.to_vec());
    match root(&text) {
        _ if text.trim_start().starts_with('{') => Format::Csaf,
        Some(cvrf::ROOT) => Format::Cvrf,
        _ => Format::Mssecure,
    }
}

/// Returns the local name of an XML file's root element, if it is in this beginning of the file.
fn root(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.get(rest.find('<')? + 1..)?;
        rest = match rest.as_bytes().first()? {
            b'?' => rest.get(rest.find("?>")? + 2..)?,
            b'!' if rest.starts_with("!--") => rest.get(rest.find("-->")? + 3..)?,
            b'!' => rest.get(rest.find('>')? + 1..)?,
            _ => {
                let name = rest.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next()?;
                return Some(name.rsplit(':').next().unwrap_or(name));
            }
        };
    }
}

/// Reads the beginning of an input.
fn head(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    input.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Hashes everything that is read through it.
struct Hashed<R> {
    input: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let taken = self.input.read(into)?;
        self.hasher.update(into.get(..taken).unwrap_or_default());
        self.bytes += taken as u64;
        Ok(taken)
    }
}
