//! The parameters and results of remote calls in NDR32 (C706, chapter 14; MS-RPCE).

use crate::ReadError;
use crate::rpc::MAX_NAME;
use crate::status::win32;

/// An object open on the machine, as it calls it: a key, a service.
pub(crate) type Handle = [u8; 20];

/// Parameters being written.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new() -> Writer {
        Writer(Vec::new())
    }

    pub(crate) fn with_handle(handle: &Handle) -> Writer {
        Writer(handle.to_vec())
    }

    pub(crate) fn u16(&mut self, number: u16) -> &mut Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    pub(crate) fn align(&mut self) -> &mut Self {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub(crate) fn u32(&mut self, number: u32) -> &mut Self {
        self.align().0.extend(number.to_le_bytes());
        self
    }

    /// A pointer that is not null; what it points to follows.
    pub(crate) fn pointer(&mut self) -> &mut Self {
        self.u32(0x0002_0000)
    }

    /// An `RPC_UNICODE_STRING` with a text and its NUL.
    pub(crate) fn text(&mut self, text: &str) -> Result<&mut Self, ReadError> {
        let units = text.encode_utf16().chain([0]).collect::<Vec<_>>();
        if units.len() > MAX_NAME {
            return Err(ReadError::LongName { limit: MAX_NAME });
        }
        let bytes = u16::try_from(units.len() * 2).map_err(|_| ReadError::LongName { limit: MAX_NAME })?;
        self.align().u16(bytes).u16(bytes).pointer();
        self.u32(u32::from(bytes / 2)).u32(0).u32(u32::from(bytes / 2));
        self.0.extend(units.into_iter().flat_map(u16::to_le_bytes));
        Ok(self)
    }

    /// A text with its NUL, as a conformant and varying array of characters.
    pub(crate) fn string(&mut self, text: &str) -> Result<&mut Self, ReadError> {
        let units = text.encode_utf16().chain([0]).collect::<Vec<_>>();
        let count = u32::try_from(units.len()).ok().filter(|_| units.len() <= MAX_NAME);
        let count = count.ok_or(ReadError::LongName { limit: MAX_NAME })?;
        self.u32(count).u32(0).u32(count);
        self.0.extend(units.into_iter().flat_map(u16::to_le_bytes));
        Ok(self)
    }

    /// An `RPC_UNICODE_STRING` with a text that no NUL ends.
    pub(crate) fn text_without_nul(&mut self, text: &str) -> Result<&mut Self, ReadError> {
        let units = text.encode_utf16().collect::<Vec<_>>();
        let count = u16::try_from(units.len()).ok().filter(|_| units.len() <= MAX_NAME);
        let count = count.ok_or(ReadError::LongName { limit: MAX_NAME })?;
        self.align().u16(count * 2).u16(count * 2).pointer();
        self.u32(count.into()).u32(0).u32(count.into());
        self.0.extend(units.into_iter().flat_map(u16::to_le_bytes));
        Ok(self)
    }

    /// An empty `RPC_UNICODE_STRING` with room for a text of this many units.
    pub(crate) fn room(&mut self, units: u32) -> &mut Self {
        let bytes = u16::try_from(units.saturating_mul(2)).unwrap_or(u16::MAX);
        self.align().u16(0).u16(bytes).pointer().u32(units).u32(0).u32(0)
    }

    /// Adds bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend(bytes);
        self
    }

    pub(crate) fn done(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

/// Results being parsed.
pub(crate) struct Reader<'r> {
    results: &'r [u8],
    at: usize,
}

impl<'r> Reader<'r> {
    pub(crate) fn new(results: &'r [u8]) -> Reader<'r> {
        Reader { results, at: 0 }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'r [u8], ReadError> {
        let bytes = self.results.get(self.at..).and_then(|rest| rest.get(..count));
        let bytes = bytes.ok_or_else(|| ReadError::bad("the results of a call are truncated"))?;
        self.at += count;
        Ok(bytes)
    }

    pub(crate) fn align(&mut self) {
        self.at = self.at.next_multiple_of(4);
    }

    pub(crate) fn u16(&mut self) -> Result<u16, ReadError> {
        let bytes = self.bytes(2)?;
        Ok(bytes.first_chunk().map(|bytes| u16::from_le_bytes(*bytes)).unwrap_or_default())
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ReadError> {
        self.align();
        let bytes = self.bytes(4)?;
        Ok(bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).unwrap_or_default())
    }

    pub(crate) fn u64(&mut self) -> Result<u64, ReadError> {
        // The two halves of a FILETIME.
        Ok(u64::from(self.u32()?) | u64::from(self.u32()?) << 32)
    }

    pub(crate) fn optional_u32(&mut self) -> Result<Option<u32>, ReadError> {
        if self.u32()? == 0 { Ok(None) } else { self.u32().map(Some) }
    }

    /// A conformant and varying array, with elements of `size` bytes.
    pub(crate) fn array(&mut self, size: usize) -> Result<&'r [u8], ReadError> {
        let (most, offset, count) = (self.u32()?, self.u32()?, self.u32()?);
        if offset != 0 || count > most {
            return Err(ReadError::bad("an array of a call's results contradicts itself"));
        }
        let count = usize::try_from(count).ok().and_then(|count| count.checked_mul(size));
        self.bytes(count.ok_or_else(|| ReadError::bad("an array of a call's results is too large"))?)
    }

    /// An `RPC_UNICODE_STRING`, without the NUL that ends it.
    pub(crate) fn text(&mut self) -> Result<String, ReadError> {
        let head = self.text_head()?;
        self.text_body(head)
    }

    /// The beginning of an `RPC_UNICODE_STRING`, as it is in a structure: the length of its text in bytes, if it has one. The text
    /// follows after the structure.
    pub(crate) fn text_head(&mut self) -> Result<Option<usize>, ReadError> {
        self.align();
        let length = usize::from(self.u16()?);
        let _room = self.u16()?;
        Ok((self.u32()? != 0).then_some(length))
    }

    /// The text for the beginning of an `RPC_UNICODE_STRING`.
    pub(crate) fn text_body(&mut self, head: Option<usize>) -> Result<String, ReadError> {
        let Some(length) = head else { return Ok(String::new()) };
        let units = self.array(2)?;
        let units = units.get(..length.min(units.len())).unwrap_or_default();
        let (units, _) = units.as_chunks::<2>();
        let units = units.strip_suffix(&[[0, 0]]).unwrap_or(units);
        let characters = char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)));
        Ok(characters.map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }
}

/// Splits the error code from the end of a call's results.
///
/// # Errors
///
/// If the results are too short to have one.
pub(crate) fn outcome(results: &[u8]) -> Result<(&[u8], u32), ReadError> {
    let (rest, code) =
        results.split_last_chunk().ok_or_else(|| ReadError::bad("the results of a call are truncated"))?;
    Ok((rest, u32::from_le_bytes(*code)))
}

/// Like [`outcome`], where only success will do.
pub(crate) fn successful(results: &[u8]) -> Result<Reader<'_>, ReadError> {
    match outcome(results)? {
        (rest, win32::SUCCESS) => Ok(Reader::new(rest)),
        (_, code) => Err(ReadError::Win32(code)),
    }
}

/// Parses the handle that opening something returns.
///
/// # Errors
///
/// If it was not opened.
pub fn parse_handle(results: &[u8]) -> Result<[u8; 20], ReadError> {
    let handle = successful(results)?.bytes(20)?;
    handle.try_into().map_err(|_| ReadError::bad("expected a handle"))
}
