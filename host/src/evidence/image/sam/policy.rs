//! What Windows demands of passwords.

use super::{DOMAINS, binary, damaged};
use crate::contract::PasswordPolicy;
use crate::evidence::image::bytes::{u16_at, u32_at, u64_at};
use crate::evidence::image::failure::{Failure, Found};
use crate::evidence::image::registry::Registry;
use crate::evidence::image::system;

/// In the domain's fixed part `F`.
const MAXIMUM_AGE_AT: usize = 24;
const PROPERTIES_AT: usize = 76;
const MINIMUM_LENGTH_AT: usize = 80;
const HISTORY_AT: usize = 82;
const LOCKOUT_THRESHOLD_AT: usize = 84;

const PROPERTY_COMPLEXITY: u32 = 1;

const DAY: u64 = 24 * 60 * 60 * 10_000_000;

pub(in crate::evidence::image) fn policy(registry: &Registry) -> Found<PasswordPolicy> {
    if system::is_active_directory(registry)? {
        return Err(Failure::Unsupported);
    }
    let record = registry.with_key(&format!(r"{DOMAINS}\Account"), |key| binary(&key, "F"))?;
    read(&record).ok_or_else(|| damaged("the password policy is cut short"))
}

fn read(record: &[u8]) -> Option<PasswordPolicy> {
    // Stretches of time are negative, "never" is the smallest number.
    let maximum_age = u64_at(record, MAXIMUM_AGE_AT)?.cast_signed();
    Some(PasswordPolicy {
        minimum_length: u32::from(u16_at(record, MINIMUM_LENGTH_AT)?),
        history: u32::from(u16_at(record, HISTORY_AT)?),
        maximum_age: match maximum_age {
            i64::MIN | 0 => None,
            age => u32::try_from(age.unsigned_abs() / DAY).ok(),
        },
        complexity: u32_at(record, PROPERTIES_AT)? & PROPERTY_COMPLEXITY != 0,
        lockout_threshold: u32::from(u16_at(record, LOCKOUT_THRESHOLD_AT)?),
    })
}
