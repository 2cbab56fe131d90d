//! An unreadable hive invalidates everything that was concluded from it.

use std::collections::HashSet;

use wardline_contract::compare::Names;
use wardline_contract::names::folded;
use wardline_contract::{Answer, Examination, Grade, Outcome, Question, UpdateStatus};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, distinct_questions};
use super::words;
use crate::{Law, Trial, VettedPlugin};

/// The maximum number of users' hives tried per target.
const MAX_USERS: usize = 4;

/// With everything in one hive answered `unreadable`, nothing that was good because of that hive stays good, and every check
/// that passed because of it reports that it cannot be made.
///
/// A hive is read as a whole or not at all: the file has been replaced, its root is damaged, or the current control set does
/// not exist. So everything that the hive holds becomes unreadable together, whichever questions reveal it: SYSTEM holds
/// services and shares as well as its keys, and SAM holds the accounts.
///
/// * A check that passed and named an answer from the hive as its evidence is then unable to scan, for this subject or another,
///   or failed. Passed, not performed and not reported are conclusions that need the hive.
/// * An update that was installed, pending restart or a warning because of tests on the hive has none of these statuses.
/// * An update that was not installed before does not become installed.
#[derive(Clone, Copy, Debug)]
pub struct MissingHive;

impl Law for MissingHive {
    fn name(&self) -> &'static str {
        "missing-hive-leaves-nothing-passed"
    }

    fn explanation(&self) -> &'static str {
        "If nothing in a registry hive can be read, no check that depends on it stays passed, no update that depends on it stays \
         installed, and the report says what could not be checked. Otherwise a damaged or foreign hive would make a machine look \
         clean."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        for hive in hives(&distinct_questions(&plain)) {
            let without = attempt.converse(&|question| match hive.tells(&folded(question)) {
                true => Answer::Unreadable(format!("fault injection: {} is unreadable", hive.words())),
                false => target.answer(question),
            });
            if without.outcome != Outcome::Ok {
                // Covered by another law.
                continue;
            }
            if let Some(what) = outlives(&plain, &without, &hive, &attempt.names) {
                let what = format!("With everything in {} unreadable, {what}.", hive.words());
                return attempt.broken(what, vec![attempt.case(plain), attempt.case(without)]);
            }
        }
        attempt.kept()
    }
}

/// A file that holds a part of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Hive {
    Software,
    System,
    Security,
    Sam,
    /// `hku\s-1-5-21-…`
    User(String),
}

impl Hive {
    /// The hives without which this folded question cannot be answered.
    fn of(question: &Question) -> Vec<Hive> {
        let key = match question {
            Question::RegistryValue(value) => &value.key,
            Question::RegistryKey(key) | Question::RegistryPermissions(key) => key,
            Question::System => return vec![Hive::Software, Hive::System],
            Question::Profiles => return vec![Hive::Software],
            Question::Service(_) | Question::Services | Question::Shares => return vec![Hive::System],
            Question::AuditPolicy => return vec![Hive::Security],
            Question::Accounts | Question::Groups | Question::PasswordPolicy => return vec![Hive::Sam],
            Question::File(_)
            | Question::FileVersion(_)
            | Question::Directory(_)
            | Question::Text(_)
            | Question::Volumes
            | Question::FilePermissions(_) => return Vec::new(),
        };
        let mut components = key.split('\\');
        let hive = match (components.next(), components.next()) {
            (Some("hklm"), Some("software")) | (Some("hkcr"), _) => Hive::Software,
            (Some("hklm"), Some("system")) => Hive::System,
            (Some("hklm"), Some("security")) => Hive::Security,
            (Some("hklm"), Some("sam")) => Hive::Sam,
            (Some("hku"), Some(sid)) => Hive::User(format!(r"hku\{sid}")),
            _ => return Vec::new(),
        };
        vec![hive]
    }

    fn tells(&self, question: &Question) -> bool {
        Hive::of(question).contains(self)
    }

    fn words(&self) -> &str {
        match self {
            Hive::Software => "SOFTWARE",
            Hive::System => "SYSTEM",
            Hive::Security => "SECURITY",
            Hive::Sam => "SAM",
            Hive::User(root) => root,
        }
    }
}

/// The hives that a conversation's questions are about, in the order first asked.
fn hives(questions: &[Question]) -> Vec<Hive> {
    let mut seen = HashSet::new();
    let mut users = 0;
    let all = questions.iter().flat_map(Hive::of).filter(|hive| seen.insert(hive.clone()));
    all.filter(|hive| {
        users += usize::from(matches!(hive, Hive::User(_)));
        !matches!(hive, Hive::User(_)) || users <= MAX_USERS
    })
    .collect()
}

/// Finds a conclusion that depended on the hive and is still drawn, or a finding that is no longer reported.
fn outlives(plain: &Examination, without: &Examination, hive: &Hive, names: &Names<'_>) -> Option<String> {
    let rested = |number: u32| {
        let exchange = plain.exchanges.get(number as usize);
        exchange.is_some_and(|(question, answer)| {
            matches!(answer, Answer::Known(_) | Answer::Absent) && hive.tells(&folded(question))
        })
    };
    let (before, after) = (&plain.assessment, &without.assessment);
    for finding in before.checks.iter().filter(|finding| finding.grade == Grade::Passed) {
        if !finding.evidence.iter().any(|&number| rested(number)) {
            continue;
        }
        let mut of_check = after.checks.iter().filter(|other| other.check == finding.check);
        let is_said = |grade: Grade| {
            matches!(grade, Grade::UnableToScan | Grade::Critical | Grade::NonCritical | Grade::BestPractice)
        };
        let same = after.checks.iter().find(|other| {
            (&other.check, &other.subject) == (&finding.check, &finding.subject) && other.grade == Grade::Passed
        });
        // A check that cannot be made completely says so next to what it could see.
        if of_check.clone().any(|other| is_said(other.grade)) {
            continue;
        }
        let now = same.or_else(|| of_check.next());
        let now = now.map_or_else(|| "not reported".to_owned(), |other| words::case_name(&other.grade));
        return Some(format!(
            "{} is {now}; with the hive, it passed because of an answer from it",
            words::check(finding)
        ));
    }
    let is_good =
        |status| matches!(status, UpdateStatus::Installed | UpdateStatus::PendingRestart | UpdateStatus::Warning);
    after.updates.iter().filter(|finding| is_good(finding.status)).find_map(|finding| {
        let earlier = before.updates.iter().find(|other| {
            (other.update, &other.product, &other.subject) == (finding.update, &finding.product, &finding.subject)
        });
        let now = words::case_name(&finding.status);
        let was_installed = earlier.is_some_and(|earlier| earlier.status == UpdateStatus::Installed);
        match earlier {
            _ if finding.status == UpdateStatus::Installed && !was_installed => {
                Some(format!("{} is {now}; with the hive, it was not", words::update(finding, names)))
            }
            Some(earlier)
                if is_good(earlier.status) && earlier.tests.iter().filter_map(|test| test.evidence).any(rested) =>
            {
                Some(format!("{} is {now} although its tests need the hive", words::update(finding, names)))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::{Assessment, CheckFinding, RegistryValueName, UpdateFinding};
    use wardline_contract::{TestResult, TestSubject, Verdict};

    fn in_software() -> Question {
        Question::RegistryValue(RegistryValueName { key: r"HKLM\Software\X".into(), name: "a".into() })
    }

    fn examination(assessment: Assessment) -> Examination {
        Examination {
            assessment,
            exchanges: vec![(in_software(), Answer::Absent), (Question::Volumes, Answer::Absent)],
            ..Examination::nothing(Outcome::Ok, None)
        }
    }

    fn check(grade: Grade, subject: Option<&str>, evidence: &[u32]) -> CheckFinding {
        CheckFinding {
            check: "it".into(),
            subject: subject.map(str::to_owned),
            grade,
            summary: String::new(),
            rows: vec![],
            evidence: evidence.to_vec(),
        }
    }

    #[test]
    fn questions_belong_to_the_hives_that_answer_them() {
        let key = |key: &str| folded(&Question::RegistryKey(key.to_owned()));
        for (question, expected) in [
            (key(r"HKLM\SOFTWARE\Microsoft"), vec![Hive::Software]),
            (key(r"HKLM\System\CurrentControlSet"), vec![Hive::System]),
            (key(r"HKCR\.txt"), vec![Hive::Software]),
            (key(r"HKU\S-1-5-21-1\Software"), vec![Hive::User(r"hku\s-1-5-21-1".into())]),
            (Question::System, vec![Hive::Software, Hive::System]),
            (Question::Service("w3svc".into()), vec![Hive::System]),
            (Question::Groups, vec![Hive::Sam]),
            (Question::AuditPolicy, vec![Hive::Security]),
            (Question::File("c:".into()), vec![]),
        ] {
            assert_eq!(Hive::of(&question), expected, "{question:?}");
        }
        let users: Vec<_> = (0..9).map(|number| key(&format!(r"HKU\{number}\X"))).collect();
        assert_eq!(hives(&users).len(), MAX_USERS);
    }

    #[test]
    fn a_passed_check_becomes_unable_or_failed() {
        use Grade::*;
        let checks = |checks: Vec<CheckFinding>| examination(Assessment { products: vec![], checks, updates: vec![] });
        let plain = checks(vec![check(Passed, None, &[0])]);
        for (after, kept) in [
            (vec![check(UnableToScan, None, &[0])], true),
            (vec![check(UnableToScan, Some("a"), &[0])], true),
            (vec![check(Passed, Some("a"), &[1]), check(UnableToScan, None, &[0])], true),
            (vec![check(Critical, None, &[1])], true),
            (vec![check(Passed, None, &[1])], false),
            (vec![check(NotPerformed, None, &[0])], false),
            (vec![check(Informational, None, &[0])], false),
            (vec![], false),
        ] {
            let found = outlives(&plain, &checks(after.clone()), &Hive::Software, &Names::default());
            assert_eq!(found.is_none(), kept, "{after:?}: {found:?}");
        }
        // It depended on something else.
        let plain = checks(vec![check(Passed, None, &[1])]);
        assert_eq!(outlives(&plain, &plain, &Hive::Software, &Names::default()), None);
    }

    #[test]
    fn an_installed_update_becomes_anything_else() {
        use UpdateStatus::*;
        let updates = |status: Option<UpdateStatus>, evidence: u32| {
            let test =
                TestResult { subject: TestSubject::Registry(0), verdict: Verdict::Passed, evidence: Some(evidence) };
            let update = |status| UpdateFinding {
                update: 1,
                product: String::new(),
                subject: None,
                status,
                reason: String::new(),
                tests: vec![test],
                superseded_by: None,
            };
            examination(Assessment {
                products: vec![],
                checks: vec![],
                updates: status.map(update).into_iter().collect(),
            })
        };
        for (before, evidence, after, kept) in [
            (Some(Installed), 0, Some(Installed), false),
            (Some(Installed), 0, Some(Warning), false),
            (Some(Installed), 0, Some(UnableToScan), true),
            (Some(Installed), 0, Some(Missing), true),
            (Some(Installed), 0, None, true),
            (Some(Installed), 1, Some(Installed), true),
            (Some(Missing), 0, Some(Installed), false),
            (Some(Missing), 1, Some(Installed), false),
            // A pending restart is not the evidence of a test, but decides all the same.
            (Some(Warning), 1, Some(Installed), false),
            (Some(PendingRestart), 1, Some(Installed), false),
            (Some(UnableToScan), 1, Some(Installed), false),
            (Some(Warning), 1, Some(Warning), true),
            (None, 0, Some(Installed), false),
            (Some(Superseded), 0, Some(Superseded), true),
        ] {
            let found = outlives(&updates(before, evidence), &updates(after, 1), &Hive::Software, &Names::default());
            assert_eq!(found.is_none(), kept, "{before:?} to {after:?}: {found:?}");
        }
    }
}
