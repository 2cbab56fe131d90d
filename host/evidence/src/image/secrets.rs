//! What is not told of a machine's passwords.

use wardline_contract::RegistryData;

use super::names;

/// Holds the password of the automatic logon in clear text, in `Winlogon`. It is withheld under whatever key, so that no
/// link to that key and no copy of it shows it either.
const AUTOLOGON_PASSWORD: &str = "DefaultPassword";
const WITHHELD: &str = "(withheld)";

/// What plugins are told of a value. Of a password only whether there is one.
pub(super) fn withhold_password(name: &str, data: RegistryData) -> RegistryData {
    if !names::same(name, AUTOLOGON_PASSWORD) {
        return data;
    }
    let is_empty = match &data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => text.is_empty(),
        RegistryData::MultiText(lines) => lines.is_empty(),
        RegistryData::Binary(bytes) => bytes.is_empty(),
        RegistryData::Dword(_) | RegistryData::Qword(_) => false,
        // Their data are not handed out.
        RegistryData::None | RegistryData::Other(_) => true,
    };
    if is_empty { data } else { RegistryData::Text(WITHHELD.to_owned()) }
}
