//! Texts that are more than they seem, and reports that are full of them.

use wardline_contract::{FindingId, Operation};
use wardline_report::{
    ConditionReport, ConditionState, Format, FormatOptions, Rerated, Summary, Tally, TargetReport, Waived,
};

use crate::generator;

/// Texts that would be markup, formulas, controls or ends of a field somewhere.
pub(crate) const HOSTILE: [&str; 14] = [
    "<script>alert(1)</script>",
    "</noscript><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "]]><x>&lol;<!--",
    "=HYPERLINK(\"http://a\",\"b\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "a\tb\r\nc,\"d\";=e",
    "\u{1b}]0;owned\u{7}\u{202e}\0\u{9b}2J\u{fffe}",
    "[text](javascript:alert(1)) ![x](http://a) {0} `code` | cell\n\n# heading",
    "1. list\n- item\n> quote\n    code",
    "a\"} 1\nwardline_grade{machine=\"b\\",
    "javascript:alert(1)",
    "www.example.com https://example.com user@example.com",
    "\\",
];

/// Puts a text everywhere in a report where a target, a catalog or a plugin could have put it.
pub(crate) fn poison(report: &mut TargetReport, text: &str) {
    report.name = text.to_owned();
    report.error = Some(text.to_owned());
    report.source.location = text.to_owned();
    report.source.conditions.push(ConditionReport {
        part: text.to_owned(),
        state: ConditionState::Stale,
        entries: Some(1),
        reason: Some(text.to_owned()),
    });
    report.system.product = Some(text.to_owned());
    report.system.version = Some(text.to_owned());
    report.system.service_pack = Some(text.to_owned());
    report.system.computer_name = Some(text.to_owned());
    for plugin in &mut report.plugins {
        plugin.detail = Some(text.to_owned());
    }
    for judged in report.updates_judged.iter_mut().flatten() {
        judged.state = wardline_report::UpdatesState::NotJudged;
        judged.products = vec![text.to_owned()];
        judged.reason = Some(text.to_owned());
    }
    for check in &mut report.checks {
        check.id = format!("os.{text}");
        check.title = text.into();
        check.subject = Some(text.to_owned());
        check.summary = text.to_owned();
        check.columns = vec![text.into()];
        check.rows.iter_mut().for_each(|row| row.cells = vec![text.to_owned()]);
        check.evidence.iter_mut().for_each(|evidence| evidence.answer = text.to_owned());
    }
    for update in &mut report.updates {
        update.bulletin = text.into();
        update.kb = Some(text.into());
        update.title = text.into();
        update.product = text.to_owned();
        update.subject = Some(text.to_owned());
        update.reason = text.to_owned();
        update.package = Some(text.into());
        update.url = Some(text.into());
        update.cves = vec![text.into()];
        update.tests.iter_mut().for_each(|test| test.subject = text.to_owned());
    }
    let waived = |last: bool| {
        let some = || Some(text.into());
        last.then(|| Waived { source: text.into(), reason: some(), owner: some(), expires: some() })
    };
    let last = report.updates.len().saturating_sub(1);
    for (place, update) in report.updates.iter_mut().enumerate() {
        update.rerated = Some(Rerated { from: update.severity, source: text.into(), reason: text.into() });
        update.waived = waived(place == last);
    }
    let last = report.checks.len().saturating_sub(1);
    for (place, check) in report.checks.iter_mut().enumerate() {
        check.rerated = Some(Rerated { from: check.grade, source: text.into(), reason: text.into() });
        check.waived = waived(place == last);
    }
    for action in &mut report.actions {
        action.operation = Operation::ManualStep(text.to_owned());
        action.risk = Some(text.to_owned());
        assert!(matches!(action.mends, FindingId::Check(_) | FindingId::Update(_)));
    }
    for denied in &mut report.denied {
        denied.question = text.to_owned();
    }
}

/// Renders a fleet of which one machine and its updates are called by `text`.
pub(crate) fn rendered(format: Format, text: &str) -> String {
    let mut head = generator::head();
    if let Some(catalog) = &mut head.catalog {
        catalog.sources.iter_mut().for_each(|source| source.location = text.to_owned());
    }
    let render = format.renderer(&FormatOptions { verbose: true, show_waived: true, ..FormatOptions::default() });
    let mut summary = Summary::default();
    let mut body = Vec::new();
    for place in [3, 5] {
        let mut report = generator::machine(place);
        poison(&mut report, text);
        if place != 3 {
            body.extend_from_slice(render.separator());
        }
        body.extend(render.target(&report));
        summary.add(Tally::new(&report));
    }
    summary.finish_without_catalog();
    let end: Vec<u8> = render.ending(&summary).flatten().collect();
    String::from_utf8([render.begin(&head), render.overview(&summary), body, end].concat()).unwrap()
}
