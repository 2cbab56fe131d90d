//! Checks of a machine that is only known from texts.
//!
//! A text tells which Windows a machine is and which updates it has; it has no settings, accounts or files. A plugin does not know
//! that: it asks, receives `unsupported`, and is unable to scan. Nothing is damaged or denied, though, so the report counts such
//! checks as *not performed*. The host decides this, because it knows the kind of evidence, and because it then holds for every
//! plugin. On a volume, `unsupported` means that a drive or hive is not at hand, and the check remains unable to scan.

use wardline_contract::{Answer, CheckFinding, Grade, Question};
use wardline_evidence::{Condition, State};
use wardline_report::words::NOT_IN_TEXTS;

/// Whether a target is only known from texts, directly or through a recording.
pub(super) fn is_known_from_texts(conditions: &[Condition]) -> bool {
    conditions.iter().any(|condition| matches!(condition.state, State::Text { .. }))
}

/// Grades a check as *not performed* if the texts do not tell what it needs.
pub(super) fn judged_by_texts(finding: CheckFinding, exchanges: &[(Question, Answer)]) -> CheckFinding {
    match finding.grade == Grade::UnableToScan && is_untold(&finding.evidence, exchanges) {
        true => CheckFinding { grade: Grade::NotPerformed, summary: NOT_IN_TEXTS.to_owned(), ..finding },
        false => finding,
    }
}

/// Whether missing support is the only reason for which the answers are not known.
fn is_untold(evidence: &[u32], exchanges: &[(Question, Answer)]) -> bool {
    let mut answers = evidence.iter().filter_map(|number| exchanges.get(*number as usize)).map(|(_, answer)| answer);
    answers.clone().any(|answer| *answer == Answer::Unsupported)
        && answers.all(|answer| !matches!(answer, Answer::Denied(_) | Answer::Unreadable(_)))
}

#[cfg(test)]
mod tests {
    use wardline_contract::Row;

    use super::*;

    fn grade(grade: Grade, answers: &[Answer]) -> Grade {
        let exchanges: Vec<_> = answers.iter().map(|answer| (Question::Accounts, answer.clone())).collect();
        let finding = CheckFinding {
            check: "guest-account".to_owned(),
            subject: None,
            grade,
            summary: String::new(),
            rows: Vec::new(),
            evidence: (0..answers.len() as u32).collect(),
        };
        judged_by_texts(finding, &exchanges).grade
    }

    #[test]
    fn only_missing_support_is_not_performed() {
        let unreadable = || Answer::Unreadable("the list is empty".to_owned());
        let denied = || Answer::Denied("not declared".to_owned());
        use Answer::{Absent, Unsupported};
        use Grade::{Critical, NotPerformed, Passed, UnableToScan};
        for (before, answers, after) in [
            (UnableToScan, vec![Unsupported], NotPerformed),
            (UnableToScan, vec![Absent, Unsupported], NotPerformed),
            (UnableToScan, vec![Unsupported, unreadable()], UnableToScan),
            (UnableToScan, vec![Unsupported, denied()], UnableToScan),
            (UnableToScan, vec![unreadable()], UnableToScan),
            (UnableToScan, vec![Absent], UnableToScan),
            (UnableToScan, vec![], UnableToScan),
            (Critical, vec![Unsupported], Critical),
            (Passed, vec![Unsupported], Passed),
        ] {
            assert_eq!(grade(before, &answers), after, "{before:?} {answers:?}");
        }
    }

    #[test]
    fn what_the_texts_tell_of_a_check_is_kept() {
        let row = Row { cells: vec!["KB5035845".to_owned()], grade: Grade::Informational };
        let finding = CheckFinding {
            check: "hotfix-files".to_owned(),
            subject: None,
            grade: Grade::UnableToScan,
            summary: String::new(),
            rows: vec![row.clone()],
            evidence: vec![0],
        };
        let judged = judged_by_texts(finding, &[(Question::Services, Answer::Unsupported)]);
        assert_eq!((judged.grade, judged.rows), (Grade::NotPerformed, vec![row]));
    }
}
