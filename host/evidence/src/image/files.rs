//! Files and folders: versions and checksums, directory listings, ranges of text.

use std::ops::ControlFlow;

use wardline_contract::{Deadline, DirectoryEntry, DirectoryInfo, FileInfo, FileVersion, TextInfo};
use wardline_pe::{self as pe, Executable};
use wardline_regf::ReadAt as _;

use super::failure::{Failure, Found};
use super::names;
use super::paths::Places;
use super::registry::Registry;
use super::storage::{Files, Place};
use super::system;

/// Limits of a directory listing.
const MAX_ENTRIES: usize = 16_384;
const MAX_ENTRY_BYTES: usize = 1 << 20;

/// The longest text that one question may ask for, in bytes.
const MAX_TEXT: u32 = 65_536;

/// The extensions of executables.
const EXECUTABLE_EXTENSIONS: [&str; 10] = ["exe", "dll", "sys", "ocx", "drv", "cpl", "scr", "ax", "acm", "mui"];

/// Folders below the Windows folder whose files hold accounts' hashes and secrets.
const SECRET_FOLDERS: [&[&str]; 3] = [&["system32", "config"], &["repair"], &["ntds"]];

/// The signatures of a hive, and of the accounts' database of a domain controller.
const HIVE_SIGNATURE: &[u8] = b"regf";
const DATABASE_SIGNATURE: &[u8] = &[0xef, 0xcd, 0xab, 0x89];
const DATABASE_SIGNATURE_AT: usize = 4;

pub(super) fn file(
    files: &Files,
    registry: &Registry,
    places: &Places,
    path: &str,
    with_checksum: bool,
    deadline: Deadline,
) -> Found<FileInfo> {
    let place = files.find_file(&places.resolve(path)?)?;
    let about_path = |error: pe::Error| match error {
        pe::Error::Io(error) if Deadline::is_passed(&error) => Failure::OutOfTime,
        error => Failure::Unreadable(format!("{path}: {error}")),
    };
    let mut executable =
        Executable::open(deadline.reading(files.open_file(&place)?.into_cursor())).map_err(about_path)?;
    let languages = match executable.version_depends_on_language().map_err(about_path)? {
        true => system::languages(registry)?,
        false => Vec::new(),
    };
    let resource = executable.version(&languages).map_err(about_path)?;
    let is_blank = executable.format() == pe::Format::Other && executable.begins_with_zeros().map_err(about_path)?;
    if is_blank && has_name_of_executable(path) {
        return Err(Failure::Unreadable(format!(
            "{path}: the content is missing: the file begins with zeros, expected `MZ`"
        )));
    }
    let checksum = with_checksum.then(|| executable.checksum()).transpose().map_err(about_path)?;
    Ok(FileInfo {
        version: resource.map(|resource| {
            let pe::Version { major, minor, build, revision } = resource.file_version;
            FileVersion { major, minor, build, revision }
        }),
        checksum,
        size: place.size,
        modified: place.modified,
        language: resource.and_then(|resource| resource.language),
    })
}

/// Returns whether a file of this name is an executable, provided its content is what Windows sees. A file that the file system
/// compresses (WOF) or stores elsewhere reads as zeros if the system reading the volume does not support that.
fn has_name_of_executable(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or_default();
    EXECUTABLE_EXTENSIONS.iter().any(|one| one.eq_ignore_ascii_case(extension))
}

pub(super) fn directory(files: &Files, places: &Places, path: &str, deadline: Deadline) -> Found<DirectoryInfo> {
    let place = files.find(&places.resolve(path)?)?;
    let mut room = MAX_ENTRY_BYTES;
    let mut entries = Vec::new();
    let mut left_out = false;
    let mut passed = None;
    let truncated = files.list(&place, |name, directory| {
        passed = deadline.check().err();
        let left = room.checked_sub(name.len()).filter(|_| entries.len() < MAX_ENTRIES);
        left_out = left.is_none();
        match left {
            Some(left) if passed.is_none() => {
                room = left;
                entries.push(DirectoryEntry { name: name.to_owned(), directory });
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(()),
        }
    })?;
    match passed {
        Some(passed) => Err(passed.into()),
        None => Ok(DirectoryInfo { entries, truncated: truncated || left_out }),
    }
}

pub(super) fn text(files: &Files, places: &Places, path: &str, offset: u64, length: u32) -> Found<TextInfo> {
    let components = places.resolve(path)?;
    let denied = || Failure::Denied("it holds accounts or secrets, which never leave the host".to_owned());
    let in_windows = components
        .get(..places.windows.len())
        .filter(|start| start.iter().zip(&places.windows).all(|(one, other)| names::same(one, other)))
        .and_then(|_| components.get(places.windows.len()..));
    let secret = |rest: &[String]| {
        SECRET_FOLDERS.iter().any(|secret| {
            rest.len() >= secret.len() && secret.iter().zip(rest).all(|(one, other)| names::same(one, other))
        })
    };
    if in_windows.is_some_and(secret) {
        return Err(denied());
    }
    let place = files.find_file(&components)?;
    let start = read_range(files, &place, path, 0, 8)?;
    if start.starts_with(HIVE_SIGNATURE)
        || start.get(DATABASE_SIGNATURE_AT..).is_some_and(|start| start.starts_with(DATABASE_SIGNATURE))
    {
        return Err(denied());
    }
    let length = length.min(MAX_TEXT);
    let begin = offset.saturating_sub(MARGIN);
    let wide = read_range(files, &place, path, begin, length.saturating_add(2 * MARGIN as u32))?;
    Ok(TextInfo { text: decode(&start, offset, &Stretch::of(&wide, offset - begin, length)), size: place.size })
}

fn read_range(files: &Files, place: &Place, path: &str, offset: u64, length: u32) -> Found<Vec<u8>> {
    let file = files.open_file(place)?;
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let count = file
        .read_full_at(&mut bytes, offset)
        .map_err(|error| Failure::Unreadable(format!("{path} cannot be read: {error}")))?;
    bytes.truncate(count);
    Ok(bytes)
}

/// The number of bytes inspected on either side of a range. At most this many bytes of a UTF-8 character are outside a range that
/// splits it.
const MARGIN: u64 = 3;

/// A range of a file with the bytes around it, up to [`MARGIN`] on either side.
struct Stretch<'f> {
    before: &'f [u8],
    bytes: &'f [u8],
    after: &'f [u8],
}

impl<'f> Stretch<'f> {
    /// Splits the bytes read: `before` bytes that precede the range, the range, and some that follow it.
    fn of(wide: &'f [u8], before: u64, length: u32) -> Stretch<'f> {
        let split =
            |bytes: &'f [u8], at: u64| bytes.split_at(usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len()));
        let (before, rest) = split(wide, before);
        let (bytes, after) = split(rest, u64::from(length));
        let (after, _) = split(after, MARGIN);
        Stretch { before, bytes, after }
    }

    /// Returns whether the range is UTF-8. Characters that the range's ends split are seen whole; those that the margins' ends
    /// split are outside the range and are ignored.
    fn is_utf8(&self) -> bool {
        let cut = self.before.iter().take_while(|byte| is_continuation(**byte)).count();
        let before = self.before.get(cut..).unwrap_or_default();
        match str::from_utf8(&[before, self.bytes, self.after].concat()) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none() && error.valid_up_to() >= before.len() + self.bytes.len(),
        }
    }

    /// Decodes UTF-8. The rest of a split character at either end becomes one U+FFFD.
    fn utf8(&self) -> String {
        let cut = self.bytes.iter().take(3).take_while(|byte| is_continuation(**byte)).count();
        let (part, rest) = self.bytes.split_at(cut);
        let lost = if part.is_empty() { "" } else { "\u{fffd}" };
        format!("{lost}{}", String::from_utf8_lossy(rest))
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Decodes a range of a text file; `start` is the beginning of the whole file.
fn decode(start: &[u8], offset: u64, stretch: &Stretch<'_>) -> String {
    let from_utf16 = |unit: fn([u8; 2]) -> u16| {
        // A range that begins in the middle of a character has half of it.
        let (half, bytes) = stretch.bytes.split_at(usize::from(offset % 2 == 1).min(stretch.bytes.len()));
        let (pairs, rest) = bytes.as_chunks::<2>();
        let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER));
        let lost = |part: &[u8]| (!part.is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        lost(half).into_iter().chain(text).chain(lost(rest)).collect::<String>()
    };
    let text = if start.starts_with(&[0xff, 0xfe]) {
        from_utf16(u16::from_le_bytes)
    } else if start.starts_with(&[0xfe, 0xff]) {
        from_utf16(u16::from_be_bytes)
    } else if start.starts_with(&[0xef, 0xbb, 0xbf]) || stretch.is_utf8() {
        stretch.utf8()
    } else {
        stretch.bytes.iter().map(|byte| windows_1252(*byte)).collect()
    };
    match text.strip_prefix('\u{feff}') {
        Some(text) if offset == 0 => text.to_owned(),
        _ => text,
    }
}

/// The characters 0x80 to 0x9f of Windows-1252; the others have the same numbers as in Unicode.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž', '\u{fffd}', '\u{fffd}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{fffd}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    let special = usize::from(byte).checked_sub(0x80).and_then(|index| WINDOWS_1252.get(index));
    special.copied().unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(file: &[u8], offset: usize, length: usize) -> String {
        let margin = MARGIN as usize;
        let wide = &file[offset.saturating_sub(margin)..(offset + length + margin).min(file.len())];
        let stretch = Stretch::of(wide, offset.min(margin) as u64, length as u32);
        decode(&file[..file.len().min(8)], offset as u64, &stretch)
    }

    #[test]
    fn text_is_decoded_by_its_mark_or_by_what_it_is() {
        for (file, offset, expected) in [
            (b"plain".as_slice(), 0, "plain"),
            (b"plain", 2, "ain"),
            (b"\xef\xbb\xbfm\xc3\xbc", 0, "mü"),
            (b"m\xc3\xbcde", 0, "müde"),
            (b"m\xc3\xbcde m\xc3\xbcde", 2, "\u{fffd}de müde"),
            (b"m\xfcde \x80 \x81", 0, "müde € \u{fffd}"),
            (b"\xff\xfem\0\xfc\0", 0, "mü"),
            (b"\xff\xfem\0\xfc\0", 2, "mü"),
            (b"\xff\xfem\0\xfc\0", 3, "\u{fffd}ü"),
            (b"\xff\xfem\0\xfc", 0, "m\u{fffd}"),
            (b"\xfe\xff\0m\0\xfc", 0, "mü"),
            (b"\xff\xfe\x00\xd8m\0", 0, "\u{fffd}m"),
            (b"", 0, ""),
        ] {
            assert_eq!(decoded(file, offset, file.len() - offset), expected, "{file:x?} {offset}");
        }
    }

    #[test]
    fn a_character_that_a_border_cuts_does_not_change_the_encoding() {
        let euro = "5 € und 𝄞".as_bytes();
        for (file, offset, length, expected) in [
            (euro, 0, 3, "5 \u{fffd}"),
            (euro, 0, 4, "5 \u{fffd}"),
            (euro, 0, 5, "5 €"),
            (euro, 3, 3, "\u{fffd} "),
            (euro, 4, 2, "\u{fffd} "),
            // Only parts of characters.
            (euro, 3, 1, "\u{fffd}"),
            (euro, 3, 2, "\u{fffd}"),
            (euro, 11, 2, "\u{fffd}"),
            (euro, 12, 2, "\u{fffd}"),
            (b"\xef\xbb\xbf5 \xe2\x82\xac", 6, 2, "\u{fffd}"),
            (b"\xef\xbb\xbf5 \xe2\x82\xac", 0, 7, "5 \u{fffd}"),
            // Windows-1252, where each of these bytes is a character.
            (b"\x80 5", 0, 3, "€ 5"),
            (b"5 \x80 5", 2, 3, "€ 5"),
            (b"caf\xe9", 0, 4, "café"),
            (b"caf\xe9 noir", 0, 4, "café"),
            (b"caf\xe9 noir", 3, 1, "é"),
        ] {
            assert_eq!(decoded(file, offset, length), expected, "{file:x?} {offset} {length}");
        }
    }

    #[test]
    fn stretches_side_by_side_lose_only_the_characters_that_they_cut() {
        let text = "Größe: 5 €, Schlüssel 𝄞 für ältere Geräte".repeat(3);
        for length in 1..20 {
            let stretches = (0..text.len()).step_by(length);
            let decoded = stretches.map(|at| decoded(text.as_bytes(), at, length.min(text.len() - at)));
            let lost = |character: &char| *character != '\u{fffd}';
            let kept = decoded.flat_map(|text| text.chars().collect::<Vec<_>>()).filter(lost).collect::<String>();
            let mut rest = text.chars();
            assert!(kept.chars().all(|character| rest.any(|other| other == character)), "{length}: {kept}");
        }
    }
}
