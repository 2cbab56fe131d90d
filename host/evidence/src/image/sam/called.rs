//! Local accounts, groups and their policy, asked for by remote calls on a running machine that denies access to the keys of the SAM,
//! for example to users without the right to make backups.

use std::collections::BTreeMap;
use std::time::Instant;

use wardline_contract::{Account, Group, GroupMember, PasswordPolicy, PasswordQuality};
use wardline_live::{AccountDatabase, ReadError, samr};
use wardline_sam::account::Flags;

use super::groups::well_known_name;
use crate::image::bytes::unix_seconds_or_never;
use crate::image::failure::{Failure, Found};
use crate::image::markers::Markers;
use crate::image::registry::Registry;

/// Lists the accounts of a machine, without the quality of their passwords. `failure` is why the SAM cannot be read, and stays the reason
/// where nothing can be asked.
pub(in crate::image) fn accounts(registry: &Registry, failure: Failure) -> Found<Vec<Account>> {
    let mut users = ask(registry, failure, AccountDatabase::users)?;
    users.sort_by_key(|user| user.rid);
    Ok(users.into_iter().map(account).collect())
}

/// Lists the groups of a machine, like [`accounts`].
pub(in crate::image) fn groups(registry: &Registry, failure: Failure) -> Found<Vec<Group>> {
    let (groups, users) = ask(registry, failure, |database, until| {
        let groups = database.groups(until)?;
        // Without them, members keep only their SIDs.
        Ok((groups, database.users(until).unwrap_or_default()))
    })?;
    let own = groups.iter().map(|group| &group.sid).find(|sid| sid.starts_with("S-1-5-21-"));
    let own = own.and_then(|sid| sid.rsplit_once('-')).map(|(domain, _)| domain.to_owned());
    let mut names = groups.iter().map(|group| (group.sid.clone(), group.name.clone())).collect::<BTreeMap<_, _>>();
    if let Some(own) = own {
        names.extend(users.into_iter().map(|user| (format!("{own}-{}", user.rid), user.name)));
    }
    let member = |sid: String| {
        let name = names.get(&sid).cloned().or_else(|| Some(well_known_name(&sid)?.to_owned()));
        GroupMember { sid, name }
    };
    let group = |group: wardline_live::Alias| {
        let members = group.members.into_iter().map(&member).collect();
        Group { name: group.name, rid: group.rid, sid: group.sid, members }
    };
    Ok(groups.into_iter().map(group).collect())
}

/// Reads the policy of a machine, like [`accounts`].
pub(in crate::image) fn policy(registry: &Registry, failure: Failure) -> Found<PasswordPolicy> {
    let policy = ask(registry, failure, AccountDatabase::policy)?;
    Ok(PasswordPolicy {
        minimum_length: u32::from(policy.passwords.minimum_length),
        history: u32::from(policy.passwords.history),
        maximum_age: policy.passwords.maximum_age,
        complexity: policy.passwords.complexity,
        lockout_threshold: u32::from(policy.lockout_threshold),
    })
}

fn ask<T>(
    registry: &Registry,
    failure: Failure,
    question: impl FnOnce(&AccountDatabase, Option<Instant>) -> Result<T, ReadError>,
) -> Found<T> {
    let kept_back = match &failure {
        Failure::Unreadable(reason) => reason.clone(),
        Failure::Absent => "the SAM is not there".to_owned(),
        Failure::Denied(_) | Failure::Unsupported | Failure::OutOfTime => return Err(failure),
    };
    let Some(machine) = registry.machine().filter(|machine| machine.lost().is_none()) else { return Err(failure) };
    match AccountDatabase::open(machine) {
        Ok(database) => question(&database, registry.deadline().instant()).map_err(|error| match error {
            ReadError::OutOfTime => Failure::OutOfTime,
            error => {
                Failure::Unreadable(format!("{kept_back}; the machine does not tell its accounts, either: {error}"))
            }
        }),
        Err(error) => Err(Failure::Unreadable(format!("{kept_back}; {error}"))),
    }
}

fn account(user: samr::User) -> Account {
    // The flags beyond these are of kinds of accounts that no machine has of its own.
    let flags = Flags(u16::try_from(user.flags & 0xffff).unwrap_or_default());
    Account {
        name: user.name,
        rid: user.rid,
        full_name: user.full_name,
        comment: Markers::default().before(&user.comment),
        disabled: flags.disabled(),
        locked: flags.locked(),
        password_never_expires: flags.password_never_expires(),
        password_not_required: flags.password_not_required(),
        password: PasswordQuality::Unknown,
        last_logon: unix_seconds_or_never(user.last_logon),
        password_set: unix_seconds_or_never(user.password_set),
    }
}
