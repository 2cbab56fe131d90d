//! The signatures of cabinets: Authenticode, as far as it concerns them.
//!
//! The header's reserve says where the signature is, behind the cabinet. It is a PKCS #7 message whose content,
//! `SpcIndirectDataContent`, has the digest of the cabinet ("Windows Authenticode Portable Executable Signature Format" describes the
//! message). Revocation is not checked: the lists of the authorities of old catalogs are long gone, and an update must not depend on
//! another server.

mod algorithm;
mod asn1;
mod certificate;
mod chain;
mod error;
mod roots;
mod signed_data;
#[cfg(test)]
mod tests;
mod time_stamp;

use std::time::SystemTime;

use der::DateTime;
use der::asn1::ObjectIdentifier;

pub use self::algorithm::OldAlgorithms;
pub(crate) use self::algorithm::sha256;
pub use self::certificate::Certificate;
pub use self::error::SignatureError;
pub use self::roots::{RootsError, read_roots};
use crate::cabinet::Cabinet;
use algorithm::{Digest, hexadecimal};
use asn1::Elements;
use certificate::Purpose;
use chain::Requirements;
use signed_data::SignedData;

const INDIRECT_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.4");
/// `SPC_CAB_DATA_OBJID`: what is signed is a cabinet.
const CABINET_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.25");
/// `szOID_NESTED_SIGNATURE`: further signatures, with newer algorithms than the first.
const NESTED_SIGNATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.4.1");

/// The maximum number of nested signatures that are tried.
const MAX_NESTED: usize = 4;
/// Signatures are padded with zeros to a multiple of this.
const ALIGNMENT: usize = 8;

/// The size of a signed cabinet's fixed header with its reserve, which follows it.
const HEADER_BYTES: usize = 60;
/// The size of the reserve that refers to a signature.
const RESERVE_BYTES: usize = 20;

/// The signatures that the operator trusts.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The certificates that a chain has to lead to, of signers and of time stamps.
    pub roots: Vec<Certificate>,
    /// The signer's common name (`Microsoft Corporation`) or the SHA-256 of its certificate; any signer below the roots if `None`.
    pub signer: Option<String>,
    pub old_algorithms: OldAlgorithms,
}

/// Who signed a cabinet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The subject of the signer's certificate: `CN=Test,O=Example`.
    pub signer: String,
    /// The SHA-256 of the signer's certificate, in lower-case hexadecimal.
    pub fingerprint: String,
    /// The subject of the root.
    pub root: String,
    /// The digest that was signed: `SHA-256`.
    pub digest: &'static str,
    /// When, by a time stamp that counts: `2026-11-27T01:35:40Z`.
    pub time: Option<String>,
}

/// Checks a cabinet's signature: that it covers the cabinet as it is, and that the signer is one to trust. A certificate has to be
/// valid at the time of the time stamp if there is one that counts, else at `now`.
///
/// # Errors
///
/// [`SignatureError`]: the one of the first signature, if the cabinet has several and none counts.
pub fn verify(cabinet: &Cabinet<'_>, trust: &Trust, now: SystemTime) -> Result<Signature, SignatureError> {
    let now = DateTime::from_system_time(now).map_err(|_| SignatureError::Malformed("the current time"))?;
    let parts = digest_parts(cabinet)?;
    let (first, rest) = SignedData::read(signature_bytes(cabinet)?)?;
    if rest.len() >= ALIGNMENT || rest.iter().any(|byte| *byte != 0) {
        return Err(SignatureError::Malformed("the bytes after the signature"));
    }
    let failure = match verify_one(&first, &parts, trust, now) {
        Ok(signature) => return Ok(signature),
        Err(failure) => failure,
    };
    for nested in first.signer.unsigned(NESTED_SIGNATURE).take(MAX_NESTED) {
        let signature = SignedData::of(&nested).and_then(|nested| verify_one(&nested, &parts, trust, now));
        if signature.is_ok() {
            return signature;
        }
    }
    Err(failure)
}

fn verify_one(
    message: &SignedData<'_>,
    parts: &[&[u8]],
    trust: &Trust,
    now: DateTime,
) -> Result<Signature, SignatureError> {
    let old = trust.old_algorithms;
    let content = message.content.value;
    let (certificate, digest) = message.signer.check(INDIRECT_DATA, content, &message.certificates, old)?;
    check_digest(message, parts, old)?;
    let stamped = time_stamp::time(&message.signer, &message.certificates, trust, now);
    let stamp = match &stamped {
        Ok(Some(_)) => ", the time of its time stamp".to_owned(),
        Ok(None) => ", and the signature has no time stamp".to_owned(),
        Err(error) => format!(", and the time stamp does not count: {error}"),
    };
    let time = stamped.ok().flatten();
    let requirements = Requirements {
        roots: &trust.roots,
        others: &message.certificates,
        purpose: Purpose::CodeSigning,
        at: time.unwrap_or(now),
        stamp: &stamp,
        old,
    };
    let root = requirements.check(certificate)?;
    if let Some(expected) = &trust.signer
        && !certificate.is_named(expected)
        && !certificate.fingerprint().eq_ignore_ascii_case(expected)
    {
        return Err(SignatureError::WrongSigner { found: certificate.subject(), expected: expected.clone() });
    }
    Ok(Signature {
        signer: certificate.subject(),
        fingerprint: certificate.fingerprint(),
        root: root.subject(),
        digest: digest.name(),
        time: time.map(|time| time.to_string()),
    })
}

/// Checks the digest in the content, `SpcIndirectDataContent`, against the cabinet's.
fn check_digest(message: &SignedData<'_>, parts: &[&[u8]], old: OldAlgorithms) -> Result<(), SignatureError> {
    const PART: &str = "the signed digest";
    if message.content_type != INDIRECT_DATA {
        return Err(SignatureError::Malformed(PART));
    }
    let mut fields = message.content.elements(der::Tag::Sequence, PART)?;
    if fields.sequence()?.oid()? != CABINET_DATA {
        return Err(SignatureError::Unsupported("a digest of something that is not a cabinet".to_owned()));
    }
    let mut signed: Elements<'_> = fields.sequence()?;
    let digest = Digest::of(signed.algorithm()?, old)?;
    let signed = signed.octets()?;
    let found = digest.digest(parts);
    match found == signed {
        true => Ok(()),
        false => Err(SignatureError::Changed { found: hexadecimal(&found), signed: hexadecimal(signed) }),
    }
}

/// Returns the parts of a cabinet that its digest covers: the header up to the set's identifier, without the field after the magic
/// number; the end of the reserve; and everything from the first folder's entry to the signature. Fields that it leaves out must be
/// as signing tools write them: a reserve of data blocks, say, would shift what is unpacked.
fn digest_parts<'a>(cabinet: &Cabinet<'a>) -> Result<[&'a [u8]; 4], SignatureError> {
    let layout = &cabinet.layout;
    let (Some(reserve), Some(signature)) = (&layout.reserve, layout.signature) else {
        return Err(SignatureError::Unsigned);
    };
    let faults = [
        (reserve.header.len() != RESERVE_BYTES || layout.folders_at != HEADER_BYTES, "the size of the reserve"),
        (reserve.folder_bytes != 0 || reserve.block_bytes != 0, "the reserve of folders and data blocks"),
        (layout.reserved != 0, "the field after the magic number"),
        (layout.cabinet_number != 0, "the cabinet's number"),
        (signature.offset != layout.cabinet_bytes, "the signature's offset"),
    ];
    if let Some((_, field)) = faults.iter().find(|(is_fault, _)| *is_fault) {
        return Err(SignatureError::Header(field));
    }
    let end = usize::try_from(signature.offset).unwrap_or(usize::MAX);
    let part = |from: usize, to: usize| cabinet.bytes.get(from..to).ok_or(SignatureError::Header("the offsets"));
    Ok([part(0, 4)?, part(8, 34)?, part(56, HEADER_BYTES)?, part(HEADER_BYTES, end)?])
}

fn signature_bytes<'a>(cabinet: &Cabinet<'a>) -> Result<&'a [u8], SignatureError> {
    let place = cabinet.layout.signature.ok_or(SignatureError::Unsigned)?;
    let offset = usize::try_from(place.offset).unwrap_or(usize::MAX);
    cabinet.bytes.get(offset..).ok_or(SignatureError::Header("the signature's offset"))
}
