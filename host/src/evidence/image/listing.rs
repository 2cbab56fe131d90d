//! What a key holds, as far as it can be read.

use super::bytes::unix_seconds;
use super::failure::Found;
use super::hive::{HiveError, Key};
use super::registry::withhold_password;
use crate::contract::{RegistryData, RegistryKey, RegistryValue};
use crate::evidence::Deadline;

/// What a key's answer may hold.
const MAX_VALUES: usize = 4096;
const MAX_SUBKEYS: usize = 16_384;
/// Of names and data together, in bytes. Names go first.
const MAX_BYTES: usize = 1 << 20;

/// Lists a key. `left_out` is told of everything that the key should hold and that cannot be read.
///
/// A value or subkey whose name cannot be read makes the listing a truncated one. A value whose data cannot be read, or have no room,
/// is listed without them, as one of another type.
pub(super) fn read(key: &Key<'_>, deadline: Deadline, mut left_out: impl FnMut(&HiveError)) -> Found<RegistryKey> {
    let mut truncated = false;
    let mut room = MAX_BYTES;
    let mut take = |size: usize| room.checked_sub(size).map(|left| room = left).is_some();

    let mut named = Vec::new();
    for (index, value) in key.values()?.enumerate() {
        deadline.check()?;
        match value.and_then(|value| Ok((value.name()?, value))) {
            Ok((name, value)) if index < MAX_VALUES && take(name.len()) => named.push((name, value)),
            Ok(_) => {
                truncated = true;
                break;
            }
            Err(error) => {
                truncated = true;
                left_out(&error);
                if index >= MAX_VALUES {
                    break;
                }
            }
        }
    }
    let mut subkeys = Vec::new();
    for (index, subkey) in key.subkeys()?.enumerate() {
        deadline.check()?;
        match subkey.and_then(|subkey| subkey.name()) {
            Ok(name) if index < MAX_SUBKEYS && take(name.len()) => subkeys.push(name),
            Ok(_) => {
                truncated = true;
                break;
            }
            Err(error) => {
                truncated = true;
                left_out(&error);
                if index >= MAX_SUBKEYS {
                    break;
                }
            }
        }
    }
    let mut values = Vec::new();
    for (name, value) in named {
        let data = match value.bytes() {
            Ok(bytes) if take(bytes.len()) => RegistryData::from(wardline_regf::Data::new(value.kind(), &bytes)),
            Ok(_) | Err(HiveError::TooLarge { .. }) => RegistryData::Other(value.kind()),
            Err(error) => {
                left_out(&error);
                RegistryData::Other(value.kind())
            }
        };
        let data = withhold_password(&name, data);
        values.push(RegistryValue { name, data });
    }
    Ok(RegistryKey { values, subkeys, truncated, last_written: unix_seconds(key.last_written()) })
}
