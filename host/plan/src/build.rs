//! Builds the plan for one machine of the report.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use wardline_contract::{FindingId, Grade, Operation, RunTool, UpdateStatus};
use wardline_report::{ConditionReport, TargetReport, UpdatesState};

use super::draft::{Draft, MAX_REMARKS, push_new};
use super::order::{self, Carried};
use super::plan::*;
use super::service_pack::{self, Planned};
use super::sift::LeftOuts;

/// The maximum number of service packs considered in one plan, far more than a machine has products with service packs.
const MAX_SERVICE_PACKS: usize = 64;

/// Returns the plan for one machine, following the rules in `docs/plan.md`.
pub fn plan(machine: &TargetReport) -> MachinePlan {
    let planned: BTreeSet<Planned> =
        machine.actions.iter().filter_map(|action| service_pack::planned(&action.operation)).collect();
    let planned: Vec<Planned> = planned.into_iter().take(MAX_SERVICE_PACKS).collect();
    let mut left_out = LeftOuts::of(machine);
    let wanted = left_out.sift(&planned);
    let mut drafts = Draft::gather(machine, &wanted, &planned);
    let torn = arrange(&mut drafts, machine);
    let restart = drafts.iter().any(|draft| draft.step.restart);
    let updates = machine.updates.iter().enumerate().filter(|(_, update)| update.waived.is_none());
    let pending = updates.filter(|(_, update)| update.status == UpdateStatus::PendingRestart);
    let pending: Vec<ShownFinding> = pending.map(|(place, update)| ShownFinding::of_update(place, update)).collect();
    add_chain(&mut drafts, machine, torn);
    if restart || !pending.is_empty() {
        drafts.push(Draft::restart(pending));
    }
    // The sort is stable: within a kind, the existing order is kept.
    drafts.sort_by_key(|draft| draft.rank);
    (1..).zip(&mut drafts).for_each(|(number, draft)| draft.step.number = number);
    note_conflicts(&mut drafts);
    let not_mended = not_mended(machine, &drafts, &left_out.rows);
    let (undo, not_undone) = backwards(&drafts);
    MachinePlan {
        name: machine.name.clone(),
        location: machine.source.location.clone(),
        product: machine.system.product.clone(),
        service_pack: machine.system.service_pack.clone(),
        complete: machine.complete,
        error: machine.error.clone(),
        updates_not_judged: not_judged(machine),
        doubtful_evidence: doubtful_evidence(machine),
        restarts: drafts.iter().filter(|draft| draft.step.kind == StepKind::Restart).count() as u32,
        risks: risks(&drafts),
        newest_files: newest_files(&drafts),
        left_out: left_out.rows,
        not_mended,
        undo,
        not_undone,
        steps: drafts.into_iter().map(|draft| draft.step).collect(),
    }
}

/// Orders installations, the oldest bulletin first and each file's newest version last. Returns `true` if no order does that.
fn arrange(drafts: &mut Vec<Draft>, machine: &TargetReport) -> bool {
    let (mut installs, others): (Vec<Draft>, Vec<Draft>) = drafts.drain(..).partition(Draft::installs);
    let age = |draft: &Draft| draft.step.mends.first().map(|finding| (finding.id.clone(), finding.article.clone()));
    installs.sort_by_cached_key(|draft| (draft.step.kind, age(draft)));
    // The instance is not part of a file's path, so packages for two instances must not count as carrying the same files.
    let carried: Vec<Carried> = installs.iter().map(|draft| per_instance(draft, machine)).collect();
    let (order, torn) = order::order(&carried);
    let mut slots: Vec<Option<Draft>> = installs.into_iter().map(Some).collect();
    drafts.extend(order.into_iter().filter_map(|place| slots.get_mut(place).and_then(Option::take)));
    drafts.extend(others);
    torn
}

/// Qualifies the carried files by instance: the catalog names a product's files by the same path for every instance.
fn per_instance(draft: &Draft, machine: &TargetReport) -> Carried {
    let subject = draft.step.mends.first().and_then(|finding| machine.update(finding.place)?.subject.as_deref());
    let carried = draft.carried.iter();
    carried.map(|(file, version)| (format!("{}|{file}", subject.unwrap_or_default()), *version)).collect()
}

/// Adds the chain step. From Windows XP on, setup itself ensures that the newest file survives (Q296861).
fn add_chain(drafts: &mut Vec<Draft>, machine: &TargetReport, torn: bool) {
    let installs = || drafts.iter().filter(|draft| draft.installs());
    let by_itself =
        machine.system.version.as_deref().and_then(order::version).is_some_and(|version| version >= [5, 1, 0, 0]);
    if installs().count() < 2 || !installs().any(|draft| draft.step.restart) || by_itself {
        return;
    }
    let tool = RunTool { tool: "qchain.exe".to_owned(), arguments: Vec::new(), article: Some("Q296861".to_owned()) };
    let mut chain = Draft::of(StepKind::Chain, Some(Operation::RunTool(tool)), Vec::new());
    chain.step.articles.push("Q296861".to_owned());
    if torn {
        chain.step.notes.push(
            "Each of these packages has a file that is newer than another's, so no order of installation alone leaves the \
             newest: do not leave this step out."
                .to_owned(),
        );
    }
    drafts.push(chain);
}

/// Notes steps that change the same thing to different values.
fn note_conflicts(drafts: &mut [Draft]) {
    let mut slots: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        if let Some(slot) = draft.step.operation.as_ref().and_then(slot) {
            slots.entry(slot).or_default().push(place);
        }
    }
    for places in slots.into_values().filter(|places| places.len() > 1) {
        let numbers = places.iter().take(MAX_REMARKS).map(|&place| drafts[place].step.number.to_string());
        let numbers = numbers.collect::<Vec<_>>().join(", ");
        let note = format!("Steps {numbers} change the same setting; the last one takes effect.");
        places.iter().for_each(|&place| push_new(&mut drafts[place].step.notes, note.clone()));
    }
}

/// Identifies the thing that an operation gives a new value to.
fn slot(operation: &Operation) -> Option<String> {
    let parts = match operation {
        Operation::SetRegistryValue(set) => ["value", &set.key, &set.name],
        Operation::DeleteRegistryValue(delete) => ["value", &delete.key, &delete.name],
        Operation::SetServiceStart(set) => ["service", &set.service, ""],
        Operation::SetMetabaseProperty(set) => ["metabase", &set.path, &set.property],
        Operation::SetAccountFlag(set) => return Some(format!("account|{}|{:?}", set.rid, set.flag)),
        _ => return None,
    };
    Some(parts.join("|").to_lowercase())
}

/// Returns the risks without duplicates, with the steps that carry them.
fn risks(drafts: &[Draft]) -> Vec<Risk> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut risks: Vec<Risk> = Vec::new();
    for draft in drafts {
        for risk in &draft.step.risks {
            let place = *places.entry(risk).or_insert_with(|| {
                risks.push(Risk { risk: risk.clone(), steps: Vec::new() });
                risks.len() - 1
            });
            risks[place].steps.push(draft.step.number);
        }
    }
    risks
}

fn newest_files(drafts: &[Draft]) -> Vec<NewestFile> {
    let mut files: BTreeMap<&str, (usize, order::Version, u32)> = BTreeMap::new();
    for draft in drafts {
        for (file, version) in &draft.carried {
            let entry = files.entry(file).or_insert((0, *version, draft.step.number));
            entry.0 += 1;
            if *version >= entry.1 {
                (entry.1, entry.2) = (*version, draft.step.number);
            }
        }
    }
    files
        .into_iter()
        .filter(|(_, (carriers, ..))| *carriers > 1)
        .map(|(file, (_, version, step))| NewestFile {
            file: file.to_owned(),
            version: version.map(|number| number.to_string()).join("."),
            step,
        })
        .collect()
}

fn not_judged(machine: &TargetReport) -> Vec<NotJudged> {
    let not_judged = |family, products, reason| NotJudged { family, products, reason };
    match &machine.updates_judged {
        Some(judged) => judged
            .iter()
            .filter(|judged| judged.state == UpdatesState::NotJudged)
            .map(|judged| {
                let reason = judged.reason.clone().unwrap_or_default();
                not_judged(Some(judged.family.to_string()), judged.products.clone(), reason)
            })
            .collect(),
        None if machine.updates.is_empty() => {
            vec![not_judged(None, Vec::new(), "the report does not say whether any applied".to_owned())]
        }
        None => Vec::new(),
    }
}

fn doubtful_evidence(machine: &TargetReport) -> Vec<ConditionReport> {
    machine.source.conditions.iter().filter(|condition| condition.state.is_doubtful()).cloned().collect()
}

fn not_mended(machine: &TargetReport, drafts: &[Draft], left_out: &[LeftOut]) -> Vec<ShownFinding> {
    let mended: HashSet<FindingId> = drafts
        .iter()
        .flat_map(|draft| &draft.step.mends)
        .chain(left_out.iter().map(|row| &row.finding))
        .map(|finding| finding.place)
        .collect();
    let checks = machine
        .checks
        .iter()
        .enumerate()
        .filter(|(_, check)| check.waived.is_none())
        .filter(|(_, check)| matches!(check.grade, Grade::Critical | Grade::NonCritical | Grade::BestPractice))
        .map(|(place, check)| ShownFinding::of_check(place, check));
    let updates = machine
        .updates
        .iter()
        .enumerate()
        .filter(|(_, update)| update.status == UpdateStatus::Missing && update.waived.is_none())
        .map(|(place, update)| ShownFinding::of_update(place, update));
    checks.chain(updates).filter(|finding| !mended.contains(&finding.place)).collect()
}

fn backwards(drafts: &[Draft]) -> (Vec<UndoStep>, Vec<u32>) {
    let done = drafts.iter().filter(|draft| !matches!(draft.step.kind, StepKind::Chain | StepKind::Restart));
    let (undone, not_undone): (Vec<&Draft>, Vec<&Draft>) = done.partition(|draft| !draft.undo.is_empty());
    let undo = (1..)
        .zip(undone.into_iter().rev())
        .map(|(number, draft)| UndoStep {
            number,
            undoes: draft.step.number,
            operations: draft.undo.clone(),
            restart: draft.step.restart,
        })
        .collect();
    (undo, not_undone.into_iter().map(|draft| draft.step.number).collect())
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use proptest::prelude::*;
    use wardline_report::{MAX_TARGET, read_from};

    const REPORT: &str = r#"{"schema": "wardline.report/1", "targets": [{"name": "web01", "source": {"kind": "volume",
        "location": "/v"}, "system": {"suites": []}, "grade": "severe-risk", "complete": true, "coverage": {"questions": 0,
        "known": 0, "absent": 0, "denied": 0, "unreadable": 0, "unsupported": 0}, "plugins": [], "products": [], "checks":
        [{"id": "os.a", "family": "os", "title": "A", "grade": "critical", "summary": "", "columns": [], "rows": [],
        "evidence": []}], "updates": [], "actions": [{"plugin": "os", "mends": {"check": 0}, "operation": {"manual-step":
        "Install Windows 2000 Service Pack 4."}, "undo": [], "restart": false}], "denied": []}]}"#;

    fn plans(report: &[u8]) -> usize {
        let mut steps = 0;
        let _ = read_from(report, MAX_TARGET, "", &mut |machine| {
            steps += super::plan(&machine).steps.len();
            ControlFlow::Continue(())
        });
        steps
    }

    proptest! {
        #[test]
        fn a_damaged_report_ends_in_an_error_or_in_a_plan(at in 0..REPORT.len(), byte in any::<u8>()) {
            prop_assert_eq!(plans(REPORT.as_bytes()), 1);
            let mut damaged = REPORT.as_bytes().to_vec();
            damaged[at] = byte;
            plans(&damaged);
        }
    }
}
