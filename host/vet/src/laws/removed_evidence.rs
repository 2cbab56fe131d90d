//! A finding does not outlive its evidence.

use std::collections::HashSet;

use wardline_contract::compare::Names;
use wardline_contract::names::folded;
use wardline_contract::{Answer, CheckFinding, Examination, Grade, Outcome, Question, UpdateFinding, UpdateStatus};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, spread};
use super::missing_evidence::is_missing;
use super::words;
use crate::words::counted;
use crate::{Law, Trial, VettedPlugin};

/// The maximum number of findings tried per target.
const MAX_FINDINGS: usize = 150;

/// With everything that a finding names as its evidence removed from the recording, nothing is concluded any more.
///
/// A question that a recording does not hold is answered `unreadable`: finding something absent and not having looked are
/// different things. Therefore a check that passed, and an update that is installed, missing, a warning or pending restart,
/// must then be unknown, or depend on other answers. A check that failed may have reasons that it does not name, a password for
/// example; a finding that names no evidence is not tried.
#[derive(Clone, Copy, Debug)]
pub struct RemovedEvidence;

impl Law for RemovedEvidence {
    fn name(&self) -> &'static str {
        "removed-evidence-gives-unknown"
    }

    fn explanation(&self) -> &'static str {
        "Without the answers that a passed check or a judged update names as its evidence, its result is unknown. A finding that \
         stays the same without its evidence does not depend on it."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let cited: Vec<(Judged<'_>, HashSet<Question>)> = judged(&plain)
            .into_iter()
            .map(|finding| (finding, finding.evidence(&plain).map(|(question, _)| folded(question)).collect()))
            .filter(|(_, evidence): &(_, HashSet<_>)| !evidence.is_empty())
            .collect();
        if cited.is_empty() {
            return attempt.not_tried();
        }
        for (finding, removed) in spread(cited, MAX_FINDINGS) {
            let without = attempt.converse(&|question| match removed.contains(&folded(question)) {
                true => Answer::Unreadable("the recording holds no answer to this".to_owned()),
                false => target.answer(question),
            });
            if without.outcome != Outcome::Ok {
                // Covered by another law.
                continue;
            }
            let concluded = judged(&without).into_iter().find(|other| {
                other.is_about_the_same_as(finding) && other.evidence(&without).all(|(_, answer)| is_missing(answer))
            });
            if let Some(concluded) = concluded {
                let what = format!(
                    "Without the {} that {} names as its evidence, it is still {}, and names no other answered question.",
                    counted(removed.len() as u64, "answer", "answers"),
                    finding.words(&attempt.names),
                    concluded.grade(),
                );
                return attempt.broken(what, vec![attempt.case(plain.clone()), attempt.case(without)]);
            }
        }
        attempt.kept()
    }
}

/// A finding that must not be reported without its evidence.
#[derive(Clone, Copy)]
enum Judged<'e> {
    Check(&'e CheckFinding),
    Update(&'e UpdateFinding),
}

fn judged(examination: &Examination) -> Vec<Judged<'_>> {
    use UpdateStatus::{Installed, Missing, PendingRestart, Warning};
    let checks = examination.assessment.checks.iter().filter(|finding| finding.grade == Grade::Passed);
    let updates = examination.assessment.updates.iter();
    let updates = updates.filter(|it| matches!(it.status, Missing | Installed | PendingRestart | Warning));
    checks.map(Judged::Check).chain(updates.map(Judged::Update)).collect()
}

impl<'e> Judged<'e> {
    /// The exchanges that it names as its evidence.
    fn evidence(self, examination: &'e Examination) -> impl Iterator<Item = &'e (Question, Answer)> {
        let numbers: Vec<u32> = match self {
            Judged::Check(finding) => finding.evidence.clone(),
            Judged::Update(finding) => finding.tests.iter().filter_map(|test| test.evidence).collect(),
        };
        numbers.into_iter().filter_map(|number| examination.exchanges.get(number as usize))
    }

    fn is_about_the_same_as(self, other: Judged<'_>) -> bool {
        match (self, other) {
            (Judged::Check(one), Judged::Check(two)) => (&one.check, &one.subject) == (&two.check, &two.subject),
            (Judged::Update(one), Judged::Update(two)) => {
                (one.update, &one.product, &one.subject) == (two.update, &two.product, &two.subject)
            }
            _ => false,
        }
    }

    fn words(self, names: &Names<'_>) -> String {
        match self {
            Judged::Check(finding) => words::check(finding),
            Judged::Update(finding) => words::update(finding, names),
        }
    }

    fn grade(self) -> String {
        match self {
            Judged::Check(finding) => words::case_name(&finding.grade),
            Judged::Update(finding) => words::case_name(&finding.status),
        }
    }
}
