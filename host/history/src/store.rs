//! Opens a history.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use wardline_files::replace::{create_private_file, create_private_folder, folder_of};

use crate::error::HistoryError;
use crate::limits::{BUSY, MOST_OF_A_PART};
use crate::schema::{APPLICATION, VERSION, migrate, version};

/// An open history.
#[derive(Debug)]
pub struct History {
    pub(crate) db: Connection,
    file: PathBuf,
}

impl History {
    /// Opens a history for writing, and creates it if there is none. Only its owner can read the new file.
    ///
    /// # Errors
    /// If the file is not a history, is of a newer version, or cannot be written.
    pub fn create(file: &Path) -> Result<History, HistoryError> {
        let io = |source: std::io::Error| match source.kind() {
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                HistoryError::ReadOnly { file: file.display().to_string() }
            }
            ErrorKind::StorageFull => HistoryError::Full { file: file.display().to_string() },
            _ => HistoryError::Io { file: file.display().to_string(), source },
        };
        create_private_folder(folder_of(file)).map_err(io)?;
        match create_private_file(file, &[]) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(io(error)),
            _ => {}
        }
        let mut history = History::connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        history.prepare_for_writing()?;
        Ok(history)
    }

    /// Opens a history that exists, to read it. Works on a read-only medium.
    ///
    /// # Errors
    /// If there is no such file, it is not a history, or it is of a newer version.
    pub fn open(file: &Path) -> Result<History, HistoryError> {
        let name = || file.display().to_string();
        match File::open(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(HistoryError::Missing { file: name() }),
            Err(source) => return Err(HistoryError::Io { file: name(), source }),
            Ok(_) => {}
        }
        let history = History::connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        match history.check_version() {
            Ok(VERSION) => Ok(history),
            Ok(0) => Err(HistoryError::NotAHistory { file: name() }),
            Ok(_) => history.migrated(),
            Err(error) if !unwritten_log(file) => {
                // In a folder that cannot be written, SQLite cannot create the index of its log; without a log, it needs none.
                let immutable = format!("file:{}?immutable=1", uri_path(file));
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                match error {
                    HistoryError::Database { .. } | HistoryError::ReadOnly { .. } => {
                        let history = History::connect_to(file, Path::new(&immutable), flags)?;
                        history.check_version().map(|_| history)
                    }
                    error => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The path as it was given.
    pub fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn failed(&self, error: rusqlite::Error) -> HistoryError {
        HistoryError::new(&self.file, error)
    }

    fn connect(file: &Path, flags: OpenFlags) -> Result<History, HistoryError> {
        History::connect_to(file, file, flags)
    }

    fn connect_to(file: &Path, path: &Path, flags: OpenFlags) -> Result<History, HistoryError> {
        let configure = || {
            let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            db.busy_timeout(BUSY)?;
            // The file may be from elsewhere: nothing in its schema may run code, and no value may be endless.
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
            db.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(2 * MOST_OF_A_PART).unwrap_or(i32::MAX))?;
            db.pragma_update(None, "cell_size_check", true)?;
            db.pragma_update(None, "cache_size", -32_768)?;
            Ok(db)
        };
        let db = configure().map_err(|error| HistoryError::new(file, error))?;
        Ok(History { db, file: file.to_owned() })
    }

    /// Returns the version of the tables; 0 if the file is empty.
    fn check_version(&self) -> Result<i64, HistoryError> {
        let (application, found) = version(&self.db).map_err(|error| self.failed(error))?;
        let file = || self.file.display().to_string();
        match (application, found) {
            (APPLICATION, found) if found > VERSION => Err(HistoryError::Newer { file: file(), found, known: VERSION }),
            (APPLICATION, 1..) => Ok(found),
            (0, 0) if self.is_empty()? => Ok(0),
            _ => Err(HistoryError::NotAHistory { file: file() }),
        }
    }

    fn is_empty(&self) -> Result<bool, HistoryError> {
        let tables = self.db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
        tables.map(|tables| tables == 0).map_err(|error| self.failed(error))
    }

    fn prepare_for_writing(&mut self) -> Result<(), HistoryError> {
        let found = self.check_version()?;
        if found == 0 {
            // Only an empty file can still be made to give back the space of scans that are pruned.
            self.db.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(|error| self.failed(error))?;
        }
        self.write_ahead().map_err(|error| self.failed(error))?;
        self.db.pragma_update(None, "synchronous", "FULL").map_err(|error| self.failed(error))?;
        if found < VERSION {
            migrate(&mut self.db).map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    /// Makes writes go to a log first: readers do not wait for them, and one that is cut off never reaches the file itself.
    fn write_ahead(&self) -> rusqlite::Result<()> {
        let begun = Instant::now();
        loop {
            let mode: String = self.db.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            if mode == "wal" {
                return Ok(());
            }
            // SQLite does not wait here for another process that is doing the same.
            match self.db.pragma_update(None, "journal_mode", "WAL") {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < BUSY => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                set => return set,
            }
        }
    }

    fn migrated(mut self) -> Result<History, HistoryError> {
        migrate(&mut self.db).map_err(|error| self.failed(error))?;
        Ok(self)
    }
}

/// Whether the log beside a history has changes that the file itself lacks.
fn unwritten_log(file: &Path) -> bool {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// Escapes a path for a URI of SQLite, <https://sqlite.org/uri.html>.
fn uri_path(file: &Path) -> String {
    let mut escaped = String::new();
    for character in file.to_string_lossy().chars() {
        match character {
            '%' => escaped.push_str("%25"),
            '?' => escaped.push_str("%3f"),
            '#' => escaped.push_str("%23"),
            '\\' if cfg!(windows) => escaped.push('/'),
            other => escaped.push(other),
        }
    }
    escaped
}
