//! Transaction logs: what Windows wrote before it changed a hive, in case it could not finish.
//!
//! There are two formats: up to Windows 8 a set of pages with a bitmap of the places they belong to (`DIRT`), since Windows 8.1 a
//! sequence of entries (`HvLE`). They are applied as Windows applies them when it loads the hive, but without writing: the pages
//! stay in the logs. The rules are those of the specification's sections "Format of transaction log files", "Dirty state of a hive"
//! and "Multiple transaction log files".

mod entries;
mod pages;

use std::fmt;

use crate::header::{Header, SECTOR};
use crate::patches::Patches;
use crate::read_at::ReadAt;

/// The maximum size of a log that is read. Windows keeps logs within a few megabytes: it writes the hive out before they grow.
const MAX_LOG_SIZE: u64 = 128 << 20;

/// One of the transaction logs beside a hive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogName {
    /// `.LOG`, up to Server 2003. Later versions may leave an empty one.
    Log,
    /// `.LOG1`, since Windows Vista.
    Log1,
    /// `.LOG2`
    Log2,
}

impl LogName {
    /// All logs, in the order in which Windows reads them.
    pub const ALL: [LogName; 3] = [LogName::Log1, LogName::Log2, LogName::Log];

    /// The suffix that the log's name adds to the hive's.
    pub fn suffix(self) -> &'static str {
        match self {
            LogName::Log => ".LOG",
            LogName::Log1 => ".LOG1",
            LogName::Log2 => ".LOG2",
        }
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.suffix())
    }
}

/// A log file, if it exists and can be read.
pub enum Log {
    /// The file does not exist.
    Missing,
    /// The file exists but cannot be read, for this reason: its contents are unknown.
    Unreadable(String),
    /// The file.
    Present(Box<dyn ReadAt>),
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Log::Missing => formatter.write_str("Missing"),
            Log::Unreadable(reason) => formatter.debug_tuple("Unreadable").field(reason).finish(),
            Log::Present(_) => formatter.write_str("Present"),
        }
    }
}

impl From<Vec<u8>> for Log {
    fn from(bytes: Vec<u8>) -> Self {
        Log::Present(Box::new(bytes))
    }
}

/// How a hive was recovered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Windows had finished writing the hive. Logs were not read.
    NotNeeded,
    /// Windows had not finished writing the hive. The logs brought it up to date.
    Done {
        /// The number of entries applied; 1 for a log of the old format.
        entries: u32,
    },
    /// Windows had not finished writing the hive, and the logs did not bring it up to date, or it is not known that they did. Its
    /// contents may be old, or half old and half new.
    Incomplete {
        /// The number of entries applied before the first one that could not be.
        entries: u32,
        /// The reason the rest could not be applied.
        reason: Obstacle,
    },
}

/// The reasons logs do not bring a hive up to date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// None of the three files exists.
    #[error("no transaction log exists")]
    NoLog,
    /// Windows keeps two logs, and one of them does not exist.
    #[error("the transaction log {0} is missing")]
    Missing(LogName),
    /// A log cannot be read.
    #[error("the transaction log {log} cannot be read: {reason}")]
    Unreadable {
        /// The log's name.
        log: LogName,
        /// The reason given by the caller or the operating system.
        reason: String,
    },
    /// The existing logs are empty.
    #[error("the transaction logs are empty")]
    Unused,
    /// A log's own base block is damaged, or its contents do not match it.
    #[error("the transaction log {log} is damaged: {damage}")]
    Damaged {
        /// The log's name.
        log: LogName,
        /// The kind of damage.
        damage: &'static str,
    },
    /// The logs were written for an earlier or later state of the hive.
    #[error("the transaction logs belong to another state of the hive")]
    OtherState,
    /// Some entries exist, and the one after them is incomplete or missing.
    #[error("{applied} of {of} log entries are applied, the next is incomplete")]
    Broken {
        /// The number of entries applied.
        applied: u32,
        /// The number of entries that the logs should hold, from the first one that the hive needs to the last one that exists.
        of: u32,
    },
    /// One log is empty, and the entries of the other begin after the state of the hive: the empty one may have held those in
    /// between.
    #[error("the transaction log {log} is empty, and the other one begins with entry {first}: expected {expected}")]
    Gap {
        /// The empty log.
        log: LogName,
        /// The number of the first entry that exists.
        first: u32,
        /// The number of the entry that follows the state of the hive.
        expected: u32,
    },
}

/// The result of a recovery.
pub(crate) struct Recovered {
    pub(crate) header: Header,
    pub(crate) patches: Patches,
    pub(crate) recovery: Recovery,
}

/// A log whose base block is valid.
pub(super) struct Candidate<'logs> {
    /// The log's index in the list passed to [`recover`].
    index: usize,
    name: LogName,
    header: Header,
    file: &'logs dyn ReadAt,
    size: u64,
}

/// A log that cannot be used, with the reason.
type UnusableLog = (LogName, Obstacle);

/// Recovers the hive as Windows would. `primary` is the hive's own base block, if it is intact; `written` is the timestamp that
/// ties a log of the old format to the hive.
///
/// Returns an error if no base block is left.
pub(crate) fn recover(
    primary: Option<Header>,
    written: Option<u64>,
    logs: &[(LogName, Log)],
) -> Result<Recovered, Obstacle> {
    let mut unusable = Vec::new();
    let mut old = Vec::new();
    let mut new = Vec::new();
    for (index, (name, log)) in logs.iter().enumerate() {
        match examine(index, *name, log, primary) {
            Ok(candidate) if candidate.header.file_type == entries::FILE_TYPE => new.push(candidate),
            Ok(candidate) => old.push(candidate),
            Err(obstacle) => unusable.push((*name, obstacle)),
        }
    }
    let mut belongs_elsewhere = !new.is_empty();
    for log in &old {
        if Some(log.header.written) != written {
            belongs_elsewhere = true;
            continue;
        }
        let mut patches = Patches::default();
        match pages::apply(log, &mut patches) {
            Ok(()) => {
                let mut header = primary.unwrap_or(log.header);
                header.bins_size = header.bins_size.max(log.header.bins_size);
                return Ok(Recovered { header, patches, recovery: Recovery::Done { entries: 1 } });
            }
            Err(obstacle) => unusable.push((log.name, obstacle)),
        }
    }
    let chain = entries::apply(primary, new);
    let Some(mut header) = primary.or(chain.header) else { return Err(obstacle_of_none(&unusable, belongs_elsewhere)) };
    header.bins_size = chain.bins_size.unwrap_or(header.bins_size);
    let reason = match chain.obstacle {
        Some(obstacle) => Some(obstacle),
        None if chain.applied == 0 => Some(obstacle_of_none(&unusable, belongs_elsewhere)),
        // While writing, Windows alternates between the logs; what it wrote to the unreadable one is missing.
        None => unusable.into_iter().filter(|(name, _)| *name != LogName::Log).find_map(|(log, obstacle)| {
            let Obstacle::Unused = obstacle else { return Some(obstacle) };
            let (first, expected) = (chain.first?, primary?.secondary_sequence);
            (first != expected).then_some(Obstacle::Gap { log, first, expected })
        }),
    };
    let entries = chain.applied;
    let recovery = match reason {
        Some(reason) => Recovery::Incomplete { entries, reason },
        None => Recovery::Done { entries },
    };
    Ok(Recovered { header, patches: chain.patches, recovery })
}

/// Returns the obstacle to report if nothing could be applied, preferring one that can be fixed.
fn obstacle_of_none(unusable: &[UnusableLog], belongs_elsewhere: bool) -> Obstacle {
    let first =
        |wanted: fn(&Obstacle) -> bool| unusable.iter().map(|(_, obstacle)| obstacle).find(|found| wanted(found));
    first(|obstacle| matches!(obstacle, Obstacle::Unreadable { .. }))
        .or_else(|| first(|obstacle| matches!(obstacle, Obstacle::Damaged { .. })))
        .cloned()
        .or_else(|| belongs_elsewhere.then_some(Obstacle::OtherState))
        .or_else(|| first(|obstacle| matches!(obstacle, Obstacle::Unused)).cloned())
        .unwrap_or(Obstacle::NoLog)
}

fn examine(index: usize, name: LogName, log: &Log, primary: Option<Header>) -> Result<Candidate<'_>, Obstacle> {
    let file = match log {
        Log::Missing => return Err(Obstacle::Missing(name)),
        Log::Unreadable(reason) => return Err(Obstacle::Unreadable { log: name, reason: reason.clone() }),
        Log::Present(file) => file.as_ref(),
    };
    let unreadable = |reason: String| Obstacle::Unreadable { log: name, reason };
    let damaged = |damage| Obstacle::Damaged { log: name, damage };
    let size = file.size().map_err(|error| unreadable(error.to_string()))?;
    if size > MAX_LOG_SIZE {
        return Err(unreadable(format!("it is too large: at most {MAX_LOG_SIZE} bytes are read")));
    }
    let mut block = [0; SECTOR];
    let count = file.read_full_at(&mut block, 0).map_err(|error| unreadable(error.to_string()))?;
    if block.iter().all(|byte| *byte == 0) {
        let base = primary.map_or(0, |primary| primary.secondary_sequence);
        return Err(match entries::last_entry(name, file, SECTOR as u64..size, base)? {
            Some(_) => damaged("its base block is empty, but entries follow it"),
            None => Obstacle::Unused,
        });
    }
    if count < SECTOR {
        return Err(damaged("it ends within its base block"));
    }
    let header = Header::read(&block).ok_or_else(|| damaged("bad signature: expected `regf`"))?;
    if !header.intact {
        return Err(damaged("its base block has a wrong checksum"));
    }
    if header.is_dirty() {
        return Err(damaged("its base block is dirty: the sequence numbers differ"));
    }
    if !matches!(header.file_type, pages::FILE_TYPE | pages::OLDER_FILE_TYPE | entries::FILE_TYPE) {
        return Err(damaged("its base block has a file type other than a log's"));
    }
    Ok(Candidate { index, name, header, file, size })
}

impl Candidate<'_> {
    fn damaged(&self, damage: &'static str) -> Obstacle {
        Obstacle::Damaged { log: self.name, damage }
    }

    /// Reads bytes that must exist.
    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), Obstacle> {
        match self.file.read_full_at(buffer, offset) {
            Ok(count) if count == buffer.len() => Ok(()),
            Ok(_) => Err(self.damaged("it is truncated")),
            Err(error) => Err(Obstacle::Unreadable { log: self.name, reason: error.to_string() }),
        }
    }
}
