//! How the SAM hides password hashes, undone as far as it takes to compare them.
//!
//! Three layers: the boot key, spread over class names in the hive SYSTEM; the SAM's own key, encrypted with it; each hash, encrypted
//! with that key and the account's RID, in MD5 and RC4 up to Windows 10 1511, in AES from 1607 on, and at last in DES by the RID.
//! NT 4 without SYSKEY has the DES layer only. What was learned from: impacket's `secretsdump`.

use aes::cipher::{BlockDecrypt, BlockDecryptMut, KeyInit, KeyIvInit, StreamCipher, block_padding::NoPadding};
use md5::{Digest, Md5};

use super::password::NtHash;
use super::{DOMAINS, binary};
use crate::evidence::image::bytes::{array_at, slice_at, u16_at, u32_at};
use crate::evidence::image::registry::Registry;

const LSA: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa";

/// Constants that are hashed in.
const KEY_SALT: &[u8] = b"!@#$%^&*()qwertyUIOPAzxcvbnmQQQQQQQQQQQQ)(*@&%\0";
const KEY_DIGITS: &[u8] = b"0123456789012345678901234567890123456789\0";
const HASH_SALT: &[u8] = b"NTPASSWORD\0";

/// The SAM's own key, or why there is none. Cannot be printed.
pub(super) enum SamKey {
    /// NT 4 without SYSKEY does not have one.
    NotUsed,
    Key([u8; 16]),
    /// It could not be read, or takes a password or a disk at each start.
    Unknown,
}

pub(super) fn sam_key(registry: &Registry) -> SamKey {
    let account = format!(r"{DOMAINS}\Account");
    let Ok(record) = registry.with_key(&account, |key| binary(&key, "F")) else { return SamKey::Unknown };
    match u32_at(&record, SAM_KEY_AT) {
        None | Some(0) => SamKey::NotUsed,
        Some(_) => boot_key(registry)
            .and_then(|boot_key| decrypt_sam_key(&record, &boot_key))
            .map_or(SamKey::Unknown, SamKey::Key),
    }
}

/// In the domain's fixed part `F`: revision and length, then by revision salt, key, checksum.
const SAM_KEY_AT: usize = 104;

fn decrypt_sam_key(record: &[u8], boot_key: &[u8; 16]) -> Option<[u8; 16]> {
    let stored = record.get(SAM_KEY_AT..)?;
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

/// The machine's key, in pieces of four bytes, hexadecimal, in class names, and shuffled.
fn boot_key(registry: &Registry) -> Option<[u8; 16]> {
    const ORDER: [usize; 16] = [8, 5, 4, 2, 11, 9, 13, 3, 0, 6, 1, 12, 14, 10, 15, 7];
    let mut pieces = Vec::new();
    for name in ["JD", "Skew1", "GBG", "Data"] {
        let piece = registry.with_key(&format!(r"{LSA}\{name}"), |key| Ok(key.class_name()?)).ok()?;
        pieces.extend(u32::from_str_radix(piece.get(..8)?, 16).ok()?.to_be_bytes());
    }
    let mut key = [0; 16];
    for (slot, from) in key.iter_mut().zip(ORDER) {
        *slot = *pieces.get(from)?;
    }
    Some(key)
}

/// A hash as it stands in an account. Cannot be printed.
pub(super) enum StoredHash<'record> {
    /// There is none: the password is blank.
    Empty,
    /// NT 4 without SYSKEY.
    ByRid([u8; 16]),
    Rc4([u8; 16]),
    Aes {
        salt: [u8; 16],
        data: &'record [u8],
    },
}

impl<'record> StoredHash<'record> {
    /// None for a form that is not known.
    pub(super) fn read(stored: &'record [u8]) -> Option<Self> {
        // A head of four bytes alone says "none".
        if matches!(stored.len(), 0 | 4) {
            return Some(StoredHash::Empty);
        }
        if stored.len() == 16 {
            return Some(StoredHash::ByRid(array_at(stored, 0)?));
        }
        match u16_at(stored, 2)? {
            1 if stored.len() == 20 => Some(StoredHash::Rc4(array_at(stored, 4)?)),
            2 => {
                let data = stored.get(24..)?;
                if data.is_empty() || u32_at(stored, 4)? == 0 {
                    return Some(StoredHash::Empty);
                }
                Some(StoredHash::Aes { salt: array_at(stored, 8)?, data })
            }
            _ => None,
        }
    }
}

impl SamKey {
    /// None where the key does not fit the form.
    pub(super) fn open(&self, stored: &StoredHash<'_>, rid: u32) -> Option<NtHash> {
        let by_rid = match (stored, self) {
            (StoredHash::ByRid(hash), SamKey::NotUsed) => *hash,
            (StoredHash::Rc4(hash), SamKey::Key(key)) => {
                let mut hash = *hash;
                rc4(&md5(&[key, &rid.to_le_bytes(), HASH_SALT]), &mut hash);
                hash
            }
            (StoredHash::Aes { salt, data }, SamKey::Key(key)) => {
                let opened = aes(key, salt, data)?;
                // A block of padding follows: with the wrong key it would be anything.
                let padding = opened.get(16..)?;
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
        array_at(&opened, 0).map(NtHash)
    }
}

fn md5(parts: &[&[u8]]) -> [u8; 16] {
    parts.iter().fold(Md5::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

fn rc4(key: &[u8; 16], data: &mut [u8]) {
    rc4::Rc4::<rc4::consts::U16>::new(key.into()).apply_keystream(data);
}

/// CBC without a look at the padding. None where the data are no whole blocks.
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

/// The RID's bytes over and over, seven for each key.
fn des_keys(rid: u32) -> [[u8; 8]; 2] {
    let [a, b, c, d] = rid.to_le_bytes();
    [[a, b, c, d, a, b, c], [d, a, b, c, d, a, b]].map(spread)
}

/// 56 bits in seven to the byte; the eighth is parity, which DES does not look at.
fn spread(bytes: [u8; 7]) -> [u8; 8] {
    let bits = bytes.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut key = [0; 8];
    for (index, byte) in key.iter_mut().enumerate() {
        let seven = (bits >> (49 - 7 * index) & 0x7f) as u8;
        *byte = seven << 1;
    }
    key
}
