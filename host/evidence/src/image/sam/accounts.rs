//! Local accounts.

use std::collections::{BTreeMap, BTreeSet};

use wardline_contract::{Account, PasswordQuality};
use wardline_sam::account::{Fixed, Variable};
use wardline_sam::password::{self, Owner, Quality};
use wardline_sam::protection::{BOOT_KEY_NAMES, BootKey, SamKey};

use super::names::Names;
use super::{DOMAINS, Faults, MAX_ENTRIES, TEXTS, rid_of, value};
use crate::image::bytes::unix_seconds_or_never;
use crate::image::failure::{Failure, Found};
use crate::image::key::Key;
use crate::image::markers::Markers;
use crate::image::registry::Registry;
use crate::image::room::Room;
use crate::image::{names as windows_names, system};

const LSA: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa";

/// The built-in Administrator, which every Windows has, whatever the SAM lists.
const ADMINISTRATOR: u32 = 500;

/// The RID given to an account whose RID is unknown. No account has it.
const UNKNOWN_RID: u32 = 0;

/// Lists all accounts in the SAM, by RID. Accounts that are damaged or were tampered with are marked as such and recorded in
/// `faults`.
///
/// Since Windows 2000 a domain controller keeps its accounts elsewhere, and the SAM holds only those for repairs: they are not
/// reported as the computer's.
pub(in crate::image) fn accounts(registry: &Registry, faults: &mut Faults) -> Found<Vec<Account>> {
    if system::is_active_directory(registry)? {
        return Err(Failure::Unsupported);
    }
    // If these cannot be read, only the passwords' quality is affected.
    let computer = system::computer_name(registry).ok().flatten();
    let key = sam_key(registry);
    registry.with_key(&users_key(), |users| {
        let mut room = Room::new(TEXTS, registry.deadline());
        let users = Users::read(&users, faults, &mut room)?;
        let rids = users.keys.keys().copied().chain([ADMINISTRATOR]).collect::<BTreeSet<_>>();
        let mut accounts = Vec::new();
        for (rid, keys) in &users.keys {
            for user in keys {
                let reader =
                    Reader { rid: *rid, names: users.names.of(*rid), computer: computer.as_deref(), key: &key };
                let (mut account, mut markers) = reader.read(user, &rids);
                if keys.len() > 1 {
                    markers.damage.push(format!("{} records have this RID", keys.len()));
                }
                markers.hidden = users.names.lacks(*rid);
                mark(&mut account, &markers, faults);
                room.take(account.name.len() + account.full_name.len() + account.comment.len())?;
                accounts.push(account);
            }
        }
        for (name, rid, reason) in users.without_record() {
            let mut account = unknown(name, rid);
            mark(&mut account, &Markers { damage: vec![reason], ..Markers::default() }, faults);
            room.take(account.name.len() + account.comment.len())?;
            accounts.push(account);
        }
        accounts.sort_by_key(|account| account.rid);
        Ok(accounts)
    })
}

/// Returns the names of local accounts, by RID, as far as they can be read.
pub(in crate::image) fn names(registry: &Registry) -> Found<Vec<(u32, String)>> {
    registry.with_key(&users_key(), |users| {
        let mut room = Room::new(TEXTS, registry.deadline());
        let users = Users::read(&users, &mut Faults::default(), &mut room)?;
        let mut names = Vec::new();
        for (rid, keys) in &users.keys {
            room.check_time()?;
            let stored = keys.iter().find_map(|user| Variable::read(&value(user, "V").ok()?).ok()?.name().ok());
            let Some(name) = stored.or_else(|| users.names.of(*rid).first().cloned()) else { continue };
            room.take(name.len())?;
            names.push((*rid, name));
        }
        Ok(names)
    })
}

fn users_key() -> String {
    format!(r"{DOMAINS}\Account\Users")
}

fn sam_key(registry: &Registry) -> SamKey {
    let account = format!(r"{DOMAINS}\Account");
    let fixed = registry.with_key(&account, |key| Ok(value(&key, "F")));
    let Ok(Ok(fixed)) = fixed else { return SamKey::Unknown };
    SamKey::read(&fixed, || {
        let piece = |name| registry.with_key(&format!(r"{LSA}\{name}"), |key| Ok(key.class_name()?)).ok();
        let [jd, skew1, gbg, data] = BOOT_KEY_NAMES.map(piece);
        BootKey::from_class_names([&jd?, &skew1?, &gbg?, &data?])
    })
}

/// The keys of accounts, and the names listed beside them.
struct Users<'hive> {
    keys: BTreeMap<u32, Vec<Key<'hive>>>,
    names: Names,
    /// The reasons keys could not be read.
    unreadable: Vec<String>,
}

impl<'hive> Users<'hive> {
    fn read(users: &Key<'hive>, faults: &mut Faults, room: &mut Room) -> Found<Users<'hive>> {
        let names = Names::read(users, faults, room)?;
        let mut found = Users { keys: BTreeMap::new(), names, unreadable: Vec::new() };
        for (number, user) in users.subkeys()?.enumerate() {
            if number > MAX_ENTRIES {
                return Err(Failure::Unreadable(format!("there are more than {MAX_ENTRIES} accounts")));
            }
            room.check_time()?;
            match user.and_then(|user| Ok((user.name()?, user))) {
                Ok((name, user)) => match rid_of(&name) {
                    Some(rid) => found.keys.entry(rid).or_default().push(user),
                    None if windows_names::same(&name, "Names") => {}
                    None => faults.add(format!("the key {name} below Users is not an account")),
                },
                Err(error) => found.unreadable.push(error.to_string()),
            }
        }
        Ok(found)
    }

    /// Returns name, RID and error of accounts without a record: those whose name is listed, or whose key cannot be read.
    fn without_record(&self) -> Vec<(String, u32, String)> {
        let mut reasons = self.unreadable.iter();
        let mut found = Vec::new();
        for rid in self.names.rids().filter(|rid| !self.keys.contains_key(rid)) {
            for name in self.names.of(rid) {
                let reason = reasons.next().cloned().unwrap_or_else(|| "its key is missing".to_owned());
                found.push((name.clone(), rid, reason));
            }
        }
        // For the remaining keys not even the name is known.
        found.extend(reasons.map(|reason| ("(unreadable)".to_owned(), UNKNOWN_RID, reason.clone())));
        found
    }
}

/// The context for reading a record.
struct Reader<'a> {
    rid: u32,
    names: &'a [String],
    computer: Option<&'a str>,
    key: &'a SamKey,
}

impl Reader<'_> {
    fn read(&self, user: &Key<'_>, rids: &BTreeSet<u32>) -> (Account, Markers) {
        let mut markers = Markers::default();
        let damage = &mut markers.damage;
        let stored = noted(value(user, "V"), damage);
        let variable = stored.as_deref().and_then(|bytes| noted(Variable::read(bytes), damage));
        let fixed = noted(value(user, "F"), damage).and_then(|bytes| noted(Fixed::read(&bytes), damage));

        let name = variable.and_then(|variable| noted(variable.name(), damage)).filter(|name| !name.is_empty());
        if let Some(name) = &name {
            for other in self.names.iter().filter(|other| !windows_names::same(other, name)) {
                damage.push(format!("its name is {name} in V and {other} in Names"));
            }
        }
        let name = name.or_else(|| self.names.first().cloned());
        let full_name = variable.and_then(|variable| noted(variable.full_name(), damage)).unwrap_or_default();
        let comment = variable.and_then(|variable| noted(variable.comment(), damage)).unwrap_or_default();
        let nt = variable.and_then(|variable| noted(variable.nt_hash(), damage));
        let lm = variable.and_then(|variable| noted(variable.lm_hash(), damage));
        let owner = Owner { rid: self.rid, account: name.as_deref(), computer: self.computer };
        let quality = password::quality(nt, lm, self.key, &owner);

        if let Some(foreign) = fixed.map(|fixed| fixed.rid).filter(|rid| *rid != self.rid) {
            if rids.contains(&foreign) {
                markers.foreign_rid = Some(foreign);
            } else {
                markers.damage.push(format!("F has the RID {foreign}"));
            }
        }
        let mut account = unknown(name.unwrap_or_else(|| format!("RID {}", self.rid)), self.rid);
        account.full_name = full_name;
        account.comment = comment;
        account.password = password_quality(quality);
        if let Some(fixed) = fixed {
            account.disabled = fixed.flags.disabled();
            account.locked = fixed.flags.locked();
            account.password_never_expires = fixed.flags.password_never_expires();
            account.password_not_required = fixed.flags.password_not_required();
            account.last_logon = unix_seconds_or_never(fixed.last_logon);
            account.password_set = unix_seconds_or_never(fixed.password_set);
        }
        (account, markers)
    }
}

/// Returns the value read, or records the error as damage.
fn noted<T, E: ToString>(read: Result<T, E>, damage: &mut Vec<String>) -> Option<T> {
    read.map_err(|error| damage.push(error.to_string())).ok()
}

/// Returns an account about which nothing else is known: its settings are assumed to be the worse ones.
fn unknown(name: String, rid: u32) -> Account {
    Account {
        name,
        rid,
        full_name: String::new(),
        comment: String::new(),
        disabled: false,
        locked: false,
        password_never_expires: true,
        password_not_required: true,
        password: PasswordQuality::Unknown,
        last_logon: None,
        password_set: None,
    }
}

fn mark(account: &mut Account, markers: &Markers, faults: &mut Faults) {
    let mut add = |what: &str| faults.add(format!("the account {} (RID {}): {what}", account.name, account.rid));
    if let Some(foreign) = markers.foreign_rid {
        add(&format!("F has the RID {foreign} of another account"));
    }
    if markers.hidden {
        add("it is hidden: Names does not list it");
    }
    if !markers.damage.is_empty() {
        add(&markers.damage.join("; "));
    }
    account.comment = markers.before(&account.comment);
}

fn password_quality(quality: Quality) -> PasswordQuality {
    match quality {
        Quality::Blank => PasswordQuality::Blank,
        Quality::AccountName => PasswordQuality::AccountName,
        Quality::ComputerName => PasswordQuality::ComputerName,
        Quality::CommonWord => PasswordQuality::CommonWord,
        Quality::Other => PasswordQuality::Other,
        Quality::Unknown => PasswordQuality::Unknown,
    }
}
