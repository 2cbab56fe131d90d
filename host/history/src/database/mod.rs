//! The database of a history: an SQLite file or a PostgreSQL server. What differs between the two is in this folder and in
//! `schema.rs`.

pub(crate) mod password;
mod postgresql;
mod sqlite;
mod tls;

use std::cell::Cell;

use crate::error::HistoryError;
use crate::store::Store;

use self::postgresql::Postgresql;
use self::sqlite::Sqlite;

/// An open database. Its name is for errors: the path, or the URL without its password.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
    engine: Engine,
    /// Whether a transaction has begun.
    is_in_transaction: Cell<bool>,
}

#[derive(Debug)]
enum Engine {
    Sqlite(Sqlite),
    Postgresql(Box<Postgresql>),
}

/// A value in a statement, for its parameters `?1`, `?2` and so on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Number(i64),
    Text(&'a str),
}

/// The values of one parameter of a statement that is run for many rows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column<'a> {
    Numbers(&'a [i64]),
    Texts(&'a [&'a str]),
    Bytes(&'a [&'a [u8]]),
}

impl Column<'_> {
    fn len(&self) -> usize {
        match self {
            Column::Numbers(numbers) => numbers.len(),
            Column::Texts(texts) => texts.len(),
            Column::Bytes(bytes) => bytes.len(),
        }
    }
}

/// A statement that is run for many rows. SQLite, which is in the process, runs `one` for each; a server gets `all` once, with an
/// array for each parameter, because each statement is a way there and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Each {
    pub(crate) one: &'static str,
    pub(crate) all: &'static str,
}

/// A row of a result.
pub(crate) struct Row<'r> {
    name: &'r str,
    cells: Cells<'r>,
}

enum Cells<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgresql(&'r postgres::Row),
}

impl Row<'_> {
    pub(crate) fn number(&self, column: usize) -> Result<i64, HistoryError> {
        match self.cells {
            Cells::Sqlite(row) => row.get(column).map_err(|error| sqlite::failed(self.name, error)),
            Cells::Postgresql(row) => row.try_get(column).map_err(|error| postgresql::failed(self.name, error)),
        }
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, HistoryError> {
        match self.cells {
            Cells::Sqlite(row) => row.get(column).map_err(|error| sqlite::failed(self.name, error)),
            Cells::Postgresql(row) => row.try_get(column).map_err(|error| postgresql::failed(self.name, error)),
        }
    }

    /// `None` if there is no value.
    pub(crate) fn optional_bytes(&self, column: usize) -> Result<Option<Vec<u8>>, HistoryError> {
        match self.cells {
            Cells::Sqlite(row) => row.get(column).map_err(|error| sqlite::failed(self.name, error)),
            Cells::Postgresql(row) => row.try_get(column).map_err(|error| postgresql::failed(self.name, error)),
        }
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, HistoryError> {
        match self.cells {
            Cells::Sqlite(row) => row.get(column).map_err(|error| sqlite::failed(self.name, error)),
            Cells::Postgresql(row) => row.try_get(column).map_err(|error| postgresql::failed(self.name, error)),
        }
    }
}

/// The contents of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    Nothing,
    /// A history of this version.
    History(i64),
    /// Something else.
    Other,
}

impl Database {
    /// Opens a database to read it.
    ///
    /// # Errors
    /// If there is none, or it cannot be opened.
    pub(crate) fn open(store: &Store) -> Result<Database, HistoryError> {
        let engine = match store {
            Store::File(file) => Engine::Sqlite(Sqlite::open(file)?),
            Store::Server(server) => Engine::Postgresql(Box::new(Postgresql::connect(server)?)),
        };
        Ok(Database { name: store.to_string(), engine, is_in_transaction: Cell::new(false) })
    }

    /// Opens a database to write it; creates an empty file if there is none.
    ///
    /// # Errors
    /// If it cannot be opened or created.
    pub(crate) fn create(store: &Store) -> Result<Database, HistoryError> {
        let engine = match store {
            Store::File(file) => Engine::Sqlite(Sqlite::create(file)?),
            Store::Server(server) => Engine::Postgresql(Box::new(Postgresql::connect(server)?)),
        };
        Ok(Database { name: store.to_string(), engine, is_in_transaction: Cell::new(false) })
    }

    /// Its name, for errors.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn contents(&self) -> Result<Contents, HistoryError> {
        match &self.engine {
            Engine::Sqlite(database) => database.contents(),
            Engine::Postgresql(database) => database.contents(),
        }
    }

    /// Prepares a database with these contents for being written.
    pub(crate) fn prepare_for_writing(&self, contents: Contents) -> Result<(), HistoryError> {
        match &self.engine {
            Engine::Sqlite(database) => database.prepare_for_writing(contents == Contents::Nothing),
            Engine::Postgresql(database) => database.prepare_for_writing(),
        }
    }

    /// Brings the tables to the newest version in one transaction.
    pub(crate) fn migrate(&self) -> Result<(), HistoryError> {
        // Another process may have done it in the meantime.
        self.transaction(|| match (&self.engine, self.contents()?) {
            (Engine::Sqlite(database), contents) => database.migrate(contents),
            (Engine::Postgresql(database), contents) => database.migrate(contents),
        })
    }

    /// Runs a statement, and reads the rows of its result.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, HistoryError>,
    ) -> Result<Vec<T>, HistoryError> {
        match &self.engine {
            Engine::Sqlite(database) => database.rows(sql, values, read),
            Engine::Postgresql(database) => database.rows(sql, values, read),
        }
    }

    /// Runs a statement that has no result. Returns the number of rows that it changed.
    pub(crate) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, HistoryError> {
        match &self.engine {
            Engine::Sqlite(database) => database.execute(sql, values),
            Engine::Postgresql(database) => database.execute(sql, values),
        }
    }

    /// Runs a statement for many rows, given as columns of the same length, and reads the rows of the results, in any order.
    pub(crate) fn each<T>(
        &self,
        statement: Each,
        columns: &[Column<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, HistoryError>,
    ) -> Result<Vec<T>, HistoryError> {
        match &self.engine {
            Engine::Sqlite(database) => database.each(statement.one, columns, read),
            Engine::Postgresql(database) => database.each(statement.all, columns, read),
        }
    }

    /// Runs a transaction that writes. Only one runs at a time: another waits for it. It is undone if `run` fails.
    pub(crate) fn transaction<T>(&self, run: impl FnOnce() -> Result<T, HistoryError>) -> Result<T, HistoryError> {
        match &self.engine {
            Engine::Sqlite(database) => database.begin()?,
            Engine::Postgresql(database) => database.begin()?,
        }
        self.end(run)
    }

    /// Runs what reads in a transaction, so that it sees the database as it is when it begins, or in the one that has begun.
    pub(crate) fn snapshot<T>(&self, run: impl FnOnce() -> Result<T, HistoryError>) -> Result<T, HistoryError> {
        if self.is_in_transaction.get() {
            return run();
        }
        match &self.engine {
            Engine::Sqlite(database) => database.run("BEGIN")?,
            Engine::Postgresql(database) => database.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?,
        }
        self.end(run)
    }

    fn end<T>(&self, run: impl FnOnce() -> Result<T, HistoryError>) -> Result<T, HistoryError> {
        self.is_in_transaction.set(true);
        let end = |sql| {
            self.is_in_transaction.set(false);
            match &self.engine {
                Engine::Sqlite(database) => database.run(sql),
                Engine::Postgresql(database) => database.run(sql),
            }
        };
        match run().and_then(|result| end("COMMIT").map(|()| result)) {
            Ok(result) => Ok(result),
            Err(error) => {
                // A database that failed may have undone the transaction itself, or be gone.
                let _ = end("ROLLBACK");
                Err(error)
            }
        }
    }

    /// Gives back the space of what was removed.
    pub(crate) fn give_back(&self) -> Result<(), HistoryError> {
        match &self.engine {
            Engine::Sqlite(database) => database.give_back(),
            Engine::Postgresql(database) => database.give_back(),
        }
    }

    /// Returns the size in bytes.
    pub(crate) fn size(&self) -> Result<u64, HistoryError> {
        match &self.engine {
            Engine::Sqlite(database) => database.size(),
            Engine::Postgresql(database) => database.size(),
        }
    }

    #[cfg(test)]
    pub(crate) fn limit_pages(&self, most: i64) -> Result<(), HistoryError> {
        self.rows(&format!("PRAGMA max_page_count = {most}"), &[], |_| Ok(())).map(|_| ())
    }
}
