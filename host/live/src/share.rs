//! Files and folders of a share, read by place.

use std::sync::Arc;
use std::time::Instant;

use smb2::client::connection::CompoundOp;
use smb2::msg::close::CloseRequest;
use smb2::msg::create::{CreateDisposition, CreateRequest, CreateResponse, ImpersonationLevel, ShareAccess};
use smb2::msg::query_directory::{
    FileInformationClass, QueryDirectoryFlags, QueryDirectoryRequest, QueryDirectoryResponse,
};
use smb2::msg::query_info::{InfoType, QueryInfoRequest, QueryInfoResponse};
use smb2::types::flags::FileAccessMask;
use smb2::types::{Command, FileId, OplockLevel, TreeId};

use crate::entry::{Entry, EntryKind};
use crate::listing::{ATTRIBUTE_DIRECTORY, Listed, parse_directory, text, u32_at};
use crate::machine::{expect, request, unpack};
use crate::remote_file::{BLOCK, Handle, RemoteFile};
use crate::status::nt;
use crate::{ConnectError, Machine, ReadError};

/// The longest path that is asked for, in UTF-16 units. Windows knows none that are longer.
const MAX_PATH: usize = 32_767;

/// The largest security descriptor read, in bytes: an access list has at most 64 KiB.
const MAX_SECURITY: u32 = 65_536;

const FILE_NON_DIRECTORY_FILE: u32 = 0x40;
const FILE_DIRECTORY_FILE: u32 = 0x1;
/// An administrator reads what only the system may.
const FILE_OPEN_FOR_BACKUP_INTENT: u32 = 0x4000;

/// Attributes of files whose content is elsewhere: reading them would make the machine fetch it.
const ATTRIBUTES_ELSEWHERE: u32 = 0x1000 | 0x4_0000 | 0x40_0000;

const FILE_FS_ATTRIBUTE_INFORMATION: u8 = 5;
const OWNER_GROUP_AND_DACL: u32 = 0x7;

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
    /// If the machine does not answer.
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
        Ok(RemoteFile::new(handle))
    }

    /// Reads the security descriptor of a file or folder, self-relative: owner, group and access list.
    ///
    /// # Errors
    ///
    /// If the machine does not answer.
    pub fn security(&self, path: &str, until: Option<Instant>) -> Result<Vec<u8>, ReadError> {
        let handle = self.open_handle(path, FileAccessMask::READ_CONTROL, FILE_OPEN_FOR_BACKUP_INTENT, until)?;
        self.query(&handle, InfoType::Security, 0, OWNER_GROUP_AND_DACL, MAX_SECURITY, until)
    }

    /// Reads Windows' name for the file system: `NTFS`.
    ///
    /// # Errors
    ///
    /// If the machine does not answer.
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
