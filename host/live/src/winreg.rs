//! The calls of the remote registry protocol (MS-RRP) as NDR32: parameters written, results parsed.
//!
//! Results come from the machine and are untrusted: every size is checked against the bytes that are there.

use crate::ReadError;
use crate::ndr::{Handle, Reader, Writer, outcome, successful};
use crate::status::win32;

pub use crate::ndr::parse_handle;

/// The interface `winreg`, 338cd001-2244-31f1-aaaa-900038001003 version 1.0.
pub(crate) const INTERFACE: [u8; 20] =
    [0x01, 0xd0, 0x8c, 0x33, 0x44, 0x22, 0xf1, 0x31, 0xaa, 0xaa, 0x90, 0x00, 0x38, 0x00, 0x10, 0x03, 1, 0, 0, 0];

/// The numbers of the calls.
pub(crate) mod function {
    pub(crate) const OPEN_LOCAL_MACHINE: u16 = 2;
    pub(crate) const OPEN_USERS: u16 = 4;
    pub(crate) const CLOSE_KEY: u16 = 5;
    pub(crate) const ENUM_KEY: u16 = 9;
    pub(crate) const ENUM_VALUE: u16 = 10;
    pub(crate) const GET_KEY_SECURITY: u16 = 12;
    pub(crate) const OPEN_KEY: u16 = 15;
    pub(crate) const QUERY_INFO_KEY: u16 = 16;
    pub(crate) const QUERY_VALUE: u16 = 17;
}

/// `KEY_READ`: values, subkeys, notifications and the security descriptor.
const KEY_READ: u32 = 0x0002_0019;
/// `KEY_WOW64_64KEY`: a 32-bit server process must not see the 32-bit half of the registry.
const KEY_WOW64_64KEY: u32 = 0x0000_0100;
const REG_OPTION_BACKUP_RESTORE: u32 = 4;
const OWNER_GROUP_AND_DACL: u32 = 0x7;

/// The room for a subkey's name and for a value's, in UTF-16 units: Windows' limits and a NUL.
const SUBKEY_NAME: u32 = 256;
const VALUE_NAME: u32 = 16_384;
/// The room for a key's class name. The machine's own key for encrypting accounts is in class names of 8 characters.
const CLASS_NAME: u32 = 1024;

/// The largest data of a value that is read, in bytes.
pub const MAX_DATA: u32 = 1 << 20;
/// The largest security descriptor that is read, in bytes.
pub(crate) const MAX_SECURITY: u32 = 65_536;

/// A value as enumerated or queried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawValue {
    /// Its name; empty when it was queried by name.
    pub name: String,
    /// Its type, such as 1 for `REG_SZ`.
    pub kind: u32,
    pub data: Vec<u8>,
    /// The size of the data in bytes, which may be larger than what was asked for.
    pub size: u32,
}

/// The results of `BaseRegQueryInfoKey`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawInfo {
    pub class: String,
    pub subkeys: u32,
    pub values: u32,
    /// In bytes; not trusted, only a hint.
    pub longest_data: u32,
    /// In 100 ns since 1601.
    pub last_written: u64,
}

/// Adds the type, the data with room for `size` bytes, and both sizes, as `BaseRegEnumValue` and `BaseRegQueryValue` have them.
fn data_room(writer: &mut Writer, size: u32) -> Vec<u8> {
    writer.pointer().u32(0);
    writer.pointer().u32(size).u32(0).u32(0);
    writer.pointer().u32(size);
    writer.pointer().u32(0).done()
}

pub(crate) fn open_root() -> Vec<u8> {
    // No server's name.
    Writer::new().u32(0).u32(KEY_READ | KEY_WOW64_64KEY).done()
}

/// Opens a subkey, with the rights of an administrator who makes a backup if `as_backup`.
pub(crate) fn open_key(parent: &Handle, path: &str, as_backup: bool) -> Result<Vec<u8>, ReadError> {
    let options = if as_backup { REG_OPTION_BACKUP_RESTORE } else { 0 };
    Ok(Writer::with_handle(parent).text(path)?.u32(options).u32(KEY_READ | KEY_WOW64_64KEY).done())
}

pub(crate) fn only_key(key: &Handle) -> Vec<u8> {
    key.to_vec()
}

pub(crate) fn query_info(key: &Handle) -> Vec<u8> {
    let mut writer = Writer::with_handle(key);
    // Room for the class name. Samba takes it for a string and needs its NUL.
    let bytes = CLASS_NAME * 2;
    writer.u16(2).u16(u16::try_from(bytes).unwrap_or(u16::MAX)).pointer().u32(CLASS_NAME).u32(0).u32(1).u16(0).done()
}

pub(crate) fn enum_key(key: &Handle, index: u32) -> Vec<u8> {
    Writer::with_handle(key).u32(index).room(SUBKEY_NAME).pointer().room(CLASS_NAME).u32(0).done()
}

pub(crate) fn enum_value(key: &Handle, index: u32, size: u32) -> Vec<u8> {
    data_room(Writer::with_handle(key).u32(index).room(VALUE_NAME), size)
}

pub(crate) fn query_value(key: &Handle, name: &str, size: u32) -> Result<Vec<u8>, ReadError> {
    Ok(data_room(Writer::with_handle(key).text(name)?, size))
}

pub(crate) fn get_security(key: &Handle) -> Vec<u8> {
    Writer::with_handle(key)
        .u32(OWNER_GROUP_AND_DACL)
        .pointer()
        .u32(MAX_SECURITY)
        .u32(0)
        // The room for the descriptor: its size, and an empty range of it.
        .u32(MAX_SECURITY)
        .u32(0)
        .u32(0)
        .done()
}

/// The four pointers after a value's name.
fn value(reader: &mut Reader<'_>, name: String) -> Result<RawValue, ReadError> {
    let kind = reader.optional_u32()?.unwrap_or_default();
    let data = if reader.u32()? == 0 { &[] } else { reader.array(1)? };
    let size = reader.optional_u32()?.unwrap_or_default();
    let _length = reader.optional_u32()?;
    Ok(RawValue { name, kind, data: data.to_vec(), size })
}

/// Parses the results of `BaseRegQueryInfoKey`.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_info(results: &[u8]) -> Result<RawInfo, ReadError> {
    let mut reader = successful(results)?;
    let class = reader.text()?;
    let subkeys = reader.u32()?;
    let _longest_subkey = reader.u32()?;
    let _longest_class = reader.u32()?;
    let values = reader.u32()?;
    let _longest_name = reader.u32()?;
    let longest_data = reader.u32()?;
    let _security = reader.u32()?;
    Ok(RawInfo { class, subkeys, values, longest_data, last_written: reader.u64()? })
}

/// Parses the results of `BaseRegEnumKey`: the name of a subkey, or `None` after the last.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_subkey(results: &[u8]) -> Result<Option<String>, ReadError> {
    match outcome(results)? {
        (_, win32::NO_MORE_ITEMS) => Ok(None),
        _ => successful(results)?.text().map(Some),
    }
}

/// Parses the results of `BaseRegEnumValue`: a value, or `None` after the last.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_enumerated(results: &[u8]) -> Result<Option<RawValue>, ReadError> {
    match outcome(results)? {
        (_, win32::NO_MORE_ITEMS) => Ok(None),
        _ => {
            let mut reader = successful(results)?;
            let name = reader.text()?;
            value(&mut reader, name).map(Some)
        }
    }
}

/// The answer to `BaseRegQueryValue`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queried {
    Absent,
    Value(RawValue),
    /// The data has this many bytes, more than there was room for.
    Larger(u32),
}

/// Parses the results of `BaseRegQueryValue`.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_queried(results: &[u8]) -> Result<Queried, ReadError> {
    match outcome(results)? {
        (rest, win32::SUCCESS) => value(&mut Reader::new(rest), String::new()).map(Queried::Value),
        (_, win32::FILE_NOT_FOUND) => Ok(Queried::Absent),
        (rest, win32::MORE_DATA) => Ok(Queried::Larger(value(&mut Reader::new(rest), String::new())?.size)),
        (_, code) => Err(ReadError::Win32(code)),
    }
}

/// Parses the results of `BaseRegGetKeySecurity`: a self-relative security descriptor.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_security(results: &[u8]) -> Result<Vec<u8>, ReadError> {
    let mut reader = successful(results)?;
    let pointer = reader.u32()?;
    let _room = reader.u32()?;
    let _length = reader.u32()?;
    if pointer == 0 {
        return Err(ReadError::bad("expected a security descriptor"));
    }
    Ok(reader.array(1)?.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rpc::MAX_NAME;

    fn results(write: impl FnOnce(&mut Writer), code: u32) -> Vec<u8> {
        let mut writer = Writer::new();
        write(&mut writer);
        writer.u32(code).done()
    }

    fn with_data(writer: &mut Writer, kind: u32, data: &[u8]) {
        let size = data.len() as u32;
        writer.pointer().u32(kind).pointer().u32(size).u32(0).u32(size);
        writer.bytes(data);
        writer.pointer().u32(size).pointer().u32(size);
    }

    #[test]
    fn names_are_read_without_their_nul() {
        let named = results(
            |writer| {
                writer.text("Größe").unwrap();
            },
            0,
        );
        assert_eq!(parse_subkey(&named), Ok(Some("Größe".to_owned())));
        assert_eq!(parse_subkey(&results(|_| (), win32::NO_MORE_ITEMS)), Ok(None));
        assert_eq!(parse_subkey(&results(|_| (), 5)), Err(ReadError::Win32(5)));
    }

    #[test]
    fn values_are_read_with_type_and_data() {
        let enumerated = results(
            |writer| {
                writer.text("abc").unwrap();
                with_data(writer, 4, &[1, 2, 3]);
            },
            0,
        );
        let expected = RawValue { name: "abc".to_owned(), kind: 4, data: vec![1, 2, 3], size: 3 };
        assert_eq!(parse_enumerated(&enumerated), Ok(Some(expected)));
        let queried = results(|writer| with_data(writer, 1, b"a\0"), 0);
        let expected = RawValue { name: String::new(), kind: 1, data: b"a\0".to_vec(), size: 2 };
        assert_eq!(parse_queried(&queried), Ok(Queried::Value(expected)));
        assert_eq!(parse_queried(&results(|writer| with_data(writer, 1, &[]), 2)), Ok(Queried::Absent));
        let larger = |writer: &mut Writer| {
            writer.pointer().u32(1).u32(0).pointer().u32(9000).pointer().u32(0);
        };
        assert_eq!(parse_queried(&results(larger, win32::MORE_DATA)), Ok(Queried::Larger(9000)));
    }

    #[test]
    fn an_array_that_contradicts_itself_is_an_error() {
        for (most, offset, count) in [(2, 0, 3), (4, 1, 3), (u32::MAX, 0, u32::MAX)] {
            let write = |writer: &mut Writer| {
                writer.pointer().u32(1).pointer().u32(most).u32(offset).u32(count);
                writer.bytes(&[0; 4]);
            };
            assert!(
                matches!(parse_queried(&results(write, 0)), Err(ReadError::BadReply(_))),
                "{most} {offset} {count}"
            );
        }
    }

    #[test]
    fn a_long_name_is_not_asked_for() {
        assert!(open_key(&[0; 20], &"x".repeat(MAX_NAME), true).is_err());
        assert!(open_key(&[0; 20], &"x".repeat(MAX_NAME - 1), true).is_ok());
    }

    proptest! {
        #[test]
        fn any_results_end_in_a_fact_or_an_error(mut bytes in proptest::collection::vec(any::<u8>(), 0..160), well: bool) {
            // Most calls succeed.
            if well {
                bytes.extend([0; 4]);
            }
            let length = bytes.len();
            let _ = parse_handle(&bytes);
            let _ = parse_info(&bytes);
            let _ = parse_subkey(&bytes);
            if let Ok(Some(value)) = parse_enumerated(&bytes) {
                prop_assert!(value.data.len() + value.name.len() <= 3 * length);
            }
            if let Ok(Queried::Value(value)) = parse_queried(&bytes) {
                prop_assert!(value.data.len() <= length);
            }
            if let Ok(descriptor) = parse_security(&bytes) {
                prop_assert!(descriptor.len() <= length);
            }
        }
    }
}
