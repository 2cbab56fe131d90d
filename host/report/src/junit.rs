//! `-o junit`: machines as test suites, findings as test cases, for build servers.
//!
//! The elements are those that Jenkins reads, <https://github.com/jenkinsci/xunit-plugin> (`junit-10.xsd`).

use wardline_contract::{Grade, UpdateStatus};

use crate::decision::Waived;
use crate::model::{Head, TargetReport};
use crate::output::Render;
use crate::remedies::{Remedies, in_words};
use crate::summary::Summary;
use crate::terms::{family_title, grade_words, severity_word, status_words, update_name};
use crate::xml::{DECLARATION, Xml};

/// Renders test results.
#[derive(Clone, Debug)]
pub(crate) struct Junit {
    /// Adds updates that are installed, included or superseded.
    pub(crate) verbose: bool,
    /// When the scan was made, in UTC.
    pub(crate) date: Option<String>,
}

/// One test case.
struct Case {
    name: String,
    class: String,
    end: End,
}

/// The result of a case, with a message and the details.
enum End {
    Passed,
    Failed { message: String, kind: &'static str, details: String },
    Error { message: String },
    Skipped { message: String },
}

impl Render for Junit {
    fn begin(&self, _: &Head) -> Vec<u8> {
        format!("{DECLARATION}\n<testsuites name=\"wardline\">\n").into_bytes()
    }

    fn target(&self, report: &TargetReport) -> Vec<u8> {
        let cases = self.cases(report);
        let count = |is: fn(&End) -> bool| cases.iter().filter(|case| is(&case.end)).count().to_string();
        // Jenkins knows no seconds' fractions and no time zone.
        let date = self.date.as_deref().map(|date| date.trim_end_matches('Z'));
        let mut xml = Xml::new();
        let (tests, failures) = (cases.len().to_string(), count(|end| matches!(end, End::Failed { .. })));
        let (errors, skipped) =
            (count(|end| matches!(end, End::Error { .. })), count(|end| matches!(end, End::Skipped { .. })));
        let attributes = [
            ("name", Some(report.name.as_str())),
            ("tests", Some(tests.as_str())),
            ("failures", Some(failures.as_str())),
            ("errors", Some(errors.as_str())),
            ("skipped", Some(skipped.as_str())),
            ("timestamp", date),
        ];
        xml.open("testsuite", &attributes);
        for case in &cases {
            let attributes = [("name", Some(case.name.as_str())), ("classname", Some(case.class.as_str()))];
            if matches!(case.end, End::Passed) {
                xml.empty("testcase", &attributes);
                continue;
            }
            xml.open("testcase", &attributes);
            match &case.end {
                End::Passed => {}
                End::Failed { message, kind, details } => {
                    xml.text("failure", &[("message", Some(message.as_str())), ("type", Some(*kind))], details);
                }
                End::Error { message } => xml.empty("error", &[("message", Some(message.as_str()))]),
                End::Skipped { message } => xml.empty("skipped", &[("message", Some(message.as_str()))]),
            }
            xml.close();
        }
        xml.close();
        xml.into_bytes()
    }

    fn separator(&self) -> &'static [u8] {
        b""
    }

    fn end(&self, _: &Summary) -> Vec<u8> {
        b"</testsuites>\n".to_vec()
    }
}

impl Junit {
    fn cases(&self, report: &TargetReport) -> Vec<Case> {
        let remedies = Remedies::of(report);
        let mut cases = Vec::new();
        let machine = |name: &str, end| Case { name: name.to_owned(), class: "wardline".to_owned(), end };
        match &report.error {
            Some(error) => cases.push(machine("scan", End::Error { message: error.clone() })),
            None => cases.push(machine("scan", End::Passed)),
        }
        for judged in report.updates_judged() {
            if judged.state == crate::UpdatesState::NotJudged {
                let message = judged.reason.clone().unwrap_or_default();
                cases.push(Case {
                    name: "updates are judged".to_owned(),
                    class: family_title(&judged.family).to_owned(),
                    end: End::Error { message },
                });
            }
        }
        for (place, check) in report.checks.iter().enumerate() {
            let end = match check.grade {
                _ if check.waived.is_some() => skipped(check.waived.as_ref()),
                Grade::Critical | Grade::NonCritical | Grade::BestPractice => End::Failed {
                    message: check.summary.clone(),
                    kind: grade_words(check.grade),
                    details: to_do(&in_words(remedies.check(place))),
                },
                Grade::UnableToScan => End::Error { message: check.summary.clone() },
                Grade::NotPerformed => End::Skipped { message: check.summary.clone() },
                Grade::Passed | Grade::Informational | Grade::NotApproved => End::Passed,
            };
            let name = match &check.subject {
                Some(subject) => format!("{}, {subject}", check.title),
                None => check.title.to_string(),
            };
            cases.push(Case { name, class: check.id.clone(), end });
        }
        for (place, update) in report.updates.iter().enumerate() {
            let name = format!("{} {}", update_name(&update.bulletin, update.kb.as_ref()), update.title);
            let end = match update.status {
                _ if update.waived.is_some() => skipped(update.waived.as_ref()),
                UpdateStatus::Missing | UpdateStatus::PendingRestart => End::Failed {
                    message: format!("{}: {}", status_words(update.status), update.reason),
                    kind: severity_word(update.severity),
                    details: to_do(&in_words(remedies.update(place))),
                },
                UpdateStatus::UnableToScan => End::Error { message: update.reason.clone() },
                UpdateStatus::Note | UpdateStatus::Warning => End::Skipped { message: update.reason.clone() },
                UpdateStatus::Installed | UpdateStatus::Included | UpdateStatus::Superseded if self.verbose => {
                    End::Passed
                }
                UpdateStatus::Installed | UpdateStatus::Included | UpdateStatus::Superseded => continue,
            };
            let class = match &update.subject {
                Some(subject) => format!("{} ({subject})", update.product),
                None => update.product.clone(),
            };
            cases.push(Case { name, class, end });
        }
        cases
    }
}

/// A finding that is waived is skipped.
fn skipped(waived: Option<&Waived>) -> End {
    End::Skipped { message: waived.map(|waived| format!("waived {}", waived.in_words())).unwrap_or_default() }
}

fn to_do(remedy: &str) -> String {
    if remedy.is_empty() { String::new() } else { format!("To do: {remedy}.") }
}
