//! Plugin authenticity: keys, signatures in minisign's format, and the signers that the operator trusts.
//!
//! A signature is Ed25519 over the BLAKE2b digest of a file, as [minisign](https://jedisct1.github.io/minisign/) writes and reads
//! it, so that it can be made and verified without wardline. The signed file is a plugin's component or its vetting report;
//! `docs/signing.md` is the user documentation.

mod admission;
mod effort;
mod file;
mod key;
mod signature;
mod statement;
mod vet_report;

pub use admission::{Admission, NotAdmitted, Requirements, Signer};
pub use effort::Effort;
pub use file::{TrustError, TrustFile, TrustedKey};
pub use key::{KeyError, KeyId, KeyPair, PublicKey, SecretKey};
pub use signature::{Signature, SignatureError, Verified, signature_path};
pub use statement::{Kind, Statement, StatementError};
pub use vet_report::{
    Overall, RequiredLaw, SCHEMA as VET_SCHEMA, Verdict, VetReport, VetReportError, VettedPlugin, vet_report_path,
};
