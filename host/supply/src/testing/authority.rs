use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

use super::der::{INTEGER, OCTETS, SET, element, oid, sequence, utc_time};

pub(super) const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
pub(crate) const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
pub(crate) const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";

/// The contents of a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    name: String,
    from: u16,
    to: u16,
    is_authority: bool,
    most_below: Option<u8>,
    uses: Vec<&'static str>,
    unknown: bool,
}

/// A key with its certificate, and those of the authorities above it.
#[derive(Debug)]
pub(crate) struct Identity {
    key: EcdsaKeyPair,
    name: Vec<u8>,
    issuer: Vec<u8>,
    serial_number: Vec<u8>,
    pub(crate) certificate: Vec<u8>,
    /// Without the root.
    pub(super) chain: Vec<Vec<u8>>,
    is_root: bool,
}

impl Template {
    /// An authority, valid from 2000 to 2049.
    pub(crate) fn authority(name: &str) -> Template {
        let name = name.to_owned();
        Template { name, from: 2000, to: 2049, is_authority: true, most_below: None, uses: Vec::new(), unknown: false }
    }

    /// One who signs, valid from 2020 to 2030.
    pub(crate) fn signer(name: &str, uses: &[&'static str]) -> Template {
        Template { from: 2020, to: 2030, is_authority: false, uses: uses.to_vec(), ..Template::authority(name) }
    }

    pub(crate) fn valid(self, from: u16, to: u16) -> Template {
        Template { from, to, ..self }
    }

    pub(crate) fn most_below(self, most: u8) -> Template {
        Template { most_below: Some(most), ..self }
    }

    pub(crate) fn uses(self, uses: &[&'static str]) -> Template {
        Template { uses: uses.to_vec(), ..self }
    }

    /// With a critical extension that is not defined anywhere.
    pub(crate) fn unknown_extension(self) -> Template {
        Template { unknown: true, ..self }
    }

    /// Issues the certificate to itself.
    pub(crate) fn root(self) -> Identity {
        self.issue(None)
    }

    pub(crate) fn under(self, issuer: &Identity) -> Identity {
        self.issue(Some(issuer))
    }

    fn issue(self, issuer: Option<&Identity>) -> Identity {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        let text = element(0x0c, &[self.name.as_bytes()]);
        let name = sequence(&[&element(SET, &[&sequence(&[&oid("2.5.4.3"), &text])])]);
        let issuer_name = issuer.map_or(&name, |issuer| &issuer.name).clone();
        let serial_number = element(INTEGER, &[&[1 + self.name.len() as u8, 7]]);
        let curve = sequence(&[&oid("1.2.840.10045.2.1"), &oid("1.2.840.10045.3.1.7")]);
        let bits = element(0x03, &[&[0], key.public_key().as_ref()]);
        let signature = sequence(&[&oid(ECDSA_SHA256)]);
        let signed = sequence(&[
            &element(0xa0, &[&[INTEGER, 1, 2]]),
            &serial_number,
            &signature,
            &issuer_name,
            &sequence(&[&utc_time(self.from), &utc_time(self.to)]),
            &name,
            &sequence(&[&curve, &bits]),
            &element(0xa3, &[&self.extensions()]),
        ]);
        let signing_key = issuer.map_or(&key, |issuer| &issuer.key);
        let value = signing_key.sign(&random, &signed).unwrap();
        let certificate = sequence(&[&signed, &signature, &element(0x03, &[&[0], value.as_ref()])]);
        let above = issuer.filter(|issuer| !issuer.is_root);
        let chain =
            above.map_or_else(Vec::new, |above| [vec![above.certificate.clone()], above.chain.clone()].concat());
        Identity { key, name, issuer: issuer_name, serial_number, certificate, chain, is_root: issuer.is_none() }
    }

    fn extensions(&self) -> Vec<u8> {
        const CRITICAL: [u8; 3] = [1, 1, 0xff];
        let extension = |name: &str, critical: &[u8], value: Vec<u8>| {
            sequence(&[&oid(name), critical, &element(OCTETS, &[&value])])
        };
        let mut extensions = Vec::new();
        if self.is_authority {
            let most = self.most_below.map_or_else(Vec::new, |most| vec![INTEGER, 1, most]);
            extensions.push(extension("2.5.29.19", &CRITICAL, sequence(&[&CRITICAL, &most])));
        }
        if !self.uses.is_empty() {
            let uses: Vec<Vec<u8>> = self.uses.iter().map(|name| oid(name)).collect();
            let uses: Vec<&[u8]> = uses.iter().map(Vec::as_slice).collect();
            extensions.push(extension("2.5.29.37", &[], sequence(&uses)));
        }
        let policies = sequence(&[&sequence(&[&oid("1.2.3.4")])]);
        extensions.push(extension("2.5.29.32", &[], policies));
        if self.unknown {
            extensions.push(extension("1.2.3.5", &CRITICAL, vec![5, 0]));
        }
        let extensions: Vec<&[u8]> = extensions.iter().map(Vec::as_slice).collect();
        sequence(&extensions)
    }
}

impl Identity {
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    /// `IssuerAndSerialNumber`.
    pub(super) fn issuer_and_serial(&self) -> Vec<u8> {
        sequence(&[&self.issuer, &self.serial_number])
    }
}
