//! Standard output in the encoding that was asked for.

use std::io::{BufWriter, Write, stdout};

/// Standard output, in UTF-8 or in UTF-16 with a byte order mark.
pub(super) struct Output(Box<dyn Write>, Encoding);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    /// Little-endian, as Windows writes it. `false` until the mark is written.
    Utf16(bool),
}

impl Output {
    pub(super) fn stdout(unicode: bool) -> Self {
        Output(Box::new(BufWriter::new(stdout())), if unicode { Encoding::Utf16(false) } else { Encoding::Utf8 })
    }

    pub(super) fn write(&mut self, text: &str) -> std::io::Result<()> {
        let Encoding::Utf16(is_marked) = self.1 else { return self.0.write_all(text.as_bytes()) };
        self.1 = Encoding::Utf16(true);
        let mark = if is_marked { None } else { Some(0xfeff) };
        let bytes: Vec<u8> = mark.into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        self.0.write_all(&bytes)
    }

    pub(super) fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}
