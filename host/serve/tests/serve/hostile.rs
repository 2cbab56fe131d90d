//! Texts from targets, catalogs and plugins that try to be more than text.

use axum::http::StatusCode;
use wardline_contract::{Grade, UpdateStatus};
use wardline_report::{TargetReport, Waived};

use crate::{Served, named};

const NAMES: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "a/../b",
    "..",
    ".",
    "",
    "50% #1?x=1&y=2 +z",
    "Zürich-東京",
    "exe.\u{202e}txt",
    "line\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
];

/// A machine of this name, every text of which is the name.
fn hostile(name: &str) -> TargetReport {
    let mut machine = named(name);
    machine.source.location = name.to_owned();
    machine.system.product = Some(name.to_owned());
    machine.error = Some(name.to_owned());
    machine.checks.truncate(3);
    machine.updates.truncate(3);
    machine.actions.clear();
    for check in &mut machine.checks {
        check.id = name.to_owned();
        check.title = name.into();
        check.summary = name.to_owned();
        check.grade = Grade::Critical;
        check.subject = Some(name.to_owned());
        check.columns = vec![name.into()];
    }
    for update in &mut machine.updates {
        update.bulletin = name.into();
        update.kb = Some(name.into());
        update.title = name.into();
        update.product = name.to_owned();
        update.reason = name.to_owned();
        update.url = Some(name.into());
        update.package = Some(name.into());
        update.cves = vec![name.into()];
        update.status = UpdateStatus::Missing;
    }
    machine.checks[0].waived = Some(Waived {
        source: name.into(),
        reason: Some(name.into()),
        owner: Some(name.into()),
        expires: Some(name.into()),
    });
    machine
}

/// Whether a page has no element, attribute or address that only a hostile text can bring.
fn is_inert(page: &str) -> bool {
    let lower = page.to_lowercase();
    let signs = ["<script", "<img", "\" onerror", "'><", "href=\"javascript:", "\u{202e}", "line\r\n"];
    !signs.iter().any(|sign| lower.contains(sign))
}

#[test]
fn hostile_texts_are_inert_on_every_page_and_their_links_lead_to_their_pages() {
    for name in NAMES {
        let mut before = hostile(name);
        before.checks.iter_mut().for_each(|check| check.grade = Grade::Passed);
        before.updates.iter_mut().for_each(|update| update.status = UpdateStatus::Installed);
        let served = Served::new(&[vec![before, named("PLAIN")], vec![hostile(name), named("PLAIN")]]);
        let paths = ["/", "/scans", "/scans/2/machines", "/scans/2/updates", "/scans/2/checks", "/changes", "/trend"];
        let mut links = Vec::new();
        for path in paths {
            let answer = served.get(path);
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert!(is_inert(&answer.text), "{name:?} on {path}:\n{}", answer.text);
            links.extend(answer.links());
        }
        links.sort();
        links.dedup();
        let about = |begin: &str| -> Vec<&String> {
            links.iter().filter(|link| link.starts_with(begin) && !link.ends_with("PLAIN")).collect()
        };
        for begin in ["/scans/2/machines/", "/updates/", "/checks/"] {
            let found = about(begin);
            assert!(!found.is_empty(), "{name:?}: no link to {begin}");
            for link in found {
                let answer = served.get(link);
                assert_eq!(answer.status, StatusCode::OK, "{name:?}: {link}");
                assert!(is_inert(&answer.text), "{name:?} on {link}:\n{}", answer.text);
                assert!(!answer.text.contains("lacks an update of this name"), "{name:?}: {link}");
                assert!(!answer.text.contains("This check failed on no computer"), "{name:?}: {link}");
            }
        }
        let machine = about("/scans/2/machines/")[0];
        let past = served.get(machine).links().into_iter().find(|link| link.starts_with("/machines/")).unwrap();
        let answer = served.get(&past);
        assert!(answer.status == StatusCode::OK && is_inert(&answer.text), "{name:?}: {past}");
        assert!(answer.text.contains("2 scans of this computer"), "{name:?}: {past}");
    }
}

#[test]
fn what_an_address_says_is_inert_too() {
    let served = Served::new(&[vec![named("PLAIN")]]);
    let text = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let encoded = text.replace('/', "%2F");
    for path in [
        format!("/scans/1/machines?q={text}&grade={text}&sort={text}&gap={text}&page={text}"),
        format!("/scans/{encoded}"),
        format!("/scans/1/machines/{encoded}"),
        format!("/machines/{encoded}"),
        format!("/updates/{encoded}?scan=1&number={text}"),
        format!("/updates/X?scan={text}"),
        format!("/checks/{encoded}"),
        format!("/changes?from={text}"),
        format!("/scans/1/updates?q={text}"),
        format!("/?token={text}"),
    ] {
        let answer = served.get(&path);
        assert!(is_inert(&answer.text), "{path}:\n{}", answer.text);
    }
}
