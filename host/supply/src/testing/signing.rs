use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use super::authority::{ECDSA_SHA256, Identity};
use super::cabinet::{CABINET_BYTES, FILES_AT, FLAGS, FOLDER};
use super::der::{INTEGER, OCTETS, SET, algorithm, element, oid, sequence, utc_time};

const SHA256_OID: &str = "2.16.840.1.101.3.4.2.1";
const SHA1_OID: &str = "1.3.14.3.2.26";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const INDIRECT_DATA: &str = "1.3.6.1.4.1.311.2.1.4";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const DATA: &str = "1.2.840.113549.1.7.1";
/// The size of the reserve in a signed cabinet, with the field that says so.
const RESERVE: u32 = 24;

/// How to sign a cabinet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signing<'a> {
    signer: &'a Identity,
    stamp: Option<(Stamp, &'a Identity, u16)>,
    /// The number of values before the time stamp that are none.
    bad_stamps: usize,
    sha1: bool,
    nested: Option<&'a Identity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// PKCS #9.
    Countersignature,
    /// RFC 3161.
    Token,
}

impl<'a> Signing<'a> {
    pub(crate) fn by(signer: &'a Identity) -> Signing<'a> {
        Signing { signer, stamp: None, bad_stamps: 0, sha1: false, nested: None }
    }

    /// With a time stamp of noon on the first of January.
    pub(crate) fn stamped(self, kind: Stamp, authority: &'a Identity, year: u16) -> Self {
        Signing { stamp: Some((kind, authority, year)), ..self }
    }

    /// With this many values before the time stamp that are none.
    pub(crate) fn after_bad_stamps(self, count: usize) -> Self {
        Signing { bad_stamps: count, ..self }
    }

    /// With the SHA-1 of the cabinet instead of its SHA-256.
    pub(crate) fn sha1(self) -> Self {
        Signing { sha1: true, ..self }
    }

    /// With another signature, of SHA-256, in the first.
    pub(crate) fn nested(self, signer: &'a Identity) -> Self {
        Signing { nested: Some(signer), ..self }
    }

    /// Signs a cabinet that has no reserve.
    pub(crate) fn sign(self, cabinet: &[u8]) -> Vec<u8> {
        let mut signed = cabinet.to_vec();
        let size = add(&mut signed, CABINET_BYTES);
        add(&mut signed, FILES_AT);
        add(&mut signed, FOLDER);
        signed[FLAGS] |= 4;
        let reserve = [&[20, 0, 0, 0, 0, 0, 16, 0][..], &size.to_le_bytes(), &[0; 12]].concat();
        signed.splice(FOLDER..FOLDER, reserve);
        let digested = [&signed[..4], &signed[8..34], &signed[56..]].concat();
        let signature = self.message(&digested);
        signed[48..52].copy_from_slice(&(signature.len() as u32).to_le_bytes());
        signed.extend(signature);
        signed
    }

    fn message(self, digested: &[u8]) -> Vec<u8> {
        let (name, value) = match self.sha1 {
            true => (SHA1_OID, digest(&SHA1_FOR_LEGACY_USE_ONLY, digested)),
            false => (SHA256_OID, digest(&SHA256, digested)),
        };
        let kind = sequence(&[&oid("1.3.6.1.4.1.311.2.1.25"), &element(0xa2, &[&[0x80, 0]])]);
        let content = sequence(&[&kind, &sequence(&[&algorithm(name), &element(OCTETS, &[value.as_ref()])])]);
        // The digest of a content leaves its tag and length out.
        let octets = [kind, sequence(&[&algorithm(name), &element(OCTETS, &[value.as_ref()])])].concat();
        let mut unsigned = Vec::new();
        if let Some(signer) = self.nested {
            unsigned.push(attribute("1.3.6.1.4.1.311.2.4.1", &Signing::by(signer).message(digested)));
        }
        let (signed, signature) = signed_attributes(self.signer, INDIRECT_DATA, &octets, None);
        if let Some((kind, authority, year)) = self.stamp {
            let (name, stamp) = match kind {
                Stamp::Countersignature => {
                    let (signed, value) = signed_attributes(authority, DATA, &signature, Some(year));
                    ("1.2.840.113549.1.9.6", signer_info(authority, &signed, &value, &[]))
                }
                Stamp::Token => ("1.3.6.1.4.1.311.3.3.1", token(authority, &signature, year)),
            };
            unsigned.push(attribute(name, &[[INTEGER, 1, 1].repeat(self.bad_stamps), stamp].concat()));
        }
        let signer = signer_info(self.signer, &signed, &signature, &unsigned);
        let stamper =
            self.stamp.filter(|(kind, ..)| *kind == Stamp::Countersignature).map(|(_, authority, _)| authority);
        signed_data(INDIRECT_DATA, &content, &[Some(self.signer), stamper], &signer)
    }
}

/// Adds the reserve's size to a field, and returns the sum.
fn add(cabinet: &mut [u8], at: usize) -> u32 {
    let field = &mut cabinet[at..at + 4];
    let sum = u32::from_le_bytes([field[0], field[1], field[2], field[3]]) + RESERVE;
    field.copy_from_slice(&sum.to_le_bytes());
    sum
}

fn attribute(name: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(name), &element(SET, &[value])])
}

/// Returns the attributes that a signature covers, and the signature.
fn signed_attributes(signer: &Identity, kind: &str, content: &[u8], year: Option<u16>) -> (Vec<u8>, Vec<u8>) {
    let value = element(OCTETS, &[digest(&SHA256, content).as_ref()]);
    let mut attributes = vec![attribute("1.2.840.113549.1.9.3", &oid(kind)), attribute("1.2.840.113549.1.9.4", &value)];
    attributes.extend(year.map(|year| attribute("1.2.840.113549.1.9.5", &utc_time(year))));
    attributes.sort();
    let attributes = attributes.concat();
    let signature = signer.sign(&element(SET, &[&attributes]));
    (attributes, signature)
}

fn signer_info(signer: &Identity, signed: &[u8], signature: &[u8], unsigned: &[Vec<u8>]) -> Vec<u8> {
    let unsigned = match unsigned {
        [] => Vec::new(),
        attributes => element(0xa1, &[&attributes.concat()]),
    };
    sequence(&[
        &[INTEGER, 1, 1],
        &signer.issuer_and_serial(),
        &algorithm(SHA256_OID),
        &element(0xa0, &[signed]),
        &sequence(&[&oid(ECDSA_SHA256)]),
        &element(OCTETS, &[signature]),
        &unsigned,
    ])
}

fn signed_data(kind: &str, content: &[u8], signers: &[Option<&Identity>], signer_info: &[u8]) -> Vec<u8> {
    let certificates: Vec<Vec<u8>> = signers
        .iter()
        .flatten()
        .flat_map(|signer| std::iter::once(&signer.certificate).chain(&signer.chain).cloned())
        .collect();
    let data = sequence(&[
        &[INTEGER, 1, 1],
        &element(SET, &[&algorithm(SHA256_OID)]),
        &sequence(&[&oid(kind), &element(0xa0, &[content])]),
        &element(0xa0, &[&certificates.concat()]),
        &element(SET, &[signer_info]),
    ]);
    sequence(&[&oid(SIGNED_DATA), &element(0xa0, &[&data])])
}

fn token(authority: &Identity, signature: &[u8], year: u16) -> Vec<u8> {
    let imprint = sequence(&[&algorithm(SHA256_OID), &element(OCTETS, &[digest(&SHA256, signature).as_ref()])]);
    let time = element(0x18, &[format!("{year}0101120000.25Z").as_bytes()]);
    let info = sequence(&[&[INTEGER, 1, 1], &oid("1.2.3.4"), &imprint, &[INTEGER, 1, 9], &time]);
    let (signed, value) = signed_attributes(authority, TST_INFO, &info, None);
    let content = element(OCTETS, &[&info]);
    signed_data(TST_INFO, &content, &[Some(authority)], &signer_info(authority, &signed, &value, &[]))
}
