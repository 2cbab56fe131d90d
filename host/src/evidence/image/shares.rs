//! Shared folders, as the server service keeps them.
//!
//! Shares that Windows makes anew at each start (`C$`, `ADMIN$`, `IPC$`) are stored nowhere and not listed, nor are printers.

use super::descriptor;
use super::failure::{Failure, Found};
use super::registry::{Registry, optional};
use super::{names, services::SERVICES};
use crate::contract::{Permissions, RegistryData, Share};

/// More shares than this are not listed.
const MAX_SHARES: usize = 16_384;

/// In `Type`: the kind of thing that is shared, 0 being a folder. The bits above mark hidden and temporary shares.
const KIND_MASK: u32 = 0xff;

/// In the registry's order.
pub(super) fn shares(registry: &Registry) -> Found<Vec<Share>> {
    let list = format!(r"{SERVICES}\LanmanServer\Shares");
    let stored = optional(registry.with_key(&list, |key| {
        let mut stored = Vec::new();
        for value in key.values()? {
            registry.deadline().check()?;
            let value = value?;
            let name = value.name()?;
            let RegistryData::MultiText(settings) = RegistryData::from(value.data()?) else {
                let reason = format!("bad type of the share {name}: expected REG_MULTI_SZ");
                return Err(Failure::Unreadable(reason));
            };
            if stored.len() == MAX_SHARES {
                return Err(Failure::Unreadable(format!("there are more than {MAX_SHARES} shares")));
            }
            stored.push((name, settings));
        }
        Ok(stored)
    }))?;
    let mut shares = Vec::new();
    for (name, settings) in stored.unwrap_or_default() {
        let setting = |wanted: &str| {
            settings.iter().find_map(|setting| {
                let (name, value) = setting.split_once('=')?;
                names::same(name.trim(), wanted).then_some(value)
            })
        };
        let kind = setting("Type").and_then(|kind| kind.trim().parse::<u32>().ok()).unwrap_or_default();
        if kind & KIND_MASK != 0 {
            continue;
        }
        shares.push(Share {
            path: setting("Path").unwrap_or_default().to_owned(),
            remark: setting("Remark").filter(|remark| !remark.is_empty()).map(str::to_owned),
            permissions: permissions(registry, &list, &name)?,
            name,
        });
    }
    Ok(shares)
}

fn permissions(registry: &Registry, list: &str, share: &str) -> Found<Option<Permissions>> {
    let descriptor = optional(registry.with_key(&format!(r"{list}\Security"), |key| {
        Ok(key.value(share)?.map(|value| value.bytes().map(|bytes| bytes.to_vec())).transpose()?)
    }))?;
    let read = |descriptor: Vec<u8>| {
        descriptor::permissions(&descriptor)
            .map_err(|error| Failure::Unreadable(format!("the permissions of the share {share} are damaged: {error}")))
    };
    descriptor.flatten().map(read).transpose()
}
