//! The entries of a folder, as a machine sends them.

use crate::ReadError;

pub(crate) const ATTRIBUTE_DIRECTORY: u32 = 0x10;

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    /// Whether it is a folder, or a link to one.
    pub folder: bool,
}

/// Parses a list of `FILE_DIRECTORY_INFORMATION` (MS-FSCC 2.4.10).
///
/// # Errors
///
/// If an entry does not end within the buffer.
pub fn parse_directory(buffer: &[u8]) -> Result<Vec<Listed>, ReadError> {
    const NAME: usize = 64;
    let mut names = Vec::new();
    let mut rest = buffer;
    while !rest.is_empty() {
        let short = || ReadError::bad("an entry of a folder is truncated");
        let next = u32_at(rest, 0).and_then(|next| usize::try_from(next).ok()).ok_or_else(short)?;
        let attributes = u32_at(rest, 56).ok_or_else(short)?;
        let length = u32_at(rest, 60).and_then(|length| usize::try_from(length).ok()).ok_or_else(short)?;
        let name = rest.get(NAME..).and_then(|rest| rest.get(..length)).ok_or_else(short)?;
        names.push(Listed { name: text(name), folder: attributes & ATTRIBUTE_DIRECTORY != 0 });
        if next == 0 {
            break;
        }
        if next < NAME {
            return Err(ReadError::bad("the entries of a folder overlap"));
        }
        rest = rest.get(next..).ok_or_else(short)?;
    }
    Ok(names)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn text(utf16: &[u8]) -> String {
    let (units, _) = utf16.as_chunks::<2>();
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn directory(names: &[(&str, u32)]) -> Vec<u8> {
        let mut buffer = Vec::new();
        for (index, (name, attributes)) in names.iter().enumerate() {
            let units = name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
            let size = (64 + units.len()).next_multiple_of(8);
            let mut entry = vec![0; 64];
            let next = if index + 1 == names.len() { 0 } else { size as u32 };
            entry[..4].copy_from_slice(&next.to_le_bytes());
            entry[56..60].copy_from_slice(&attributes.to_le_bytes());
            entry[60..64].copy_from_slice(&(units.len() as u32).to_le_bytes());
            entry.extend(units);
            entry.resize(size, 0);
            buffer.extend(entry);
        }
        buffer
    }

    #[test]
    fn the_names_of_a_folder_are_read_with_their_kind() {
        let listed = parse_directory(&directory(&[("a.txt", 0x20), ("Größe", 0x10), ("x", 0)])).unwrap();
        let shown = listed.iter().map(|listed| (listed.name.as_str(), listed.folder)).collect::<Vec<_>>();
        assert_eq!(shown, [("a.txt", false), ("Größe", true), ("x", false)]);
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_names_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            if let Ok(names) = parse_directory(&bytes) {
                prop_assert!(names.len() <= bytes.len() / 64 + 1);
            }
        }
    }
}
