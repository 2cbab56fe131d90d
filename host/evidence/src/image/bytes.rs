//! Little-endian numbers from untrusted bytes: every read is bounds-checked.

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

pub(super) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// Decodes UTF-16 as Windows stores it, up to the first NUL: anything after it is a remnant of earlier data. Invalid text becomes
/// U+FFFD, and an odd last byte is ignored.
pub(super) fn utf16_text(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Seconds between 1601, the epoch of Windows file times, and 1970.
const FROM_1601_TO_1970: i64 = 11_644_473_600;

/// Converts a Windows file time (100 ns since 1601) to seconds since 1970.
pub(super) fn unix_seconds(file_time: u64) -> i64 {
    // u64 / 10^7 is below 2^41, so neither the conversion nor the subtraction can overflow.
    i64::try_from(file_time / 10_000_000).unwrap_or(i64::MAX).saturating_sub(FROM_1601_TO_1970)
}

/// Like [`unix_seconds`], but returns `None` for the two values that Windows uses for "never".
pub(super) fn unix_seconds_or_never(file_time: u64) -> Option<i64> {
    (file_time != 0 && file_time < i64::MAX as u64).then(|| unix_seconds(file_time))
}
