//! Services and drivers, as `HKLM\SYSTEM\CurrentControlSet\Services` lists them.

use super::failure::{Failure, Found};
use super::hive::Key;
use super::registry::{Registry, number_of, text_of};
use crate::contract::{ServiceInfo, ServiceStart};

pub(super) const SERVICES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";

/// More services than this are not listed.
const MAX_SERVICES: usize = 16_384;

/// The types of drivers: kernel, file system, adapter, recogniser.
const DRIVER_TYPES: u32 = 0x1 | 0x2 | 0x4 | 0x8;

pub(super) fn service(registry: &Registry, name: &str) -> Found<ServiceInfo> {
    if name.is_empty() || name.contains('\\') {
        return Err(Failure::Absent);
    }
    registry.with_key(&format!("{SERVICES}\\{name}"), |key| read(&key)?.ok_or(Failure::Absent))
}

/// In the registry's order.
pub(super) fn services(registry: &Registry) -> Found<Vec<ServiceInfo>> {
    registry.with_key(SERVICES, |services| {
        let mut found = Vec::new();
        for key in services.subkeys()? {
            registry.check_time()?;
            if let Some(service) = read(&key?)? {
                if found.len() == MAX_SERVICES {
                    return Err(Failure::Unreadable(format!("there are more than {MAX_SERVICES} services")));
                }
                found.push(service);
            }
        }
        // No Windows starts without any.
        if found.is_empty() {
            return Err(Failure::Unreadable(format!("no service is listed in {SERVICES}, and every Windows has some")));
        }
        Ok(found)
    })
}

/// None for a key without a type: other programs keep things beside the services.
fn read(key: &Key<'_>) -> Found<Option<ServiceInfo>> {
    let Some(service_type) = number_of(key, "Type")? else { return Ok(None) };
    let driver = service_type & DRIVER_TYPES != 0;
    Ok(Some(ServiceInfo {
        name: key.name()?,
        display_name: text_of(key, "DisplayName")?,
        start: match number_of(key, "Start")? {
            Some(0) => ServiceStart::Boot,
            Some(1) => ServiceStart::System,
            Some(2) => ServiceStart::Automatic,
            Some(3) => ServiceStart::Manual,
            Some(4) => ServiceStart::Disabled,
            _ => ServiceStart::Unknown,
        },
        // A driver's `ObjectName` is no account.
        account: if driver { None } else { text_of(key, "ObjectName")? },
        image_path: text_of(key, "ImagePath")?,
        driver,
    }))
}
