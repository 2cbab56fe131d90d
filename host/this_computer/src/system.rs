//! The functions of Windows that the standard library does not have: the only unsafe code of this crate.
//!
//! Every function below checks what it passes, and returns only what Windows has said it has written.

#![allow(unsafe_code)]

use std::fs::File;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::{
    ERROR_FILE_NOT_FOUND, ERROR_INSUFFICIENT_BUFFER, ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, ERROR_NOT_ALL_ASSIGNED,
    ERROR_PATH_NOT_FOUND, ERROR_SUCCESS, FILETIME, GetLastError, HANDLE, LUID,
};
use windows_sys::Win32::Security::{
    AdjustTokenPrivileges, DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, GetKernelObjectSecurity,
    LUID_AND_ATTRIBUTES, LookupPrivilegeValueW, OWNER_SECURITY_INFORMATION, SE_BACKUP_NAME, SE_PRIVILEGE_ENABLED,
    TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES, TOKEN_QUERY,
};
use windows_sys::Win32::Storage::FileSystem::GetVolumeInformationW;
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, HKEY_USERS, KEY_READ, KEY_WOW64_64KEY, REG_OPTION_BACKUP_RESTORE, RegCloseKey,
    RegEnumKeyExW, RegEnumValueW, RegGetKeySecurity, RegOpenKeyExW, RegQueryInfoKeyW, RegQueryValueExW,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use crate::{ReadError, Root};

/// The longest name of a key, in UTF-16 units ("Registry Element Size Limits").
const KEY_NAME: usize = 255;
/// The longest name of a value.
const VALUE_NAME: usize = 16_383;
/// The longest class name that is read.
const CLASS_NAME: usize = 1024;

/// The largest security descriptor read, in bytes: an access list has at most 64 KiB.
const MAX_SECURITY: u32 = 1 << 17;

const OWNER_GROUP_AND_ACCESS: u32 = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;

/// Encodes a name for Windows, which ends it with a zero. `None` if it contains one: nothing can be opened by such a name.
fn wide(name: &str) -> Option<Vec<u16>> {
    let units = name.encode_utf16().chain([0]).collect::<Vec<_>>();
    (units.iter().position(|unit| *unit == 0)? + 1 == units.len()).then_some(units)
}

/// Decodes the first `length` units of a buffer.
fn text(units: &[u16], length: u32) -> String {
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(units.len());
    String::from_utf16_lossy(units.get(..length).unwrap_or_default())
}

/// The length of a buffer as Windows takes it.
fn length<T>(buffer: &[T]) -> u32 {
    u32::try_from(buffer.len()).unwrap_or(u32::MAX)
}

/// A handle of an open key, closed when it is dropped.
#[derive(Debug)]
pub(crate) struct KeyHandle(HKEY);

// SAFETY: a key's handle belongs to the process and not to a thread, and Windows' functions of the registry may be called with it
// from several threads at once.
unsafe impl Send for KeyHandle {}
// SAFETY: as above.
unsafe impl Sync for KeyHandle {}

impl Drop for KeyHandle {
    fn drop(&mut self) {
        // SAFETY: the handle was opened by `open_key`, is owned by this value, and is not used after it.
        unsafe { RegCloseKey(self.0) };
    }
}

/// Opens a key in the 64-bit view; `None` if there is none.
pub(crate) fn open_key(root: Root, path: &str, as_backup: bool) -> Result<Option<KeyHandle>, ReadError> {
    let Some(path) = wide(path) else { return Ok(None) };
    let root = match root {
        Root::LocalMachine => HKEY_LOCAL_MACHINE,
        Root::Users => HKEY_USERS,
    };
    let options = if as_backup { REG_OPTION_BACKUP_RESTORE } else { 0 };
    let mut key = null_mut();
    // SAFETY: the path ends with a zero, the root is a predefined key, and there is room for the handle.
    let code = unsafe { RegOpenKeyExW(root, path.as_ptr(), options, KEY_READ | KEY_WOW64_64KEY, &raw mut key) };
    match code {
        ERROR_SUCCESS => Ok(Some(KeyHandle(key))),
        ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND => Ok(None),
        code => Err(ReadError::Win32(code)),
    }
}

/// Properties of a key, as Windows returns them.
#[derive(Debug)]
pub(crate) struct Info {
    pub(crate) class: String,
    /// In 100 ns since 1601.
    pub(crate) last_written: u64,
    /// The size of the largest data of a value, in bytes.
    pub(crate) longest_data: u32,
}

/// A value as it was enumerated. Its data is in the caller's buffer, if there was room.
#[derive(Debug)]
pub(crate) struct Enumerated {
    pub(crate) name: String,
    pub(crate) kind: u32,
    /// The data's size in bytes.
    pub(crate) size: u32,
}

impl KeyHandle {
    pub(crate) fn info(&self) -> Result<Info, ReadError> {
        let mut class = [0; CLASS_NAME];
        let mut class_length = length(&class);
        let (mut longest_data, mut time) = (0, FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 });
        // SAFETY: the key is open; `class` has as many units as `class_length` says; the other two have room for what is written
        // there, and Windows permits null for what is not wanted.
        let code = unsafe {
            RegQueryInfoKeyW(
                self.0,
                class.as_mut_ptr(),
                &raw mut class_length,
                null(),
                null_mut(),
                null_mut(),
                null_mut(),
                null_mut(),
                null_mut(),
                &raw mut longest_data,
                null_mut(),
                &raw mut time,
            )
        };
        if code != ERROR_SUCCESS {
            return Err(ReadError::Win32(code));
        }
        let last_written = u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
        Ok(Info { class: text(&class, class_length), last_written, longest_data })
    }

    /// Reads the name of the subkey with this number; `None` after the last.
    pub(crate) fn subkey_name(&self, index: u32) -> Result<Option<String>, ReadError> {
        let mut name = [0; KEY_NAME + 1];
        let mut name_length = length(&name);
        // SAFETY: the key is open; `name` has as many units as `name_length` says; Windows permits null for what is not wanted.
        let code = unsafe {
            RegEnumKeyExW(
                self.0,
                index,
                name.as_mut_ptr(),
                &raw mut name_length,
                null(),
                null_mut(),
                null_mut(),
                null_mut(),
            )
        };
        match code {
            ERROR_SUCCESS => Ok(Some(text(&name, name_length))),
            ERROR_NO_MORE_ITEMS => Ok(None),
            code => Err(ReadError::Win32(code)),
        }
    }

    /// Reads the value with this number, and its data into `data`; `None` after the last.
    pub(crate) fn value_at(&self, index: u32, data: &mut [u8]) -> Result<Option<Enumerated>, ReadError> {
        let mut name = vec![0; VALUE_NAME + 1];
        let (mut name_length, mut size, mut kind) = (length(&name), length(data), 0);
        // SAFETY: the key is open; `name` has as many units, and `data` as many bytes, as their lengths say; there is room for the
        // type, and the reserved argument is null.
        let code = unsafe {
            RegEnumValueW(
                self.0,
                index,
                name.as_mut_ptr(),
                &raw mut name_length,
                null(),
                &raw mut kind,
                data.as_mut_ptr(),
                &raw mut size,
            )
        };
        match code {
            // With too little room for the data, the name is there and `size` is what it takes.
            ERROR_SUCCESS | ERROR_MORE_DATA => Ok(Some(Enumerated { name: text(&name, name_length), kind, size })),
            ERROR_NO_MORE_ITEMS => Ok(None),
            code => Err(ReadError::Win32(code)),
        }
    }

    /// Reads the type of a value and the size of its data, and the data if there is room; `None` if there is no such value.
    pub(crate) fn value(&self, name: &str, data: &mut [u8]) -> Result<Option<(u32, u32)>, ReadError> {
        let Some(name) = wide(name) else { return Ok(None) };
        let (mut kind, mut size) = (0, length(data));
        // SAFETY: the key is open; the name ends with a zero; `data` has as many bytes as `size` says; there is room for the type,
        // and the reserved argument is null.
        let code =
            unsafe { RegQueryValueExW(self.0, name.as_ptr(), null(), &raw mut kind, data.as_mut_ptr(), &raw mut size) };
        match code {
            ERROR_SUCCESS | ERROR_MORE_DATA => Ok(Some((kind, size))),
            ERROR_FILE_NOT_FOUND => Ok(None),
            code => Err(ReadError::Win32(code)),
        }
    }

    pub(crate) fn security(&self) -> Result<Vec<u8>, ReadError> {
        security(|bytes, size| {
            // SAFETY: the key is open, and `bytes` is as long as `size` says.
            unsafe { RegGetKeySecurity(self.0, OWNER_GROUP_AND_ACCESS, bytes.as_mut_ptr().cast(), size) }
        })
    }
}

/// Reads the owner, group and access list of a file that was opened to read them.
pub(crate) fn file_security(file: &File) -> Result<Vec<u8>, ReadError> {
    security(|bytes, size| {
        let room = *size;
        // SAFETY: the file is open, and `bytes` is as long as `room` says.
        let done = unsafe {
            GetKernelObjectSecurity(file.as_raw_handle(), OWNER_GROUP_AND_ACCESS, bytes.as_mut_ptr().cast(), room, size)
        };
        if done == 0 { last_error() } else { ERROR_SUCCESS }
    })
}

/// Calls a function that reads a security descriptor with as much room as it asks for.
fn security(mut read: impl FnMut(&mut [u8], &mut u32) -> u32) -> Result<Vec<u8>, ReadError> {
    let mut size = 4096;
    // A second time with the size that the first one has told; the descriptor may change in between.
    for _ in 0..4 {
        if size > MAX_SECURITY {
            return Err(ReadError::TooLarge { size: size.into(), limit: MAX_SECURITY.into() });
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
        match read(&mut bytes, &mut size) {
            // Unused bytes after the descriptor do no harm.
            ERROR_SUCCESS => return Ok(bytes),
            ERROR_INSUFFICIENT_BUFFER | ERROR_MORE_DATA => {}
            code => return Err(ReadError::Win32(code)),
        }
    }
    Err(ReadError::Changes)
}

/// Reads Windows' name for the file system of a drive (`NTFS`).
pub(crate) fn file_system(letter: char) -> Result<String, ReadError> {
    let root = wide(&format!("{letter}:\\")).unwrap_or_else(|| vec![0]);
    let mut name = [0; 64];
    // SAFETY: the path ends with a zero, `name` has as many units as is said, and Windows permits null for what is not wanted.
    let done = unsafe {
        GetVolumeInformationW(
            root.as_ptr(),
            null_mut(),
            0,
            null_mut(),
            null_mut(),
            null_mut(),
            name.as_mut_ptr(),
            length(&name),
        )
    };
    if done == 0 {
        return Err(ReadError::Win32(last_error()));
    }
    let end = name.iter().position(|unit| *unit == 0).unwrap_or(name.len());
    Ok(String::from_utf16_lossy(name.get(..end).unwrap_or_default()))
}

/// Whether this program may read what only the system may, as for a backup. The right is enabled for the whole program when this is
/// first asked.
#[must_use]
pub fn may_back_up() -> bool {
    static ENABLED: OnceLock<bool> = OnceLock::new();
    *ENABLED.get_or_init(|| enable_backup().is_some())
}

/// `None` if the user does not have the right, or the program is not elevated.
fn enable_backup() -> Option<()> {
    let mut token: HANDLE = null_mut();
    // SAFETY: the current process' handle needs not be closed, and there is room for the token's.
    let opened =
        unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &raw mut token) };
    if opened == 0 {
        return None;
    }
    // SAFETY: the handle was just opened, and nothing else closes it.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let mut luid = LUID { LowPart: 0, HighPart: 0 };
    // SAFETY: the name is a constant that ends with a zero, null is this computer, and there is room for the number.
    if unsafe { LookupPrivilegeValueW(null(), SE_BACKUP_NAME, &raw mut luid) } == 0 {
        return None;
    }
    let wanted = TOKEN_PRIVILEGES {
        PrivilegeCount: 1,
        Privileges: [LUID_AND_ATTRIBUTES { Luid: luid, Attributes: SE_PRIVILEGE_ENABLED }],
    };
    // SAFETY: the token was opened for this, `wanted` has as many privileges as it says, and the previous state is not wanted.
    let adjusted =
        unsafe { AdjustTokenPrivileges(token.as_raw_handle(), 0, &raw const wanted, 0, null_mut(), null_mut()) };
    // It succeeds even if it assigns nothing.
    (adjusted != 0 && last_error() != ERROR_NOT_ALL_ASSIGNED).then_some(())
}

fn last_error() -> u32 {
    // SAFETY: this reads a number of the calling thread.
    unsafe { GetLastError() }
}
