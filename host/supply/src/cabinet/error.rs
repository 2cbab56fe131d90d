/// Why a cabinet is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CabinetError {
    #[error("bad signature: expected `MSCF`")]
    NotACabinet,
    #[error("truncated in {part}, at byte {offset}")]
    Truncated { part: &'static str, offset: u64 },
    #[error("{bytes} bytes follow the end of the cabinet and its signature")]
    Appended { bytes: u64 },
    #[error("unsupported cabinet version {major}.{minor}: expected 1.3 or lower")]
    Version { major: u8, minor: u8 },
    #[error("part of a set of several cabinets, which is not supported: join the set into one cabinet")]
    Spanning,
    #[error("{what}: {found}, and at most {most} are allowed")]
    TooMany { what: &'static str, found: u64, most: u64 },
    #[error("unpacks to {unpacked} bytes from {packed}, and at most {most} times the size is allowed")]
    Ratio { packed: u64, unpacked: u64, most: u64 },
    #[error("unsupported compression {0:#06x}: expected none, MSZIP or LZX")]
    Compression(u16),
    #[error("data block {block} of folder {folder} is {unpacked} bytes unpacked and {packed} packed, which cannot be")]
    Block { folder: usize, block: usize, packed: u16, unpacked: u16 },
    #[error("file {0} is not a plain relative path")]
    Path(String),
    #[error("files {0} and {1} have the same name once case and folders are ignored")]
    SameName(String, String),
    #[error("file {name} ends at byte {end} of a folder that holds {holds}")]
    OutsideFolder { name: String, end: u64, holds: u64 },
    #[error("file {name} is damaged: {reason}")]
    Damaged { name: String, reason: String },
}
