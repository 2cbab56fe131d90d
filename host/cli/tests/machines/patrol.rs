//! Server lists in, logs under the date out.

use wardline::cli::ExitStatus;

use super::doubles::Place;

const PATROL: &str = "wardline patrol --evidence DIR/evidence --logs DIR/logs --catalog c.xml";

#[test]
fn each_list_has_its_log_and_reports_under_the_date() {
    let place = Place::new();
    place.write("web.txt", "web01\n");
    place.write("servers.txt", "\u{feff}web01\r\nsql01-patched\r\nWEB01\r\n");
    assert_eq!(place.run(&format!("{PATROL} DIR/web.txt DIR/servers.txt")), ExitStatus::Success);
    let expected = ["servers.html", "servers.json", "servers.txt", "web.html", "web.json", "web.txt"];
    assert_eq!(place.files("logs/2026-11-27"), expected);
    let log = place.read("logs/2026-11-27/servers.txt");
    assert!(log.contains("web01") && log.contains("sql01-patched"), "{log}");
    assert!(!place.read("logs/2026-11-27/web.txt").contains("sql01-patched"));
    assert_eq!(place.run(&format!("{PATROL} DIR/web.txt -o tab")), ExitStatus::Success);
    assert_eq!(
        place.run(&format!("{PATROL} DIR/web.txt -o csv --overwrite -- --fail-on critical")),
        ExitStatus::Findings
    );
    let expected = [
        "servers.html",
        "servers.json",
        "servers.txt",
        "web-2.tab",
        "web-2.txt",
        "web.csv",
        "web.html",
        "web.json",
        "web.txt",
    ];
    assert_eq!(place.files("logs/2026-11-27"), expected);
}

#[test]
fn a_list_that_cannot_be_used_does_not_keep_the_others_from_being_scanned() {
    let place = Place::new();
    place.write("web.txt", "web01\n");
    place.write("broken.txt", "web01, web02\n");
    place.write("ghosts.txt", "ghost\n");
    place.write("some.txt", "ghost\nweb01\n");
    assert_eq!(place.run(&format!("{PATROL} DIR/broken.txt DIR/web.txt DIR/none.txt")), ExitStatus::Incomplete);
    assert_eq!(place.files("logs/2026-11-27"), ["web.html", "web.json", "web.txt"]);
    assert_eq!(place.run(&format!("{PATROL} DIR/some.txt")), ExitStatus::Incomplete);
    assert!(place.read("logs/2026-11-27/some.txt").contains("no evidence"));
    // A list of machines that all are absent has its log, too.
    assert_eq!(place.run(&format!("{PATROL} DIR/ghosts.txt -o tab")), ExitStatus::Fatal);
    assert!(place.read("logs/2026-11-27/ghosts.tab").contains("ghost\t\t\t\tWARNING"));
    for line in [
        "DIR/broken.txt",
        "DIR/web.txt -- --no-such-option",
        "DIR/web.txt DIR/evidence/web.txt",
        "DIR/web.txt -- -o json=x",
    ] {
        assert_eq!(place.run(&format!("{PATROL} {line}")), ExitStatus::Fatal, "{line}");
    }
    assert_eq!(place.files("logs/2026-11-27").iter().filter(|name| name.starts_with('.')).count(), 0);
}

#[test]
fn machines_are_scanned_by_name() {
    let place = Place::new();
    place.write("list.txt", "CONTOSO\\fp01\r\nghost\r\n");
    let scan = "wardline scan --evidence DIR/evidence --list DIR/list.txt --machine web01 --machine WEB01";
    assert_eq!(place.run(&format!("{scan} -o json=DIR/report.json")), ExitStatus::Incomplete);
    let report: serde_json::Value = serde_json::from_str(&place.read("report.json")).unwrap();
    let names: Vec<&str> =
        report["targets"].as_array().unwrap().iter().map(|target| target["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["web01", r"CONTOSO\fp01", "ghost"]);
    assert!(report["targets"][2]["error"].as_str().unwrap().starts_with("no evidence"));
    // A report does not replace a list or the evidence.
    assert_eq!(place.run(&format!("{scan} -o json=DIR/list.txt")), ExitStatus::Fatal);
    assert_eq!(place.run(&format!("{scan} -o json=DIR/evidence/web01.txt")), ExitStatus::Fatal);
    assert_eq!(place.run("wardline scan --evidence DIR/evidence"), ExitStatus::Fatal);
    assert_eq!(place.run("wardline scan --evidence DIR/nowhere --machine web01"), ExitStatus::Fatal);
}
