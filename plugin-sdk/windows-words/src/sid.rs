//! Names of security identifiers.

/// Identities and groups that exist on every Windows, with their English names (MS-DTYP 2.4.2.4).
const WELL_KNOWN: &[(&str, &str)] = &[
    ("S-1-0-0", "NULL SID"),
    ("S-1-1-0", "Everyone"),
    ("S-1-2-0", "LOCAL"),
    ("S-1-2-1", "CONSOLE LOGON"),
    ("S-1-3-0", "CREATOR OWNER"),
    ("S-1-3-1", "CREATOR GROUP"),
    ("S-1-3-2", "CREATOR OWNER SERVER"),
    ("S-1-3-3", "CREATOR GROUP SERVER"),
    ("S-1-3-4", "OWNER RIGHTS"),
    ("S-1-5-1", "DIALUP"),
    ("S-1-5-2", "NETWORK"),
    ("S-1-5-3", "BATCH"),
    ("S-1-5-4", "INTERACTIVE"),
    ("S-1-5-6", "SERVICE"),
    ("S-1-5-7", "ANONYMOUS LOGON"),
    ("S-1-5-8", "PROXY"),
    ("S-1-5-9", "ENTERPRISE DOMAIN CONTROLLERS"),
    ("S-1-5-10", "SELF"),
    ("S-1-5-11", "Authenticated Users"),
    ("S-1-5-12", "RESTRICTED"),
    ("S-1-5-13", "TERMINAL SERVER USER"),
    ("S-1-5-14", "REMOTE INTERACTIVE LOGON"),
    ("S-1-5-15", "This Organization"),
    ("S-1-5-17", "IUSR"),
    ("S-1-5-18", "SYSTEM"),
    ("S-1-5-19", "LOCAL SERVICE"),
    ("S-1-5-20", "NETWORK SERVICE"),
    ("S-1-5-32-544", "Administrators"),
    ("S-1-5-32-545", "Users"),
    ("S-1-5-32-546", "Guests"),
    ("S-1-5-32-547", "Power Users"),
    ("S-1-5-32-548", "Account Operators"),
    ("S-1-5-32-549", "Server Operators"),
    ("S-1-5-32-550", "Print Operators"),
    ("S-1-5-32-551", "Backup Operators"),
    ("S-1-5-32-552", "Replicator"),
    ("S-1-5-32-554", "Pre-Windows 2000 Compatible Access"),
    ("S-1-5-32-555", "Remote Desktop Users"),
    ("S-1-5-32-556", "Network Configuration Operators"),
    ("S-1-5-32-557", "Incoming Forest Trust Builders"),
    ("S-1-5-32-558", "Performance Monitor Users"),
    ("S-1-5-32-559", "Performance Log Users"),
    ("S-1-5-32-560", "Windows Authorization Access Group"),
    ("S-1-5-32-561", "Terminal Server License Servers"),
    ("S-1-5-32-562", "Distributed COM Users"),
    ("S-1-5-32-568", "IIS_IUSRS"),
    ("S-1-5-32-569", "Cryptographic Operators"),
    ("S-1-5-32-573", "Event Log Readers"),
    ("S-1-5-32-574", "Certificate Service DCOM Access"),
    ("S-1-5-32-575", "RDS Remote Access Servers"),
    ("S-1-5-32-576", "RDS Endpoint Servers"),
    ("S-1-5-32-577", "RDS Management Servers"),
    ("S-1-5-32-578", "Hyper-V Administrators"),
    ("S-1-5-32-579", "Access Control Assistance Operators"),
    ("S-1-5-32-580", "Remote Management Users"),
    ("S-1-5-32-581", "System Managed Accounts Group"),
    ("S-1-5-32-582", "Storage Replica Administrators"),
    ("S-1-5-32-583", "Device Owners"),
    ("S-1-5-33", "WRITE RESTRICTED"),
    ("S-1-5-64-10", "NTLM Authentication"),
    ("S-1-5-64-14", "SChannel Authentication"),
    ("S-1-5-64-21", "Digest Authentication"),
    ("S-1-5-65-1", "This Organization Certificate"),
    ("S-1-5-80-0", "ALL SERVICES"),
    ("S-1-5-83-0", "Virtual Machines"),
    ("S-1-5-84-0-0-0-0-0", "USER MODE DRIVERS"),
    ("S-1-5-113", "Local account"),
    ("S-1-5-114", "Local account and member of Administrators group"),
    ("S-1-5-1000", "Other Organization"),
    ("S-1-15-2-1", "ALL APPLICATION PACKAGES"),
    ("S-1-15-2-2", "ALL RESTRICTED APPLICATION PACKAGES"),
    ("S-1-18-1", "Authentication authority asserted identity"),
    ("S-1-18-2", "Service asserted identity"),
];

/// Accounts and groups of a computer or domain, by the last number of their SIDs, `S-1-5-21-…-<number>`.
const OF_DOMAINS: &[(u32, &str)] = &[
    (498, "Enterprise Read-only Domain Controllers"),
    (500, "the built-in Administrator"),
    (501, "the built-in Guest"),
    (502, "krbtgt"),
    (503, "DefaultAccount"),
    (504, "WDAGUtilityAccount"),
    (512, "Domain Admins"),
    (513, "Domain Users"),
    (514, "Domain Guests"),
    (515, "Domain Computers"),
    (516, "Domain Controllers"),
    (517, "Cert Publishers"),
    (518, "Schema Admins"),
    (519, "Enterprise Admins"),
    (520, "Group Policy Creator Owners"),
    (521, "Read-only Domain Controllers"),
    (522, "Cloneable Domain Controllers"),
    (525, "Protected Users"),
    (526, "Key Admins"),
    (527, "Enterprise Key Admins"),
    (553, "RAS and IAS Servers"),
    (571, "Allowed RODC Password Replication Group"),
    (572, "Denied RODC Password Replication Group"),
];

/// Returns the name of a SID: `Everyone`. `None` for a SID that names different things on different machines.
pub fn name_of_sid(sid: &str) -> Option<&'static str> {
    let well_known = WELL_KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(sid));
    let of_domain = || {
        let (_, rid) = domain_and_rid(sid)?;
        OF_DOMAINS.iter().find(|(known, _)| *known == rid).map(|(_, name)| *name)
    };
    well_known.map(|(_, name)| *name).or_else(of_domain)
}

/// The SIDs that name the same on every machine, each with its name.
pub fn well_known_sids() -> impl Iterator<Item = (&'static str, &'static str)> {
    WELL_KNOWN.iter().copied()
}

/// Splits the SID of an account or group into the SID of its computer or domain and the number within it: `S-1-5-21-1-2-3`
/// and 500 for `S-1-5-21-1-2-3-500`. `None` for any other SID.
///
/// ```
/// use wardline_windows_words::domain_and_rid;
///
/// assert_eq!(domain_and_rid("S-1-5-21-1-2-3-500"), Some(("S-1-5-21-1-2-3", 500)));
/// assert_eq!(domain_and_rid("S-1-5-32-544"), None);
/// ```
pub fn domain_and_rid(sid: &str) -> Option<(&str, u32)> {
    const OF_DOMAIN: &str = "S-1-5-21-";
    let (domain, rid) = sid.rsplit_once('-')?;
    let (beginning, numbers) = domain.split_at_checked(OF_DOMAIN.len())?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let is_domain = beginning.eq_ignore_ascii_case(OF_DOMAIN)
        && numbers.split('-').count() == 3
        && numbers.split('-').all(is_number);
    (is_domain && is_number(rid)).then_some((domain, rid.parse().ok()?))
}

/// Formats a SID as `Everyone (S-1-1-0)`; a SID without a name is returned unchanged.
pub fn sid(sid: &str) -> String {
    match name_of_sid(sid) {
        Some(name) => format!("{name} ({sid})"),
        None => sid.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_before_their_numbers() {
        for (number, expected) in [
            ("S-1-1-0", "Everyone (S-1-1-0)"),
            ("s-1-5-7", "ANONYMOUS LOGON (s-1-5-7)"),
            ("S-1-5-32-545", "Users (S-1-5-32-545)"),
            ("S-1-5-21-1-2-3-500", "the built-in Administrator (S-1-5-21-1-2-3-500)"),
            ("S-1-5-21-1-2-3-512", "Domain Admins (S-1-5-21-1-2-3-512)"),
            ("S-1-5-21-1-2-3-498", "Enterprise Read-only Domain Controllers (S-1-5-21-1-2-3-498)"),
            ("S-1-5-21-1-2-3-525", "Protected Users (S-1-5-21-1-2-3-525)"),
            ("S-1-5-21-1-2-3-553", "RAS and IAS Servers (S-1-5-21-1-2-3-553)"),
            ("S-1-5-32-557", "Incoming Forest Trust Builders (S-1-5-32-557)"),
            ("S-1-5-32-578", "Hyper-V Administrators (S-1-5-32-578)"),
            ("S-1-5-32-582", "Storage Replica Administrators (S-1-5-32-582)"),
            ("S-1-5-21-1-2-3-1000", "S-1-5-21-1-2-3-1000"),
            // Not an account of a computer: its own number happens to end this way.
            ("S-1-5-21-1-2-500", "S-1-5-21-1-2-500"),
            ("S-1-5-21-1-2-3-4-500", "S-1-5-21-1-2-3-4-500"),
            ("S-1-12-1-1-2-3-500", "S-1-12-1-1-2-3-500"),
            ("", ""),
            ("S-1-5-21-", "S-1-5-21-"),
            ("é-1-5-21-1-2-3-500", "é-1-5-21-1-2-3-500"),
        ] {
            assert_eq!(sid(number), expected);
        }
    }

    #[test]
    fn only_a_sid_of_four_numbers_is_of_a_domain() {
        for (sid, expected) in [
            ("S-1-5-21-1-2-3-500", Some(("S-1-5-21-1-2-3", 500))),
            ("s-1-5-21-1-2-3-4294967295", Some(("s-1-5-21-1-2-3", u32::MAX))),
            ("S-1-5-21-1-2-3-4294967296", None),
            ("S-1-5-21-1-2-3", None),
            ("S-1-5-21-1-2-3-4-500", None),
            ("S-1-5-21-1-2-3-x", None),
            ("S-1-5-21-1-2-3-+5", None),
            ("S-1-5-21-1-2-x-500", None),
            ("S-1-5-21----500", None),
            ("S-1-5-32-544", None),
            ("(unreadable)-1000", None),
            ("", None),
        ] {
            assert_eq!(domain_and_rid(sid), expected, "{sid}");
        }
    }
}
