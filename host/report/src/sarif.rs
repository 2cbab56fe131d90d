//! `-o sarif`: findings as results of a static analysis, for code scanning services.
//!
//! The format is SARIF 2.1.0, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. A rule is a check or an update,
//! a location is a machine. Rules and results are in one run; the order of a JSON object's members has no meaning, so that the
//! rules, which are only known at the end, come after the results.

use serde_json::{Value, json};
use wardline_contract::{Escaped, Grade, Severity, UpdateStatus};

use crate::decision::Waived;
use crate::grade::severity_grade;
use crate::links::is_plain_url;
use crate::model::{Head, TargetReport};
use crate::output::Render;
use crate::remedies::{Remedies, in_words};
use crate::summary::{Summary, WorkItem};
use crate::terms::{grade_words, severity_word, status_words, update_name};

/// Renders one run of SARIF.
#[derive(Clone, Debug)]
pub(crate) struct Sarif {
    /// When the scan was made, in UTC.
    pub(crate) date: Option<String>,
}

/// The rule of the result that every machine has: its overall grade.
const MACHINE: &str = "wardline.grade";

impl Render for Sarif {
    fn begin(&self, _: &Head) -> Vec<u8> {
        b"{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"results\":[\n".to_vec()
    }

    fn target(&self, report: &TargetReport) -> Vec<u8> {
        let location = location(report);
        let result = |rule: &str, subject: &str, level: Option<&str>, text: &str| {
            let (kind, level) = level.map_or(("informational", "none"), |level| ("fail", level));
            json!({
                "ruleId": Escaped(rule).to_string(),
                "kind": kind,
                "level": level,
                "message": {"text": message(text)},
                "locations": [location],
                "partialFingerprints": {"wardline/v1": Escaped(&format!("{}|{rule}|{subject}", report.name)).to_string()},
            })
        };
        let overall = match &report.error {
            Some(error) => format!("{}: {}: {error}", report.name, report.grade.words()),
            None => format!("{}: {}", report.name, report.grade.words()),
        };
        let mut results = vec![result(MACHINE, "", None, &overall)];
        let remedies = Remedies::of(report);
        let to_do = |remedy: String| if remedy.is_empty() { remedy } else { format!(" To do: {remedy}.") };
        for (place, check) in report.checks.iter().enumerate() {
            if let Some(level) = level(check.grade) {
                let subject = check.subject.as_deref().unwrap_or_default();
                let of = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
                let text = format!("{of}{}{}", check.summary, to_do(in_words(remedies.check(place))));
                let result = result(&check.id, subject, Some(level), &text);
                results.push(suppressed(result, check.waived.as_ref()));
            }
        }
        for (place, update) in report.updates.iter().enumerate() {
            let level = match update.status {
                UpdateStatus::Missing => level(severity_grade(update.severity)),
                UpdateStatus::PendingRestart => Some("warning"),
                _ => None,
            };
            if let Some(level) = level {
                let text = format!(
                    "{} is {} for {} ({}). {}{}",
                    update_name(&update.bulletin, update.kb.as_ref()),
                    status_words(update.status),
                    update.product,
                    severity_word(update.severity),
                    update.reason,
                    to_do(in_words(remedies.update(place)))
                );
                let subject = update.subject.as_deref().unwrap_or(&update.product);
                let rule = update_rule(&update.bulletin, update.kb.as_deref());
                results.push(suppressed(result(&rule, subject, Some(level), &text), update.waived.as_ref()));
            }
        }
        let results: Vec<String> = results.iter().map(Value::to_string).collect();
        results.join(",\n").into_bytes()
    }

    fn separator(&self) -> &'static [u8] {
        b",\n"
    }

    fn end(&self, summary: &Summary) -> Vec<u8> {
        let mut rules = vec![rule(MACHINE, "Overall grade", "The worst grade of a machine's findings.", None)];
        let mut named = std::collections::HashSet::new();
        let waived = || summary.work.waived.iter().map(|waived| &waived.item);
        let changes = waived().filter_map(|item| match item {
            WorkItem::Change(change) => Some(change),
            WorkItem::Install(_) => None,
        });
        for change in summary.work.changes().into_iter().chain(changes) {
            if named.insert(change.id.to_string()) {
                let rating = security_severity(change.grade);
                rules.push(rule(&change.id, &change.title, grade_words(change.grade), Some(rating)));
            }
        }
        let installs = waived().filter_map(|item| match item {
            WorkItem::Install(install) => Some(install),
            WorkItem::Change(_) => None,
        });
        for install in summary.work.installs().into_iter().chain(installs) {
            let id = update_rule(&install.bulletin, install.kb.as_deref());
            // Several entries of a catalog may be of one bulletin.
            if named.insert(id.clone()) {
                let rating = match install.severity {
                    Severity::Critical | Severity::Unrated => "9.0",
                    Severity::Important => "7.5",
                    Severity::Moderate => "5.0",
                    Severity::Low => "2.0",
                };
                let mut rule = rule(&id, &install.title, severity_word(install.severity), Some(rating));
                if let Some(url) = install.url.as_deref().filter(|url| is_plain_url(url)) {
                    rule["helpUri"] = json!(url);
                }
                rules.push(rule);
            }
        }
        let mut invocation = json!({"executionSuccessful": summary.failed == 0 && summary.plugins_not_loaded == 0});
        if let Some(date) = &self.date {
            invocation["endTimeUtc"] = json!(date);
        }
        let driver = json!({"name": "wardline", "version": env!("CARGO_PKG_VERSION"), "rules": rules});
        let end = json!({"tool": {"driver": driver}, "invocations": [invocation], "columnKind": "unicodeCodePoints"});
        let end = end.to_string();
        // The members of this object continue the run's.
        format!("\n],{}]}}\n", &end[1..]).into_bytes()
    }
}

/// Marks the result of a waived finding: accepted, by a decision that is not in the scanned machine.
fn suppressed(mut result: Value, waived: Option<&Waived>) -> Value {
    if let Some(waived) = waived {
        let justification = Escaped(&waived.in_words()).to_string();
        result["suppressions"] = json!([{"kind": "external", "status": "accepted", "justification": justification}]);
    }
    result
}

fn rule(id: &str, title: &str, rating: &str, security_severity: Option<&str>) -> Value {
    let title = if title.is_empty() { id } else { title };
    let mut rule = json!({
        "id": Escaped(id).to_string(),
        "shortDescription": {"text": message(title)},
        "properties": {"tags": ["security"], "rating": rating},
    });
    if let Some(severity) = security_severity {
        rule["properties"]["security-severity"] = json!(severity);
    }
    rule
}

fn location(report: &TargetReport) -> Value {
    json!({
        "physicalLocation": {"artifactLocation": {"uri": percent_encoded(&report.name)}},
        "logicalLocations": [{"name": Escaped(&report.name).to_string(), "kind": "machine"}],
    })
}

fn update_rule(bulletin: &str, article: Option<&str>) -> String {
    let name = if bulletin.is_empty() { article.unwrap_or_default() } else { bulletin };
    format!("update.{name}")
}

fn level(grade: Grade) -> Option<&'static str> {
    match grade {
        Grade::Critical => Some("error"),
        Grade::NonCritical => Some("warning"),
        Grade::BestPractice => Some("note"),
        Grade::Passed | Grade::NotPerformed | Grade::UnableToScan | Grade::Informational | Grade::NotApproved => None,
    }
}

/// The middle of the ranges by which code scanning services name a rule's severity.
fn security_severity(grade: Grade) -> &'static str {
    match grade {
        Grade::Critical => "9.0",
        Grade::NonCritical => "5.0",
        _ => "2.0",
    }
}

/// Escapes a text in which `[text](address)` would be a link and `{0}` a placeholder (sections 3.11.5 and 3.11.6).
fn message(text: &str) -> String {
    let shown = Escaped(text).to_string();
    shown.replace('[', "\\[").replace(']', "\\]").replace('{', "{{").replace('}', "}}")
}

/// Encodes a name as one segment of a relative URI.
fn percent_encoded(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            // A segment of dots leads elsewhere.
            b'.' if !out.is_empty() => out.push('.'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    if out.is_empty() { "unnamed".to_owned() } else { out }
}
