//! Findings: the results that a checker reports.

use crate::contract::exports::wardline::check::types::{
    Action, Assessment, CheckFinding, FindingId, Grade, InstalledProduct, RegistryData, Row, UpdateFinding,
};
use crate::evidence::{Evident, Unable};
use crate::registry_data::RegistryDataExt;
use crate::remedy::Remedy;

/// The result of one check.
///
/// Created by the function named after its grade and filled in by the methods:
///
/// ```
/// # use wardline_plugin::prelude::*;
/// let finding = Finding::critical("2 accounts have a blank password.")
///     .row(["Administrator", "blank"], Grade::Critical)
///     .row(["scott", "blank"], Grade::Critical);
/// ```
#[derive(Clone, Debug)]
pub struct Finding {
    pub(crate) grade: Grade,
    pub(crate) summary: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) evidence: Vec<u32>,
    pub(crate) remedies: Vec<Remedy>,
}

impl Finding {
    /// `summary` is one sentence: the fault, or for a check that passes, the state that was seen.
    pub fn new(grade: Grade, summary: impl Into<String>) -> Self {
        Finding { grade, summary: summary.into(), rows: Vec::new(), evidence: Vec::new(), remedies: Vec::new() }
    }

    /// A severe fault.
    pub fn critical(summary: impl Into<String>) -> Self {
        Finding::new(Grade::Critical, summary)
    }

    /// A fault that is not severe.
    pub fn non_critical(summary: impl Into<String>) -> Self {
        Finding::new(Grade::NonCritical, summary)
    }

    /// A departure from best practice.
    pub fn best_practice(summary: impl Into<String>) -> Self {
        Finding::new(Grade::BestPractice, summary)
    }

    /// The check passes.
    pub fn passed(summary: impl Into<String>) -> Self {
        Finding::new(Grade::Passed, summary)
    }

    /// The check does not apply, or needs something that this kind of target cannot provide; the summary says which.
    pub fn not_performed(summary: impl Into<String>) -> Self {
        Finding::new(Grade::NotPerformed, summary)
    }

    /// A fact that is neither a fault nor a pass.
    pub fn informational(summary: impl Into<String>) -> Self {
        Finding::new(Grade::Informational, summary)
    }

    /// Cites a piece of evidence that decided the finding. The host adds the text of the question and the answer.
    #[must_use]
    pub fn because(mut self, evidence: &impl Evident) -> Self {
        self.evidence.push(evidence.question_number());
        self
    }

    /// Adds a row to the finding's table, with as many cells as the check's description has columns.
    #[must_use]
    pub fn row<S: Into<String>>(mut self, cells: impl IntoIterator<Item = S>, grade: Grade) -> Self {
        self.rows.push(Row { cells: cells.into_iter().map(Into::into).collect(), grade });
        self
    }

    /// Raises a failing finding and its failing rows to at least this grade, for operators who rate a check as more severe
    /// than Microsoft did. A finding that passes, does not apply or is not known is unchanged.
    ///
    /// ```
    /// # use wardline_plugin::prelude::*;
    /// # fn grade_of(finding: Finding) -> String { format!("{finding:?}") }
    /// assert!(grade_of(Finding::best_practice("Nothing is audited.").at_least(Grade::NonCritical)).contains("NonCritical"));
    /// assert!(grade_of(Finding::passed("Logons are audited.").at_least(Grade::NonCritical)).contains("Passed"));
    /// ```
    #[must_use]
    pub fn at_least(mut self, least: Grade) -> Self {
        let raised = |grade| match (weight(grade), weight(least)) {
            (Some(weight), Some(wanted)) if weight < wanted => least,
            _ => grade,
        };
        self.grade = raised(self.grade);
        for row in &mut self.rows {
            row.grade = raised(row.grade);
        }
        self
    }

    /// Records that a value on which the finding depends is not of the type that Windows reads. `name` is the value's name.
    ///
    /// Create the finding as if the value were absent, because Windows ignores data of another type. That behavior is
    /// documented for few values, though. A finding that fails by the default therefore keeps its grade and gains a sentence
    /// about the value; one that would pass becomes *unable to scan*.
    ///
    /// ```
    /// # use wardline_plugin::prelude::*;
    /// # fn words_of(finding: Finding) -> String { format!("{finding:?}") }
    /// let text = RegistryData::Text("2".into());
    /// let open = Finding::critical("Anyone can list accounts (RestrictAnonymous is 0, the default).");
    /// assert!(words_of(open.with_wrong_type("RestrictAnonymous", &text, "REG_DWORD")).contains("Critical"));
    /// let closed = Finding::passed("Nobody can list accounts.");
    /// assert!(words_of(closed.with_wrong_type("RestrictAnonymous", &text, "REG_DWORD")).contains("UnableToScan"));
    /// ```
    #[must_use]
    pub fn with_wrong_type(mut self, name: &str, data: &RegistryData, expected: &str) -> Self {
        let held = format!("{name} holds {}", data.instead_of(expected));
        match self.grade {
            Grade::Passed => {
                self.grade = Grade::UnableToScan;
                self.summary = format!("{held}, and whether Windows takes it cannot be told.");
            }
            Grade::UnableToScan => self.summary.push_str(&format!(" {held}.")),
            _ => self.summary.push_str(&format!(" {held}, so the default is taken to be in force.")),
        }
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn mend(mut self, remedy: Remedy) -> Self {
        self.remedies.push(remedy);
        self
    }
}

/// The severity of a failure. `None` for a grade that is not a failure.
fn weight(grade: Grade) -> Option<u8> {
    match grade {
        Grade::Critical => Some(2),
        Grade::NonCritical => Some(1),
        Grade::BestPractice => Some(0),
        _ => None,
    }
}

impl From<Unable> for Finding {
    fn from(unable: Unable) -> Self {
        Finding { evidence: unable.evidence, ..Finding::new(Grade::UnableToScan, unable.reason) }
    }
}

impl From<Result<Finding, Unable>> for Finding {
    fn from(result: Result<Finding, Unable>) -> Self {
        result.unwrap_or_else(Finding::from)
    }
}

/// A finding with its check and its subject.
#[derive(Clone, Debug)]
pub struct CheckedFinding {
    /// The check's id.
    pub check: &'static str,
    /// The instance, site or account that the finding is about. `None` if it is about the target as a whole.
    pub subject: Option<String>,
    /// The result.
    pub finding: Finding,
}

/// Everything that a checker reports about a target.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    products: Vec<InstalledProduct>,
    checks: Vec<CheckedFinding>,
    updates: Vec<(UpdateFinding, Vec<Remedy>)>,
}

impl Findings {
    /// No findings.
    pub fn new() -> Self {
        Findings::default()
    }

    /// Adds an installed product to the report.
    pub fn product(&mut self, product: InstalledProduct) {
        self.products.push(product);
    }

    /// Adds a ready finding of a check, by its id: a [`Finding`], an [`Unable`], or either as a `Result`.
    ///
    /// ```
    /// # use wardline_plugin::prelude::*;
    /// let mut findings = Findings::new();
    /// findings.check("telnet-service", Finding::passed("There is no telnet service."));
    /// findings.check("shares", Unable::new("the list of shares cannot be read"));
    /// ```
    pub fn check(&mut self, id: &'static str, finding: impl Into<Finding>) {
        self.checks.push(CheckedFinding { check: id, subject: None, finding: finding.into() });
    }

    /// Adds a ready finding of a check about one of several subjects: a SQL Server instance, a site, an account.
    pub fn check_about(&mut self, id: &'static str, subject: impl Into<String>, finding: impl Into<Finding>) {
        self.checks.push(CheckedFinding { check: id, subject: Some(subject.into()), finding: finding.into() });
    }

    /// Adds the findings of a [`Suite`](crate::check::Suite).
    pub fn checks(&mut self, checks: impl IntoIterator<Item = CheckedFinding>) {
        self.checks.extend(checks);
    }

    /// Adds a judged update with the remedies that install it, if it needs any.
    pub fn update(&mut self, finding: UpdateFinding, remedies: Vec<Remedy>) {
        self.updates.push((finding, remedies));
    }

    /// Adds judged updates, as [`judge_updates`](crate::updates::judge_updates) returns them.
    pub fn updates(&mut self, judged: impl IntoIterator<Item = (UpdateFinding, Vec<Remedy>)>) {
        self.updates.extend(judged);
    }

    /// Separates the report from its remedies, finding by finding in the contract's order.
    pub(crate) fn split(self) -> (Assessment, Remedies) {
        let mut remedies = Remedies::default();
        let checks = self.checks.into_iter().map(|CheckedFinding { check, subject, finding }| {
            remedies.checks.push(finding.remedies);
            CheckFinding {
                check: check.to_owned(),
                subject,
                grade: finding.grade,
                summary: finding.summary,
                rows: finding.rows,
                evidence: finding.evidence,
            }
        });
        let checks = checks.collect();
        let updates = self.updates.into_iter().map(|(finding, mends)| {
            remedies.updates.push(mends);
            finding
        });
        let updates = updates.collect();
        (Assessment { products: self.products, checks, updates }, remedies)
    }
}

impl From<Vec<CheckedFinding>> for Findings {
    fn from(checks: Vec<CheckedFinding>) -> Self {
        Findings { checks, ..Findings::default() }
    }
}

/// The remedies of each finding of an assessment, in the assessment's order.
#[derive(Debug, Default)]
pub(crate) struct Remedies {
    pub(crate) checks: Vec<Vec<Remedy>>,
    pub(crate) updates: Vec<Vec<Remedy>>,
}

impl Remedies {
    /// Returns the actions for these findings. Each finding's remedies are returned once.
    pub(crate) fn actions_for(&mut self, findings: Vec<FindingId>) -> Vec<Action> {
        let mut actions = Vec::new();
        for id in findings {
            let (list, place) = match id {
                FindingId::Check(place) => (&mut self.checks, place),
                FindingId::Update(place) => (&mut self.updates, place),
            };
            if let Some(remedies) = list.get_mut(place as usize).map(std::mem::take) {
                actions.extend(remedies.into_iter().map(|remedy| remedy.into_action(id)));
            }
        }
        actions
    }
}
