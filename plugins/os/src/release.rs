//! The releases of Windows, and the end of the vendor's support for each.
//!
//! The dates are the last days of support in Microsoft's product lifecycle. They are data, because a plugin has no clock: the
//! day on which support is judged is a setting.

use wardline_plugin::judge::Branch;
use wardline_plugin::prelude::*;

/// The day on which the table of releases was last updated, and the default for the setting `support-date`.
pub(crate) const TABLE_DATE: &str = "2026-11-22";

/// The table of releases. Its head describes the columns and names the sources.
const RELEASES: &str = include_str!("../data/releases.tsv");

/// One release of Windows, for clients or for servers. Dates are ISO dates, which compare as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Support {
    version: (u32, u32),
    /// `None`: every build of this version.
    build: Option<u32>,
    server: bool,
    /// Releases of one version with the same name here count their revisions alike; the builds in `6002<6003` follow each other.
    /// `None`: builds do not identify updates.
    numbering: Option<&'static str>,
    /// The revisions that another product uses.
    foreign: Option<(u32, u32)>,
    /// The vendor's name for the release: `Windows 2000`, `Windows 10 Version 22H2`.
    pub(crate) name: &'static str,
    pub(crate) ends: &'static str,
    /// For the editions Enterprise and Education, if it differs.
    enterprise: Option<&'static str>,
    /// For the long-term servicing editions (LTSB, LTSC).
    long_term: Option<&'static str>,
    /// With paid extended security updates.
    extended: Option<&'static str>,
}

/// Returns the rows of the table. A row that cannot be read is left out; a test reads them all.
fn releases() -> impl Iterator<Item = Support> {
    RELEASES.lines().filter(|line| !line.starts_with('#')).filter_map(Support::read)
}

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

/// Returns whether it is a server. If its role is not known, the word in its name decides: texts in some languages do not say whether a
/// server is a domain controller. `None` if that word is not there.
pub(crate) fn is_server(system: &SystemInfo) -> Option<bool> {
    match system.role {
        Role::Workstation => Some(false),
        Role::Server | Role::DomainController => Some(true),
        Role::Unknown => {
            system.product_name.split_whitespace().any(|word| word.eq_ignore_ascii_case("Server")).then_some(true)
        }
    }
}

/// Returns the support of the installed release. `None` if it is not in the table.
pub(crate) fn support(system: &SystemInfo) -> Option<Support> {
    let version = parse_version(&system.version)?;
    let mut rows = releases()
        .filter(|release| release.version == version && release.build.is_none_or(|build| build == system.build));
    match is_server(system) {
        Some(server) => rows.find(|release| release.server == server),
        // If only one line exists, or both are the same, the role does not matter.
        None => {
            let first = rows.next()?;
            rows.all(|other| (other.name, other.ends) == (first.name, first.ends)).then_some(first)
        }
    }
}

/// Returns whether the table has its build, but its role is not known, and clients and servers differ.
pub(crate) fn depends_on_role(system: &SystemInfo) -> bool {
    let of_build = |role| support(&SystemInfo { role, ..system.clone() }).is_some();
    is_server(system).is_none() && of_build(Role::Workstation) && of_build(Role::Server)
}

/// Returns the release's name for a sentence: the table's name if it has one.
pub(crate) fn name(system: &SystemInfo) -> String {
    support(system).map_or_else(|| format!("Windows {}", system.version), |support| support.name.to_owned())
}

impl Support {
    fn read(line: &'static str) -> Option<Support> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        let given = |column: &'static str| Some(column).filter(|column| *column != "-");
        let version = parse_version(next()?)?;
        let build = Some(next()?).filter(|build| *build != "*").map(str::parse);
        let server = next()? == "server";
        let numbering = given(next()?);
        let foreign = given(next()?).map(|range| {
            let (first, last) = range.split_once('-')?;
            Some((first.parse().ok()?, if last.is_empty() { u32::MAX } else { last.parse().ok()? }))
        });
        Some(Support {
            version,
            build: build.transpose().ok()?,
            server,
            numbering,
            foreign: match foreign {
                None => None,
                Some(range) => Some(range?),
            },
            name: next()?,
            ends: next()?,
            enterprise: given(next()?),
            long_term: given(next()?),
            extended: given(next()?),
        })
    }

    /// Returns the builds that a machine of this release is compared with. `build` is the machine's.
    pub(crate) fn branch(&self, build: u32) -> Option<Branch> {
        let (major, minor) = self.version;
        let numbering = self.numbering?;
        let start = |build: u32| format!("{major}.{minor}.{build}");
        let successive: Vec<u32> = numbering.split('<').filter_map(|build| build.parse().ok()).collect();
        let mut branch = if successive.len() > 1 && successive.contains(&build) {
            Branch::new(successive.into_iter().map(start)).in_succession()
        } else {
            let others = releases().filter(|other| {
                numbering != "own" && other.version == self.version && other.numbering == Some(numbering)
            });
            Branch::new(others.filter_map(|other| other.build).chain([build]).map(start))
        };
        if let Some((first, last)) = self.foreign {
            branch = branch.without_revisions(first..=last);
        }
        // Until Windows 8.1, a month's security-only update has only that month's fixes.
        Some(if major < 10 { branch.with_separate_updates() } else { branch })
    }

    /// Returns the last day of support for the edition in the product's name. `extended` says whether extended security
    /// updates are paid for.
    pub(crate) fn ends_for(&self, product_name: &str, extended: bool) -> &'static str {
        let name = product_name.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let ends = if says(&["ltsc", "ltsb"]) {
            self.long_term.unwrap_or(self.ends)
        } else if says(&ENTERPRISE) && !says(&["pro education"]) {
            self.enterprise.unwrap_or(self.ends)
        } else {
            self.ends
        };
        self.extended.filter(|_| extended).map_or(ends, |extended| extended.max(ends))
    }
}

/// The words for the editions Enterprise and Education, as texts have them in the languages that translate them.
const ENTERPRISE: [&str; 12] = [
    "enterprise",
    "entreprise",
    "корпоративная",
    "корпоративна",
    "企业版",
    "企業版",
    "education",
    "éducation",
    "образовательных",
    "教育版",
    "onderwijs",
    "educación",
];

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
    fn every_row_of_the_table_is_read() {
        let rows = RELEASES.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(releases().count(), rows);
        for release in releases() {
            for date in
                [Some(release.ends), release.enterprise, release.long_term, release.extended].into_iter().flatten()
            {
                assert!(crate::checks::windows_version::is_date(date), "{}: {date}", release.name);
            }
        }
        assert!(RELEASES.contains(TABLE_DATE));
    }
}
