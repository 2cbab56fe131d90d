//! The key `Names` beside accounts and groups: it has one key per name, whose default value has the RID as its type.

use std::collections::BTreeMap;

use super::{Faults, MAX_ENTRIES};
use crate::image::failure::{Failure, Found};
use crate::image::key::{Key, KeyError};
use crate::image::room::Room;

#[derive(Debug, Default)]
pub(super) struct Names {
    by_rid: BTreeMap<u32, Vec<String>>,
    /// Whether all names could be read.
    complete: bool,
}

impl Names {
    /// Reads the names below the key of accounts or groups. An unreadable name is recorded as a fault and does not affect the
    /// others.
    pub(super) fn read(parent: &Key<'_>, faults: &mut Faults, room: &mut Room) -> Found<Names> {
        let listed = parent.subkey("Names").and_then(|names| names.map(|names| names.subkeys()).transpose());
        let listed = match listed {
            Ok(Some(listed)) => listed,
            Ok(None) => {
                faults.add("the key Names is missing".to_owned());
                return Ok(Names::default());
            }
            Err(error) => {
                faults.add(format!("the key Names cannot be read: {error}"));
                return Ok(Names::default());
            }
        };
        let mut names = Names { by_rid: BTreeMap::new(), complete: true };
        for (number, key) in listed.enumerate() {
            if number == MAX_ENTRIES {
                return Err(Failure::Unreadable(format!("there are more than {MAX_ENTRIES} names in the SAM")));
            }
            room.check_time()?;
            match key.and_then(|key| entry(&key)) {
                Ok((name, Some(rid))) => {
                    room.take(name.len())?;
                    names.by_rid.entry(rid).or_default().push(name);
                }
                Ok((name, None)) => {
                    names.complete = false;
                    faults.add(format!("the name {name} has no RID"));
                }
                Err(error) => {
                    names.complete = false;
                    faults.add(format!("a name cannot be read: {error}"));
                }
            }
        }
        Ok(names)
    }

    /// Returns the names of a RID: one, unless they were tampered with.
    pub(super) fn of(&self, rid: u32) -> &[String] {
        self.by_rid.get(&rid).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns whether a RID certainly has no name.
    pub(super) fn lacks(&self, rid: u32) -> bool {
        self.complete && !self.by_rid.contains_key(&rid)
    }

    pub(super) fn rids(&self) -> impl Iterator<Item = u32> + '_ {
        self.by_rid.keys().copied()
    }
}

fn entry(key: &Key<'_>) -> Result<(String, Option<u32>), KeyError> {
    Ok((key.name()?, key.value("")?.map(|value| value.kind())))
}
