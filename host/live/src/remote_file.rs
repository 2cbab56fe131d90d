//! Open files and folders of a share, and reading by place.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use smb2::msg::close::CloseRequest;
use smb2::msg::read::{ReadRequest, ReadResponse, SMB2_CHANNEL_NONE};
use smb2::types::{Command, FileId, TreeId};

use crate::entry::Entry;
use crate::machine::{request, unpack};
use crate::status::nt;
use crate::{Machine, ReadError};

/// The unit that files are read in, in bytes. One credit pays for it.
pub(crate) const BLOCK: usize = 64 << 10;

/// The number of blocks kept for each open file: an executable's header, its resources, and what lies between.
const MAX_BLOCKS: usize = 4;

/// An open file or folder, closed when it is dropped.
pub(crate) struct Handle {
    pub(crate) machine: Arc<Machine>,
    pub(crate) tree: TreeId,
    pub(crate) id: FileId,
    pub(crate) entry: Entry,
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
    pub(crate) fn new(handle: Handle) -> RemoteFile {
        RemoteFile { size: handle.entry.size, handle, blocks: Mutex::default() }
    }

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
