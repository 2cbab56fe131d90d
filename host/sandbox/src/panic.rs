//! The message of a panic, read from the memory of the instance that trapped.
//!
//! A plugin imports nothing, so it cannot print why it panicked: all that reaches the host is an `unreachable` instruction. The
//! SDK's panic hook leaves the message in linear memory as a record: [`MARK`], the length of the text in bytes as a little-endian
//! `u32`, and the text, `src/lib.rs:40:9: index out of bounds`, in UTF-8.

use memchr::memmem;
use wardline_contract::Escaped;
use wasmtime::{AsContext, WasmCoreDump};

const MARK: &[u8] = b"wardline-panic:1";

/// The maximum length of a message in bytes.
const LONGEST: usize = 4096;

/// The maximum number of marks looked at. A program that uses the hook has two: its constant and the record.
const MAX_MARKS: usize = 16;

/// Returns the message that a panic left in the instance that `error` ended, on one line and escaped. Returns `None` if there is
/// none, or if the engine takes no core dumps.
pub(super) fn message(error: &wasmtime::Error, store: impl AsContext) -> Option<String> {
    let dump = error.downcast_ref::<WasmCoreDump>()?;
    let text = dump.memories().iter().find_map(|memory| record(memory.data(&store)))?;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Escaped(&line).to_string())
}

/// Returns the text of the first whole record. The memory is untrusted.
fn record(memory: &[u8]) -> Option<&str> {
    memmem::find_iter(memory, MARK).take(MAX_MARKS).find_map(|at| {
        let (length, rest) = memory.get(at + MARK.len()..)?.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let text = rest.get(..length).filter(|_| (1..=LONGEST).contains(&length))?;
        std::str::from_utf8(text).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(length: u32, text: &[u8]) -> Vec<u8> {
        [b"before", MARK, &length.to_le_bytes(), text].concat()
    }

    #[test]
    fn only_whole_records_of_text_are_read() {
        assert_eq!(record(&memory(5, b"a:1:2 and more")), Some("a:1:2"));
        let constant_first = [memory(0x6f77_6565, b"ks"), memory(5, b"a:1:2")].concat();
        assert_eq!(record(&constant_first), Some("a:1:2"));
        let longest = [b'x'; LONGEST + 1];
        assert_eq!(record(&memory(LONGEST as u32, &longest)).map(str::len), Some(LONGEST));
        for nothing in [
            b"no record".to_vec(),
            MARK.to_vec(),
            [MARK, b"\x01\0\0"].concat(),
            memory(0, b"empty"),
            memory(6, b"short"),
            memory(u32::MAX, b"huge"),
            memory(LONGEST as u32 + 1, &longest),
            memory(2, b"\xff\xfe"),
            [memory(0, b"").repeat(MAX_MARKS), memory(5, b"a:1:2")].concat(),
        ] {
            assert_eq!(record(&nothing), None);
        }
    }
}
