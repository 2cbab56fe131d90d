//! Updates without tests of their own, on a product that has a branch or a record of updates: rules 11 to 17.

use std::collections::{BTreeMap, BTreeSet};

use super::branch::{Branch, Numbers, Revision};
use super::course::{Course, Plan};
use super::index::Index;
use super::plans::rows_that_apply;
use super::reason::today as reason;
use super::records::{InstalledUpdates, State};
use super::supersedence::Supersedence;
use super::{Build, Installed};
use crate::contract::exports::wardline::check::types::{TestResult, TestSubject, Update, UpdateStatus, Verdict};

/// How much lower an update may be numbered than one that it contains. Microsoft numbers articles when it begins to write
/// them: KB4482887 of 2019-03-01 contains KB4487044 of 2019-02-12.
const NUMBERED_AHEAD: u32 = 5_000;

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
    candidates: Vec<Candidate<'a>>,
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
    row: u32,
    fix: Option<Fix<'a>>,
    /// A build in the catalog that cannot be compared.
    other_build: Option<&'a str>,
    standing: Standing,
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
            let revision = branch?.revision(&Numbers::parse(&build.version)?)?;
            Some(Known { revision, evidence: build.evidence })
        });
        let mut serviced =
            Serviced { index, supersedence, record, branch, build, revision: told, candidates: Vec::new() };
        serviced.revision = told.or_else(|| serviced.newest_rollup(State::InPlace));
        let mut seen = BTreeSet::new();
        for &(product, installed, plan) in products {
            for (at, entry) in plan.entries.iter().enumerate() {
                let update = index.update(entry.update);
                if concerns(update, entry.course) && seen.insert(entry.update) {
                    let candidate = serviced.candidate((product, at), entry.update, entry.row, installed);
                    serviced.candidates.push(candidate);
                }
            }
        }
        serviced.close();
        serviced
    }

    fn candidate(&self, place: (usize, usize), update: u32, row: u32, installed: &Installed) -> Candidate<'a> {
        let articles = &self.index.articles;
        let mut fix: Option<Fix<'a>> = None;
        let mut other_build = None;
        for (at, applicability) in
            rows_that_apply(self.index.update(update), &installed.product, installed.service_pack)
        {
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
        Candidate { place, update, article, row, fix, other_build, standing: Standing::Open }
    }

    /// Whether the record of installed updates could change a verdict.
    pub(super) fn needs_record(&self) -> bool {
        self.candidates.iter().any(|candidate| !matches!(candidate.standing, Standing::InPlace(_)))
    }

    /// Returns the verdicts, by the place of each update's entry.
    pub(super) fn judge(&self) -> Vec<((usize, usize), Judged)> {
        let doubts: Vec<Option<Doubt>> = self.candidates.iter().map(|candidate| self.doubt(candidate)).collect();
        let heads = self.heads(&doubts);
        let judged = self.candidates.iter().zip(doubts).enumerate().map(|(at, (candidate, doubt))| {
            let judged = match &candidate.standing {
                Standing::InPlace(basis) => self.in_place(candidate, basis),
                Standing::AfterRestart(basis) => self.after_restart(candidate, basis),
                Standing::Open | Standing::BetweenBuilds => match (heads.covered.get(&at), doubt) {
                    (Some(&head), _) => self.covered(head),
                    (None, Some(doubt)) => self.undecided(candidate, doubt),
                    (None, None) => self.missing(candidate, heads.of(at)),
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

    /// Applies rules 12 to 15, the most certain first.
    fn close(&mut self) {
        self.by_build();
        self.by_record();
        if self.revision.is_none() {
            self.by_implied_build();
        }
        self.by_rollup_after_restart();
        self.by_supersedence();
        self.by_cves();
    }

    fn by_build(&mut self) {
        let Some(Known { revision, .. }) = self.revision else { return };
        for candidate in &mut self.candidates {
            match candidate.fix {
                Some(fix) if revision >= fix.most => candidate.standing = Standing::InPlace(Basis::Build),
                Some(fix) if revision >= fix.least => candidate.standing = Standing::BetweenBuilds,
                _ => {}
            }
        }
    }

    fn by_record(&mut self) {
        let revision = self.revision.map(|known| known.revision);
        for candidate in &mut self.candidates {
            if matches!(candidate.standing, Standing::InPlace(_)) {
                continue;
            }
            let Some(recorded) = candidate.article.and_then(|article| self.record.article(article)) else { continue };
            let basis = Basis::Recorded { evidence: recorded.evidence };
            let build_is_below = candidate.fix.zip(revision).is_some_and(|(fix, revision)| revision < fix.least);
            candidate.standing = match recorded.state {
                State::InPlace if build_is_below => Standing::AfterRestart(basis),
                State::InPlace => Standing::InPlace(basis),
                State::AfterRestart => Standing::AfterRestart(basis),
                State::Leaving | State::Unknown | State::NotInstalled => continue,
            };
        }
    }

    /// Without a build, an installed update proves at least its own.
    fn by_implied_build(&mut self) {
        for (state, standing) in [
            (State::InPlace, Standing::InPlace as fn(Basis) -> Standing),
            (State::AfterRestart, Standing::AfterRestart),
        ] {
            let Some((article, least, evidence)) = self.implied(state) else { continue };
            for candidate in &mut self.candidates {
                let implied = candidate.fix.is_some_and(|fix| fix.most <= least);
                if implied && matches!(candidate.standing, Standing::Open) {
                    let by = format!("KB{article}");
                    candidate.standing = standing(Basis::Implied { by, evidence: Some(evidence) });
                }
            }
        }
    }

    /// Returns the recorded article with the highest build of this branch, whichever product it is given for.
    fn implied(&self, state: State) -> Option<(u32, Revision, u32)> {
        let recorded = self.record.articles().filter(|(_, recorded)| recorded.state == state);
        recorded
            .filter_map(|(article, recorded)| Some((article, self.least_build(article)?, recorded.evidence)))
            .max_by_key(|found| found.1)
    }

    /// Returns the lowest build of this branch that the catalog gives for an article.
    fn least_build(&self, article: u32) -> Option<Revision> {
        let branch = self.branch?;
        let articles = &self.index.articles;
        let builds = articles.updates(article).flat_map(|update| articles.builds(update)).flatten();
        builds.filter_map(|build| branch.revision(build)).min()
    }

    fn by_rollup_after_restart(&mut self) {
        let pending = [State::AfterRestart, State::InPlace].into_iter().filter_map(|state| self.newest_rollup(state));
        let Some(pending) = pending.max_by_key(|known| known.revision) else { return };
        for candidate in &mut self.candidates {
            let after = candidate.fix.is_some_and(|fix| fix.most <= pending.revision);
            if after && matches!(candidate.standing, Standing::Open | Standing::BetweenBuilds) {
                let by = reason::ROLLUP.to_owned();
                candidate.standing = Standing::AfterRestart(Basis::Implied { by, evidence: pending.evidence });
            }
        }
    }

    fn by_supersedence(&mut self) {
        for (state, standing) in [
            (State::InPlace, Standing::InPlace as fn(Basis) -> Standing),
            (State::AfterRestart, Standing::AfterRestart),
        ] {
            let articles = &self.index.articles;
            let recorded = self.record.articles().filter(|(_, recorded)| recorded.state == state);
            let mut newer: Vec<u32> = recorded.flat_map(|(article, _)| articles.updates(article)).collect();
            newer.extend(self.candidates.iter().filter_map(|candidate| match (&candidate.standing, state) {
                (Standing::InPlace(_), State::InPlace) | (Standing::AfterRestart(_), State::AfterRestart) => {
                    Some(candidate.update)
                }
                _ => None,
            }));
            let superseded = self.superseded_by(newer);
            for candidate in &mut self.candidates {
                let by_build = candidate.fix.is_some() && self.revision.is_some();
                if let Some(&by) = superseded.get(&candidate.update)
                    && matches!(candidate.standing, Standing::Open | Standing::BetweenBuilds)
                    && !(by_build && state == State::InPlace)
                {
                    candidate.standing = standing(Basis::Superseded { by });
                }
            }
        }
    }

    /// Returns the updates that these supersede, directly or through others, each with one of these.
    fn superseded_by(&self, newer: Vec<u32>) -> BTreeMap<u32, u32> {
        let mut found: BTreeMap<u32, u32> = BTreeMap::new();
        let mut open: Vec<(u32, u32)> = newer.into_iter().map(|update| (update, update)).collect();
        while let Some((update, root)) = open.pop() {
            for &older in self.supersedence.older(update) {
                if self.may_supersede(update, older) && !found.contains_key(&older) {
                    found.insert(older, root);
                    open.push((older, root));
                }
            }
        }
        found
    }

    /// Catalogs have some links the wrong way round: to an update with a higher build, or else a higher article.
    fn may_supersede(&self, newer: u32, older: u32) -> bool {
        let articles = &self.index.articles;
        let build = |update: u32| {
            let builds = articles.builds(update).iter().flatten();
            builds.filter_map(|build| self.branch?.revision(build)).max()
        };
        match (build(newer), build(older)) {
            (Some(newer), Some(older)) => newer >= older,
            _ => match (articles.number(newer), articles.number(older)) {
                (Some(newer), Some(older)) => newer > older,
                _ => true,
            },
        }
    }

    /// Several fixes may be offered for the same CVEs: a cumulative update and a hotpatch, a rollup and a security-only update.
    /// Any of them closes the CVEs, but one that the update supersedes may close them only in part.
    fn by_cves(&mut self) {
        for after_restart in [false, true] {
            let mut closers: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            for (at, candidate) in self.candidates.iter().enumerate() {
                let counts = match &candidate.standing {
                    Standing::InPlace(_) => true,
                    Standing::AfterRestart(_) => after_restart,
                    Standing::Open | Standing::BetweenBuilds => false,
                };
                if counts {
                    for &cve in self.index.articles.cves(candidate.update) {
                        closers.entry(cve).or_default().push(at);
                    }
                }
            }
            let closed: Vec<(usize, Basis)> = self
                .candidates
                .iter()
                .enumerate()
                .filter(|(_, candidate)| matches!(candidate.standing, Standing::Open | Standing::BetweenBuilds))
                .filter_map(|(at, candidate)| Some((at, self.same_fixes(candidate, &closers)?)))
                .collect();
            for (at, basis) in closed {
                if let Some(candidate) = self.candidates.get_mut(at) {
                    candidate.standing =
                        if after_restart { Standing::AfterRestart(basis) } else { Standing::InPlace(basis) };
                }
            }
        }
    }

    fn same_fixes(&self, candidate: &Candidate<'_>, closers: &BTreeMap<u32, Vec<usize>>) -> Option<Basis> {
        let cves = self.index.articles.cves(candidate.update);
        if cves.is_empty() || !cves.iter().all(|cve| closers.contains_key(cve)) {
            return None;
        }
        let older = self.superseded_by(vec![candidate.update]);
        let mut by = Vec::new();
        let mut evidence = None;
        for cve in cves {
            let mut others = closers.get(cve)?.iter().filter_map(|&at| self.candidates.get(at));
            let other = others.find(|other| !older.contains_key(&other.update))?;
            if !by.contains(&other.update) {
                evidence = evidence.or(self.evidence(other));
                by.push(other.update);
            }
        }
        Some(Basis::SameFixes { by, evidence })
    }

    /// Returns the question that proves a standing.
    fn evidence(&self, candidate: &Candidate<'_>) -> Option<u32> {
        let (Standing::InPlace(basis) | Standing::AfterRestart(basis)) = &candidate.standing else { return None };
        match basis {
            Basis::Build => self.revision.and_then(|known| known.evidence),
            Basis::Recorded { evidence } => Some(*evidence),
            Basis::Implied { evidence, .. } | Basis::SameFixes { evidence, .. } => *evidence,
            Basis::Superseded { by } => {
                let article = self.index.articles.number(*by)?;
                Some(self.record.article(article)?.evidence)
            }
        }
    }

    /// Why an update that is not in place cannot be called missing: rule 16.
    fn doubt(&self, candidate: &Candidate<'_>) -> Option<Doubt> {
        match candidate.standing {
            Standing::InPlace(_) | Standing::AfterRestart(_) => return None,
            Standing::BetweenBuilds => return Some(Doubt::catalog(reason::TWO_BUILDS.to_owned())),
            Standing::Open => {}
        }
        if self.revision.is_some() {
            if candidate.fix.is_some() {
                return None;
            }
            // Today's records name the rollup, not its article.
            if self.branch.is_none_or(Branch::is_cumulative) {
                return Some(Doubt::catalog(reason::no_build(candidate.other_build)));
            }
        }
        self.doubt_by_record(candidate).map(|reason| Doubt { reason, status: UpdateStatus::UnableToScan })
    }

    fn doubt_by_record(&self, candidate: &Candidate<'_>) -> Option<String> {
        let Some(article) = candidate.article else { return Some(reason::NO_ARTICLE.to_owned()) };
        let recorded = self.record.article(article);
        if let Some(why) = recorded.and_then(|recorded| reason::state(recorded.state)) {
            return Some(why.to_owned());
        }
        if let Some(why) = self.record.unknown() {
            return Some(reason::record_unknown(why));
        }
        // Windows lists one cumulative update of a branch as installed, the newest. If the catalog knows that one, no other in
        // the list is cumulative.
        let ahead = if self.lists_one_cumulative() { 0 } else { NUMBERED_AHEAD };
        if let Some(unknown) = self.record.newest_unknown()
            && unknown.saturating_add(ahead) > article
        {
            return Some(reason::unknown_article(unknown));
        }
        let newest = self.newest_recorded()?;
        let is_newer = candidate.fix.is_some() && self.implied(State::InPlace).is_some();
        (!is_newer && newest > article).then(|| reason::older_article(newest))
    }

    fn lists_one_cumulative(&self) -> bool {
        let in_place = self.record.articles().filter(|(_, recorded)| recorded.state == State::InPlace);
        in_place.filter(|(article, _)| self.least_build(*article).is_some()).count() == 1
    }

    /// Returns the highest recorded article that concerns this product.
    fn newest_recorded(&self) -> Option<u32> {
        let own = self.candidates.iter().filter_map(|candidate| candidate.article);
        own.filter(|&article| self.record.article(article).is_some_and(|recorded| recorded.state == State::InPlace))
            .max()
    }

    /// Finds the missing updates that no other missing one contains: rule 17.
    fn heads(&self, doubts: &[Option<Doubt>]) -> Heads {
        let mut open: Vec<usize> = Vec::new();
        let mut missing: Vec<usize> = Vec::new();
        for (at, (candidate, doubt)) in self.candidates.iter().zip(doubts).enumerate() {
            if matches!(candidate.standing, Standing::Open | Standing::BetweenBuilds) {
                open.push(at);
                if doubt.is_none() {
                    missing.push(at);
                }
            }
        }
        let cumulative = self.branch.is_some_and(Branch::is_cumulative);
        missing.sort_by_cached_key(|&at| {
            let rank = self.candidates.get(at).map(|candidate| {
                // Of separate updates, the one that supersedes most is the rollup.
                let older = if cumulative { 0 } else { self.superseded_by(vec![candidate.update]).len() };
                (older, candidate.fix.map(|fix| fix.most), candidate.article, candidate.update)
            });
            std::cmp::Reverse(rank)
        });
        let mut heads = Heads::default();
        for head in missing {
            if heads.covered.contains_key(&head) {
                continue;
            }
            heads.all.insert(head);
            let Some(newest) = self.candidates.get(head) else { continue };
            let older = self.superseded_by(vec![newest.update]);
            let mut cves: BTreeSet<u32> = BTreeSet::new();
            for &update in older.keys().chain([&newest.update]) {
                cves.extend(self.index.articles.cves(update));
            }
            for &at in &open {
                let Some(candidate) = self.candidates.get(at).filter(|_| !heads.knows(at)) else { continue };
                if self.covers(newest, &older, &cves, candidate) {
                    heads.covered.insert(at, head);
                }
            }
        }
        heads
    }

    fn covers(
        &self,
        newest: &Candidate<'_>,
        older: &BTreeMap<u32, u32>,
        closed: &BTreeSet<u32>,
        candidate: &Candidate<'_>,
    ) -> bool {
        let cumulative = self.branch.is_some_and(Branch::is_cumulative);
        let by_build = || newest.fix.zip(candidate.fix).is_some_and(|(newest, other)| newest.most > other.most);
        let cves = self.index.articles.cves(candidate.update);
        older.contains_key(&candidate.update)
            || cumulative && by_build()
            || candidate.article < newest.article && !cves.is_empty() && cves.iter().all(|cve| closed.contains(cve))
    }

    fn in_place(&self, candidate: &Candidate<'_>, basis: &Basis) -> Judged {
        let (reason, verdict) = match basis {
            Basis::Build => (self.build_reason(candidate), Verdict::Passed),
            Basis::Recorded { .. } => (reason::recorded(candidate.article), Verdict::Passed),
            Basis::Implied { by, .. } => (reason::implied(by, candidate.fix.map(|fix| fix.text)), Verdict::Passed),
            Basis::SameFixes { by, .. } => (
                reason::same_fixes(&self.names(by), self.index.articles.cves(candidate.update).len()),
                Verdict::Skipped,
            ),
            Basis::Superseded { by } => {
                let bulletin = &self.index.update(*by).bulletin;
                return Judged {
                    status: UpdateStatus::Superseded,
                    reason: reason::superseded_by_installed(bulletin),
                    tests: Vec::new(),
                    superseded_by: Some(bulletin.clone()),
                };
            }
        };
        let tests = self.test(candidate, verdict, self.evidence(candidate));
        Judged { status: UpdateStatus::Installed, reason, tests, superseded_by: None }
    }

    fn build_reason(&self, candidate: &Candidate<'_>) -> String {
        let fixed = candidate.fix.map_or("", |fix| fix.text);
        match self.build.filter(|_| self.is_build_told()) {
            Some(build) => reason::build_reached(&build.version, fixed),
            None => reason::implied(reason::ROLLUP, Some(fixed)),
        }
    }

    fn is_build_told(&self) -> bool {
        let numbers = self.build.and_then(|build| Numbers::parse(&build.version));
        numbers.and_then(|numbers| self.branch?.revision(&numbers)).is_some()
    }

    fn after_restart(&self, candidate: &Candidate<'_>, basis: &Basis) -> Judged {
        let build = self.build.filter(|_| self.is_build_told()).map(|build| build.version.as_str());
        let reason = match basis {
            Basis::Recorded { .. } | Basis::Build => {
                reason::waits_for_restart(candidate.article, build.zip(candidate.fix.map(|fix| fix.text)))
            }
            Basis::Implied { by, .. } => reason::contained_after_restart(by),
            Basis::Superseded { by } => reason::contained_after_restart(&self.index.update(*by).bulletin),
            Basis::SameFixes { by, .. } => reason::contained_after_restart(&self.names(by)),
        };
        let tests = self.test(candidate, Verdict::Skipped, self.evidence(candidate));
        Judged { status: UpdateStatus::PendingRestart, reason, tests, superseded_by: None }
    }

    fn covered(&self, head: usize) -> Judged {
        let bulletin = self.candidates.get(head).map(|head| self.index.update(head.update).bulletin.clone());
        let bulletin = bulletin.unwrap_or_default();
        Judged {
            status: UpdateStatus::Superseded,
            reason: reason::superseded_by_missing(&bulletin),
            tests: Vec::new(),
            superseded_by: Some(bulletin),
        }
    }

    fn undecided(&self, candidate: &Candidate<'_>, doubt: Doubt) -> Judged {
        let evidence = match doubt.status {
            UpdateStatus::Note => self.build.and_then(|build| build.evidence),
            _ => self.record.evidence().or_else(|| self.build.and_then(|build| build.evidence)),
        };
        let tests = self.test(candidate, Verdict::Unknown, evidence);
        Judged { status: doubt.status, reason: doubt.reason, tests, superseded_by: None }
    }

    fn missing(&self, candidate: &Candidate<'_>, covered: Vec<usize>) -> Judged {
        let articles = &self.index.articles;
        let in_place = self.candidates.iter().filter(|other| matches!(other.standing, Standing::InPlace(_)));
        let closed: BTreeSet<u32> = in_place.flat_map(|other| articles.cves(other.update)).copied().collect();
        let older: Vec<u32> = covered.iter().filter_map(|&at| Some(self.candidates.get(at)?.update)).collect();
        let brought = older.iter().chain([&candidate.update]).flat_map(|&update| articles.cves(update));
        let open: BTreeSet<u32> = brought.copied().filter(|cve| !closed.contains(cve)).collect();
        let told = self.is_build_told();
        let mut reason = match (self.build, candidate.fix) {
            (Some(build), Some(fix)) if told => super::reason::build_older(&build.version, fix.text),
            (_, Some(fix)) if self.revision.is_some() => reason::rollup_older(fix.text),
            _ => reason::not_recorded(candidate.article),
        };
        reason::extent(&mut reason, older.len(), open.len());
        let evidence = match self.revision {
            Some(known) if candidate.fix.is_some() => known.evidence,
            _ => self.record.evidence(),
        };
        let tests = self.test(candidate, Verdict::Failed, evidence);
        Judged { status: UpdateStatus::Missing, reason, tests, superseded_by: None }
    }

    fn test(&self, candidate: &Candidate<'_>, verdict: Verdict, evidence: Option<u32>) -> Vec<TestResult> {
        vec![TestResult { subject: TestSubject::Build(candidate.row), verdict, evidence }]
    }

    fn names(&self, updates: &[u32]) -> String {
        let names: Vec<&str> = updates.iter().map(|&update| self.index.update(update).bulletin.as_str()).collect();
        names.join(" and ")
    }
}

/// Whether these rules judge an update: it has no tests of its own, and the service pack does not decide about it.
pub(super) fn concerns(update: &Update, course: Course) -> bool {
    let by_service_pack = matches!(course, Course::Included(_) | Course::ServicePackUnknown);
    !by_service_pack && update.files.is_empty() && update.registry.is_empty()
}

struct Doubt {
    reason: String,
    status: UpdateStatus,
}

impl Doubt {
    /// The catalog gives nothing to test.
    fn catalog(reason: String) -> Doubt {
        Doubt { reason, status: UpdateStatus::Note }
    }
}

#[derive(Default)]
struct Heads {
    all: BTreeSet<usize>,
    /// The updates that are open, and the missing one that contains each.
    covered: BTreeMap<usize, usize>,
}

impl Heads {
    fn knows(&self, at: usize) -> bool {
        self.all.contains(&at) || self.covered.contains_key(&at)
    }

    fn of(&self, head: usize) -> Vec<usize> {
        self.covered.iter().filter(|(_, by)| **by == head).map(|(&at, _)| at).collect()
    }
}
