//! Updates without tests of their own, on a product that has a branch or a record of updates: rules 11 to 22.

mod beyond;
mod closing;
mod contradicted;
mod links;
mod newest;
mod rollups;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};

use super::articles::Kind;
use super::branch::{Branch, Numbers, Revision};
use super::course::{Course, Entry, Plan};
use super::index::Index;
use super::plans::rows_that_apply;
use super::records::{InstalledUpdates, State};
use super::supersedence::Supersedence;
use super::{Build, Installed};
use crate::contract::exports::wardline::check::types::{TestResult, Update, UpdateStatus};
use verdicts::Doubt;

/// The verdict on one update.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) status: UpdateStatus,
    pub(super) reason: String,
    pub(super) tests: Vec<TestResult>,
    pub(super) superseded_by: Option<String>,
}

/// One product under all of its names, and the updates that concern it.
pub(super) struct Serviced<'a> {
    index: &'a Index,
    supersedence: &'a Supersedence,
    record: &'a InstalledUpdates,
    branch: Option<&'a Branch>,
    build: Option<&'a Build>,
    /// The installed revision, told by the build or by the package of a rollup.
    revision: Option<Known>,
    /// If the build has no revision: what it tells all the same.
    stretch: Option<(Revision, Revision)>,
    candidates: Vec<Candidate<'a>>,
    /// The candidates of each article, as [`Supersedence`] numbers them.
    by_article: BTreeMap<u32, Vec<usize>>,
    /// By candidate: those that it supersedes.
    older: Vec<Vec<usize>>,
    /// The candidates that the catalog links with another.
    linked: BTreeSet<usize>,
    /// The candidates that contain the earlier ones of the branch's chain: rule 18.
    leading: BTreeSet<usize>,
    /// The candidates that are rollups, in a branch with separate updates: rule 17.
    rollups: BTreeSet<usize>,
    /// The candidates that supersede many others, in a branch with separate updates: a rollup contains the older of them.
    broad: BTreeSet<usize>,
    /// The open candidates without a build that contain open ones with a build, and of these the one with the highest.
    beyond: BTreeMap<usize, usize>,
    /// The articles whose builds in the catalog are wrong.
    distrusted: BTreeSet<u32>,
}

/// A revision that is known to be installed.
#[derive(Debug, Clone, Copy)]
struct Known {
    revision: Revision,
    evidence: Option<u32>,
}

/// An update that concerns the product.
struct Candidate<'a> {
    /// The product's index among those of the case, and the update's index in the product's plan.
    place: (usize, usize),
    update: u32,
    article: Option<u32>,
    kind: Kind,
    row: u32,
    fix: Option<Fix<'a>>,
    /// A build in the catalog that cannot be compared.
    other_build: Option<&'a str>,
    standing: Standing,
}

impl Candidate<'_> {
    fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Open | Standing::BetweenBuilds)
    }

    fn is_in_place(&self) -> bool {
        matches!(self.standing, Standing::InPlace(_))
    }
}

/// The builds of this branch from which on the catalog says the update is installed: usually one.
#[derive(Debug, Clone, Copy)]
struct Fix<'a> {
    row: u32,
    text: &'a str,
    least: Revision,
    most: Revision,
}

/// Whether an update is installed, or what it closes is closed in another way.
#[derive(Debug, Clone)]
enum Standing {
    Open,
    /// Below one of the builds that the catalog gives, and not below another.
    BetweenBuilds,
    InPlace(Basis),
    AfterRestart(Basis),
}

#[derive(Debug, Clone)]
enum Basis {
    Build,
    Recorded {
        evidence: u32,
    },
    /// An installed update implies the build.
    Implied {
        by: String,
        evidence: Option<u32>,
    },
    /// By an installed update that supersedes it.
    Superseded {
        by: u32,
    },
    /// By installed updates that close the same CVEs.
    SameFixes {
        by: Vec<u32>,
        evidence: Option<u32>,
    },
}

impl<'a> Serviced<'a> {
    /// `products` are the names of one product, with their indices in the case and their plans.
    pub(super) fn new(
        index: &'a Index,
        supersedence: &'a Supersedence,
        products: &[(usize, &'a Installed, &'a Plan)],
        record: &'a InstalledUpdates,
    ) -> Serviced<'a> {
        let first = products.first().map(|product| product.1);
        let branch = first.and_then(|installed| installed.branch.as_ref());
        let build = first.and_then(|installed| installed.build.as_ref());
        let told = build.and_then(|build| {
            let revision = branch?.installed_revision(&Numbers::parse(&build.version)?)?;
            Some(Known { revision, evidence: build.evidence })
        });
        let mut serviced = Serviced {
            index,
            supersedence,
            record,
            branch,
            build,
            revision: told,
            stretch: None,
            candidates: Vec::new(),
            by_article: BTreeMap::new(),
            older: Vec::new(),
            linked: BTreeSet::new(),
            leading: BTreeSet::new(),
            rollups: BTreeSet::new(),
            broad: BTreeSet::new(),
            beyond: BTreeMap::new(),
            distrusted: BTreeSet::new(),
        };
        serviced.revision = told.or_else(|| serviced.newest_rollup(State::InPlace));
        if serviced.revision.is_none() {
            serviced.stretch = build.and_then(|build| branch?.stretch(&Numbers::parse(&build.version)?));
        }
        let mut seen = BTreeSet::new();
        for &(product, installed, plan) in products {
            for (at, entry) in plan.entries.iter().enumerate() {
                let update = index.update(entry.update);
                if concerns(update, entry.course) && seen.insert(entry.update) {
                    let candidate = serviced.candidate((product, at), plan, entry, installed);
                    serviced.candidates.push(candidate);
                }
            }
        }
        serviced.distrust_contradicted_builds();
        serviced.link();
        serviced.close();
        serviced.beyond = serviced.beyond();
        serviced
    }

    fn candidate(&self, place: (usize, usize), plan: &Plan, entry: &Entry, installed: &Installed) -> Candidate<'a> {
        let Entry { update, row, .. } = *entry;
        let articles = &self.index.articles;
        let mut fix: Option<Fix<'a>> = None;
        let mut other_build = None;
        let rows = plan.product.into_iter();
        let rows = rows.flat_map(|product| rows_that_apply(self.index, update, product, installed.service_pack));
        for (at, applicability) in rows {
            let Some(text) = applicability.fixed_build.as_deref() else { continue };
            let numbers = articles.builds(update).get(at as usize).copied().flatten();
            let Some(revision) = numbers.and_then(|numbers| self.branch?.revision(&numbers)) else {
                other_build = other_build.or(Some(text));
                continue;
            };
            match &mut fix {
                None => fix = Some(Fix { row: at, text, least: revision, most: revision }),
                Some(fix) => {
                    fix.least = fix.least.min(revision);
                    if revision > fix.most {
                        (fix.row, fix.text, fix.most) = (at, text, revision);
                    }
                }
            }
        }
        let row = fix.map_or(row, |fix| fix.row);
        let article = articles.number(update);
        let kind = self.kind(update);
        Candidate { place, update, article, kind, row, fix, other_build, standing: Standing::Open }
    }

    /// Whether the record of installed updates could change a verdict.
    pub(super) fn needs_record(&self) -> bool {
        self.candidates.iter().any(|candidate| !candidate.is_in_place())
    }

    /// Returns the verdicts, by the place of each update's entry.
    pub(super) fn judge(&self) -> Vec<((usize, usize), Judged)> {
        let doubts: Vec<Option<Doubt>> =
            self.candidates.iter().enumerate().map(|(at, candidate)| self.doubt(at, candidate)).collect();
        let heads = self.heads(&doubts);
        let judged = self.candidates.iter().zip(doubts).enumerate().map(|(at, (candidate, doubt))| {
            let judged = match &candidate.standing {
                Standing::InPlace(basis) => self.in_place(candidate, basis),
                Standing::AfterRestart(basis) => self.after_restart(candidate, basis),
                Standing::Open | Standing::BetweenBuilds => match (heads.covered.get(&at), doubt) {
                    (Some(&head), _) => self.covered(head),
                    (None, Some(doubt)) => self.undecided(candidate, doubt),
                    (None, None) => self.missing(at, candidate, heads.of(at)),
                },
            };
            (candidate.place, judged)
        });
        judged.collect()
    }

    fn newest_rollup(&self, state: State) -> Option<Known> {
        let branch = self.branch?;
        let of_state = self.record.rollups().iter().filter(|(_, recorded)| recorded.state == state);
        of_state
            .filter_map(|(version, recorded)| {
                Some(Known { revision: branch.revision_of_rollup(version)?, evidence: Some(recorded.evidence) })
            })
            .max_by_key(|known| known.revision)
    }

    fn is_build_told(&self) -> bool {
        let numbers = self.build.and_then(|build| Numbers::parse(&build.version));
        numbers.and_then(|numbers| self.branch?.installed_revision(&numbers)).is_some() || self.stretch.is_some()
    }

    /// Whether the product's build is known to be below all builds of a fix.
    fn is_below(&self, fix: Fix<'_>) -> bool {
        match (self.revision, self.stretch) {
            (Some(known), _) => known.revision < fix.least,
            (None, Some((_, end))) => end <= fix.least,
            (None, None) => false,
        }
    }
}

/// Whether these rules judge an update: it has no tests of its own, and the service pack does not decide about it.
pub(super) fn concerns(update: &Update, course: Course) -> bool {
    let by_service_pack = matches!(course, Course::Included(_) | Course::ServicePackUnknown);
    !by_service_pack && update.files.is_empty() && update.registry.is_empty()
}
