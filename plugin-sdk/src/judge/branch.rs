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
}

impl Branch {
    /// Takes the beginnings of the builds, without the part that each update raises: `10.0.19045`. One that is not a number
    /// with dots is left out.
    pub fn new<B: AsRef<str>>(builds: impl IntoIterator<Item = B>) -> Branch {
        let builds = builds.into_iter().filter_map(|build| Numbers::parse(build.as_ref())).collect();
        Branch { builds, foreign: None, cumulative: true }
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
            |revision: &Revision| self.foreign.as_ref().is_some_and(|foreign| foreign.contains(&revision.0[0]));
        self.installed_revision(build).filter(|revision| !foreign(revision))
    }

    /// Like [`revision`](Branch::revision), for the product's own build, whose revision is its own in any case.
    pub(super) fn installed_revision(&self, build: &Numbers) -> Option<Revision> {
        self.builds.iter().find_map(|start| build.after(start))
    }

    /// Like [`revision`](Branch::revision), for the version of a rollup's package: its first part is the last of a build's
    /// beginning (`19041.1288.1.7` is build 10.0.19041.1288).
    pub(super) fn revision_of_rollup(&self, version: &Numbers) -> Option<Revision> {
        let [build, revision, ..] = version.parts;
        let ours = version.count > 1 && self.builds.iter().any(|start| start.last() == Some(build));
        ours.then_some(Revision([revision, 0, 0, 0]))
    }
}

/// The part of a build that each update raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Revision([u32; MAX_PARTS]);

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

    fn after(&self, start: &Numbers) -> Option<Revision> {
        let rest = self.given().strip_prefix(start.given()).filter(|rest| !rest.is_empty())?;
        let mut revision = [0; MAX_PARTS];
        revision.iter_mut().zip(rest).for_each(|(place, &part)| *place = part);
        Some(Revision(revision))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(branch: &Branch, build: &str) -> Option<u32> {
        branch.revision(&Numbers::parse(build)?).map(|revision| revision.0[0])
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
    fn a_rollups_package_has_the_build_in_its_version() {
        let branch = Branch::new(["10.0.19041", "10.0.19045"]);
        let revision = |version| branch.revision_of_rollup(&Numbers::parse(version)?).map(|revision| revision.0[0]);
        assert_eq!(revision("19041.1288.1.7"), Some(1288));
        assert_eq!(revision("22621.1288.1.7"), None);
        assert_eq!(revision("10.0.1.3"), None);
    }
}
