//! Local groups and their members.

use std::collections::{BTreeMap, BTreeSet};

use wardline_contract::{Deadline, Group, GroupMember};
use wardline_sam::Sid;
use wardline_sam::alias::{Alias, groups_of_member};

use super::names::Names;
use super::{DOMAINS, Faults, MAX_ENTRIES, TEXTS, accounts, machine_sid, rid_of, value};
use crate::image::failure::optional;
use crate::image::failure::{Failure, Found};
use crate::image::key::Key;
use crate::image::registry::Registry;
use crate::image::room::Room;
use crate::image::{names as windows_names, system};

/// The maximum number of members of all groups together. Many groups may share one long list.
const MAX_MEMBERS: usize = 131_072;

/// The name of a member that represents unreadable ones, and the prefix of a group's SID whose domain is unknown. Documented in
/// `types.wit`.
const UNREADABLE: &str = "(unreadable)";

/// Lists the groups that every Windows has, and those created on this computer. Damage is recorded in `faults`, and a group whose
/// list of members may be incomplete is marked as such.
pub(in crate::image) fn groups(registry: &Registry, faults: &mut Faults) -> Found<Vec<Group>> {
    if system::is_active_directory(registry)? {
        return Err(Failure::Unsupported);
    }
    let machine_sid = match machine_sid(registry) {
        Ok(sid) => Some(sid),
        Err(Failure::Unreadable(reason)) => {
            faults.add(reason);
            None
        }
        Err(failure) => return Err(failure),
    };
    let mut groups = Vec::new();
    let (mut texts, mut members) = (Room::new(TEXTS, registry.deadline()), MAX_MEMBERS);
    for (domain, sid) in [("Builtin", Some(Sid::builtin())), ("Account", machine_sid.clone())] {
        let aliases = format!(r"{DOMAINS}\{domain}\Aliases");
        let found = optional(registry.with_key(&aliases, |aliases| {
            let names = Names::read(&aliases, faults, &mut texts)?;
            let index = index_of_members(&aliases, faults, registry.deadline())?;
            let (texts, members) = (&mut texts, &mut members);
            Reader { sid: sid.as_ref(), names, index, faults, texts, members }.read_all(&aliases)
        }))?;
        groups.extend(found.unwrap_or_default());
    }
    name_members(registry, machine_sid.as_ref(), &mut groups);
    Ok(groups)
}

fn too_many_members() -> Failure {
    Failure::Unreadable(format!("the groups in the SAM have more than {MAX_MEMBERS} members"))
}

/// Members by the RID of the group, from the index that Windows uses to look up the groups of a logon: one key per domain,
/// containing one key per RID.
type Index = BTreeMap<u32, BTreeSet<String>>;

/// Reads the index, or `None` if it cannot be read to the end: then it says nothing about who is not in it.
fn index_of_members(aliases: &Key<'_>, faults: &mut Faults, deadline: Deadline) -> Found<Option<Index>> {
    let mut index = Index::new();
    let mut room = MAX_MEMBERS;
    let mut read = || -> Result<bool, String> {
        let text = |error: crate::image::key::KeyError| error.to_string();
        let Some(domains) = aliases.subkey("Members").map_err(text)? else { return Err("it is missing".to_owned()) };
        let check = || deadline.check().map_err(|passed| passed.to_string());
        for (number, domain) in domains.subkeys().map_err(text)?.enumerate() {
            check()?;
            if number == MAX_ENTRIES {
                return Err(format!("it has more than {MAX_ENTRIES} domains"));
            }
            let domain = domain.map_err(text)?;
            let domain_sid = domain.name().map_err(text)?.to_ascii_uppercase();
            for member in domain.subkeys().map_err(text)? {
                let member = member.map_err(text)?;
                check()?;
                let name = member.name().map_err(text)?;
                let rid = rid_of(&name).ok_or_else(|| format!("{domain_sid}\\{name} is not a RID"))?;
                for group in groups_of_member(&value(&member, "")?) {
                    let Some(left) = room.checked_sub(1) else { return Ok(false) };
                    room = left;
                    index.entry(group).or_default().insert(format!("{domain_sid}-{rid}"));
                }
            }
        }
        Ok(true)
    };
    match read() {
        Ok(true) => Ok(Some(index)),
        Ok(false) => Err(too_many_members()),
        Err(reason) => {
            deadline.check()?;
            faults.add(format!("the index of groups' members cannot be read: {reason}"));
            Ok(None)
        }
    }
}

/// The context for reading the groups of one domain.
struct Reader<'a> {
    /// `None` if the domain's SID is unknown.
    sid: Option<&'a Sid>,
    names: Names,
    index: Option<Index>,
    faults: &'a mut Faults,
    texts: &'a mut Room,
    /// The number of members still allowed.
    members: &'a mut usize,
}

impl Reader<'_> {
    /// Reads the groups, sorted by RID.
    fn read_all(&mut self, aliases: &Key<'_>) -> Found<Vec<Group>> {
        let mut groups = Vec::new();
        let mut unreadable = Vec::new();
        for (number, alias) in aliases.subkeys()?.enumerate() {
            self.texts.check_time()?;
            if number > MAX_ENTRIES {
                return Err(Failure::Unreadable(format!("there are more than {MAX_ENTRIES} groups")));
            }
            match alias.and_then(|alias| Ok((alias.name()?, alias))) {
                Ok((name, alias)) => match rid_of(&name) {
                    Some(rid) => {
                        let group = self.read(&alias, rid);
                        groups.push(self.counted(group)?);
                    }
                    None if ["Names", "Members"].iter().any(|known| windows_names::same(&name, known)) => {}
                    None => self.faults.add(format!("the key {name} below Aliases is not a group")),
                },
                Err(error) => unreadable.push(error.to_string()),
            }
        }
        let mut known = groups.iter().map(|group| group.rid).collect::<BTreeSet<_>>();
        let mut reasons = unreadable.into_iter();
        for rid in self.names.rids().chain(self.index.iter().flat_map(Index::keys).copied()).collect::<Vec<_>>() {
            if known.insert(rid) {
                let reason = reasons.next().unwrap_or_else(|| "its key is missing".to_owned());
                let group = self.group(rid, None, Vec::new(), vec![reason]);
                groups.push(self.counted(group)?);
            }
        }
        for reason in reasons {
            self.faults.add(format!("a group cannot be read: {reason}"));
        }
        groups.sort_by_key(|group| group.rid);
        Ok(groups)
    }

    /// Returns the group if there is room for it.
    fn counted(&mut self, group: Group) -> Found<Group> {
        self.texts.take(group.name.len())?;
        *self.members = self.members.checked_sub(group.members.len()).ok_or_else(too_many_members)?;
        Ok(group)
    }

    fn read(&mut self, key: &Key<'_>, rid: u32) -> Group {
        let mut damage = Vec::new();
        let stored = value(key, "C").map_err(|reason| damage.push(reason)).ok();
        let alias =
            stored.as_deref().and_then(|bytes| Alias::read(bytes).map_err(|error| damage.push(error.to_string())).ok());
        if let Some(other) = alias.map(|alias| alias.rid).filter(|other| *other != rid) {
            damage.push(format!("C has the RID {other}"));
        }
        let name = alias.and_then(|alias| alias.name().map_err(|error| damage.push(error.to_string())).ok());
        let members = alias.and_then(|alias| alias.members().map_err(|error| damage.push(error.to_string())).ok());
        let mut found = Vec::new();
        if let Some(members) = members {
            if !members.are_complete() {
                let of = format!("{} of the {} members in C", members.found.iter().flatten().count(), members.expected);
                let reason = members.found.iter().find_map(|member| member.as_ref().err());
                damage.push(match reason {
                    Some(reason) => format!("{of} can be read: {reason}"),
                    None => format!("{of} are present"),
                });
            }
            found.extend(members.found.into_iter().flatten().map(|sid| sid.to_string()));
        }
        self.group(rid, name, found, damage)
    }

    fn group(&mut self, rid: u32, name: Option<String>, mut sids: Vec<String>, damage: Vec<String>) -> Group {
        let name = name.filter(|name| !name.is_empty()).or_else(|| self.names.of(rid).first().cloned());
        let name = name.unwrap_or_else(|| format!("RID {rid}"));
        let by_record = sids.iter().cloned().collect::<BTreeSet<_>>();
        let by_index = self.index.as_ref().map(|index| index.get(&rid).cloned().unwrap_or_default());
        for sid in by_index.iter().flatten().filter(|sid| !by_record.contains(*sid)) {
            // A damaged list says nothing about who is not in it.
            if damage.is_empty() {
                self.faults.add(format!("the group {name} (RID {rid}): Members lists {sid}, C does not"));
            }
            sids.push(sid.clone());
        }
        let mut members = sids.into_iter().map(|sid| GroupMember { sid, name: None }).collect::<Vec<_>>();
        if !damage.is_empty() {
            self.faults.add(format!("the group {name} (RID {rid}): {}", damage.join("; ")));
            members.push(GroupMember { sid: String::new(), name: Some(UNREADABLE.to_owned()) });
        }
        let sid = self.sid.map_or_else(|| format!("{UNREADABLE}-{rid}"), |sid| sid.with_rid(rid).to_string());
        Group { name, rid, sid, members }
    }
}

/// Returns the English name of an identity that is the same everywhere. Identities of a domain have none here, since the domain is
/// not known.
pub(super) fn well_known_name(sid: &str) -> Option<&'static str> {
    if sid.starts_with("S-1-5-21-") { None } else { wardline_windows_words::name_of_sid(sid) }
}

/// Fills in the names of members. If the accounts cannot be read, members keep only their SIDs.
fn name_members(registry: &Registry, machine_sid: Option<&Sid>, groups: &mut [Group]) {
    let mut names = groups.iter().map(|group| (group.sid.clone(), group.name.clone())).collect::<BTreeMap<_, _>>();
    if let Some(machine_sid) = machine_sid {
        let accounts = accounts::names(registry).unwrap_or_default().into_iter();
        names.extend(accounts.map(|(rid, name)| (machine_sid.with_rid(rid).to_string(), name)));
    }
    for member in groups.iter_mut().flat_map(|group| &mut group.members) {
        if member.name.is_none() {
            let well_known = || Some(well_known_name(&member.sid)?.to_owned());
            member.name = names.get(&member.sid).cloned().or_else(well_known);
        }
    }
}
