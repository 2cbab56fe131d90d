//! Detects the kind of an executable file and reads its version and checksum.

use std::io::{Read, Seek};

use crate::bytes::{u16_at, u32_at};
use crate::image::Image;
use crate::reader::Reader;
use crate::resources::StoredVersion;
use crate::version_info::VersionInfo;
use crate::{Error, Format, VersionResource, checksum, language, le, ne, resources};

/// `IMAGE_DOS_HEADER`.
const DOS_HEADER_SIZE: u64 = 64;
/// The offset in the DOS header of the newer header's offset: `e_lfanew`.
const NEW_HEADER_FIELD: u64 = 60;
/// Windows does not look for a newer header past this offset (`RtlImageNtHeaderEx`).
const MAX_NEW_HEADER: u32 = 256 << 20;

/// A file, executable or not.
#[derive(Debug)]
pub struct Executable<R> {
    reader: Reader<R>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Other,
    Pe(Image),
    /// The offset of its header.
    Ne(u64),
    Le(u64),
}

impl<R: Read + Seek> Executable<R> {
    /// Reads a file's headers. A file that is not an executable is not an error.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] for a file that begins like an executable but is not one, or is incomplete.
    pub fn open(source: R) -> Result<Self, Error> {
        let mut reader = Reader::new(source)?;
        let kind = match new_header(&mut reader)? {
            None => Kind::Other,
            Some(at) => match reader.read_up_to(at, 4)?.as_slice() {
                b"PE\0\0" => {
                    reader.format = Format::Pe;
                    Kind::Pe(Image::read(&mut reader, at)?)
                }
                [b'N', b'E', ..] => {
                    reader.format = Format::Ne;
                    Kind::Ne(at)
                }
                [b'L', b'E', ..] => {
                    reader.format = Format::Le;
                    Kind::Le(at)
                }
                // OS/2 executables, from which Windows reads nothing.
                [b'L', b'X', ..] => Kind::Other,
                _ => return Err(reader.damaged("its DOS header points to a header without a signature")),
            },
        };
        Ok(Executable { reader, kind })
    }

    /// The kind of the file.
    pub fn format(&self) -> Format {
        self.reader.format
    }

    /// The file's size in bytes.
    pub fn size(&self) -> u64 {
        self.reader.length()
    }

    /// Returns whether there are zeros in place of the DOS header; false for an empty file. A file whose content is stored
    /// elsewhere (compressed by WOF, deduplicated, in a cloud) looks like this to a reader that does not support it.
    ///
    /// # Errors
    ///
    /// Any error of the source.
    pub fn begins_with_zeros(&mut self) -> Result<bool, Error> {
        let start = self.reader.read_up_to(0, DOS_HEADER_SIZE as usize)?;
        Ok(!start.is_empty() && start.iter().all(|byte| *byte == 0))
    }

    /// The checksum in the header of a PE image, as written by the linker; 0 if it wrote none.
    pub fn stored_checksum(&self) -> Option<u32> {
        match &self.kind {
            Kind::Pe(image) => image.stored_checksum(),
            _ => None,
        }
    }

    /// Returns whether the result of [`Executable::version`] may depend on the languages: the file has a version in several
    /// languages, and none of them is neutral.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if the resources lead nowhere.
    pub fn version_depends_on_language(&mut self) -> Result<bool, Error> {
        match &self.kind {
            Kind::Pe(image) => resources::depends_on_language(&mut self.reader, image),
            _ => Ok(false),
        }
    }

    /// Returns the version resource that `GetFileVersionInfo` finds on a Windows with the given languages, in order of preference:
    /// the user's, then the system's. Returns `None` if the file has no version as far as Windows is concerned.
    ///
    /// Windows uses the resource of type `RT_VERSION` with the number `VS_VERSION_INFO`; one with another number or with a name
    /// does not count. If there are several languages, it prefers, in this order, the neutral one; each of `languages`, followed by
    /// that language without its region; US English; the first in the directory.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if the path to the version, or its fixed part, is invalid.
    pub fn version(&mut self, languages: &[u16]) -> Result<Option<VersionResource>, Error> {
        let without_language = |block| StoredVersion { language: None, block };
        let found = match &self.kind {
            Kind::Other => None,
            Kind::Pe(image) => resources::version(&mut self.reader, image, languages)?,
            Kind::Ne(at) => ne::version(&mut self.reader, *at)?.map(without_language),
            Kind::Le(at) => le::version(&mut self.reader, *at)?.map(without_language),
        };
        let Some(stored) = found else { return Ok(None) };
        let Some(info) = VersionInfo::parse(&stored.block).map_err(|problem| self.reader.damaged(problem))? else {
            return Ok(None);
        };
        let language = match stored.language {
            Some(language) if !language::is_neutral(language) => Some(language),
            _ => info.translation(),
        };
        Ok(Some(VersionResource { file_version: info.file_version(), language }))
    }

    /// Computes the image checksum as `MapFileAndCheckSum` does: over the whole file except the checksum in the header of a PE
    /// image. Any other file is summed in the same way, in full.
    ///
    /// # Errors
    ///
    /// [`Error::TooLargeForChecksum`] for a file of 4 GiB or more, which is not read at all; otherwise any error of the source.
    pub fn checksum(&mut self) -> Result<u32, Error> {
        let size = self.reader.length();
        if u32::try_from(size).is_err() {
            return Err(Error::TooLargeForChecksum { size });
        }
        let stored = self.stored_checksum();
        // Reads no more than the initial size, so that it ends even if the file grows.
        Ok(checksum::checksum(self.reader.rewound()?.take(size), stored)?)
    }
}

/// Returns the offset of the header after the DOS header, or `None` for files that are not executables and for DOS programs.
///
/// Windows uses only `e_lfanew`, whatever the DOS header says about its own relocations. Here they answer a question that Windows
/// does not need to ask: whether a field that leads to no signature belongs to a DOS program, which stores something else in its
/// place, or to an incomplete newer executable.
fn new_header<R: Read + Seek>(reader: &mut Reader<R>) -> Result<Option<u64>, Error> {
    let dos = reader.read_up_to(0, DOS_HEADER_SIZE as usize)?;
    if !dos.starts_with(b"MZ") {
        return Ok(None);
    }
    let Some(at) = u32_at(&dos, NEW_HEADER_FIELD as usize) else {
        return Err(reader.damaged("the file ends within its DOS header"));
    };
    if at == 0 {
        return Ok(None);
    }
    if at >= MAX_NEW_HEADER {
        let damaged = || reader.damaged("its DOS header points past the first 256 MiB, which Windows reads");
        return if is_dos_program(&dos) || is_text(&dos) { Ok(None) } else { Err(damaged()) };
    }
    let is_signature = matches!(reader.read_up_to(u64::from(at), 2)?.as_slice(), b"PE" | b"NE" | b"LE" | b"LX");
    if !is_signature && is_dos_program(&dos) {
        return Ok(None);
    }
    if u64::from(at) >= reader.length() {
        return Err(reader.damaged("the file ends before the header that its DOS header points to"));
    }
    Ok(Some(u64::from(at)))
}

/// Returns whether the bytes at `e_lfanew` are something else: the program's code, or one of its relocations.
fn is_dos_program(dos: &[u8]) -> bool {
    let field = |at| u64::from(u16_at(dos, at).unwrap_or_default());
    let (relocations, header_size, table) = (field(6), field(8) * 16, field(24));
    // The table begins after the header's original fields; newer executables have 64 there, or 0.
    let has_table = (1..DOS_HEADER_SIZE).contains(&table);
    let covers_field = relocations > 0 && table + relocations * 4 > NEW_HEADER_FIELD;
    has_table && (covers_field || header_size < DOS_HEADER_SIZE)
}

/// Returns whether a file that begins with `MZ` is plain text, whose letters at `e_lfanew` are always an offset beyond 256 MiB.
fn is_text(dos: &[u8]) -> bool {
    dos.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}
