//! Builds of products whose updates are cumulative: which of them can be compared.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

/// The maximum number of parts of a build: `10.0.19045.4170`.
const MAX_PARTS: usize = 4;

/// The builds of a product that share one numbering (rule 11).
///
/// Windows 10 counts its revisions alike in the builds 19041 to 19045: 10.0.19041.4170 and 10.0.19045.4170 have the same fixes.
/// Windows 11 counts another way, so that its 10.0.22631.3296 says nothing about them.
///
/// ```
/// use wardline_plugin::judge::{Branch, Installed};
///
/// let branch = Branch::new(["10.0.19041", "10.0.19042", "10.0.19043", "10.0.19044", "10.0.19045"]);
/// let installed = Installed::new("Windows 10 Version 22H2 for x64-based Systems", Some(0))
///     .with_build("10.0.19045.4170", None)
///     .with_branch(branch);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    builds: Vec<Numbers>,
    /// Revisions that another product uses.
    foreign: Option<RangeInclusive<u32>>,
    cumulative: bool,
    /// Whether each of the builds is newer than all with an earlier beginning.
    successive: bool,
}

impl Branch {
    /// Takes the beginnings of the builds, without the part that each update raises: `10.0.19045`. One that is not a number
    /// with dots is left out.
    pub fn new<B: AsRef<str>>(builds: impl IntoIterator<Item = B>) -> Branch {
        let builds = builds.into_iter().filter_map(|build| Numbers::parse(build.as_ref())).collect();
        Branch { builds, foreign: None, cumulative: true, successive: false }
    }

    /// Says that the builds follow each other: one with a later beginning is newer than all with an earlier. Windows Server 2008
    /// counts from 6.0.6003 since March 2019, and did from 6.0.6002 before.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// use wardline_plugin::judge::Branch;
    ///
    /// let branch = Branch::new(["6.0.6002", "6.0.6003"]).in_succession();
    /// assert_eq!(branch.compare("6.0.6002.24067", "6.0.6003.23717"), Some(Ordering::Less));
    /// ```
    #[must_use]
    pub fn in_succession(mut self) -> Branch {
        self.successive = true;
        self
    }

    /// Leaves out revisions that another product uses. Since January 2026, Windows Server 2025 counts from 26100.32230, and
    /// the revisions of build 26100 below that are Windows 11's.
    #[must_use]
    pub fn without_revisions(mut self, foreign: RangeInclusive<u32>) -> Branch {
        self.foreign = Some(foreign);
        self
    }

    /// Says that an update with a higher build need not have the fixes of one with a lower: *security only* updates of
    /// Windows 8.1 and earlier have only their month's.
    #[must_use]
    pub fn with_separate_updates(mut self) -> Branch {
        self.cumulative = false;
        self
    }

    /// Compares the product's build with a fixed build. `None` if either is not of this branch.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// use wardline_plugin::judge::Branch;
    ///
    /// let branch = Branch::new(["10.0.22621", "10.0.22631"]);
    /// assert_eq!(branch.compare("10.0.22631.3296", "10.0.22621.3155"), Some(Ordering::Greater));
    /// assert_eq!(branch.compare("10.0.22631.3296", "10.0.19045.4170"), None);
    /// ```
    pub fn compare(&self, build: &str, fixed: &str) -> Option<Ordering> {
        let build = self.installed_revision(&Numbers::parse(build)?)?;
        Some(build.cmp(&self.revision(&Numbers::parse(fixed)?)?))
    }

    pub(super) fn is_cumulative(&self) -> bool {
        self.cumulative
    }

    /// Returns the rest of a fixed build of this branch. `None` for a build of another branch, for one without a rest, and for
    /// a revision that another product uses.
    pub(super) fn revision(&self, build: &Numbers) -> Option<Revision> {
        let foreign =
            |revision: &Revision| self.foreign.as_ref().is_some_and(|foreign| foreign.contains(&revision.rest[0]));
        self.installed_revision(build).filter(|revision| !foreign(revision))
    }

    /// Like [`revision`](Branch::revision), for the product's own build, whose revision is its own in any case.
    pub(super) fn installed_revision(&self, build: &Numbers) -> Option<Revision> {
        let found = (0..).zip(&self.builds).find_map(|(place, start)| Some((place, build.after(start)?)));
        found.map(|(place, rest)| self.in_stretch(place, rest))
    }

    /// Returns what a build of this branch without a revision tells: it is at or above the first revision, and below the second. `None`
    /// if the branch has only one stretch.
    pub(super) fn stretch(&self, build: &Numbers) -> Option<(Revision, Revision)> {
        let place = (0..).zip(&self.builds).find_map(|(place, start)| (start == build).then_some(place))?;
        let first = |stretch| Revision { stretch, rest: [0; MAX_PARTS] };
        self.successive.then(|| (first(place), first(place + 1)))
    }

    /// Like [`revision`](Branch::revision), for the version of a rollup's package: its first part is the last of a build's
    /// beginning (`19041.1288.1.7` is build 10.0.19041.1288).
    pub(super) fn revision_of_rollup(&self, version: &Numbers) -> Option<Revision> {
        let [build, revision, ..] = version.parts;
        let place = (0..).zip(&self.builds).find_map(|(place, start)| (start.last() == Some(build)).then_some(place));
        let revision = self.in_stretch(place?, [revision, 0, 0, 0]);
        (version.count > 1).then_some(revision)
    }

    /// Builds that do not follow each other are all of one stretch.
    fn in_stretch(&self, place: u32, rest: [u32; MAX_PARTS]) -> Revision {
        Revision { stretch: if self.successive { place } else { 0 }, rest }
    }
}

/// The part of a build that each update raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Revision {
    /// The place of the build's beginning in the branch, if its builds follow each other.
    stretch: u32,
    rest: [u32; MAX_PARTS],
}

/// A build's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    parts: [u32; MAX_PARTS],
    count: usize,
}

impl Numbers {
    /// `None` for anything but two to four numbers separated by dots: catalogs also contain `V1.003` and `10.0.20348..2762`.
    pub(super) fn parse(text: &str) -> Option<Numbers> {
        let mut numbers = Numbers { parts: [0; MAX_PARTS], count: 0 };
        for part in text.trim().split('.') {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            *numbers.parts.get_mut(numbers.count)? = part.parse().ok().filter(|_| digits)?;
            numbers.count += 1;
        }
        (numbers.count > 1).then_some(numbers)
    }

    fn given(&self) -> &[u32] {
        self.parts.get(..self.count).unwrap_or_default()
    }

    fn last(&self) -> Option<u32> {
        self.given().last().copied()
    }

    fn after(&self, start: &Numbers) -> Option<[u32; MAX_PARTS]> {
        let rest = self.given().strip_prefix(start.given()).filter(|rest| !rest.is_empty())?;
        let mut revision = [0; MAX_PARTS];
        revision.iter_mut().zip(rest).for_each(|(place, &part)| *place = part);
        Some(revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(branch: &Branch, build: &str) -> Option<u32> {
        branch.revision(&Numbers::parse(build)?).map(|revision| revision.rest[0])
    }

    #[test]
    fn only_builds_of_one_branch_compare() {
        let branch = Branch::new(["10.0.19041", "10.0.19045"]);
        for (build, expected) in [
            ("10.0.19045.4170", Some(4170)),
            (" 10.0.19041.4170 ", Some(4170)),
            ("10.0.19046.4170", None),
            ("10.0.22631.3296", None),
            ("10.0.19045", None),
            ("10.0.19045.4170.1", None),
            ("10.0.19045..4170", None),
            ("10.0.19045.+1", None),
            ("10.0.19045.99999999999", None),
            ("V1.003", None),
            ("", None),
        ] {
            assert_eq!(revision(&branch, build), expected, "{build}");
        }
    }

    #[test]
    fn a_build_may_be_of_two_products() {
        let server = Branch::new(["10.0.26100"]).without_revisions(7623..=32229);
        for (build, expected) in [
            ("10.0.26100.7462", Some(7462)),
            ("10.0.26100.7623", None),
            ("10.0.26100.32229", None),
            ("10.0.26100.32230", Some(32230)),
        ] {
            assert_eq!(revision(&server, build), expected, "{build}");
        }
    }

    #[test]
    fn builds_may_follow_each_other() {
        let branch = Branch::new(["6.0.6002", "6.0.6003"]).in_succession();
        for (build, fixed, expected) in [
            ("6.0.6002.24067", "6.0.6003.1", Some(Ordering::Less)),
            ("6.0.6003.1", "6.0.6002.24067", Some(Ordering::Greater)),
            ("6.0.6003.23717", "6.0.6003.23717", Some(Ordering::Equal)),
            ("6.0.6002.1", "6.0.6002.2", Some(Ordering::Less)),
            ("6.0.6001.30000", "6.0.6003.1", None),
            ("6.0.6002", "6.0.6003.1", None),
        ] {
            assert_eq!(branch.compare(build, fixed), expected, "{build} {fixed}");
        }
        let revision = |text| branch.installed_revision(&Numbers::parse(text)?);
        let stretch = |text| branch.stretch(&Numbers::parse(text)?);
        let (first, below) = stretch("6.0.6002").expect("a stretch");
        assert!(revision("6.0.6002.0") >= Some(first) && revision("6.0.6002.99999") < Some(below));
        assert!(revision("6.0.6003.0") >= Some(below));
        assert_eq!(stretch("6.0.6001"), None);
        assert_eq!(branch.revision_of_rollup(&Numbers::parse("6003.20489.1.7").unwrap()), revision("6.0.6003.20489"));
        assert_eq!(Branch::new(["6.0.6002"]).stretch(&Numbers::parse("6.0.6002").unwrap()), None);
    }

    #[test]
    fn a_rollups_package_has_the_build_in_its_version() {
        let branch = Branch::new(["10.0.19041", "10.0.19045"]);
        let revision = |version| branch.revision_of_rollup(&Numbers::parse(version)?).map(|revision| revision.rest[0]);
        assert_eq!(revision("19041.1288.1.7"), Some(1288));
        assert_eq!(revision("22621.1288.1.7"), None);
        assert_eq!(revision("10.0.1.3"), None);
    }
}
