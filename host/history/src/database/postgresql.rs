//! A history on a PostgreSQL server, in a schema of its own.

use std::cell::RefCell;
use std::collections::HashMap;

use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::ToSql;
use postgres::{Client, Statement};

use super::{Cells, Column, Contents, Row, Value, password, tls};
use crate::error::HistoryError;
use crate::limits::BUSY;
use crate::schema::{MIGRATIONS, VERSION};
use crate::server::{Server, reason};

/// The schema with the tables.
const SCHEMA: &str = "wardline";

/// The advisory lock that a transaction that writes holds, in the database: "WDLH".
const LOCK: i64 = 0x5744_4c48;

/// The number of rows for which a statement is run at once.
const MAX_ROWS: usize = 4_096;

/// The tables, whose space is given back.
const TABLES: [&str; 5] = ["part", "machine", "scan", "result", "tally"];

pub(super) struct Postgresql {
    name: String,
    session: RefCell<Session>,
}

struct Session {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl std::fmt::Debug for Postgresql {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Postgresql").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Tells an error of the server, or of the connection to it, by what an operator can do about it.
pub(super) fn failed(name: &str, source: postgres::Error) -> HistoryError {
    let store = name.to_owned();
    let Some(told) = source.as_db_error() else {
        return match source.is_closed() {
            true => HistoryError::Unreachable { store, reason: "the connection was closed".to_owned() },
            false => HistoryError::Unreachable { store, reason: reason(&source) },
        };
    };
    let detail = told.message().to_owned();
    match told.code() {
        code if code.code().starts_with("28") => HistoryError::NotLetIn { store, detail },
        &SqlState::INVALID_CATALOG_NAME => HistoryError::NoDatabase { store, detail },
        &SqlState::INSUFFICIENT_PRIVILEGE => HistoryError::NotPermitted { store, detail },
        &SqlState::READ_ONLY_SQL_TRANSACTION => HistoryError::ReadOnly { store },
        &SqlState::DISK_FULL => HistoryError::Full { store },
        &SqlState::LOCK_NOT_AVAILABLE => HistoryError::Busy { store },
        &SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED => HistoryError::Damaged { store, detail },
        &SqlState::CANNOT_CONNECT_NOW | &SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN => {
            HistoryError::Unreachable { store, reason: detail }
        }
        _ => HistoryError::Database { store, source: Box::new(told.clone()) },
    }
}

impl Postgresql {
    pub(super) fn connect(server: &Server) -> Result<Postgresql, HistoryError> {
        let name = server.to_string();
        let mut config = server.config.clone();
        if config.get_password().is_none()
            && let Some(password) = password::of(server)?
        {
            config.password(password);
        }
        let tls = tls::connector(&server.trust)
            .map_err(|reason| HistoryError::Unreachable { store: name.clone(), reason })?;
        let client = config.connect(tls).map_err(|error| match failed(&name, error) {
            // The client finds out that it needs a password when the server asks for it.
            HistoryError::Unreachable { store, reason } if reason == "password missing" => {
                HistoryError::NoPassword { store }
            }
            error => error,
        })?;
        let session = RefCell::new(Session { client, statements: HashMap::new() });
        let database = Postgresql { name, session };
        database.run(&format!("SET search_path TO {SCHEMA}; SET client_min_messages TO warning"))?;
        Ok(database)
    }

    fn with<T>(&self, run: impl FnOnce(&mut Session) -> Result<T, postgres::Error>) -> Result<T, HistoryError> {
        run(&mut self.session.borrow_mut()).map_err(|error| failed(&self.name, error))
    }

    pub(super) fn contents(&self) -> Result<Contents, HistoryError> {
        let tables = self.rows(
            "SELECT relname::text FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
             WHERE nspname = ?1 AND relkind IN ('r', 'p', 'v', 'm', 'f')",
            &[Value::Text(SCHEMA)],
            |row| row.text(0),
        )?;
        if tables.is_empty() {
            return Ok(Contents::Nothing);
        }
        if !tables.iter().any(|table| table == "format") {
            return Ok(Contents::Other);
        }
        let version = self.rows("SELECT version FROM format", &[], |row| row.number(0))?;
        Ok(version.first().map_or(Contents::Other, |version| Contents::History(*version)))
    }

    pub(super) fn prepare_for_writing(&self) -> Result<(), HistoryError> {
        let encoding = self.rows("SELECT current_setting('server_encoding')", &[], |row| row.text(0))?;
        match encoding.first().map(String::as_str) {
            Some("UTF8") | None => Ok(()),
            Some(other) => Err(HistoryError::Encoding { store: self.name.clone(), found: other.to_owned() }),
        }
    }

    pub(super) fn migrate(&self, contents: Contents) -> Result<(), HistoryError> {
        let from = match contents {
            Contents::History(version) => version,
            Contents::Nothing => {
                let exists = self.rows(
                    "SELECT 1::bigint FROM pg_namespace WHERE nspname = ?1",
                    &[Value::Text(SCHEMA)],
                    |row| row.number(0),
                )?;
                // Who may use the schema need not have the right to create it.
                if exists.is_empty() {
                    self.run(&format!("CREATE SCHEMA {SCHEMA}"))?;
                }
                self.run("CREATE TABLE format (version BIGINT NOT NULL); INSERT INTO format VALUES (0)")?;
                0
            }
            Contents::Other => return Err(HistoryError::NotAHistory { store: self.name.clone() }),
        };
        for migration in MIGRATIONS.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
            self.run(migration.postgresql)?;
        }
        self.run(&format!("UPDATE format SET version = {VERSION}"))
    }

    /// Begins a transaction that excludes others that write, in this and other processes.
    pub(super) fn begin(&self) -> Result<(), HistoryError> {
        let begun = self.run(&format!(
            "BEGIN; SET LOCAL lock_timeout TO '{}s'; SELECT pg_advisory_xact_lock({LOCK})",
            BUSY.as_secs()
        ));
        begun.inspect_err(|_| {
            // The transaction has begun, and failed to get the lock.
            let _ = self.run("ROLLBACK");
        })
    }

    pub(super) fn run(&self, sql: &str) -> Result<(), HistoryError> {
        self.with(|session| session.client.batch_execute(sql))
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, HistoryError>,
    ) -> Result<Vec<T>, HistoryError> {
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(Value::as_sql).collect();
        let mut rows = Vec::new();
        self.read(sql, &values, &mut read, &mut rows)?;
        Ok(rows)
    }

    pub(super) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, HistoryError> {
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(Value::as_sql).collect();
        self.with(|session| {
            let statement = session.statement(sql)?;
            session.client.execute(&statement, &values)
        })
    }

    pub(super) fn each<T>(
        &self,
        sql: &str,
        columns: &[Column<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, HistoryError>,
    ) -> Result<Vec<T>, HistoryError> {
        let mut rows = Vec::new();
        let count = columns.first().map_or(0, Column::len);
        for from in (0..count).step_by(MAX_ROWS) {
            let arrays: Vec<Column<'_>> = columns.iter().map(|column| column.part(from, MAX_ROWS)).collect();
            let values: Vec<&(dyn ToSql + Sync)> = arrays.iter().map(Column::as_sql).collect();
            self.read(sql, &values, &mut read, &mut rows)?;
        }
        Ok(rows)
    }

    fn read<T>(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
        read: &mut impl FnMut(&Row<'_>) -> Result<T, HistoryError>,
        to: &mut Vec<T>,
    ) -> Result<(), HistoryError> {
        let failed = |error| failed(&self.name, error);
        let mut session = self.session.borrow_mut();
        let statement = session.statement(sql).map_err(failed)?;
        let mut rows = session.client.query_raw(&statement, values.iter().copied()).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            to.push(read(&Row { name: &self.name, cells: Cells::Postgresql(&row) })?);
        }
        Ok(())
    }

    /// Makes the space of removed rows available to new ones. The server returns it to the system where it can.
    pub(super) fn give_back(&self) -> Result<(), HistoryError> {
        TABLES.iter().try_for_each(|table| self.run(&format!("VACUUM (ANALYZE) {table}")))
    }

    pub(super) fn size(&self) -> Result<u64, HistoryError> {
        let mut size = 0;
        for table in TABLES {
            let sql = "SELECT pg_total_relation_size(?1::text::regclass)";
            size += self.rows(sql, &[Value::Text(table)], |row| row.number(0))?.first().copied().unwrap_or_default();
        }
        Ok(u64::try_from(size).unwrap_or_default())
    }
}

impl Session {
    /// Returns a prepared statement, which the server keeps as long as the session.
    fn statement(&mut self, sql: &str) -> Result<Statement, postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        // The parameters of SQLite, as PostgreSQL writes them. No statement has a question mark elsewhere.
        let statement = self.client.prepare(&sql.replace('?', "$"))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Value<'_> {
    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Value::Number(number) => number,
            Value::Text(text) => text,
        }
    }
}

impl Column<'_> {
    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Column::Numbers(numbers) => numbers,
            Column::Texts(texts) => texts,
            Column::Bytes(bytes) => bytes,
        }
    }

    /// Returns at most as many of its values, from a place.
    fn part(&self, from: usize, most: usize) -> Self {
        match self {
            Column::Numbers(numbers) => Column::Numbers(part(numbers, from, most)),
            Column::Texts(texts) => Column::Texts(part(texts, from, most)),
            Column::Bytes(bytes) => Column::Bytes(part(bytes, from, most)),
        }
    }
}

fn part<T>(values: &[T], from: usize, most: usize) -> &[T] {
    let rest = values.get(from..).unwrap_or_default();
    rest.get(..most).unwrap_or(rest)
}
