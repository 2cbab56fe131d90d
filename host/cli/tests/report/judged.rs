//! Good news about updates only if they were judged, and about evidence only if it is sound.
//!
//! All cases follow the rule in `docs/report.md`: unknown is never good news.

use serde_json::{Value, json};
use wardline::contract::products::NotCovered;
use wardline::contract::{Ask, Examination, Examiner, Outcome, *};
use wardline::evidence::budget::DEFAULT_TARGET_MEMORY;
use wardline::evidence::{Condition, Origin, SourceKind, State};
use wardline::report::{FailOn, Json, Reached, Render, Summary, Tally, Text, TextStyle};
use wardline::reporting::Context;
use wardline::scan::{PluginError, PluginResult, TargetScan, TargetSpec};

use crate::report::doubles::updates;

/// A plugin of which only the description matters: its results are in the scan.
struct Described(Description);

impl Examiner for Described {
    fn description(&self) -> &Description {
        &self.0
    }

    fn digest(&self) -> &str {
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    }

    fn examine(&self, _: &Target, _: &Options, _: &Ask<'_>) -> Examination {
        unreachable!("the scan was held before")
    }
}

fn description(family: &str, products: &[&str]) -> Description {
    Description {
        name: family.into(),
        version: "1.0".into(),
        family: family.into(),
        summary: String::new(),
        checks: Vec::new(),
        products: products.iter().map(|product| (*product).to_owned()).collect(),
        scopes: Vec::new(),
        settings: Vec::new(),
    }
}

fn windows() -> Description {
    description("os", &["Windows 2000*"])
}

/// A plugin for which the catalog of [`updates`] holds nothing.
fn sql() -> Description {
    description("sql", &["SQL Server 2000"])
}

/// The description of a plugin that could not be loaded, and never said what it judges.
fn unknown() -> Description {
    Description { version: String::new(), ..description("acme", &[]) }
}

fn product(name: &str, version: Option<&str>, subject: Option<&str>) -> InstalledProduct {
    InstalledProduct {
        name: name.into(),
        version: version.map(str::to_owned),
        service_pack: None,
        subject: subject.map(str::to_owned),
    }
}

fn finding(update: u32, product: &str, status: UpdateStatus) -> UpdateFinding {
    UpdateFinding {
        update,
        product: product.into(),
        subject: None,
        status,
        reason: String::new(),
        tests: Vec::new(),
        superseded_by: None,
    }
}

fn said(products: Vec<InstalledProduct>, updates: Vec<UpdateFinding>, answers: &[Answer]) -> PluginResult {
    let key = |number: usize| Question::RegistryKey(format!(r"HKLM\SOFTWARE\Key{number}"));
    Ok(Examination {
        outcome: Outcome::Ok,
        detail: None,
        assessment: Assessment { products, checks: Vec::new(), updates },
        actions: Vec::new(),
        exchanges: answers.iter().enumerate().map(|(number, answer)| (key(number), answer.clone())).collect(),
        rounds: 1,
        fuel: 1,
        memory: 0,
    })
}

fn ended(outcome: Outcome, detail: &str) -> PluginResult {
    Ok(Examination::nothing(outcome, Some(detail.to_owned())))
}

/// Windows with one update installed.
fn patched() -> PluginResult {
    let server = "Windows 2000 Server";
    said(vec![product(server, Some("5.0.2195"), None)], vec![finding(1, server, UpdateStatus::Installed)], &[])
}

fn scan(results: Vec<PluginResult>, conditions: Vec<Condition>) -> TargetScan {
    TargetScan {
        name: "web01".into(),
        location: "/mnt/web01".into(),
        origin: Some(Origin { kind: SourceKind::Volume, location: "/mnt/web01".into() }),
        system: None,
        error: None,
        plugins: results,
        conditions,
        bytes_read: None,
        not_given: None,
    }
}

struct Reported {
    json: Value,
    text: String,
    summary: Summary,
}

impl Reported {
    fn new(plugins: Vec<(Description, PluginResult)>, left_out: &[Description], catalog: &[Update]) -> Reported {
        let (plugins, results): (Vec<_>, Vec<_>) =
            plugins.into_iter().map(|(description, result)| (Described(description), result)).unzip();
        Reported::of(&plugins, left_out, catalog, scan(results, Vec::new()))
    }

    fn of(plugins: &[Described], left_out: &[Description], catalog: &[Update], scan: TargetScan) -> Reported {
        let examiners = plugins.iter().map(|plugin| plugin as &dyn Examiner);
        let report = Context::new(examiners, catalog).leaving_out(left_out).report(scan);
        let mut summary = Summary::new(NotCovered::default());
        summary.add(Tally::new(&report));
        let text = Text(TextStyle::default());
        let page = [text.target(&report), text.end(&summary)].concat();
        // Lines that are too long are wrapped anywhere.
        let page = String::from_utf8(page).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        let json = serde_json::from_slice(&Json.target(&report)).unwrap();
        Reported { json, text: page, summary }
    }

    fn statements(&self) -> Vec<(&str, Vec<&str>, &str)> {
        let statements = self.json["updates_judged"].as_array().unwrap().iter();
        statements
            .map(|statement| {
                let products = statement["products"].as_array().unwrap().iter();
                (
                    statement["state"].as_str().unwrap(),
                    products.map(|product| product.as_str().unwrap()).collect(),
                    statement["reason"].as_str().unwrap_or_default(),
                )
            })
            .collect()
    }
}

const JUDGED: &str = "judged";
const NOTHING: &str = "nothing-installed";
const NOT_JUDGED: &str = "not-judged";

#[test]
fn no_updates_missing_is_said_only_where_they_were_judged() {
    let unreadable = || Answer::Unreadable("the hive is damaged".into());
    let sql_2000 = || product("SQL Server 2000", Some("8.00.194"), Some("SALES"));
    let installed = |name: &str| finding(1, name, UpdateStatus::Installed);
    let all = updates();
    let none: &[Update] = &[];
    // The catalog, the results of each plugin, the resulting statements, and the machine's heading.
    type Statement<'a> = (&'a str, &'a [&'a str], &'a str);
    type Row<'a> = (&'a str, &'a [Update], Vec<(Description, PluginResult)>, &'a [Statement<'a>], &'a str);
    let table: Vec<Row<'_>> = vec![
        (
            "judged and patched; SQL Server is not there",
            &all,
            vec![(windows(), patched()), (sql(), said(vec![], vec![], &[Answer::Absent]))],
            &[(JUDGED, &["Windows 2000 Server"], ""), (NOTHING, &[], "")],
            "Found: no updates missing, no checks performed.",
        ),
        (
            "nothing is there that has updates",
            &all,
            vec![(sql(), said(vec![], vec![], &[Answer::Absent]))],
            &[(NOTHING, &[], "")],
            "Found: no product installed that has updates, no checks performed.",
        ),
        (
            "without a catalog",
            none,
            vec![(windows(), said(vec![product("Windows 2000 Server", Some("5.0"), None)], vec![], &[]))],
            &[(NOT_JUDGED, &[], "no catalog was given")],
            "Found: updates not judged, no checks performed. Updates not judged: Operating system: no catalog was given.",
        ),
        (
            "without a catalog, several families have one line",
            none,
            vec![(sql(), said(vec![], vec![], &[])), (windows(), ended(Outcome::Trapped, "unreachable"))],
            &[(NOT_JUDGED, &[], "no catalog was given"), (NOT_JUDGED, &[], "no catalog was given")],
            "Updates not judged: Operating system, SQL Server: no catalog was given.",
        ),
        (
            "a damaged SOFTWARE hive hides the product",
            &all,
            vec![(windows(), patched()), (sql(), said(vec![], vec![], &[Answer::Absent, unreadable(), unreadable()]))],
            &[
                (JUDGED, &["Windows 2000 Server"], ""),
                (NOT_JUDGED, &[], "the installed products are not known: unreadable: the hive is damaged"),
            ],
            "Found: no updates missing among those that were judged, no checks performed. Updates not judged: SQL Server: the installed",
        ),
        (
            "a policy hides the product",
            &all,
            vec![(sql(), said(vec![], vec![], &[Answer::Denied("the policy does not grant this".into())]))],
            &[(NOT_JUDGED, &[], "the installed products are not known: denied: the policy does not grant this")],
            "Found: updates not judged, no checks performed.",
        ),
        (
            "this kind of target cannot tell",
            &all,
            vec![(sql(), said(vec![], vec![], &[Answer::Unsupported]))],
            &[(NOT_JUDGED, &[], "this kind of target does not say what is installed")],
            "Found: updates not judged, no checks performed.",
        ),
        (
            "a Windows that no catalog has a name for: no machine is without Windows",
            &all,
            vec![(windows(), said(vec![], vec![], &[]))],
            &[(NOT_JUDGED, &[], "the installed Windows is not known; the check of the Windows version says why")],
            "Found: updates not judged, no checks performed.",
        ),
        (
            "the catalog is of other products than the machine's",
            &all,
            vec![(windows(), said(vec![product("Windows 11 Version 24H2", Some("10.0.26100"), None)], vec![], &[]))],
            &[(NOT_JUDGED, &["Windows 11 Version 24H2"], "no update in the catalog applies to it")],
            "Found: updates not judged, no checks performed. Updates not judged: Windows 11 Version 24H2: no update in the catalog applies to it.",
        ),
        (
            "the catalog has one of a family's products",
            &all,
            vec![(
                windows(),
                said(
                    vec![product("windows 2000 SERVER", Some("5.0"), None), product("MDAC 2.5", Some("2.5"), None)],
                    vec![],
                    &[],
                ),
            )],
            &[
                (JUDGED, &["windows 2000 SERVER"], ""),
                (NOT_JUDGED, &["MDAC 2.5"], "no update in the catalog applies to it"),
            ],
            "Found: no updates missing among those that were judged, no checks performed. Updates not judged: MDAC 2.5: no",
        ),
        (
            "the catalog has updates for what a plugin lists and does not declare: they are another plugin's",
            &all,
            vec![(
                sql(),
                said(
                    vec![product("Windows 2000 Server", Some("5.0"), None), product("Acme", Some("1"), None)],
                    vec![],
                    &[],
                ),
            )],
            &[
                (
                    NOT_JUDGED,
                    &["Windows 2000 Server"],
                    "the plugin does not declare it, so it was not given its updates",
                ),
                (NOT_JUDGED, &["Acme"], "no update in the catalog applies to it"),
            ],
            "Found: updates not judged, no checks performed.",
        ),
        (
            "an instance whose version nobody can tell has no catalog name",
            &all,
            vec![(sql(), said(vec![product("SQL Server", None, Some("SALES"))], vec![], &[]))],
            &[(
                NOT_JUDGED,
                &["SQL Server (SALES)"],
                "no update in the catalog applies to it, as far as is known without its version",
            )],
            "Found: updates not judged, no checks performed.",
        ),
        (
            "of two instances each is named",
            &all,
            vec![(
                sql(),
                said(vec![sql_2000(), product("SQL Server 2000", Some("8.00.760"), Some("TEST"))], vec![], &[]),
            )],
            &[(
                NOT_JUDGED,
                &["SQL Server 2000 (SALES)", "SQL Server 2000 (TEST)"],
                "no update in the catalog applies to it",
            )],
            "Updates not judged: SQL Server 2000 (SALES), SQL Server 2000 (TEST): no update in the catalog applies to it.",
        ),
        (
            "a product is listed by one of its catalog names and judged by another",
            &all,
            vec![(
                windows(),
                said(
                    vec![product("Windows Server 2003, Standard Edition", Some("5.2.3790"), None)],
                    vec![installed("Microsoft Windows Server 2003 Service Pack 2")],
                    &[],
                ),
            )],
            &[(JUDGED, &["Windows Server 2003, Standard Edition"], "")],
            "Found: no updates missing, no checks performed.",
        ),
        (
            "the other name is one product's, not all of them",
            &all,
            vec![(
                windows(),
                said(
                    vec![
                        product("Windows Server 2003, Standard Edition", Some("5.2.3790"), None),
                        product("MDAC 2.8", Some("2.80"), None),
                    ],
                    vec![installed("Microsoft Windows Server 2003 Service Pack 2")],
                    &[],
                ),
            )],
            &[
                (JUDGED, &["Windows Server 2003, Standard Edition"], ""),
                (NOT_JUDGED, &["MDAC 2.8"], "no update in the catalog applies to it"),
            ],
            "Found: no updates missing among those that were judged, no checks performed.",
        ),
        (
            "a plugin need not list what it judged",
            &all,
            vec![(windows(), said(vec![], vec![installed("Windows 2000 Server")], &[unreadable()]))],
            &[(JUDGED, &[], "")],
            "Found: no updates missing, no checks performed.",
        ),
        (
            "a trap",
            &all,
            vec![(windows(), ended(Outcome::Trapped, "unreachable executed"))],
            &[(NOT_JUDGED, &[], "the plugin crashed (unreachable executed)")],
            "Found: updates not judged, no check could be scanned.",
        ),
        (
            "a defect of wardline",
            &all,
            vec![(
                windows(),
                Err(PluginError::Panicked("wardline itself failed (please report this): no message".to_owned())),
            )],
            &[(NOT_JUDGED, &[], "wardline itself failed (please report this): no message")],
            "Found: updates not judged, no check could be scanned.",
        ),
        (
            "a refused plugin that never said what it judges",
            &all,
            vec![(windows(), patched()), (unknown(), ended(Outcome::Refused, "it is not signed"))],
            &[
                (JUDGED, &["Windows 2000 Server"], ""),
                (NOT_JUDGED, &[], "the operator's rules do not allow the plugin to run (it is not signed)"),
            ],
            "Found: no updates missing among those that were judged, no checks performed. Updates not judged: acme: the operator's",
        ),
        (
            "a failed plugin that judges no updates",
            &all,
            vec![(windows(), patched()), (description("acme", &[]), ended(Outcome::OutOfFuel, "1"))],
            &[(JUDGED, &["Windows 2000 Server"], "")],
            "Found: no updates missing, no checks performed.",
        ),
        (
            "no plugin judges updates",
            &all,
            vec![(description("acme", &[]), said(vec![], vec![], &[]))],
            &[],
            "Found: updates not judged, no checks performed. Updates not judged: no plugin judges updates.",
        ),
        (
            "what is missing is counted, however little was judged",
            &all,
            vec![
                (
                    windows(),
                    said(
                        vec![product("Windows 2000 Server", Some("5.0"), None)],
                        vec![finding(1, "Windows 2000 Server", UpdateStatus::Missing)],
                        &[],
                    ),
                ),
                (sql(), ended(Outcome::OutOfTime, "10 s")),
            ],
            &[(JUDGED, &["Windows 2000 Server"], ""), (NOT_JUDGED, &[], "the plugin exceeded its time limit (10 s)")],
            "Found: 1 update missing, no check could be scanned. Updates not judged: SQL Server: the plugin exceeded",
        ),
        (
            "an update that could not be scanned may be missing",
            &all,
            vec![(
                windows(),
                said(
                    vec![product("Windows 2000 Server", Some("5.0"), None)],
                    vec![finding(1, "Windows 2000 Server", UpdateStatus::UnableToScan)],
                    &[],
                ),
            )],
            &[(JUDGED, &["Windows 2000 Server"], "")],
            "Found: no updates missing among those that were judged, no checks performed. Incomplete: 1 update could",
        ),
    ];
    for (case, catalog, plugins, expected, head) in table {
        let failed = plugins.iter().any(|(_, result)| !matches!(result, Ok(held) if held.outcome == Outcome::Ok));
        let reported = Reported::new(plugins, &[], catalog);
        let statements = reported.statements();
        let found: Vec<Statement<'_>> =
            statements.iter().map(|(state, products, reason)| (*state, products.as_slice(), *reason)).collect();
        assert_eq!(found, expected, "{case}");
        assert!(reported.text.contains(head), "{case}: {}", reported.text);
        let good = found.iter().all(|statement| statement.0 != NOT_JUDGED) && !found.is_empty();
        assert_eq!(reported.summary.updates_not_judged, u64::from(!good), "{case}");
        let complete = good && !failed && !reported.text.contains("could not be scanned");
        assert_eq!(reported.json["complete"], complete, "{case}");
        assert_eq!(reported.text.contains("on 1 computer"), !good, "{case}: {}", reported.text);
    }
}

#[test]
fn a_plugin_that_the_operator_leaves_out_judges_nothing() {
    let plugins = || vec![(sql(), said(vec![], vec![], &[Answer::Absent]))];
    let reported = Reported::new(plugins(), &[windows(), description("acme", &[])], &updates());
    assert_eq!(
        reported.statements(),
        [(NOTHING, vec![], ""), (NOT_JUDGED, vec![], "--only leaves out the plugin that judges them")]
    );
    assert_eq!(reported.json["complete"], false);
    assert!(reported.text.contains("Found: updates not judged"), "{}", reported.text);
    assert!(reported.text.contains("Updates not judged: Operating system: --only leaves out"), "{}", reported.text);
}

#[test]
fn no_checks_failed_is_said_only_where_they_could_be_performed() {
    use Grade::{BestPractice, Critical, NotPerformed, Passed, UnableToScan};
    let table: [(&[Grade], &str); 7] = [
        (&[], "no checks performed."),
        (&[NotPerformed], "no checks performed."),
        (&[Passed, NotPerformed], "no checks failed."),
        (&[BestPractice], "no checks failed."),
        (&[Passed, UnableToScan], "no checks failed among those that could be scanned."),
        (&[UnableToScan, NotPerformed], "no check could be scanned."),
        (&[Critical, UnableToScan], "1 check failed."),
    ];
    for (grades, words) in table {
        let mut result = patched().unwrap();
        let check = |grade: &Grade| CheckFinding {
            check: "check".into(),
            subject: None,
            grade: *grade,
            summary: String::new(),
            rows: Vec::new(),
            evidence: Vec::new(),
        };
        result.assessment.checks = grades.iter().map(check).collect();
        let reported = Reported::new(vec![(windows(), Ok(result))], &[], &updates());
        assert!(
            reported.text.contains(&format!("Found: no updates missing, {words}")),
            "{grades:?}: {}",
            reported.text
        );
    }
}

#[test]
fn a_catalog_without_updates_is_told_from_none() {
    let plugin = Described(windows());
    let context = || Context::new([&plugin as &dyn Examiner], &[]);
    for (context, reason) in
        [(context(), "no catalog was given"), (context().with_catalogs(), "the catalog contains no updates")]
    {
        let report = context.report(scan(vec![patched()], Vec::new()));
        assert_eq!(report.updates_judged()[0].reason.as_deref(), Some(reason));
    }
}

#[test]
fn a_target_that_cannot_be_opened_has_statements_too() {
    let spec = TargetSpec { location: "/mnt/typo".into(), memory: DEFAULT_TARGET_MEMORY };
    let failed = TargetScan::failed(&spec, "/mnt/typo: there is no such directory".into());
    let reported = Reported::of(&[Described(windows())], &[sql()], &updates(), failed);
    assert_eq!(
        reported.statements(),
        [
            (NOT_JUDGED, vec![], "the target could not be opened"),
            (NOT_JUDGED, vec![], "--only leaves out the plugin that judges them")
        ]
    );
    assert!(!reported.text.contains("no updates missing"), "{}", reported.text);
    // It counts as a target that could not be opened.
    assert_eq!((reported.summary.failed, reported.summary.updates_not_judged), (1, 0));
}

#[test]
fn the_fleets_table_tells_zero_from_unknown() {
    let plugins = [Described(windows())];
    let results = [
        ("a-none", Vec::new(), said(vec![], vec![], &[])),
        ("b-all", updates(), patched()),
        ("c-trap", updates(), ended(Outcome::Trapped, "unreachable")),
    ];
    let mut summary = Summary::new(NotCovered::default());
    for (name, catalog, result) in results {
        let context = Context::new(plugins.iter().map(|plugin| plugin as &dyn Examiner), &catalog);
        let report = context.report(TargetScan { name: name.into(), ..scan(vec![result], Vec::new()) });
        summary.add(Tally::new(&report));
    }
    let text = Text(TextStyle::default());
    let text = String::from_utf8([text.overview(&summary), text.end(&summary)].concat()).unwrap();
    let cell = |name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
        line.split("  ").filter(|cell| !cell.trim().is_empty()).nth(2).unwrap().trim().to_owned()
    };
    assert_eq!([cell("a-none"), cell("b-all"), cell("c-trap")], ["not judged", "0", "not judged"], "{text}");
    assert!(text.contains("Updates were not judged, or not all of them, on 2 computers"), "{text}");
}

#[test]
fn doubtful_evidence_makes_a_machine_incomplete_and_every_format_shows_it() {
    let config = |hive: &str| format!(r"WINNT\system32\config\{hive}");
    let table = [
        (
            State::Recovered { entries: 1 },
            json!({"state": "recovered", "entries": 1, "reason": null}),
            "SOFTWARE has uncommitted changes, which were applied from its transaction log (1 entry).",
            false,
        ),
        (
            State::Stale { entries: 0, reason: "its log SOFTWARE.LOG1 is not there".into() },
            json!({"state": "stale", "entries": 0, "reason": "its log SOFTWARE.LOG1 is not there"}),
            "SOFTWARE has uncommitted changes and may be old: its log SOFTWARE.LOG1 is not there.",
            true,
        ),
        (
            State::Stale { entries: 3, reason: "entry 4 is damaged".into() },
            json!({"state": "stale", "entries": 3, "reason": "entry 4 is damaged"}),
            "SOFTWARE has uncommitted changes and may be old: entry 4 is damaged (3 entries of its transaction log applied).",
            true,
        ),
        (
            State::Damaged { reason: "the account Guest lacks V".into() },
            json!({"state": "damaged", "entries": null, "reason": "the account Guest lacks V"}),
            "SOFTWARE is damaged in part: the account Guest lacks V.",
            true,
        ),
    ];
    for (state, mut expected, words, doubtful) in table {
        let condition = Condition { part: config("SOFTWARE"), state };
        let reported =
            Reported::of(&[Described(windows())], &[], &updates(), scan(vec![patched()], vec![condition.clone()]));
        expected["part"] = config("SOFTWARE").into();
        assert_eq!(reported.json["source"]["conditions"], json!([expected]));
        assert!(reported.text.contains(words), "{words}: {}", reported.text);
        assert_eq!(reported.json["complete"], !doubtful, "{words}");
        assert_eq!(reported.json["grade"], if doubtful { "incomplete" } else { "strong-security" }, "{words}");
        assert_eq!(reported.text.contains("Incomplete: 1 part of the evidence may be old or damaged."), doubtful);
        let summary = &reported.summary;
        assert_eq!((summary.doubtful_evidence, summary.incomplete), (u64::from(doubtful), u64::from(doubtful)));
        assert_eq!(summary.reached(FailOn::Low), Reached::default());
    }
}

#[test]
fn a_volume_with_many_damaged_parts_has_a_short_head() {
    let part = |number| Condition {
        part: format!(r"Documents and Settings\user{number:02}\NTUSER.DAT"),
        state: if number < 20 { State::Recovered { entries: 1 } } else { State::Damaged { reason: "odd".into() } },
    };
    let reported =
        Reported::of(&[Described(windows())], &[], &updates(), scan(vec![patched()], (0..40).map(part).collect()));
    assert!(reported.text.contains("20 parts of the evidence may be old or damaged"), "{}", reported.text);
    // The important ones first.
    assert!(reported.text.contains("user20") && !reported.text.contains("user00"), "{}", reported.text);
    assert!(reported.text.contains("and 35 more, which --verbose shows"), "{}", reported.text);
    assert_eq!(reported.json["source"]["conditions"].as_array().unwrap().len(), 40);
}
