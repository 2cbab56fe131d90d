//! Who may do what with a registry key.

use super::descriptor;
use super::failure::{Failure, Found};
use super::registry::Registry;
use crate::contract::Permissions;

pub(super) fn of_key(registry: &Registry, path: &str) -> Found<Permissions> {
    let damaged = || Failure::Unreadable(format!("the security descriptor of the key {path} is damaged"));
    descriptor::permissions(&registry.security(path)?).ok_or_else(damaged)
}
