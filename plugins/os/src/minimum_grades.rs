//! The operator's minimum grades for failing checks.

use wardline_plugin::prelude::*;

use crate::settings::Names;

pub(crate) const MINIMUM_GRADES: Names = Names {
    name: "minimum-grades",
    explanation: "The minimum grades of checks that fail, as \"auditing=non-critical\": the check's id, and critical, \
                  non-critical or best-practice.",
    default: &[],
};

/// The minimum grades of a scan, or why the setting is invalid. An invalid setting stops every check, so that the fault is
/// visible.
#[derive(Clone, Debug)]
pub(crate) struct MinimumGrades(Result<Vec<(String, Grade)>, Unable>);

impl MinimumGrades {
    /// `checks` are the existing ids.
    pub(crate) fn of(about: &About, checks: &[&str]) -> MinimumGrades {
        let read = |entry: &str| {
            read(entry).filter(|(check, _)| checks.contains(&check.as_str())).ok_or_else(|| {
                let form = "auditing=non-critical";
                Unable::new(format!(
                    "The setting {}: {entry:?} is not a check of this plugin and a grade, such as {form}.",
                    MINIMUM_GRADES.name
                ))
            })
        };
        MinimumGrades(MINIMUM_GRADES.of(about).and_then(|entries| entries.into_iter().map(read).collect()))
    }

    /// Runs a check and raises the grade of its finding.
    pub(crate) async fn raise(
        &self,
        check: &str,
        found: impl Future<Output = Result<Finding, Unable>>,
    ) -> Result<Finding, Unable> {
        let least = self.0.clone()?;
        let finding = found.await?;
        Ok(least
            .into_iter()
            .filter(|(named, _)| named == check)
            .fold(finding, |finding, (_, grade)| finding.at_least(grade)))
    }
}

fn read(entry: &str) -> Option<(String, Grade)> {
    let (check, grade) = entry.split_once('=')?;
    let grade = match grade.trim() {
        "critical" => Grade::Critical,
        "non-critical" => Grade::NonCritical,
        "best-practice" => Grade::BestPractice,
        _ => return None,
    };
    Some((check.trim().to_owned(), grade))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::services;
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
            let run = bench.setting(MINIMUM_GRADES.name, SettingValue::Texts(texts)).run::<Os>();
            let finding = run.check(services::ID);
            assert_eq!(finding.grade, grade, "{entries:?}: {}", finding.summary);
        }
    }
}
