//! MBSA 121: shared folders that anyone on the network may change.
//!
//! Only the share's own permissions are judged. Those of the folder restrict access further, but to ask for them the plugin
//! would have to declare every possible folder.

use std::collections::BTreeMap;

use wardline_plugin::prelude::*;
use wardline_plugin::words;

use crate::principal::{Kind, principal};
use crate::release::parse_version;
use crate::wording::{counted, listed, with_remedies, with_table};

/// The key in which the server service stores the permissions of shares, as security descriptors by share name. Read so that
/// revoked permissions can be restored.
const STORED: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Shares\Security";

/// The maximum number of shares to restrict at once.
const MAX_RESTRICTED: usize = 500;

const EVERYONE: &str = "S-1-1-0";
const ANONYMOUS: &str = "S-1-5-7";

/// Two of the access levels in the dialog for shares.
const FULL_CONTROL: u32 = 0x001F_01FF;
const READ: u32 = 0x0012_00A9;

/// Every right in an access mask that allows a change: data, attributes, names, permissions, and their generic forms.
const WRITING: u32 = 0x0002 | 0x0004 | 0x0010 | 0x0040 | 0x0100 | 0x0001_0000 | 0x000C_0000 | 0x5000_0000;

/// The maximum number of entries in a cell.
const MAX_SHOWN: usize = 10;

pub(crate) struct Shares;

impl Check for Shares {
    const INFO: CheckInfo =
        CheckInfo::new("shares", "Shares").mbsa(121).columns(&["Share", "Folder", "Share permissions"]).explanation(
            "Anyone can replace the files of a share that everyone can write to: worms spread over such shares, and \
             users run what others put there.",
        );
    const ASKS: &'static [Asks] = &[Asks::System, Asks::Shares, Asks::Registry(STORED)];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let shares = evidence.shares().await.required()?;
        let system = evidence.system().await;
        let default = if shares.iter().any(|share| share.permissions.is_none() && !is_administrative(share)) {
            let system = system.clone().required()?;
            Some(default_permissions(&system).ok_or_else(|| {
                let reason =
                    format!("The default permissions of a share are not known for Windows {}.", system.version);
                Unable::new(reason).because(&shares).because(&system)
            })?)
        } else {
            None
        };
        let mut open: Vec<(&Share, Vec<&str>, &Permissions)> = Vec::new();
        let mut unreadable: Vec<(&str, &str)> = Vec::new();
        let mut rows = Vec::new();
        for share in shares.iter() {
            let path = share.path.clone();
            if let Some(reason) = share.damage() {
                unreadable.push((&share.name, reason));
                rows.push(([share.name.clone(), path, "could not be read".to_owned()], Grade::UnableToScan));
                continue;
            }
            let Some(permissions) =
                share.permissions.as_ref().or(default.as_ref().filter(|_| !is_administrative(share)))
            else {
                rows.push(([share.name.clone(), path, "Windows' own".to_owned()], Grade::Informational));
                continue;
            };
            let writers = who_may_write(permissions);
            let grade = if writers.is_empty() { Grade::Passed } else { Grade::NonCritical };
            let by_default = if share.permissions.is_none() { " (Windows' default)" } else { "" };
            rows.push(([share.name.clone(), path, format!("{}{by_default}", shown(permissions))], grade));
            if !writers.is_empty() {
                open.push((share, writers, permissions));
            }
        }
        let finding = if shares.is_empty() {
            Finding::passed("No shares are set up; those that Windows creates for administrators are not checked.")
        } else if open.is_empty()
            && let Some((_, reason)) = unreadable.first()
        {
            let names: Vec<&str> = unreadable.iter().map(|(name, _)| *name).collect();
            Finding::new(
                Grade::UnableToScan,
                format!("Whether everyone can write to {} could not be determined: {reason}.", listed(&names)),
            )
        } else if open.is_empty() {
            Finding::passed(format!(
                "{} checked: none can be written to by everyone who can log on, or without logging on.",
                counted(shares.len(), "share")
            ))
        } else {
            let names: Vec<String> = open
                .iter()
                .map(|(share, writers, _)| format!("{} ({})", share.name, listed(&names_of(writers))))
                .collect();
            let not_told: Vec<&str> = unreadable.iter().map(|(name, _)| *name).collect();
            let not_told = if not_told.is_empty() {
                String::new()
            } else {
                format!(" The permissions of {} could not be read.", listed(&not_told))
            };
            Finding::non_critical(format!(
                "{} of {} can be written to by everyone: {}.{not_told}",
                open.len(),
                counted(shares.len(), "share"),
                listed(&names)
            ))
        };
        let finding = with_table(finding, rows).because(&shares);
        let finding = if default.is_some() { finding.because(&system) } else { finding };
        open.truncate(MAX_RESTRICTED);
        let stored = join_all(open.iter().map(|(share, ..)| evidence.registry_value(STORED, &share.name))).await;
        let remedies = open.into_iter().zip(stored).map(|((share, writers, permissions), stored)| {
            restrict(share, &writers, give_back(share, permissions, stored))
        });
        Ok(with_remedies(finding, remedies))
    }
}

/// Whether a share is one that Windows creates for administrators at each start and protects itself.
fn is_administrative(share: &Share) -> bool {
    let name = share.name.to_ascii_uppercase();
    matches!(name.as_str(), "ADMIN$" | "IPC$")
        || matches!(name.as_bytes(), [letter, b'$'] if letter.is_ascii_alphabetic())
}

/// The default permissions of a share without any: full control for Everyone up to Windows 2000 and the original XP, and read
/// access for Everyone from then on ("Share permissions" in Windows Server 2003's help).
fn default_permissions(system: &SystemInfo) -> Option<Permissions> {
    let version = parse_version(&system.version)?;
    let mask = if version > (5, 1) || (version == (5, 1) && system.service_pack > 0) { READ } else { FULL_CONTROL };
    let everyone = AccessEntry { access_type: AccessType::Allow, sid: EVERYONE.to_owned(), mask, inherit_only: false };
    Some(Permissions { owner: None, access: Some(vec![everyone]) })
}

/// Returns the SIDs that may change something and whose members were not chosen.
fn who_may_write(permissions: &Permissions) -> Vec<&str> {
    let Some(access) = &permissions.access else { return vec![EVERYONE] };
    let granted = granted_to_everybody(access);
    granted.into_iter().filter(|(_, rights)| rights & WRITING != 0).map(|(sid, _)| sid).collect()
}

/// Returns the rights that the list grants to each SID of [`Kind::Everybody`]. Entries are read in order, as in Windows: a
/// right that is denied before it is granted stays denied. Rights denied to Everyone are also denied to the others, but from
/// XP on not to anonymous users.
fn granted_to_everybody(access: &[AccessEntry]) -> BTreeMap<&str, u32> {
    let mut granted: BTreeMap<&str, u32> = BTreeMap::new();
    let mut denied: BTreeMap<&str, u32> = BTreeMap::new();
    for entry in access.iter().filter(|entry| !entry.inherit_only) {
        let sid = entry.sid.as_str();
        if principal(sid).0 != Kind::Everybody {
            continue;
        }
        match entry.access_type {
            AccessType::Allow => {
                let denied_to = |sid: &str| denied.get(sid).copied().unwrap_or_default();
                let denied_to_all = if sid == ANONYMOUS { 0 } else { denied_to(EVERYONE) };
                *granted.entry(sid).or_default() |= specific(entry.mask) & !(denied_to(sid) | denied_to_all);
            }
            AccessType::Deny => *denied.entry(sid).or_default() |= specific(entry.mask),
            AccessType::Audit => {}
        }
    }
    granted
}

/// Expands generic rights to specific ones, so that a denied full control removes a granted generic right.
fn specific(mask: u32) -> u32 {
    const GENERIC_ALL: u32 = 0x1000_0000;
    const GENERIC_WRITE: u32 = 0x4000_0000;
    const FILE_GENERIC_WRITE: u32 = 0x0012_0116;
    let mut rights = mask & !(GENERIC_ALL | GENERIC_WRITE);
    if mask & GENERIC_ALL != 0 {
        rights |= FULL_CONTROL;
    }
    if mask & GENERIC_WRITE != 0 {
        rights |= FILE_GENERIC_WRITE;
    }
    rights
}

fn shown(permissions: &Permissions) -> String {
    let Some(access) = &permissions.access else { return "no list: everyone has full control".to_owned() };
    let entries: Vec<&AccessEntry> =
        access.iter().filter(|entry| !entry.inherit_only && entry.access_type != AccessType::Audit).collect();
    if entries.is_empty() {
        return "nobody".to_owned();
    }
    let mut shown: Vec<String> = entries.iter().take(MAX_SHOWN).map(|entry| shown_entry(entry)).collect();
    if entries.len() > MAX_SHOWN {
        shown.push(format!("and {} more", entries.len() - MAX_SHOWN));
    }
    shown.join("; ")
}

fn shown_entry(entry: &AccessEntry) -> String {
    let denied = if entry.access_type == AccessType::Deny { "denied " } else { "" };
    let rights = words::access(words::Object::File, entry.mask);
    format!("{}: {denied}{rights}", words::name_of_sid(&entry.sid).unwrap_or(&entry.sid))
}

fn names_of<'a>(sids: &[&'a str]) -> Vec<&'a str> {
    sids.iter().map(|sid| words::name_of_sid(sid).unwrap_or(sid)).collect()
}

fn restrict(share: &Share, writers: &[&str], undo: Operation) -> Remedy {
    let restricted = RestrictAccess {
        object: share.name.clone(),
        sids: writers.iter().map(|&sid| sid.to_owned()).collect(),
        keep_mask: READ,
    };
    Remedy::new(Operation::RestrictShare(restricted))
        .undo(undo)
        .risk("People who write to this share need a group of their own with permission to do so.")
        .article("https://learn.microsoft.com/previous-versions/windows/it-pro/windows-server-2003/cc784499(v=ws.10)")
}

/// Returns the operation that restores the earlier permissions. Windows writes the data after the restriction, so they are
/// not stated.
fn give_back(share: &Share, permissions: &Permissions, stored: Reply<RegistryData>) -> Operation {
    let (key, name) = (STORED.to_owned(), share.name.clone());
    match stored.optional().map(Witness::into_value) {
        Ok(Some(descriptor)) => {
            Operation::SetRegistryValue(SetRegistryValue { key, name, before: None, after: descriptor })
        }
        Ok(None) if share.permissions.is_none() => {
            Operation::DeleteRegistryValue(DeleteRegistryValue { key, name, before: RegistryData::None })
        }
        _ => Operation::ManualStep(format!(
            "Restore the permissions of the share \"{}\": {}.",
            share.name,
            shown(permissions)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGE: u32 = 0x0013_01BF;
    use crate::Os;
    use crate::checks::tests::actions_of;
    use crate::product::tests::machine;
    use AccessType::{Allow, Deny};
    use wardline_plugin::testing::Bench;

    const ID: &str = Shares::INFO.id;

    const USERS: &str = "S-1-5-32-545";
    const DOMAIN_USERS: &str = "S-1-5-21-7-8-9-513";
    const ADMINISTRATORS: &str = "S-1-5-32-544";

    fn share(name: &str, permissions: Option<Permissions>) -> Share {
        Share { name: name.to_owned(), path: format!(r"C:\{name}"), remark: None, permissions }
    }

    fn list(entries: &[(AccessType, &str, u32)]) -> Option<Permissions> {
        let entry = |&(access_type, sid, mask): &(AccessType, &str, u32)| AccessEntry {
            access_type,
            sid: sid.to_owned(),
            mask,
            inherit_only: false,
        };
        Some(Permissions { owner: None, access: Some(entries.iter().map(entry).collect()) })
    }

    fn bench(version: &str, service_pack: u32, shares: Vec<Share>) -> Bench {
        Bench::new()
            .fact(Question::System, Fact::System(machine(version, 2195, service_pack, Role::Server, &[])))
            .fact(Question::Shares, Fact::Shares(shares))
    }

    #[test]
    fn nobody_in_particular_may_write() {
        for (entries, writers) in [
            (&[][..], 0),
            (&[(Allow, EVERYONE, READ)], 0),
            (&[(Allow, ADMINISTRATORS, FULL_CONTROL), (Allow, EVERYONE, READ)], 0),
            (&[(Allow, EVERYONE, FULL_CONTROL)], 1),
            (&[(Allow, EVERYONE, CHANGE)], 1),
            (&[(Allow, USERS, CHANGE), (Allow, "S-1-5-11", CHANGE)], 2),
            (&[(Allow, ANONYMOUS, 0x2)], 1),
            (&[(Allow, EVERYONE, 0x1000_0000)], 1),
            (&[(Allow, EVERYONE, 0x4000_0000)], 1),
            (&[(Allow, EVERYONE, 0x8000_0000)], 0),
            (&[(Allow, EVERYONE, 0x0004_0000)], 1),
            (&[(Deny, EVERYONE, FULL_CONTROL), (Allow, USERS, CHANGE)], 0),
            (&[(Deny, EVERYONE, 0x1000_0000), (Allow, USERS, CHANGE)], 0),
            (&[(Deny, EVERYONE, FULL_CONTROL), (Allow, ANONYMOUS, CHANGE)], 1),
            (&[(Allow, USERS, CHANGE), (Deny, USERS, FULL_CONTROL)], 1),
            (&[(Deny, USERS, READ), (Allow, USERS, 0x2)], 1),
            // Everyone who can log on in some way, as for the members of Administrators.
            (&[(Allow, "S-1-5-2", CHANGE)], 1),
            (&[(Allow, "S-1-5-4", CHANGE)], 1),
            (&[(Allow, "S-1-5-32-546", CHANGE)], 1),
            (&[(Allow, "S-1-5-113", CHANGE)], 1),
            (&[(Allow, DOMAIN_USERS, CHANGE), (Allow, DOMAIN_USERS, READ)], 1),
            (&[(Allow, DOMAIN_USERS, READ)], 0),
            (&[(Deny, EVERYONE, FULL_CONTROL), (Allow, DOMAIN_USERS, CHANGE)], 0),
            (&[(Allow, DOMAIN_USERS, CHANGE), (Deny, EVERYONE, FULL_CONTROL)], 1),
            (&[(Allow, "S-1-5-21-7-8-9-512", FULL_CONTROL), (Allow, "S-1-5-21-7-8-9-1104", CHANGE)], 0),
        ] {
            let run = bench("5.0", 2, vec![share("data", list(entries))]).run::<Os>();
            let finding = run.check(ID);
            let grade = if writers == 0 { Grade::Passed } else { Grade::NonCritical };
            assert_eq!(finding.grade, grade, "{entries:?}: {}", finding.summary);
            let restricted: usize = actions_of(&run, ID)
                .iter()
                .filter_map(|action| match &action.operation {
                    Operation::RestrictShare(access) if access.object == "data" && access.keep_mask == READ => {
                        Some(access.sids.len())
                    }
                    _ => None,
                })
                .sum();
            assert_eq!(restricted, writers, "{entries:?}");
        }
    }

    #[test]
    fn without_permissions_the_versions_default_holds() {
        for (version, service_pack, grade) in [
            ("4.0", 6, Grade::NonCritical),
            ("5.0", 4, Grade::NonCritical),
            ("5.1", 0, Grade::NonCritical),
            ("5.1", 2, Grade::Passed),
            ("5.2", 0, Grade::Passed),
            ("10.0", 0, Grade::Passed),
            ("?", 0, Grade::UnableToScan),
        ] {
            let run = bench(version, service_pack, vec![share("data", None)]).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{version} {service_pack}: {}", run.check(ID).summary);
        }
    }

    #[test]
    fn no_list_is_no_protection_and_windows_guards_its_own() {
        let open = Permissions { owner: None, access: None };
        for (shares, grade) in [
            (vec![], Grade::Passed),
            (vec![share("data", Some(open))], Grade::NonCritical),
            (vec![share("C$", None), share("ADMIN$", None), share("IPC$", None)], Grade::Passed),
            (vec![share("CD$", None)], Grade::NonCritical),
        ] {
            let run = bench("5.0", 2, shares).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{}", run.check(ID).summary);
            assert!(actions_of(&run, ID).iter().all(|action| action.undo.len() == 1 && action.risk.is_some()));
        }
    }

    /// The host marks a share that it cannot read, and reports the worst permissions for it.
    #[test]
    fn a_share_that_cannot_be_read_is_neither_good_nor_open() {
        let open = || Some(Permissions { owner: None, access: None });
        let marked = |remark: &str| Share { remark: Some(remark.to_owned()), ..share("odd", open()) };
        for (shares, grade, summary) in [
            (vec![marked("(unreadable: bad type)")], Grade::UnableToScan, "odd could not be determined: bad type"),
            (
                vec![share("good", list(&[])), marked("(unreadable: bad type) for all")],
                Grade::UnableToScan,
                "odd could not be determined: bad type",
            ),
            (
                vec![share("bad", open()), marked("(unreadable: bad type)")],
                Grade::NonCritical,
                "bad (Everyone). The permissions of odd could not be read.",
            ),
            // The share's own remark.
            (vec![marked("((unreadable: bad type)")], Grade::NonCritical, "odd (Everyone)."),
        ] {
            let run = bench("5.0", 2, shares).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{}", finding.summary);
            assert!(finding.summary.contains(summary), "{}", finding.summary);
            assert!(actions_of(&run, ID).iter().all(|action| !format!("{:?}", action.operation).contains("bad type")));
        }
    }

    #[test]
    fn what_was_taken_away_can_be_given_back() {
        let full = list(&[(Allow, EVERYONE, FULL_CONTROL)]);
        let descriptor = RegistryData::Binary(vec![1, 0, 4, 128]);
        let stored = Question::RegistryValue(RegistryValueName { key: STORED.to_owned(), name: "data".to_owned() });
        let unreadable = Answer::Unreadable("damaged".to_owned());
        let known = Answer::Known(Fact::RegistryValue(descriptor.clone()));
        for (permissions, answer, kind) in [
            (full.clone(), known, "set"),
            (full.clone(), unreadable, "manual"),
            (full, Answer::Absent, "manual"),
            (None, Answer::Absent, "delete"),
        ] {
            let run = bench("5.0", 2, vec![share("data", permissions)]).answer(stored.clone(), answer).run::<Os>();
            let actions = actions_of(&run, ID);
            let [Action { undo, .. }] = actions.as_slice() else { panic!("{actions:?}") };
            let found = match undo.as_slice() {
                [Operation::SetRegistryValue(set)] if set.after == descriptor => "set",
                [Operation::DeleteRegistryValue(delete)] if delete.name == "data" => "delete",
                [Operation::ManualStep(step)] if step.contains("Everyone: full control") => "manual",
                other => panic!("{other:?}"),
            };
            assert_eq!(found, kind);
        }
    }

    #[test]
    fn unread_shares_are_never_passed() {
        let unread = Bench::new().unreadable_by_default("damaged");
        assert_eq!(unread.run::<Os>().check(ID).grade, Grade::UnableToScan);
        let shares = |permissions| Fact::Shares(vec![share("data", permissions)]);
        // Without the version the default is not known, but stored permissions do not need it.
        for (permissions, grade) in
            [(None, Grade::UnableToScan), (list(&[(Allow, EVERYONE, FULL_CONTROL)]), Grade::NonCritical)]
        {
            let run = unread.clone().fact(Question::Shares, shares(permissions)).run::<Os>();
            assert_eq!(run.check(ID).grade, grade);
        }
    }
}
