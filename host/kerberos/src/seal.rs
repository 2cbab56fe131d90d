//! Encrypted messages of a connection (RFC 4121 4.2).

use crate::KerberosError;
use crate::crypto::Key;

/// Key usage numbers (RFC 4121 2).
const USAGE_THEIRS: u32 = 22;
const USAGE_OURS: u32 = 24;

const HEADER: usize = 16;
const TOKEN: [u8; 2] = [5, 4];
const FILLER: u8 = 0xff;

/// Flags of a token.
const BY_ACCEPTOR: u8 = 1;
const SEALED: u8 = 2;
const ACCEPTOR_KEY: u8 = 4;

/// Encrypts the messages of a connection in both directions, and notices those that are changed, repeated or left out.
pub struct Seal {
    key: Key,
    /// Whether the key is the service's, not ours.
    is_theirs: bool,
    sent: u64,
    received: u64,
    service: String,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Seal").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Seal {
    pub(crate) fn new(key: Key, is_theirs: bool, sent: u32, received: u32, service: String) -> Seal {
        Seal { key, is_theirs, sent: sent.into(), received: received.into(), service }
    }

    fn key_flag(&self) -> u8 {
        if self.is_theirs { ACCEPTOR_KEY } else { 0 }
    }

    /// Encrypts the next message.
    ///
    /// # Errors
    ///
    /// If the system provides no random numbers.
    pub fn seal(&mut self, message: &[u8]) -> Result<Vec<u8>, KerberosError> {
        let header = header(SEALED | self.key_flag(), 0, 0, self.sent);
        let sealed = self.key.encrypt(USAGE_OURS, &[message, &header].concat())?;
        self.sent = self.sent.wrapping_add(1);
        Ok([&header[..], &sealed].concat())
    }

    /// Decrypts the next message of the service.
    ///
    /// # Errors
    ///
    /// If it is not the next one, not encrypted, or was changed.
    pub fn open(&mut self, token: &[u8]) -> Result<Vec<u8>, KerberosError> {
        let message = self.opened(token, BY_ACCEPTOR, USAGE_THEIRS);
        message.map_err(|reason| KerberosError::BadReply { of: self.service.clone(), reason })
    }

    fn opened(&mut self, token: &[u8], side: u8, usage: u32) -> Result<Vec<u8>, &'static str> {
        let (head, sealed) = token.split_first_chunk::<HEADER>().ok_or("an encrypted message is truncated")?;
        let [t0, t1, flags, filler, e0, e1, r0, r1, sequence @ ..] = *head;
        if [t0, t1] != TOKEN || filler != FILLER {
            return Err("expected an encrypted message");
        }
        if flags != side | SEALED | self.key_flag() {
            return Err("a message is not encrypted as agreed");
        }
        if u64::from_be_bytes(sequence) != self.received {
            return Err("a message is repeated or missing");
        }
        let mut sealed = sealed.to_vec();
        if !sealed.is_empty() {
            let turn = usize::from(u16::from_be_bytes([r0, r1])) % sealed.len();
            sealed.rotate_left(turn);
        }
        let mut plain = self.key.decrypt(usage, &sealed).ok_or("a message was changed on its way")?;
        let extra = usize::from(u16::from_be_bytes([e0, e1]));
        let end = plain.len().checked_sub(HEADER).ok_or("an encrypted message is truncated")?;
        // The header is encrypted, too, as it was before the text was turned.
        if plain.get(end..) != Some(&header(flags, u16::from_be_bytes([e0, e1]), 0, self.received)[..]) {
            return Err("the header of a message was changed on its way");
        }
        plain.truncate(end.checked_sub(extra).ok_or("an encrypted message is truncated")?);
        self.received = self.received.wrapping_add(1);
        Ok(plain)
    }
}

fn header(flags: u8, extra: u16, turn: u16, sequence: u64) -> [u8; HEADER] {
    let ([e0, e1], [r0, r1]) = (extra.to_be_bytes(), turn.to_be_bytes());
    let mut header = [TOKEN[0], TOKEN[1], flags, FILLER, e0, e1, r0, r1, 0, 0, 0, 0, 0, 0, 0, 0];
    for (to, from) in header.iter_mut().skip(8).zip(sequence.to_be_bytes()) {
        *to = from;
    }
    header
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pair() -> (Seal, Seal) {
        let key = Key::new(18, &[5; 32]).unwrap();
        let of = |sent, received| Seal::new(key.clone(), true, sent, received, "ldap/dc1".to_owned());
        (of(7, 900), of(900, 7))
    }

    /// Encrypts as a service does, with the text turned by some bytes and with extra ones.
    fn by_service(seal: &mut Seal, message: &[u8], extra: u16, turn: u16) -> Vec<u8> {
        let flags = SEALED | BY_ACCEPTOR | ACCEPTOR_KEY;
        let head = header(flags, extra, 0, seal.sent);
        let text = [message, &vec![0; extra.into()], &head].concat();
        let mut sealed = seal.key.encrypt(USAGE_THEIRS, &text).unwrap();
        let by = usize::from(turn) % sealed.len();
        sealed.rotate_right(by);
        let sent = [&header(flags, extra, turn, seal.sent)[..], &sealed].concat();
        seal.sent += 1;
        sent
    }

    #[test]
    fn messages_are_opened_in_their_order_and_once() {
        let (mut client, mut service) = pair();
        let first = by_service(&mut service, b"first", 0, 28);
        let second = by_service(&mut service, b"second", 16, 0);
        assert!(client.open(&second).is_err());
        assert_eq!(client.open(&first).unwrap(), b"first");
        assert!(client.open(&first).is_err());
        assert_eq!(client.open(&second).unwrap(), b"second");
        // The other side reads what this one encrypts; this one does not take it back.
        let own = client.seal(b"own").unwrap();
        assert_eq!(service.opened(&own, 0, USAGE_OURS).unwrap(), b"own");
        assert!(client.open(&own).is_err());
    }

    proptest! {
        #[test]
        fn a_change_anywhere_is_noticed(at: usize, bit in 0u8..8, turn in 0u16..200, bytes: Vec<u8>) {
            let (mut client, mut service) = pair();
            let mut token = by_service(&mut service, b"message", 4, turn);
            prop_assert!(client.open(&bytes).is_err());
            let at = at % token.len();
            token[at] ^= 1 << bit;
            // Only the number of bytes that the text is turned by may be another with the same effect.
            let opened = client.open(&token);
            prop_assert!(opened.is_err() || opened.unwrap() == b"message" && (6..8).contains(&at));
        }
    }
}
