//! The release of Windows, with its build and service pack, from every value that records it.
//!
//! The registry stores each of these facts more than once. A value counts only if all of it has the documented form. If two values
//! contradict each other, neither is trusted: an update judged by the wrong one would be a false finding.

use std::fmt;

use super::failure::{Failure, Found};
use super::registry::Registry;

pub(super) const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const CONTROL_WINDOWS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Windows";
const ENVIRONMENT: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment";

/// The last build of each release up to Windows 8.1; the next release begins above it. Service packs count (6003 is Vista and
/// Server 2008 SP2 from 2019 on).
const LAST_BUILDS: [(Version, u32); 8] = [
    (Version(4, 0), 1381),
    (Version(5, 0), 2195),
    (Version(5, 1), 2600),
    (Version(5, 2), 3790),
    (Version(6, 0), 6003),
    (Version(6, 1), 7601),
    (Version(6, 2), 9200),
    (Version(6, 3), 9600),
];

/// Windows 10 and later leave 6.3 in `CurrentVersion` and store their own version in two other values.
const WINDOWS_10: Version = Version(10, 0);
const LEFT_BY_WINDOWS_10: Version = Version(6, 3);

/// Builds and revisions have 16 bits, both in the kernel and in the versions of files.
const LARGEST_NUMBER: u32 = 0xffff;

/// An enablement package raises the build by less than this but leaves `BuildLab` (19045 of 19041, 26200 of 26100).
const ENABLED_WITHIN: u32 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32);

impl Version {
    pub(super) const NT_4: Version = Version(4, 0);
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.0, self.1)
    }
}

#[derive(Debug)]
pub(super) struct Release {
    pub(super) version: Version,
    pub(super) build: u32,
    /// The fourth number of the build, since Windows 8.1.
    pub(super) revision: Option<u32>,
    /// `Service Pack 6a`; `None` without a service pack.
    pub(super) service_pack_name: Option<String>,
    /// The number of the service pack; 0 without one.
    pub(super) service_pack: u32,
    /// `x86`, `AMD64`.
    pub(super) architecture: Option<String>,
}

/// Determines the release.
///
/// # Errors
///
/// [`Failure::Unreadable`] if a value is missing, does not have the documented form, or contradicts another.
pub(super) fn release(registry: &Registry) -> Found<Release> {
    let version = version(registry)?;
    let lab = Lab::read(registry)?;
    let build = build(registry, version, &lab)?;
    let (service_pack_name, service_pack) = service_pack(registry)?;
    Ok(Release {
        version,
        build,
        revision: revision(registry)?,
        service_pack_name,
        service_pack,
        architecture: architecture(registry, &lab)?,
    })
}

/// Determines the version of the release: 5.0, 10.0.
///
/// # Errors
///
/// Same as [`release`].
pub(super) fn version(registry: &Registry) -> Found<Version> {
    const TEXT: &str = "CurrentVersion";
    const MAJOR: &str = "CurrentMajorVersionNumber";
    const MINOR: &str = "CurrentMinorVersionNumber";
    let stored = registry.text(CURRENT_VERSION, TEXT)?;
    let from_text = stored
        .as_deref()
        .map(|stored| {
            parse_version(stored).ok_or_else(|| malformed(CURRENT_VERSION, TEXT, "two numbers such as `5.0`"))
        })
        .transpose()?;
    let numbers = match (registry.number(CURRENT_VERSION, MAJOR)?, registry.number(CURRENT_VERSION, MINOR)?) {
        (Some(major), Some(minor)) => Some(Version(major, minor)),
        (None, None) => None,
        (Some(_), None) => return Err(missing(CURRENT_VERSION, MINOR)),
        (None, Some(_)) => return Err(missing(CURRENT_VERSION, MAJOR)),
    };
    match (numbers, from_text) {
        (Some(WINDOWS_10), Some(LEFT_BY_WINDOWS_10)) => Ok(WINDOWS_10),
        (Some(numbers), Some(from_text)) if numbers != from_text => Err(contradiction(
            &format!(r"{CURRENT_VERSION}\{MAJOR} and {MINOR} are {numbers}"),
            &format!(r"{TEXT} there is {from_text}"),
        )),
        (Some(version), _) | (None, Some(version)) => Ok(version),
        (None, None) => Err(missing(CURRENT_VERSION, TEXT)),
    }
}

/// Parses a version with nothing after it: `5.0`, not `5.0 beta`.
fn parse_version(text: &str) -> Option<Version> {
    let (major, minor) = text.trim().split_once('.')?;
    Some(Version(parse_number(major)?, parse_number(minor)?))
}

/// Parses a number that consists of digits only.
fn parse_number(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= LARGEST_NUMBER)
}

fn build(registry: &Registry, version: Version, lab: &Lab) -> Found<u32> {
    const NUMBER: &str = "CurrentBuildNumber";
    const OTHER: &str = "CurrentBuild";
    let parse = |text: &str| parse_number(text.trim()).filter(|build| *build > 0);
    let stored = registry.text(CURRENT_VERSION, NUMBER)?;
    let other = registry.text(CURRENT_VERSION, OTHER)?;
    let from_number = stored
        .as_deref()
        .map(|stored| parse(stored).ok_or_else(|| malformed(CURRENT_VERSION, NUMBER, "a build number such as `2195`")))
        .transpose()?;
    // Up to Server 2003 it reads "1.511.1 () (Obsolete data - do not use)".
    let from_other = other.as_deref().and_then(parse);
    let build = match (from_number, from_other) {
        (Some(one), Some(another)) if one != another => {
            return Err(contradiction(
                &format!(r"{CURRENT_VERSION}\{NUMBER} is {one}"),
                &format!("{OTHER} there is {another}"),
            ));
        }
        (Some(build), _) | (None, Some(build)) => build,
        (None, None) => return Err(missing(CURRENT_VERSION, NUMBER)),
    };
    let of_build = release_of(build);
    let is_known = LAST_BUILDS.iter().any(|(known, _)| *known == version) || version == WINDOWS_10;
    if is_known && of_build != version {
        return Err(contradiction(
            &format!("{CURRENT_VERSION} gives the version {version}"),
            &format!("build {build} is one of Windows {of_build}"),
        ));
    }
    for (name, from_lab) in &lab.builds {
        if !is_built_from(build, *from_lab) {
            return Err(contradiction(
                &format!("{CURRENT_VERSION} gives the build {build}"),
                &format!("{name} there is {from_lab}"),
            ));
        }
    }
    Ok(build)
}

fn release_of(build: u32) -> Version {
    LAST_BUILDS.iter().find(|(_, last)| build <= *last).map_or(WINDOWS_10, |(version, _)| *version)
}

/// Returns whether a machine of this build may name `lab` as the build that it was made from.
fn is_built_from(build: u32, lab: u32) -> bool {
    let enabled = release_of(lab) == WINDOWS_10 && lab < build && build - lab < ENABLED_WITHIN;
    // Updates in 2019 raised the build of Vista and Server 2008 SP2.
    build == lab || enabled || (build, lab) == (6003, 6002)
}

/// `BuildLab` and `BuildLabEx`, since Windows XP and Vista respectively. Text of any other form is ignored.
struct Lab {
    builds: Vec<(&'static str, u32)>,
    /// `amd64`.
    architecture: Option<String>,
}

impl Lab {
    fn read(registry: &Registry) -> Found<Lab> {
        let mut lab = Lab { builds: Vec::new(), architecture: None };
        for name in ["BuildLab", "BuildLabEx"] {
            // `7601.win7sp1_gdr.111118-2330`, `7601.17727.amd64fre.win7sp1_gdr.111118-2330`
            let Some(stored) = registry.typed_text(CURRENT_VERSION, name)?.known() else { continue };
            let mut parts = stored.split('.');
            lab.builds.extend(parts.next().and_then(parse_number).map(|build| (name, build)));
            if name == "BuildLabEx" {
                let flavour = parts.nth(1).unwrap_or_default();
                let architecture = flavour.strip_suffix("fre").or_else(|| flavour.strip_suffix("chk"));
                lab.architecture = architecture.map(str::to_owned);
            }
        }
        Ok(lab)
    }
}

fn revision(registry: &Registry) -> Found<Option<u32>> {
    match registry.number(CURRENT_VERSION, "UBR")? {
        Some(revision) if revision > LARGEST_NUMBER => {
            Err(malformed(CURRENT_VERSION, "UBR", &format!("at most {LARGEST_NUMBER}")))
        }
        revision => Ok(revision),
    }
}

/// Returns the name, and the number, which is 0 without a service pack.
///
/// At each boot, Windows derives the name in SOFTWARE from the number in SYSTEM: the second byte is the service pack, the first
/// byte is a letter after it, and the upper half is the number after `v.` (`Service Pack 2, v.2149`). Between the installation of a
/// service pack and the restart they differ, and then neither says which one is in force.
fn service_pack(registry: &Registry) -> Found<(Option<String>, u32)> {
    const VALUE: &str = "CSDVersion";
    let name = registry.text(CURRENT_VERSION, VALUE)?.filter(|name| !name.trim().is_empty());
    let from_name = name
        .as_deref()
        .map(|name| {
            service_pack_number(name)
                .ok_or_else(|| malformed(CURRENT_VERSION, VALUE, "a service pack such as `Service Pack 3`"))
        })
        .transpose()?;
    let Some(stored) = registry.number(CONTROL_WINDOWS, VALUE)? else {
        return Ok((name, from_name.unwrap_or_default()));
    };
    let from_number = stored >> 8 & 0xff;
    let agree = match from_name {
        Some(from_name) => from_name == from_number,
        None => stored == 0,
    };
    if !agree {
        let said = match &name {
            Some(name) => format!("is `{name}`"),
            None => "is missing".to_owned(),
        };
        let pending = "; a service pack may be waiting for a restart";
        return Err(contradiction(
            &format!(r"{CURRENT_VERSION}\{VALUE} {said}"),
            &format!(r"{CONTROL_WINDOWS}\{VALUE} is {stored:#x}, service pack {from_number}{pending}"),
        ));
    }
    Ok((name, from_number.max(from_name.unwrap_or_default())))
}

/// Parses 3 from `Service Pack 3, v.2150` and 6 from `Service Pack 6a`, whatever the language of the words.
fn service_pack_number(name: &str) -> Option<u32> {
    let at = name.find(|character: char| character.is_ascii_digit())?;
    let (words, rest) = name.split_at_checked(at)?;
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at_checked(end)?;
    let stands_alone = words.chars().next_back().is_none_or(char::is_whitespace);
    let rest = rest.strip_prefix(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(rest);
    let ends = rest.is_empty() || rest.starts_with(|next: char| next == ',' || next.is_whitespace());
    let number = digits.parse().ok().filter(|number| (1..=0xff).contains(number));
    number.filter(|_| stands_alone && ends)
}

fn architecture(registry: &Registry, lab: &Lab) -> Found<Option<String>> {
    const VALUE: &str = "PROCESSOR_ARCHITECTURE";
    let stored = registry.text(ENVIRONMENT, VALUE)?;
    if let (Some(stored), Some(built_for)) = (&stored, &lab.architecture)
        && !stored.trim().eq_ignore_ascii_case(built_for)
    {
        return Err(contradiction(
            &format!(r"{ENVIRONMENT}\{VALUE} is {stored}"),
            &format!(r"{CURRENT_VERSION}\BuildLabEx is {built_for}"),
        ));
    }
    Ok(stored)
}

fn missing(key: &str, name: &str) -> Failure {
    Failure::Unreadable(format!(r"{key}\{name} is missing"))
}

fn malformed(key: &str, name: &str, expected: &str) -> Failure {
    Failure::Unreadable(format!(r"{key}\{name}: expected {expected}"))
}

/// The failure for two contradicting values, each with its contents.
pub(super) fn contradiction(one: &str, other: &str) -> Failure {
    Failure::Unreadable(format!("the registry contradicts itself: {one}, but {other}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_packs_are_numbered() {
        for (name, number) in [
            ("Service Pack 3", Some(3)),
            ("Service Pack 6a", Some(6)),
            ("Service Pack 2, v.2149", Some(2)),
            ("Service Pack 1, RC 1.40", Some(1)),
            ("Dodatek Service Pack 4", Some(4)),
            ("none", None),
            ("", None),
            ("Service Pack", None),
            ("Service Pack 0", None),
            ("Service Pack -2", None),
            ("Service Pack 2.5", None),
            ("Service Pack 256", None),
            ("Service Pack 99999999999", None),
            ("SP2", None),
            ("1.511.1 () (Obsolete data - do not use)", None),
        ] {
            assert_eq!(service_pack_number(name), number, "{name}");
        }
    }

    #[test]
    fn builds_belong_to_releases() {
        for (build, version) in [
            (1381, "4.0"),
            (2195, "5.0"),
            (2600, "5.1"),
            (3790, "5.2"),
            (6000, "6.0"),
            (6003, "6.0"),
            (7601, "6.1"),
            (9200, "6.2"),
            (9600, "6.3"),
            (10240, "10.0"),
            (26200, "10.0"),
        ] {
            assert_eq!(release_of(build).to_string(), version, "{build}");
        }
    }

    #[test]
    fn enablement_packages_raise_the_build() {
        for (build, lab, agree) in [
            (7601, 7601, true),
            (6003, 6002, true),
            (18363, 18362, true),
            (19045, 19041, true),
            (22631, 22621, true),
            (26200, 26100, true),
            (7601, 7600, false),
            (19041, 19045, false),
            (22631, 19041, false),
            (2600, 2195, false),
        ] {
            assert_eq!(is_built_from(build, lab), agree, "{build} {lab}");
        }
    }
}
