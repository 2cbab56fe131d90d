//! The time at which a signature existed, confirmed by an authority: a countersignature (PKCS #9, RFC 2985, 5.3.6) or a token
//! (RFC 3161).

use der::asn1::ObjectIdentifier;
use der::{DateTime, Tag};
use x509_cert::time::Time;

use super::algorithm::{Digest, OldAlgorithms, hexadecimal};
use super::asn1::{Element, Elements};
use super::certificate::{Certificate, Purpose};
use super::chain::Requirements;
use super::signed_data::{SignedData, SignerInfo};
use super::{SignatureError, Trust};

const COUNTERSIGNATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.6");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// `szOID_RFC3161_counterSign`: Microsoft's attribute for a token.
const TOKEN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.3.3.1");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// The most time stamps that are tried: each may have to be compared with all certificates of the message.
const MAX_STAMPS: usize = 8;

const PART: &str = "the time stamp";

/// Returns the time of a signer's time stamp, or `None` if it has none. Of several, the first that counts is taken; only so many are tried.
pub(super) fn time(
    signer: &SignerInfo<'_>,
    certificates: &[Certificate],
    trust: &Trust,
    now: DateTime,
) -> Result<Option<DateTime>, SignatureError> {
    let tokens = signer.unsigned(TOKEN).map(|token| of_token(&token, signer.signature, trust));
    let countersignatures =
        signer.unsigned(COUNTERSIGNATURE).map(|one| of_countersignature(&one, signer.signature, certificates, trust));
    let mut failure = None;
    for time in tokens.chain(countersignatures).take(MAX_STAMPS) {
        match time {
            Ok(time) if time <= now => return Ok(Some(time)),
            Ok(_) => failure = failure.or(Some(SignatureError::Malformed(PART))),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(None), Err)
}

fn of_countersignature(
    countersigner: &Element<'_>,
    signature: &[u8],
    certificates: &[Certificate],
    trust: &Trust,
) -> Result<DateTime, SignatureError> {
    let countersigner = SignerInfo::read(countersigner)?;
    let time = countersigner.signed_attribute(SIGNING_TIME)?.decode::<Time>(PART)?.to_date_time();
    let (certificate, _) = countersigner.check(DATA, signature, certificates, trust.old_algorithms)?;
    check_authority(certificate, certificates, trust, time)?;
    Ok(time)
}

fn of_token(token: &Element<'_>, signature: &[u8], trust: &Trust) -> Result<DateTime, SignatureError> {
    let message = SignedData::of(token)?;
    if message.content_type != TST_INFO {
        return Err(SignatureError::Malformed(PART));
    }
    let content = message.content.octets(Tag::OctetString, PART)?;
    let (time, imprint) = token_info(content, trust.old_algorithms)?;
    let found = imprint.digest.digest(&[signature]);
    if found != imprint.hash {
        return Err(SignatureError::Changed { found: hexadecimal(&found), signed: hexadecimal(imprint.hash) });
    }
    let (certificate, _) = message.signer.check(TST_INFO, content, &message.certificates, trust.old_algorithms)?;
    check_authority(certificate, &message.certificates, trust, time)?;
    Ok(time)
}

/// The digest of the stamped signature.
struct Imprint<'a> {
    digest: Digest,
    hash: &'a [u8],
}

/// Reads the beginning of a `TSTInfo` (RFC 3161, 2.4.2).
fn token_info(content: &[u8], old: OldAlgorithms) -> Result<(DateTime, Imprint<'_>), SignatureError> {
    let mut fields = Elements::of(content, PART)?.sequence()?;
    fields.next()?.octets(Tag::Integer, PART)?;
    fields.oid()?;
    let mut imprint = fields.sequence()?;
    let digest = Digest::of(imprint.algorithm()?, old)?;
    let hash = imprint.octets()?;
    fields.next()?.octets(Tag::Integer, PART)?;
    let time = fields.next()?.octets(Tag::GeneralizedTime, PART)?;
    let time = generalized_time(time).ok_or(SignatureError::Malformed(PART))?;
    Ok((time, Imprint { digest, hash }))
}

/// Reads `20261127013540.5Z`. Unlike certificates, tokens may have fractions of seconds; they are cut off.
fn generalized_time(text: &[u8]) -> Option<DateTime> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let part = |from: usize| whole.get(from..from + 2)?.parse::<u8>().ok();
    let year = whole.get(..4)?.parse().ok()?;
    DateTime::new(year, part(4)?, part(6)?, part(8)?, part(10)?, part(12)?).ok()
}

fn check_authority(
    certificate: &Certificate,
    others: &[Certificate],
    trust: &Trust,
    at: DateTime,
) -> Result<(), SignatureError> {
    let purpose = Purpose::TimeStamping;
    let roots = &trust.roots;
    Requirements { roots, others, purpose, at, stamp: "", old: trust.old_algorithms }.check(certificate).map(drop)
}
