//! The releases of Windows, and the end of the vendor's support for each.
//!
//! The dates are the last days of (extended) support in Microsoft's product lifecycle, without paid extensions. They are
//! data, because a plugin has no clock: the day on which support is judged is a setting.

use wardline_plugin::prelude::*;

/// The day on which [`RELEASES`] was last updated, and the default for the setting `support-date`.
pub(crate) const TABLE_DATE: &str = "2026-11-22";

/// The end of support of one release, as ISO dates, which compare as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Support {
    /// The vendor's name for the release: `Windows 2000`, `Windows 10 Version 22H2`.
    pub(crate) name: &'static str,
    pub(crate) ends: &'static str,
    /// For the editions Enterprise and Education, if it differs.
    enterprise: Option<&'static str>,
    /// For the long-term servicing editions (LTSB, LTSC).
    long_term: Option<&'static str>,
}

/// One release of Windows, identified by its version and, from 10.0 on, by its build.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Release {
    major: u32,
    minor: u32,
    /// `None`: every build of this version.
    build: Option<u32>,
    workstation: Option<Support>,
    server: Option<Support>,
}

const fn until(name: &'static str, ends: &'static str) -> Option<Support> {
    Some(Support { name, ends, enterprise: None, long_term: None })
}

const fn client(
    name: &'static str,
    ends: &'static str,
    enterprise: &'static str,
    long_term: Option<&'static str>,
) -> Option<Support> {
    Some(Support { name, ends, enterprise: Some(enterprise), long_term })
}

const fn version(major: u32, minor: u32, workstation: Option<Support>, server: Option<Support>) -> Release {
    Release { major, minor, build: None, workstation, server }
}

const fn build(build: u32, workstation: Option<Support>, server: Option<Support>) -> Release {
    Release { major: 10, minor: 0, build: Some(build), workstation, server }
}

/// Source: learn.microsoft.com/lifecycle/products, and the release information pages of Windows 10, 11 and Server.
const RELEASES: &[Release] = &[
    version(4, 0, until("Windows NT Workstation 4.0", "2004-06-30"), until("Windows NT Server 4.0", "2004-12-31")),
    version(5, 0, until("Windows 2000", "2010-07-13"), until("Windows 2000", "2010-07-13")),
    version(5, 1, until("Windows XP", "2014-04-08"), None),
    version(5, 2, until("Windows XP", "2014-04-08"), until("Windows Server 2003", "2015-07-14")),
    version(6, 0, until("Windows Vista", "2017-04-11"), until("Windows Server 2008", "2020-01-14")),
    version(6, 1, until("Windows 7", "2020-01-14"), until("Windows Server 2008 R2", "2020-01-14")),
    version(6, 2, until("Windows 8", "2016-01-12"), until("Windows Server 2012", "2023-10-10")),
    version(6, 3, until("Windows 8.1", "2023-01-10"), until("Windows Server 2012 R2", "2023-10-10")),
    build(10240, client("Windows 10", "2017-05-09", "2017-05-09", Some("2025-10-14")), None),
    build(10586, client("Windows 10 Version 1511", "2017-10-10", "2017-10-10", None), None),
    build(
        14393,
        client("Windows 10 Version 1607", "2018-04-10", "2019-04-09", Some("2026-10-13")),
        until("Windows Server 2016", "2027-01-12"),
    ),
    build(15063, client("Windows 10 Version 1703", "2018-10-09", "2019-10-08", None), None),
    build(
        16299,
        client("Windows 10 Version 1709", "2019-04-09", "2020-10-13", None),
        until("Windows Server, version 1709", "2019-04-09"),
    ),
    build(
        17134,
        client("Windows 10 Version 1803", "2019-11-12", "2021-05-11", None),
        until("Windows Server, version 1803", "2019-11-12"),
    ),
    build(
        17763,
        client("Windows 10 Version 1809", "2020-11-10", "2021-05-11", Some("2029-01-09")),
        until("Windows Server 2019", "2029-01-09"),
    ),
    build(
        18362,
        client("Windows 10 Version 1903", "2020-12-08", "2020-12-08", None),
        until("Windows Server, version 1903", "2020-12-08"),
    ),
    build(
        18363,
        client("Windows 10 Version 1909", "2021-05-11", "2022-05-10", None),
        until("Windows Server, version 1909", "2021-05-11"),
    ),
    build(
        19041,
        client("Windows 10 Version 2004", "2021-12-14", "2021-12-14", None),
        until("Windows Server, version 2004", "2021-12-14"),
    ),
    build(
        19042,
        client("Windows 10 Version 20H2", "2022-05-10", "2023-05-09", None),
        until("Windows Server, version 20H2", "2022-08-09"),
    ),
    build(19043, client("Windows 10 Version 21H1", "2022-12-13", "2022-12-13", None), None),
    build(19044, client("Windows 10 Version 21H2", "2023-06-13", "2024-06-11", Some("2027-01-12")), None),
    build(19045, client("Windows 10 Version 22H2", "2025-10-14", "2025-10-14", None), None),
    build(20348, None, until("Windows Server 2022", "2031-10-14")),
    build(22000, client("Windows 11 Version 21H2", "2023-10-10", "2024-10-08", None), None),
    build(22621, client("Windows 11 Version 22H2", "2024-10-08", "2025-10-14", None), None),
    build(22631, client("Windows 11 Version 23H2", "2025-11-11", "2026-11-10", None), None),
    build(25398, None, until("Windows Server, version 23H2", "2025-10-24")),
    build(
        26100,
        client("Windows 11 Version 24H2", "2026-10-13", "2027-10-12", Some("2029-10-09")),
        until("Windows Server 2025", "2034-10-10"),
    ),
    build(26200, client("Windows 11 Version 25H2", "2027-10-12", "2028-10-10", None), None),
];

/// Parses `5.0` into two numbers. Anything else is not a version of Windows.
pub(crate) fn parse_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Returns the version of Windows.
///
/// # Errors
///
/// If it is not a version of Windows.
pub(crate) fn known_version(system: &Witness<SystemInfo>) -> Result<(u32, u32), Unable> {
    parse_version(&system.version).ok_or_else(|| unknown_version(system))
}

/// Returns why a check cannot judge this version of Windows.
pub(crate) fn unknown_version(system: &Witness<SystemInfo>) -> Unable {
    Unable::new(format!("Windows {} is not known to this plugin.", system.version)).because(system)
}

/// Whether accounts and groups are in the domain's directory rather than in the machine's own database.
///
/// This is the case on a domain controller from Windows 2000 on: Active Directory keeps them, and the SAM contains only those
/// of the restore mode. The domain controllers of NT 4 keep theirs in the SAM.
pub(crate) fn keeps_accounts_in_directory(system: &SystemInfo) -> bool {
    system.role == Role::DomainController && parse_version(&system.version).is_none_or(|version| version >= (5, 0))
}

/// Returns the support of the installed release. `None` if it is not in the table.
pub(crate) fn support(system: &SystemInfo) -> Option<Support> {
    let (major, minor) = parse_version(&system.version)?;
    let release = RELEASES.iter().find(|release| {
        (release.major, release.minor) == (major, minor) && release.build.is_none_or(|build| build == system.build)
    })?;
    match system.role {
        Role::Workstation => release.workstation,
        Role::Server | Role::DomainController => release.server,
        // If only one line exists, or both are the same, the role does not matter.
        Role::Unknown => match (release.workstation, release.server) {
            (Some(workstation), Some(server)) => (workstation == server).then_some(server),
            (one, other) => one.or(other),
        },
    }
}

/// Returns the release's name for a sentence: the table's name if it has one.
pub(crate) fn name(system: &SystemInfo) -> String {
    support(system).map_or_else(|| format!("Windows {}", system.version), |support| support.name.to_owned())
}

impl Support {
    /// Returns the last day of support for the edition in the product's name.
    pub(crate) fn ends_for(&self, product_name: &str) -> &'static str {
        let name = product_name.to_ascii_lowercase();
        let says = |word: &str| name.contains(word);
        if says("ltsc") || says("ltsb") {
            self.long_term.unwrap_or(self.ends)
        } else if says("enterprise") || says("education") {
            self.enterprise.unwrap_or(self.ends)
        } else {
            self.ends
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_two_numbers() {
        for (text, expected) in [
            ("4.0", Some((4, 0))),
            (" 10.0 ", Some((10, 0))),
            ("5", None),
            ("", None),
            ("5.0.2195", None),
            ("99999999999.0", None),
        ] {
            assert_eq!(parse_version(text), expected, "{text}");
        }
    }

    #[test]
    fn every_date_is_an_iso_date() {
        let lines = RELEASES.iter().flat_map(|release| [release.workstation, release.server]).flatten();
        for line in lines {
            for date in [Some(line.ends), line.enterprise, line.long_term].into_iter().flatten() {
                assert!(crate::checks::windows_version::is_date(date), "{}: {date}", line.name);
            }
        }
    }
}
