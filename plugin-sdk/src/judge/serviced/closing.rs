//! Which updates are in place, or will be after a restart: rules 11 to 15, 18 and 19.

use std::collections::BTreeMap;

use super::super::articles::Kind;
use super::super::branch::{Branch, Revision};
use super::super::reason::today as reason;
use super::super::records::State;
use super::links::Age;
use super::{Basis, Candidate, Known, Serviced, Standing};

/// The number of months after which a cumulative update has needed every earlier update of the servicing stack.
const MONTHS_AHEAD: u32 = 6;

impl Serviced<'_> {
    /// Applies rules 12 to 15, 18 and 19, the most certain first.
    pub(super) fn close(&mut self) {
        self.by_build();
        self.by_record();
        if self.revision.is_none() {
            self.by_implied_build();
        }
        self.by_build_after_restart();
        self.by_supersedence();
        self.by_newer_in_chain();
        self.by_servicing_stack();
        self.by_cves();
    }

    fn by_build(&mut self) {
        // Without a revision, the build is at least the first of its stretch.
        let known = self.revision.map(|known| known.revision).or(self.stretch.map(|stretch| stretch.0));
        let Some(revision) = known else { return };
        for candidate in &mut self.candidates {
            match candidate.fix {
                Some(fix) if revision >= fix.most => candidate.standing = Standing::InPlace(Basis::Build),
                Some(fix) if revision >= fix.least && self.revision.is_some() => {
                    candidate.standing = Standing::BetweenBuilds
                }
                _ => {}
            }
        }
    }

    fn by_record(&mut self) {
        let below: Vec<bool> =
            self.candidates.iter().map(|candidate| candidate.fix.is_some_and(|fix| self.is_below(fix))).collect();
        for (candidate, build_is_below) in self.candidates.iter_mut().zip(below) {
            if candidate.is_in_place() {
                continue;
            }
            let Some(recorded) = candidate.article.and_then(|article| self.record.article(article)) else { continue };
            let basis = Basis::Recorded { evidence: recorded.evidence };
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
    pub(super) fn implied(&self, state: State) -> Option<(u32, Revision, u32)> {
        let recorded = self.record.articles().filter(|(article, _)| !self.distrusted.contains(article));
        recorded
            .filter_map(|(article, recorded)| {
                let build = self.least_build(article)?;
                let is_contradicted = self.stretch.is_some_and(|(_, end)| end <= build);
                let now = match recorded.state {
                    State::InPlace if is_contradicted => State::AfterRestart,
                    state => state,
                };
                (now == state).then_some((article, build, recorded.evidence))
            })
            .max_by_key(|found| found.1)
    }

    /// Returns the lowest build of this branch that the catalog gives for an article.
    pub(super) fn least_build(&self, article: u32) -> Option<Revision> {
        let branch = self.branch?;
        let articles = &self.index.articles;
        let builds = articles.updates(article).flat_map(|update| articles.builds(update)).flatten();
        builds.filter_map(|build| branch.revision(build)).min()
    }

    /// An update that waits for a restart proves its build and all lower ones, as an installed one does.
    fn by_build_after_restart(&mut self) {
        let rollup = [State::AfterRestart, State::InPlace].into_iter().filter_map(|state| self.newest_rollup(state));
        let rollup = rollup.max_by_key(|known| known.revision).map(|known| (known, reason::ROLLUP.to_owned()));
        let waiting = self.candidates.iter().filter_map(|candidate| {
            let Standing::AfterRestart(_) = candidate.standing else { return None };
            let known = Known { revision: candidate.fix?.least, evidence: self.evidence(candidate) };
            Some((known, self.index.update(candidate.update).bulletin.clone()))
        });
        let Some((pending, by)) = waiting.chain(rollup).max_by_key(|(known, _)| known.revision) else { return };
        let cumulative = self.branch.is_some_and(Branch::is_cumulative);
        for candidate in &mut self.candidates {
            let after = cumulative && candidate.fix.is_some_and(|fix| fix.most <= pending.revision);
            if after && candidate.is_open() {
                candidate.standing =
                    Standing::AfterRestart(Basis::Implied { by: by.clone(), evidence: pending.evidence });
            }
        }
    }

    fn by_supersedence(&mut self) {
        for (state, standing) in [
            (State::InPlace, Standing::InPlace as fn(Basis) -> Standing),
            (State::AfterRestart, Standing::AfterRestart),
        ] {
            let mut start: Vec<(usize, u32)> = Vec::new();
            // An article may be recorded whose update for this product the catalog does not have.
            for (article, _) in self.record.articles().filter(|(_, recorded)| recorded.state == state) {
                let Some(update) = self.index.articles.updates(article).next() else { continue };
                let older = self.older_of(self.supersedence.article(update)).into_iter();
                let age = Age { month: self.index.articles.month(update), article: Some(article) };
                let older = older.filter(|&older| {
                    self.candidates.get(older).is_some_and(|older| age.may_supersede(self.age(older)))
                });
                start.extend(older.map(|older| (older, update)));
            }
            for (at, candidate) in self.candidates.iter().enumerate() {
                let counts = match &candidate.standing {
                    Standing::InPlace(_) => state == State::InPlace,
                    Standing::AfterRestart(_) => state == State::AfterRestart,
                    Standing::Open | Standing::BetweenBuilds => false,
                };
                if counts {
                    start.extend(self.older(at).iter().map(|&older| (older, candidate.update)));
                }
            }
            for (at, by) in self.reach(start) {
                let Some(candidate) = self.candidates.get_mut(at) else { continue };
                let by_build = candidate.fix.is_some() && self.revision.is_some();
                if candidate.is_open() && !(by_build && state == State::InPlace) {
                    candidate.standing = standing(Basis::Superseded { by });
                }
            }
        }
    }

    /// An update that is linked with others is cumulative, as they are; where the chain of links is broken, for it led through an
    /// update that the catalog does not contain, the month and the article still tell older from newer.
    fn by_newer_in_chain(&mut self) {
        let in_place = self.candidates.iter().enumerate().filter(|(_, candidate)| candidate.is_in_place());
        let newest = in_place
            .filter(|&(at, candidate)| candidate.fix.is_some() && self.is_cumulative(at) || self.leads_chain(at))
            .max_by_key(|(_, candidate)| self.age(candidate));
        let Some((at, newest)) = newest else { return };
        let by = newest.update;
        for at in self.contained(at, newest) {
            if let Some(candidate) = self.candidates.get_mut(at)
                && candidate.fix.is_none()
                && candidate.is_open()
            {
                candidate.standing = Standing::InPlace(Basis::Superseded { by });
            }
        }
    }

    /// Windows installs a cumulative update only if the servicing stack is as new as the update needs.
    fn by_servicing_stack(&mut self) {
        let articles = &self.index.articles;
        let in_place = self.candidates.iter().enumerate().filter(|(_, candidate)| candidate.is_in_place());
        let cumulative = in_place
            .filter(|(at, _)| self.leads_chain(*at))
            .filter_map(|(_, candidate)| Some((articles.month(candidate.update)?, candidate.update)));
        let Some((installed, by)) = cumulative.max() else { return };
        for at in self.of_kind(Kind::ServicingStack) {
            let Some(stack) = self.candidates.get_mut(at).filter(|stack| stack.is_open()) else { continue };
            if articles.month(stack.update).is_some_and(|posted| posted + MONTHS_AHEAD <= installed) {
                stack.standing = Standing::InPlace(Basis::Superseded { by });
            }
        }
    }

    /// Several fixes may be offered for the same CVEs: a cumulative update and a hotpatch, a rollup and a security-only update.
    /// Any of them closes the CVEs, but one that the update supersedes may close them only in part.
    fn by_cves(&mut self) {
        for after_restart in [false, true] {
            let open = self.candidates.iter().filter(|candidate| candidate.is_open());
            let wanted = self.index.articles.marked(open.map(|candidate| candidate.update));
            if !wanted.contains(&true) {
                return;
            }
            let mut closers: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            for (at, candidate) in self.candidates.iter().enumerate() {
                if candidate.is_in_place() || after_restart && matches!(candidate.standing, Standing::AfterRestart(_)) {
                    for &cve in self.index.articles.cves(candidate.update) {
                        if wanted.get(cve as usize).is_some_and(|wanted| *wanted) {
                            closers.entry(cve).or_default().push(at);
                        }
                    }
                }
            }
            let closed: Vec<(usize, Basis)> = self
                .candidates
                .iter()
                .enumerate()
                .filter(|(_, candidate)| candidate.is_open())
                .filter_map(|(at, candidate)| Some((at, self.same_fixes(at, candidate, &closers)?)))
                .collect();
            for (at, basis) in closed {
                if let Some(candidate) = self.candidates.get_mut(at) {
                    candidate.standing =
                        if after_restart { Standing::AfterRestart(basis) } else { Standing::InPlace(basis) };
                }
            }
        }
    }

    fn same_fixes(&self, at: usize, candidate: &Candidate<'_>, closers: &BTreeMap<u32, Vec<usize>>) -> Option<Basis> {
        let cves = self.index.articles.cves(candidate.update);
        if cves.is_empty() || !cves.iter().all(|cve| closers.contains_key(cve)) {
            return None;
        }
        let older = self.superseded_by(at);
        let mut by = Vec::new();
        let mut evidence = None;
        for cve in cves {
            let other = closers.get(cve)?.iter().find(|other| !older.contains(other))?;
            let other = self.candidates.get(*other)?;
            if !by.contains(&other.update) {
                evidence = evidence.or(self.evidence(other));
                by.push(other.update);
            }
        }
        Some(Basis::SameFixes { by, evidence })
    }

    /// Returns the question that proves a standing.
    pub(super) fn evidence(&self, candidate: &Candidate<'_>) -> Option<u32> {
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
}
