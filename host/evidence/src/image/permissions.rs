//! The permissions of registry keys.

use wardline_contract::Permissions;

use super::descriptor;
use super::failure::{Failure, Found};
use super::registry::Registry;

pub(super) fn of_key(registry: &Registry, path: &str) -> Found<Permissions> {
    descriptor::permissions(&registry.security(path)?)
        .map_err(|error| Failure::Unreadable(format!("the security descriptor of the key {path} is damaged: {error}")))
}
