//! The contents of the pages.

use std::collections::{HashSet, VecDeque};

use axum::http::{Method, StatusCode};
use wardline_contract::{Grade, UpdateStatus};
use wardline_report::{TargetReport, Waived};

use crate::{Served, add, fleet, named};

/// The machine with another status of its first update and another grade of its first check.
fn with(mut machine: TargetReport, status: UpdateStatus, grade: Grade) -> TargetReport {
    machine.updates[0].status = status;
    machine.checks[0].grade = grade;
    machine
}

#[test]
fn every_link_leads_to_a_page() {
    let before = fleet(0..60);
    let mut after = fleet(10..70);
    after[0] = with(after[0].clone(), UpdateStatus::Missing, Grade::Critical);
    let served = Served::new(&[before, after]);
    let mut left: VecDeque<String> = VecDeque::from(["/".to_owned()]);
    let mut seen: HashSet<String> = left.iter().cloned().collect();
    let mut kinds: HashSet<String> = HashSet::new();
    while let Some(path) = left.pop_front() {
        let answer = served.get(&path);
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        if path.ends_with(".css") {
            continue;
        }
        for link in answer.links() {
            let link = match link.as_str() {
                link if link.starts_with('/') => link.to_owned(),
                link if link.starts_with('?') => format!("{}{link}", path.split('?').next().unwrap()),
                link => {
                    let elsewhere = ["#", "data:", "https://", "http://"].iter().any(|begin| link.starts_with(begin));
                    assert!(elsewhere, "{path}: {link}");
                    continue;
                }
            };
            // Of pages that differ only in a number or name, a few are enough.
            let digits: String = link.chars().filter(|character| !character.is_ascii_digit()).collect();
            if seen.insert(link.clone()) && (kinds.insert(digits) || seen.len() < 300) {
                left.push_back(link);
            }
        }
    }
    for path in ["/scans", "/scans/1", "/scans/2/machines", "/machines", "/updates", "/checks", "/changes", "/trend"] {
        assert!(seen.contains(path), "{path} is not linked");
    }
}

#[test]
fn the_first_page_says_what_is_worst_and_what_changed() {
    let names = ["WEB01", "WEB02", "WEB03"];
    let before = names.map(|name| with(named(name), UpdateStatus::Installed, Grade::Passed)).to_vec();
    let mut after = before[..2].to_vec();
    after[0] = with(after[0].clone(), UpdateStatus::Missing, Grade::Critical);
    after.push(named("NEW01"));
    let served = Served::new(&[before, after]);
    let page = served.page("/");
    for expected in [
        "of 3 computers",
        "1 missing again",
        "1 new",
        "not in the later scan: 1",
        "only in the later scan: 1",
        "What to do first",
        "Updates to install",
        "Settings to change",
        "/scans/2/machines/WEB01",
        "polyline",
    ] {
        assert!(page.contains(expected), "{expected} is missing:\n{page}");
    }
    let changes = served.page("/changes");
    assert!(changes.contains("From scan 1 to scan 2") && changes.contains("installed → missing"), "{changes}");
    assert!(served.page("/changes?from=1&to=2&kind=vanished").contains("WEB03"));
    assert!(served.page("/changes?from=2&to=1").contains("From scan 1 to scan 2"), "in any order");
    let past = served.page("/machines/WEB01");
    assert!(past.contains("2 scans of this computer") && past.contains("missing again"), "{past}");
    assert!(served.page("/machines/WEB03").contains("1 scan of this computer"));
    assert!(served.page("/trend").contains("1 missing again"));
    assert!(served.page("/scans").contains("2 scans"));
    // The first scan has nothing to be compared with.
    assert!(!served.page("/scans/1").contains("All changes"));
    assert!(served.page("/changes?to=1").contains("Scan 1 is the first one"));
}

#[test]
fn the_page_of_a_machine_is_that_of_mbsa() {
    let machine = with(named("WEB01"), UpdateStatus::Installed, Grade::Critical);
    let served = Served::new(&[vec![machine.clone(), named("WEB02")]]);
    let page = served.page("/scans/latest/machines/WEB01");
    let all = served.page("/scans/1/machines/WEB01?all=1");
    for expected in [machine.grade.words(), "Security updates", "Operating system", "/machines/WEB01"] {
        assert!(page.contains(expected) && all.contains(expected), "{expected} is missing:\n{page}");
    }
    assert!(page.contains(machine.checks[0].title.as_str()) && page.contains(&machine.checks[0].summary));
    let installed = machine.updates[0].title.as_str();
    assert!(!page.contains(installed) && all.contains(installed) && all.contains("What was scanned"), "{all}");
    let missing = served.get("/scans/1/machines/WEB03");
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text.contains("/machines/WEB03"), "{}", missing.text);
}

#[test]
fn machines_of_the_same_name_are_told_apart_by_their_evidence() {
    let (mut one, mut other) = (named("WEB01"), named("WEB01"));
    one.source.location = "/evidence/one".to_owned();
    other.source.location = "/evidence/other".to_owned();
    let served = Served::new(&[vec![one, named("B"), other]]);
    let page = served.page("/scans/1/machines/WEB01");
    assert!(page.contains("2 computers called WEB01") && page.contains("/scans/1/machines/WEB01?place=2"), "{page}");
    let other = served.page("/scans/1/machines/WEB01?place=2");
    assert!(other.contains("/evidence/other") && !other.contains("/evidence/one"));
    assert_eq!(served.get("/scans/1/machines/WEB01?place=1").status, StatusCode::NOT_FOUND, "that is B");
}

#[test]
fn an_update_is_found_by_bulletin_article_and_vulnerability() {
    let mut machines = ["A", "B", "C"].map(|name| with(named(name), UpdateStatus::Missing, Grade::Passed)).to_vec();
    machines.iter_mut().for_each(|machine| {
        machine.updates.truncate(1);
        machine.updates[0].bulletin = "MS01-030".into();
        machine.updates[0].kb = Some("Q300000".into());
        machine.updates[0].cves = vec!["CVE-2001-0001".into()];
    });
    machines[2].updates[0].status = UpdateStatus::Installed;
    let served = Served::new(&[machines]);
    for name in ["MS01-030", "q300000", "CVE-2001-0001"] {
        let page = served.page(&format!("/updates/{name}"));
        assert!(page.contains("Missing on 2 of 3 computers") && page.contains("MS01-030 (Q300000)"), "{name}:\n{page}");
        assert!(
            page.contains("CVE-2001-0001") && page.contains("/scans/1/machines/A") && !page.contains("/machines/C\"")
        );
    }
    assert!(served.page("/updates/MS99-999").contains("No computer of scan 1 lacks"));
}

#[test]
fn what_is_waived_is_shown_as_such() {
    let mut machine = with(named("WEB01"), UpdateStatus::Missing, Grade::Critical);
    machine.checks[0].waived = Some(Waived {
        source: "waivers.toml, line 3".into(),
        reason: Some("The door is locked".into()),
        owner: Some("Ann".into()),
        expires: Some("2027-03-31".into()),
    });
    let id = machine.checks[0].id.clone();
    let served = Served::new(&[vec![machine, named("WEB02")]]);
    for path in ["/", "/scans/1/machines/WEB01", &format!("/checks/{id}")] {
        let page = served.page(path);
        assert!(page.contains("Waived") && page.contains("until 2027-03-31 by Ann"), "{path}:\n{page}");
        assert!(page.contains("The door is locked"), "{path}");
    }
    assert!(served.page("/scans/1/machines").contains("1 waived"));
}

#[test]
fn long_lists_come_in_pages() {
    let mut machines = fleet(0..250);
    for (machine, place) in machines.iter_mut().zip(0..) {
        machine.name = format!("M{place:03}");
    }
    let served = Served::new(&[machines]);
    let names = |path: &str| -> Vec<String> {
        let links = served.get(path).links();
        let names = links.iter().filter_map(|link| link.strip_prefix("/scans/1/machines/M"));
        names.map(|name| format!("M{name}")).collect()
    };
    assert_eq!(
        names("/").iter().collect::<HashSet<_>>().len().min(40),
        40.min(names("/").len()),
        "the first page names few"
    );
    let mut all = Vec::new();
    for (page, expected) in [(1, 100), (2, 100), (3, 50)] {
        let found = names(&format!("/scans/1/machines?sort=name&page={page}"));
        assert_eq!(found.len(), expected);
        all.extend(found);
    }
    assert!(all.is_sorted() && all.len() == 250);
    assert_eq!(names("/scans/1/machines?sort=name&page=99"), all[200..], "there are only three");
    assert_eq!(names("/scans/1/machines?q=m01").len(), 10);
    assert_eq!(names("/scans/1/machines?q=nothing"), [""; 0]);
    assert!(served.page("/scans/1/machines?q=m01").contains("10 of 250 computers"));
    // A filter that nothing fits is not a fleet without problems.
    for (list, expected) in [("updates", "No update fits."), ("checks", "No check fits.")] {
        let page = served.page(&format!("/scans/1/{list}?q=nothing"));
        assert!(page.contains(expected), "{list}: {page}");
        assert!(!served.page(&format!("/scans/1/{list}")).contains(expected), "{list}");
    }
}

#[test]
fn a_scan_that_is_added_is_shown_at_once() {
    let served = Served::new(&[vec![named("A"), named("B")]]);
    assert!(served.page("/").contains("Scan 1"));
    add(&served.file(), 1, &[named("A")]);
    let page = served.page("/");
    assert!(page.contains("Scan 2") && page.contains("not in the later scan: 1"), "{page}");
    let older = served.page("/scans/1");
    assert!(older.contains("Scan 1 is not the last one"));
    assert!(
        older.contains("href=\"/scans/1/machines\"") && !older.contains("href=\"/machines\""),
        "its menu stays with it"
    );
}

#[test]
fn a_history_without_scans_or_that_cannot_be_read_is_a_clear_page() {
    let served = Served::new(&[]);
    let missing = served.get("/");
    assert_eq!(missing.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(missing.text.contains("no such history"), "{}", missing.text);
    drop(wardline_history::History::create(served.file()).unwrap());
    assert!(served.page("/").contains("No scans yet"));
    assert!(served.page("/scans").contains("no scans") && served.page("/trend").contains("No scans yet"));
    for path in ["/changes", "/scans/latest", "/scans/latest/machines", "/updates/MS01-030", "/machines/A"] {
        assert_eq!(served.get(path).status, StatusCode::NOT_FOUND, "{path}");
    }
    std::fs::write(served.file(), "This is a letter, and not a history.".repeat(99)).unwrap();
    let broken = served.get("/");
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(broken.text.contains("not a history of wardline"), "{}", broken.text);
}

#[test]
fn what_is_not_there_is_not_found() {
    let served = Served::new(&[vec![named("A")]]);
    for path in [
        "/nothing",
        "/scans/9",
        "/scans/x",
        "/scans/-1",
        "/scans/1970-01-01",
        "/machines/B",
        "/updates/",
        "/scans/1/machines/%FF",
        "//",
        "/changes?from=7",
    ] {
        let answer = served.get(path);
        assert_eq!(answer.status.as_u16() / 100, 4, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
    }
    let head = served.ask(Method::HEAD, "/", &[("host", "localhost")]);
    assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
}
