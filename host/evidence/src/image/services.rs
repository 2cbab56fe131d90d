//! Services and drivers, as `HKLM\SYSTEM\CurrentControlSet\Services` lists them.

use wardline_contract::{ServiceInfo, ServiceStart};

use super::failure::{Failure, Found};
use super::key::{Key, KeyError};
use super::registry::Registry;
use super::room::Room;
use super::typed::{Typed, number_value, text_value};

pub(super) const SERVICES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";

/// The maximum number of services listed.
const MAX_SERVICES: usize = 16_384;

/// The driver types: kernel, file system, adapter, recognizer.
const DRIVER_TYPES: u32 = 0x1 | 0x2 | 0x4 | 0x8;

pub(super) fn service(registry: &Registry, name: &str) -> Found<ServiceInfo> {
    if name.is_empty() || name.contains('\\') {
        return Err(Failure::Absent);
    }
    registry.with_key(&format!("{SERVICES}\\{name}"), |key| read(&key)?.ok_or(Failure::Absent))
}

/// The name of a service whose name cannot be read. Documented in `types.wit`.
const UNREADABLE: &str = "(unreadable)";

/// Lists the services in the registry's order. An unreadable service is listed with its name only.
pub(super) fn services(registry: &Registry) -> Found<Vec<ServiceInfo>> {
    registry.with_key(SERVICES, |services| {
        let mut found = Vec::new();
        let mut any_is_readable = false;
        let mut room = Room::new("the texts of services", registry.deadline());
        for key in services.subkeys()? {
            room.check_time()?;
            let service = match key.and_then(|key| Ok((key.name()?, key))) {
                Ok((name, key)) => read(&key).map_err(|error| (name, error)),
                Err(error) => Err((UNREADABLE.to_owned(), error)),
            };
            let service = match service {
                Ok(None) => continue,
                Ok(Some(service)) => {
                    any_is_readable = true;
                    service
                }
                Err((name, error)) => {
                    registry.note_damage(SERVICES, &error);
                    unknown(name)
                }
            };
            if found.len() == MAX_SERVICES {
                return Err(Failure::Unreadable(format!("there are more than {MAX_SERVICES} services")));
            }
            room.take(size(&service))?;
            found.push(service);
        }
        // Windows does not boot without services.
        if !any_is_readable {
            return Err(Failure::Unreadable(format!("no service is listed in {SERVICES}, and every Windows has some")));
        }
        Ok(found)
    })
}

/// Returns a service of which only the name is known.
fn unknown(name: String) -> ServiceInfo {
    let start = ServiceStart::Unknown;
    ServiceInfo { name, display_name: None, start, account: None, image_path: None, driver: false }
}

/// The size of a service's texts, in bytes.
fn size(service: &ServiceInfo) -> usize {
    let optional = [&service.display_name, &service.account, &service.image_path];
    service.name.len() + optional.into_iter().flatten().map(String::len).sum::<usize>()
}

/// Reads a service. Returns `None` for a key without a type, since other programs store data beside the services, and for a service
/// marked for deletion: `DeleteService` writes `DeleteFlag`, and the service manager deletes the key at its next start, before it
/// starts any service.
///
/// `Type` and `Start` are `REG_DWORD`s, the others strings (`CreateService`). If `Type` has another type, Windows may or may not
/// treat the key as a service, so its start type is unknown.
fn read(key: &Key<'_>) -> Result<Option<ServiceInfo>, KeyError> {
    let service_type = match number_value(key, "Type")? {
        Typed::Absent => return Ok(None),
        Typed::Value(number) => Some(number),
        Typed::OtherType => None,
    };
    if matches!(number_value(key, "DeleteFlag")?, Typed::Value(1..)) {
        return Ok(None);
    }
    let driver = service_type.is_some_and(|number| number & DRIVER_TYPES != 0);
    let text = |name: &str| text_value(key, name).map(Typed::known);
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
        // A driver's `ObjectName` is not an account.
        account: if driver { None } else { text("ObjectName")? },
        image_path: text("ImagePath")?,
        driver,
    }))
}
