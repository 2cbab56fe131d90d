//! The status codes of Windows that a reader meets (MS-ERREF), and their words.

/// `NTSTATUS` values.
pub(crate) mod nt {
    pub(crate) const SUCCESS: u32 = 0;
    pub(crate) const MORE_ENTRIES: u32 = 0x0000_0105;
    pub(crate) const BUFFER_OVERFLOW: u32 = 0x8000_0005;
    pub(crate) const NO_MORE_FILES: u32 = 0x8000_0006;
    pub(crate) const STOPPED_ON_SYMLINK: u32 = 0x8000_002d;
    pub(crate) const NO_SUCH_FILE: u32 = 0xc000_000f;
    pub(crate) const END_OF_FILE: u32 = 0xc000_0011;
    pub(crate) const ACCESS_DENIED: u32 = 0xc000_0022;
    pub(crate) const OBJECT_NAME_INVALID: u32 = 0xc000_0033;
    pub(crate) const OBJECT_NAME_NOT_FOUND: u32 = 0xc000_0034;
    pub(crate) const OBJECT_PATH_NOT_FOUND: u32 = 0xc000_003a;
    pub(crate) const SHARING_VIOLATION: u32 = 0xc000_0043;
    pub(crate) const LOGON_FAILURE: u32 = 0xc000_006d;
    pub(crate) const ACCOUNT_RESTRICTION: u32 = 0xc000_006e;
    pub(crate) const INVALID_LOGON_HOURS: u32 = 0xc000_006f;
    pub(crate) const INVALID_WORKSTATION: u32 = 0xc000_0070;
    pub(crate) const PASSWORD_EXPIRED: u32 = 0xc000_0071;
    pub(crate) const ACCOUNT_DISABLED: u32 = 0xc000_0072;
    pub(crate) const INSTANCE_NOT_AVAILABLE: u32 = 0xc000_00ab;
    pub(crate) const PIPE_NOT_AVAILABLE: u32 = 0xc000_00ac;
    pub(crate) const NETWORK_ACCESS_DENIED: u32 = 0xc000_00ca;
    pub(crate) const BAD_NETWORK_NAME: u32 = 0xc000_00cc;
    pub(crate) const NOT_A_DIRECTORY: u32 = 0xc000_0103;
    pub(crate) const NOT_SUPPORTED: u32 = 0xc000_00bb;
    pub(crate) const TIME_DIFFERENCE_AT_DC: u32 = 0xc000_0133;
    pub(crate) const LOGON_TYPE_NOT_GRANTED: u32 = 0xc000_015b;
    pub(crate) const ACCOUNT_EXPIRED: u32 = 0xc000_0193;
    pub(crate) const PASSWORD_MUST_CHANGE: u32 = 0xc000_0224;
    pub(crate) const ACCOUNT_LOCKED_OUT: u32 = 0xc000_0234;
}

/// Win32 error codes, which the registry's calls return.
pub(crate) mod win32 {
    pub(crate) const SUCCESS: u32 = 0;
    pub(crate) const FILE_NOT_FOUND: u32 = 2;
    pub(crate) const PATH_NOT_FOUND: u32 = 3;
    pub(crate) const ACCESS_DENIED: u32 = 5;
    pub(crate) const MORE_DATA: u32 = 234;
    pub(crate) const NO_MORE_ITEMS: u32 = 259;
    pub(crate) const SERVICE_ALREADY_RUNNING: u32 = 1056;
    pub(crate) const SERVICE_DISABLED: u32 = 1058;
}

/// Why an account may not sign in although its password may be right, in words; `None` for any other status.
pub(crate) fn account_problem(status: u32) -> Option<&'static str> {
    Some(match status {
        nt::ACCOUNT_RESTRICTION => "a policy bars it from the network, such as the one against blank passwords",
        nt::INVALID_LOGON_HOURS => "it may not log on at this hour",
        nt::INVALID_WORKSTATION => "it may not log on from this computer",
        nt::PASSWORD_EXPIRED | nt::PASSWORD_MUST_CHANGE => "its password has expired and must be changed first",
        nt::ACCOUNT_DISABLED => "it is disabled",
        nt::ACCOUNT_EXPIRED => "it has expired",
        nt::ACCOUNT_LOCKED_OUT => "it is locked out",
        nt::LOGON_TYPE_NOT_GRANTED => "it has no right to log on over the network",
        _ => return None,
    })
}

/// Names a status for a message: `access is denied`, or `NTSTATUS 0xc0000001`.
pub(crate) fn describe(status: u32) -> String {
    let words = match status {
        nt::ACCESS_DENIED | nt::NETWORK_ACCESS_DENIED => "access is denied",
        nt::SHARING_VIOLATION => "another program has it open and does not share it",
        nt::STOPPED_ON_SYMLINK => "a symbolic link is on its path",
        nt::BAD_NETWORK_NAME => "the share does not exist",
        _ => return format!("NTSTATUS {status:#010x}"),
    };
    words.to_owned()
}

/// Like [`describe`], for a Win32 error.
pub(crate) fn describe_win32(code: u32) -> String {
    match code {
        win32::ACCESS_DENIED => "access is denied".to_owned(),
        _ => format!("Win32 error {code}"),
    }
}
