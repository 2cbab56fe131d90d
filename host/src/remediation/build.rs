//! From a machine of the report to its plan.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use wardline_package_name::PackageName;

use super::leave_out::superseded;
use super::machine::{Finding, Machine, Mending, Missing};
use super::order::{self, Carried};
use super::plan::*;
use super::service_pack::{self, Effect, InstalledPacks, Planned};
use super::{fit, undo};
use crate::contract::{FindingId, Grade, InstallUpdate, Operation, RunTool, UpdateStatus};

/// Service packs that one plan can tell apart, far more than a machine has products with any.
const MOST_SERVICE_PACKS: usize = 64;

/// Notes, risks and articles of one step, of each. A report that holds more was not made for people to read.
const MOST_REMARKS: usize = 32;

/// The plan for one machine, by the rules of `docs/plan.md`.
pub fn plan(machine: &Machine) -> MachinePlan {
    let planned: BTreeSet<Planned> =
        machine.actions.iter().filter_map(|action| service_pack::planned(&action.operation)).collect();
    let planned: Vec<Planned> = planned.into_iter().take(MOST_SERVICE_PACKS).collect();
    let mut left_out = LeftOuts { machine, seen: HashSet::new(), rows: Vec::new() };
    let wanted = left_out.sift(&planned);
    let mut drafts = Draft::gather(machine, &wanted, &planned);
    let torn = arrange(&mut drafts, machine);
    let restart = drafts.iter().any(|draft| draft.step.restart);
    let pending =
        machine.updates.iter().enumerate().filter(|(_, update)| update.status == UpdateStatus::PendingRestart);
    let pending: Vec<ShownFinding> = pending.map(|(place, update)| shown_update(place, update)).collect();
    add_chain(&mut drafts, machine, torn);
    if restart || !pending.is_empty() {
        drafts.push(Draft::restart(pending));
    }
    // Stable: within a kind the order is the one found so far.
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

/// A step in the making.
struct Draft {
    step: Step,
    /// Where it stands among the steps. Packages that are installed by hand may have to stand among the others.
    rank: StepKind,
    undo: Vec<Operation>,
    carried: Carried,
}

/// What makes two actions the same step.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    /// A package in lower case, and the instance that it is installed for.
    Package(String, Option<&'a str>),
    Operation(&'a Operation),
}

impl Draft {
    fn gather(machine: &Machine, wanted: &[&Mending], planned: &[Planned]) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = Vec::new();
        let mut places: HashMap<Key<'_>, usize> = HashMap::new();
        let installed = InstalledPacks::of(machine);
        for action in wanted {
            let update = machine.update(action.mends);
            let key = match &action.operation {
                Operation::InstallUpdate(install) if !install.package.trim().is_empty() => Key::Package(
                    install.package.trim().to_ascii_lowercase(),
                    update.and_then(|update| update.subject.as_deref()),
                ),
                operation => Key::Operation(operation),
            };
            let place = *places.entry(key).or_insert_with(|| {
                drafts.push(Draft::new(action, update.is_some(), machine));
                drafts.len() - 1
            });
            drafts[place].mend(action, machine, &installed, planned);
        }
        drafts
    }

    fn new(action: &Mending, mends_update: bool, machine: &Machine) -> Draft {
        let kind = kind(action, mends_update);
        let mut step = Step {
            number: 0,
            kind,
            operation: Some(action.operation.clone()),
            package: None,
            mends: Vec::new(),
            restart: false,
            notes: Vec::new(),
            risks: Vec::new(),
            articles: Vec::new(),
        };
        let mut undo = action.undo.clone();
        if let Operation::InstallUpdate(install) = &action.operation {
            if let Some(name) = PackageName::parse(&install.package) {
                step.notes = fit::notes(&name, &machine.system);
                step.package = Some(Package::from(&name));
            }
            if kind == StepKind::InstallByHand {
                step.notes.push("Its switches are not known. Put off the restart that it may ask for.".to_owned());
            }
            if undo.is_empty() {
                undo.push(undo::installation(install));
            }
        }
        let rank = if kind == StepKind::InstallByHand { StepKind::Install } else { kind };
        Draft { step, rank, undo, carried: Carried::new() }
    }

    /// Adds what another action says that comes to the same step.
    fn mend(&mut self, action: &Mending, machine: &Machine, installed: &InstalledPacks<'_>, planned: &[Planned]) {
        let step = &mut self.step;
        match (action.mends, machine.check(action.mends), machine.update(action.mends)) {
            (FindingId::Check(place), Some(check), _) => step.mends.push(shown_check(place as usize, check)),
            (FindingId::Update(place), _, Some(update)) => {
                step.mends.push(shown_update(place as usize, update));
                notes_on_service_packs(update, installed, planned).for_each(|note| push_new(&mut step.notes, note));
                for test in update.tests.iter().filter(|test| test.kind == "version") {
                    // Where several versions have the fix, the first is the one that the update brings.
                    let first = test.expected.as_deref().and_then(|expected| expected.split(" or ").next());
                    if let Some(version) = first.and_then(order::version) {
                        self.carried.insert(test.subject.to_lowercase(), version);
                    }
                }
            }
            // `read` lets only actions through that mend findings that there are.
            _ => {}
        }
        step.restart |= action.restart;
        action.risk.iter().for_each(|risk| push_new(&mut step.risks, risk.clone()));
        action.article.iter().for_each(|article| push_new(&mut step.articles, article.clone()));
    }

    fn restart(mends: Vec<ShownFinding>) -> Draft {
        Draft::of(StepKind::Restart, None, mends)
    }

    /// A step that no plugin asked for.
    fn of(kind: StepKind, operation: Option<Operation>, mends: Vec<ShownFinding>) -> Draft {
        let step = Step {
            number: 0,
            kind,
            operation,
            package: None,
            mends,
            restart: kind == StepKind::Restart,
            notes: Vec::new(),
            risks: Vec::new(),
            articles: Vec::new(),
        };
        Draft { step, rank: kind, undo: Vec::new(), carried: Carried::new() }
    }

    fn installs(&self) -> bool {
        matches!(self.step.kind, StepKind::Install | StepKind::InstallByHand)
    }
}

fn push_new(list: &mut Vec<String>, text: String) {
    if list.len() < MOST_REMARKS && !list.contains(&text) {
        list.push(text);
    }
}

fn kind(action: &Mending, mends_update: bool) -> StepKind {
    if service_pack::planned(&action.operation).is_some() {
        return StepKind::ServicePack;
    }
    match &action.operation {
        Operation::InstallUpdate(InstallUpdate { switches, package, .. }) => {
            let unattended = !switches.is_empty() && !package.trim().is_empty();
            if unattended { StepKind::Install } else { StepKind::InstallByHand }
        }
        Operation::ManualStep(_) if mends_update => StepKind::InstallByHand,
        Operation::ManualStep(_) if action.restart => StepKind::ByHandBeforeRestart,
        Operation::ManualStep(_) => StepKind::ByHand,
        _ => StepKind::Configure,
    }
}

fn notes_on_service_packs(
    update: &Missing,
    installed: &InstalledPacks<'_>,
    planned: &[Planned],
) -> impl Iterator<Item = String> + use<> {
    const NOT_SAID: &str =
        "The catalog does not say whether it is needed after the service pack: scan again before installing it.";
    let known = update.installation.iter();
    let effects: Vec<Effect> = known.flat_map(|known| planned.iter().map(|planned| planned.effect(known))).collect();
    let lacking = if effects.contains(&Effect::Wanted) { None } else { installed.lacking(update) };
    let not_said = effects.contains(&Effect::NotSaid).then(|| NOT_SAID.to_owned());
    lacking.into_iter().chain(not_said)
}

/// Which actions need not be done.
struct LeftOuts<'a> {
    machine: &'a Machine,
    /// Places of updates.
    seen: HashSet<usize>,
    rows: Vec<LeftOut>,
}

impl<'a> LeftOuts<'a> {
    /// The actions that remain.
    fn sift(&mut self, planned: &[Planned]) -> Vec<&'a Mending> {
        let machine = self.machine;
        let mut wanted: Vec<&Mending> = Vec::new();
        for action in &machine.actions {
            if machine.check(action.mends).is_some_and(|check| check.grade == Grade::Passed) {
                continue;
            }
            let Some(update) = machine.update(action.mends) else {
                wanted.push(action);
                continue;
            };
            let is_pack = service_pack::planned(&action.operation).is_some();
            let included = update
                .installation
                .as_ref()
                .filter(|_| !is_pack)
                .is_some_and(|known| planned.iter().any(|planned| planned.effect(known) == Effect::Includes));
            match not_missing(update.status) {
                Some(reason) => self.leave_out(action, WhyLeftOut::NotMissing, reason.to_owned()),
                None if included => {
                    let reason = "The service pack that is to be installed holds it.".to_owned();
                    self.leave_out(action, WhyLeftOut::Included, reason);
                }
                None => wanted.push(action),
            }
        }
        let mut places: Vec<usize> = wanted.iter().filter_map(|action| update_place(action)).collect();
        places.sort_unstable();
        places.dedup();
        let updates: Vec<&Missing> = places.iter().filter_map(|&place| machine.updates.get(place)).collect();
        let newer: BTreeMap<usize, &Missing> = places
            .iter()
            .zip(superseded(&updates))
            .filter_map(|(&place, by)| Some((place, *updates.get(by?)?)))
            .collect();
        wanted.retain(|action| {
            let Some(by) = update_place(action).and_then(|place| newer.get(&place)) else { return true };
            let article = by.kb.as_deref().map(|article| format!(" ({article})")).unwrap_or_default();
            let reason = format!("{}{article} takes its place, and is to be installed.", by.bulletin);
            self.leave_out(action, WhyLeftOut::Superseded, reason);
            false
        });
        wanted
    }

    fn leave_out(&mut self, action: &Mending, why: WhyLeftOut, reason: String) {
        if let Some(place) = update_place(action)
            && let Some(update) = self.machine.updates.get(place)
            && self.seen.insert(place)
        {
            self.rows.push(LeftOut { finding: shown_update(place, update), why, reason });
        }
    }
}

fn update_place(action: &Mending) -> Option<usize> {
    match action.mends {
        FindingId::Update(place) => Some(place as usize),
        FindingId::Check(_) => None,
    }
}

fn not_missing(status: UpdateStatus) -> Option<&'static str> {
    match status {
        UpdateStatus::Superseded => Some("The report says that a newer update takes its place."),
        UpdateStatus::Installed => Some("The report says that it is installed."),
        UpdateStatus::Included => Some("The report says that the service pack holds it."),
        UpdateStatus::PendingRestart => Some("The report says that it is installed as soon as the machine restarts."),
        UpdateStatus::Missing | UpdateStatus::Note | UpdateStatus::Warning | UpdateStatus::UnableToScan => None,
    }
}

/// Puts installations in order, the oldest bulletin first and each file's newest version last. True if no order does that.
fn arrange(drafts: &mut Vec<Draft>, machine: &Machine) -> bool {
    let (mut installs, others): (Vec<Draft>, Vec<Draft>) = drafts.drain(..).partition(Draft::installs);
    let age = |draft: &Draft| draft.step.mends.first().map(|finding| (finding.id.clone(), finding.article.clone()));
    installs.sort_by_cached_key(|draft| (draft.step.kind, age(draft)));
    // A package's service pack is no file of it, so two packages for different instances carry different files.
    let carried: Vec<Carried> = installs.iter().map(|draft| per_instance(draft, machine)).collect();
    let (order, torn) = order::order(&carried);
    let mut slots: Vec<Option<Draft>> = installs.into_iter().map(Some).collect();
    drafts.extend(order.into_iter().filter_map(|place| slots.get_mut(place).and_then(Option::take)));
    drafts.extend(others);
    torn
}

/// The catalog names a product's files by the same path for every instance.
fn per_instance(draft: &Draft, machine: &Machine) -> Carried {
    let subject = draft.step.mends.first().and_then(|finding| machine.update(finding.place)?.subject.as_deref());
    let carried = draft.carried.iter();
    carried.map(|(file, version)| (format!("{}|{file}", subject.unwrap_or_default()), *version)).collect()
}

/// From Windows XP on, setup itself sees to it that the newest file survives (Q296861).
fn add_chain(drafts: &mut Vec<Draft>, machine: &Machine, torn: bool) {
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

/// Steps that change the same thing to something else each.
fn note_conflicts(drafts: &mut [Draft]) {
    let mut slots: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        if let Some(slot) = draft.step.operation.as_ref().and_then(slot) {
            slots.entry(slot).or_default().push(place);
        }
    }
    for places in slots.into_values().filter(|places| places.len() > 1) {
        let numbers = places.iter().take(MOST_REMARKS).map(|&place| drafts[place].step.number.to_string());
        let numbers = numbers.collect::<Vec<_>>().join(", ");
        let note = format!("Steps {numbers} change the same thing; the last one of them holds.");
        places.iter().for_each(|&place| push_new(&mut drafts[place].step.notes, note.clone()));
    }
}

/// What an operation gives a new value to.
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

/// Each risk once, with the steps that bear it.
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

fn not_mended(machine: &Machine, drafts: &[Draft], left_out: &[LeftOut]) -> Vec<ShownFinding> {
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
        .filter(|(_, check)| matches!(check.grade, Grade::Critical | Grade::NonCritical | Grade::BestPractice))
        .map(|(place, check)| shown_check(place, check));
    let updates = machine
        .updates
        .iter()
        .enumerate()
        .filter(|(_, update)| update.status == UpdateStatus::Missing)
        .map(|(place, update)| shown_update(place, update));
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

fn shown_check(place: usize, check: &Finding) -> ShownFinding {
    ShownFinding {
        place: FindingId::Check(u32::try_from(place).unwrap_or(u32::MAX)),
        id: check.id.clone(),
        title: check.title.clone(),
        article: None,
        product: None,
        subject: check.subject.clone(),
    }
}

fn shown_update(place: usize, update: &Missing) -> ShownFinding {
    ShownFinding {
        place: FindingId::Update(u32::try_from(place).unwrap_or(u32::MAX)),
        id: update.bulletin.clone(),
        title: update.title.clone(),
        article: update.kb.clone(),
        product: Some(update.product.clone()),
        subject: update.subject.clone(),
    }
}
