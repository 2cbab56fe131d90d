//! The operator's minimum grades for failing checks.

use wardline_plugin::prelude::*;

pub(crate) const SETTING: Setting<&[&str]> = Setting::new(
    "minimum-grades",
    "The minimum grades of checks that fail, as \"auditing=non-critical\": the check's id, and critical, non-critical or \
     best-practice.",
    &[],
);

/// Raises the grades of findings that fail. `checked` has a finding of every check.
///
/// An invalid setting replaces every finding, so that the fault is visible.
pub(crate) fn raise(checked: Vec<CheckedFinding>, about: &About) -> Vec<CheckedFinding> {
    let minimum_grades = read(&checked, about);
    let raised = |CheckedFinding { check, subject, finding }| {
        let finding = match &minimum_grades {
            Ok(grades) => grades
                .iter()
                .filter(|(named, _)| *named == check)
                .fold(finding, |finding: Finding, (_, grade)| finding.at_least(*grade)),
            Err(unable) => unable.clone().into(),
        };
        CheckedFinding { check, subject, finding }
    };
    checked.into_iter().map(raised).collect()
}

fn read<'a>(checked: &[CheckedFinding], about: &'a About) -> Result<Vec<(&'a str, Grade)>, Unable> {
    let read = |entry| {
        parse(entry).filter(|(named, _)| checked.iter().any(|checked| checked.check == *named)).ok_or_else(|| {
            Unable::new(format!(
                "The setting {}: {entry:?} is not a check of this plugin and a grade, such as auditing=non-critical.",
                SETTING.name
            ))
        })
    };
    about.setting(SETTING)?.into_iter().map(read).collect()
}

fn parse(entry: &str) -> Option<(&str, Grade)> {
    let (check, grade) = entry.split_once('=')?;
    let grade = match grade.trim() {
        "critical" => Grade::Critical,
        "non-critical" => Grade::NonCritical,
        "best-practice" => Grade::BestPractice,
        _ => return None,
    };
    Some((check.trim(), grade))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::services::Services;
    use wardline_plugin::testing::Bench;

    #[test]
    fn a_failing_check_is_raised_and_nothing_else() {
        let service = ServiceInfo {
            name: "TlntSvr".to_owned(),
            display_name: None,
            start: ServiceStart::Automatic,
            account: None,
            image_path: None,
            driver: false,
        };
        let failing = Bench::new().fact(Question::Service("TlntSvr".to_owned()), Fact::Service(service));
        for (bench, entries, grade) in [
            (failing.clone(), &[][..], Grade::BestPractice),
            (failing.clone(), &["services=critical"], Grade::Critical),
            (failing.clone(), &[" services = non-critical "], Grade::NonCritical),
            (failing.clone(), &["services=best-practice", "auditing=critical"], Grade::BestPractice),
            (failing.clone(), &["services=grave"], Grade::UnableToScan),
            (failing.clone(), &["service=critical"], Grade::UnableToScan),
            (failing, &["services"], Grade::UnableToScan),
            (Bench::new(), &["services=critical"], Grade::Passed),
            (Bench::new().unreadable_by_default("damaged"), &["services=critical"], Grade::UnableToScan),
        ] {
            let texts = entries.iter().map(|&entry| entry.to_owned()).collect();
            let run = bench.setting(SETTING.name, SettingValue::Texts(texts)).run::<Os>();
            let finding = run.check(Services::INFO.id);
            assert_eq!(finding.grade, grade, "{entries:?}: {}", finding.summary);
        }
    }
}
