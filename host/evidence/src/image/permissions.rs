//! The permissions of registry keys, files and folders.

use wardline_contract::Permissions;

use super::descriptor;
use super::failure::{Failure, Found};
use super::paths::Places;
use super::registry::Registry;
use super::storage::Files;

pub(super) fn of_key(registry: &Registry, path: &str) -> Found<Permissions> {
    descriptor::permissions(&registry.security(path)?)
        .map_err(|error| Failure::Unreadable(format!("the security descriptor of the key {path} is damaged: {error}")))
}

pub(super) fn of_file(files: &Files, places: &Places, path: &str) -> Found<Permissions> {
    let place = files.find(&places.resolve(path)?)?;
    descriptor::permissions(&files.security(&place)?)
        .map_err(|error| Failure::Unreadable(format!("the security descriptor of {path} is damaged: {error}")))
}
