//! The files in which the operator names roots.

use std::path::Path;

use wardline_files::regular_file;

use super::{Certificate, SignatureError};

/// The maximum number of bytes of a file of roots: the system's own list has some 250 KB.
const MAX_BYTES: u64 = 4 << 20;

/// Why a file of roots cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    #[error("{file}: cannot be read: {source}")]
    Unreadable { file: String, source: std::io::Error },
    #[error("{file}: too large: at most {MAX_BYTES} bytes are allowed")]
    TooLarge { file: String },
    #[error("{file}: expected a certificate in DER, or one or several in PEM: {reason}")]
    NotCertificates { file: String, reason: String },
}

/// Reads the certificates of a file: one in DER, or one or several in PEM.
///
/// # Errors
///
/// [`RootsError`].
pub fn read_roots(path: &Path) -> Result<Vec<Certificate>, RootsError> {
    let file = path.display().to_string();
    let bytes =
        regular_file::read(path, MAX_BYTES).map_err(|source| RootsError::Unreadable { file: file.clone(), source })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(RootsError::TooLarge { file });
    }
    parse(&bytes).map_err(|reason| RootsError::NotCertificates { file, reason })
}

fn parse(bytes: &[u8]) -> Result<Vec<Certificate>, String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let own = |error: SignatureError| error.to_string();
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.contains(BEGIN)) else {
        return Ok(vec![Certificate::from_der(bytes).map_err(own)?]);
    };
    let mut certificates = Vec::new();
    for (number, block) in text.split(BEGIN).skip(1).enumerate() {
        let (block, _) = block.split_once(END).ok_or(format!("certificate {} has no end", number + 1))?;
        let pem = format!("{BEGIN}{}\n{END}\n", block.trim_end());
        let malformed = |error: der::Error| format!("certificate {}: {error}", number + 1);
        let (_, der) = der::pem::decode_vec(pem.as_bytes()).map_err(|error| malformed(error.into()))?;
        certificates.push(Certificate::from_der(&der).map_err(own)?);
    }
    Ok(certificates)
}
