//! Files and folders of a share, read by place.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use smb2::client::connection::CompoundOp;
use smb2::msg::close::CloseRequest;
use smb2::msg::create::{CreateDisposition, CreateRequest, CreateResponse, ImpersonationLevel, ShareAccess};
use smb2::msg::query_directory::{
    FileInformationClass, QueryDirectoryFlags, QueryDirectoryRequest, QueryDirectoryResponse,
};
use smb2::msg::query_info::{InfoType, QueryInfoRequest, QueryInfoResponse};
use smb2::msg::read::{ReadRequest, ReadResponse, SMB2_CHANNEL_NONE};
use smb2::types::flags::FileAccessMask;
use smb2::types::{Command, FileId, OplockLevel, TreeId};

use crate::machine::{expect, request, unpack};
use crate::status::nt;
use crate::{ConnectError, Machine, ReadError};

/// The unit that files are read in, in bytes. One credit pays for it.
const BLOCK: usize = 64 << 10;

/// The number of blocks kept for each open file: an executable's header, its resources, and what lies between.
const MAX_BLOCKS: usize = 4;

/// The longest path that is asked for, in UTF-16 units. Windows knows none that are longer.
const MAX_PATH: usize = 32_767;

/// The largest security descriptor read, in bytes: an access list has at most 64 KiB.
const MAX_SECURITY: u32 = 65_536;

const FILE_NON_DIRECTORY_FILE: u32 = 0x40;
const FILE_DIRECTORY_FILE: u32 = 0x1;
/// An administrator reads what only the system may.
const FILE_OPEN_FOR_BACKUP_INTENT: u32 = 0x4000;

const ATTRIBUTE_DIRECTORY: u32 = 0x10;
/// Attributes of files whose content is elsewhere: reading them would make the machine fetch it.
const ATTRIBUTES_ELSEWHERE: u32 = 0x1000 | 0x4_0000 | 0x40_0000;

const FILE_FS_ATTRIBUTE_INFORMATION: u8 = 5;
const OWNER_GROUP_AND_DACL: u32 = 0x7;

/// A file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: EntryKind,
    /// The size in bytes.
    pub size: u64,
    /// The time of the last change, in 100 ns since 1601.
    pub modified: u64,
    /// Whether the content is stored elsewhere (in a cloud, on tape), so that reading it would change the machine.
    pub elsewhere: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Folder,
}

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    /// Whether it is a folder, or a link to one.
    pub folder: bool,
}

/// A share of a machine, such as `C$`. Paths are relative to it, with `\` between names, and empty for its root.
#[derive(Debug)]
pub struct Share {
    machine: Arc<Machine>,
    tree: TreeId,
}

impl Share {
    /// Connects to a share.
    ///
    /// # Errors
    ///
    /// If there is none of this name, or the user may not open it.
    pub fn connect(machine: &Arc<Machine>, name: &str) -> Result<Share, ConnectError> {
        Ok(Share { machine: Arc::clone(machine), tree: machine.connect_share(name)? })
    }

    /// Finds a file or folder; `None` if there is none. The machine itself follows junctions.
    ///
    /// # Errors
    ///
    /// If the machine does not tell.
    pub fn find(&self, path: &str, until: Option<Instant>) -> Result<Option<Entry>, ReadError> {
        let create = create(path, FileAccessMask::FILE_READ_ATTRIBUTES, FILE_OPEN_FOR_BACKUP_INTENT)?;
        let close = CloseRequest { flags: 0, file_id: FileId::SENTINEL };
        let connection = self.machine.connection();
        let found = self.machine.call(until, async {
            let operations = [
                CompoundOp::new(Command::Create, &create, Some(self.tree)),
                CompoundOp::new(Command::Close, &close, Some(self.tree)),
            ];
            let mut frames = connection.execute_compound(&operations).await?.into_iter();
            let created = frames.next().ok_or_else(|| ReadError::bad("expected two answers"))??;
            expect(&created, Command::Create)?;
            unpack::<CreateResponse>(&created)
        });
        absent(found.map(|created| entry(&created)))
    }

    /// Visits the names in a folder, in the machine's order and without `.` and `..`, and returns whether there are more than `most`.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn list(&self, path: &str, most: usize, until: Option<Instant>) -> Result<(Vec<Listed>, bool), ReadError> {
        let access = FileAccessMask::FILE_READ_DATA | FileAccessMask::FILE_READ_ATTRIBUTES;
        let folder = self.open_handle(path, access, FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT, until)?;
        let connection = self.machine.connection();
        let mut names = Vec::new();
        loop {
            let query = QueryDirectoryRequest {
                file_information_class: FileInformationClass::FileDirectoryInformation,
                flags: QueryDirectoryFlags(0),
                file_index: 0,
                file_id: folder.id,
                output_buffer_length: BLOCK as u32,
                file_name: "*".to_owned(),
            };
            let listed = self.machine.call(until, async {
                let frame = request(connection, self.tree, Command::QueryDirectory, &query).await?;
                unpack::<QueryDirectoryResponse>(&frame)
            });
            let buffer = match listed {
                Ok(response) => response.output_buffer,
                Err(ReadError::Status(nt::NO_MORE_FILES | nt::NO_SUCH_FILE)) => return Ok((names, false)),
                Err(error) => return Err(error),
            };
            self.machine.count(buffer.len());
            let before = names.len();
            let parsed = parse_directory(&buffer)?;
            // A folder without names would be asked for more forever.
            if parsed.is_empty() {
                return Err(ReadError::bad("expected names in the folder"));
            }
            names.extend(parsed.into_iter().filter(|listed| !matches!(listed.name.as_str(), "." | "..")));
            if names.len() > most {
                names.truncate(most);
                return Ok((names, true));
            }
            if names.len() == before && before > 0 {
                return Err(ReadError::bad("the folder is listed again and again"));
            }
        }
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, or its content is stored elsewhere.
    pub fn open(&self, path: &str) -> Result<RemoteFile, ReadError> {
        let access = FileAccessMask::FILE_READ_DATA | FileAccessMask::FILE_READ_ATTRIBUTES;
        let handle = self.open_handle(path, access, FILE_NON_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT, None)?;
        Ok(RemoteFile { size: handle.entry.size, handle, blocks: Mutex::default() })
    }

    /// Reads the security descriptor of a file or folder, self-relative: owner, group and access list.
    ///
    /// # Errors
    ///
    /// If the machine does not tell.
    pub fn security(&self, path: &str, until: Option<Instant>) -> Result<Vec<u8>, ReadError> {
        let handle = self.open_handle(path, FileAccessMask::READ_CONTROL, FILE_OPEN_FOR_BACKUP_INTENT, until)?;
        self.query(&handle, InfoType::Security, 0, OWNER_GROUP_AND_DACL, MAX_SECURITY, until)
    }

    /// Reads Windows' name for the file system: `NTFS`.
    ///
    /// # Errors
    ///
    /// If the machine does not tell.
    pub fn file_system(&self, until: Option<Instant>) -> Result<String, ReadError> {
        let root = self.open_handle("", FileAccessMask::FILE_READ_ATTRIBUTES, 0, until)?;
        let info = self.query(&root, InfoType::Filesystem, FILE_FS_ATTRIBUTE_INFORMATION, 0, 1024, until)?;
        // MS-FSCC 2.5.1: attributes, the longest name, the length of the file system's name in bytes, the name.
        let length = u32_at(&info, 8).and_then(|length| usize::try_from(length).ok());
        let name = length.and_then(|length| info.get(12..)?.get(..length));
        name.map(text).ok_or_else(|| ReadError::bad("expected the file system's name"))
    }

    fn query(
        &self,
        handle: &Handle,
        info_type: InfoType,
        class: u8,
        additional: u32,
        most: u32,
        until: Option<Instant>,
    ) -> Result<Vec<u8>, ReadError> {
        let query = QueryInfoRequest {
            info_type,
            file_info_class: class,
            output_buffer_length: most,
            additional_information: additional,
            flags: 0,
            file_id: handle.id,
            input_buffer: Vec::new(),
        };
        let connection = self.machine.connection();
        let bytes = self.machine.call(until, async {
            let frame = request(connection, self.tree, Command::QueryInfo, &query).await?;
            Ok(unpack::<QueryInfoResponse>(&frame)?.output_buffer)
        })?;
        self.machine.count(bytes.len());
        Ok(bytes)
    }

    fn open_handle(&self, path: &str, access: u32, options: u32, until: Option<Instant>) -> Result<Handle, ReadError> {
        let create = create(path, access, options)?;
        let connection = self.machine.connection();
        let created = self.machine.call(until, async {
            let frame = request(connection, self.tree, Command::Create, &create).await?;
            unpack::<CreateResponse>(&frame)
        })?;
        Ok(Handle { machine: Arc::clone(&self.machine), tree: self.tree, id: created.file_id, entry: entry(&created) })
    }
}

/// An open file or folder, closed when it is dropped.
struct Handle {
    machine: Arc<Machine>,
    tree: TreeId,
    id: FileId,
    entry: Entry,
}

impl Drop for Handle {
    fn drop(&mut self) {
        let (connection, tree, file_id) = (self.machine.connection().clone(), self.tree, self.id);
        self.machine.spawn(async move {
            let _ = connection.execute(Command::Close, &CloseRequest { flags: 0, file_id }, Some(tree)).await;
        });
    }
}

/// A file on a machine, open for reading. Reads are of whole blocks, of which the last few are kept.
pub struct RemoteFile {
    handle: Handle,
    size: u64,
    /// The last blocks read with their numbers, the latest last.
    blocks: Mutex<Vec<(u64, Arc<[u8]>)>>,
}

impl fmt::Debug for RemoteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteFile").field("size", &self.size).finish_non_exhaustive()
    }
}

impl RemoteFile {
    /// The size in bytes, when the file was opened.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads bytes at an offset, and returns their number: 0 at the end of the file.
    ///
    /// # Errors
    ///
    /// If the machine does not send them, or keeps them elsewhere.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        if self.handle.entry.elsewhere {
            return Err(io::Error::other(
                "its content is stored elsewhere, and reading it would fetch it to the machine",
            ));
        }
        let number = offset / BLOCK as u64;
        let block = self.block(number).map_err(io::Error::other)?;
        let start = usize::try_from(offset % BLOCK as u64).unwrap_or(BLOCK);
        let bytes = block.get(start..).unwrap_or_default();
        let count = bytes.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), bytes.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn block(&self, number: u64) -> Result<Arc<[u8]>, ReadError> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = blocks.iter().position(|(kept, _)| *kept == number) {
            let kept = blocks.remove(at);
            let block = Arc::clone(&kept.1);
            blocks.push(kept);
            return Ok(block);
        }
        let block: Arc<[u8]> = self.read_block(number)?.into();
        if blocks.len() == MAX_BLOCKS {
            blocks.remove(0);
        }
        blocks.push((number, Arc::clone(&block)));
        Ok(block)
    }

    fn read_block(&self, number: u64) -> Result<Vec<u8>, ReadError> {
        let read = ReadRequest {
            padding: 0x50,
            flags: 0,
            length: BLOCK as u32,
            offset: number.saturating_mul(BLOCK as u64),
            file_id: self.handle.id,
            minimum_count: 0,
            channel: SMB2_CHANNEL_NONE,
            remaining_bytes: 0,
            read_channel_info: Vec::new(),
        };
        let machine = &self.handle.machine;
        let data = machine.call(None, async {
            let frame = request(machine.connection(), self.handle.tree, Command::Read, &read).await?;
            Ok(unpack::<ReadResponse>(&frame)?.data)
        });
        let data = match data {
            Err(ReadError::Status(nt::END_OF_FILE)) => Vec::new(),
            data => data?,
        };
        if data.len() > BLOCK {
            return Err(ReadError::bad(format!("expected at most {BLOCK} bytes of a file")));
        }
        machine.count(data.len());
        Ok(data)
    }
}

fn create(path: &str, access: u32, options: u32) -> Result<CreateRequest, ReadError> {
    if path.encode_utf16().count() > MAX_PATH {
        return Err(ReadError::LongName { limit: MAX_PATH });
    }
    let share = ShareAccess::FILE_SHARE_READ | ShareAccess::FILE_SHARE_WRITE | ShareAccess::FILE_SHARE_DELETE;
    Ok(CreateRequest {
        requested_oplock_level: OplockLevel::None,
        impersonation_level: ImpersonationLevel::Impersonation,
        desired_access: FileAccessMask::new(access),
        file_attributes: 0,
        share_access: ShareAccess(share),
        create_disposition: CreateDisposition::FileOpen,
        create_options: options,
        name: path.to_owned(),
        create_contexts: Vec::new(),
    })
}

fn entry(created: &CreateResponse) -> Entry {
    let is_folder = created.file_attributes & ATTRIBUTE_DIRECTORY != 0;
    Entry {
        kind: if is_folder { EntryKind::Folder } else { EntryKind::File },
        size: created.end_of_file,
        modified: created.last_write_time.0,
        elsewhere: !is_folder && created.file_attributes & ATTRIBUTES_ELSEWHERE != 0,
    }
}

/// Turns the statuses of something that does not exist into `None`.
fn absent<T>(found: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(ReadError::Status(
            nt::OBJECT_NAME_NOT_FOUND
            | nt::OBJECT_PATH_NOT_FOUND
            | nt::OBJECT_NAME_INVALID
            | nt::NO_SUCH_FILE
            | nt::NOT_A_DIRECTORY,
        )) => Ok(None),
        Err(error) => Err(error),
    }
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

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn text(utf16: &[u8]) -> String {
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
