//! The account that a service runs as.

pub(crate) const SYSTEM: &str = "S-1-5-18";
pub(crate) const LOCAL_SERVICE: &str = "S-1-5-19";
pub(crate) const NETWORK_SERVICE: &str = "S-1-5-20";
/// The prefix of the SIDs of single services. From SQL Server 2008 on, the token of each of its services contains the
/// service's own SID in addition to the account's.
pub(crate) const OF_ONE_SERVICE: &str = "S-1-5-80-";
/// `NT SERVICE\ALL SERVICES`, which does not belong to a single service.
pub(crate) const ALL_SERVICES: &str = "S-1-5-80-0";

/// The kind of a service's account, judging by its name in the registry's `ObjectName`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ServiceAccount<'a> {
    LocalSystem,
    /// Windows' own account for services, with this SID.
    OfWindows(&'static str),
    /// Another account of `NT AUTHORITY`.
    OtherOfWindows,
    /// The service's own account, in `NT SERVICE`.
    OfService,
    /// A local account of the machine, by name.
    Local(&'a str),
    /// An account that only its domain knows.
    Elsewhere,
}

impl<'a> ServiceAccount<'a> {
    /// Classifies an account name. `computer` is the machine's name, if known. `None` if no account is named.
    ///
    /// "The name of the account in all locales is `.\LocalSystem`. The name, `LocalSystem` or `ComputerName\LocalSystem` can
    /// also be used" ("LocalSystem Account", Microsoft). `NT AUTHORITY\NetworkService` is written with and without the space.
    pub(crate) fn parse(account: &'a str, computer: Option<&str>) -> Option<ServiceAccount<'a>> {
        let account = account.trim();
        if account.is_empty() {
            return None;
        }
        let (authority, name) = account.split_once('\\').unwrap_or((".", account));
        let is = |authority_name: &str| authority.eq_ignore_ascii_case(authority_name);
        let of_machine = is(".") || computer.is_some_and(is);
        let of_windows = is("NT AUTHORITY");
        Some(match name.replace(' ', "").to_ascii_lowercase().as_str() {
            "localsystem" if of_windows || of_machine => ServiceAccount::LocalSystem,
            "system" if of_windows || is(".") => ServiceAccount::LocalSystem,
            "localservice" if of_windows || is(".") => ServiceAccount::OfWindows(LOCAL_SERVICE),
            "networkservice" if of_windows || is(".") => ServiceAccount::OfWindows(NETWORK_SERVICE),
            _ if of_windows => ServiceAccount::OtherOfWindows,
            _ if is("NT SERVICE") => ServiceAccount::OfService,
            // `user@domain` has no authority before it.
            _ if of_machine && !(is(".") && name.contains('@')) => ServiceAccount::Local(name),
            _ => ServiceAccount::Elsewhere,
        })
    }
}

/// Whether two names belong to the same account: Windows compares them case-insensitively, in every script.
pub(crate) fn is_same_name(one: &str, other: &str) -> bool {
    one.to_uppercase() == other.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ServiceAccount::{Elsewhere, Local, LocalSystem, OfService, OfWindows, OtherOfWindows};

    #[test]
    fn an_account_is_told_by_its_authority_and_name() {
        for (account, expected) in [
            ("LocalSystem", Some(LocalSystem)),
            (r".\LocalSystem", Some(LocalSystem)),
            (r"db1\localsystem", Some(LocalSystem)),
            (r"NT AUTHORITY\SYSTEM", Some(LocalSystem)),
            (r"NT AUTHORITY\LocalService", Some(OfWindows(LOCAL_SERVICE))),
            (r"nt authority\Local Service", Some(OfWindows(LOCAL_SERVICE))),
            ("LocalService", Some(OfWindows(LOCAL_SERVICE))),
            ("NetworkService", Some(OfWindows(NETWORK_SERVICE))),
            (r"NT AUTHORITY\NETWORK SERVICE", Some(OfWindows(NETWORK_SERVICE))),
            (r"NT AUTHORITY\IUSR", Some(OtherOfWindows)),
            (r"NT SERVICE\MSSQLSERVER", Some(OfService)),
            (r"NT Service\LocalService", Some(OfService)),
            (r".\sqlrun", Some(Local("sqlrun"))),
            ("sqlrun", Some(Local("sqlrun"))),
            (r" DB1\sqlrun ", Some(Local("sqlrun"))),
            (r"CORP\sqlrun", Some(Elsewhere)),
            (r"CORP\LocalSystem", Some(Elsewhere)),
            (r"CORP\NetworkService", Some(Elsewhere)),
            ("sqlrun@corp.example", Some(Elsewhere)),
            ("", None),
            (" ", None),
        ] {
            assert_eq!(ServiceAccount::parse(account, Some("DB1")), expected, "{account}");
        }
        assert_eq!(ServiceAccount::parse(r"DB1\sqlrun", None), Some(Elsewhere));
    }
}
