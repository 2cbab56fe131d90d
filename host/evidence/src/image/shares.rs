//! Shared folders, as the server service stores them.
//!
//! Shares that Windows creates at each boot (`C$`, `ADMIN$`, `IPC$`) are not stored anywhere and therefore not listed, nor are
//! printers.

use wardline_contract::{AccessEntry, Permissions, RegistryData, Share};

use super::descriptor;
use super::failure::optional;
use super::failure::{Failure, Found};
use super::hive::registry_data;
use super::markers::Markers;
use super::registry::Registry;
use super::room::Room;
use super::{names, services::SERVICES};

/// The maximum number of shares listed.
const MAX_SHARES: usize = 16_384;

/// The bits of `Type` for the kind of shared resource; 0 is a folder. The bits above mark hidden and temporary shares.
const KIND_MASK: u32 = 0xff;

/// The name of a share whose name cannot be read. Documented in `types.wit`.
const UNREADABLE: &str = "(unreadable)";

/// The permissions of a share whose permissions are unknown. They assume the worst: everyone has full access.
const OPEN: Permissions = Permissions { owner: None, access: None };

/// Lists the shares in the registry's order. An unreadable share is listed with what is known of it, and marked in its remark.
pub(super) fn shares(registry: &Registry) -> Found<Vec<Share>> {
    let list = format!(r"{SERVICES}\LanmanServer\Shares");
    let mut room = Room::new("the settings of shares", registry.deadline());
    let stored = optional(registry.with_key(&list, |key| {
        let mut stored = Vec::new();
        for value in key.values()? {
            room.check_time()?;
            let named = value.and_then(|value| Ok((value.name()?, value)));
            let (name, settings) = match named {
                Ok((name, value)) => match value.data().map(registry_data) {
                    Ok(RegistryData::MultiText(lines)) => (name, Ok(Settings::of(&lines))),
                    Ok(_) => {
                        let reason = format!("bad type of the share {name}: expected REG_MULTI_SZ");
                        registry.note_odd(&list, reason.clone());
                        (name, Err(reason))
                    }
                    Err(error) => {
                        registry.note_damage(&list, &error);
                        (name, Err(error.to_string()))
                    }
                },
                Err(error) => {
                    registry.note_damage(&list, &error);
                    (UNREADABLE.to_owned(), Err(error.to_string()))
                }
            };
            if settings.as_ref().is_ok_and(|settings| !settings.share_a_folder()) {
                continue;
            }
            if stored.len() == MAX_SHARES {
                return Err(Failure::Unreadable(format!("there are more than {MAX_SHARES} shares")));
            }
            room.take(name.len() + settings.as_ref().map_or_else(String::len, Settings::size))?;
            stored.push((name, settings));
        }
        Ok(stored)
    }))?;
    let mut shares = Vec::new();
    for (name, settings) in stored.unwrap_or_default() {
        let (settings, unreadable) = match settings {
            Ok(settings) => (settings, None),
            Err(reason) => (Settings::default(), Some(reason)),
        };
        let found = match unreadable {
            None => permissions(registry, &list, &name),
            Some(reason) => Err(Failure::Unreadable(reason)),
        };
        let (permissions, damage) = match found {
            Ok(permissions) => (permissions, Vec::new()),
            Err(Failure::Unreadable(reason)) => (Some(OPEN), vec![reason]),
            Err(failure) => return Err(failure),
        };
        room.take(permissions.as_ref().map_or(0, size_of_permissions))?;
        let remark = Markers { damage, ..Markers::default() }.before(&settings.remark);
        shares.push(Share {
            name,
            path: settings.path,
            remark: Some(remark).filter(|remark| !remark.is_empty()),
            permissions,
        });
    }
    Ok(shares)
}

/// The parsed settings of a share. Each setting is stored as a line such as `Path=C:\public`.
#[derive(Debug, Default)]
struct Settings {
    kind: u32,
    path: String,
    remark: String,
}

impl Settings {
    fn of(lines: &[String]) -> Settings {
        let setting = |wanted: &str| {
            lines.iter().find_map(|line| {
                let (name, value) = line.split_once('=')?;
                names::same(name.trim(), wanted).then_some(value)
            })
        };
        Settings {
            kind: setting("Type").and_then(|kind| kind.trim().parse().ok()).unwrap_or_default(),
            path: setting("Path").unwrap_or_default().to_owned(),
            remark: setting("Remark").unwrap_or_default().to_owned(),
        }
    }

    fn share_a_folder(&self) -> bool {
        self.kind & KIND_MASK == 0
    }

    /// The size of the texts, in bytes.
    fn size(&self) -> usize {
        self.path.len() + self.remark.len()
    }
}

/// The size of permissions, in bytes. Many shares may have the same descriptor in the hive.
fn size_of_permissions(permissions: &Permissions) -> usize {
    let entries = permissions.access.iter().flatten();
    entries.map(|entry| size_of::<AccessEntry>() + entry.sid.len()).sum()
}

/// Returns the stored permissions of a share, if any. Damage is recorded.
fn permissions(registry: &Registry, list: &str, share: &str) -> Found<Option<Permissions>> {
    let key = format!(r"{list}\Security");
    let descriptor = optional(registry.with_key(&key, |security| {
        let stored = security.value(share).and_then(|value| value.map(|value| value.bytes()).transpose());
        Ok(stored.inspect_err(|error| registry.note_damage(&key, error))?)
    }))?;
    let read = |descriptor: Vec<u8>| {
        descriptor::permissions(&descriptor).map_err(|error| {
            let reason = format!("the permissions of the share {share} are damaged: {error}");
            registry.note_odd(&key, reason.clone());
            Failure::Unreadable(reason)
        })
    };
    descriptor.flatten().map(read).transpose()
}
