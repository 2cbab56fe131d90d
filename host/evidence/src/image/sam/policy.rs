//! The password policy.

use wardline_contract::PasswordPolicy;
use wardline_sam::domain;

use super::{DOMAINS, damaged, value};
use crate::image::failure::{Failure, Found};
use crate::image::registry::Registry;
use crate::image::system;

pub(in crate::image) fn policy(registry: &Registry) -> Found<PasswordPolicy> {
    if system::is_active_directory(registry)? {
        return Err(Failure::Unsupported);
    }
    let account = format!(r"{DOMAINS}\Account");
    let fixed = registry.with_key(&account, |key| value(&key, "F").map_err(|reason| damaged(&reason)))?;
    let policy = domain::PasswordPolicy::read(&fixed).map_err(|error| damaged(&error.to_string()))?;
    Ok(PasswordPolicy {
        minimum_length: u32::from(policy.minimum_length),
        history: u32::from(policy.history),
        maximum_age: policy.maximum_age,
        complexity: policy.complexity,
        lockout_threshold: u32::from(policy.lockout_threshold),
    })
}
