//! Digests and signatures, by their object identifiers.

use der::asn1::ObjectIdentifier;
use ring::digest;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::SignatureError;

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// Whether algorithms count that can be broken, or nearly: SHA-1, and RSA keys of less than 2048 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OldAlgorithms {
    #[default]
    Refused,
    /// For catalogs from before 2016, which have no other signatures.
    Allowed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub(super) fn of(algorithm: ObjectIdentifier, old: OldAlgorithms) -> Result<Digest, SignatureError> {
        match algorithm {
            SHA1 if old == OldAlgorithms::Refused => Err(SignatureError::Weak("SHA-1")),
            SHA1 => Ok(Digest::Sha1),
            SHA256 => Ok(Digest::Sha256),
            SHA384 => Ok(Digest::Sha384),
            SHA512 => Ok(Digest::Sha512),
            other => Err(SignatureError::Unsupported(format!("the digest {other}"))),
        }
    }

    /// Returns the digest of these parts, one after another.
    pub(super) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = digest::Context::new(match self {
            Digest::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Digest::Sha256 => &digest::SHA256,
            Digest::Sha384 => &digest::SHA384,
            Digest::Sha512 => &digest::SHA512,
        });
        parts.iter().for_each(|part| context.update(part));
        context.finish().as_ref().to_vec()
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Digest::Sha1 => "SHA-1",
            Digest::Sha256 => "SHA-256",
            Digest::Sha384 => "SHA-384",
            Digest::Sha512 => "SHA-512",
        }
    }
}

/// Checks the signature of `message`; `Ok(false)` if it does not match the key.
///
/// `digest` is the one that a CMS signer names beside a signature algorithm that names none (`rsaEncryption`).
pub(super) fn verifies(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: ObjectIdentifier,
    digest: Option<Digest>,
    old: OldAlgorithms,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, SignatureError> {
    let named = match algorithm {
        RSA | EC => digest,
        RSA_SHA1 => Some(Digest::Sha1),
        RSA_SHA256 | ECDSA_SHA256 => Some(Digest::Sha256),
        RSA_SHA384 | ECDSA_SHA384 => Some(Digest::Sha384),
        RSA_SHA512 => Some(Digest::Sha512),
        _ => None,
    };
    let unsupported = || SignatureError::Unsupported(format!("the signature algorithm {algorithm}"));
    let named = named.filter(|named| digest.is_none_or(|digest| digest == *named)).ok_or_else(unsupported)?;
    if named == Digest::Sha1 && old == OldAlgorithms::Refused {
        return Err(SignatureError::Weak("SHA-1"));
    }
    let is_rsa = matches!(algorithm, RSA | RSA_SHA1 | RSA_SHA256 | RSA_SHA384 | RSA_SHA512);
    let key_bytes = key.subject_public_key.raw_bytes();
    let scheme = match key.algorithm.oid {
        RSA if is_rsa => rsa(named, old),
        EC if !is_rsa => {
            let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
            ecdsa(curve, named)
        }
        _ => None,
    };
    let scheme = scheme.ok_or_else(unsupported)?;
    Ok(UnparsedPublicKey::new(scheme, key_bytes).verify(message, signature).is_ok())
}

fn rsa(digest: Digest, old: OldAlgorithms) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (digest, old) {
        (Digest::Sha1, OldAlgorithms::Refused) => return None,
        (Digest::Sha1, OldAlgorithms::Allowed) => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (Digest::Sha256, OldAlgorithms::Refused) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (Digest::Sha256, OldAlgorithms::Allowed) => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (Digest::Sha384, _) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (Digest::Sha512, OldAlgorithms::Refused) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (Digest::Sha512, OldAlgorithms::Allowed) => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    })
}

fn ecdsa(curve: Option<ObjectIdentifier>, digest: Digest) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (curve?, digest) {
        (P256, Digest::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (P256, Digest::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (P384, Digest::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (P384, Digest::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        _ => return None,
    })
}

/// Returns bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the SHA-256 of bytes as lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(digest::digest(&digest::SHA256, bytes).as_ref())
}
