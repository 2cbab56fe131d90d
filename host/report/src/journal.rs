//! The machines that a scan has finished, kept on disk while it runs, so that a scan that was killed can be continued.
//!
//! A journal is a text file. A line is the beginning of the SHA-256 of what follows, a word, and JSON. The first has the word `scan`
//! and the [`Header`]; each other one has a machine's place in the scan, and its report. A process or a machine that dies leaves whole lines and
//! at most one damaged end, which the next scan cuts off.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wardline_contract::hex;

use crate::model::TargetReport;
use crate::read::MAX_TARGET;

/// The value of the header's `format`.
const FORMAT: &str = "wardline.journal/1";

/// The word of the first line.
const HEADER: &str = "scan";

/// The number of hexadecimal digits at the start of a line.
const DIGITS: usize = 16;

/// Lines are flushed to disk after this many, or this long after the first of them.
const BATCH: usize = 64;
const BATCH_TIME: Duration = Duration::from_secs(2);

/// A journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("{file}: cannot keep the journal: {source}")]
    Io { file: String, source: io::Error },
    #[error("{file}: another scan is using the journal")]
    InUse { file: String },
    #[error("{file}: not a journal of wardline; remove it, or write the report elsewhere")]
    Foreign { file: String },
    #[error(
        "{file}: the journal is of another scan: the targets, catalogs, plugins or options differ; repeat the interrupted \
         command, or remove the journal to begin anew"
    )]
    OtherScan { file: String },
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    /// Identifies the scan, see [`Journal::open`].
    scan: String,
    /// See [`Journal::run`].
    #[serde(default)]
    run: String,
}

/// The journal of a scan.
///
/// Not dropped but [`removed`](Journal::remove) once the report is written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    run: String,
    /// The offset and length of each finished machine's line, by its place in the scan.
    finished: BTreeMap<usize, (u64, u64)>,
    end: u64,
    unsynced: usize,
    synced: Instant,
}

impl Journal {
    /// Opens the journal at `path`, or begins one. `scan` identifies what the scan judges and by what: only a journal with the same
    /// identity is continued.
    ///
    /// # Errors
    /// If the file cannot be written, is in use, is not a journal, or is of another scan. It is left as it was.
    pub fn open(path: &Path, scan: &str) -> Result<Journal, JournalError> {
        let name = || path.display().to_string();
        let failed = |source| JournalError::Io { file: name(), source };
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(JournalError::Foreign { file: name() });
        }
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse { file: name() }),
            // Without locks, two scans into the same report are the operator's to avoid.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let mut journal = Journal {
            path: path.to_owned(),
            file,
            run: String::new(),
            finished: BTreeMap::new(),
            end: 0,
            unsynced: 0,
            synced: Instant::now(),
        };
        journal.read(scan)?;
        if journal.end == 0 {
            journal.begin(scan).map_err(failed)?;
        }
        Ok(journal)
    }

    /// Reads the whole lines, and cuts off what follows them.
    fn read(&mut self, scan: &str) -> Result<(), JournalError> {
        let file = self.path.display().to_string();
        let failed = |source| JournalError::Io { file: file.clone(), source };
        let mut input = BufReader::with_capacity(64 * 1024, &self.file);
        let mut line = Vec::new();
        let mut end = 0;
        let mut finished = BTreeMap::new();
        let mut run = String::new();
        loop {
            line.clear();
            let most = MAX_TARGET + 1024;
            let length = (&mut input).take(most).read_until(b'\n', &mut line).map_err(failed)? as u64;
            let Some((word, json)) = checked(&line) else {
                // The first line is flushed before any other: a file that begins otherwise is somebody else's, unless it is the
                // beginning of a header.
                if end == 0 && length > 0 && (line.ends_with(b"\n") || length > 1024) {
                    return Err(JournalError::Foreign { file });
                }
                break;
            };
            if end == 0 {
                match serde_json::from_slice::<Header>(json) {
                    _ if word != HEADER => return Err(JournalError::Foreign { file }),
                    Ok(header) if header.format != FORMAT => return Err(JournalError::Foreign { file }),
                    Ok(header) if header.scan != scan => return Err(JournalError::OtherScan { file }),
                    Ok(header) => run = header.run,
                    Err(_) => return Err(JournalError::Foreign { file }),
                }
            } else {
                let Ok(place) = word.parse() else { break };
                finished.insert(place, (end, length));
            }
            end += length;
        }
        self.file.set_len(end).map_err(failed)?;
        (self.end, self.finished, self.run) = (end, finished, run);
        Ok(())
    }

    fn begin(&mut self, scan: &str) -> io::Result<()> {
        self.run = new_run();
        let header = Header { format: FORMAT.to_owned(), scan: scan.to_owned(), run: self.run.clone() };
        self.append(HEADER, &serde_json::to_vec(&header).map_err(io::Error::other)?)?;
        self.sync()
    }

    /// Identifies this run of the scan: the same whenever it is continued, and another once it was finished and begins anew. `None`
    /// if the journal is of a version that has none.
    pub fn run(&self) -> Option<&str> {
        Some(self.run.as_str()).filter(|run| !run.is_empty())
    }

    /// Whether the machine at this place of the scan is finished.
    pub fn has(&self, place: usize) -> bool {
        self.finished.contains_key(&place)
    }

    /// The number of machines that are finished.
    pub fn len(&self) -> usize {
        self.finished.len()
    }

    pub fn is_empty(&self) -> bool {
        self.finished.is_empty()
    }

    /// Returns the report of the machine at a place; `None` if it is not finished.
    ///
    /// # Errors
    /// If the file cannot be read, or was changed by another program.
    pub fn report(&self, place: usize) -> Result<Option<TargetReport>, JournalError> {
        let Some((offset, length)) = self.finished.get(&place) else { return Ok(None) };
        let read = || -> io::Result<TargetReport> {
            let mut file = &self.file;
            file.seek(SeekFrom::Start(*offset))?;
            let mut bytes = Vec::new();
            file.take(*length).read_to_end(&mut bytes)?;
            let (_, json) = checked(&bytes).ok_or_else(|| io::Error::other("it was changed by another program"))?;
            serde_json::from_slice(json).map_err(io::Error::other)
        };
        read().map(Some).map_err(|source| self.failed(source))
    }

    /// Adds a machine that is finished. `json` is its report, see [`Journal::entry`].
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add(&mut self, place: usize, json: &[u8]) -> Result<(), JournalError> {
        self.append(&place.to_string(), json).map_err(|source| self.failed(source))?;
        self.unsynced += 1;
        if self.unsynced >= BATCH || self.synced.elapsed() >= BATCH_TIME {
            self.sync().map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    /// Formats a machine's report for [`Journal::add`].
    pub fn entry(report: &TargetReport) -> Vec<u8> {
        // Writing to memory cannot fail, and the model has only string keys.
        serde_json::to_vec(report).unwrap_or_default()
    }

    fn append(&mut self, word: &str, json: &[u8]) -> io::Result<()> {
        let mut line = format!("{} {word} ", checksum(word, json)).into_bytes();
        line.extend_from_slice(json);
        line.push(b'\n');
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&line)?;
        self.end += line.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        (self.unsynced, self.synced) = (0, Instant::now());
        self.file.sync_data()
    }

    /// Removes the journal: the report is written.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub fn remove(self) -> Result<(), JournalError> {
        std::fs::remove_file(&self.path).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> JournalError {
        JournalError::Io { file: self.path.display().to_string(), source }
    }
}

/// Makes a name that no other run has.
fn new_run() -> String {
    use std::hash::{BuildHasher, RandomState};
    // The standard library's seeds are random for each process.
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let random = RandomState::new();
    format!("{:016x}{:016x}", random.hash_one(time), random.hash_one(std::process::id()))
}

fn checksum(word: &str, json: &[u8]) -> String {
    let mut digest = Sha256::new_with_prefix(word);
    digest.update(b" ");
    digest.update(json);
    let mut digits = hex(&digest.finalize());
    digits.truncate(DIGITS);
    digits
}

/// Returns the word and the JSON of a line that is whole.
fn checked(line: &[u8]) -> Option<(&str, &[u8])> {
    let (digits, rest) = line.split_at_checked(DIGITS)?;
    let rest = rest.strip_prefix(b" ")?.strip_suffix(b"\n")?;
    let space = rest.iter().position(|byte| *byte == b' ')?;
    let word = std::str::from_utf8(rest.get(..space)?).ok()?;
    let json = rest.get(space + 1..)?;
    (checksum(word, json).as_bytes() == digits).then_some((word, json))
}
