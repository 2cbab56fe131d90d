//! The text of a catalog, a piece at a time: counts the bytes, decodes them to UTF-8, and stops when there are too many.
//!
//! What is read stays in memory until [`Source::advance`] passes over it, so whoever reads on for the end of one tag has to bound that.

use std::io::{self, BufRead, Read};

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use thiserror::Error;

/// The number of bytes used to detect the encoding. The XML declaration is at the very beginning.
const HEAD: usize = 1024;
/// The number of bytes decoded at a time.
const CHUNK: usize = 32 * 1024;

/// The reason for which nothing more is read.
#[derive(Debug, Error)]
pub(super) enum SourceError {
    #[error("more bytes than allowed")]
    TooLarge,
    #[error(transparent)]
    Io(#[from] io::Error),
}

pub(super) struct Source<R> {
    input: R,
    bytes: u64,
    max_bytes: u64,
    /// `None` until the head has been read.
    decoder: Option<Decoder>,
    text: String,
    /// The offset in `text` of the first byte that has not been passed.
    at: usize,
    /// The number of bytes of text before `text`.
    before: u64,
    ended: bool,
    line: u32,
    /// The offset in `text` up to which lines have been counted.
    counted: usize,
    guessed: u64,
}

/// How the bytes were read, known once all of them have been.
pub(crate) struct Fingerprint {
    pub(crate) encoding: &'static str,
    /// The number of bytes that are not valid UTF-8 and were read as Windows-1252.
    pub(crate) guessed: u64,
}

impl<R: BufRead> Source<R> {
    pub(super) fn new(input: R, max_bytes: u64) -> Self {
        Self {
            input,
            bytes: 0,
            max_bytes,
            decoder: None,
            text: String::new(),
            at: 0,
            before: 0,
            ended: false,
            line: 1,
            counted: 0,
            guessed: 0,
        }
    }

    /// The text that has been read and not been passed.
    pub(super) fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Passes over the beginning of the rest.
    pub(super) fn advance(&mut self, length: usize) {
        self.at = self.at.saturating_add(length).min(self.text.len());
    }

    /// The offset of the rest's first byte in the text.
    pub(super) fn position(&self) -> u64 {
        self.before + self.at as u64
    }

    /// The line of the rest's first byte, counted from 1.
    pub(super) fn line(&mut self) -> u32 {
        let passed = self.text.as_bytes().get(self.counted..self.at).unwrap_or_default();
        self.line = self.line.saturating_add(line_feeds(passed));
        self.counted = self.at;
        self.line
    }

    /// The number of bytes read from the input.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn finish(self) -> Fingerprint {
        let encoding = self.decoder.as_ref().map_or(UTF_8.name(), Decoder::name);
        Fingerprint { encoding, guessed: self.guessed }
    }

    /// Makes the rest longer, to `length` bytes if the text has as many. Returns `false` if nothing follows it.
    pub(super) fn extend_to(&mut self, length: usize) -> Result<bool, SourceError> {
        let known = self.rest().len();
        self.line();
        self.text.drain(..self.at);
        self.before += self.at as u64;
        (self.at, self.counted) = (0, 0);
        while self.text.len() <= known || (self.text.len() < length && !self.ended) {
            if self.ended {
                return Ok(false);
            }
            match self.decode_more() {
                Err(SourceError::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                done => done?,
            }
        }
        Ok(true)
    }

    /// Decodes at most [`CHUNK`] bytes of input.
    fn decode_more(&mut self) -> Result<(), SourceError> {
        let Some(decoder) = &mut self.decoder else { return self.begin() };
        let available = self.input.fill_buf()?;
        let chunk = available.get(..CHUNK).unwrap_or(available);
        self.ended = chunk.is_empty();
        self.guessed += decoder.decode(chunk, self.ended, &mut self.text);
        let taken = chunk.len();
        self.input.consume(taken);
        self.count(taken)
    }

    /// Detects the encoding, and decodes the bytes that were needed for it.
    fn begin(&mut self) -> Result<(), SourceError> {
        let mut head = Vec::with_capacity(HEAD);
        (&mut self.input).take(HEAD as u64).read_to_end(&mut head)?;
        let (mut decoder, mark) = Decoder::for_head(&head);
        self.ended = head.is_empty();
        self.guessed += decoder.decode(head.get(mark..).unwrap_or_default(), self.ended, &mut self.text);
        self.decoder = Some(decoder);
        self.count(head.len())
    }

    fn count(&mut self, taken: usize) -> Result<(), SourceError> {
        self.bytes += taken as u64;
        if self.bytes > self.max_bytes { Err(SourceError::TooLarge) } else { Ok(()) }
    }
}

/// Counts the line feeds in the few bytes from one tag to the next: as bytes, of which many are added at once.
fn line_feeds(bytes: &[u8]) -> u32 {
    let few = bytes.chunks(usize::from(u8::MAX));
    few.map(|few| u32::from(few.iter().fold(0u8, |count, byte| count + u8::from(*byte == b'\n')))).sum()
}

/// Returns all of a text as UTF-8, as [`Source`] would, and the name of the encoding.
pub(crate) fn decode(bytes: Vec<u8>) -> (String, &'static str) {
    let (mut decoder, mark) = Decoder::for_head(bytes.get(..HEAD).unwrap_or(&bytes));
    let name = decoder.name();
    if mark == 0 && matches!(decoder, Decoder::Utf8 { .. }) {
        return match String::from_utf8(bytes) {
            Ok(text) => (text, name),
            Err(error) => (decoder.decode_all(error.as_bytes()), name),
        };
    }
    (decoder.decode_all(bytes.get(mark..).unwrap_or_default()), name)
}

enum Decoder {
    /// Declared as UTF-8, or not declared. The tools that wrote catalogs did not always conform: a byte that is not valid UTF-8 is
    /// read as Windows-1252, so that no row is lost because of a trademark sign.
    Utf8 {
        pending: Vec<u8>,
    },
    Declared(Box<encoding_rs::Decoder>),
}

impl Decoder {
    /// Returns the decoder for a file that begins with `head`, and the length of its byte order mark.
    fn for_head(head: &[u8]) -> (Self, usize) {
        let declared =
            |encoding: &'static Encoding| Self::Declared(Box::new(encoding.new_decoder_without_bom_handling()));
        if let Some((encoding, mark)) = Encoding::for_bom(head) {
            return if encoding == UTF_8 {
                (Self::Utf8 { pending: Vec::new() }, mark)
            } else {
                (declared(encoding), mark)
            };
        }
        match head {
            [b'<', 0, ..] => return (declared(UTF_16LE), 0),
            [0, b'<', ..] => return (declared(UTF_16BE), 0),
            _ => {}
        }
        // The declaration was readable as ASCII, so the encoding is a superset of it, whatever the declaration says.
        match declared_label(head).and_then(Encoding::for_label) {
            Some(encoding) if encoding.is_ascii_compatible() && encoding != UTF_8 && encoding != REPLACEMENT => {
                (declared(encoding), 0)
            }
            _ => (Self::Utf8 { pending: Vec::new() }, 0),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Utf8 { .. } => UTF_8.name(),
            Self::Declared(decoder) => decoder.encoding().name(),
        }
    }

    fn decode_all(&mut self, raw: &[u8]) -> String {
        let mut out = String::with_capacity(raw.len());
        self.decode(raw, true, &mut out);
        out
    }

    /// Appends `raw` as UTF-8 and returns the number of bytes that had to be guessed.
    fn decode(&mut self, raw: &[u8], last: bool, out: &mut String) -> u64 {
        match self {
            Self::Utf8 { pending } if pending.is_empty() => decode_utf8(raw, last, pending, out),
            Self::Utf8 { pending } => {
                let mut joined = std::mem::take(pending);
                joined.extend_from_slice(raw);
                decode_utf8(&joined, last, pending, out)
            }
            Self::Declared(decoder) => {
                out.reserve(decoder.max_utf8_buffer_length(raw.len()).unwrap_or(raw.len()));
                // The result is always `InputEmpty`, because the buffer is large enough.
                let _ = decoder.decode_to_string(raw, out, last);
                0
            }
        }
    }
}

/// Returns the `encoding` of an XML declaration.
fn declared_label(head: &[u8]) -> Option<&[u8]> {
    if !head.starts_with(b"<?xml") {
        return None;
    }
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let declaration = head.get(..end)?;
    let name = b"encoding";
    let at = declaration.windows(name.len()).position(|word| word == name)?;
    let rest = declaration.get(at + name.len()..)?;
    let open = rest.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
    let quote = rest.get(open)?;
    let value = rest.get(open + 1..)?;
    let close = value.iter().position(|byte| byte == quote)?;
    value.get(..close)
}

fn decode_utf8(mut raw: &[u8], last: bool, pending: &mut Vec<u8>, out: &mut String) -> u64 {
    let mut guessed = 0;
    loop {
        match std::str::from_utf8(raw) {
            Ok(text) => {
                out.push_str(text);
                return guessed;
            }
            Err(error) => {
                let (valid, rest) = raw.split_at(error.valid_up_to());
                out.push_str(std::str::from_utf8(valid).unwrap_or_default());
                let bad = match error.error_len() {
                    None if !last => {
                        pending.extend_from_slice(rest);
                        return guessed;
                    }
                    None => rest.len(),
                    Some(length) => length,
                };
                let (bad, rest) = rest.split_at(bad);
                let (text, _) = WINDOWS_1252.decode_without_bom_handling(bad);
                out.push_str(&text);
                guessed += bad.len() as u64;
                raw = rest;
            }
        }
    }
}
