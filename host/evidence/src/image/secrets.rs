//! The secrets that are withheld from plugins.

use wardline_contract::RegistryData;

use super::names;

/// The value in `Winlogon` that holds the password of the automatic logon in clear text. It is withheld under any key, so that
/// neither a link to that key nor a copy of it reveals the password.
const AUTOLOGON_PASSWORD: &str = "DefaultPassword";
const WITHHELD: &str = "(withheld)";

/// Returns the data that plugins may see. For a password, that is only whether there is one.
pub(super) fn withhold_password(name: &str, data: RegistryData) -> RegistryData {
    if !names::same(name, AUTOLOGON_PASSWORD) {
        return data;
    }
    let is_empty = match &data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => text.is_empty(),
        RegistryData::MultiText(lines) => lines.is_empty(),
        RegistryData::Binary(bytes) => bytes.is_empty(),
        RegistryData::Dword(_) | RegistryData::Qword(_) => false,
        // Data of these types is not handed out anyway.
        RegistryData::None | RegistryData::Other(_) => true,
    };
    if is_empty { data } else { RegistryData::Text(WITHHELD.to_owned()) }
}
