//! Values of the types documented by Windows.

use wardline_contract::RegistryData;

use super::failure::{Failure, Found};
use super::hive::registry_data;
use super::key::{Key, KeyError};

/// A value, read as its documented type.
pub(super) enum Typed<T> {
    Absent,
    Value(T),
    /// The value has another type. Windows may or may not ignore it, so it is neither the value nor its absence.
    OtherType,
}

impl<T> Typed<T> {
    /// Returns the value, or `None` if it is absent or has another type.
    pub(super) fn known(self) -> Option<T> {
        match self {
            Typed::Value(value) => Some(value),
            Typed::Absent | Typed::OtherType => None,
        }
    }
}

/// Reads a `REG_SZ` or `REG_EXPAND_SZ`.
pub(super) fn text_value(key: &Key<'_>, name: &str) -> Result<Typed<String>, KeyError> {
    Ok(match data_of(key, name)? {
        None => Typed::Absent,
        Some(RegistryData::Text(text) | RegistryData::ExpandText(text)) => Typed::Value(text),
        Some(_) => Typed::OtherType,
    })
}

/// Reads a `REG_DWORD`.
pub(super) fn number_value(key: &Key<'_>, name: &str) -> Result<Typed<u32>, KeyError> {
    Ok(match data_of(key, name)? {
        None => Typed::Absent,
        Some(RegistryData::Dword(number)) => Typed::Value(number),
        Some(_) => Typed::OtherType,
    })
}

/// Like [`text_value`], but another type is a failure.
pub(super) fn text_of(key: &Key<'_>, name: &str) -> Found<Option<String>> {
    match text_value(key, name)? {
        Typed::Absent => Ok(None),
        Typed::Value(text) => Ok(Some(text)),
        Typed::OtherType => Err(wrong_type(key, name, "REG_SZ")),
    }
}

/// Like [`number_value`], but another type is a failure.
pub(super) fn number_of(key: &Key<'_>, name: &str) -> Found<Option<u32>> {
    match number_value(key, name)? {
        Typed::Absent => Ok(None),
        Typed::Value(number) => Ok(Some(number)),
        Typed::OtherType => Err(wrong_type(key, name, "REG_DWORD")),
    }
}

pub(super) fn data_of(key: &Key<'_>, name: &str) -> Result<Option<RegistryData>, KeyError> {
    Ok(key.value(name)?.map(|value| value.data()).transpose()?.map(registry_data))
}

pub(super) fn wrong_type(key: &Key<'_>, name: &str, expected: &str) -> Failure {
    let key = key.name().unwrap_or_default();
    Failure::Unreadable(format!("bad type of the value {name} in the key {key}: expected {expected}"))
}
