//! Signing in to a service with a ticket, by SPNEGO and Kerberos (RFC 4178, RFC 4121 4.1).

use smb2::auth::kerberos::messages::{encode_ap_req, encode_authenticator, parse_ap_rep, parse_ticket};
use smb2::auth::spnego::{NegState, OID_KERBEROS, parse_neg_token_resp, wrap_neg_token_init};

use crate::ber::{INTEGER, OCTETS, Reader, SEQUENCE, element};
use crate::crypto::{Key, random_number};
use crate::exchange::encrypted;
use crate::{KerberosError, Seal, Ticket, clock};

/// Key usage numbers (RFC 4120 7.5.1).
const USAGE_PROOF: u32 = 11;
const USAGE_ANSWER: u32 = 12;

/// The type of the checksum that holds the wishes of the client (RFC 4121 4.1.1).
const WISHES: i32 = 0x8003;
/// The service proves who it is; messages are not repeated, in order, encrypted and not changed.
const FLAGS: u32 = 2 | 4 | 8 | 16 | 32;

/// The beginnings of tokens with a request and with an answer.
const REQUEST: [u8; 2] = [1, 0];
const ANSWER: [u8; 2] = [2, 0];

/// A client that has sent its ticket and waits for the service's answer.
pub struct Initiator {
    ticket: Ticket,
    own_key: Key,
    sequence: u32,
    time: (String, u32),
    service: String,
}

impl std::fmt::Debug for Initiator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Initiator").field("service", &self.service).finish_non_exhaustive()
    }
}

/// The proof of a service that it is the one that the ticket is for (RFC 4120 5.5.2).
#[derive(PartialEq, Eq)]
pub struct Proof {
    time: String,
    micros: u32,
    key: Option<Key>,
    sequence: u32,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Proof").field("time", &self.time).finish_non_exhaustive()
    }
}

impl Initiator {
    /// Makes the token that shows a ticket.
    ///
    /// # Errors
    ///
    /// If the ticket is damaged, or the system provides no random numbers.
    pub fn new(ticket: Ticket) -> Result<(Initiator, Vec<u8>), KerberosError> {
        let service = ticket.server.to_string();
        let damaged = |_| KerberosError::BadReply { of: service.clone(), reason: "the ticket is damaged" };
        let shown = parse_ticket(&ticket.bytes).map_err(damaged)?;
        let (seconds, micros) = clock::now();
        let (own_key, sequence, time) = (ticket.key.fresh()?, random_number()?, (clock::written(seconds), micros));
        // No channel is bound.
        let wishes = [&16u32.to_le_bytes()[..], &[0; 16], &FLAGS.to_le_bytes()].concat();
        let authenticator = encode_authenticator(
            &ticket.client.realm,
            &ticket.client.as_client(),
            &time.0,
            micros,
            Some((own_key.bytes(), i32::from(own_key.kind()))),
            Some(sequence),
            Some((&wishes, WISHES)),
        );
        let authenticator = encrypted(&ticket.key, ticket.key.encrypt(USAGE_PROOF, &authenticator)?);
        let request = encode_ap_req(&shown, &authenticator, true);
        let token = element(0x60, &[OID_KERBEROS, &REQUEST, &request].concat());
        let token = wrap_neg_token_init(&[OID_KERBEROS], &token);
        Ok((Initiator { ticket, own_key, sequence, time, service }, token))
    }

    /// Checks the service's answer, and returns what encrypts the messages from then on.
    ///
    /// # Errors
    ///
    /// If the service does not accept the ticket, or does not prove that it is the one that the ticket is for.
    pub fn accepted(self, answer: &[u8]) -> Result<Seal, KerberosError> {
        let bad = |reason| KerberosError::BadReply { of: self.service.clone(), reason };
        let answer = parse_neg_token_resp(answer).map_err(|_| bad("its answer to the ticket is damaged"))?;
        if answer.neg_state.is_some_and(|state| state != NegState::AcceptCompleted) {
            return Err(bad("it does not accept the ticket"));
        }
        let token = answer.response_token.ok_or_else(|| bad("it does not prove who it is"))?;
        let wrapped = Reader::new(&token).expect(0x60).map_err(bad)?;
        let inner = wrapped.strip_prefix(OID_KERBEROS).and_then(|inner| inner.strip_prefix(&ANSWER));
        let inner = inner.ok_or_else(|| bad("it does not accept the ticket"))?;
        let reply = parse_ap_rep(inner).map_err(|_| bad("its proof is damaged"))?;
        let plain = self.ticket.key.decrypt(USAGE_ANSWER, &reply.enc_part.cipher);
        let plain = plain.ok_or_else(|| bad("it does not prove who it is"))?;
        let proof = parse_proof(&plain).map_err(bad)?;
        if (&proof.time, proof.micros) != (&self.time.0, self.time.1) {
            return Err(bad("its proof is another's"));
        }
        let is_theirs = proof.key.is_some();
        Ok(Seal::new(proof.key.unwrap_or(self.own_key), is_theirs, self.sequence, proof.sequence, self.service))
    }
}

/// Parses the decrypted proof of a service.
///
/// # Errors
///
/// If it is damaged, or its key is not one of AES.
pub fn parse_proof(plain: &[u8]) -> Result<Proof, &'static str> {
    const GENERALIZED_TIME: u8 = 0x18;
    let mut fields = Reader::new(Reader::new(Reader::new(plain).expect(0x7b)?).expect(SEQUENCE)?);
    let time = Reader::new(fields.expect(0xa0)?).expect(GENERALIZED_TIME)?;
    let micros = Reader::new(fields.expect(0xa1)?).number(INTEGER)?;
    let key = match fields.optional(0xa2)? {
        Some(key) => {
            let mut key = Reader::new(Reader::new(key).expect(SEQUENCE)?);
            let kind = Reader::new(key.expect(0xa0)?).number(INTEGER)?;
            let bytes = Reader::new(key.expect(0xa1)?).expect(OCTETS)?;
            let key = i32::try_from(kind).ok().and_then(|kind| Key::new(kind, bytes));
            Some(key.ok_or("its key is not one of AES")?)
        }
        None => None,
    };
    let sequence = match fields.optional(0xa3)? {
        // A number above 2^31 is negative in the encoding of some servers.
        Some(number) => {
            let digits = Reader::new(number).expect(INTEGER)?;
            let low = digits.last_chunk::<4>().copied();
            let low = low.or_else(|| {
                let mut four = [0; 4];
                four.iter_mut().rev().zip(digits.iter().rev()).for_each(|(to, from)| *to = *from);
                (!digits.is_empty()).then_some(four)
            });
            u32::from_be_bytes(low.ok_or("a number is empty")?)
        }
        None => 0,
    };
    Ok(Proof { time: String::from_utf8_lossy(time).into_owned(), micros, key, sequence })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ber::{group, integer};

    fn proof(sequence: u32) -> Vec<u8> {
        let key = group(SEQUENCE, &[element(0xa0, &integer(INTEGER, 17)), element(0xa1, &element(OCTETS, &[3; 16]))]);
        let parts = [
            element(0xa0, &element(0x18, b"20261127140000Z")),
            element(0xa1, &integer(INTEGER, 99)),
            element(0xa2, &key),
            element(0xa3, &integer(INTEGER, sequence)),
        ];
        element(0x7b, &group(SEQUENCE, &parts))
    }

    #[test]
    fn a_proof_is_read() {
        for sequence in [0, 1, 300, 0x8000_0000, u32::MAX] {
            let read = parse_proof(&proof(sequence)).ok().unwrap();
            assert_eq!((read.time.as_str(), read.micros, read.sequence), ("20261127140000Z", 99, sequence));
            assert!(read.key == Key::new(17, &[3; 16]));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_proof_or_an_error(bytes: Vec<u8>, at in 0usize..80, byte: u8) {
            let _ = parse_proof(&bytes);
            let mut changed = proof(7);
            if let Some(place) = changed.get_mut(at) {
                *place = byte;
            }
            let _ = parse_proof(&changed);
        }
    }
}
