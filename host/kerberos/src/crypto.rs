//! Encryption with AES and HMAC-SHA1 (RFC 3962), the only kinds of keys that are used: those before are broken.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use smb2::auth::kerberos::crypto::{
    EncryptionType, compute_checksum, decrypt_aes_cts, derive_key_aes, encrypt_aes_cts, string_to_key_aes, usage_enc,
    usage_int,
};

use crate::KerberosError;

/// The sizes of the random bytes before the text, and of the checksum after the ciphertext.
const CONFOUNDER: usize = 16;
const CHECKSUM: usize = 12;

const NO_IV: [u8; 16] = [0; 16];

/// The kinds in order of preference.
pub(crate) const KINDS: [EncryptionType; 2] =
    [EncryptionType::Aes256CtsHmacSha196, EncryptionType::Aes128CtsHmacSha196];

/// An AES key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key {
    kind: EncryptionType,
    bytes: Vec<u8>,
}

impl Key {
    /// Takes a key of an encryption type (RFC 3961 8.3); `None` if it is not one of AES, or has not its size.
    pub(crate) fn new(kind: i32, bytes: &[u8]) -> Option<Key> {
        let kind = kind_of(kind)?;
        (bytes.len() == size(kind)).then(|| Key { kind, bytes: bytes.to_vec() })
    }

    /// Derives the key of a user.
    pub(crate) fn of_password(kind: EncryptionType, password: &str, salt: &str) -> Key {
        Key { kind, bytes: string_to_key_aes(password, salt, size(kind)) }
    }

    /// Makes a new key of the same kind.
    pub(crate) fn fresh(&self) -> Result<Key, KerberosError> {
        let mut bytes = vec![0; size(self.kind)];
        random(&mut bytes)?;
        Ok(Key { kind: self.kind, bytes })
    }

    pub(crate) fn kind(&self) -> u16 {
        self.kind as u16
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Encrypts for a purpose (RFC 4120 7.5.1).
    pub(crate) fn encrypt(&self, usage: u32, text: &[u8]) -> Result<Vec<u8>, KerberosError> {
        let mut plain = vec![0; CONFOUNDER];
        random(&mut plain)?;
        plain.extend(text);
        let mut sealed = encrypt_aes_cts(&derive_key_aes(&self.bytes, &usage_enc(usage)), &NO_IV, &plain);
        let sum = self.mac(usage, &plain).finalize().into_bytes();
        sealed.extend(sum.iter().take(CHECKSUM));
        Ok(sealed)
    }

    /// Decrypts what was encrypted for a purpose; `None` if it was changed, or encrypted otherwise.
    pub(crate) fn decrypt(&self, usage: u32, sealed: &[u8]) -> Option<Vec<u8>> {
        let (sealed, sum) = sealed.split_at_checked(sealed.len().checked_sub(CHECKSUM)?)?;
        if sealed.len() < CONFOUNDER {
            return None;
        }
        let plain = decrypt_aes_cts(&derive_key_aes(&self.bytes, &usage_enc(usage)), &NO_IV, sealed).ok()?;
        self.mac(usage, &plain).verify_truncated_left(sum).ok()?;
        Some(plain.get(CONFOUNDER..)?.to_vec())
    }

    /// A checksum with its type (RFC 3962 7).
    pub(crate) fn checksum(&self, usage: u32, text: &[u8]) -> (Vec<u8>, i32) {
        let kind = match self.kind {
            EncryptionType::Aes128CtsHmacSha196 => 15,
            EncryptionType::Aes256CtsHmacSha196 | EncryptionType::Rc4Hmac => 16,
        };
        (compute_checksum(&self.bytes, usage, text, self.kind), kind)
    }

    fn mac(&self, usage: u32, plain: &[u8]) -> Hmac<Sha1> {
        let key = derive_key_aes(&self.bytes, &usage_int(usage));
        // HMAC takes a key as a block of SHA-1, filled up with zeros.
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(key) {
            *to = from;
        }
        let mut mac = Hmac::<Sha1>::new(&block.into());
        mac.update(plain);
        mac
    }
}

/// Returns the kind of key for a number, if it is one of AES.
pub(crate) fn kind_of(number: i32) -> Option<EncryptionType> {
    KINDS.into_iter().find(|kind| *kind as i32 == number)
}

fn size(kind: EncryptionType) -> usize {
    if kind == EncryptionType::Aes128CtsHmacSha196 { 16 } else { 32 }
}

pub(crate) fn random(bytes: &mut [u8]) -> Result<(), KerberosError> {
    getrandom::fill(bytes).map_err(|error| KerberosError::Random(error.to_string()))
}

/// A random number that is positive in the signed encodings of Kerberos.
pub(crate) fn random_number() -> Result<u32, KerberosError> {
    let mut bytes = [0; 4];
    random(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes) >> 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(kind: i32) -> Key {
        Key::new(kind, &(0..if kind == 17 { 16 } else { 32 }).collect::<Vec<u8>>()).unwrap()
    }

    #[test]
    fn only_keys_of_aes_are_taken() {
        for (kind, size, is_taken) in
            [(18, 32, true), (17, 16, true), (18, 16, false), (17, 32, false), (23, 16, false)]
        {
            assert_eq!(Key::new(kind, &vec![1; size]).is_some(), is_taken, "{kind} {size}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encrypted_is_decrypted_for_the_same_purpose_only(
            text in proptest::collection::vec(any::<u8>(), 0..100), at in 0usize..128, kind in 17i32..19,
        ) {
            let key = key(kind);
            let mut sealed = key.encrypt(7, &text).unwrap();
            prop_assert_eq!(sealed.len(), CONFOUNDER + text.len() + CHECKSUM);
            prop_assert_eq!(key.decrypt(7, &sealed), Some(text));
            prop_assert_eq!(key.decrypt(8, &sealed), None);
            let at = at % sealed.len();
            sealed[at] ^= 1;
            prop_assert_eq!(key.decrypt(7, &sealed), None);
        }

        #[test]
        fn any_bytes_are_decrypted_or_not(sealed in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(key(18).decrypt(3, &sealed), None);
        }
    }
}
