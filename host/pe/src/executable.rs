//! Which kind of executable a file is, and what it says.

use std::io::{Read, Seek};

use crate::bytes::{u16_at, u32_at};
use crate::image::Image;
use crate::reader::Reader;
use crate::resources::StoredVersion;
use crate::version_info::VersionInfo;
use crate::{Error, Format, VersionResource, checksum, language, le, ne, resources};

/// `IMAGE_DOS_HEADER`.
const DOS_HEADER_SIZE: u64 = 64;
/// Where a DOS header says where the newer header is: `e_lfanew`.
const NEW_HEADER_FIELD: u64 = 60;
/// Windows looks for no newer header behind this offset (`RtlImageNtHeaderEx`).
const MAX_NEW_HEADER: u32 = 256 << 20;

/// An executable file, or any other.
#[derive(Debug)]
pub struct Executable<R> {
    reader: Reader<R>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Other,
    Pe(Image),
    /// With the offset of its header.
    Ne(u64),
    Le(u64),
}

impl<R: Read + Seek> Executable<R> {
    /// Reads a file's headers. A file that is no executable is none of the errors.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] for a file that begins as an executable does and is none, or not a whole one.
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
                // OS/2's, of which Windows reads nothing.
                [b'L', b'X', ..] => Kind::Other,
                _ => return Err(reader.damaged("its DOS header points to a newer header that has no signature")),
            },
        };
        Ok(Executable { reader, kind })
    }

    /// What kind of file it is.
    pub fn format(&self) -> Format {
        self.reader.format
    }

    /// The file's size in bytes.
    pub fn size(&self) -> u64 {
        self.reader.length()
    }

    /// Whether zeros stand where an executable has its DOS header; of an empty file they do not. So a file looks whose content is
    /// kept elsewhere (compressed by WOF, deduplicated, in a cloud) to a reader that does not know of that.
    ///
    /// # Errors
    ///
    /// What the source says.
    pub fn begins_with_zeros(&mut self) -> Result<bool, Error> {
        let start = self.reader.read_up_to(0, DOS_HEADER_SIZE as usize)?;
        Ok(!start.is_empty() && start.iter().all(|byte| *byte == 0))
    }

    /// The checksum in the header of a PE image: the linker's word for it, 0 where it wrote none.
    pub fn stored_checksum(&self) -> Option<u32> {
        match &self.kind {
            Kind::Pe(image) => image.stored_checksum(),
            _ => None,
        }
    }

    /// Whether [`Executable::version`] may give another answer for other languages: the file holds its version in several, and in
    /// none that stands for all.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] where the resources lead nowhere.
    pub fn version_depends_on_language(&mut self) -> Result<bool, Error> {
        match &self.kind {
            Kind::Pe(image) => resources::depends_on_language(&mut self.reader, image),
            _ => Ok(false),
        }
    }

    /// The version resource that `GetFileVersionInfo` finds on a Windows whose languages these are, in the order in which it
    /// prefers them: the user's, then the system's. None where the file has no version, by Windows' own measure.
    ///
    /// Windows takes the resource of the type `RT_VERSION` with the number `VS_VERSION_INFO`; one with another number or with a name is
    /// none. Of several languages it takes, in this order, the neutral one; each of `languages`, followed by that language
    /// without its region; US English; the first in the directory.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] where the way to the version, or its fixed part, is not as it has to be.
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

    /// The image checksum that `MapFileAndCheckSum` computes: over the whole file but for the checksum in the header of a PE
    /// image. Any other file is summed up in the same way, all of it.
    ///
    /// # Errors
    ///
    /// [`Error::TooLargeForChecksum`] for a file of 4 GiB or more, of which nothing is read; else what the source says.
    pub fn checksum(&mut self) -> Result<u32, Error> {
        let size = self.reader.length();
        if u32::try_from(size).is_err() {
            return Err(Error::TooLargeForChecksum { size });
        }
        let stored = self.stored_checksum();
        // No more than was there at the start: a file that grows has an end, too.
        Ok(checksum::checksum(self.reader.rewound()?.take(size), stored)?)
    }
}

/// The offset of the header behind the DOS header. None for what is no executable and for programs of DOS.
///
/// Windows looks only at `e_lfanew`, whatever the DOS header says of its own relocations. They tell here what Windows need not
/// know: whether a field that leads to no signature belongs to a DOS program, which has something else in its place, or to a
/// newer executable that is not whole.
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
        let damaged = || reader.damaged("its DOS header points past the 256 MiB that Windows looks at");
        return if is_dos_program(&dos) || is_text(&dos) { Ok(None) } else { Err(damaged()) };
    }
    let is_signature = matches!(reader.read_up_to(u64::from(at), 2)?.as_slice(), b"PE" | b"NE" | b"LE" | b"LX");
    if !is_signature && is_dos_program(&dos) {
        return Ok(None);
    }
    if u64::from(at) >= reader.length() {
        return Err(reader.damaged("the file ends before the header that its DOS header names"));
    }
    Ok(Some(u64::from(at)))
}

/// Whether the bytes at `e_lfanew` are something else: the program's code, or one of its relocations.
fn is_dos_program(dos: &[u8]) -> bool {
    let field = |at| u64::from(u16_at(dos, at).unwrap_or_default());
    let (relocations, header_size, table) = (field(6), field(8) * 16, field(24));
    // The table begins behind the header's old fields; newer executables have 64 there, or 0.
    let has_table = (1..DOS_HEADER_SIZE).contains(&table);
    let covers_field = relocations > 0 && table + relocations * 4 > NEW_HEADER_FIELD;
    has_table && (covers_field || header_size < DOS_HEADER_SIZE)
}

/// Whether a file that begins with `MZ` is plain text, whose letters at `e_lfanew` are always an offset beyond 256 MiB.
fn is_text(dos: &[u8]) -> bool {
    dos.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}
