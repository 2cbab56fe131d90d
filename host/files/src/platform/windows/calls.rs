//! The functions of Windows that the standard library does not have: the only unsafe code for Windows of this crate.
//!
//! Every function below checks what it passes, and returns only what Windows has said it has written.

#![allow(unsafe_code)]

use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::path::Path;
use std::ptr::null_mut;
use std::sync::OnceLock;

use wardline_sam::Sid;
use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetFileSecurityW, GetLengthSid, GetTokenInformation, OWNER_SECURITY_INFORMATION,
    PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, SetFileSecurityW, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows_sys::core::BOOL;

/// The room for a descriptor at the first attempt, and the most that is read, in bytes: an access list has at most 64 KiB.
const USUAL_DESCRIPTOR: u32 = 4096;
const LARGEST_DESCRIPTOR: u32 = 1 << 17;

/// The room for a user, in 8 bytes each: a pointer, flags, and the longest SID (68 bytes).
const USER: usize = 16;

/// Returns a text as Windows takes it.
fn ended(units: impl Iterator<Item = u16>) -> io::Result<Vec<u16>> {
    let units = units.chain([0]).collect::<Vec<_>>();
    match units.iter().position(|unit| *unit == 0) {
        Some(end) if end + 1 == units.len() => Ok(units),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

fn wide(path: &Path) -> io::Result<Vec<u16>> {
    ended(std::path::absolute(path)?.as_os_str().encode_wide())
}

fn size_of_buffer<T>(buffer: &[T]) -> u32 {
    u32::try_from(size_of_val(buffer)).unwrap_or(u32::MAX)
}

/// A security descriptor that Windows has made of a text.
pub(super) struct Made {
    descriptor: PSECURITY_DESCRIPTOR,
    #[cfg(test)]
    size: u32,
}

impl Drop for Made {
    fn drop(&mut self) {
        // SAFETY: Windows allocated the descriptor for its caller to free, and this value alone has it.
        unsafe { LocalFree(self.descriptor) };
    }
}

impl Made {
    /// Makes a descriptor of its text (the security descriptor definition language).
    pub(super) fn from_text(text: &str) -> io::Result<Made> {
        let text = ended(text.encode_utf16())?;
        let mut descriptor: PSECURITY_DESCRIPTOR = null_mut();
        let mut size = 0;
        // SAFETY: the text ends with a zero, and there is room for the pointer and the size.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                &raw mut size,
            )
        };
        if made == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Made {
            descriptor,
            #[cfg(test)]
            size,
        })
    }

    /// Gives a file or folder the access list of this descriptor, and stops it from inheriting others.
    pub(super) fn set_access_list_of(&self, path: &Path) -> io::Result<()> {
        let path = wide(path)?;
        let wanted = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
        // SAFETY: the path ends with a zero, and the descriptor is one that Windows made.
        match unsafe { SetFileSecurityW(path.as_ptr(), wanted, self.descriptor) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// The descriptor's bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: Windows wrote as many bytes, which live as long as this value.
        unsafe { std::slice::from_raw_parts(self.descriptor.cast(), self.size as usize) }
    }
}

/// Reads the owner and the access list of a file or folder, as a descriptor's bytes. Links are followed.
pub(super) fn security_of(path: &Path) -> io::Result<Vec<u8>> {
    let path = wide(path)?;
    let wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let mut size = USUAL_DESCRIPTOR;
    // A second time with the size that the first one has told; the descriptor may change in between.
    for _ in 0..4 {
        let mut bytes = vec![0_u8; usize::try_from(size.min(LARGEST_DESCRIPTOR)).unwrap_or_default()];
        let room = size_of_buffer(&bytes);
        // SAFETY: the path ends with a zero, and the descriptor has as many bytes as `room` says.
        let read = unsafe { GetFileSecurityW(path.as_ptr(), wanted, bytes.as_mut_ptr().cast(), room, &raw mut size) };
        if read != 0 {
            // What follows the descriptor does not disturb its reader.
            return Ok(bytes);
        }
        let error = io::Error::last_os_error();
        if !is_one_of(&error, &[ERROR_INSUFFICIENT_BUFFER]) {
            return Err(error);
        }
    }
    Err(io::Error::other("the access list changes while it is read"))
}

/// Returns the user that this program runs as.
pub(super) fn user() -> io::Result<Sid> {
    let mut token: HANDLE = null_mut();
    // SAFETY: the current process' handle needs not be closed, and there is room for the token's.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened, and nothing else closes it.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // Numbers of this size are aligned as the structure has to be.
    let mut user = [0_u64; USER];
    let mut size = 0;
    let room = size_of_buffer(&user);
    // SAFETY: the token was opened for this, and `user` has as many bytes as `room` says.
    let read =
        unsafe { GetTokenInformation(token.as_raw_handle(), TokenUser, user.as_mut_ptr().cast(), room, &raw mut size) };
    if read == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: Windows wrote the structure to the start of `user`, which is aligned for it, and the SID that it points to behind it.
    let bytes = unsafe {
        let TOKEN_USER { User: user } = user.as_ptr().cast::<TOKEN_USER>().read();
        std::slice::from_raw_parts(user.Sid.cast::<u8>(), GetLengthSid(user.Sid) as usize)
    };
    Sid::read(bytes).map(|(sid, _)| sid).map_err(io::Error::other)
}

/// Calls `answer` with every event of the console, on a thread that Windows starts for it. An event that is answered with `false` ends
/// the program. Only the first call of this function has an effect.
pub(super) fn answer_console(answer: impl Fn(u32) -> bool + Send + Sync + 'static) {
    static ANSWER: OnceLock<Box<dyn Fn(u32) -> bool + Send + Sync>> = OnceLock::new();
    extern "system" fn answered(event: u32) -> BOOL {
        ANSWER.get().is_some_and(|answer| answer(event)).into()
    }
    if ANSWER.set(Box::new(answer)).is_ok() {
        // SAFETY: the function is there for as long as the program is, and what it calls may be called on any thread. Where it cannot be
        // installed, events keep their default effect.
        unsafe { SetConsoleCtrlHandler(Some(answered), 1) };
    }
}

/// Whether an error is one of these of Windows.
pub(super) fn is_one_of(error: &io::Error, numbers: &[u32]) -> bool {
    error.raw_os_error().and_then(|number| u32::try_from(number).ok()).is_some_and(|number| numbers.contains(&number))
}
