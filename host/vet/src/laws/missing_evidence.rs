//! Missing evidence never makes a finding better.

use std::collections::{BTreeMap, HashSet};

use wardline_contract::compare::Names;
use wardline_contract::{
    Answer, Assessment, CheckFinding, Examination, Grade, Outcome, Question, UpdateFinding, UpdateStatus, Verdict,
};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, distinct_questions, spread};
use super::fault::{Fault, Place, broad_places, later_places};
use super::words;
use crate::{Law, Trial, VettedPlugin};

/// The maximum number of variations of one target in which a single answer is missing.
const MAX_SINGLE: usize = 200;

/// The number of points of the conversation after which everything is missing, and of answers that are the only one available;
/// for each way of missing.
const PARTIAL: usize = 8;

/// Turning an answer into `denied`, `unreadable` or `unsupported` never improves a finding and never hides one.
///
/// Compared with the findings on the unmodified target, where a *good* status is installed, included or superseded, and a
/// *fair* one is pending restart or a warning:
///
/// | before | with evidence missing |
/// |---|---|
/// | no check passed, or no row of its table | not passed, unless the check is also unable to scan, for evidence that was answered before |
/// | a check failed | failed, or the check unable to scan, for this subject or another; not performed if the answer was `unsupported`; anything but passed if the report says that something is unknown |
/// | an update missing | missing or unable to scan; or not reported if the report says that something is unknown |
/// | an update a note, unable to scan or not reported | neither good nor fair |
/// | an update fair | not good |
///
/// The report says that something is unknown if a finding is newly unable to scan, if such a finding names as its evidence a
/// question that was answered before, or if it contains only findings that are unable to scan or not performed.
///
/// Everything else may change: a passed check may fail or become unable to scan, and a superseded update may be judged by its
/// own tests and found installed. Regardless of what was found before,
///
/// * no passed check names a missing answer as its evidence, and no test of an update has a verdict other than *unknown* on
///   one;
/// * if everything is missing, no check is passed and no update is good or fair; and unless the answers were `unsupported`, a
///   plugin that asked anything reports that it was unable to scan something.
#[derive(Clone, Copy, Debug)]
pub struct MissingEvidence;

impl Law for MissingEvidence {
    fn name(&self) -> &'static str {
        "missing-evidence-is-never-passed"
    }

    fn explanation(&self) -> &'static str {
        "Evidence that is denied, unreadable or unsupported never makes a check pass or an update count as installed, and never \
         hides a weakness silently. A report that calls the unknown good is worse than none."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        if let Some(what) = rests_on_nothing(&plain, &attempt.names) {
            return attempt.broken(format!("On the unmodified target, {what}."), vec![attempt.case(plain)]);
        }
        for (place, fault) in variations(&distinct_questions(&plain)) {
            let faulty = attempt.converse(&|question| {
                let answer = target.answer(question);
                if place.holds(question) { fault.of(question, answer) } else { answer }
            });
            if faulty.outcome != Outcome::Ok {
                // Covered by another law.
                continue;
            }
            let everything = matches!(place, Place::Everything);
            let what = rests_on_nothing(&faulty, &attempt.names)
                .or_else(|| everything.then(|| knows_without_evidence(&faulty, fault, &attempt.names)).flatten())
                .or_else(|| improvement(&plain, &faulty, &attempt.names))
                .or_else(|| concealment(&plain, &faulty, fault, &attempt.names));
            if let Some(what) = what {
                let what = format!("With {} answered {}, {what}.", place.words(), fault.words());
                return attempt.broken(what, vec![attempt.case(plain), attempt.case(faulty)]);
            }
        }
        attempt.kept()
    }
}

fn variations(questions: &[Question]) -> Vec<(Place, Fault)> {
    let every = |places: Vec<Place>| {
        places.into_iter().flat_map(|place| Fault::MISSING.map(|fault| (place.clone(), fault))).collect::<Vec<_>>()
    };
    let mut variations = every(broad_places(questions));
    variations.extend(every(later_places(questions, PARTIAL)));
    variations.extend(every(spread(questions.to_vec(), PARTIAL).into_iter().map(Place::AllBut).collect()));
    variations.extend(spread(every(questions.iter().cloned().map(Place::Only).collect()), MAX_SINGLE));
    variations
}

pub(super) fn is_missing(answer: &Answer) -> bool {
    matches!(answer, Answer::Denied(_) | Answer::Unreadable(_) | Answer::Unsupported)
}

/// Finds a finding that names as its evidence a question that was not answered.
pub(super) fn rests_on_nothing(examination: &Examination, names: &Names<'_>) -> Option<String> {
    let missing = |number: u32| {
        let (question, answer) = examination.exchanges.get(number as usize)?;
        is_missing(answer).then(|| wardline_report::question_in_words(question))
    };
    let Assessment { checks, updates, .. } = &examination.assessment;
    for finding in checks.iter().filter(|finding| finding.grade == Grade::Passed) {
        if let Some(question) = finding.evidence.iter().find_map(|&number| missing(number)) {
            return Some(format!(
                "{} is passed and names {question} as evidence, which was not answered",
                words::check(finding)
            ));
        }
    }
    for finding in updates {
        for test in &finding.tests {
            let judged = !matches!(test.verdict, Verdict::Unknown | Verdict::Skipped);
            if judged && let Some(question) = test.evidence.and_then(missing) {
                return Some(format!(
                    "a test of {} is {} because of {question}, which was not answered",
                    words::update(finding, names),
                    words::case_name(&test.verdict),
                ));
            }
        }
    }
    None
}

/// Finds a finding that is called good although every answer is missing.
fn knows_without_evidence(faulty: &Examination, fault: Fault, names: &Names<'_>) -> Option<String> {
    let Assessment { checks, updates, .. } = &faulty.assessment;
    if let Some(finding) = checks.iter().find(|finding| finding.grade == Grade::Passed) {
        return Some(format!("{} is passed", words::check(finding)));
    }
    if let Some(finding) = updates.iter().find(|finding| Standing::of(finding.status) > Standing::Open) {
        return Some(format!("{} is {}", words::update(finding, names), words::case_name(&finding.status)));
    }
    let silent = fault != Fault::Unsupported && !faulty.exchanges.is_empty() && unable(&faulty.assessment).is_empty();
    silent.then(|| "nothing is reported as unable to scan".to_owned())
}

/// How good an update's status is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Open,
    Fair,
    Good,
}

impl Standing {
    fn of(status: UpdateStatus) -> Self {
        match status {
            UpdateStatus::Missing | UpdateStatus::Note | UpdateStatus::UnableToScan => Standing::Open,
            UpdateStatus::Warning | UpdateStatus::PendingRestart => Standing::Fair,
            UpdateStatus::Installed | UpdateStatus::Superseded | UpdateStatus::Included => Standing::Good,
        }
    }
}

/// A check and its subject.
type CheckKey<'a> = (&'a str, Option<&'a str>);

/// An update, its product and its subject.
type UpdateKey<'a> = (u32, &'a str, Option<&'a str>);

fn check_key(finding: &CheckFinding) -> CheckKey<'_> {
    (&finding.check, finding.subject.as_deref())
}

fn update_key(finding: &UpdateFinding) -> UpdateKey<'_> {
    (finding.update, &finding.product, finding.subject.as_deref())
}

fn by_check(assessment: &Assessment) -> BTreeMap<CheckKey<'_>, Vec<&CheckFinding>> {
    let mut findings: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for finding in &assessment.checks {
        findings.entry(check_key(finding)).or_default().push(finding);
    }
    findings
}

/// The sandbox accepts each key only once.
fn by_update(assessment: &Assessment) -> BTreeMap<UpdateKey<'_>, &UpdateFinding> {
    assessment.updates.iter().map(|finding| (update_key(finding), finding)).collect()
}

/// Finds a finding that improved although less is known.
fn improvement(plain: &Examination, faulty: &Examination, names: &Names<'_>) -> Option<String> {
    let newly_missing = newly_missing(plain, faulty);
    let (plain, faulty) = (&plain.assessment, &faulty.assessment);
    // A finding next to it that is unable to scan keeps the check from being taken for passed.
    let admitted = |check: &str| {
        let mut unable = faulty.checks.iter().filter(|it| it.check == check && it.grade == Grade::UnableToScan);
        unable.any(|finding| finding.evidence.iter().any(|&number| newly_missing(number)))
    };
    let before = by_check(plain);
    for (key, findings) in by_check(faulty).into_iter().filter(|(key, _)| !admitted(key.0)) {
        let earlier = before.get(&key).map_or(&[][..], Vec::as_slice);
        let passed = |findings: &[&CheckFinding]| findings.iter().filter(|it| it.grade == Grade::Passed).count();
        if passed(&findings) > passed(earlier) {
            let was = earlier.iter().find(|it| it.grade != Grade::Passed).map(|it| words::case_name(&it.grade));
            return Some(became(&words::check(findings[0]), "passed", was.as_deref()));
        }
        let row_passed = |first: &str| {
            let rows = earlier.iter().flat_map(|finding| &finding.rows);
            rows.filter(|row| row.cells.first().is_some_and(|cell| cell == first)).any(|row| row.grade == Grade::Passed)
        };
        for row in findings.iter().flat_map(|finding| &finding.rows).filter(|row| row.grade == Grade::Passed) {
            if let Some(first) = row.cells.first()
                && !row_passed(first)
            {
                let what = format!("the row {:?} of {}", words::short(first), words::check(findings[0]));
                return Some(format!("{what} is passed; with the evidence, it was not"));
            }
        }
    }
    let before = by_update(plain);
    by_update(faulty).into_iter().find_map(|(key, finding)| {
        let earlier = before.get(&key).map(|finding| finding.status);
        let better = Standing::of(finding.status) > earlier.map_or(Standing::Open, Standing::of);
        better.then(|| {
            let was = earlier.as_ref().map(words::case_name);
            became(&words::update(finding, names), &words::case_name(&finding.status), was.as_deref())
        })
    })
}

fn became(what: &str, is: &str, was: Option<&str>) -> String {
    match was {
        Some(was) => format!("{what} is {is}; with the evidence, it was {was}"),
        None => format!("{what} is {is}; with the evidence, it was not reported"),
    }
}

fn has_failed(grade: Grade) -> bool {
    matches!(grade, Grade::Critical | Grade::NonCritical | Grade::BestPractice)
}

/// Whether a question of `faulty`, given by number, was not answered there, although it was in `plain`.
fn newly_missing<'e>(plain: &'e Examination, faulty: &'e Examination) -> impl Fn(u32) -> bool + 'e {
    let told: HashSet<&Question> =
        plain.exchanges.iter().filter(|(_, answer)| !is_missing(answer)).map(|(question, _)| question).collect();
    move |number| {
        let exchange = faulty.exchanges.get(number as usize);
        exchange.is_some_and(|(question, answer)| is_missing(answer) && told.contains(question))
    }
}

/// Whether a finding is newly unable to scan, or names a question that was answered before.
fn says_what_is_unknown(plain: &Examination, faulty: &Examination) -> bool {
    let before = unable(&plain.assessment);
    if unable(&faulty.assessment).iter().any(|key| !before.contains(key)) {
        return true;
    }
    let newly_missing = newly_missing(plain, faulty);
    let Assessment { checks, updates, .. } = &faulty.assessment;
    let mut checks = checks.iter().filter(|finding| finding.grade == Grade::UnableToScan);
    let mut updates = updates.iter().filter(|finding| finding.status == UpdateStatus::UnableToScan);
    checks.any(|finding| finding.evidence.iter().any(|&number| newly_missing(number)))
        || updates.any(|finding| finding.tests.iter().filter_map(|test| test.evidence).any(&newly_missing))
}

/// The findings that are unable to scan.
fn unable(assessment: &Assessment) -> Vec<Result<CheckKey<'_>, UpdateKey<'_>>> {
    let checks = assessment.checks.iter().filter(|finding| finding.grade == Grade::UnableToScan);
    let updates = assessment.updates.iter().filter(|finding| finding.status == UpdateStatus::UnableToScan);
    checks.map(|finding| Ok(check_key(finding))).chain(updates.map(|finding| Err(update_key(finding)))).collect()
}

/// Whether all findings are unable to scan or not applicable, and at least one is unable to scan.
fn says_only_what_is_unknown(assessment: &Assessment) -> bool {
    let Assessment { checks, updates, .. } = assessment;
    !unable(assessment).is_empty()
        && checks.iter().all(|finding| matches!(finding.grade, Grade::UnableToScan | Grade::NotPerformed))
        && updates.iter().all(|finding| finding.status == UpdateStatus::UnableToScan)
}

/// Finds a problem that disappeared without the report saying so.
fn concealment(plain: &Examination, faulty: &Examination, fault: Fault, names: &Names<'_>) -> Option<String> {
    let said = says_what_is_unknown(plain, faulty) || says_only_what_is_unknown(&faulty.assessment);
    let (plain, faulty) = (&plain.assessment, &faulty.assessment);
    if said {
        // Only a finding that is still there, with a milder status than unknown, needs checking.
        let after = by_update(faulty);
        return plain.updates.iter().filter(|finding| finding.status == UpdateStatus::Missing).find_map(|finding| {
            let now = after.get(&update_key(finding))?.status;
            let open = matches!(now, UpdateStatus::Missing | UpdateStatus::UnableToScan);
            (!open).then(|| became(&words::update(finding, names), &words::case_name(&now), Some("missing")))
        });
    }
    let after = by_check(faulty);
    for finding in plain.checks.iter().filter(|finding| has_failed(finding.grade)) {
        let now = after.get(&check_key(finding)).map_or(&[][..], Vec::as_slice);
        let said = now
            .iter()
            .any(|it| has_failed(it.grade) || (it.grade == Grade::NotPerformed && fault == Fault::Unsupported));
        // With any subject: a check that could not be made for all subjects may not know which ones there are.
        let unable = |it: &CheckFinding| it.check == finding.check && it.grade == Grade::UnableToScan;
        let said = said || faulty.checks.iter().any(unable);
        if !said {
            let now = now.first().map_or("not reported".to_owned(), |it| words::case_name(&it.grade));
            return Some(concealed(&words::check(finding), &now, &words::case_name(&finding.grade)));
        }
    }
    let after = by_update(faulty);
    plain.updates.iter().filter(|finding| finding.status == UpdateStatus::Missing).find_map(|finding| {
        let now = after.get(&update_key(finding)).map(|finding| finding.status);
        let open = matches!(now, Some(UpdateStatus::Missing | UpdateStatus::UnableToScan));
        (!open).then(|| {
            let now = now.as_ref().map_or("not reported".to_owned(), words::case_name);
            concealed(&words::update(finding, names), &now, "missing")
        })
    })
}

fn concealed(what: &str, now: &str, was: &str) -> String {
    format!("{what} is {now}, and nothing is reported as unable to scan; with the evidence, it was {was}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::{Row, TestResult, TestSubject};

    fn check(id: &str, grade: Grade) -> CheckFinding {
        CheckFinding { check: id.into(), subject: None, grade, summary: String::new(), rows: vec![], evidence: vec![] }
    }

    fn update(number: u32, status: UpdateStatus) -> UpdateFinding {
        UpdateFinding {
            update: number,
            product: "Example".into(),
            subject: None,
            status,
            reason: String::new(),
            tests: vec![],
            superseded_by: None,
        }
    }

    /// A concealed problem, in conversations without questions.
    fn concealed_between(plain: &Assessment, faulty: &Assessment, fault: Fault) -> Option<String> {
        concealment(&unasked(plain), &unasked(faulty), fault, &Names::default())
    }

    /// An improvement, in conversations without questions.
    fn improved_between(plain: &Assessment, faulty: &Assessment) -> Option<String> {
        improvement(&unasked(plain), &unasked(faulty), &Names::default())
    }

    fn unasked(found: &Assessment) -> Examination {
        Examination { assessment: found.clone(), ..Examination::nothing(Outcome::Ok, None) }
    }

    fn found(checks: Vec<CheckFinding>, updates: Vec<UpdateFinding>) -> Assessment {
        Assessment { products: vec![], checks, updates }
    }

    #[test]
    fn a_check_may_become_anything_but_better_and_none_vanishes_silently() {
        use Grade::*;
        const BROKEN: bool = false;
        const KEPT: bool = true;
        let other_unable = || check("other", UnableToScan);
        for (before, after, beside, fault, expected) in [
            (Critical, Some(Passed), false, Fault::Unreadable, BROKEN),
            (BestPractice, Some(Passed), true, Fault::Denied, BROKEN),
            (UnableToScan, Some(Passed), false, Fault::Unsupported, BROKEN),
            (NotPerformed, Some(Passed), false, Fault::Unreadable, BROKEN),
            (Informational, Some(Passed), true, Fault::Unreadable, BROKEN),
            (Passed, Some(Passed), false, Fault::Unreadable, KEPT),
            (Passed, Some(Critical), false, Fault::Unreadable, KEPT),
            (Passed, Some(NotPerformed), false, Fault::Unreadable, KEPT),
            (Passed, None, false, Fault::Unreadable, KEPT),
            (Critical, Some(UnableToScan), false, Fault::Unreadable, KEPT),
            (Critical, Some(BestPractice), false, Fault::Unreadable, KEPT),
            (Critical, Some(NotPerformed), false, Fault::Unreadable, BROKEN),
            (Critical, Some(NotPerformed), false, Fault::Denied, BROKEN),
            (Critical, Some(NotPerformed), false, Fault::Unsupported, KEPT),
            (Critical, Some(NotPerformed), true, Fault::Unreadable, KEPT),
            (Critical, Some(Informational), false, Fault::Unsupported, BROKEN),
            (Critical, None, false, Fault::Unsupported, BROKEN),
            (Critical, None, true, Fault::Unsupported, KEPT),
        ] {
            let plain = found(vec![check("it", before)], vec![]);
            let mut checks: Vec<_> = after.map(|grade| check("it", grade)).into_iter().collect();
            if beside {
                checks.push(other_unable());
            }
            let faulty = found(checks, vec![]);
            let broken = improved_between(&plain, &faulty).or_else(|| concealed_between(&plain, &faulty, fault));
            assert_eq!(broken.is_none(), expected, "{before:?} to {after:?}, {beside}, {fault:?}: {broken:?}");
        }
        // A finding that was unable to scan all along does not explain what disappears now, unless nothing else is left.
        let plain = found(vec![check("it", Critical), other_unable()], vec![]);
        let with_more = |grade| found(vec![other_unable(), check("more", grade)], vec![]);
        assert!(concealed_between(&plain, &with_more(Passed), Fault::Unreadable).is_some());
        assert!(concealed_between(&plain, &with_more(Informational), Fault::Unreadable).is_some());
        assert!(concealed_between(&plain, &with_more(NotPerformed), Fault::Unreadable).is_none());
        // A check that cannot be made for all subjects may not know which ones there are.
        let about = |subject: &str| CheckFinding { subject: Some(subject.into()), ..check("it", Critical) };
        let plain = found(vec![about("a"), check("it", UnableToScan), other_unable()], vec![]);
        let faulty = found(vec![check("it", UnableToScan), check("more", Passed), other_unable()], vec![]);
        assert!(concealed_between(&plain, &faulty, Fault::Unreadable).is_none());
        // A check that was not reported at all must not pass because less is known.
        assert!(improved_between(&found(vec![], vec![]), &found(vec![check("it", Passed)], vec![])).is_some());
    }

    #[test]
    fn an_update_may_become_anything_but_better_and_none_vanishes_silently() {
        use UpdateStatus::*;
        let all = [Missing, Note, UnableToScan, Warning, PendingRestart, Installed, Superseded, Included];
        for before in all {
            for after in all {
                let plain = found(vec![], vec![update(1, before)]);
                for beside in [false, true] {
                    let mut updates = vec![update(1, after)];
                    updates.extend(beside.then(|| update(2, UnableToScan)));
                    let faulty = found(vec![], updates);
                    let broken = improved_between(&plain, &faulty)
                        .or_else(|| concealed_between(&plain, &faulty, Fault::Unreadable));
                    let expected = match before {
                        Missing => matches!(after, Missing | UnableToScan),
                        Note | UnableToScan => matches!(after, Missing | Note | UnableToScan),
                        Warning | PendingRestart => !matches!(after, Installed | Superseded | Included),
                        Installed | Superseded | Included => true,
                    };
                    assert_eq!(broken.is_none(), expected, "{before:?} to {after:?}, {beside}: {broken:?}");
                }
            }
        }
        let plain = found(vec![], vec![update(1, Missing)]);
        assert!(concealed_between(&plain, &found(vec![], vec![]), Fault::Unsupported).is_some());
        assert!(concealed_between(&plain, &found(vec![], vec![update(2, UnableToScan)]), Fault::Unreadable).is_none());
        assert!(improved_between(&found(vec![], vec![]), &found(vec![], vec![update(1, Included)])).is_some());
    }

    #[test]
    fn a_finding_that_was_unable_to_scan_before_may_say_what_else_is_missing() {
        let with = |answer: Answer, checks: Vec<CheckFinding>| Examination {
            assessment: found(checks, vec![]),
            exchanges: vec![(Question::Accounts, Answer::Unsupported), (Question::Groups, answer)],
            ..Examination::nothing(Outcome::Ok, None)
        };
        let unable = |evidence: u32| CheckFinding { evidence: vec![evidence], ..check("other", Grade::UnableToScan) };
        let good = || check("good", Grade::Passed);
        let plain = with(Answer::Absent, vec![check("it", Grade::Critical), unable(0), good()]);
        for (evidence, said) in [(1, true), (0, false)] {
            let faulty = with(Answer::Unsupported, vec![unable(evidence), good()]);
            assert_eq!(
                concealment(&plain, &faulty, Fault::Unsupported, &Names::default()).is_none(),
                said,
                "question {evidence}"
            );
            // A check is not taken for passed, either, if the same report says what it lacks.
            let faulty = with(Answer::Unsupported, vec![unable(evidence), check("other", Grade::Passed), good()]);
            assert_eq!(improvement(&plain, &faulty, &Names::default()).is_none(), said, "question {evidence}");
        }
    }

    #[test]
    fn a_line_of_a_table_does_not_pass_by_knowing_less() {
        let with_rows = |grades: &[(&str, Grade)]| {
            let rows = grades.iter().map(|(cell, grade)| Row { cells: vec![(*cell).to_owned()], grade: *grade });
            found(vec![CheckFinding { rows: rows.collect(), ..check("it", Grade::Critical) }], vec![])
        };
        let plain = with_rows(&[("a", Grade::Passed), ("b", Grade::Critical)]);
        assert!(improved_between(&plain, &with_rows(&[("a", Grade::Passed)])).is_none());
        assert!(improved_between(&plain, &with_rows(&[("b", Grade::Passed)])).is_some());
        assert!(improved_between(&plain, &with_rows(&[("c", Grade::Passed)])).is_some());
    }

    #[test]
    fn nothing_rests_on_an_answer_that_was_not_given() {
        let told = |answer: Answer| vec![(Question::Accounts, Answer::Absent), (Question::Groups, answer)];
        let examination = |assessment: Assessment, answer: Answer| Examination {
            assessment,
            exchanges: told(answer),
            ..Examination::nothing(Outcome::Ok, None)
        };
        let cites = |grade| found(vec![CheckFinding { evidence: vec![0, 1], ..check("it", grade) }], vec![]);
        let tested = |verdict| {
            let test = TestResult { subject: TestSubject::Registry(0), verdict, evidence: Some(1) };
            found(vec![], vec![UpdateFinding { tests: vec![test], ..update(1, UpdateStatus::Missing) }])
        };
        for missing in [Answer::Denied(String::new()), Answer::Unreadable(String::new()), Answer::Unsupported] {
            for (assessment, rests) in [
                (cites(Grade::Passed), true),
                // Something else that was answered may prove a weakness.
                (cites(Grade::Critical), false),
                (cites(Grade::UnableToScan), false),
                (tested(Verdict::Passed), true),
                (tested(Verdict::Failed), true),
                (tested(Verdict::Unknown), false),
                (tested(Verdict::Skipped), false),
            ] {
                let examination = examination(assessment, missing.clone());
                assert_eq!(
                    rests_on_nothing(&examination, &Names::default()).is_some(),
                    rests,
                    "{:?}",
                    examination.assessment
                );
            }
        }
        assert!(rests_on_nothing(&examination(cites(Grade::Passed), Answer::Absent), &Names::default()).is_none());
    }
}
