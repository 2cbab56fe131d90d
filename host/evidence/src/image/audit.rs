//! The audit policy: the value of the key `PolAdtEv`.

use wardline_contract::{AuditCategory, AuditPolicy, AuditSetting};

use super::bytes::{u16_at, u32_at};
use super::failure::{Failure, Found};
use super::registry::Registry;

const POLICY: &str = r"HKLM\SECURITY\Policy\PolAdtEv";

/// In storage order. NT 4 has the first seven.
const CATEGORIES: [&str; 9] = [
    "System",
    "Logon/Logoff",
    "Object Access",
    "Privilege Use",
    "Detailed Tracking",
    "Policy Change",
    "Account Management",
    "Directory Service Access",
    "Account Logon",
];
const NT4_CATEGORIES: usize = 7;

/// Layout up to Server 2003: whether auditing is on, one number per category, the number of categories.
const NUMBERS_AT: usize = 4;
/// Layout since Vista: the number of categories, the offset of the subcategory counts, 16 bits per subcategory.
const CATEGORY_COUNT_AT: usize = 4;
const SUBCATEGORY_COUNTS_AT: usize = 8;
const SUBCATEGORIES_AT: usize = 12;

pub(super) fn policy(registry: &Registry) -> Found<AuditPolicy> {
    // Every Windows has this value, whether it audits or not.
    let missing = || Failure::Unreadable(format!("{POLICY} has no default value, which holds the policy"));
    let stored = registry.with_key(POLICY, |key| Ok(key.value("")?.ok_or_else(missing)?.bytes()?))?;
    let damaged = || Failure::Unreadable(format!("{POLICY} is damaged"));
    by_category(&stored).or_else(|| by_subcategory(&stored)).ok_or_else(damaged)
}

fn by_category(stored: &[u8]) -> Option<AuditPolicy> {
    let count = stored.len().checked_sub(NUMBERS_AT + 4)? / 4;
    if count != CATEGORIES.len() && count != NT4_CATEGORIES {
        return None;
    }
    if u32_at(stored, NUMBERS_AT + count * 4)? as usize != count {
        return None;
    }
    let categories = CATEGORIES.iter().take(count).enumerate().map(|(index, name)| {
        let number = u32_at(stored, NUMBERS_AT + index * 4)?;
        Some(AuditCategory { name: (*name).to_owned(), setting: setting(number) })
    });
    Some(AuditPolicy { enabled: *stored.first()? != 0, categories: categories.collect::<Option<_>>()? })
}

/// A category gets the settings that all of its subcategories share: success is audited if every one of them audits it.
fn by_subcategory(stored: &[u8]) -> Option<AuditPolicy> {
    if usize::from(u16_at(stored, CATEGORY_COUNT_AT)?) != CATEGORIES.len() {
        return None;
    }
    let counts_at = usize::from(u16_at(stored, SUBCATEGORY_COUNTS_AT)?);
    let mut at = SUBCATEGORIES_AT;
    let mut categories = Vec::new();
    for (index, name) in CATEGORIES.iter().enumerate() {
        let count = usize::from(u16_at(stored, counts_at + index * 2)?);
        let mut common = if count == 0 { 0 } else { SUCCESS | FAILURE };
        for _ in 0..count {
            common &= u32::from(u16_at(stored, at)?);
            at += 2;
        }
        categories.push(AuditCategory { name: (*name).to_owned(), setting: setting(common) });
    }
    // The settings end where the counts begin, apart from two bytes without meaning; anything else is another format.
    let enabled = stored.get(SUBCATEGORIES_AT..at)?.iter().any(|number| *number != 0);
    (at == counts_at || at + 2 == counts_at).then_some(AuditPolicy { enabled, categories })
}

const SUCCESS: u32 = 1;
const FAILURE: u32 = 2;

fn setting(number: u32) -> AuditSetting {
    match (number & SUCCESS != 0, number & FAILURE != 0) {
        (false, false) => AuditSetting::None,
        (true, false) => AuditSetting::Success,
        (false, true) => AuditSetting::Failure,
        (true, true) => AuditSetting::SuccessAndFailure,
    }
}
