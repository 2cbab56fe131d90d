//! The structure of a cabinet, without its data: the header, folders, files and data blocks of [MS-CAB], section 2.

use super::fields::Fields;
use super::{CabinetError, Entry, Limits};

/// The beginning of a header's reserve that refers to a signature: 0 and 16, in 16 bits each.
const SIGNATURE_RESERVE: [u8; 4] = [0, 0, 16, 0];

const PREVIOUS: u16 = 1;
const NEXT: u16 = 2;
const RESERVE: u16 = 4;

/// The highest value of `iFolder` that is a folder of this cabinet; the others mark files that continue in another one.
const LAST_FOLDER: u16 = 0xFFFC;

/// The longest name of a file, with its terminating zero ([MS-CAB], `szName`).
const NAME_BYTES: usize = 256;

/// The maximum number of bytes that one data block unpacks to ([MS-CAB], `cbUncomp`).
const BLOCK_BYTES: u16 = 0x8000;
/// The maximum number of bytes of a packed data block: 6144 more than unpacked, as MSZIP and LZX may need.
const PACKED_BLOCK_BYTES: u16 = BLOCK_BYTES + 6144;

/// The fixed parts of a cabinet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The size that the header declares.
    pub(crate) cabinet_bytes: u32,
    /// The offset of the first folder's entry, where the header ends.
    pub(crate) folders_at: usize,
    pub(crate) reserved: u32,
    pub(crate) cabinet_number: u16,
    pub(crate) reserve: Option<Reserve>,
    pub(crate) signature: Option<SignaturePlace>,
    pub(crate) entries: Vec<Entry>,
}

/// The part of the file, behind the cabinet, that holds its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignaturePlace {
    pub(crate) offset: u32,
    pub(crate) length: u32,
}

/// The space that the header, and each folder and data block, reserve for applications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reserve {
    pub(crate) header: Vec<u8>,
    pub(crate) folder_bytes: u8,
    pub(crate) block_bytes: u8,
}

impl Reserve {
    /// Reads what signing tools write: 0, the size of the rest, the signature's offset and length.
    fn signature(&self) -> Option<SignaturePlace> {
        let mut fields = Fields::at(self.header.strip_prefix(&SIGNATURE_RESERVE)?, 0, "the header");
        let place = SignaturePlace { offset: fields.u32().ok()?, length: fields.u32().ok()? };
        (place.length != 0).then_some(place)
    }
}

struct Folder {
    first_block: usize,
    blocks: u16,
    /// 0 none, 1 MSZIP, 3 LZX.
    method: u16,
    unpacked: u64,
    packed: u64,
}

impl Layout {
    /// Reads the structure, and checks that unpacking the files stays within `limits` and within the cabinet.
    pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Layout, CabinetError> {
        let too_large = |found, most| CabinetError::TooMany { what: "bytes of cabinet", found, most };
        if bytes.len() as u64 > limits.cabinet_bytes {
            return Err(too_large(bytes.len() as u64, limits.cabinet_bytes));
        }
        let mut header = Fields::at(bytes, 0, "the header");
        if header.array().ok() != Some(*b"MSCF") {
            return Err(CabinetError::NotACabinet);
        }
        let reserved = header.u32()?;
        let cabinet_bytes = header.u32()?;
        header.u32()?;
        let files_at = header.u32()?;
        header.u32()?;
        let (minor, major) = (header.u8()?, header.u8()?);
        if (major, minor) > (1, 3) {
            return Err(CabinetError::Version { major, minor });
        }
        let (folder_count, file_count, flags) = (header.u16()?, header.u16()?, header.u16()?);
        header.u16()?;
        let cabinet_number = header.u16()?;
        if flags & (PREVIOUS | NEXT) != 0 {
            return Err(CabinetError::Spanning);
        }
        let reserve = if flags & RESERVE == 0 {
            None
        } else {
            let length = header.u16()?;
            let (folder_bytes, block_bytes) = (header.u8()?, header.u8()?);
            Some(Reserve { header: header.take(usize::from(length))?.to_vec(), folder_bytes, block_bytes })
        };
        if u64::from(cabinet_bytes) > bytes.len() as u64 {
            return Err(CabinetError::Truncated { part: "the data", offset: bytes.len() as u64 });
        }
        let signature = reserve.as_ref().and_then(Reserve::signature);
        let end = signature.map_or(u64::from(cabinet_bytes), |at| u64::from(at.offset) + u64::from(at.length));
        let size = bytes.len() as u64;
        if size < end {
            return Err(CabinetError::Truncated { part: "the signature", offset: size });
        }
        if size > end {
            return Err(CabinetError::Appended { bytes: size - end });
        }
        if usize::from(file_count) > limits.files {
            let most = limits.files as u64;
            return Err(CabinetError::TooMany { what: "files", found: file_count.into(), most });
        }
        // Each folder has a decompressor of its own; a file is in one of them.
        if folder_count > file_count {
            let most = u64::from(file_count);
            return Err(CabinetError::TooMany { what: "folders", found: folder_count.into(), most });
        }
        let folders_at = header.offset();
        // The signature that follows the cabinet is not part of it.
        let inside = bytes.get(..usize::try_from(cabinet_bytes).unwrap_or(usize::MAX)).unwrap_or(bytes);
        let folders = folders(inside, folders_at, folder_count, reserve.as_ref())?;
        let entries = entries(inside, usize::try_from(files_at).unwrap_or(usize::MAX), file_count, &folders)?;
        let layout = Layout { cabinet_bytes, folders_at, reserved, cabinet_number, reserve, signature, entries };
        layout.check_work(&folders, limits)?;
        Ok(layout)
    }

    /// Checks how much unpacking every file takes: a file is unpacked from the beginning of its folder.
    fn check_work(&self, folders: &[Folder], limits: &Limits) -> Result<(), CabinetError> {
        let most = limits.unpacked_bytes;
        let unpacked = self.entries.iter().map(|entry| u64::from(entry.offset) + u64::from(entry.size)).sum();
        if unpacked > most {
            return Err(CabinetError::TooMany { what: "bytes to unpack", found: unpacked, most });
        }
        let packed = folders.iter().map(|folder| folder.packed).sum();
        if unpacked > limits.always_allowed_bytes && unpacked / limits.ratio > packed {
            return Err(CabinetError::Ratio { packed, unpacked, most: limits.ratio });
        }
        Ok(())
    }
}

fn folders(bytes: &[u8], at: usize, count: u16, reserve: Option<&Reserve>) -> Result<Vec<Folder>, CabinetError> {
    let (folder_reserve, block_reserve) = reserve.map_or((0, 0), |reserve| (reserve.folder_bytes, reserve.block_bytes));
    let mut fields = Fields::at(bytes, at, "the folders");
    let mut folders = Vec::new();
    for number in 0..usize::from(count) {
        let first_block = usize::try_from(fields.u32()?).unwrap_or(usize::MAX);
        let blocks = fields.u16()?;
        let compression = fields.u16()?;
        fields.take(usize::from(folder_reserve))?;
        let method = compression & 0x000F;
        if !matches!(method, 0 | 1 | 3) || method == 3 && !(15..=21).contains(&(compression >> 8)) {
            return Err(CabinetError::Compression(compression));
        }
        let mut folder = Folder { first_block, blocks, method, unpacked: 0, packed: 0 };
        folder.measure(bytes, number, usize::from(block_reserve))?;
        folders.push(folder);
    }
    Ok(folders)
}

impl Folder {
    /// Adds up the sizes of the data blocks.
    fn measure(&mut self, bytes: &[u8], folder: usize, reserve: usize) -> Result<(), CabinetError> {
        let mut fields = Fields::at(bytes, self.first_block, "the data");
        for block in 0..usize::from(self.blocks) {
            fields.u32()?;
            let (packed, unpacked) = (fields.u16()?, fields.u16()?);
            fields.take(reserve + usize::from(packed))?;
            let is_last = block + 1 == usize::from(self.blocks);
            let is_possible = match self.method {
                0 => packed == unpacked,
                // All blocks but the last are full.
                _ => unpacked == BLOCK_BYTES || is_last,
            };
            // A block that unpacks to nothing continues in the next cabinet of a set.
            if !is_possible || unpacked == 0 || unpacked > BLOCK_BYTES || packed > PACKED_BLOCK_BYTES {
                return Err(CabinetError::Block { folder, block, packed, unpacked });
            }
            self.packed += u64::from(packed);
            self.unpacked += u64::from(unpacked);
        }
        Ok(())
    }
}

fn entries(bytes: &[u8], at: usize, count: u16, folders: &[Folder]) -> Result<Vec<Entry>, CabinetError> {
    let mut fields = Fields::at(bytes, at, "the list of files");
    let mut entries: Vec<Entry> = Vec::new();
    for _ in 0..count {
        let (size, offset, folder) = (fields.u32()?, fields.u32()?, fields.u16()?);
        fields.take(6)?;
        let name = fields.terminated(NAME_BYTES)?;
        if folder > LAST_FOLDER {
            return Err(CabinetError::Spanning);
        }
        let shown = || name.escape_ascii().to_string();
        let name = std::str::from_utf8(name).map_err(|_| CabinetError::Path(shown()))?;
        if !is_plain(name) {
            return Err(CabinetError::Path(shown()));
        }
        let holds = folders.get(usize::from(folder)).map_or(0, |folder| folder.unpacked);
        let end = u64::from(offset) + u64::from(size);
        if end > holds || folders.get(usize::from(folder)).is_none() {
            return Err(CabinetError::OutsideFolder { name: shown(), end, holds });
        }
        let entry = Entry { path: name.to_owned(), size, offset };
        let folded = entry.name().to_lowercase();
        if let Some(other) = entries.iter().find(|other| other.name().to_lowercase() == folded) {
            return Err(CabinetError::SameName(other.path.clone(), entry.path));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// Whether a name is a relative path on any system: no root, drive, stream, `.` or `..`, and nothing that a terminal or Windows
/// reads as something else.
fn is_plain(name: &str) -> bool {
    let is_plain_part =
        |part: &str| !part.is_empty() && !part.starts_with(' ') && !part.ends_with(['.', ' ']) && !is_device(part);
    !name.contains(|character: char| character.is_control() || "<>:\"|?*".contains(character))
        && name.split(['\\', '/']).all(is_plain_part)
}

/// Whether Windows opens a device by this name, whatever its extension is ("Naming Files, Paths, and Namespaces").
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let is_numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.chars().count() == 1 && rest.contains(|c: char| c.is_numeric()))
    };
    ["con", "prn", "aux", "nul"].contains(&stem.as_str()) || is_numbered("com") || is_numbered("lpt")
}
