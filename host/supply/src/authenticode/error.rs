/// Why a cabinet's signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("not signed")]
    Unsigned,
    #[error("the signature leaves {0} of the header unprotected, and it is not what signing tools write")]
    Header(&'static str),
    #[error("the signature is malformed in {0}")]
    Malformed(&'static str),
    #[error("the signature uses {0}, which is not supported")]
    Unsupported(String),
    #[error("the signature uses {0}, which is refused unless old signatures are allowed")]
    Weak(&'static str),
    #[error("the cabinet was changed after it was signed: its digest is {found}, and {signed} was signed")]
    Changed { found: String, signed: String },
    #[error("the signature was changed: it does not match the key of {0}")]
    Forged(String),
    #[error("the signature does not contain its signer's certificate")]
    NoCertificate,
    #[error("the certificate of {subject} leads to none of the named roots: {issuer} is not among them")]
    Untrusted { subject: String, issuer: String },
    #[error("the certificate of {subject} is not valid for {purpose}")]
    Purpose { subject: String, purpose: &'static str },
    /// `at` says the time, and where it comes from.
    #[error("the certificate of {subject} is valid {period}, and not at {at}")]
    Expired { subject: String, period: String, at: String },
    #[error("the certificate of {subject} is not one that may sign other certificates")]
    NotAnAuthority { subject: String },
    #[error("the certificate of {subject} has the critical extension {extension}, which is not supported")]
    CriticalExtension { subject: String, extension: String },
    #[error("more than {0} signatures of certificates would have to be checked")]
    TooManyCertificates(usize),
    #[error("signed by {found}, and {expected} was expected")]
    WrongSigner { found: String, expected: String },
}
