use super::run::MAX_FILES;
use crate::authenticode::SignatureError;
use crate::cabinet::CabinetError;
use crate::fetch::FetchError;
use crate::msrc::IndexError;
use crate::store::StoreError;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SupplyError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{file}: {source}")]
    Cabinet { file: String, source: CabinetError },
    #[error("{file}: {source}")]
    Signature { file: String, source: SignatureError },
    #[error("{url}: {source}")]
    Index { url: String, source: IndexError },
    #[error("{file}: not a catalog: {reason}")]
    NotACatalog { file: String, reason: String },
    #[error("{file}: older than the {id} that is held: {offered} instead of {held}")]
    Older { file: String, id: String, offered: String, held: String },
    #[error("{file}: not signed, and the {id} that is held is signed by {signer}")]
    NoLongerSigned { file: String, id: String, signer: String },
    #[error("{folder}: cannot be listed: {source}")]
    Folder { folder: String, source: std::io::Error },
    #[error("{folder}: no files, or more than {MAX_FILES}")]
    Files { folder: String },
    #[error("the time is out of range")]
    Time,
}
