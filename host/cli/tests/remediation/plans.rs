//! The rules for making a plan: `docs/plan.md`, rule by rule.

use serde_json::{Value, json};
use wardline::remediation::{MachinePlan, RenderPlan, StepKind, TextPlan, WhyLeftOut, plan};
use wardline::report::TargetReport;

/// A machine of a report under construction.
pub(crate) struct Report(Value);

impl Report {
    pub(crate) fn new(version: &str) -> Self {
        Report(json!({
            "name": "web01", "source": {"kind": "volume", "location": "/volumes/web01"},
            "system": {"product": "Microsoft Windows 2000", "version": version, "service_pack": "Service Pack 2",
                "suites": [], "architecture": "x86", "language": 0x0409},
            "grade": "severe-risk", "complete": true, "error": null, "plugins": [], "denied": [], "products": [],
            "coverage": {"questions": 0, "known": 0, "absent": 0, "denied": 0, "unreadable": 0, "unsupported": 0},
            "checks": [], "updates": [], "actions": [],
            "updates_judged": [{"plugin": "os", "family": "os", "state": "judged", "products": [], "reason": null}]
        }))
    }

    fn push(&mut self, list: &str, value: Value) -> usize {
        let list = self.0[list].as_array_mut().unwrap();
        list.push(value);
        list.len() - 1
    }

    fn action(&mut self, mends: Value, operation: Value, undo: Value, restart: bool, risk: Value) {
        self.push(
            "actions",
            json!({"plugin": "os", "mends": mends, "operation": operation, "undo": undo, "restart": restart,
                "risk": risk, "article": null}),
        );
    }

    /// A missing Windows update that requires a restart, with a package named after its number.
    pub(crate) fn missing(mut self, number: u32, change: impl FnOnce(&mut Value)) -> Self {
        let package = format!("Q3000{number:02}_W2K_SP4_x86_en.EXE");
        let mut update = json!({
            "number": number, "bulletin": format!("MS02-9{number:02}"), "kb": format!("Q3000{number:02}"),
            "title": format!("Update {number}"), "family": "os", "product": "Windows 2000 Server", "subject": null,
            "severity": "critical", "status": "missing", "reason": "", "cves": [], "package": package, "tests": [],
            "switches": ["-q", "-z"],
            "installation": {"service_packs": [], "included_in": null, "superseding": []}
        });
        change(&mut update);
        let install = json!({"install-update": {"update": number, "package": update["package"], "url": null,
            "switches": update["switches"]}});
        let place = self.push("updates", update);
        self.action(json!({"update": place}), install, json!([]), true, Value::Null);
        self
    }

    /// A failed check, and the action that fixes it.
    pub(crate) fn failed(mut self, id: &str, operation: Value, undo: Value, restart: bool) -> Self {
        let risk = json!(format!("Risk of {}.", operation.as_object().unwrap().keys().next().unwrap()));
        let check = json!({"id": id, "family": "os", "title": "A check", "subject": null, "grade": "critical", "summary": "",
            "columns": [], "rows": [], "evidence": []});
        let place = self.push("checks", check);
        self.action(json!({"check": place}), operation, undo, restart, risk);
        self
    }

    fn manual(self, id: &str, words: &str, restart: bool) -> Self {
        self.failed(id, json!({"manual-step": words}), json!([]), restart)
    }

    fn with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn value(self) -> Value {
        self.0
    }

    fn plan(self) -> MachinePlan {
        plan(&serde_json::from_value::<TargetReport>(self.0).unwrap())
    }
}

pub(crate) fn set(name: &str, before: u32, after: u32) -> Value {
    json!({"set-registry-value": {"key": r"HKLM\SYSTEM\X", "name": name, "before": {"dword": before},
        "after": {"dword": after}}})
}

fn version(file: &str, revision: u32) -> Value {
    json!({"kind": "version", "subject": file, "expected": format!("5.0.2195.{revision} or 5.0.2195.9999"),
        "found": null, "verdict": "failed"})
}

fn pack(name: &str, level: u32) -> Value {
    json!({"id": "1", "name": name, "level": level})
}

fn kinds(plan: &MachinePlan) -> Vec<StepKind> {
    plan.steps.iter().map(|step| step.kind).collect()
}

/// The first finding that each step fixes.
fn mended(plan: &MachinePlan) -> Vec<&str> {
    plan.steps.iter().filter_map(|step| Some(step.mends.first()?.id.as_str())).collect()
}

fn left_out(plan: &MachinePlan) -> Vec<(&str, WhyLeftOut)> {
    plan.left_out.iter().map(|row| (row.finding.id.as_str(), row.why)).collect()
}

#[test]
fn what_a_newer_update_of_the_plan_replaces_is_left_out() {
    let superseding = |numbers: Value| move |update: &mut Value| update["installation"]["superseding"] = numbers;
    let plan = Report::new("5.0")
        .missing(1, superseding(json!([2])))
        .missing(2, superseding(json!([3, 77])))
        .missing(3, |_| {})
        .missing(4, superseding(json!([77])))
        .plan();
    assert_eq!(mended(&plan), ["MS02-903", "MS02-904"]);
    assert_eq!(left_out(&plan), [("MS02-901", WhyLeftOut::Superseded), ("MS02-902", WhyLeftOut::Superseded)]);
    assert_eq!(plan.left_out[0].reason, "MS02-903 (Q300003) supersedes it and will be installed.");
    assert_eq!(plan.not_mended, []);
}

#[test]
fn what_the_report_says_is_not_missing_is_left_out() {
    for status in ["superseded", "installed", "included"] {
        let plan = Report::new("5.0").missing(1, |update| update["status"] = status.into()).plan();
        assert_eq!((plan.steps.len(), plan.restarts), (0, 0), "{status}");
        assert_eq!(left_out(&plan), [("MS02-901", WhyLeftOut::NotMissing)], "{status}");
    }
    // Reports of earlier versions do not say anything about installations.
    let plan =
        Report::new("5.0").missing(1, |update| drop(update.as_object_mut().unwrap().remove("installation"))).plan();
    assert_eq!(plan.steps.len(), 2);
}

#[test]
fn an_update_that_waits_for_a_restart_gets_it() {
    let plan = Report::new("5.0").missing(1, |update| update["status"] = "pending-restart".into()).plan();
    assert_eq!(kinds(&plan), [StepKind::Restart]);
    assert_eq!((mended(&plan), plan.restarts), (vec!["MS02-901"], 1));
}

#[test]
fn a_service_pack_goes_first_and_takes_along_what_it_holds() {
    let (two, three, four) =
        ("Windows 2000 Service Pack 2", "Windows 2000 Service Pack 3", "Windows 2000 Service Pack 4");
    let plan = Report::new("5.0")
        .missing(1, |update| {
            update["installation"]["service_packs"] = json!([pack(two, 20)]);
            update["installation"]["included_in"] = pack(three, 30);
        })
        .missing(2, |update| {
            update["installation"]["service_packs"] = json!([pack(two, 20), pack(three, 30)]);
            update["installation"]["included_in"] = pack(four, 40);
        })
        .missing(3, |update| update["installation"]["service_packs"] = json!([pack(two, 20)]))
        .missing(4, |_| {})
        .manual("os.windows-version", "Install Windows 2000 Service Pack 3.", true)
        .plan();
    assert_eq!(kinds(&plan)[..2], [StepKind::ServicePack, StepKind::Install]);
    assert_eq!(mended(&plan), ["os.windows-version", "MS02-902", "MS02-903", "MS02-904"]);
    assert_eq!(left_out(&plan), [("MS02-901", WhyLeftOut::Included)]);
    let notes: Vec<usize> = plan.steps.iter().map(|step| step.notes.len()).collect();
    assert_eq!(notes[..4], [0, 0, 1, 0]);
    assert!(plan.steps[2].notes[0].contains("scan again"), "{:?}", plan.steps[2].notes);
}

#[test]
fn an_update_for_another_service_pack_says_so() {
    let product = json!({"plugin": "os", "name": "Windows 2000 Server", "service_pack": "Windows 2000 Service Pack 2",
        "subject": null});
    let three = |update: &mut Value| {
        update["installation"]["service_packs"] = json!([pack("Windows 2000 Service Pack 3", 30)]);
    };
    let report = || Report::new("5.0").with(|machine| machine["products"] = json!([product])).missing(1, three);
    assert!(report().plan().steps[0].notes[0].contains("install the service pack first"));
    let plan = report().manual("os.windows-version", "Install Windows 2000 Service Pack 3.", true).plan();
    assert_eq!(plan.steps[1].notes, [""; 0], "the plan itself brings it there");
}

#[test]
fn installations_are_chained_to_one_restart_before_and_after_which_nothing_is_installed() {
    use StepKind::{ByHand, ByHandBeforeRestart, Chain, Configure, Install, InstallByHand, Restart};
    let report = |version| {
        Report::new(version)
            .manual("os.a", "Ask somebody.", false)
            .manual("os.b", "Convert the drive.", true)
            .failed("os.c", set("v", 0, 1), json!([set("v", 1, 0)]), true)
            .missing(2, |update| (update["package"], update["switches"]) = ("q299444i.exe".into(), json!([])))
            .missing(3, |_| {})
            .missing(1, |_| {})
    };
    let plan = report("5.0").plan();
    assert_eq!(kinds(&plan), [Install, Install, InstallByHand, Chain, Configure, ByHandBeforeRestart, Restart, ByHand]);
    assert_eq!(mended(&plan), ["MS02-901", "MS02-903", "MS02-902", "os.c", "os.b", "os.a"]);
    assert_eq!(plan.restarts, 1);
    assert_eq!(plan.steps.iter().map(|step| step.number).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
    assert!(plan.steps[2].notes[0].contains("switches are not known"));
    let package = plan.steps[0].package.as_ref().unwrap();
    assert_eq!((package.article.as_str(), package.service_pack, package.processor), ("Q300001", Some(4), Some("x86")));
    assert!(!kinds(&report("5.1").plan()).contains(&Chain), "from Windows XP on, setup chains by itself");
    let quiet = Report::new("5.0").failed("os.c", set("v", 0, 1), json!([]), false).plan();
    assert_eq!((kinds(&quiet), quiet.restarts), (vec![Configure], 0));
}

#[test]
fn of_a_file_that_several_packages_carry_the_highest_version_is_installed_last() {
    let carries = |tests: Value| move |update: &mut Value| update["tests"] = tests;
    let plan = Report::new("5.0")
        .missing(1, carries(json!([version(r"%windir%\system32\NTDLL.dll", 4711)])))
        .missing(2, carries(json!([version(r"%windir%\system32\ntdll.dll", 950), version("b.dll", 1)])))
        .plan();
    assert_eq!(mended(&plan), ["MS02-902", "MS02-901"]);
    let [newest] = plan.newest_files.as_slice() else { panic!("{:?}", plan.newest_files) };
    assert_eq!((newest.file.as_str(), newest.version.as_str()), (r"%windir%\system32\ntdll.dll", "5.0.2195.4711"));
    assert_eq!(newest.step, 2);
    let torn = Report::new("5.0")
        .missing(1, carries(json!([version("a", 1), version("b", 2)])))
        .missing(2, carries(json!([version("a", 2), version("b", 1)])))
        .plan();
    assert_eq!(kinds(&torn)[2], StepKind::Chain);
    assert!(torn.steps[2].notes[0].contains("do not leave this step out"), "{:?}", torn.steps[2].notes);
}

#[test]
fn the_same_thing_is_done_once_for_all_that_it_mends() {
    let same = |update: &mut Value| update["package"] = "Q300001_W2K_SP4_x86_en.EXE".into();
    let instance = |name: &'static str| {
        move |update: &mut Value| {
            update["subject"] = name.into();
            update["package"] = "q400000.exe".into();
        }
    };
    let plan = Report::new("5.0")
        .missing(1, |_| {})
        .missing(2, same)
        .missing(3, instance("SHOP"))
        .missing(4, instance("TOOLS"))
        .failed("os.a", set("v", 0, 1), json!([set("v", 1, 0)]), false)
        .failed("iis.b", set("v", 0, 1), json!([set("v", 1, 0)]), true)
        .plan();
    let mends: Vec<usize> = plan.steps.iter().map(|step| step.mends.len()).collect();
    assert_eq!(mends, [2, 1, 1, 0, 2, 0], "{plan:#?}");
    assert!(plan.steps[4].restart);
    assert_eq!(plan.steps[4].risks, ["Risk of set-registry-value."]);
    assert_eq!(plan.risks[0].steps, [5]);
}

#[test]
fn steps_that_contradict_each_other_say_so() {
    let plan = Report::new("5.0")
        .failed("os.a", set("Value", 0, 1), json!([]), false)
        .failed("os.b", set("VALUE", 0, 2), json!([]), false)
        .failed("os.c", set("other", 0, 2), json!([]), false)
        .plan();
    let notes: Vec<&str> = plan.steps.iter().flat_map(|step| &step.notes).map(String::as_str).collect();
    assert_eq!(notes, ["Steps 1, 2 change the same setting; the last one takes effect."; 2]);
}

#[test]
fn undoing_goes_backwards_and_each_step_in_its_own_order() {
    let plan = Report::new("5.0")
        .missing(1, |_| {})
        .failed("os.a", set("a", 0, 1), json!([set("first", 1, 0), set("second", 1, 0)]), false)
        .failed("os.b", json!({"remove-folder": {"path": r"C:\old"}}), json!([]), false)
        .failed("os.c", set("c", 0, 1), json!([set("c", 1, 0)]), false)
        .plan();
    let undo = serde_json::to_value(&plan.undo).unwrap();
    let undone: Vec<&Value> = undo.as_array().unwrap().iter().map(|step| &step["undoes"]).collect();
    assert_eq!(undone, [4, 2, 1]);
    assert_eq!(undo[1]["operations"], json!([set("first", 1, 0), set("second", 1, 0)]));
    let tool = &undo[2]["operations"][0]["run-tool"]["tool"];
    assert_eq!(tool, r"%windir%\$NtUninstallQ300001$\spuninst\spuninst.exe");
    assert_eq!(plan.not_undone, [3], "a restart needs no undoing");
}

#[test]
fn what_no_step_mends_is_named() {
    let grade = |grade: &'static str| move |machine: &mut Value| machine["checks"][0]["grade"] = grade.into();
    let bare = |name| Report::new("5.0").failed("os.a", set("v", 0, 1), json!([]), false).with(grade(name));
    assert_eq!(bare("passed").plan().steps, []);
    let without_actions = |report: Report| report.with(|machine| machine["actions"] = json!([]));
    for (name, named) in [("critical", 1), ("best-practice", 1), ("passed", 0), ("unable-to-scan", 0)] {
        assert_eq!(without_actions(bare(name)).plan().not_mended.len(), named, "{name}");
    }
    let update = without_actions(Report::new("5.0").missing(1, |_| {})).plan();
    assert_eq!(update.not_mended[0].id, "MS02-901");
}

#[test]
fn a_target_of_any_size_is_planned_in_time_that_grows_with_it() {
    const COUNT: u32 = 20_000;
    let report = (0..COUNT).fold(Report::new("5.0"), |report, number| {
        report.failed("os.a", set("v", 0, number), json!([set("v", 1, 0)]), false).missing(number, |update| {
            update["installation"]["superseding"] = json!([(number + 1) % COUNT, 1, 2, 3]);
            update["tests"] = json!([version("a", number % 7), version("b", number % 5)]);
        })
    });
    let plan = report.plan();
    assert!(plan.steps.len() > 2 * COUNT as usize);
    assert!(plan.steps.iter().all(|step| step.notes.len() < 4));
}

#[test]
fn nothing_of_a_report_steers_the_terminal() {
    let report = Report::new("5.0").manual("os.\u{1b}[2J", "Run \u{202e}exe\u{7}.\nfake: line", true);
    let text = String::from_utf8(TextPlan { colour: false }.machine(&report.plan())).unwrap();
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text}");
    assert!(!text.contains("\nfake"), "{text}");
}

#[test]
fn a_plan_says_which_updates_nobody_judged_and_which_evidence_may_be_old() {
    let words = |change: &dyn Fn(&mut Value)| {
        let mut report = Report::new("5.0").value();
        report["complete"] = false.into();
        change(&mut report);
        let machine: TargetReport = serde_json::from_value(report).unwrap();
        let plan = plan(&machine);
        let text = String::from_utf8(TextPlan { colour: false }.machine(&plan)).unwrap();
        (plan, text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let (plan, text) = words(&|report| {
        report["updates_judged"] = json!([
            {"plugin": "sql", "family": "sql", "state": "not-judged", "products": [], "reason": "no catalog was given"},
            {"plugin": "os", "family": "os", "state": "not-judged", "products": [], "reason": "no catalog was given"},
        ]);
    });
    assert_eq!(plan.updates_not_judged.len(), 2);
    assert!(text.contains("Updates not judged: Operating system, SQL Server: no catalog was given."), "{text}");
    assert!(text.contains("Nothing to do about what was scanned."), "{text}");

    let (plan, text) = words(&|report| {
        report["source"]["conditions"] = json!([
            {"part": r"WINNT\SYSTEM", "state": "recovered", "entries": 2, "reason": null},
            {"part": r"WINNT\SOFTWARE", "state": "stale", "entries": 0, "reason": "its log is not there"},
        ]);
    });
    assert_eq!((plan.doubtful_evidence.len(), plan.updates_not_judged.len()), (1, 0));
    let words_of_it = r"Evidence: WINNT\SOFTWARE has uncommitted changes and may be old: its log is not there.";
    assert!(text.contains(words_of_it), "{text}");

    // A report of an earlier version does not say whether updates were judged: an empty list may mean either.
    let earlier = |report: &mut Value| {
        report.as_object_mut().unwrap().remove("updates_judged");
        report["complete"] = true.into();
    };
    let (plan, text) = words(&earlier);
    assert!(plan.updates_not_judged[0].family.is_none(), "{plan:?}");
    assert!(text.contains("Updates not judged: the report does not say whether"), "{text}");
}
