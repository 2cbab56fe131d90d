//! Requests to a key distribution centre, in DER (RFC 4120 5.4.1).

use crate::Principal;
use crate::ber::{INTEGER, OCTETS, SEQUENCE, element, group, integer};
use crate::crypto::KINDS;

const BIT_STRING: u8 = 0x03;
const GENERALIZED_TIME: u8 = 0x18;
const GENERAL_STRING: u8 = 0x1b;

/// Requests by a password, and with a ticket: the number of the message, which is also that of its tag.
pub(crate) const BY_PASSWORD: u32 = 10;
pub(crate) const WITH_TICKET: u32 = 12;

/// Names may be changed, and other realms named (RFC 6806). Nothing else is wished: a ticket for one's own use need not be
/// forwardable, and a domain refuses it to those whose own is not.
const CANONICALIZE: [u8; 5] = [0, 0, 1, 0, 0];

/// As long as the domain allows.
const TILL: &[u8] = b"20370913024805Z";

/// Name types of RFC 4120 6.2.
const NT_PRINCIPAL: u32 = 1;
const NT_SRV_INST: u32 = 2;

fn name(kind: u32, name: &Principal) -> Vec<u8> {
    let parts = name.parts.iter().map(|part| element(GENERAL_STRING, part.as_bytes())).collect::<Vec<_>>();
    let parts = group(SEQUENCE, &parts);
    group(SEQUENCE, &[element(0xa0, &integer(INTEGER, kind)), element(0xa1, &parts)])
}

/// The body of a request. One with a ticket does not name the client.
pub(crate) fn body(client: Option<&Principal>, service: &Principal, nonce: u32) -> Vec<u8> {
    let mut parts = vec![element(0xa0, &element(BIT_STRING, &CANONICALIZE))];
    parts.extend(client.map(|client| element(0xa1, &name(NT_PRINCIPAL, client))));
    let kinds = KINDS.map(|kind| integer(INTEGER, kind as u32));
    parts.extend([
        element(0xa2, &element(GENERAL_STRING, service.realm.as_bytes())),
        element(0xa3, &name(NT_SRV_INST, service)),
        element(0xa5, &element(GENERALIZED_TIME, TILL)),
        element(0xa7, &integer(INTEGER, nonce)),
        element(0xa8, &group(SEQUENCE, &kinds)),
    ]);
    group(SEQUENCE, &parts)
}

/// A request with data that proves who asks: its kind and its value.
pub(crate) fn request(kind: u32, proof: Option<(u32, &[u8])>, body: &[u8]) -> Vec<u8> {
    let mut parts = vec![element(0xa1, &integer(INTEGER, 5)), element(0xa2, &integer(INTEGER, kind))];
    parts.extend(proof.map(|(kind, value)| {
        let data = [element(0xa1, &integer(INTEGER, kind)), element(0xa2, &element(OCTETS, value))];
        element(0xa3, &group(SEQUENCE, &[group(SEQUENCE, &data)]))
    }));
    parts.push(element(0xa4, body));
    let tag = u8::try_from(0x60 | kind).unwrap_or_default();
    element(tag, &group(SEQUENCE, &parts))
}
