/// Why something in a hive cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A place in the hive cannot be right.
    #[error("the hive {hive} is damaged at offset {offset:#x}: {damage}")]
    Damaged {
        /// As it was named when it was opened.
        hive: String,
        /// In bytes from the start of the file.
        offset: u64,
        /// What is wrong there.
        damage: String,
    },
    /// The file, or one of its logs, could not be read at a place.
    #[error("the hive {hive} cannot be read at offset {offset:#x}: {reason}")]
    Unreadable {
        /// As it was named when it was opened.
        hive: String,
        /// In bytes from the start of the file.
        offset: u64,
        /// As the operating system says it.
        reason: String,
    },
    /// Something is larger than what is handed out.
    #[error("the hive {hive} has {size} bytes of {what} at offset {offset:#x}: at most {limit} are read")]
    TooLarge {
        /// As it was named when it was opened.
        hive: String,
        /// In bytes from the start of the file.
        offset: u64,
        /// "data", "security descriptor".
        what: &'static str,
        /// In bytes.
        size: u64,
        /// In bytes.
        limit: u64,
    },
    /// A key has more members than are looked through.
    #[error(
        "the hive {hive} has a key with too many {what} at offset {offset:#x}: at most {limit} are searched for a name"
    )]
    TooMany {
        /// As it was named when it was opened.
        hive: String,
        /// In bytes from the start of the file.
        offset: u64,
        /// "subkeys", "values".
        what: &'static str,
        /// How many are looked through.
        limit: usize,
    },
}

impl Error {
    /// The hive's name, as it was named when it was opened.
    pub fn hive(&self) -> &str {
        match self {
            Error::Damaged { hive, .. }
            | Error::Unreadable { hive, .. }
            | Error::TooLarge { hive, .. }
            | Error::TooMany { hive, .. } => hive,
        }
    }
}
