//! The protection of password hashes in the SAM, undone as far as necessary to compare them.
//!
//! There are three layers: the boot key, split across class names in the SYSTEM hive; the SAM's own key, encrypted with it; and
//! each hash, encrypted with that key and the account's RID, using MD5 and RC4 up to Windows 10 1511, AES since 1607, and finally
//! DES with the RID. NT 4 without SYSKEY has only the DES layer. The implementation follows impacket's `secretsdump` and mimikatz's
//! `lsadump`.

use aes::cipher::{BlockDecrypt, BlockDecryptMut, KeyInit, KeyIvInit, StreamCipher, block_padding::NoPadding};
use md5::{Digest, Md5};

use crate::bytes::{array_at, slice_at, u16_at, u32_at};

/// Constants that are part of the hashed input.
const KEY_SALT: &[u8] = b"!@#$%^&*()qwertyUIOPAzxcvbnmQQQQQQQQQQQQ)(*@&%\0";
const KEY_DIGITS: &[u8] = b"0123456789012345678901234567890123456789\0";

/// The offset in the domain's value `F` of the key: revision and length, then, depending on the revision, salt, key, checksum.
const SAM_KEY_AT: usize = 104;

/// The keys below `Control\Lsa` whose class names hold the boot key, in order.
pub const BOOT_KEY_NAMES: [&str; 4] = ["JD", "Skew1", "GBG", "Data"];

/// The machine's boot key. It cannot be printed.
pub struct BootKey([u8; 16]);

impl std::fmt::Debug for BootKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("BootKey")
    }
}

impl BootKey {
    /// Assembles the key from the class names of [`BOOT_KEY_NAMES`]: each holds four bytes in hexadecimal, in shuffled order.
    pub fn from_class_names(names: [&str; 4]) -> Option<BootKey> {
        const ORDER: [usize; 16] = [8, 5, 4, 2, 11, 9, 13, 3, 0, 6, 1, 12, 14, 10, 15, 7];
        let mut pieces = Vec::new();
        for name in names {
            let digits = name.get(..8).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
            pieces.extend(u32::from_str_radix(digits, 16).ok()?.to_be_bytes());
        }
        let mut key = [0; 16];
        for (slot, from) in key.iter_mut().zip(ORDER) {
            *slot = *pieces.get(from)?;
        }
        Some(BootKey(key))
    }
}

/// The SAM's own key, or the reason there is none. It cannot be printed.
pub enum SamKey {
    /// NT 4 without SYSKEY does not have one.
    NotUsed,
    Key([u8; 16]),
    /// It cannot be read, or needs a password or a disk at each boot.
    Unknown,
}

impl std::fmt::Debug for SamKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            SamKey::NotUsed => "NotUsed",
            SamKey::Key(_) => "Key",
            SamKey::Unknown => "Unknown",
        })
    }
}

impl SamKey {
    /// Reads the key from the value `F` of the domain `Account`. The boot key is fetched only if needed.
    pub fn read(fixed: &[u8], boot_key: impl FnOnce() -> Option<BootKey>) -> SamKey {
        match u32_at(fixed, SAM_KEY_AT) {
            None | Some(0) => SamKey::NotUsed,
            Some(_) => boot_key().and_then(|key| decrypt_sam_key(fixed, &key.0)).map_or(SamKey::Unknown, SamKey::Key),
        }
    }
}

fn decrypt_sam_key(fixed: &[u8], boot_key: &[u8; 16]) -> Option<[u8; 16]> {
    let stored = fixed.get(SAM_KEY_AT..)?;
    match u32_at(stored, 0)? {
        1 => {
            let salt = slice_at(stored, 8, 16)?;
            let mut key = slice_at(stored, 24, 32)?.to_vec();
            rc4(&md5(&[salt, KEY_SALT, boot_key, KEY_DIGITS]), &mut key);
            let (key, checksum) = key.split_at_checked(16)?;
            (md5(&[key, KEY_DIGITS, key, KEY_SALT]) == checksum).then(|| array_at(key, 0)).flatten()
        }
        2 => {
            let length = usize::try_from(u32_at(stored, 12)?).ok()?;
            let salt = array_at(stored, 16)?;
            let data = slice_at(stored, 32, length)?;
            array_at(&aes(boot_key, &salt, data)?, 0)
        }
        _ => None,
    }
}

/// The kind of an account's hash. It selects a constant that is part of the hashed input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    Lm,
    Nt,
}

impl HashKind {
    fn salt(self) -> &'static [u8] {
        match self {
            HashKind::Lm => b"LMPASSWORD\0",
            HashKind::Nt => b"NTPASSWORD\0",
        }
    }
}

/// A hash as stored in an account. It cannot be printed.
pub enum StoredHash<'record> {
    /// No hash.
    Empty,
    /// The form of NT 4 without SYSKEY.
    ByRid([u8; 16]),
    Rc4([u8; 16]),
    Aes {
        salt: [u8; 16],
        data: &'record [u8],
    },
}

impl std::fmt::Debug for StoredHash<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            StoredHash::Empty => "Empty",
            StoredHash::ByRid(_) => "ByRid",
            StoredHash::Rc4(_) => "Rc4",
            StoredHash::Aes { .. } => "Aes",
        })
    }
}

const HASH_SIZE: usize = 16;
/// Key number and revision.
const HASH_HEAD_SIZE: usize = 4;
const RC4_SIZE: usize = HASH_HEAD_SIZE + HASH_SIZE;
/// The head, the salt's length, the salt.
const AES_SALT_LENGTH_AT: usize = 4;
const AES_SALT_AT: usize = 8;
const AES_DATA_AT: usize = 24;

impl<'record> StoredHash<'record> {
    /// Parses a stored hash. Returns `None` for an unknown form, or one whose parts contradict each other: it is then unknown
    /// whether there is a password.
    pub fn read(stored: &'record [u8]) -> Option<Self> {
        match stored.len() {
            0 => return Some(StoredHash::Empty),
            HASH_SIZE => return Some(StoredHash::ByRid(array_at(stored, 0)?)),
            _ => {}
        }
        match (u16_at(stored, 2)?, stored.len()) {
            // A head without data means "none".
            (1 | 2, HASH_HEAD_SIZE) => Some(StoredHash::Empty),
            (1, RC4_SIZE) => Some(StoredHash::Rc4(array_at(stored, HASH_HEAD_SIZE)?)),
            (2, AES_DATA_AT) => Some(StoredHash::Empty),
            (2, AES_DATA_AT..) if u32_at(stored, AES_SALT_LENGTH_AT)? == 16 => {
                Some(StoredHash::Aes { salt: array_at(stored, AES_SALT_AT)?, data: stored.get(AES_DATA_AT..)? })
            }
            _ => None,
        }
    }
}

impl SamKey {
    /// Decrypts the hash. Returns `None` if there is none, or if the key does not match the form.
    pub fn open(&self, stored: &StoredHash<'_>, kind: HashKind, rid: u32) -> Option<[u8; 16]> {
        let by_rid = match (stored, self) {
            (StoredHash::ByRid(hash), SamKey::NotUsed) => *hash,
            (StoredHash::Rc4(hash), SamKey::Key(key)) => {
                let mut hash = *hash;
                rc4(&md5(&[key, &rid.to_le_bytes(), kind.salt()]), &mut hash);
                hash
            }
            (StoredHash::Aes { salt, data }, SamKey::Key(key)) => {
                let opened = aes(key, salt, data)?;
                // A block of padding follows; with the wrong key it would be garbage.
                let padding = opened.get(HASH_SIZE..)?;
                if padding != [16; 16] {
                    return None;
                }
                array_at(&opened, 0)?
            }
            _ => return None,
        };
        let (first, second) = by_rid.split_at_checked(8)?;
        let [first_key, second_key] = des_keys(rid);
        let opened = [des(first_key, array_at(first, 0)?), des(second_key, array_at(second, 0)?)].concat();
        array_at(&opened, 0)
    }
}

fn md5(parts: &[&[u8]]) -> [u8; 16] {
    parts.iter().fold(Md5::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

fn rc4(key: &[u8; 16], data: &mut [u8]) {
    rc4::Rc4::<rc4::consts::U16>::new(key.into()).apply_keystream(data);
}

/// Decrypts CBC without checking the padding. Returns `None` if the data is not a whole number of blocks.
fn aes(key: &[u8; 16], salt: &[u8; 16], data: &[u8]) -> Option<Vec<u8>> {
    let mut data = data.to_vec();
    let opened = cbc::Decryptor::<aes::Aes128>::new(key.into(), salt.into()).decrypt_padded_mut::<NoPadding>(&mut data);
    opened.ok()?;
    Some(data)
}

fn des(key: [u8; 8], block: [u8; 8]) -> [u8; 8] {
    let mut block = block.into();
    des::Des::new(&key.into()).decrypt_block(&mut block);
    block.into()
}

/// Derives two keys by repeating the RID's bytes, seven bytes per key.
fn des_keys(rid: u32) -> [[u8; 8]; 2] {
    let [a, b, c, d] = rid.to_le_bytes();
    [[a, b, c, d, a, b, c], [d, a, b, c, d, a, b]].map(spread)
}

/// Spreads 56 bits over eight bytes, seven bits each; the eighth is the parity bit, which DES ignores.
pub(crate) fn spread(bytes: [u8; 7]) -> [u8; 8] {
    let bits = bytes.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut key = [0; 8];
    for (index, byte) in key.iter_mut().enumerate() {
        let seven = (bits >> (49 - 7 * index) & 0x7f) as u8;
        *byte = seven << 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forms are those of impacket's `SAM_HASH` and `SAM_HASH_AES`, and of mimikatz's `SAM_HASH` and `SAM_HASH_AES`.
    #[test]
    fn no_hash_and_an_unknown_form_differ() {
        let aes =
            |salt_length: u8, data: usize| [&[2, 0, 2, 0, salt_length, 0, 0, 0][..], &vec![7; 16 + data]].concat();
        for (what, stored, form) in [
            ("nothing, as NT 4 stores it", vec![], Some("Empty")),
            ("a head of RC4 alone", vec![1, 0, 1, 0], Some("Empty")),
            ("a head of AES alone", vec![1, 0, 2, 0], Some("Empty")),
            ("a head of an unknown revision", vec![1, 0, 9, 0], None),
            ("NT 4 without SYSKEY", vec![7; 16], Some("ByRid")),
            ("RC4", [&[1, 0, 1, 0][..], &[7; 16]].concat(), Some("Rc4")),
            ("RC4 with one byte too few", [&[1, 0, 1, 0][..], &[7; 15]].concat(), None),
            ("RC4 with salt and data of AES", [&[1, 0, 1, 0][..], &[7; 52]].concat(), None),
            ("AES with a salt and no data", aes(16, 0), Some("Empty")),
            ("AES without the salt's length and without data", aes(0, 0), Some("Empty")),
            ("AES", aes(16, 32), Some("Aes")),
            ("AES that says it holds nothing, and does", aes(0, 32), None),
            ("AES truncated in the salt", aes(16, 0)[..20].to_vec(), None),
            ("another revision", [&[1, 0, 3, 0][..], &[7; 52]].concat(), None),
            ("three bytes", vec![1, 0, 1], None),
        ] {
            assert_eq!(StoredHash::read(&stored).map(|hash| format!("{hash:?}")).as_deref(), form, "{what}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            fixed in proptest::collection::vec(proptest::num::u8::ANY, 0..260),
            stored in proptest::collection::vec(proptest::num::u8::ANY, 0..80),
        ) {
            let key = SamKey::read(&fixed, || BootKey::from_class_names(["00112233"; 4]));
            for key in [key, SamKey::NotUsed, SamKey::Key([1; 16])] {
                let _ = StoredHash::read(&stored).and_then(|hash| key.open(&hash, HashKind::Nt, 500));
            }
        }
    }
}
