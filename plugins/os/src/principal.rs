//! Classifies SIDs: one account, a group, everybody.

use wardline_plugin::words::domain_and_rid;

/// The kind of a group member, for counting the people behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A person's account.
    Account,
    /// A group of accounts that an administrator chose.
    Group,
    /// An identity of Windows or of a program; people do not log on with it.
    Service,
    /// Everyone who can log on, or does so in some way: an administrator did not choose the members.
    Everybody,
    /// A placeholder, or an identity that no longer exists: it has no members.
    Nobody,
    /// May be an account or a group.
    Unknown,
}

use Kind::{Account, Everybody, Group, Nobody, Service, Unknown};

/// Matched by prefix of the SID or by the whole SID; the first match counts. After MS-DTYP 2.4.2.4 and "Security identifiers"
/// at learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers.
///
/// A final `-*` matches one or more numbers.
const KINDS: &[(&str, Kind, &str)] = &[
    ("S-1-0-*", Nobody, "nobody"),
    ("S-1-1-0", Everybody, "everyone"),
    ("S-1-2-0", Everybody, "everyone who logs on locally"),
    ("S-1-2-1", Everybody, "everyone who logs on at the console"),
    ("S-1-3-*", Nobody, "placeholder for an owner"),
    ("S-1-5-1", Everybody, "everyone who dials in"),
    ("S-1-5-2", Everybody, "everyone who logs on over the network"),
    ("S-1-5-3", Everybody, "everyone who logs on as a batch job"),
    ("S-1-5-4", Everybody, "everyone who logs on interactively"),
    ("S-1-5-5-*", Nobody, "logon session"),
    ("S-1-5-6", Everybody, "all services"),
    ("S-1-5-7", Everybody, "everyone, without logging on"),
    ("S-1-5-9", Group, "domain controllers of a forest"),
    ("S-1-5-10", Nobody, "placeholder for an object"),
    ("S-1-5-11", Everybody, "everyone who logs on"),
    ("S-1-5-13", Everybody, "everyone who logs on to a terminal server"),
    ("S-1-5-14", Everybody, "everyone who logs on by Remote Desktop"),
    ("S-1-5-15", Everybody, "everyone in the organization"),
    ("S-1-5-17", Everybody, "everyone who visits the web server"),
    ("S-1-5-18", Service, "Windows"),
    ("S-1-5-19", Service, "Windows services"),
    ("S-1-5-20", Service, "Windows services"),
    ("S-1-5-32-545", Everybody, "all users"),
    ("S-1-5-32-546", Everybody, "all guests"),
    ("S-1-5-32-*", Group, "group"),
    ("S-1-5-64-*", Everybody, "everyone who logs on with a particular protocol"),
    ("S-1-5-65-*", Everybody, "everyone in the organization"),
    ("S-1-5-80-0", Everybody, "all services"),
    ("S-1-5-80-*", Service, "service"),
    ("S-1-5-82-*", Service, "application pool"),
    ("S-1-5-83-0", Group, "virtual machines"),
    ("S-1-5-83-*", Service, "virtual machine"),
    ("S-1-5-84-*", Service, "user mode drivers"),
    ("S-1-5-87-*", Service, "scheduled task"),
    ("S-1-5-90-*", Service, "window manager"),
    ("S-1-5-94-*", Service, "remote management"),
    ("S-1-5-96-*", Service, "font driver host"),
    ("S-1-5-113", Everybody, "all local accounts"),
    ("S-1-5-114", Group, "local accounts in Administrators"),
    ("S-1-5-1000", Everybody, "everyone in another organization"),
    ("S-1-11-*", Account, "Microsoft account"),
    ("S-1-12-1-*", Unknown, "account, group or role of Microsoft Entra"),
    ("S-1-15-2-*", Service, "app"),
    ("S-1-15-3-*", Nobody, "app capability"),
    ("S-1-16-*", Nobody, "integrity level"),
    ("S-1-18-*", Everybody, "everyone whose identity was asserted"),
    ("S-1-19-*", Nobody, "process trust level"),
];

/// Matched by the last number of a SID of a machine or domain, `S-1-5-21-…`: the accounts and groups that Windows creates in
/// each of them. From the same sources.
const OF_DOMAIN: &[(u32, Kind, &str)] = &[
    (498, Group, "domain group"),
    (500, Account, "built-in account"),
    (501, Account, "built-in account"),
    (502, Account, "built-in account"),
    (503, Account, "built-in account"),
    (504, Account, "built-in account"),
    (512, Group, "domain group"),
    (513, Everybody, "all users of a domain"),
    (514, Everybody, "all guests of a domain"),
    (515, Everybody, "all computers of a domain"),
    (516, Group, "domain group"),
    (517, Group, "domain group"),
    (518, Group, "domain group"),
    (519, Group, "domain group"),
    (520, Group, "domain group"),
    (521, Group, "domain group"),
    (522, Group, "domain group"),
    (525, Group, "domain group"),
    (526, Group, "domain group"),
    (527, Group, "domain group"),
    (553, Group, "domain group"),
    (571, Group, "domain group"),
    (572, Group, "domain group"),
];

/// Classifies a SID by itself, in words for a table. The kind of an account or group that a person created cannot be read
/// from its SID.
pub(crate) fn principal(sid: &str) -> (Kind, &'static str) {
    if let Some((_, rid)) = domain_and_rid(sid) {
        let known = OF_DOMAIN.iter().find(|(known, ..)| *known == rid);
        return known.map_or((Unknown, "domain account or group"), |(_, kind, words)| (*kind, *words));
    }
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => sid.len() > start.len() && sid.starts_with(start),
        None => sid == pattern,
    };
    let known = KINDS.iter().find(|(pattern, ..)| fits(pattern));
    known.map_or((Unknown, "not known"), |(_, kind, words)| (*kind, *words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_sid_is_told_or_said_to_be_unknown() {
        for (sid, kind) in [
            ("S-1-0-0", Nobody),
            ("S-1-1-0", Everybody),
            ("S-1-3-4", Nobody),
            ("S-1-5-4", Everybody),
            ("S-1-5-5-0-12345", Nobody),
            ("S-1-5-11", Everybody),
            ("S-1-5-18", Service),
            ("S-1-5-32-545", Everybody),
            ("S-1-5-32-547", Group),
            ("S-1-5-64-10", Everybody),
            ("S-1-5-80-0", Everybody),
            ("S-1-5-80-1-2-3-4-5", Service),
            ("S-1-5-82-1-2-3-4-5", Service),
            ("S-1-5-113", Everybody),
            ("S-1-5-114", Group),
            ("S-1-5-21-1-2-3-500", Account),
            ("S-1-5-21-1-2-3-504", Account),
            ("S-1-5-21-1-2-3-512", Group),
            ("S-1-5-21-1-2-3-513", Everybody),
            ("S-1-5-21-1-2-3-1104", Unknown),
            // The domain itself, and SIDs with the wrong number of parts.
            ("S-1-5-21-1-2-3", Unknown),
            ("S-1-5-21-1-2-512", Unknown),
            ("S-1-5-21-1-2-3-4-512", Unknown),
            ("S-1-5-21-0-0-0-497", Unknown),
            ("S-1-11-96-1-2-3", Account),
            ("S-1-12-1-1-2-3-4", Unknown),
            ("S-1-15-2-1", Service),
            ("S-1-15-3-1", Nobody),
            ("S-1-16-12288", Nobody),
            ("S-1-18-1", Everybody),
            // Not in the table: from new or invented authorities.
            ("S-1-5-12", Unknown),
            ("S-1-5-99-1", Unknown),
            ("S-1-10-1", Unknown),
            ("S-1-13-1", Unknown),
            ("S-1-0x010203040506-1", Unknown),
            ("", Unknown),
        ] {
            assert_eq!(principal(sid).0, kind, "{sid}");
        }
    }
}
