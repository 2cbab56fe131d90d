//! Hives, and the conversion of their values to the contract's types.

pub(super) use wardline_regf::{Data, Hive};

use wardline_contract::RegistryData;

pub(super) fn registry_data(data: Data) -> RegistryData {
    match data {
        Data::None => RegistryData::None,
        Data::Text(text) => RegistryData::Text(text),
        Data::ExpandText(text) => RegistryData::ExpandText(text),
        Data::Binary(bytes) => RegistryData::Binary(bytes),
        Data::Dword(number) => RegistryData::Dword(number),
        Data::MultiText(texts) => RegistryData::MultiText(texts),
        Data::Qword(number) => RegistryData::Qword(number),
        Data::Other(kind) => RegistryData::Other(kind),
    }
}
