//! A history in an SQLite file.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ToSql};
use wardline_files::replace::{create_private_file, create_private_folder, folder_of};

use super::{Cells, Column, Contents, Row, Value};
use crate::error::HistoryError;
use crate::limits::{BUSY, MAX_PART};
use crate::schema::{MIGRATIONS, VERSION};

/// The number that marks a file as a history (`PRAGMA application_id`): "WDLH".
const APPLICATION: i64 = 0x5744_4c48;

/// How long to wait for readers before the file shrinks.
const READERS: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Sqlite {
    name: String,
    db: Connection,
}

/// Tells an error of SQLite by what an operator can do about it.
pub(super) fn failed(name: &str, source: rusqlite::Error) -> HistoryError {
    let store = name.to_owned();
    // The index of the log is a file that is mapped: SQLite asks for its space first.
    if source.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
        return HistoryError::Full { store };
    }
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => HistoryError::Busy { store },
        Some(ErrorCode::ReadOnly) => HistoryError::ReadOnly { store },
        Some(ErrorCode::DiskFull) => HistoryError::Full { store },
        Some(ErrorCode::NotADatabase) => HistoryError::NotAHistory { store },
        Some(ErrorCode::DatabaseCorrupt) => HistoryError::Damaged { store, detail: source.to_string() },
        _ => HistoryError::Database { store, source: Box::new(source) },
    }
}

impl Sqlite {
    pub(super) fn create(file: &Path) -> Result<Sqlite, HistoryError> {
        let name = || file.display().to_string();
        let io = |source: std::io::Error| match source.kind() {
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => HistoryError::ReadOnly { store: name() },
            ErrorKind::StorageFull => HistoryError::Full { store: name() },
            _ => HistoryError::Io { store: name(), source },
        };
        create_private_folder(folder_of(file)).map_err(io)?;
        match create_private_file(file, &[]) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            created => created.map_err(io)?,
        }
        // SQLite opens a file that cannot be written all the same, to read it.
        if file.is_file() {
            File::options().write(true).open(file).map_err(io)?;
        }
        Sqlite::connect(file, file, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Works on a read-only medium, too.
    pub(super) fn open(file: &Path) -> Result<Sqlite, HistoryError> {
        let name = || file.display().to_string();
        match File::open(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(HistoryError::Missing { store: name() }),
            Err(source) => return Err(HistoryError::Io { store: name(), source }),
            Ok(_) => {}
        }
        let opened = Sqlite::connect(file, file, OpenFlags::SQLITE_OPEN_READ_WRITE);
        match opened.and_then(|database| database.contents().map(|_| database)) {
            // In a folder that cannot be written, SQLite cannot create the index of its log; without a log, it needs none.
            Err(HistoryError::Database { .. } | HistoryError::ReadOnly { .. }) if !unwritten_log(file) => {
                let immutable = format!("file:{}?immutable=1", uri_path(file));
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                Sqlite::connect(file, Path::new(&immutable), flags)
            }
            opened => opened,
        }
    }

    fn connect(file: &Path, path: &Path, flags: OpenFlags) -> Result<Sqlite, HistoryError> {
        let configure = || {
            let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            db.busy_timeout(BUSY)?;
            // The file may be from elsewhere: nothing in its schema may run code, and no value may be endless.
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
            db.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(2 * MAX_PART).unwrap_or(i32::MAX))?;
            db.pragma_update(None, "cell_size_check", true)?;
            db.pragma_update(None, "cache_size", -32_768)?;
            Ok(db)
        };
        let name = file.display().to_string();
        match configure() {
            Ok(db) => Ok(Sqlite { name, db }),
            Err(error) => Err(failed(&name, error)),
        }
    }

    fn failed(&self, error: rusqlite::Error) -> HistoryError {
        failed(&self.name, error)
    }

    pub(super) fn contents(&self) -> Result<Contents, HistoryError> {
        let read = |pragma| self.db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let versions = read("application_id").and_then(|application| Ok((application, read("user_version")?)));
        Ok(match versions.map_err(|error| self.failed(error))? {
            (APPLICATION, version @ 1..) => Contents::History(version),
            (0, 0) if self.is_empty()? => Contents::Nothing,
            _ => Contents::Other,
        })
    }

    fn is_empty(&self) -> Result<bool, HistoryError> {
        let tables = self.db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
        tables.map(|tables| tables == 0).map_err(|error| self.failed(error))
    }

    pub(super) fn prepare_for_writing(&self, is_empty: bool) -> Result<(), HistoryError> {
        let prepare = || {
            if is_empty {
                // Only an empty file can still be made to give back the space of scans that are pruned.
                self.db.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
            }
            self.write_ahead()?;
            self.db.pragma_update(None, "synchronous", "FULL")
        };
        prepare().map_err(|error| self.failed(error))
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

    pub(super) fn migrate(&self, contents: Contents) -> Result<(), HistoryError> {
        let from = if let Contents::History(version) = contents { version } else { 0 };
        for migration in MIGRATIONS.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
            self.run(migration.sqlite)?;
        }
        let mark = || {
            self.db.pragma_update(None, "application_id", APPLICATION)?;
            self.db.pragma_update(None, "user_version", VERSION)
        };
        mark().map_err(|error| self.failed(error))
    }

    pub(super) fn begin(&self) -> Result<(), HistoryError> {
        self.run("BEGIN IMMEDIATE")
    }

    pub(super) fn run(&self, sql: &str) -> Result<(), HistoryError> {
        self.db.execute_batch(sql).map_err(|error| self.failed(error))
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, HistoryError>,
    ) -> Result<Vec<T>, HistoryError> {
        let mut rows = Vec::new();
        let mut statement = self.db.prepare(sql).map_err(|error| self.failed(error))?;
        self.read(&mut statement, values, &mut read, &mut rows)?;
        Ok(rows)
    }

    pub(super) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, HistoryError> {
        let execute = || self.db.prepare(sql)?.execute(rusqlite::params_from_iter(values));
        execute().map(|changed| changed as u64).map_err(|error| self.failed(error))
    }

    pub(super) fn each<T>(
        &self,
        sql: &str,
        columns: &[Column<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, HistoryError>,
    ) -> Result<Vec<T>, HistoryError> {
        let mut rows = Vec::new();
        let mut statement = self.db.prepare(sql).map_err(|error| self.failed(error))?;
        for place in 0..columns.first().map_or(0, Column::len) {
            let values = columns.iter().map(|column| Cell { column: *column, place });
            self.read(&mut statement, values, &mut read, &mut rows)?;
        }
        Ok(rows)
    }

    fn read<T>(
        &self,
        statement: &mut Statement<'_>,
        values: impl IntoIterator<Item: ToSql>,
        read: &mut impl FnMut(&Row<'_>) -> Result<T, HistoryError>,
        to: &mut Vec<T>,
    ) -> Result<(), HistoryError> {
        let mut rows =
            statement.query(rusqlite::params_from_iter(values)).map_err(|error| failed(&self.name, error))?;
        while let Some(row) = rows.next().map_err(|error| failed(&self.name, error))? {
            to.push(read(&Row { name: &self.name, cells: Cells::Sqlite(row) })?);
        }
        Ok(())
    }

    pub(super) fn give_back(&self) -> Result<(), HistoryError> {
        let give_back = || {
            // Each step of the statement gives back one page.
            let mut statement = self.db.prepare("PRAGMA incremental_vacuum")?;
            let mut pages = statement.query([])?;
            while pages.next()?.is_some() {}
            // As long as somebody reads what was there before, the file keeps its size, and shrinks later.
            self.db.busy_timeout(READERS)?;
            let written = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            self.db.busy_timeout(BUSY)?;
            written
        };
        give_back().map_err(|error| self.failed(error))
    }

    pub(super) fn size(&self) -> Result<u64, HistoryError> {
        let pragma = |name| self.db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let size = || Ok(pragma("page_count")?.saturating_mul(pragma("page_size")?));
        size().map(|size| u64::try_from(size).unwrap_or_default()).map_err(|error| self.failed(error))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Value::Number(number) => Ok(ToSqlOutput::Owned((*number).into())),
            Value::Text(text) => text.to_sql(),
        }
    }
}

/// One value of a column.
struct Cell<'a> {
    column: Column<'a>,
    place: usize,
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.column {
            Column::Numbers(numbers) => numbers.get(self.place).map(|number| ValueRef::Integer(*number)),
            Column::Texts(texts) => texts.get(self.place).map(|text| ValueRef::Text(text.as_bytes())),
            Column::Bytes(bytes) => bytes.get(self.place).map(|bytes| ValueRef::Blob(bytes)),
        };
        Ok(ToSqlOutput::Borrowed(value.unwrap_or(ValueRef::Null)))
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
    // A share's path begins with two slashes, as an authority would: without an empty one, its server is taken for that.
    let is_share = cfg!(windows) && file.to_string_lossy().starts_with(r"\\");
    let mut escaped = String::from(if is_share { "//" } else { "" });
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
