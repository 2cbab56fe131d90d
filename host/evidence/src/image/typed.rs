//! Values of the types that Windows documents for them.

use wardline_contract::RegistryData;

use super::failure::{Failure, Found};
use super::hive::{HiveError, Key, registry_data};

/// A value, read in the type that it is documented to have.
pub(super) enum Typed<T> {
    Absent,
    Value(T),
    /// It has another type. Windows may pass over it or not, so it is neither the value nor its absence.
    OtherType,
}

impl<T> Typed<T> {
    /// What is told: nothing where the value is absent or of another type.
    pub(super) fn told(self) -> Option<T> {
        match self {
            Typed::Value(value) => Some(value),
            Typed::Absent | Typed::OtherType => None,
        }
    }
}

/// A `REG_SZ` or `REG_EXPAND_SZ`.
pub(super) fn text_value(key: &Key<'_>, name: &str) -> Result<Typed<String>, HiveError> {
    Ok(match data_of(key, name)? {
        None => Typed::Absent,
        Some(RegistryData::Text(text) | RegistryData::ExpandText(text)) => Typed::Value(text),
        Some(_) => Typed::OtherType,
    })
}

/// A `REG_DWORD`.
pub(super) fn number_value(key: &Key<'_>, name: &str) -> Result<Typed<u32>, HiveError> {
    Ok(match data_of(key, name)? {
        None => Typed::Absent,
        Some(RegistryData::Dword(number)) => Typed::Value(number),
        Some(_) => Typed::OtherType,
    })
}

/// As [`text_value`]; another type is a failure.
pub(super) fn text_of(key: &Key<'_>, name: &str) -> Found<Option<String>> {
    match text_value(key, name)? {
        Typed::Absent => Ok(None),
        Typed::Value(text) => Ok(Some(text)),
        Typed::OtherType => Err(wrong_type(key, name, "REG_SZ")),
    }
}

/// As [`number_value`]; another type is a failure.
pub(super) fn number_of(key: &Key<'_>, name: &str) -> Found<Option<u32>> {
    match number_value(key, name)? {
        Typed::Absent => Ok(None),
        Typed::Value(number) => Ok(Some(number)),
        Typed::OtherType => Err(wrong_type(key, name, "REG_DWORD")),
    }
}

pub(super) fn data_of(key: &Key<'_>, name: &str) -> Result<Option<RegistryData>, HiveError> {
    Ok(key.value(name)?.map(|value| value.data()).transpose()?.map(registry_data))
}

pub(super) fn wrong_type(key: &Key<'_>, name: &str, expected: &str) -> Failure {
    let key = key.name().unwrap_or_default();
    Failure::Unreadable(format!("bad type of the value {name} in the key {key}: expected {expected}"))
}
