//! Opens a history.

use crate::database::{Contents, Database};
use crate::error::HistoryError;
use crate::schema::VERSION;
use crate::store::Store;

/// An open history.
#[derive(Debug)]
pub struct History {
    pub(crate) db: Database,
    /// Whether it has tallies. One of version 1 that cannot be written has none.
    pub(crate) has_tallies: bool,
}

impl History {
    /// Opens a history for writing, and creates it if there is none. Only its owner can read a new file.
    ///
    /// # Errors
    /// If there is something else than a history, or one of a newer version, or it cannot be written.
    pub fn create(store: impl Into<Store>) -> Result<History, HistoryError> {
        let history = History { db: Database::create(&store.into())?, has_tallies: true };
        let contents = history.contents()?;
        history.db.prepare_for_writing(contents)?;
        if contents != Contents::History(VERSION) {
            history.db.migrate()?;
        }
        Ok(history)
    }

    /// Opens a history that exists, to read it. One of an older version is brought up to date, unless it is on a read-only medium,
    /// or the server does not let the user do so.
    ///
    /// # Errors
    /// If there is none, or something else, or it is of a newer version.
    pub fn open(store: impl Into<Store>) -> Result<History, HistoryError> {
        let store = store.into();
        let mut history = History { db: Database::open(&store)?, has_tallies: true };
        match (history.contents()?, &store) {
            (Contents::History(VERSION), _) => {}
            (Contents::History(_), _) => match history.db.migrate() {
                Err(HistoryError::ReadOnly { .. } | HistoryError::NotPermitted { .. }) => history.has_tallies = false,
                migrated => migrated?,
            },
            (_, Store::Server(_)) => return Err(HistoryError::Missing { store: store.to_string() }),
            (_, Store::File(_)) => return Err(HistoryError::NotAHistory { store: store.to_string() }),
        }
        Ok(history)
    }

    /// Its path as it was given, or the server's URL without its password.
    pub fn name(&self) -> &str {
        self.db.name()
    }

    /// Refuses what is not a history that this version knows.
    fn contents(&self) -> Result<Contents, HistoryError> {
        let store = || self.name().to_owned();
        match self.db.contents()? {
            Contents::History(found) if found > VERSION => {
                Err(HistoryError::Newer { store: store(), found, known: VERSION })
            }
            Contents::Other => Err(HistoryError::NotAHistory { store: store() }),
            contents => Ok(contents),
        }
    }
}
