//! Where a history is kept.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::server::{Server, ServerUrlError, is_connection_string};

/// Where a history is kept: in a file, or by a PostgreSQL server.
#[derive(Clone, Debug)]
pub enum Store {
    File(PathBuf),
    Server(Box<Server>),
}

impl Store {
    /// Reads what an operator writes: `postgres://USER@HOST/DATABASE` or `postgresql://…` for a server, a path otherwise.
    ///
    /// # Errors
    /// If it is the URL of a server, and not a correct one.
    pub fn parse(text: &OsStr) -> Result<Store, ServerUrlError> {
        match text.to_str() {
            Some(url) if Server::is_url(url) => Ok(Store::Server(Box::new(Server::parse(url)?))),
            Some(text) if is_connection_string(text) => Err(ServerUrlError::ConnectionString),
            _ => Ok(Store::File(text.into())),
        }
    }

    /// The file; `None` for a server.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Store::File(file) => Some(file),
            Store::Server(_) => None,
        }
    }
}

/// The path, or the URL without its password.
impl fmt::Display for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Store::File(file) => file.display().fmt(formatter),
            Store::Server(server) => server.fmt(formatter),
        }
    }
}

impl From<PathBuf> for Store {
    fn from(file: PathBuf) -> Store {
        Store::File(file)
    }
}

impl From<&Path> for Store {
    fn from(file: &Path) -> Store {
        Store::File(file.to_owned())
    }
}

impl From<&PathBuf> for Store {
    fn from(file: &PathBuf) -> Store {
        Store::File(file.clone())
    }
}

impl From<&Store> for Store {
    fn from(store: &Store) -> Store {
        store.clone()
    }
}
