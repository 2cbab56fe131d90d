//! Verdicts and their reasons, and rules 16 and 20 to 22.

use super::super::articles::Kind;
use super::super::branch::Branch;
use super::super::reason::{self as reasons, today as reason};
use super::super::records::State;
use super::{Basis, Candidate, Judged, Serviced, Standing};
use crate::contract::exports::wardline::check::types::{TestResult, TestSubject, UpdateStatus, Verdict};

/// How much lower an update may be numbered than one that it contains. Microsoft numbers articles when it begins to write
/// them: KB4482887 of 2019-03-01 contains KB4487044 of 2019-02-12.
const NUMBERED_AHEAD: u32 = 5_000;

/// The number of CVEs that an update closes at least for a product that it is certainly for: rule 22.
const CVES_OF_OWN_PRODUCT: usize = 20;

/// How many times as many it closes for that one as for a product that it is not for.
const TIMES_AS_MANY: usize = 10;

pub(super) struct Doubt {
    reason: String,
    status: UpdateStatus,
}

impl Doubt {
    /// The catalog gives nothing to test.
    fn catalog(reason: String) -> Doubt {
        Doubt { reason, status: UpdateStatus::Note }
    }
}

impl Serviced<'_> {
    /// Why an update that is not in place cannot be called missing: rules 16 and 20 to 22.
    pub(super) fn doubt(&self, at: usize, candidate: &Candidate<'_>) -> Option<Doubt> {
        match candidate.standing {
            Standing::InPlace(_) | Standing::AfterRestart(_) => return None,
            Standing::BetweenBuilds => return Some(Doubt::catalog(reason::TWO_BUILDS.to_owned())),
            Standing::Open => {}
        }
        match candidate.kind {
            Kind::Setup => return Some(Doubt::catalog(reason::OF_SETUP.to_owned())),
            Kind::Recovery => return Some(Doubt::catalog(reason::OF_RECOVERY.to_owned())),
            _ => {}
        }
        if self.index.articles.is_withdrawn(candidate.update) {
            return Some(Doubt::catalog(reason::WITHDRAWN.to_owned()));
        }
        match (candidate.fix, candidate.other_build) {
            (Some(fix), _) if self.revision.is_some() || self.is_below(fix) => return None,
            (None, Some(other)) => return Some(Doubt::catalog(reason::no_build(Some(other)))),
            (None, None) if self.contained_absent(at).is_some() => return None,
            (None, None) => {
                if let Some(reason) = self.listed_by_mistake(candidate) {
                    return Some(Doubt::catalog(reason));
                }
            }
            _ => {}
        }
        let cumulative = self.branch.is_none_or(Branch::is_cumulative);
        if self.revision.is_some() && cumulative && !self.names_cumulative_articles() {
            return Some(Doubt::catalog(reason::no_build(None)));
        }
        self.doubt_by_record(candidate).map(|reason| Doubt { reason, status: UpdateStatus::UnableToScan })
    }

    /// Says that the catalog lists another product's update for this one, if it does.
    fn listed_by_mistake(&self, candidate: &Candidate<'_>) -> Option<String> {
        let articles = &self.index.articles;
        let closes = |update: u32| articles.cves(update).len();
        let article = candidate.article?;
        let elsewhere = articles.updates(article).max_by_key(|&update| closes(update))?;
        let most = closes(elsewhere);
        if most < CVES_OF_OWN_PRODUCT {
            return None;
        }
        let of_article = || self.candidates.iter().enumerate().filter(|(_, other)| other.article == Some(article));
        if of_article().any(|(at, _)| self.linked.contains(&at)) {
            return None;
        }
        let here = of_article().map(|(_, other)| closes(other.update)).max()?;
        (here * TIMES_AS_MANY <= most).then(|| {
            let product = self.index.update(elsewhere).applies_to.first().map_or("", |row| row.product.name.as_str());
            reason::listed_by_mistake(here, most, product)
        })
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
        if !self.record.rollups().is_empty() && self.branch.is_none_or(Branch::is_cumulative) {
            return Some(reason::ROLLUPS_ONLY.to_owned());
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
        let article = newest.article.filter(|_| !is_newer && self.is_older(candidate, newest))?;
        Some(reason::older_article(article))
    }

    /// Whether the record has cumulative updates by their articles: a text does, while Windows 10 and later record the rollup.
    fn names_cumulative_articles(&self) -> bool {
        self.record.rollups().is_empty() && self.record.unknown().is_none() && self.record.names_articles()
    }

    fn lists_one_cumulative(&self) -> bool {
        let in_place = self.record.articles().filter(|(_, recorded)| recorded.state == State::InPlace);
        let articles = &self.index.articles;
        // Separate updates have builds and links, too.
        let closes_many = |article: u32| articles.updates(article).any(|update| articles.closes_many(update));
        in_place.filter(|&(article, _)| self.least_build(article).is_some() && closes_many(article)).count() == 1
    }

    /// Returns the newest recorded update for this product that may contain others. A security-only update is one of these: the rollup of
    /// its month counts as installed with it, and contains them.
    fn newest_recorded(&self) -> Option<&Candidate<'_>> {
        let is_recorded = |article| self.record.article(article).is_some_and(|found| found.state == State::InPlace);
        let recorded = self
            .candidates
            .iter()
            .filter(|candidate| candidate.kind.may_contain_others() && candidate.article.is_some_and(is_recorded));
        recorded.max_by_key(|candidate| self.age(candidate))
    }

    pub(super) fn in_place(&self, candidate: &Candidate<'_>, basis: &Basis) -> Judged {
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

    pub(super) fn after_restart(&self, candidate: &Candidate<'_>, basis: &Basis) -> Judged {
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

    pub(super) fn covered(&self, head: usize) -> Judged {
        let bulletin = self.candidates.get(head).map(|head| self.index.update(head.update).bulletin.clone());
        let bulletin = bulletin.unwrap_or_default();
        Judged {
            status: UpdateStatus::Superseded,
            reason: reason::superseded_by_missing(&bulletin),
            tests: Vec::new(),
            superseded_by: Some(bulletin),
        }
    }

    pub(super) fn undecided(&self, candidate: &Candidate<'_>, doubt: Doubt) -> Judged {
        let evidence = match doubt.status {
            UpdateStatus::Note => self.build.and_then(|build| build.evidence),
            _ => self.record.evidence().or_else(|| self.build.and_then(|build| build.evidence)),
        };
        let tests = self.test(candidate, Verdict::Unknown, evidence);
        Judged { status: doubt.status, reason: doubt.reason, tests, superseded_by: None }
    }

    pub(super) fn missing(&self, at: usize, candidate: &Candidate<'_>, covered: Vec<usize>) -> Judged {
        let articles = &self.index.articles;
        let in_place = self.candidates.iter().filter(|other| other.is_in_place());
        let closed = articles.marked(in_place.map(|other| other.update));
        let older: Vec<u32> = covered.iter().filter_map(|&at| Some(self.candidates.get(at)?.update)).collect();
        let brought = articles.marked(older.iter().copied().chain([candidate.update]));
        let open = brought.iter().zip(&closed).filter(|(brought, closed)| **brought && !**closed).count();
        let told = self.is_build_told();
        let contained = self.contained_absent(at);
        let fix = candidate.fix.or(contained.map(|(fix, _)| fix));
        let mut reason = match (self.build, fix) {
            (Some(build), Some(fix)) if told && self.is_below(fix) => reasons::build_older(&build.version, fix.text),
            (_, Some(fix)) if self.revision.is_some() => reason::rollup_older(fix.text),
            _ => reason::not_recorded(candidate.article),
        };
        if let Some((_, bulletin)) = contained {
            reason = reason::of_contained(&reason, bulletin);
        }
        reason::extent(&mut reason, older.len(), open);
        let evidence = match (self.revision, fix) {
            (Some(known), Some(_)) => known.evidence,
            (None, Some(fix)) if self.is_below(fix) => self.build.and_then(|build| build.evidence),
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
