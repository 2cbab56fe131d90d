//! Every check of the stock plugins on a volume that passes it, one that fails it, and one whose evidence cannot be read; and
//! `docs/checks.md`, which is generated from the plugins' own descriptions and from these volumes.

mod dotnet;
mod edge;
mod exchange;
mod ie;
mod iis;
mod office;
mod os;
mod sql;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use wardline::contract::Description;
use wardline::sandbox::{Cache, Limits, Sandbox};
use wardline::stock::stock_plugins;
use wardline_fixtures::WindowsVolume;

use crate::support::program::wardline;

/// A volume, and the expected result of one check on it.
struct Case {
    /// `os.guest-account`.
    check: &'static str,
    /// The special property of the volume.
    words: &'static str,
    /// As written in reports.
    grade: &'static str,
    volume: WindowsVolume,
}

impl Case {
    fn new(check: &'static str, grade: &'static str, words: &'static str, volume: WindowsVolume) -> Self {
        Case { check, words, grade, volume }
    }
}

fn cases() -> Vec<Case> {
    let families = [
        os::cases(),
        iis::cases(),
        sql::cases(),
        exchange::cases(),
        dotnet::cases(),
        ie::cases(),
        office::cases(),
        edge::cases(),
    ];
    families.into_iter().flatten().collect()
}

/// Checks that need a running server, or facts that a folder does not have: on an offline volume they are never performed, and never
/// pass.
const NEVER_MADE: &[&str] = &[
    "os.file-system",
    "sql.sysadmin-members",
    "sql.database-guests",
    "sql.cmdexec",
    "sql.builtin-administrators",
    "sql.folder-permissions",
    "sql.login-passwords",
];

fn descriptions() -> Vec<Description> {
    let cache = Cache::at(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    let sandbox = Sandbox::new(Limits::default(), cache, 1).unwrap();
    let loaded = stock_plugins().iter().map(|(_, bytes)| sandbox.load(bytes.to_vec()).unwrap());
    loaded.map(|plugin| plugin.description().clone()).collect()
}

/// The check's findings on each case's volume, in the order of the cases.
fn findings(cases: &[Case]) -> Vec<Vec<Value>> {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["scan".to_owned(), "-o".to_owned(), "json".to_owned()];
    for (number, case) in cases.iter().enumerate() {
        let place = folder.path().join(format!("{number:03}"));
        case.volume.write_to(&place).unwrap();
        arguments.push(place.to_str().unwrap().to_owned());
    }
    let report = wardline(arguments).json();
    let targets = report["targets"].as_array().unwrap();
    assert_eq!(targets.len(), cases.len());
    let of_case = |(case, target): (&Case, &Value)| {
        let checks = target["checks"].as_array().unwrap().iter();
        checks.filter(|check| check["id"] == case.check).cloned().collect()
    };
    cases.iter().zip(targets).map(of_case).collect()
}

#[test]
fn each_check_says_of_each_volume_what_it_was_built_for() {
    let cases = cases();
    let mut wrong = String::new();
    for (case, found) in cases.iter().zip(findings(&cases)) {
        let grades: Vec<&str> = found.iter().map(|finding| finding["grade"].as_str().unwrap()).collect();
        // A check that is performed for each instance may report the same more than once.
        if grades.is_empty() || grades.iter().any(|grade| *grade != case.grade) {
            writeln!(wrong, "{} on {}: {grades:?}, not {}: {found:?}", case.check, case.words, case.grade).unwrap();
        }
        for finding in &found {
            let judged = !matches!(case.grade, "not-performed" | "informational");
            if judged && finding["evidence"].as_array().unwrap().is_empty() {
                writeln!(wrong, "{} on {} names no evidence", case.check, case.words).unwrap();
            }
            if finding["summary"].as_str().unwrap().is_empty() {
                writeln!(wrong, "{} on {} says nothing", case.check, case.words).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_check_has_a_volume_that_passes_one_that_fails_and_one_that_cannot_be_read() {
    let cases = cases();
    let mut lacking = Vec::new();
    for (family, check) in declared() {
        let id = format!("{family}.{check}");
        let grades: BTreeSet<&str> = cases.iter().filter(|case| case.check == id).map(|case| case.grade).collect();
        if NEVER_MADE.contains(&id.as_str()) {
            if grades != BTreeSet::from(["not-performed"]) {
                lacking.push(format!("{id} is never made on a volume, and shows {grades:?}"));
            }
            continue;
        }
        let passes = grades.contains("passed") || grades.contains("informational");
        let fails = ["critical", "non-critical", "best-practice"].iter().any(|grade| grades.contains(grade));
        let only_informs = grades.contains("informational") && !grades.contains("passed");
        if !passes || !(fails || only_informs) || !grades.contains("unable-to-scan") {
            lacking.push(format!("{id} has only {grades:?}"));
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

fn declared() -> Vec<(String, String)> {
    let of_plugin = |description: Description| {
        let family = description.family;
        description.checks.into_iter().map(move |check| (family.clone(), check.id))
    };
    descriptions().into_iter().flat_map(of_plugin).collect()
}

/// If set, the page is rewritten.
const ACCEPT: &str = "WARDLINE_ACCEPT";

#[test]
fn the_documentation_lists_every_check() {
    let page = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/checks.md");
    if std::env::var_os(ACCEPT).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(written == page, "docs/checks.md is not what the plugins say; {ACCEPT}=1 rewrites it");
}

fn page() -> String {
    let cases = cases();
    let findings = findings(&cases);
    let mut page = String::from(
        "# The checks\n\nMade from the stock plugins' descriptions and the tests' volumes; `WARDLINE_ACCEPT=1 cargo \
         test` \
         rewrites it. The number is that of the same check in MBSA. Evidence is what the check asked for on these \
         volumes. The checks of Office, 120 and 124, were in the plugin `ie` before the plugin `office` existed; their ids are \
         the same.\n",
    );
    for description in descriptions() {
        writeln!(page, "\n## {}\n\n{}\n", description.family, description.summary).unwrap();
        for check in &description.checks {
            let id = format!("{}.{}", description.family, check.id);
            let number = check.mbsa.map(|number| format!(" ({number})")).unwrap_or_default();
            writeln!(page, "### {}{number}\n\n`{id}`. {}\n", check.title, check.explanation).unwrap();
            let (mut rows, mut evidence) = (String::new(), BTreeSet::new());
            for (case, found) in cases.iter().zip(&findings).filter(|(case, _)| case.check == id) {
                writeln!(rows, "| {} | {} |", case.grade, case.words).unwrap();
                let named = found.iter().flat_map(|finding| finding["evidence"].as_array().unwrap());
                evidence.extend(named.map(|named| generalised(named["question"].as_str().unwrap())));
            }
            if !evidence.is_empty() {
                let evidence: Vec<String> = evidence.into_iter().map(|question| format!("`{question}`")).collect();
                writeln!(page, "Evidence: {}.\n", evidence.join(", ")).unwrap();
            }
            writeln!(page, "| grade | on a volume |\n|---|---|\n{rows}").unwrap();
        }
    }
    page
}

/// A question without the parts that differ between machines.
fn generalised(question: &str) -> String {
    let parts = question.split('\\').map(|part| if part.starts_with("S-1-5-21-") { "<sid>" } else { part });
    parts.collect::<Vec<_>>().join("\\")
}
