//! The contents of a key, as far as they can be read.

use wardline_contract::{Deadline, RegistryData, RegistryKey, RegistryValue};

use super::bytes::unix_seconds;
use super::failure::Found;
use super::hive::registry_data;
use super::key::{Key, KeyError};
use super::secrets::withhold_password;

/// Limits of the answer for one key.
const MAX_VALUES: usize = 4096;
const MAX_SUBKEYS: usize = 16_384;
/// The limit for names and data together, in bytes. Names are counted first.
const MAX_BYTES: usize = 1 << 20;

/// Lists a key. `left_out` is called for everything in the key that cannot be read.
///
/// If the name of a value or subkey cannot be read, the listing is marked as truncated. A value whose data cannot be read, or do
/// not fit, is listed without data, as a value of another type.
pub(super) fn read(key: &Key<'_>, deadline: Deadline, mut left_out: impl FnMut(&KeyError)) -> Found<RegistryKey> {
    let mut room = MAX_BYTES;
    let mut take = |size: usize| room.checked_sub(size).map(|left| room = left).is_some();

    let values = key.values()?.map(|value| value.and_then(|value| Ok((value.name()?, value))));
    let (named, values_left) = with_names(values, MAX_VALUES, &mut take, deadline, &mut left_out)?;
    let subkeys = key.subkeys()?.map(|subkey| subkey.and_then(|subkey| Ok((subkey.name()?, ()))));
    let (subkeys, subkeys_left) = with_names(subkeys, MAX_SUBKEYS, &mut take, deadline, &mut left_out)?;
    let mut values = Vec::new();
    for (name, value) in named {
        let data = match value.bytes() {
            Ok(bytes) if take(bytes.len()) => registry_data(wardline_regf::Data::new(value.kind(), &bytes)),
            Ok(_) => RegistryData::Other(value.kind()),
            Err(error) if error.is_too_large() => RegistryData::Other(value.kind()),
            Err(error) => {
                left_out(&error);
                RegistryData::Other(value.kind())
            }
        };
        let data = withhold_password(&name, data);
        values.push(RegistryValue { name, data });
    }
    Ok(RegistryKey {
        values,
        subkeys: subkeys.into_iter().map(|(name, ())| name).collect(),
        truncated: values_left || subkeys_left,
        last_written: unix_seconds(key.last_written()?),
    })
}

/// Returns the members of a list with their names, up to `most` and as long as `take` has room for a name; and whether there are
/// others: more members, or members whose names cannot be read.
fn with_names<T>(
    members: impl Iterator<Item = Result<(String, T), KeyError>>,
    most: usize,
    take: &mut impl FnMut(usize) -> bool,
    deadline: Deadline,
    left_out: &mut impl FnMut(&KeyError),
) -> Found<(Vec<(String, T)>, bool)> {
    let (mut named, mut truncated) = (Vec::new(), false);
    for (index, member) in members.enumerate() {
        deadline.check()?;
        match member {
            Ok((name, member)) if index < most && take(name.len()) => named.push((name, member)),
            Ok(_) => return Ok((named, true)),
            Err(error) => {
                truncated = true;
                left_out(&error);
                if index >= most {
                    break;
                }
            }
        }
    }
    Ok((named, truncated))
}
