//! Files of rules in, marked reports out.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use wardline_contract::{Grade, Severity};
use wardline_report::{FailOn, NetworkRole, OverallGrade, Summary, Tally, TargetReport, WaiverProblem};
use wardline_triage::{Condition, Date, Gates, Rules, verdict};

const TODAY: &str = "2026-11-27";

fn today() -> Date {
    TODAY.parse().unwrap()
}

fn update(bulletin: &str, kb: &str, status: &str, severity: &str, cves: &[&str]) -> serde_json::Value {
    serde_json::json!({
        "number": 1, "bulletin": bulletin, "kb": kb, "title": "", "family": "os", "product": "Windows 2000 Server", "subject": null,
        "severity": severity, "status": status, "reason": "", "package": null, "url": null, "cves": cves, "tests": [],
        "superseded_by": null, "installation": null,
    })
}

fn check(id: &str, grade: &str, subject: Option<&str>) -> serde_json::Value {
    serde_json::json!({
        "id": id, "mbsa": null, "family": "os", "title": id, "subject": subject, "grade": grade, "summary": "", "columns": [],
        "rows": [], "evidence": [],
    })
}

/// A machine with two updates missing and one installed, and a check of each kind.
fn machine(name: &str) -> TargetReport {
    let mut report: TargetReport = serde_json::from_value(serde_json::json!({
        "name": name, "source": {"kind": "volume", "location": "/v"},
        "system": {"product": null, "version": null, "build": null, "revision": null, "service_pack": null, "role": "server",
            "computer_name": null, "suites": [], "architecture": null, "language": null, "windows_folder": null},
        "grade": "severe-risk", "complete": true, "error": null,
        "coverage": {"questions": 0, "known": 0, "absent": 0, "denied": 0, "unreadable": 0, "unsupported": 0},
        "plugins": [], "updates_judged": [{"plugin": "os", "family": "os", "state": "judged", "products": [], "reason": null}],
        "products": [],
        "checks": [
            check("os.guest-account", "critical", None),
            check("sql.mode", "non-critical", Some("SALES")),
            check("sql.mode", "non-critical", Some("HR")),
            check("os.volumes", "unable-to-scan", None),
            check("os.autologon", "passed", None),
        ],
        "updates": [
            update("MS01-033", "Q300972", "missing", "critical", &["CVE-2001-0500"]),
            update("KB5035853", "KB5035853", "missing", "important", &["CVE-2024-21338", "CVE-2024-21407"]),
            update("MS01-044", "Q301625", "installed", "critical", &[]),
        ],
        "actions": [
            {"plugin": "os", "mends": {"update": 0}, "operation": {"manual-step": "Install MS01-033."}, "undo": [], "restart": false,
                "risk": null, "article": null},
            {"plugin": "os", "mends": {"update": 1}, "operation": {"manual-step": "Install KB5035853."}, "undo": [], "restart": false,
                "risk": null, "article": null},
            {"plugin": "os", "mends": {"check": 0}, "operation": {"manual-step": "Disable Guest."}, "undo": [], "restart": false,
                "risk": null, "article": null},
        ],
        "denied": [],
    }))
    .unwrap();
    report.grade_again();
    report
}

/// Returns the names of the findings that are waived, each with its subject.
fn waived(report: &TargetReport) -> Vec<String> {
    report.waived().map(|finding| finding.name()).collect()
}

fn applied(waivers: &str, machines: &[&str]) -> (Rules, Vec<TargetReport>) {
    let mut rules = Rules::default();
    rules.parse_waivers("w.toml", waivers, today()).unwrap();
    let reports = machines.iter().map(|name| {
        let mut report = machine(name);
        rules.apply(&mut report, None);
        report
    });
    let reports = reports.collect();
    (rules, reports)
}

fn waiver(finding: &str, more: &str) -> String {
    format!("[[waiver]]\nfinding = {finding}\n{more}\nreason = \"r\"\nowner = \"o\"\n")
}

#[test]
fn a_check_is_waived_by_its_number_in_mbsa_too() {
    let mut rules = Rules::default();
    rules.parse_waivers("w.toml", &waiver(r#""107""#, "expires = \"never\""), today()).unwrap();
    let mut report = machine("pc1");
    report.checks[0].mbsa = Some(107);
    report.checks[1].mbsa = Some(203);
    rules.apply(&mut report, None);
    assert_eq!(waived(&report), ["os.guest-account (107)"]);
}

#[test]
fn a_waiver_waives_what_it_names_where_it_says() {
    let never = "expires = \"never\"";
    for (finding, more, expected) in [
        (r#""MS01-033""#, "", &["MS01-033 (Q300972)"][..]),
        (r#""kb300972""#, "", &["MS01-033 (Q300972)"]),
        (r#""KB5035853""#, "", &["KB5035853"]),
        (r#""CVE-2001-0500""#, "", &["MS01-033 (Q300972)"]),
        // One of its two vulnerabilities is not waived.
        (r#""CVE-2024-21338""#, "", &[]),
        (r#"["CVE-2024-21338", "cve-2024-21407"]"#, "", &["KB5035853"]),
        (r#""os.guest-account""#, "", &["os.guest-account"]),
        (r#""sql.*""#, "", &["sql.mode, SALES", "sql.mode, HR"]),
        (r#""sql.mode""#, r#"subject = "sales""#, &["sql.mode, SALES"]),
        (r#""os.guest-account""#, r#"machines = ["pc*", "WEB0?"]"#, &["os.guest-account"]),
        (r#""os.guest-account""#, r#"machines = "pc*""#, &[]),
        // There is nothing to accept.
        (r#""os.volumes""#, "", &[]),
        (r#""os.autologon""#, "", &[]),
        (r#""MS01-044""#, "", &[]),
    ] {
        let (rules, reports) = applied(&waiver(finding, &format!("{more}\n{never}")), &["web01"]);
        assert_eq!(waived(&reports[0]), expected, "{finding} {more}");
        let review = rules.to_review();
        assert_eq!(review.len(), usize::from(expected.is_empty()), "{finding} {more}: {review:?}");
    }
}

#[test]
fn a_waiver_is_in_force_until_the_end_of_its_last_day() {
    for (expires, in_force) in [
        ("2026-11-28", true),
        ("2026-11-27", true),
        ("\"2026-11-27\"", true),
        ("2026-11-26", false),
        ("\"never\"", true),
    ] {
        let text = waiver(r#""MS01-033""#, &format!("expires = {expires}"));
        let (rules, reports) = applied(&text, &["web01", "web02"]);
        assert_eq!(waived(&reports[0]).len(), usize::from(in_force), "{expires}");
        let review = rules.to_review();
        assert_eq!(review.is_empty(), in_force);
        for waiver in review {
            assert_eq!(waiver.problem, WaiverProblem::Expired);
            assert_eq!(waiver.detail, "expired on 2026-11-26: 2 findings count again; mend, or decide anew");
            assert_eq!(
                (waiver.source.as_str(), &waiver.findings[..]),
                ("w.toml, line 1", &["MS01-033".to_owned()][..])
            );
        }
    }
    // Once it was renewed, the old one is only in the way.
    let text = waiver(r#""MS01-033""#, "expires = 2020-01-01") + &waiver(r#""MS01-033""#, "expires = 2030-01-01");
    let (rules, reports) = applied(&text, &["web01"]);
    assert_eq!(reports[0].updates[0].waived.as_ref().unwrap().expires.as_deref(), Some("2030-01-01"));
    let review = rules.to_review();
    assert_eq!(review.len(), 1);
    assert_eq!(review[0].problem, WaiverProblem::Unused);
    assert_eq!(review[0].detail, "expired on 2020-01-01, and waives nothing: remove it");
}

#[test]
fn a_waiver_that_waives_nothing_says_why() {
    let never = "expires = \"never\"";
    for (finding, more, expected) in [
        (r#""MS02-001""#, "", "waives nothing: no machine of this scan has the finding"),
        (r#""MS01-033""#, "machines = \"pc*\"", "waives nothing: no machine of this scan has such a name"),
        (
            r#""CVE-2024-21338""#,
            "",
            "waives nothing: the updates that fix it also fix vulnerabilities that are not waived",
        ),
    ] {
        let (rules, _) = applied(&waiver(finding, &format!("{more}\n{never}")), &["web01"]);
        assert_eq!(rules.to_review()[0].detail, expected);
    }
}

#[test]
fn waived_findings_are_out_of_the_work_and_the_numbers() {
    let all = r#"["MS01-033", "KB5035853", "os.guest-account", "sql.mode"]"#;
    let (_, reports) = applied(&waiver(all, "expires = \"never\""), &["web01"]);
    assert_eq!(reports[0].grade, OverallGrade::Incomplete, "a gap cannot be waived, and the risk is not gone");
    let open = reports[0].without_waived();
    assert_eq!((open.updates.len(), open.checks.len(), open.actions.len()), (1, 2, 0));
    let tally = Tally::new(&reports[0]);
    assert_eq!((tally.updates.missing, tally.failed_checks(), tally.levels), (0, 0, [0; 4]));
    assert_eq!((tally.waived_updates, tally.waived_checks), (2, 3));

    let (_, reports) = applied(&waiver(r#""MS01-033""#, "expires = \"never\""), &["web01"]);
    let open = reports[0].without_waived();
    let mended: Vec<_> =
        open.actions.iter().map(|action| open.update(action.mends).map(|update| &*update.bulletin)).collect();
    assert_eq!(mended, [Some("KB5035853"), None], "actions refer to the findings that are left");
    let mut summary = Summary::default();
    summary.add(Tally::new(&reports[0]));
    assert_eq!((summary.waived.findings, summary.waived.targets), (1, 1));
    assert_eq!(summary.work.install.len(), 1);
    assert_eq!(summary.work.waived.len(), 1);
}

#[test]
fn a_bad_file_is_told_with_line_and_remedy() {
    let whole = "finding = \"MS01-033\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-01-01\n";
    let with = |from: &str, to: &str| format!("# ours\n[[waiver]]\n{}", whole.replace(from, to));
    for (text, expected) in [
        (with("reason = \"r\"\n", ""), "w.toml, line 2: missing field `reason`"),
        (with("owner = \"o\"\n", ""), "w.toml, line 2: missing field `owner`"),
        (with("expires = 2027-01-01\n", ""), "w.toml, line 2: missing field `expires`"),
        (with("\"r\"", "\" \""), "w.toml, line 4: reason: empty: say it in a few words"),
        (with("2027-01-01", "2027-02-30"), "w.toml, line 6:"),
        (
            with("2027-01-01", "\"soon\""),
            "w.toml, line 6: expires: not a date: expected a day such as 2027-03-31, or \"never\"",
        ),
        (with("2027-01-01", "2027-01-01T00:00:00Z"), "w.toml, line 6: expires: not a date"),
        (with("2027-01-01", "7"), "w.toml, line 6: expires: not a date"),
        (
            with("MS01-033", "MS1-33"),
            "w.toml, line 3: finding: unknown name `MS1-33`: expected an article (KB5034441), ",
        ),
        (with("\"MS01-033\"", "[]"), "w.toml, line 3: finding: expected a string, or an array of strings"),
        (with("\"MS01-033\"", "[1]"), "w.toml, line 3: finding: expected a string, or an array of strings"),
        (with("owner", "machines = \"\"\nowner"), "w.toml, line 5: machines: empty name: use `*` for all"),
        (with("owner", "machine = \"web01\"\nowner"), "w.toml, line 5: unknown field `machine`"),
        ("[waiver]\n".to_owned(), "w.toml, line 1: invalid type: map, expected a sequence"),
        ("[[waivers]]\n".to_owned(), "w.toml, line 1: unknown field `waivers`, expected `waiver`"),
        ("x = ".to_owned(), "w.toml, line 1:"),
    ] {
        let error = Rules::default().parse_waivers("w.toml", &text, today()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn an_ignore_list_names_an_update_a_line() {
    let text = "\u{feff}; approved on Monday\r\nQ300972 # Index Server\r\n\r\nms01-044\r\n999999\r\n";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [text.as_bytes(), &utf16] {
        let mut rules = Rules::default();
        rules.parse_ignored("ignore.txt", bytes).unwrap();
        let mut report = machine("web01");
        rules.apply(&mut report, None);
        assert_eq!(waived(&report), ["MS01-033 (Q300972)"]);
        assert_eq!(report.updates[0].waived.as_ref().unwrap().source, "ignore.txt, line 2");
        let review = rules.to_review();
        assert_eq!(review[0].detail, "2 of 3 lines ignore nothing: no machine of this scan has the findings");
        assert_eq!(review[0].findings, ["MS01-044", "KB999999"]);
    }
    for (bytes, expected) in [
        (
            &b"Q300972\nall\n"[..],
            "i.txt, line 2: expected a number such as Q296441, KB5034441 or MS01-022, found `all`",
        ),
        (b"\xff\xfeQ", "i.txt, line 1: not text: expected UTF-8 or UTF-16"),
        (b"\x80", "i.txt, line 1: not text: expected UTF-8 or UTF-16"),
    ] {
        assert_eq!(Rules::default().parse_ignored("i.txt", bytes).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_rating_depends_on_the_role_of_the_machine() {
    let text = r#"
        [[role]]
        role = "internet-server"
        machines = "web*"

        [[rating]]
        finding = "MS01-033"
        effects = ["denial-of-service", "limited-access"]
        reason = "Only the index stops."

        [[rating]]
        finding = "os.guest-account"
        roles = ["client"]
        severity = "low"
        reason = "Reset every night."
    "#;
    for (name, told, severity, grade, role) in [
        ("web01", None, Severity::Critical, Grade::Critical, NetworkRole::InternetServer),
        // The file takes precedence over the command line, and that over what Windows suggests.
        ("web01", Some(NetworkRole::Client), Severity::Critical, Grade::Critical, NetworkRole::InternetServer),
        ("db01", None, Severity::Moderate, Grade::Critical, NetworkRole::InternalServer),
        ("db01", Some(NetworkRole::Client), Severity::Moderate, Grade::BestPractice, NetworkRole::Client),
    ] {
        let mut rules = Rules::default();
        rules.parse_ratings("r.toml", text).unwrap();
        let mut report = machine(name);
        rules.apply(&mut report, told);
        assert_eq!(report.updates[0].severity, severity, "{name} {told:?}");
        assert_eq!(report.checks[0].grade, grade, "{name} {told:?}");
        assert_eq!(report.role, Some(role));
        let rerated = report.updates[0].rerated.as_ref();
        assert_eq!(rerated.is_some(), severity != Severity::Critical);
        if let Some(rerated) = rerated {
            assert_eq!((rerated.source.as_str(), rerated.reason.as_str()), ("r.toml, line 6", "Only the index stops."));
        }
    }
}

#[test]
fn a_bad_file_of_ratings_is_told_with_line_and_remedy() {
    let rating = |body: &str| format!("[[rating]]\nfinding = \"os.a\"\nreason = \"r\"\n{body}");
    for (text, expected) in [
        (rating(""), "r.toml, line 1: expected either `severity` or `effects`"),
        (
            rating("severity = \"low\"\neffects = [\"full-control\"]"),
            "r.toml, line 1: expected either `severity` or `effects`",
        ),
        (rating("severity = \"important\""), "r.toml, line 4: severity: checks have no grade `important`"),
        (
            rating("severity = \"unrated\""),
            "r.toml, line 4: severity: expected `critical`, `important`, `moderate` or `low`",
        ),
        (rating("severity = \"high\""), "r.toml, line 4: unknown variant `high`"),
        (rating("effects = [\"boredom\"]"), "r.toml, line 4: unknown variant `boredom`"),
        ("[[role]]\nrole = \"server\"\nmachines = \"a\"".to_owned(), "r.toml, line 2: unknown variant `server`"),
    ] {
        let error = Rules::default().parse_ratings("r.toml", &text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn gates_judge_what_is_left() {
    let (rules, reports) = applied(
        &(waiver(r#"["MS01-033", "os.guest-account"]"#, "expires = \"never\"")
            + &waiver(r#""MS99-001""#, "expires = \"never\"")),
        &["web01", "web02"],
    );
    let mut summary = Summary::default();
    reports.iter().for_each(|report| summary.add(Tally::new(report)));
    summary.waivers_to_review = rules.to_review();
    let results = |conditions: &[Condition], share: Option<&str>| {
        let judged_below = share.map(|share| share.parse().unwrap());
        Gates { conditions: conditions.to_vec(), judged_below }.judge(&summary)
    };
    let found = |condition| {
        let result = results(&[condition], None).remove(0);
        (result.passed, result.found)
    };
    for (condition, passed, words) in [
        (Condition::Level(FailOn::Critical), true, "no findings"),
        (Condition::Level(FailOn::Important), false, "2 findings on 2 computers"),
        (Condition::Level(FailOn::Low), false, "6 findings on 2 computers"),
        (Condition::Missing, false, "2 updates are missing on 2 computers"),
        (Condition::ExpiredWaiver, true, "no waiver has expired"),
        (Condition::UnusedWaiver, false, "1 waiver is not used"),
    ] {
        assert_eq!(found(condition), (passed, words.to_owned()));
    }
    // Of five checks and one product family, one check could not be scanned; that others are waived makes no difference.
    assert_eq!(summary.judged().to_string(), "83.33 %");
    let both = results(&[Condition::Level(FailOn::Critical), Condition::Missing], Some("99.5"));
    assert_eq!(
        verdict(&both).unwrap(),
        "gates failed: --fail-on missing (2 updates are missing on 2 computers), --fail-coverage-below 99.5 (83.33 % was judged); \
         gate passed: --fail-on critical (no findings)"
    );
    assert!(results(&[], Some("83.33"))[0].passed);
    assert_eq!(verdict(&[]), None);
}

/// A cumulative update closes what the older ones that it replaces would have closed.
#[test]
fn an_update_is_waived_by_all_vulnerabilities_that_it_closes() {
    let mut report = machine("web01");
    let mut newest = update("KB5087544", "KB5087544", "missing", "important", &["CVE-2026-0005"]);
    newest["tests"] =
        serde_json::json!([{"kind": "build", "subject": "", "expected": null, "found": null, "verdict": "failed"}]);
    let mut older = update("KB5073724", "KB5073724", "superseded", "critical", &["CVE-2026-20805"]);
    older["superseded_by"] = serde_json::json!("KB5087544");
    report.updates = [newest, older].map(|update| serde_json::from_value(update).unwrap()).to_vec();
    report.actions.clear();
    for (findings, waived) in [(r#""CVE-2026-0005""#, false), (r#""CVE-2026-0005", "CVE-2026-20805""#, true)] {
        let mut rules = Rules::default();
        let text = format!(
            "[[waiver]]\nfinding = [{findings}]\nmachines = ['*']\nreason = 'No.'\nowner = 'Ann'\nexpires = 2027-03-31\n"
        );
        rules.parse_waivers("waivers.toml", &text, today()).unwrap();
        let mut report = report.clone();
        rules.apply(&mut report, None);
        assert_eq!(report.updates[0].waived.is_some(), waived, "{findings}");
        assert!(report.updates[1].waived.is_none());
    }
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused_on_one_line(text in ".{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for error in [
            Rules::default().parse_waivers("f", &text, today()).err(),
            Rules::default().parse_ratings("f", &text).err(),
            Rules::default().parse_ignored("f", &bytes).err(),
        ].into_iter().flatten() {
            prop_assert!(!error.to_string().contains('\n'), "{}", error);
        }
    }
}
