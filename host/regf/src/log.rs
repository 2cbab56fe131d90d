//! Transaction logs: what Windows wrote down before it changed a hive, for the case that it could not finish.
//!
//! Two formats: up to Windows 8 one set of pages with a bitmap that says where they belong (`DIRT`), from Windows 8.1 on a
//! sequence of entries (`HvLE`). Applied as Windows does when it loads the hive, but without writing: the pages stay where they
//! are in the logs. The rules are those of the specification's sections "Format of transaction log files", "Dirty state of a hive"
//! and "Multiple transaction log files".

mod entries;
mod pages;

use std::fmt;

use crate::header::{Header, SECTOR};
use crate::patches::Patches;
use crate::read_at::ReadAt;

/// Larger logs are not read. Windows keeps them to some megabytes: it writes the hive out before they grow.
const MAX_LOG_SIZE: u64 = 128 << 20;

/// One of the files beside a hive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogName {
    /// `.LOG`, of Windows up to Server 2003. Later ones may leave an empty one.
    Log,
    /// `.LOG1`, from Windows Vista on.
    Log1,
    /// `.LOG2`
    Log2,
}

impl LogName {
    /// All of them, in the order in which Windows looks at them.
    pub const ALL: [LogName; 3] = [LogName::Log1, LogName::Log2, LogName::Log];

    /// What follows the hive's name in the log's.
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

/// What there is of a log.
pub enum Log {
    /// There is no such file.
    Missing,
    /// There is one that cannot be read, and why: what stands in it is not known.
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

/// How a hive came to the state in which it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Windows had finished writing the hive. Logs were not looked at.
    NotNeeded,
    /// Windows had not finished writing the hive. The logs brought it up to date.
    Done {
        /// Entries applied; 1 for a log of the old format.
        entries: u32,
    },
    /// Windows had not finished writing the hive, and the logs did not bring it up to date, or not as far as is known. What it says
    /// may be old, or half old and half new.
    Incomplete {
        /// Entries applied before the first that could not be.
        entries: u32,
        /// What is in the way of the rest.
        reason: Obstacle,
    },
}

/// Why logs do not bring a hive up to date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// There is none of the three files.
    #[error("there is no transaction log")]
    NoLog,
    /// Windows keeps two logs and one is not there.
    #[error("the transaction log {0} is missing")]
    Missing(LogName),
    /// There is a log that cannot be read.
    #[error("the transaction log {log} cannot be read: {reason}")]
    Unreadable {
        /// Which.
        log: LogName,
        /// As the caller or the operating system says it.
        reason: String,
    },
    /// The logs that are there are empty.
    #[error("the transaction logs are empty")]
    Unused,
    /// A log's own base block is damaged, or its content does not fit what it says of itself.
    #[error("the transaction log {log} is damaged: {damage}")]
    Damaged {
        /// Which.
        log: LogName,
        /// What is wrong.
        damage: &'static str,
    },
    /// The logs were written for another state of the hive, before or after the one at hand.
    #[error("the transaction logs belong to another state of the hive")]
    OtherState,
    /// Some entries are there, and the one after them is not whole or not there.
    #[error("{applied} of {of} log entries are applied, the next is broken")]
    Broken {
        /// Entries applied.
        applied: u32,
        /// Entries that the logs should hold, from the first that the hive needs to the last that there is.
        of: u32,
    },
    /// One log is empty, and the entries of the other begin behind the state of the hive: those between may have stood in it.
    #[error("the transaction log {log} is empty, and the other begins with entry {first}: expected {expected}")]
    Gap {
        /// The one that is empty.
        log: LogName,
        /// The number of the first entry that there is.
        first: u32,
        /// The number of the entry that follows the state of the hive.
        expected: u32,
    },
}

/// What recovery gives.
pub(crate) struct Recovered {
    pub(crate) header: Header,
    pub(crate) patches: Patches,
    pub(crate) recovery: Recovery,
}

/// A log whose base block is right.
pub(super) struct Candidate<'logs> {
    /// Which of the logs, counted as they were given.
    index: usize,
    name: LogName,
    header: Header,
    file: &'logs dyn ReadAt,
    size: u64,
}

/// A log that is of no use for a reason of its own.
type Useless = (LogName, Obstacle);

/// The hive as Windows would see it. `primary` is the hive's own base block, where it is intact; `written` the time that ties a log
/// of the old format to the hive.
///
/// An error where there is no base block left to go by.
pub(crate) fn recover(
    primary: Option<Header>,
    written: Option<u64>,
    logs: &[(LogName, Log)],
) -> Result<Recovered, Obstacle> {
    let mut useless = Vec::new();
    let mut old = Vec::new();
    let mut new = Vec::new();
    for (index, (name, log)) in logs.iter().enumerate() {
        match examine(index, *name, log, primary) {
            Ok(candidate) if candidate.header.file_type == entries::FILE_TYPE => new.push(candidate),
            Ok(candidate) => old.push(candidate),
            Err(obstacle) => useless.push((*name, obstacle)),
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
            Err(obstacle) => useless.push((log.name, obstacle)),
        }
    }
    let chain = entries::apply(primary, new);
    let Some(mut header) = primary.or(chain.header) else { return Err(obstacle_of_none(&useless, belongs_elsewhere)) };
    header.bins_size = chain.bins_size.unwrap_or(header.bins_size);
    let reason = match chain.obstacle {
        Some(obstacle) => Some(obstacle),
        None if chain.applied == 0 => Some(obstacle_of_none(&useless, belongs_elsewhere)),
        // Windows goes from one log to the other while it writes; what it wrote to the one that is not readable is missing.
        None => useless.into_iter().filter(|(name, _)| *name != LogName::Log).find_map(|(log, obstacle)| {
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

/// The obstacle to tell where nothing could be applied: the one that may be mended first.
fn obstacle_of_none(useless: &[Useless], belongs_elsewhere: bool) -> Obstacle {
    let first =
        |wanted: fn(&Obstacle) -> bool| useless.iter().map(|(_, obstacle)| obstacle).find(|found| wanted(found));
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
        return Err(unreadable(format!("it is larger than the {MAX_LOG_SIZE} bytes that are read")));
    }
    let mut block = [0; SECTOR];
    let count = file.read_full_at(&mut block, 0).map_err(|error| unreadable(error.to_string()))?;
    if block.iter().all(|byte| *byte == 0) {
        let base = primary.map_or(0, |primary| primary.secondary_sequence);
        return Err(match entries::last_entry(name, file, SECTOR as u64..size, base)? {
            Some(_) => damaged("its base block is empty, and entries follow it"),
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
        return Err(damaged("it was not written to the end"));
    }
    if !matches!(header.file_type, pages::FILE_TYPE | pages::OLDER_FILE_TYPE | entries::FILE_TYPE) {
        return Err(damaged("its base block is not that of a log"));
    }
    Ok(Candidate { index, name, header, file, size })
}

impl Candidate<'_> {
    fn damaged(&self, damage: &'static str) -> Obstacle {
        Obstacle::Damaged { log: self.name, damage }
    }

    /// Bytes that must be there.
    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), Obstacle> {
        match self.file.read_full_at(buffer, offset) {
            Ok(count) if count == buffer.len() => Ok(()),
            Ok(_) => Err(self.damaged("it is cut short")),
            Err(error) => Err(Obstacle::Unreadable { log: self.name, reason: error.to_string() }),
        }
    }
}
