//! Registry data in the types that Windows reads.

use crate::contract::exports::wardline::check::types::RegistryData;

/// Typed access to registry data.
///
/// A program that looks for a `REG_DWORD` does not find a 2 in the text `2`, in a `REG_QWORD` or in four bytes of
/// `REG_BINARY`: `RegGetValue` and `RtlQueryRegistryValues` refuse data of another type than the one requested, and so do
/// most readers in Windows. A check therefore names the type that the value is documented to have, and nothing is converted.
/// Data of another type count neither as the value nor as its absence; [`instead_of`](RegistryDataExt::instead_of) describes
/// them.
///
/// ```
/// # use wardline_plugin::prelude::*;
/// assert_eq!(RegistryData::Dword(2).as_dword(), Some(2));
/// assert_eq!(RegistryData::Text("2".into()).as_dword(), None);
/// assert_eq!(RegistryData::Text("2".into()).instead_of("REG_DWORD"), "a string (REG_SZ) instead of a REG_DWORD");
/// ```
pub trait RegistryDataExt {
    /// The number of a four-byte `REG_DWORD`. `None` for a `REG_DWORD_BIG_ENDIAN`, whose bytes are in the opposite order.
    fn as_dword(&self) -> Option<u32>;

    /// The text of a `REG_SZ` or `REG_EXPAND_SZ`, which `RegGetValue` (`RRF_RT_REG_SZ`) accepts interchangeably.
    fn as_text(&self) -> Option<&str>;

    /// The lines of a `REG_MULTI_SZ`.
    fn as_multi_text(&self) -> Option<&[String]>;

    /// Describes the data for a sentence about a value of the wrong type: `a string (REG_SZ) instead of a REG_DWORD`.
    fn instead_of(&self, expected: &str) -> String;
}

impl RegistryDataExt for RegistryData {
    fn as_dword(&self) -> Option<u32> {
        match self {
            RegistryData::Dword(number) => Some(*number),
            _ => None,
        }
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            RegistryData::Text(text) | RegistryData::ExpandText(text) => Some(text),
            _ => None,
        }
    }

    fn as_multi_text(&self) -> Option<&[String]> {
        match self {
            RegistryData::MultiText(lines) => Some(lines),
            _ => None,
        }
    }

    fn instead_of(&self, expected: &str) -> String {
        let found = match self {
            RegistryData::None => "data without a type (REG_NONE)".to_owned(),
            RegistryData::Text(_) => "a string (REG_SZ)".to_owned(),
            RegistryData::ExpandText(_) => "a string (REG_EXPAND_SZ)".to_owned(),
            RegistryData::MultiText(_) => "a list of strings (REG_MULTI_SZ)".to_owned(),
            RegistryData::Dword(_) => "a number (REG_DWORD)".to_owned(),
            RegistryData::Qword(_) => "a 64-bit number (REG_QWORD)".to_owned(),
            // A number of the wrong size is passed on as its bytes, so the type is not named.
            RegistryData::Binary(bytes) if bytes.len() == 1 => "1 byte".to_owned(),
            RegistryData::Binary(bytes) => format!("{} bytes", bytes.len()),
            RegistryData::Other(5) => "a big-endian number (REG_DWORD_BIG_ENDIAN)".to_owned(),
            RegistryData::Other(kind) => format!("data of type {kind}"),
        };
        format!("{found} instead of a {expected}")
    }
}
