//! Scan, plan, apply, scan; undo, scan.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use serde_json::{Value, json};
use wardline::cli::ExitStatus;
use wardline::stock::stock_plugins;
use wardline_fixtures::apply::{Machine, NotApplied};
use wardline_fixtures::{Account, Iis, Profile, SecurityDescriptor, Sid, SqlServer, WindowsVolume, catalog, fleet};

use crate::remediation::{json_to, read, wardline};

/// All kinds of operations in the contract.
const KINDS: [&str; 13] = [
    "install-update",
    "set-registry-value",
    "delete-registry-value",
    "set-service-start",
    "set-account-flag",
    "remove-folder",
    "remove-virtual-folder",
    "set-metabase-property",
    "restrict-share",
    "restrict-folder",
    "restrict-registry-key",
    "run-tool",
    "manual-step",
];

/// The demo's machines, and further ones for the kinds of operations that those lack.
fn machines(folder: &Path) -> BTreeMap<&'static str, WindowsVolume> {
    let demo = fleet::demo(folder).unwrap().machines.into_iter().filter(|machine| machine.legible);
    let mut machines: BTreeMap<&str, WindowsVolume> = demo.map(|machine| (machine.name, machine.volume)).collect();
    let web = WindowsVolume::windows_server_2003()
        .service_pack(1)
        .computer_name("WEB03")
        .account(Account::new("Guest", 501).enabled().blank_password())
        .iis(Iis::v6().samples().parent_paths());
    // The metabase is built as its administrator would: property by property.
    let mut web = Machine::new(web, catalog::demo());
    for (property, after) in [("KeyType", "IIsWebVirtualDir"), ("Path", r"C:\Inetpub\scripts")] {
        let set = json!({"path": "/LM/W3SVC/1/ROOT/Scripts", "property": property, "before": null, "after": after});
        web.apply(&json!({"set-metabase-property": set})).unwrap();
    }
    machines.insert("web-server-2003", web.volume());
    let desk = WindowsVolume::windows_xp()
        .service_pack(1)
        .computer_name("DESK21")
        .autologon_in_clear_text("jo", "not-a-secret")
        .profile(Profile::new("Administrator", 500).zone(3, 0x10000));
    machines.insert("desktop-xp", desk);
    let open_keys = SecurityDescriptor::default_key().allow(Sid::EVERYONE, SecurityDescriptor::FULL_CONTROL_OF_KEY);
    let database = WindowsVolume::windows_2000_server()
        .service_pack(4)
        .computer_name("SQL07")
        .sql(SqlServer::v2000(3).mixed_mode())
        .registry_security(r"HKLM\SOFTWARE\Microsoft\MSSQLServer", &open_keys);
    machines.insert("database-2000", database);
    machines
}

/// Findings by their identity, regardless of their place in the report.
type Findings = BTreeMap<(String, String, String), Value>;

fn findings(target: &Value) -> Findings {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = |name: &str| target[name].as_array().unwrap().clone();
    let checks = rows("checks").into_iter().map(|row| ((text(&row["id"]), String::new(), text(&row["subject"])), row));
    let updates = rows("updates").into_iter().map(|row| {
        (
            (format!("{} {}", text(&row["bulletin"]), text(&row["kb"])), text(&row["product"]), text(&row["subject"])),
            row,
        )
    });
    checks.chain(updates).collect()
}

/// The finding of the report that a row of the plan names.
fn named(target: &Value, row: &Value) -> (String, String, String) {
    let (list, place) = row["place"].as_object().unwrap().iter().next().unwrap();
    let mut one = json!({"checks": [], "updates": []});
    let list = format!("{list}s");
    one[&list] = Value::Array(vec![target[&list][place.as_u64().unwrap() as usize].clone()]);
    findings(&one).into_keys().next().unwrap()
}

fn needs_attention(finding: &Value) -> bool {
    ["critical", "non-critical", "best-practice"].iter().any(|grade| finding["grade"] == *grade)
        || finding["status"] == "missing"
}

struct Bench<'a> {
    work: &'a Path,
}

impl Bench<'_> {
    /// Writes the machines and scans them. Returns the targets by name.
    fn scan(&self, name: &str, machines: &BTreeMap<&str, Machine>) -> (std::path::PathBuf, BTreeMap<String, Value>) {
        let report = self.work.join(format!("{name}.json"));
        let mut arguments: Vec<OsString> = vec!["scan".into(), "--no-history".into(), "-o".into(), json_to(&report)];
        arguments.extend(["--cache-dir".into(), self.work.join("cache").into()]);
        arguments.extend(["--catalog".into(), self.work.join("fleet/mssecure.xml").into()]);
        for (machine, state) in machines {
            let folder = self.work.join(name).join(machine);
            state.write_to(&folder).unwrap();
            arguments.push(folder.into());
        }
        assert_eq!(wardline(arguments), ExitStatus::Success);
        let targets = read(&report)["targets"].as_array().unwrap().clone();
        let by_name = machines.keys().zip(targets).map(|(machine, target)| ((*machine).to_owned(), target));
        (report, by_name.collect())
    }

    fn plan(&self, report: &Path) -> Value {
        let plan = report.with_extension("plan");
        let arguments: [OsString; 4] = ["plan".into(), report.into(), "-o".into(), json_to(&plan)];
        assert_eq!(wardline(arguments), ExitStatus::Success);
        let plan = read(&plan);
        assert_eq!(wardline_schemas::violations("plan", &plan), [""; 0]);
        plan
    }
}

#[test]
fn what_a_plan_says_mends_what_was_found_and_its_undoing_brings_it_back() {
    assert!(!stock_plugins().is_empty(), "built without plugins: run `cargo xtask plugins` first");
    let work = tempfile::tempdir().unwrap();
    let bench = Bench { work: work.path() };
    let volumes = machines(&work.path().join("fleet"));
    let mut machines: BTreeMap<&str, Machine> =
        volumes.into_iter().map(|(name, volume)| (name, Machine::new(volume, catalog::demo()))).collect();

    let (report, before) = bench.scan("before", &machines);
    let plan = bench.plan(&report);
    let plans = plan["machines"].as_array().unwrap();
    assert_eq!(plans.len(), machines.len());

    let mut carried_out: BTreeSet<String> = BTreeSet::new();
    // Per machine: findings that only a person can fix, and fixes that a machine cannot undo.
    let (mut by_hand, mut lasting) = (BTreeSet::new(), BTreeSet::new());
    for ((name, machine), plan) in machines.iter_mut().zip(plans) {
        let target = &before[*name];
        let mends = |step: &Value| -> Vec<_> {
            step["mends"].as_array().unwrap().iter().map(|row| ((*name).to_owned(), named(target, row))).collect()
        };
        for step in plan["steps"].as_array().unwrap() {
            let operation = &step["operation"];
            match operation.is_null().then_some(()).ok_or(()).or_else(|()| machine.apply(operation)) {
                Ok(()) => carried_out.extend(operation.as_object().and_then(|cases| cases.keys().next()).cloned()),
                Err(NotApplied::ByHand(_) | NotApplied::NotOnVolume(_)) => by_hand.extend(mends(step)),
                Err(error) => panic!("{name}, step {}: {error:?}", step["number"]),
            }
            if plan["not_undone"].as_array().unwrap().contains(&step["number"]) {
                lasting.extend(mends(step));
            }
        }
    }

    let (_, after) = bench.scan("after", &machines);
    let mut mended = 0;
    for (name, plan) in machines.keys().zip(plans) {
        let now = findings(&after[*name]);
        for row in plan["steps"].as_array().unwrap().iter().flat_map(|step| step["mends"].as_array().unwrap()) {
            let finding = named(&before[*name], row);
            if !by_hand.contains(&((*name).to_owned(), finding.clone())) {
                // An update that a newer one has superseded meanwhile may no longer be judged at all.
                let left = now.get(&finding).filter(|left| needs_attention(left));
                assert!(left.is_none(), "{name}: still there: {left:#?}");
                mended += 1;
            }
        }
    }
    assert!(mended >= 20, "only {mended} findings were mended");

    for ((name, machine), plan) in machines.iter_mut().zip(plans) {
        for undo in plan["undo"].as_array().unwrap() {
            let steps = plan["steps"].as_array().unwrap();
            let step = steps.iter().find(|step| step["number"] == undo["undoes"]).unwrap();
            for operation in undo["operations"].as_array().unwrap() {
                let undone = match machine.apply(operation) {
                    // As a person does with Add/Remove Programs.
                    Err(NotApplied::ByHand(_)) if step["kind"] == "install-by-hand" => {
                        let package = step["operation"]["install-update"]["package"].as_str();
                        package.map_or(Ok(()), |package| machine.uninstall(package))
                    }
                    other => other,
                };
                match undone {
                    Ok(()) => {}
                    Err(NotApplied::ByHand(_) | NotApplied::NotOnVolume(_)) => {
                        let rows = step["mends"].as_array().unwrap();
                        lasting.extend(rows.iter().map(|row| ((*name).to_owned(), named(&before[*name], row))));
                    }
                    Err(error) => panic!("{name}, undo {}: {error:?}", undo["number"]),
                }
            }
        }
    }
    let (_, undone) = bench.scan("undone", &machines);
    let mut compared = 0;
    for name in machines.keys() {
        let without_lasting = |target: &Value| -> Findings {
            let mut findings = findings(target);
            findings.retain(|finding, _| !lasting.contains(&((*name).to_owned(), finding.clone())));
            findings
        };
        let (first, last) = (without_lasting(&before[*name]), without_lasting(&undone[*name]));
        assert_eq!(first.keys().collect::<Vec<_>>(), last.keys().collect::<Vec<_>>(), "{name}");
        for (finding, value) in &first {
            assert_eq!(value, &last[finding], "{name}: not as before");
            compared += usize::from(needs_attention(value));
        }
    }
    assert!(compared >= 20, "only {compared} findings came back");

    let missing: Vec<&str> = KINDS.into_iter().filter(|kind| !carried_out.contains(*kind)).collect();
    println!("mended {mended}, brought back {compared}; kinds of operations not carried out: {}", missing.join(", "));
    // A folder of files cannot hold the permissions that the first is about; the second is for people.
    let not_here = ["restrict-folder", "manual-step"];
    assert!(missing.iter().all(|kind| not_here.contains(kind)), "{missing:?}");
}
