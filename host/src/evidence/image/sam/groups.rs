//! Local groups and their members.

use super::{DOMAINS, MAX_ENTRIES, accounts, binary, damaged, entry, machine_sid, rid_of};
use crate::contract::{Group, GroupMember};
use crate::evidence::image::bytes::{u32_at, utf16};
use crate::evidence::image::descriptor;
use crate::evidence::image::failure::{Failure, Found};
use crate::evidence::image::registry::{Registry, optional};
use crate::evidence::image::system;

/// In the record `C`.
const RID_AT: usize = 0;
const NAME_AT: usize = 16;
const MEMBERS_AT: usize = 40;
const MEMBER_COUNT_AT: usize = 48;
const RECORD_BASE: usize = 52;

const BUILTIN_SID: &str = "S-1-5-32";

/// The groups that every Windows has, and those that were made on this computer.
pub(in crate::evidence::image) fn groups(registry: &Registry) -> Found<Vec<Group>> {
    if system::is_active_directory(registry)? {
        return Err(Failure::Unsupported);
    }
    let machine_sid = machine_sid(registry)?;
    let mut groups = Vec::new();
    for (domain, sid) in [("Builtin", BUILTIN_SID), ("Account", &machine_sid)] {
        let aliases = format!(r"{DOMAINS}\{domain}\Aliases");
        let found = optional(registry.with_key(&aliases, |aliases| {
            let mut found = Vec::new();
            for alias in aliases.subkeys()? {
                registry.check_time()?;
                let alias = alias?;
                let Some(rid) = rid_of(&alias.name()?) else { continue };
                if found.len() == MAX_ENTRIES {
                    return Err(Failure::Unreadable(format!("there are more than {MAX_ENTRIES} groups")));
                }
                let group = read(&binary(&alias, "C")?, rid, sid);
                found.push(group.ok_or_else(|| damaged(&format!("the group with the RID {rid} cannot be read")))?);
            }
            Ok(found)
        }))?;
        let mut found = found.unwrap_or_default();
        found.sort_by_key(|group| group.rid);
        groups.extend(found);
    }
    name_members(registry, &machine_sid, &mut groups);
    Ok(groups)
}

fn read(record: &[u8], rid: u32, domain_sid: &str) -> Option<Group> {
    if u32_at(record, RID_AT)? != rid {
        return None;
    }
    let name = utf16(entry(record, NAME_AT, RECORD_BASE)?);
    let mut sids = entry(record, MEMBERS_AT, RECORD_BASE)?;
    let mut members = Vec::new();
    for _ in 0..u32_at(record, MEMBER_COUNT_AT)? {
        let (sid, length) = descriptor::sid(sids)?;
        members.push(GroupMember { sid, name: None });
        sids = sids.get(length..)?;
    }
    Some(Group { name, rid, sid: format!("{domain_sid}-{rid}"), members })
}

/// Where the accounts cannot be read the members keep their SIDs.
fn name_members(registry: &Registry, machine_sid: &str, groups: &mut [Group]) {
    let accounts = accounts::names(registry).unwrap_or_default();
    let group_names = groups.iter().map(|group| (group.sid.clone(), group.name.clone())).collect::<Vec<_>>();
    for member in groups.iter_mut().flat_map(|group| &mut group.members) {
        let local = || {
            let rid = member.sid.strip_prefix(machine_sid)?.strip_prefix('-')?.parse::<u32>().ok()?;
            accounts.iter().find(|(known, _)| *known == rid).map(|(_, name)| name.clone())
        };
        let group = || group_names.iter().find(|(sid, _)| *sid == member.sid).map(|(_, name)| name.clone());
        member.name = descriptor::well_known_name(&member.sid).map(str::to_owned).or_else(local).or_else(group);
    }
}
