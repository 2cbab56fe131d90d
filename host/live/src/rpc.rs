//! Remote procedure calls over a named pipe (MS-RPCE, connection-oriented, NDR32).

use smb2::client::connection::Connection;
use smb2::msg::close::CloseRequest;
use smb2::msg::create::{CreateDisposition, CreateRequest, CreateResponse, ImpersonationLevel, ShareAccess};
use smb2::msg::ioctl::{FSCTL_PIPE_TRANSCEIVE, IoctlRequest, IoctlResponse, SMB2_0_IOCTL_IS_FSCTL};
use smb2::msg::read::{ReadRequest, ReadResponse, SMB2_CHANNEL_NONE};
use smb2::types::flags::FileAccessMask;
use smb2::types::{Command, FileId, OplockLevel, TreeId};

use crate::ReadError;
use crate::machine::{request, unpack};
use crate::status::nt;

/// The largest fragment that either side sends, as Windows' own clients propose it.
const MAX_FRAGMENT: u16 = 4280;

/// The room for one fragment in a reply from the pipe: a server may ignore [`MAX_FRAGMENT`].
const MAX_MESSAGE: usize = 64 << 10;

/// The largest reply of one call, all fragments together: the largest value that is read, and its name.
pub(crate) const MAX_REPLY: usize = (1 << 20) + (128 << 10);

/// The header common to all messages, and that of a request or response after it, in bytes.
const HEADER: usize = 16;
const CALL_HEADER: usize = 24;

const REQUEST: u8 = 0;
const RESPONSE: u8 = 2;
const FAULT: u8 = 3;
const BIND: u8 = 11;
const BIND_ACK: u8 = 12;
const BIND_NAK: u8 = 13;

const FIRST_FRAGMENT: u8 = 1;
const LAST_FRAGMENT: u8 = 2;

/// The transfer syntax NDR32, 8a885d04-1ceb-11c9-9fe8-08002b104860 version 2.
const NDR32: [u8; 20] =
    [0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0];

/// A bound interface on an open pipe.
pub(crate) struct Pipe {
    connection: Connection,
    tree: TreeId,
    file: FileId,
    calls: u32,
    /// The largest fragment that the server takes.
    max_request: usize,
}

impl Pipe {
    /// Opens a pipe and binds an interface on it, given by its UUID and version as they are sent.
    pub(crate) async fn open(
        connection: Connection,
        tree: TreeId,
        name: &str,
        interface: &[u8; 20],
    ) -> Result<Pipe, ReadError> {
        let create = CreateRequest {
            requested_oplock_level: OplockLevel::None,
            impersonation_level: ImpersonationLevel::Impersonation,
            desired_access: FileAccessMask::new(FileAccessMask::FILE_READ_DATA | FileAccessMask::FILE_WRITE_DATA),
            file_attributes: 0,
            share_access: ShareAccess(ShareAccess::FILE_SHARE_READ | ShareAccess::FILE_SHARE_WRITE),
            create_disposition: CreateDisposition::FileOpen,
            create_options: 0,
            name: name.to_owned(),
            create_contexts: Vec::new(),
        };
        let opened = request(&connection, tree, Command::Create, &create).await?;
        let file = unpack::<CreateResponse>(&opened)?.file_id;
        let mut pipe = Pipe { connection, tree, file, calls: 1, max_request: usize::from(MAX_FRAGMENT) };
        let mut message = header(BIND, FIRST_FRAGMENT | LAST_FRAGMENT, 72, pipe.calls);
        message.extend(MAX_FRAGMENT.to_le_bytes());
        message.extend(MAX_FRAGMENT.to_le_bytes());
        // No association group; one context, number 0, with one transfer syntax.
        message.extend([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]);
        message.extend(interface);
        message.extend(NDR32);
        let reply = pipe.exchange(message).await?;
        pipe.max_request = usize::from(parse_bind_ack(&reply)?.clamp(1432, MAX_FRAGMENT));
        Ok(pipe)
    }

    /// Calls a function of the interface with its parameters, and returns its results, both as NDR32.
    pub(crate) async fn call(&mut self, function: u16, parameters: &[u8]) -> Result<Vec<u8>, ReadError> {
        self.calls = self.calls.wrapping_add(1);
        let length = CALL_HEADER + parameters.len();
        if length > self.max_request {
            return Err(ReadError::LongName { limit: MAX_NAME });
        }
        let size = u16::try_from(length).map_err(|_| ReadError::LongName { limit: MAX_NAME })?;
        let mut message = header(REQUEST, FIRST_FRAGMENT | LAST_FRAGMENT, size, self.calls);
        message.extend(u32::try_from(parameters.len()).unwrap_or_default().to_le_bytes());
        message.extend([0, 0]);
        message.extend(function.to_le_bytes());
        message.extend(parameters);
        let mut reply = self.exchange(message).await?;
        let mut results = Vec::new();
        loop {
            let (fragment, last) = parse_fragment(&reply, self.calls)?;
            if results.len() + fragment.len() > MAX_REPLY {
                return Err(ReadError::TooLarge {
                    size: (results.len() + fragment.len()) as u64,
                    limit: MAX_REPLY as u64,
                });
            }
            if fragment.is_empty() && !last {
                return Err(ReadError::bad("an empty fragment"));
            }
            results.extend(fragment);
            if last {
                return Ok(results);
            }
            reply = self.read_message(Vec::new()).await?;
        }
    }

    /// Writes a message and reads the one that answers it, in one round trip if the answer is not larger than a message may be.
    async fn exchange(&self, message: Vec<u8>) -> Result<Vec<u8>, ReadError> {
        let control = IoctlRequest {
            ctl_code: FSCTL_PIPE_TRANSCEIVE,
            file_id: self.file,
            max_input_response: 0,
            max_output_response: MAX_MESSAGE as u32,
            flags: SMB2_0_IOCTL_IS_FSCTL,
            input_data: message,
        };
        let frame = self.connection.execute(Command::Ioctl, &control, Some(self.tree)).await?;
        let is_partial = match frame.header.status.0 {
            nt::SUCCESS => false,
            nt::BUFFER_OVERFLOW => true,
            status => return Err(ReadError::Status(status)),
        };
        let start = unpack::<IoctlResponse>(&frame)?.output_data;
        if is_partial { self.read_message(start).await } else { Ok(start) }
    }

    /// Reads the rest of a message.
    async fn read_message(&self, mut message: Vec<u8>) -> Result<Vec<u8>, ReadError> {
        loop {
            let read = ReadRequest {
                padding: 0x50,
                flags: 0,
                length: MAX_MESSAGE as u32,
                offset: 0,
                file_id: self.file,
                minimum_count: 0,
                channel: SMB2_CHANNEL_NONE,
                remaining_bytes: 0,
                read_channel_info: Vec::new(),
            };
            let frame = self.connection.execute(Command::Read, &read, Some(self.tree)).await?;
            let is_partial = match frame.header.status.0 {
                nt::SUCCESS => false,
                nt::BUFFER_OVERFLOW => true,
                status => return Err(ReadError::Status(status)),
            };
            let data = unpack::<ReadResponse>(&frame)?.data;
            if data.is_empty() {
                return Err(ReadError::bad("an empty message"));
            }
            message.extend(data);
            if message.len() > 2 * MAX_MESSAGE {
                return Err(ReadError::bad(format!("a message of more than {} bytes", 2 * MAX_MESSAGE)));
            }
            if !is_partial {
                return Ok(message);
            }
        }
    }

    /// Closes the pipe, and with it every key that is open on it.
    pub(crate) async fn close(self) {
        let close = CloseRequest { flags: 0, file_id: self.file };
        let _ = self.connection.execute(Command::Close, &close, Some(self.tree)).await;
    }
}

/// The longest name that fits into a request of one fragment with room to spare, in UTF-16 units.
pub(crate) const MAX_NAME: usize = 640;

fn header(kind: u8, flags: u8, length: u16, call: u32) -> Vec<u8> {
    // Version 5.0; little-endian, ASCII, IEEE.
    let mut header = vec![5, 0, kind, flags, 0x10, 0, 0, 0];
    header.extend(length.to_le_bytes());
    header.extend([0, 0]);
    header.extend(call.to_le_bytes());
    header
}

/// Checks the common header of a message, and returns its kind, its flags, and the message without authentication data.
fn parse_header(message: &[u8], call: Option<u32>) -> Result<(u8, u8, &[u8]), ReadError> {
    let &[major, _, kind, flags, order, _, _, _, l0, l1, a0, a1, c0, c1, c2, c3] =
        message.first_chunk::<HEADER>().ok_or_else(|| ReadError::bad("an RPC message is truncated"))?;
    if major != 5 || order & 0xf0 != 0x10 {
        return Err(ReadError::bad("expected an RPC message of version 5, little-endian"));
    }
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    let authentication = usize::from(u16::from_le_bytes([a0, a1]));
    // Nothing was asked to be signed here: SMB does it.
    let message = message.get(..length).filter(|_| authentication == 0 && length >= HEADER);
    let message = message.ok_or_else(|| ReadError::bad("the length of an RPC message is wrong"))?;
    if call.is_some_and(|call| call != u32::from_le_bytes([c0, c1, c2, c3])) {
        return Err(ReadError::bad("an RPC message answers another call"));
    }
    Ok((kind, flags, message))
}

/// Parses one fragment of a response to a call, and returns its results and whether it is the last.
///
/// # Errors
///
/// If the message is none, answers another call, or reports a fault.
pub fn parse_fragment(message: &[u8], call: u32) -> Result<(&[u8], bool), ReadError> {
    let (kind, flags, message) = parse_header(message, Some(call))?;
    let rest = message.get(CALL_HEADER..).ok_or_else(|| ReadError::bad("an RPC response is truncated"))?;
    match kind {
        RESPONSE => Ok((rest, flags & LAST_FRAGMENT != 0)),
        FAULT => {
            let status = rest.first_chunk().map(|status| u32::from_le_bytes(*status)).unwrap_or_default();
            match status {
                // nca_s_fault_access_denied is Win32's code.
                5 => Err(ReadError::Win32(5)),
                status => Err(ReadError::bad(format!("the call failed with the RPC status {status:#x}"))),
            }
        }
        kind => Err(ReadError::bad(format!("an RPC message of kind {kind}: expected a response"))),
    }
}

/// Checks that a bind was accepted, and returns the size of the largest fragment that the server takes.
///
/// # Errors
///
/// If it was not, or the message is none.
pub fn parse_bind_ack(message: &[u8]) -> Result<u16, ReadError> {
    let (kind, _, message) = parse_header(message, None)?;
    match kind {
        BIND_ACK => {}
        BIND_NAK => return Err(ReadError::bad("the interface is refused")),
        kind => return Err(ReadError::bad(format!("an RPC message of kind {kind}: expected an answer to bind"))),
    }
    let truncated = || ReadError::bad("an RPC answer to bind is truncated");
    let u16_at = |at: usize| {
        let bytes = message.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map(|bytes| u16::from_le_bytes(*bytes)).ok_or_else(truncated)
    };
    let max_request = u16_at(HEADER + 2)?;
    let address = usize::from(u16_at(HEADER + 8)?);
    let results = (HEADER + 10 + address).next_multiple_of(4);
    let result = u16_at(results + 4)?;
    let syntax = message.get(results + 8..).and_then(|rest| rest.get(..NDR32.len())).ok_or_else(truncated)?;
    if result != 0 || syntax != NDR32 {
        return Err(ReadError::bad("the interface is refused"));
    }
    Ok(max_request)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn response(flags: u8, call: u32, results: &[u8]) -> Vec<u8> {
        let mut message = header(RESPONSE, flags, (CALL_HEADER + results.len()) as u16, call);
        message.extend([0; 8]);
        message.extend(results);
        message
    }

    #[test]
    fn a_fragment_belongs_to_its_call_and_says_whether_it_is_the_last() {
        assert_eq!(parse_fragment(&response(3, 7, b"abc"), 7), Ok((b"abc".as_slice(), true)));
        assert_eq!(parse_fragment(&response(1, 7, b"abc"), 7), Ok((b"abc".as_slice(), false)));
        assert!(parse_fragment(&response(3, 8, b"abc"), 7).is_err());
        let message = response(3, 7, b"abc");
        assert!(parse_fragment(&message[..message.len() - 1], 7).is_err());
        // Bytes after the message are not part of it.
        assert_eq!(parse_fragment(&[message, vec![9]].concat(), 7), Ok((b"abc".as_slice(), true)));
    }

    #[test]
    fn a_fault_is_an_error() {
        let mut message = header(FAULT, 3, 32, 1);
        message.extend([0; 8]);
        message.extend(5u32.to_le_bytes());
        message.extend([0; 4]);
        assert!(parse_fragment(&message, 1).unwrap_err().is_denied());
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_results_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200), call: u32) {
            let _ = parse_bind_ack(&bytes);
            if let Ok((results, _)) = parse_fragment(&bytes, call) {
                prop_assert!(results.len() <= bytes.len());
            }
        }

        #[test]
        fn any_change_of_a_message_ends_in_results_or_an_error(at in 0usize..64, byte: u8) {
            let mut message = header(BIND_ACK, 3, 60, 1);
            message.extend([0xb8, 0x10, 0xb8, 0x10, 0, 0, 0, 0, 14, 0]);
            message.extend(b"\\PIPE\\winreg\0\0\0\0");
            message.truncate(40);
            message.extend([1, 0, 0, 0, 0, 0, 0, 0]);
            message.extend(NDR32);
            message.resize(68, 0);
            if let Some(changed) = message.get_mut(at) {
                *changed = byte;
            }
            let _ = parse_bind_ack(&message);
            let _ = parse_fragment(&message, 1);
        }
    }
}
