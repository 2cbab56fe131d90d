//! Reports in, the texts of both styles out.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use serde_json::{Value, json};
use wardline_contract::{FindingId, UpdateStatus};
use wardline_mbsacli::hfnetchk::{Hidden, History, Selection, tab, tab_header, wrap, wrap_heading};
use wardline_mbsacli::{Adjustment, Hide, Reports, Saved, Skip, display, trace};
use wardline_report::{Head, MbsaIdentity, MbsaXml, OverallGrade, Render, Summary, Tally, TargetReport, Tool};

/// Compares with a text that was reviewed before it was committed; `WARDLINE_ACCEPT=1` replaces it with the new one.
fn expect(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected").join(name);
    if std::env::var_os("WARDLINE_ACCEPT").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    // Git may have changed the ends of lines.
    let plain = |text: &str| text.replace("\r\n", "\n");
    assert!(plain(&expected) == plain(found), "{} differs from what was found:\n{found}", path.display());
}

const W2K: &str = "Windows 2000 Server";
const IIS: &str = "Internet Information Services 5.0";

fn update(bulletin: &str, kb: &str, product: &str, severity: &str, status: &str, reason: &str, tests: Value) -> Value {
    json!({
        "number": 0, "bulletin": bulletin, "kb": kb, "title": format!("The title of {bulletin}"),
        "family": if product == IIS { "iis" } else { "os" }, "product": product, "subject": null, "severity": severity,
        "status": status, "reason": reason, "package": null, "url": null, "cves": [], "tests": tests,
        "superseded_by": null, "installation": null,
    })
}

fn test(subject: &str, expected: &str, found: Option<&str>, verdict: &str) -> Value {
    json!([{"kind": "version", "subject": subject, "expected": expected, "found": found, "verdict": verdict}])
}

fn check(id: &str, mbsa: u32, family: &str, title: &str, grade: &str, summary: &str, rows: Value) -> Value {
    let columns = if rows == json!([]) { json!([]) } else { json!(["User", "Password"]) };
    json!({"id": id, "mbsa": mbsa, "family": family, "title": title, "subject": null, "grade": grade, "summary": summary,
        "columns": columns, "rows": rows, "evidence": []})
}

/// A web server of 2001 with everything that can be said about updates.
fn web_server(name: &str) -> TargetReport {
    let plugin = |name: &str| {
        json!({"name": name, "version": "0.1.0", "family": name, "digest": "0".repeat(64), "outcome": "ok", "detail": null,
            "rounds": 3, "questions": 40, "fuel": 1000})
    };
    let judged =
        |name: &str| json!({"plugin": name, "family": name, "state": "judged", "products": [], "reason": null});
    let product = |plugin: &str, name: &str, pack: Option<&str>| json!({"plugin": plugin, "name": name, "version": "5.0.2195", "service_pack": pack, "subject": null});
    let idq = r"C:\WINNT\system32\idq.dll";
    let report = json!({
        "name": name,
        "source": {"kind": "volume", "location": "/evidence/WEB01", "conditions": []},
        "system": {"product": "Microsoft Windows 2000", "version": "5.0", "build": 2195, "revision": null,
            "service_pack": "Service Pack 2", "role": "server", "computer_name": "WEB01", "suites": [], "architecture": "x86",
            "language": 1033, "windows_folder": "C:\\WINNT"},
        "grade": "severe-risk", "complete": true, "error": null,
        "coverage": {"questions": 80, "known": 70, "absent": 10, "denied": 0, "unreadable": 0, "unsupported": 0},
        "plugins": [plugin("os"), plugin("iis"), plugin("sql")],
        "updates_judged": [judged("os"), judged("iis"), judged("sql")],
        "products": [product("os", W2K, Some("Windows 2000 Service Pack 2")), product("iis", IIS, Some("Service Pack 2")),
            product("sql", "SQL Server 2000", None)],
        "checks": [
            check("os.guest-account", 107, "os", "Guest account", "critical", "The built-in Guest account is enabled.", json!([])),
            check("os.local-account-passwords", 104, "os", "Local account passwords", "critical",
                "1 of 2 accounts has a weak password, which anyone who can reach this computer over the network may try before any other.",
                json!([{"grade": "critical", "cells": ["Guest", "blank"]}, {"grade": "passed", "cells": ["Administrator", "strong"]}])),
            check("iis.parent-paths", 311, "iis", "Parent paths", "non-critical", "Parent paths are enabled in 1 site.", json!([])),
            check("sql.status", 219, "sql", "SQL Server status", "informational", "SQL Server 2000 is installed.", json!([])),
            check("exchange.status", 0, "exchange", "Exchange Server status", "not-performed", "Exchange is not installed.", json!([])),
            check("exchange.support", 0, "exchange", "Exchange Server support", "not-performed", "Exchange is not installed.", json!([])),
        ],
        "updates": [
            update("MS01-033", "Q300972", IIS, "critical", "missing", "the file is older than the update's",
                test(idq, "5.0.2195.3645", Some("5.0.2195.1600"), "failed")),
            update("MS01-022", "Q296441", W2K, "unrated", "note", "the catalog has nothing to test; see Q306460", json!([])),
            update("MS01-007", "Q285851", W2K, "moderate", "missing", r"HKLM\SOFTWARE\Q285851 is absent", json!([])),
            update("MS01-013", "Q285156", W2K, "critical", "warning", "the file is newer than the update's",
                test(r"C:\WINNT\system32\els.dll", "5.0.2195.3000", Some("5.0.2195.3001"), "newer")),
            update("MS00-077", "Q299796", W2K, "critical", "installed", "all tests pass", json!([])),
            update("MS00-060", "Q260347", W2K, "low", "superseded", "superseded by MS01-007",
                test(r"C:\WINNT\system32\old.dll", "5.0.2195.100", None, "failed")),
            update("MS00-052", "Q269049", W2K, "low", "included", "included in Service Pack 2", json!([])),
        ],
        "actions": [{"plugin": "iis", "mends": {"check": 2}, "operation": {"manual-step": "disable parent paths"}, "undo": [],
            "restart": false, "risk": null, "article": null}],
        "denied": [],
    });
    serde_json::from_value(report).unwrap()
}

/// A machine without evidence.
fn absent() -> TargetReport {
    let mut report = web_server("/evidence/FP01");
    report.source.kind = None;
    report.error = Some("no evidence: /evidence has no FP01".to_owned());
    report.grade = OverallGrade::Incomplete;
    report.complete = false;
    report.system = wardline_report::SystemReport::default();
    report.plugins.clear();
    report.checks.clear();
    report.updates.clear();
    report.products.clear();
    report.actions.clear();
    report.updates_judged = Some(Vec::new());
    report
}

/// A machine whose texts try to be more than texts.
fn hostile() -> TargetReport {
    let mut report = web_server("WEB\t01\r\n\x1b[2J=1+1");
    for update in &mut report.updates {
        update.reason = "a\tb\r\nc\x1b[31m \"quoted\" \u{202e}drow <b>&amp;".to_owned();
        update.bulletin = "=cmd|' /C calc'!A0".into();
    }
    report.products[0].name = "Windows\n* A PRODUCT".to_owned();
    report
}

fn selection(history: Option<History>) -> Selection {
    Selection { history, ..Selection::default() }
}

#[test]
fn wrap_is_as_reviewed() {
    let machines = [web_server("WEB01"), absent(), hostile()];
    let text = |verbose| {
        let machines = machines.iter().map(|machine| wrap(machine, &Selection::default(), verbose));
        wrap_heading(verbose).to_owned() + &machines.collect::<String>()
    };
    expect("wrap.txt", &text(false));
    expect("wrap-verbose.txt", &text(true));
    let history = [History::Installed, History::NotInstalled, History::Both];
    let history = history.map(|history| wrap(&web_server("WEB01"), &selection(Some(history)), true));
    expect("wrap-history.txt", &history.concat());
    assert!(!text(true).contains(['\x1b', '\u{202e}', '\t', '\r']));
}

#[test]
fn what_is_hidden_is_counted_and_never_called_applied() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hide.txt");
    std::fs::write(&file, "300972\n").unwrap();
    let selection =
        Selection { hide: Hide::NotesAndWarnings, hidden: Hidden::read(&file).unwrap(), ..Selection::default() };
    let text = wrap(&web_server("WEB01"), &selection, false);
    assert!(!text.contains("MS01-033") && !text.contains("MS01-022") && !text.contains("MS01-013"), "{text}");
    assert!(text.contains("MS01-007") && text.contains("2 hotfixes are hidden."), "{text}");
    assert!(text.contains("No other hotfixes to show: 1 hotfix is hidden."), "{text}");
    let critical = Selection { baseline_only: true, ..Selection::default() };
    let text = wrap(&web_server("WEB01"), &critical, false);
    assert!(text.contains("MS01-033") && text.contains("MS01-013") && !text.contains("MS01-007"), "{text}");
}

/// A row of the tab form, as a program written for HFNetChk reads it.
#[derive(Debug, PartialEq)]
struct Row<'a> {
    machine: &'a str,
    product: &'a str,
    bulletin: &'a str,
    article: &'a str,
    status: &'a str,
    reason: &'a str,
    file: &'a str,
    found: &'a str,
    expected: &'a str,
}

/// Reads the tab form: a header that begins with `Machine Name`, rows of nine cells, none of them quoted.
fn consume(text: &str) -> Vec<Row<'_>> {
    let mut lines = text.split_terminator("\r\n");
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    assert_eq!((header[0], header.len()), ("Machine Name", 9));
    let rows = text.split_terminator("\r\n").skip(1).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [machine, product, bulletin, article, status, reason, file, found, expected] = cells[..] else {
            panic!("nine cells were expected: {cells:?}");
        };
        assert!(["Patch NOT Found", "Patch Found", "WARNING", "NOTE"].contains(&status), "{status}");
        Row { machine, product, bulletin, article, status, reason, file, found, expected }
    });
    rows.collect()
}

#[test]
fn a_program_written_for_the_tab_form_reads_it() {
    let machines = [web_server("WEB01"), absent(), hostile()];
    let text = tab_header() + &machines.iter().map(|machine| tab(machine, &Selection::default())).collect::<String>();
    expect("tab.txt", &text);
    let rows = consume(&text);
    assert_eq!(
        rows[0],
        Row {
            machine: "WEB01",
            product: IIS,
            bulletin: "MS01-033",
            article: "Q300972",
            status: "Patch NOT Found",
            reason: "the file is older than the update's",
            file: r"C:\WINNT\system32\idq.dll",
            found: "5.0.2195.1600",
            expected: "5.0.2195.3645",
        }
    );
    let statuses =
        |machine: &str| rows.iter().filter(|row| row.machine == machine).map(|row| row.status).collect::<Vec<_>>();
    assert_eq!(statuses("WEB01"), ["Patch NOT Found", "NOTE", "Patch NOT Found", "WARNING"]);
    assert_eq!(statuses("/evidence/FP01"), ["WARNING"]);
    let both = tab_header() + &tab(&web_server("WEB01"), &selection(Some(History::Both)));
    let statuses: Vec<_> = consume(&both).iter().map(|row| (row.bulletin, row.status)).collect();
    let expected = [
        ("MS01-033", "Patch NOT Found"),
        ("MS01-007", "Patch NOT Found"),
        ("MS00-077", "Patch Found"),
        ("MS00-060", "Patch NOT Found"),
    ];
    assert_eq!(statuses, expected);
}

/// Returns the report as MBSA's XML, and read again.
fn saved(report: &TargetReport) -> (String, Saved) {
    let identity = MbsaIdentity { domain: "CONTOSO".to_owned(), address: String::new() };
    let format = MbsaXml::new(false, false, Some("2026-11-27T06:10:00Z".to_owned())).of(identity);
    let head = Head { tool: Tool::default(), catalog: None, policy: None };
    let mut summary = Summary::default();
    summary.add(Tally::new(report));
    let xml = [format.begin(&head), format.overview(&summary), format.target(report), format.end(&summary)].concat();
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::at(folder.path());
    let name = reports.write("CONTOSO - WEB01 (11-27-2026 06-10 AM)", &xml).unwrap();
    (String::from_utf8(xml).unwrap(), reports.read(&name, false).unwrap())
}

#[test]
fn reports_are_written_listed_and_shown_as_reviewed() {
    let name = "CONTOSO - WEB01 (11-27-2026 06-10 AM)";
    let (xml, read) = saved(&web_server("WEB01"));
    expect("report.xml", &xml.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    let shown = |text: String| text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    expect("list.txt", &shown(display::list_heading() + &display::list_line(name, &read)));
    expect("overview.txt", &shown(display::report(name, &read, false)));
    expect("detail.txt", &shown(display::report(name, &read, true)));
    let (_, read) = saved(&hostile());
    let text = display::report(name, &read, true) + &display::list_line("a\x1b", &read);
    assert!(!text.contains(['\x1b', '\u{202e}', '\t', '\r']), "{text}");
}

#[test]
fn the_trace_tells_each_test() {
    expect("hf.log", &trace::machine(&web_server("WEB01")));
}

#[test]
fn what_is_skipped_is_gone_and_the_grade_is_that_of_the_rest() {
    let adjusted = |skip: Skip, hide: Hide| {
        let mut report = web_server("WEB01");
        Adjustment { skip, hide }.apply(&mut report);
        report
    };
    let ids = |report: &TargetReport| report.checks.iter().map(|check| check.id.clone()).collect::<Vec<_>>();
    let all = Skip { iis: true, os: true, passwords: true, sql: true, updates: true };
    let report = adjusted(Skip { os: true, updates: true, ..Skip::default() }, Hide::Nothing);
    assert_eq!(ids(&report), ["iis.parent-paths", "sql.status", "exchange.status", "exchange.support"]);
    assert!(report.updates.is_empty() && report.complete);
    assert_eq!(report.grade, OverallGrade::PotentialRisk);
    // The action still mends the same check.
    assert_eq!(report.actions.iter().map(|action| action.mends).collect::<Vec<_>>(), [FindingId::Check(0)]);
    let report = adjusted(Skip { passwords: true, ..Skip::default() }, Hide::Notes);
    assert_eq!(
        ids(&report),
        ["os.guest-account", "iis.parent-paths", "sql.status", "exchange.status", "exchange.support"]
    );
    assert!(report.updates.iter().all(|update| update.status != UpdateStatus::Note) && report.updates.len() == 6);
    assert!(report.updates.iter().any(|update| update.status == UpdateStatus::Warning));
    assert_eq!(report.actions[0].mends, FindingId::Check(1));
    assert_eq!(report.grade, OverallGrade::SevereRisk);
    let report = adjusted(all, Hide::Nothing);
    assert_eq!(ids(&report), ["exchange.status", "exchange.support"]);
    assert!(report.actions.is_empty());
    // Nothing was judged.
    assert_eq!(report.grade, OverallGrade::Incomplete);
    let mut report = absent();
    Adjustment { skip: all, hide: Hide::Nothing }.apply(&mut report);
    assert!(!report.complete);
}
