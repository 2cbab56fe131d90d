/// The reasons part of a hive cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A place in the hive is invalid.
    #[error("the hive {hive} is damaged at offset {offset:#x}: {damage}")]
    Damaged {
        /// The hive's name as passed to [`Hive::open`](crate::Hive::open).
        hive: String,
        /// The offset in bytes from the start of the file.
        offset: u64,
        /// The kind of damage.
        damage: String,
    },
    /// The file, or one of its logs, cannot be read at an offset.
    #[error("the hive {hive} cannot be read at offset {offset:#x}: {reason}")]
    Unreadable {
        /// The hive's name as passed to [`Hive::open`](crate::Hive::open).
        hive: String,
        /// The offset in bytes from the start of the file.
        offset: u64,
        /// The operating system's message.
        reason: String,
    },
    /// An item is larger than the limit.
    #[error("the hive {hive} has {size} bytes of {what} at offset {offset:#x}: at most {limit} are read")]
    TooLarge {
        /// The hive's name as passed to [`Hive::open`](crate::Hive::open).
        hive: String,
        /// The offset in bytes from the start of the file.
        offset: u64,
        /// The kind of item: "data", "security descriptor".
        what: &'static str,
        /// The size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A key has too many members to search.
    #[error(
        "the hive {hive} has a key with too many {what} at offset {offset:#x}: at most {limit} are searched for a name"
    )]
    TooMany {
        /// The hive's name as passed to [`Hive::open`](crate::Hive::open).
        hive: String,
        /// The offset in bytes from the start of the file.
        offset: u64,
        /// The kind of member: "subkeys", "values".
        what: &'static str,
        /// The number of members searched at most.
        limit: usize,
    },
}

impl Error {
    /// The hive's name as passed to [`Hive::open`](crate::Hive::open).
    pub fn hive(&self) -> &str {
        match self {
            Error::Damaged { hive, .. }
            | Error::Unreadable { hive, .. }
            | Error::TooLarge { hive, .. }
            | Error::TooMany { hive, .. } => hive,
        }
    }
}
