use wardline_files::text_file::TextFileError;

/// Why the folder of catalogs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    #[error(transparent)]
    Manifest(#[from] TextFileError),
    #[error("{file}: damaged: {reason}")]
    Damaged { file: String, reason: String },
    #[error("{folder}: another process is updating the catalogs; try again when it has finished")]
    Busy { folder: String },
}
