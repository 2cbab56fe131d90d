//! The security updates of one target, product by product.

use std::collections::BTreeMap;

use wardline_contract::{UpdateStatus, Verdict};

use super::page::{Page, Span};
use super::{BOLD, FAINT, PLAIN, actions, finding_style};
use crate::grade::update_grade;
use crate::model::{TargetReport, TestKind, TestReport, UpdateReport};
use crate::remedies::Remedies;
use crate::replaced::Replaced;
use crate::terms::{fixed, own_article, severity_rank, severity_word, status_words};

/// The statuses, in their order within a product.
const LISTED: [UpdateStatus; 8] = [
    UpdateStatus::Missing,
    UpdateStatus::PendingRestart,
    UpdateStatus::UnableToScan,
    UpdateStatus::Warning,
    UpdateStatus::Note,
    UpdateStatus::Installed,
    UpdateStatus::Included,
    UpdateStatus::Superseded,
];

/// An update and its index in the report, which actions refer to.
type Placed<'r> = (usize, &'r UpdateReport);

pub(super) fn section(page: &mut Page, report: &TargetReport) {
    if report.updates.is_empty() {
        return;
    }
    page.blank();
    page.line(2, &[Span(BOLD, "Security updates")]);
    let (remedies, replaced) = (Remedies::of(report), Replaced::of(report));
    let mut products: BTreeMap<(usize, &str, Option<&str>), Vec<Placed<'_>>> = BTreeMap::new();
    let plugin_place = |family: &str| report.plugins.iter().position(|plugin| plugin.family == family);
    for placed in report.updates.iter().enumerate() {
        let update = placed.1;
        let key = (plugin_place(&update.family).unwrap_or(usize::MAX), &*update.product, update.subject.as_deref());
        products.entry(key).or_default().push(placed);
    }
    // The sort is stable, so that equals stay in the order of the plugins.
    let mut products: Vec<_> = products.into_iter().collect();
    products.sort_by_key(|(_, updates)| !updates.iter().any(|(_, update)| update.status == UpdateStatus::Missing));
    for ((_, product, subject), updates) in products {
        product_heading(page, report, product, subject, &updates);
        for status in LISTED {
            status_block(page, &remedies, &replaced, status, &updates);
        }
    }
}

/// Writes a product's heading: `Windows 2000 Server, Service Pack 2: 2 missing, 40 installed`.
fn product_heading(
    page: &mut Page,
    report: &TargetReport,
    product: &str,
    subject: Option<&str>,
    updates: &[Placed<'_>],
) {
    let mut heading = product.to_owned();
    if let Some(subject) = subject {
        heading.push_str(&format!(" ({subject})"));
    }
    let installed =
        report.products.iter().find(|installed| installed.name == product && installed.subject.as_deref() == subject);
    if let Some(service_pack) = installed.and_then(|installed| installed.service_pack.as_deref()) {
        heading.push_str(&format!(", {service_pack}"));
    }
    let counts: Vec<String> = LISTED
        .iter()
        .map(|status| (status, updates.iter().filter(|(_, update)| update.status == *status).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(status, count)| format!("{count} {}", status_words(*status)))
        .collect();
    page.hanging(4, &[Span(BOLD, &heading), Span(PLAIN, ": ")], 6, PLAIN, &counts.join(", "));
}

fn status_block(
    page: &mut Page,
    remedies: &Remedies<'_>,
    replaced: &Replaced<'_>,
    status: UpdateStatus,
    updates: &[Placed<'_>],
) {
    let mut updates: Vec<Placed<'_>> = updates.iter().filter(|(_, update)| update.status == status).copied().collect();
    updates
        .sort_by_cached_key(|(_, update)| (severity_rank(update.severity), std::cmp::Reverse(update.bulletin.clone())));
    let Some((_, first)) = updates.first() else { return };
    let widest = |field: fn(&UpdateReport) -> usize| updates.iter().map(|(_, u)| field(u)).max().unwrap_or(0);
    let bulletin = widest(|update| update.bulletin.chars().count()).clamp(8, 16);
    let article = widest(|update| article_of(update).chars().count()).min(12);
    // Where every bulletin is an article, there is no column of articles.
    let articles = if article == 0 { 0 } else { article.max(7) + 2 };
    let column = 6 + bulletin + 2 + articles + 9 + 2;
    let style = finding_style(update_grade(status, first.severity));
    let title = status_words(status);
    page.line(6, &[Span(style, &(title[..1].to_uppercase() + &title[1..]))]);
    for (place, update) in &updates {
        let head = format!(
            "{:bulletin$}  {:articles$}{:9}  ",
            update.bulletin,
            article_of(update),
            severity_word(update.severity)
        );
        page.hanging(6, &[Span(PLAIN, &head)], column, PLAIN, &update.title);
        page.paragraph(column, FAINT, &update.reason);
        details(page, column, update, replaced);
        actions::lines(page, column, remedies.update(*place));
    }
}

fn article_of(update: &UpdateReport) -> &str {
    own_article(&update.bulletin, update.kb.as_ref()).unwrap_or_default()
}

fn details(page: &mut Page, column: usize, update: &UpdateReport, replaced: &Replaced<'_>) {
    for test in &update.tests {
        page.paragraph(column, FAINT, &test_line(test));
    }
    if let Some(rerated) = &update.rerated {
        page.paragraph(column, FAINT, &format!("It was {}.", rerated.in_words(severity_word)));
    }
    if let Some(bulletin) = &update.superseded_by {
        page.paragraph(column, FAINT, &format!("Superseded by {bulletin}"));
    }
    let fixed = fixed(update.cves.len(), replaced.by(update).count());
    if !fixed.is_empty() {
        let listed = update.cves.iter().chain(replaced.by(update)).take(10).map(|cve| cve.as_str());
        let listed = listed.collect::<Vec<_>>().join(", ");
        page.paragraph(column, FAINT, &format!("Fixes {fixed}: {listed}"));
    }
}

/// Formats a test: `version of %windir%\system32\idq.dll: 5.0.2195.1600 found, 5.0.2195.3645 expected (failed)`.
pub(crate) fn test_line(test: &TestReport) -> String {
    let kind = match test.kind {
        TestKind::Registry => "registry value",
        TestKind::Version => "version of",
        TestKind::Checksum => "checksum of",
        TestKind::Presence => "presence of",
        TestKind::Build => "build of",
    };
    let verdict = match test.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Newer => "newer",
        Verdict::Skipped => "skipped",
        Verdict::Unknown => "unknown",
    };
    let found = test.found.as_deref().map(|found| format!("{found} found")).unwrap_or("not asked for".to_owned());
    let expected = test.expected.as_deref().map(|expected| format!(", {expected} expected")).unwrap_or_default();
    format!("{kind} {}: {found}{expected} ({verdict})", test.subject)
}
