//! Signed messages: `SignedData` of PKCS #7 (RFC 2315) and CMS (RFC 5652), as far as both have the same form.

use der::asn1::ObjectIdentifier;
use der::{Tag, TagNumber};

use super::SignatureError;
use super::algorithm::{Digest, OldAlgorithms, hexadecimal, verifies};
use super::asn1::{Element, Elements, context};
use super::certificate::Certificate;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SUBJECT_KEY_IDENTIFIER: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber::N0 };

/// The maximum number of certificates in a message, and attributes of a signer.
const MAX_ELEMENTS: usize = 64;

const PART: &str = "the signed message";

/// A message with one signer.
#[derive(Debug)]
pub(super) struct SignedData<'a> {
    pub(super) content_type: ObjectIdentifier,
    pub(super) content: Element<'a>,
    /// Those that can be read; others cannot be part of a chain.
    pub(super) certificates: Vec<Certificate>,
    pub(super) signer: SignerInfo<'a>,
}

/// A signature and what it covers.
#[derive(Debug)]
pub(super) struct SignerInfo<'a> {
    issuer: &'a [u8],
    serial_number: &'a [u8],
    digest: ObjectIdentifier,
    algorithm: ObjectIdentifier,
    /// The attributes that the signature covers, in the form in which it covers them.
    signed: Vec<u8>,
    signed_attributes: Vec<Attribute<'a>>,
    pub(super) signature: &'a [u8],
    unsigned_attributes: Vec<Attribute<'a>>,
}

#[derive(Debug)]
struct Attribute<'a> {
    name: ObjectIdentifier,
    values: Vec<Element<'a>>,
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo` that holds signed data, and returns the bytes that follow it too.
    pub(super) fn read(bytes: &'a [u8]) -> Result<(SignedData<'a>, &'a [u8]), SignatureError> {
        let outer = Elements::of(bytes, PART)?.next()?;
        let rest = bytes.get(outer.raw.len()..).unwrap_or_default();
        SignedData::of(&outer).map(|data| (data, rest))
    }

    /// Reads the signed data in a `ContentInfo`.
    pub(super) fn of(content_info: &Element<'a>) -> Result<SignedData<'a>, SignatureError> {
        let mut content_info = content_info.elements(Tag::Sequence, PART)?;
        if content_info.oid()? != SIGNED_DATA {
            return Err(SignatureError::Malformed(PART));
        }
        let mut fields = content_info.next()?.elements(context(TagNumber::N0), PART)?.sequence()?;
        fields.next()?.octets(Tag::Integer, PART)?;
        fields.next()?.elements(Tag::Set, PART)?;
        let mut encapsulated = fields.sequence()?;
        let content_type = encapsulated.oid()?;
        let content = encapsulated.next()?.elements(context(TagNumber::N0), PART)?.next()?;
        let certificates = match fields.optional(context(TagNumber::N0))? {
            Some(set) => Elements::of(set.value, PART)?.all(MAX_ELEMENTS)?,
            None => Vec::new(),
        };
        let certificates = certificates.iter().filter_map(|one| Certificate::from_der(one.raw).ok()).collect();
        fields.optional(context(TagNumber::N1))?;
        let mut signers = fields.next()?.elements(Tag::Set, PART)?;
        let signer = SignerInfo::read(&signers.next()?)?;
        if !signers.is_finished() {
            return Err(SignatureError::Unsupported("several signers in one message".to_owned()));
        }
        Ok(SignedData { content_type, content, certificates, signer })
    }
}

impl<'a> SignerInfo<'a> {
    pub(super) fn read(element: &Element<'a>) -> Result<SignerInfo<'a>, SignatureError> {
        const PART: &str = "a signer";
        let mut fields = element.elements(Tag::Sequence, PART)?;
        fields.next()?.octets(Tag::Integer, PART)?;
        if fields.optional(SUBJECT_KEY_IDENTIFIER)?.is_some() {
            return Err(SignatureError::Unsupported("a signer that is named by its key".to_owned()));
        }
        let mut name = fields.sequence()?;
        let (issuer, serial_number) = (name.next()?.raw, name.next()?.raw);
        let digest = fields.algorithm()?;
        // Without attributes a signature covers the content alone, and Authenticode always has them.
        let attributes = fields.next()?;
        if attributes.tag != context(TagNumber::N0) {
            return Err(SignatureError::Malformed("a signer's attributes"));
        }
        // The signature covers them as a set (RFC 5652, 5.4).
        let mut signed = attributes.raw.to_vec();
        if let Some(tag) = signed.first_mut() {
            *tag = Tag::Set.octet();
        }
        let signed_attributes = Attribute::all(&attributes)?;
        let algorithm = fields.algorithm()?;
        let signature = fields.octets()?;
        let unsigned_attributes = match fields.optional(context(TagNumber::N1))? {
            Some(attributes) => Attribute::all(&attributes)?,
            None => Vec::new(),
        };
        Ok(SignerInfo {
            issuer,
            serial_number,
            digest,
            algorithm,
            signed,
            signed_attributes,
            signature,
            unsigned_attributes,
        })
    }

    /// Checks that the signer signed this content, and returns the certificate with which it did, and the digest that it used.
    pub(super) fn check<'c>(
        &self,
        content_type: ObjectIdentifier,
        content: &[u8],
        certificates: &'c [Certificate],
        old: OldAlgorithms,
    ) -> Result<(&'c Certificate, Digest), SignatureError> {
        const PART: &str = "a signer's attributes";
        let digest = Digest::of(self.digest, old)?;
        if self.signed_attribute(CONTENT_TYPE)?.decode::<ObjectIdentifier>(PART)? != content_type {
            return Err(SignatureError::Malformed(PART));
        }
        let signed = self.signed_attribute(MESSAGE_DIGEST)?.octets(Tag::OctetString, PART)?;
        let found = digest.digest(&[content]);
        if found != signed {
            return Err(SignatureError::Changed { found: hexadecimal(&found), signed: hexadecimal(signed) });
        }
        let mut named = certificates.iter().filter(|certificate| certificate.is(self.issuer, self.serial_number));
        let certificate = named.next().ok_or(SignatureError::NoCertificate)?;
        match verifies(certificate.key(), self.algorithm, Some(digest), old, &self.signed, self.signature)? {
            true => Ok((certificate, digest)),
            false => Err(SignatureError::Forged(certificate.subject())),
        }
    }

    /// Returns the value of an attribute that must be there once, with one value.
    pub(super) fn signed_attribute(&self, name: ObjectIdentifier) -> Result<Element<'a>, SignatureError> {
        let mut found = self.signed_attributes.iter().filter(|attribute| attribute.name == name);
        match (found.next().map(|attribute| attribute.values.as_slice()), found.next()) {
            (Some([value]), None) => Ok(*value),
            _ => Err(SignatureError::Malformed("a signer's attributes")),
        }
    }

    /// Returns all values of an attribute that the signature does not cover.
    pub(super) fn unsigned(&self, name: ObjectIdentifier) -> impl Iterator<Item = Element<'a>> {
        let found = self.unsigned_attributes.iter().filter(move |attribute| attribute.name == name);
        found.flat_map(|attribute| attribute.values.iter().copied())
    }
}

impl<'a> Attribute<'a> {
    fn all(attributes: &Element<'a>) -> Result<Vec<Attribute<'a>>, SignatureError> {
        const PART: &str = "a signer's attributes";
        let mut found = Vec::new();
        for attribute in Elements::of(attributes.value, PART)?.all(MAX_ELEMENTS)? {
            let mut fields = attribute.elements(Tag::Sequence, PART)?;
            let name = fields.oid()?;
            let values = fields.next()?.elements(Tag::Set, PART)?.all(MAX_ELEMENTS)?;
            found.push(Attribute { name, values });
        }
        Ok(found)
    }
}
