//! Access lists and owners of files.

#![allow(unsafe_code)]

use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetFileSecurityW, GetSecurityDescriptorOwner, IsWellKnownSid,
    OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID, SetFileSecurityW,
    WinBuiltinAdministratorsSid, WinLocalSystemSid,
};
use windows_sys::core::{PCWSTR, w};

/// Full access for the owner (OW), the system (SY) and administrators (BA), and nothing inherited (P). What is created in a folder
/// inherits the same (OI, CI).
const PRIVATE: PCWSTR = w!("D:P(A;OICI;FA;;;OW)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)");

/// The room for an owner, in 8 bytes each: the header of a security descriptor and the longest SID take less.
const OWNER: usize = 32;

/// Returns a path as Windows takes it.
fn wide(path: &Path) -> io::Result<Vec<u16>> {
    let path = std::path::absolute(path)?;
    let units = path.as_os_str().encode_wide().chain([0]).collect::<Vec<_>>();
    match units.iter().position(|unit| *unit == 0) {
        Some(end) if end + 1 == units.len() => Ok(units),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// See [`super::keep_private`].
pub(super) fn keep_private(path: &Path) -> io::Result<()> {
    let path = wide(path)?;
    let mut descriptor: PSECURITY_DESCRIPTOR = null_mut();
    // SAFETY: the text is a constant that ends with a zero, there is room for the pointer, and the size is not wanted.
    let converted = unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(PRIVATE, SDDL_REVISION_1, &raw mut descriptor, null_mut())
    };
    if converted == 0 {
        return Err(io::Error::last_os_error());
    }
    let wanted = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: the path ends with a zero, and the descriptor was made just now and is freed only below.
    let set = unsafe { SetFileSecurityW(path.as_ptr(), wanted, descriptor) };
    let error = io::Error::last_os_error();
    // SAFETY: Windows allocated the descriptor for this function to free, and nothing uses it any more.
    unsafe { LocalFree(descriptor) };
    let number = error.raw_os_error().and_then(|number| u32::try_from(number).ok());
    match number {
        _ if set != 0 => Ok(()),
        Some(ERROR_INVALID_FUNCTION | ERROR_NOT_SUPPORTED) => Ok(()),
        _ => Err(error),
    }
}

/// See [`super::is_of_administrators`].
pub(super) fn is_of_administrators(path: &Path) -> bool {
    let Ok(path) = wide(path) else { return false };
    // Numbers of this size are aligned as a descriptor has to be.
    let mut descriptor = [0_u64; OWNER];
    let room = u32::try_from(size_of_val(&descriptor)).unwrap_or_default();
    let mut size = 0;
    // SAFETY: the path ends with a zero, and the descriptor has as many bytes as `room` says.
    let read = unsafe {
        GetFileSecurityW(path.as_ptr(), OWNER_SECURITY_INFORMATION, descriptor.as_mut_ptr().cast(), room, &raw mut size)
    };
    let (mut owner, mut is_default): (PSID, _) = (null_mut(), 0);
    // SAFETY: Windows wrote the descriptor, if it says so, and there is room for both results.
    let found = read != 0
        && unsafe { GetSecurityDescriptorOwner(descriptor.as_mut_ptr().cast(), &raw mut owner, &raw mut is_default) }
            != 0;
    let is = |known| {
        // SAFETY: the owner is a SID within the descriptor, which lives until the end of this function.
        found && !owner.is_null() && unsafe { IsWellKnownSid(owner, known) } != 0
    };
    is(WinBuiltinAdministratorsSid) || is(WinLocalSystemSid)
}
