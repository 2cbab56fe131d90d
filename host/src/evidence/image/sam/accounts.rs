//! Local accounts.

use super::protection::{self, SamKey, StoredHash};
use super::{DOMAINS, MAX_ENTRIES, binary, damaged, entry, password, rid_of};
use crate::contract::{Account, PasswordQuality};
use crate::evidence::image::bytes::{u16_at, u32_at, u64_at, unix_seconds_or_never, utf16};
use crate::evidence::image::failure::{Failure, Found};
use crate::evidence::image::hive::Key;
use crate::evidence::image::registry::Registry;
use crate::evidence::image::system;

/// In the fixed part `F`.
const LAST_LOGON_AT: usize = 8;
const PASSWORD_SET_AT: usize = 24;
const RID_AT: usize = 48;
const FLAGS_AT: usize = 56;

/// In the variable part `V`: where offset and length of each text and hash stand, and what offsets count from.
const NAME_AT: usize = 12;
const FULL_NAME_AT: usize = 24;
const COMMENT_AT: usize = 36;
const NT_HASH_AT: usize = 168;
const VARIABLE_BASE: usize = 204;

const FLAG_DISABLED: u16 = 0x0001;
const FLAG_PASSWORD_NOT_REQUIRED: u16 = 0x0004;
const FLAG_PASSWORD_NEVER_EXPIRES: u16 = 0x0200;
const FLAG_LOCKED: u16 = 0x0400;

/// All accounts in the SAM, by RID.
///
/// From Windows 2000 on a domain controller keeps its accounts elsewhere, and the SAM's are for repairs only: those are not
/// given out as the computer's.
pub(in crate::evidence::image) fn accounts(registry: &Registry) -> Found<Vec<Account>> {
    if system::is_active_directory(registry)? {
        return Err(Failure::Unsupported);
    }
    // What cannot be read here costs the passwords' quality only.
    let computer = system::computer_name(registry).ok().flatten();
    let key = protection::sam_key(registry);
    registry.with_key(&format!(r"{DOMAINS}\Account\Users"), |users| {
        let mut accounts = each_user(&users, |user, rid| {
            let fixed = binary(user, "F")?;
            let variable = binary(user, "V")?;
            read(&fixed, &variable, rid, computer.as_deref(), &key)
                .ok_or_else(|| damaged(&format!("the account with the RID {rid} cannot be read")))
        })?;
        accounts.sort_by_key(|account| account.rid);
        Ok(accounts)
    })
}

/// Names of local accounts, by RID.
pub(in crate::evidence::image) fn names(registry: &Registry) -> Found<Vec<(u32, String)>> {
    registry.with_key(&format!(r"{DOMAINS}\Account\Users"), |users| {
        each_user(&users, |user, rid| {
            let variable = binary(user, "V")?;
            let name = entry(&variable, NAME_AT, VARIABLE_BASE).map(utf16);
            name.map(|name| (rid, name)).ok_or_else(|| damaged(&format!("the account with the RID {rid} has no name")))
        })
    })
}

fn each_user<T>(users: &Key<'_>, mut read: impl FnMut(&Key<'_>, u32) -> Found<T>) -> Found<Vec<T>> {
    let mut found = Vec::new();
    for user in users.subkeys()? {
        registry.check_time()?;
        let user = user?;
        if let Some(rid) = rid_of(&user.name()?) {
            if found.len() == MAX_ENTRIES {
                return Err(Failure::Unreadable(format!("there are more than {MAX_ENTRIES} accounts")));
            }
            found.push(read(&user, rid)?);
        }
    }
    Ok(found)
}

fn read(fixed: &[u8], variable: &[u8], rid: u32, computer: Option<&str>, key: &SamKey) -> Option<Account> {
    if u32_at(fixed, RID_AT)? != rid {
        return None;
    }
    let flags = u16_at(fixed, FLAGS_AT)?;
    let text = |at| entry(variable, at, VARIABLE_BASE).map(utf16);
    let name = text(NAME_AT)?;
    let password = match StoredHash::read(entry(variable, NT_HASH_AT, VARIABLE_BASE)?) {
        Some(StoredHash::Empty) => PasswordQuality::Blank,
        Some(stored) => match key.open(&stored, rid) {
            Some(hash) => password::quality(&hash, &name, computer),
            None => PasswordQuality::Unknown,
        },
        None => PasswordQuality::Unknown,
    };
    Some(Account {
        rid,
        full_name: text(FULL_NAME_AT)?,
        comment: text(COMMENT_AT)?,
        disabled: flags & FLAG_DISABLED != 0,
        locked: flags & FLAG_LOCKED != 0,
        password_never_expires: flags & FLAG_PASSWORD_NEVER_EXPIRES != 0,
        password_not_required: flags & FLAG_PASSWORD_NOT_REQUIRED != 0,
        password,
        last_logon: unix_seconds_or_never(u64_at(fixed, LAST_LOGON_AT)?),
        password_set: unix_seconds_or_never(u64_at(fixed, PASSWORD_SET_AT)?),
        name,
    })
}
