//! The report of an update: what the catalog says of it, and how a plugin judged it by which tests.

use wardline_contract::{
    Answer, Change, Comparison, Fact, Question, RegistryTest, Severity, TestResult, TestSubject, Update, UpdateFinding,
    UpdateStatus,
};
use wardline_report::{InstallationReport, TestReport, UpdateReport, words};

/// Returns the part of an update's report that comes from the catalog alone.
pub(super) fn not_judged_yet(update: &Update) -> UpdateReport {
    let not_empty = |text: &str| Some(text).filter(|text| !text.is_empty()).map(Into::into);
    UpdateReport {
        number: update.number,
        bulletin: update.bulletin.as_str().into(),
        kb: not_empty(&update.article),
        title: update.title.as_str().into(),
        family: Default::default(),
        product: String::new(),
        subject: None,
        severity: update.severity,
        status: UpdateStatus::UnableToScan,
        reason: String::new(),
        package: not_empty(&update.package),
        url: update.url.as_deref().map(Into::into),
        cves: update.cves.iter().map(Into::into).collect(),
        tests: Vec::new(),
        superseded_by: None,
        installation: None,
        rerated: None,
        waived: None,
    }
}

pub(super) fn update_report(
    update: &Update,
    unjudged: &UpdateReport,
    finding: UpdateFinding,
    exchanges: &[(Question, Answer)],
) -> UpdateReport {
    UpdateReport {
        severity: severity_for(update, &finding.product),
        installation: (finding.status == UpdateStatus::Missing).then(|| installation(update, &finding.product)),
        product: finding.product,
        subject: finding.subject,
        status: finding.status,
        reason: finding.reason,
        tests: finding.tests.iter().map(|test| test_report(update, test, exchanges)).collect(),
        superseded_by: finding.superseded_by,
        ..unjudged.clone()
    }
}

fn installation(update: &Update, product: &str) -> InstallationReport {
    let row = update.applies_to.iter().find(|entry| entry.product.name == product);
    InstallationReport {
        service_packs: row.map(|row| row.service_packs.clone()).unwrap_or_default(),
        included_in: row.and_then(|row| row.included_in.clone()),
        superseding: update.superseded_by.iter().flat_map(|entry| entry.updates.iter().copied()).collect(),
    }
}

/// Returns the rating for one product, which may differ from the update's own.
fn severity_for(update: &Update, product: &str) -> Severity {
    update
        .applies_to
        .iter()
        .find(|entry| entry.product.name == product)
        .and_then(|entry| entry.severity)
        .unwrap_or(update.severity)
}

fn test_report(update: &Update, test: &TestResult, exchanges: &[(Question, Answer)]) -> TestReport {
    let exchange = test.evidence.and_then(|index| exchanges.get(index as usize));
    let (subject, expected, found) = match test.subject {
        TestSubject::Registry(index) => match update.registry.get(index as usize) {
            Some(registry) => (
                words::registry_value(&registry.key, &registry.name),
                Some(expected_value(registry)),
                exchange.map(|(_, answer)| found_value(registry, answer)),
            ),
            None => unknown_test(exchange),
        },
        TestSubject::FileVersion(index) => match update.files.get(index as usize) {
            Some(file) => {
                let versions = file.version.iter().chain(&file.alternates).map(words::file_version);
                let expected = versions.collect::<Vec<_>>().join(" or ");
                let found = exchange.map(|(_, answer)| match answer {
                    Answer::Known(Fact::File(info)) => {
                        info.version.as_ref().map_or("no version".to_owned(), words::file_version)
                    }
                    other => words::answer(other),
                });
                (file.path.clone(), Some(expected).filter(|text| !text.is_empty()), found)
            }
            None => unknown_test(exchange),
        },
        TestSubject::FileChecksum(index) => match update.files.get(index as usize) {
            Some(file) => {
                let found = exchange.map(|(_, answer)| match answer {
                    Answer::Known(Fact::File(info)) => {
                        info.checksum.map_or("not computed".to_owned(), |checksum| checksum.to_string())
                    }
                    other => words::answer(other),
                });
                (file.path.clone(), file.checksum.map(|checksum| checksum.to_string()), found)
            }
            None => unknown_test(exchange),
        },
        TestSubject::FilePresence(index) => match update.files.get(index as usize) {
            Some(file) => {
                let expected = match file.change {
                    Change::Delete => "absent",
                    Change::ReplaceIfPresent | Change::Unsupported => "present or absent",
                    Change::Add | Change::Replace => "present",
                };
                let found = exchange.map(|(_, answer)| match answer {
                    Answer::Known(_) => "present".to_owned(),
                    other => words::answer(other),
                });
                (file.path.clone(), Some(expected.to_owned()), found)
            }
            None => unknown_test(exchange),
        },
        TestSubject::Build(index) => match update.applies_to.get(index as usize) {
            Some(entry) => {
                let expected = entry.fixed_build.as_ref().map(|build| format!("{build} or higher"));
                let found = exchange.map(|(_, answer)| match answer {
                    Answer::Known(Fact::System(system)) => match system.revision {
                        Some(revision) => format!("{}.{}.{revision}", system.version, system.build),
                        None => format!("{}.{}", system.version, system.build),
                    },
                    other => words::answer(other),
                });
                (entry.product.name.clone(), expected, found)
            }
            None => unknown_test(exchange),
        },
    };
    TestReport { kind: test.subject.into(), subject, expected, found, verdict: test.verdict }
}

/// Describes a test that the update does not have: only the question and its answer are known.
fn unknown_test(exchange: Option<&(Question, Answer)>) -> (String, Option<String>, Option<String>) {
    let subject = exchange.map(|(question, _)| words::question(question)).unwrap_or_default();
    (subject, None, exchange.map(|(_, answer)| words::answer(answer)))
}

fn expected_value(test: &RegistryTest) -> String {
    match (test.change, &test.expected, test.comparison) {
        (Change::Delete, ..) => "absent".to_owned(),
        (_, None, _) => "present".to_owned(),
        (_, Some(value), Comparison::Equal) => value.clone(),
        (_, Some(value), Comparison::AtLeast) => format!("{value} or higher"),
    }
}

/// Formats the found value. A plugin may have asked for the value or for the whole key.
fn found_value(test: &RegistryTest, answer: &Answer) -> String {
    match answer {
        Answer::Known(Fact::RegistryKey(key)) => {
            match key.values.iter().find(|value| value.name.eq_ignore_ascii_case(&test.name)) {
                Some(value) => words::registry_data(&value.data),
                None if key.truncated => "not among the values that could be listed".to_owned(),
                None => "absent".to_owned(),
            }
        }
        other => words::answer(other),
    }
}
