//! The reasons something cannot be read.

/// The reasons something on this computer cannot be read. What does not exist is not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// An error of Windows (MS-ERREF 2.2).
    #[error("Win32 error {0}")]
    Win32(u32),
    #[error("it has {size} bytes: at most {limit} are read")]
    TooLarge { size: u64, limit: u64 },
    #[error("its content is stored elsewhere, and reading it would fetch it to this computer")]
    Elsewhere,
    #[error("it changes while it is read")]
    Changes,
}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        const GENERAL_FAILURE: u32 = 31;
        let code = error.raw_os_error().and_then(|code| u32::try_from(code).ok());
        ReadError::Win32(code.unwrap_or(GENERAL_FAILURE))
    }
}
