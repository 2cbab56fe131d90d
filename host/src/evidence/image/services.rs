//! Services and drivers, as `HKLM\SYSTEM\CurrentControlSet\Services` lists them.

use super::failure::{Failure, Found};
use super::hive::Key;
use super::registry::{Registry, Typed, number_value, text_value};
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
            registry.deadline().check()?;
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

/// None for a key without a type, since other programs keep things beside the services, and for a service that is marked for
/// deletion: `DeleteService` writes `DeleteFlag`, and the service manager deletes the key at its next start, before it starts
/// any service.
///
/// `Type` and `Start` are `REG_DWORD`s, the others strings (`CreateService`). A service whose `Type` is something else may or may
/// not be one for Windows, so how it starts is not known.
fn read(key: &Key<'_>) -> Found<Option<ServiceInfo>> {
    let service_type = match number_value(key, "Type")? {
        Typed::Absent => return Ok(None),
        Typed::Value(number) => Some(number),
        Typed::OtherType => None,
    };
    if matches!(number_value(key, "DeleteFlag")?, Typed::Value(1..)) {
        return Ok(None);
    }
    let driver = service_type.is_some_and(|number| number & DRIVER_TYPES != 0);
    let text = |name: &str| -> Found<Option<String>> {
        Ok(match text_value(key, name)? {
            Typed::Value(text) => Some(text),
            Typed::Absent | Typed::OtherType => None,
        })
    };
    Ok(Some(ServiceInfo {
        name: key.name()?,
        display_name: text("DisplayName")?,
        start: match number_value(key, "Start")? {
            _ if service_type.is_none() => ServiceStart::Unknown,
            Typed::Value(0) => ServiceStart::Boot,
            Typed::Value(1) => ServiceStart::System,
            Typed::Value(2) => ServiceStart::Automatic,
            Typed::Value(3) => ServiceStart::Manual,
            Typed::Value(4) => ServiceStart::Disabled,
            Typed::Value(_) | Typed::Absent | Typed::OtherType => ServiceStart::Unknown,
        },
        // A driver's `ObjectName` is no account.
        account: if driver { None } else { text("ObjectName")? },
        image_path: text("ImagePath")?,
        driver,
    }))
}
