//! The two values of a domain: `F`, with the password policy and the key that protects passwords, and `V`, with the domain's SID.

use crate::bytes::{u16_at, u32_at, u64_at};
use crate::{RecordError, Sid};

/// Offsets in `F`.
const MAXIMUM_AGE_AT: usize = 24;
const PROPERTIES_AT: usize = 76;
const MINIMUM_LENGTH_AT: usize = 80;
const HISTORY_AT: usize = 82;
const LOCKOUT_THRESHOLD_AT: usize = 84;

/// `DOMAIN_PASSWORD_COMPLEX`
const PROPERTY_COMPLEXITY: u32 = 1;

const DAY: u64 = 24 * 60 * 60 * 10_000_000;

/// The size of a computer's SID, which has four sub-authorities.
const SID_SIZE: usize = 24;

/// The password policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    pub minimum_length: u16,
    pub history: u16,
    /// In days; `None` for never.
    pub maximum_age: Option<u32>,
    pub complexity: bool,
    /// The number of failed attempts until an account is locked; 0 for never.
    pub lockout_threshold: u16,
}

impl PasswordPolicy {
    /// Parses the policy in `F`.
    ///
    /// # Errors
    ///
    /// If the value is too short.
    pub fn read(fixed: &[u8]) -> Result<PasswordPolicy, RecordError> {
        let read = || {
            // Durations are negative; the smallest number is "never".
            let maximum_age = u64_at(fixed, MAXIMUM_AGE_AT)?.cast_signed();
            Some(PasswordPolicy {
                minimum_length: u16_at(fixed, MINIMUM_LENGTH_AT)?,
                history: u16_at(fixed, HISTORY_AT)?,
                maximum_age: match maximum_age {
                    i64::MIN | 0 => None,
                    age => u32::try_from(age.unsigned_abs() / DAY).ok(),
                },
                complexity: u32_at(fixed, PROPERTIES_AT)? & PROPERTY_COMPLEXITY != 0,
                lockout_threshold: u16_at(fixed, LOCKOUT_THRESHOLD_AT)?,
            })
        };
        read().ok_or(RecordError::Truncated { record: "F", length: fixed.len() })
    }
}

/// Returns the computer's SID, from the end of `V`. The RIDs of its own accounts are appended to it.
pub fn machine_sid(variable: &[u8]) -> Option<Sid> {
    let at = variable.len().checked_sub(SID_SIZE)?;
    let (sid, _) = Sid::read(variable.get(at..)?).ok()?;
    sid.is_domain().then_some(sid)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = PasswordPolicy::read(&bytes);
            let _ = machine_sid(&bytes);
        }
    }
}
