//! Opens a history.

use crate::database::{Contents, Database};
use crate::error::HistoryError;
use crate::schema::VERSION;
use crate::store::Store;

/// An open history.
#[derive(Debug)]
pub struct History {
    pub(crate) db: Database,
}

impl History {
    /// Opens a history for writing, and creates it if there is none. Only its owner can read a new file.
    ///
    /// # Errors
    /// If there is something else than a history, or one of a newer version, or it cannot be written.
    pub fn create(store: impl Into<Store>) -> Result<History, HistoryError> {
        let history = History { db: Database::create(&store.into())? };
        let contents = history.contents()?;
        history.db.prepare_for_writing(contents)?;
        if contents != Contents::History(VERSION) {
            history.db.migrate()?;
        }
        Ok(history)
    }

    /// Opens a history that exists, to read it. A file may be on a read-only medium.
    ///
    /// # Errors
    /// If there is none, or something else, or it is of a newer version.
    pub fn open(store: impl Into<Store>) -> Result<History, HistoryError> {
        let store = store.into();
        let history = History { db: Database::open(&store)? };
        match (history.contents()?, &store) {
            (Contents::History(VERSION), _) => {}
            (Contents::History(_), _) => history.db.migrate()?,
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
