//! Operations of actions, in words.

use wardline_contract::{AccountFlag, Operation, RestrictAccess, ServiceStart, SetAccountFlag, SetServiceStart};
use wardline_windows_words::{self as windows, Object};

use crate::words;

/// Formats an operation: `disable the service W3SVC`.
pub fn operation(operation: &Operation) -> String {
    match operation {
        Operation::InstallUpdate(install) => {
            // Catalogs of today name an article and its page, but no file.
            let package = if install.package.is_empty() { "the update" } else { install.package.as_str() };
            let command: Vec<&str> =
                std::iter::once(package).chain(install.switches.iter().map(String::as_str)).collect();
            let from = install.url.as_deref().map(|url| format!(" from {url}")).unwrap_or_default();
            format!("install {}{from}", command.join(" "))
        }
        Operation::SetRegistryValue(set) => {
            let data = words::registry_data(&set.after);
            let data = windows::setting(&set.key, &set.name, &data);
            format!("set {} to {data}", words::registry_value(&set.key, &set.name))
        }
        Operation::DeleteRegistryValue(delete) => {
            format!("delete {}", words::registry_value(&delete.key, &delete.name))
        }
        Operation::SetServiceStart(SetServiceStart { service, after, .. }) => match after {
            ServiceStart::Disabled => format!("disable the service {service}"),
            other => format!("set the service {service} to start {}", words::service_start(*other)),
        },
        Operation::SetAccountFlag(SetAccountFlag { account, rid, flag, after, .. }) => match (flag, after) {
            (AccountFlag::Disabled, true) => format!("disable the account {account} ({rid})"),
            (AccountFlag::Disabled, false) => format!("enable the account {account} ({rid})"),
            (AccountFlag::PasswordNeverExpires, true) => {
                format!("set the password of {account} ({rid}) to never expire")
            }
            (AccountFlag::PasswordNeverExpires, false) => format!("set the password of {account} ({rid}) to expire"),
            (AccountFlag::PasswordNotRequired, true) => format!("stop requiring a password for {account} ({rid})"),
            (AccountFlag::PasswordNotRequired, false) => format!("require a password for {account} ({rid})"),
        },
        Operation::RemoveFolder(folder) => format!("remove the folder {}", folder.path),
        Operation::RemoveVirtualFolder(folder) => {
            format!("remove the virtual folder {} of {}", folder.name, folder.site)
        }
        Operation::SetMetabaseProperty(set) => {
            let after = windows::setting(&set.path, &set.property, &set.after);
            format!("set {} of {} to {after}", set.property, set.path)
        }
        Operation::RestrictShare(access) => restrict("share", Object::File, access),
        Operation::RestrictFolder(access) => restrict("folder", Object::File, access),
        Operation::RestrictRegistryKey(access) => restrict("registry key", Object::RegistryKey, access),
        Operation::RunTool(run) => {
            let command: Vec<&str> = std::iter::once(&run.tool).chain(&run.arguments).map(String::as_str).collect();
            format!("run {}", command.join(" "))
        }
        Operation::ManualStep(step) => step.trim_end_matches('.').to_owned(),
    }
}

/// Formats a restriction: `restrict the access of Everyone (S-1-1-0) to the share Public to read (0x001200a9)`.
fn restrict(kind: &str, object: Object, access: &RestrictAccess) -> String {
    let whose = access.sids.iter().map(|sid| windows::sid(sid)).collect::<Vec<_>>().join(", ");
    if access.keep_mask == 0 {
        format!("remove the access of {whose} to the {kind} {}", access.object)
    } else {
        let kept = windows::access(object, access.keep_mask);
        format!("restrict the access of {whose} to the {kind} {} to {kept}", access.object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::{RegistryData, SetMetabaseProperty, SetRegistryValue};

    #[test]
    fn names_stand_before_numbers() {
        let access = |object: &str, sids: &[&str], keep_mask| RestrictAccess {
            object: object.to_owned(),
            sids: sids.iter().map(|&sid| sid.to_owned()).collect(),
            keep_mask,
        };
        let value = |key: &str, name: &str, number| {
            let (key, name) = (key.to_owned(), name.to_owned());
            Operation::SetRegistryValue(SetRegistryValue {
                key,
                name,
                before: None,
                after: RegistryData::Dword(number),
            })
        };
        for (given, expected) in [
            (
                Operation::RestrictShare(access("Public", &["S-1-1-0", "S-1-5-7"], 0x0012_00a9)),
                "restrict the access of Everyone (S-1-1-0), ANONYMOUS LOGON (S-1-5-7) to the share Public to read (0x001200a9)",
            ),
            (
                Operation::RestrictRegistryKey(access(r"HKLM\A", &["S-1-1-0"], 0x0002_0019)),
                r"restrict the access of Everyone (S-1-1-0) to the registry key HKLM\A to read (0x00020019)",
            ),
            (
                Operation::RestrictFolder(access(r"C:\A", &["S-1-5-32-545", "S-1-5-21-1-2-3-1000"], 0)),
                r"remove the access of Users (S-1-5-32-545), S-1-5-21-1-2-3-1000 to the folder C:\A",
            ),
            (
                value(r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU", "AUOptions", 4),
                r"set HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU\AUOptions to install by itself (4)",
            ),
            (value(r"HKLM\SOFTWARE\Contoso", "AUOptions", 4), r"set HKLM\SOFTWARE\Contoso\AUOptions to 4"),
            (
                Operation::SetMetabaseProperty(SetMetabaseProperty {
                    path: "/LM/W3SVC/1".to_owned(),
                    property: "LogType".to_owned(),
                    before: None,
                    after: "1".to_owned(),
                }),
                "set LogType of /LM/W3SVC/1 to on (1)",
            ),
        ] {
            assert_eq!(operation(&given), expected);
        }
    }
}
