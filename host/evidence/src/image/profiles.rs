//! The profiles of people who have logged on.

use std::collections::BTreeMap;

use wardline_contract::Profile;

use super::failure::optional;
use super::failure::{Failure, Found};
use super::folder::Folder;
use super::registry::Registry;
use super::room::Room;
use super::typed::{Typed, text_value};
use super::{names, sam};

const PROFILE_LIST: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";

/// The maximum number of profiles listed.
const MAX_PROFILES: usize = 65_536;

/// The SID prefixes of people: of a computer or domain, and of Microsoft's cloud directory. Services have others.
const PEOPLE: [&str; 2] = ["S-1-5-21-", "S-1-12-1-"];

/// The SID of a profile whose key cannot be read: it may be a person's. Documented in `types.wit`.
const UNREADABLE_SID: &str = "S-1-5-21-(unreadable)";

/// Lists the profiles in the registry's order. An unreadable profile is listed as not loaded.
pub(super) fn profiles(registry: &Registry, folder: &Folder) -> Found<Vec<Profile>> {
    let stored = optional(registry.with_key(PROFILE_LIST, |list| {
        let mut stored = Vec::new();
        let mut room = Room::new("the names and paths of profiles", registry.deadline());
        for profile in list.subkeys()? {
            room.check_time()?;
            // The person has a profile even if its path is unknown.
            let (sid, path) = match profile.and_then(|profile| Ok((profile.name()?, profile))) {
                Ok((sid, _)) if !is_person(&sid) => continue,
                Ok((sid, profile)) => match text_value(&profile, "ProfileImagePath") {
                    Ok(Typed::Absent) => continue,
                    Ok(path) => (sid, path.known()),
                    Err(error) => {
                        registry.note_damage(PROFILE_LIST, &error);
                        (sid, None)
                    }
                },
                Err(error) => {
                    registry.note_damage(PROFILE_LIST, &error);
                    (UNREADABLE_SID.to_owned(), None)
                }
            };
            if stored.len() == MAX_PROFILES {
                return Err(Failure::Unreadable(format!("there are more than {MAX_PROFILES} profiles")));
            }
            // The name is the path's last component and may be as long as the path.
            room.take(sid.len() + 2 * path.as_ref().map_or(0, String::len))?;
            stored.push((sid, path));
        }
        Ok(stored)
    }))?;
    let machine_sid = sam::machine_sid(registry).ok();
    let accounts = sam::accounts::names(registry).unwrap_or_default().into_iter().collect::<BTreeMap<_, _>>();
    let machine_sid = machine_sid.map(|sid| sid.to_string());
    let account_name = |sid: &str| {
        let rid = sid.strip_prefix(machine_sid.as_deref()?)?.strip_prefix('-')?.parse::<u32>().ok()?;
        accounts.get(&rid).cloned()
    };
    let stored = stored.unwrap_or_default().into_iter();
    stored
        .map(|(sid, path)| {
            let loaded = path.as_deref().is_some_and(|path| has_hive(registry, folder, path));
            // An interrupted search says nothing.
            registry.deadline().check()?;
            let path = path.unwrap_or_default();
            let of_folder = || names::components(&path).last().map(str::to_owned);
            let name = account_name(&sid).or_else(of_folder).unwrap_or_else(|| sid.clone());
            Ok(Profile { loaded, name, sid, path })
        })
        .collect()
}

/// Returns whether a SID is `S-1-5-21-…` or similar, without the suffix `.bak` that Windows appends for a profile that it could not
/// load.
fn is_person(sid: &str) -> bool {
    PEOPLE.iter().any(|start| sid.len() > start.len() && names::same(sid.get(..start.len()).unwrap_or_default(), start))
        && sid.chars().skip(1).all(|character| character.is_ascii_digit() || character == '-')
}

fn has_hive(registry: &Registry, folder: &Folder, path: &str) -> bool {
    registry.profile_components(path).is_ok_and(|mut components| {
        components.push("NTUSER.DAT".to_owned());
        folder.find_file(&components).is_ok()
    })
}
