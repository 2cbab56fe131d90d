//! Products whose updates are cumulative and published for several branches of builds.
//!
//! SQL Server has a branch of cumulative updates and one of security fixes only, Exchange one for each cumulative update, .NET
//! one for each release. A catalog has a name for each branch, and a build tells which branch a machine is on. Within a branch
//! an update contains all earlier ones, so installing the newest is enough. Catalogs also contain builds of the wrong branch, which
//! prove nothing.
//!
//! ```
//! use wardline_plugin::branches::Branches;
//! use wardline_plugin::builds::BuildTable;
//!
//! let table = "# source: example.com\n# date: 2026-11-22\n15.0.4003\t15.1\tSQL Server 2019 (CU*\n";
//! let branches = Branches::new(BuildTable::parse(table, Branches::COLUMNS)?, &mut []);
//! assert!(branches.installed("15.0.4360.2", None, |_| true).is_empty(), "the catalog has no updates for it");
//! # Ok::<(), wardline_plugin::builds::BadTable>(())
//! ```

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::builds::{BuildRange, BuildTable};
use crate::contract::exports::wardline::check::types::{Update, UpdateFinding, UpdateStatus};
use crate::judge::{Branch, Installed, Judge};
use crate::remedy::Remedy;
use crate::version::compare_dotted;

/// The branches of a product family, with the names that the catalog has for them.
#[derive(Debug, Default)]
pub struct Branches {
    table: BuildTable,
    /// Indices of ranges, with a name in the catalog that its pattern matches.
    names: Vec<(usize, String)>,
    /// The builds that [`Branches::new`] removed: update, product, build.
    removed: Vec<(u32, String, String)>,
}

/// The update of a finding, as far as the catalog describes it.
struct Judged<'u> {
    update: &'u Update,
    range: &'u BuildRange,
    /// The build that fixes this product.
    fixed: Option<&'u str>,
}

impl Branches {
    /// The columns of a table of branches, after the range of builds: the branch's name in catalogs. A final `*` stands for any
    /// ending; spaces count once.
    pub const COLUMNS: usize = 1;

    /// Finds the names of the branches in a catalog, and removes each fixed build that is not of its product's branch. To be
    /// called in `prepare`, before the judge takes the updates.
    pub fn new(table: BuildTable, updates: &mut [Update]) -> Branches {
        // By name: the places of its ranges. Catalogs repeat few names in many rows.
        let mut known: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut removed = Vec::new();
        for update in updates {
            for row in &mut update.applies_to {
                let name = &row.product.name;
                let places = match known.get(name) {
                    Some(places) => places,
                    None => known.entry(name.clone()).or_insert(places_of(&table, name)),
                };
                let is_foreign = |build: &String| !places.iter().any(|place| table.ranges[*place].holds(build));
                if !places.is_empty()
                    && let Some(build) = row.fixed_build.take_if(|build| is_foreign(build))
                {
                    removed.push((update.number, name.clone(), build));
                }
            }
        }
        let names = known.into_iter().flat_map(|(name, places)| places.into_iter().map(move |at| (at, name.clone())));
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        Branches { table, names, removed }
    }

    /// Returns the catalog's names for a product of this build, those that `is_of` accepts, for the judge. `evidence` is the
    /// question whose answer contained the build.
    pub fn installed(&self, build: &str, evidence: Option<u32>, is_of: impl Fn(&str) -> bool) -> Vec<Installed> {
        let of_build = self.names.iter().filter(|(place, name)| {
            is_of(name) && self.table.ranges.get(*place).is_some_and(|range| range.holds(build))
        });
        of_build
            .map(|(place, name)| {
                let installed = Installed::new(name.as_str(), None).with_build(build, evidence);
                match self.table.ranges.get(*place).and_then(numbering) {
                    Some(numbering) => installed.with_branch(Branch::new([numbering])),
                    None => installed,
                }
            })
            .collect()
    }

    /// Completes judged updates of these branches by the rule that within a branch an update contains all earlier ones.
    ///
    /// The missing update with the highest build supersedes the other missing ones. An update without a usable build is
    /// installed if a later one is, and superseded if a later one is missing. It is missing if the judge says that it contains one
    /// which the build proves absent; otherwise it is *unable to scan*, with the reason.
    /// Findings about other products are returned as they are.
    pub fn settle(
        &self,
        judge: &Judge,
        mut judged: Vec<(UpdateFinding, Vec<Remedy>)>,
    ) -> Vec<(UpdateFinding, Vec<Remedy>)> {
        let about: Vec<_> = judged.iter().map(|(finding, _)| self.about(judge, finding)).collect();
        let settled: Vec<_> = (0..judged.len()).map(|place| self.verdict(place, &about, &judged)).collect();
        for ((finding, remedies), verdict) in judged.iter_mut().zip(settled) {
            if let Some(Settled { status, reason, superseded_by }) = verdict {
                finding.status = status;
                finding.reason = reason;
                finding.superseded_by = superseded_by;
                finding.tests.clear();
                remedies.clear();
            }
        }
        judged
    }

    fn about<'u>(&'u self, judge: &'u Judge, finding: &UpdateFinding) -> Option<Judged<'u>> {
        let (place, _) = self.names.iter().find(|(_, name)| *name == finding.product)?;
        let update = judge.update(finding.update)?;
        let row = update.applies_to.iter().find(|row| row.product.name == finding.product)?;
        Some(Judged { update, range: self.table.ranges.get(*place)?, fixed: row.fixed_build.as_deref() })
    }

    fn verdict(
        &self,
        place: usize,
        about: &[Option<Judged<'_>>],
        judged: &[(UpdateFinding, Vec<Remedy>)],
    ) -> Option<Settled> {
        let this = about.get(place)?.as_ref()?;
        let (finding, _) = judged.get(place)?;
        let others = || {
            about.iter().zip(judged).filter_map(|(other, (found, _))| {
                let other = other.as_ref()?;
                let same = other.range.from == this.range.from && found.subject == finding.subject;
                same.then_some((other, found))
            })
        };
        let undecided =
            matches!(finding.status, UpdateStatus::Missing | UpdateStatus::Note | UpdateStatus::UnableToScan);
        if !undecided || !this.update.files.is_empty() || !this.update.registry.is_empty() {
            return None;
        }
        let Some(fixed) = this.fixed else {
            let later = |status| {
                others().find(|(other, found)| found.status == status && other.fixed.is_some() && is_later(other, this))
            };
            if let Some((other, _)) = later(UpdateStatus::Installed) {
                return Some(Settled::installed(other.update));
            }
            if let Some((other, _)) = later(UpdateStatus::Missing) {
                return Some(Settled::superseded(other.update));
            }
            // What contains an update that the build proves absent is absent, too.
            let is_in_this = |(other, found): (&Judged<'_>, &UpdateFinding)| {
                found.status == UpdateStatus::Superseded
                    && found.superseded_by.as_ref() == Some(&this.update.bulletin)
                    && other.fixed.is_some()
            };
            if finding.status == UpdateStatus::Missing && others().any(is_in_this) {
                return None;
            }
            return Some(self.unable(finding));
        };
        if finding.status != UpdateStatus::Missing {
            return None;
        }
        let higher = others()
            .filter(|(other, found)| found.status == UpdateStatus::Missing && is_above(other.fixed, fixed))
            .reduce(|best, next| match (best.0.fixed, next.0.fixed) {
                (Some(build), other) if is_above(other, build) => next,
                _ => best,
            });
        higher.map(|(other, _)| Settled::superseded(other.update))
    }

    fn unable(&self, finding: &UpdateFinding) -> Settled {
        let removed =
            |(update, product, _): &&(u32, String, String)| *update == finding.update && *product == finding.product;
        let reason = match self.removed.iter().find(removed) {
            Some((.., build)) => {
                format!("the catalog says that build {build} fixes it, which is not a build of this branch")
            }
            None => "the catalog does not say which build fixes it".to_owned(),
        };
        Settled { status: UpdateStatus::UnableToScan, reason, superseded_by: None }
    }
}

/// Returns the two numbers with which all builds of a range begin. `None` for a range in which the first number changes: of a
/// browser, say, that counts its versions there.
fn numbering(range: &BuildRange) -> Option<String> {
    let mut parts = range.from.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let next = format!("{}.0", major.parse::<u32>().ok()?.checked_add(1)?);
    (compare_dotted(&range.below, &next)? != Ordering::Greater).then(|| format!("{major}.{minor}"))
}

/// The corrected parts of a finding.
struct Settled {
    status: UpdateStatus,
    reason: String,
    superseded_by: Option<String>,
}

impl Settled {
    fn installed(by: &Update) -> Settled {
        let reason = format!("{} is installed, which contains all earlier updates of this branch", by.bulletin);
        Settled { status: UpdateStatus::Installed, reason, superseded_by: None }
    }

    fn superseded(by: &Update) -> Settled {
        let reason = format!("{} contains all earlier updates of this branch", by.bulletin);
        Settled { status: UpdateStatus::Superseded, reason, superseded_by: Some(by.bulletin.clone()) }
    }
}

fn is_above(build: Option<&str>, other: &str) -> bool {
    build.and_then(|build| compare_dotted(build, other)) == Some(Ordering::Greater)
}

/// Whether the first update was posted after the second. Without both dates, nothing is known.
fn is_later(update: &Judged<'_>, other: &Judged<'_>) -> bool {
    match (&update.update.posted, &other.update.posted) {
        (Some(date), Some(than)) => date > than,
        _ => false,
    }
}

/// Returns the indices of the ranges whose pattern matches a name in a catalog, word by word: catalogs repeat spaces.
fn places_of(table: &BuildTable, name: &str) -> Vec<usize> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start)),
        None => name.eq_ignore_ascii_case(pattern),
    };
    (0..).zip(&table.ranges).filter(|(_, range)| matches(range.cell(0))).map(|(place, _)| place).collect()
}
