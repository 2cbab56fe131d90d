//! X.509 certificates (RFC 5280), with the bytes that their signatures cover.

use der::asn1::ObjectIdentifier;
use der::{DateTime, Decode as _, Encode as _, Tag};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::name::Name;

use super::SignatureError;
use super::algorithm::{self, OldAlgorithms};
use super::asn1::Elements;

const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// Certificate policies inform people; no policy is required here (RFC 5280, 6.1.1 (c): any policy).
const POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const UNDERSTOOD: [ObjectIdentifier; 4] = [POLICIES, BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE];

/// The maximum number of characters of a name that messages show.
const SHOWN_NAME: usize = 200;

/// A use of a key that a certificate permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    CodeSigning,
    TimeStamping,
}

impl Purpose {
    fn oid(self) -> ObjectIdentifier {
        match self {
            Purpose::CodeSigning => ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3"),
            Purpose::TimeStamping => ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Purpose::CodeSigning => "code signing",
            Purpose::TimeStamping => "time stamps",
        }
    }
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    raw: Vec<u8>,
    /// The part that the issuer signed.
    signed: Vec<u8>,
    parsed: x509_cert::Certificate,
}

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Malformed`].
    pub fn from_der(bytes: &[u8]) -> Result<Certificate, SignatureError> {
        let parsed = x509_cert::Certificate::from_der(bytes).map_err(|_| SignatureError::Malformed("a certificate"))?;
        let signed = Elements::of(bytes, "a certificate")?.sequence()?.next()?;
        signed.elements(Tag::Sequence, "a certificate")?;
        Ok(Certificate { raw: bytes.to_vec(), signed: signed.raw.to_vec(), parsed })
    }

    /// Returns the subject's name as text: `CN=Test,O=Example`.
    pub fn subject(&self) -> String {
        shown(&self.parsed.tbs_certificate.subject)
    }

    /// Returns the SHA-256 of the certificate, in lower-case hexadecimal.
    pub fn fingerprint(&self) -> String {
        algorithm::sha256(&self.raw)
    }

    pub(super) fn issuer(&self) -> String {
        shown(&self.parsed.tbs_certificate.issuer)
    }

    pub(super) fn issuer_name(&self) -> &Name {
        &self.parsed.tbs_certificate.issuer
    }

    pub(super) fn subject_name(&self) -> &Name {
        &self.parsed.tbs_certificate.subject
    }

    /// Whether a signer that names its certificate by these, in DER, means this one.
    pub(super) fn is(&self, issuer: &[u8], serial_number: &[u8]) -> bool {
        let certificate = &self.parsed.tbs_certificate;
        certificate.issuer.to_der().is_ok_and(|own| own == issuer)
            && certificate.serial_number.to_der().is_ok_and(|own| own == serial_number)
    }

    pub(super) fn key(&self) -> &x509_cert::spki::SubjectPublicKeyInfoOwned {
        &self.parsed.tbs_certificate.subject_public_key_info
    }

    /// Whether the subject's common name is this one.
    pub(super) fn is_named(&self, name: &str) -> bool {
        let attributes = self.subject_name().0.iter().flat_map(|relative| relative.0.iter());
        attributes.filter(|attribute| attribute.oid == COMMON_NAME).any(|attribute| {
            // The string types of names that hold text as UTF-8 or a subset of it.
            let value = &attribute.value;
            matches!(der::Tagged::tag(value), Tag::Utf8String | Tag::PrintableString | Tag::Ia5String)
                && value.value() == name.as_bytes()
        })
    }

    /// Whether `issuer` signed this certificate.
    pub(super) fn is_signed_by(&self, issuer: &Certificate, old: OldAlgorithms) -> Result<bool, SignatureError> {
        let signature = self.parsed.signature.raw_bytes();
        let algorithm = self.parsed.signature_algorithm.oid;
        algorithm::verifies(issuer.key(), algorithm, None, old, &self.signed, signature)
    }

    /// Checks that the certificate is valid at a time; `stamp` says where the time comes from.
    pub(super) fn check_time(&self, at: DateTime, stamp: &str) -> Result<(), SignatureError> {
        let validity = &self.parsed.tbs_certificate.validity;
        let (from, to) = (validity.not_before.to_date_time(), validity.not_after.to_date_time());
        match from <= at && at <= to {
            true => Ok(()),
            false => Err(SignatureError::Expired {
                subject: self.subject(),
                period: format!("from {from} to {to}"),
                at: format!("{at}{stamp}"),
            }),
        }
    }

    pub(super) fn has_extensions(&self) -> bool {
        self.parsed.tbs_certificate.extensions.is_some()
    }

    /// Checks that every critical extension is understood.
    pub(super) fn check_extensions(&self) -> Result<(), SignatureError> {
        let extensions = self.parsed.tbs_certificate.extensions.iter().flatten();
        let mut unknown = extensions.filter(|extension| extension.critical && !UNDERSTOOD.contains(&extension.extn_id));
        match unknown.next() {
            None => Ok(()),
            Some(extension) => Err(SignatureError::CriticalExtension {
                subject: self.subject(),
                extension: extension.extn_id.to_string(),
            }),
        }
    }

    /// Checks that the key of a signer may be used for `purpose`: the certificate has to say so.
    pub(super) fn check_signer(&self, purpose: Purpose) -> Result<(), SignatureError> {
        let wrong = || SignatureError::Purpose { subject: self.subject(), purpose: purpose.name() };
        let uses = self.extension::<ExtendedKeyUsage>()?.ok_or_else(wrong)?;
        let may_sign = self.extension::<KeyUsage>()?.is_none_or(|usage| usage.digital_signature());
        (may_sign && uses.0.contains(&purpose.oid())).then_some(()).ok_or_else(wrong)
    }

    /// Checks that the key may sign certificates for `purpose`, of which `below` are between this one and the signer's.
    pub(super) fn check_authority(&self, purpose: Purpose, below: usize) -> Result<(), SignatureError> {
        let not_one = || SignatureError::NotAnAuthority { subject: self.subject() };
        let constraints = self.extension::<BasicConstraints>()?.ok_or_else(not_one)?;
        let is_short = constraints.path_len_constraint.is_none_or(|most| below <= usize::from(most));
        let may_sign = self.extension::<KeyUsage>()?.is_none_or(|usage| usage.key_cert_sign());
        if !constraints.ca || !is_short || !may_sign {
            return Err(not_one());
        }
        // RFC 5280 gives this extension no meaning in an authority's certificate; Windows lets it limit what is below.
        let is_for = |uses: ExtendedKeyUsage| uses.0.contains(&purpose.oid()) || uses.0.contains(&ANY_PURPOSE);
        match self.extension::<ExtendedKeyUsage>()?.is_none_or(is_for) {
            true => Ok(()),
            false => Err(SignatureError::Purpose { subject: self.subject(), purpose: purpose.name() }),
        }
    }

    fn extension<'a, T>(&'a self) -> Result<Option<T>, SignatureError>
    where
        T: der::Decode<'a> + der::oid::AssociatedOid,
    {
        let found = self.parsed.tbs_certificate.get::<T>();
        found
            .map(|found| found.map(|(_, value)| value))
            .map_err(|_| SignatureError::Malformed("a certificate's extension"))
    }
}

/// Returns a name for a message: bounded, and with control characters escaped.
fn shown(name: &Name) -> String {
    let escape = |character: char| match character.is_control() {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    name.to_string().chars().take(SHOWN_NAME).map(escape).collect()
}
