//! Turns actions into steps: merges those that do the same thing, and adds remarks to each step.

use std::collections::HashMap;

use wardline_contract::{FindingId, InstallUpdate, Operation};
use wardline_package_name::PackageName;
use wardline_report::{ActionReport, TargetReport, TestKind, UpdateReport};

use super::order::{self, Carried};
use super::plan::*;
use super::service_pack::{self, Effect, InstalledPacks, Planned};
use super::{fit, undo};

/// The maximum number of notes, risks and articles of one step, each. A report with more was not made for people to read.
pub(super) const MAX_REMARKS: usize = 32;

/// A step under construction.
pub(super) struct Draft {
    pub(super) step: Step,
    /// Its position among the steps. Packages that are installed by hand may need a position among the others.
    pub(super) rank: StepKind,
    pub(super) undo: Vec<Operation>,
    pub(super) carried: Carried,
}

/// Identifies a step: actions with equal keys are the same step.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    /// A package in lowercase, and the instance that it is installed for.
    Package(String, Option<&'a str>),
    Operation(&'a Operation),
}

impl Draft {
    pub(super) fn gather(machine: &TargetReport, wanted: &[&ActionReport], planned: &[Planned]) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = Vec::new();
        let mut places: HashMap<Key<'_>, usize> = HashMap::new();
        let installed = InstalledPacks::of(&machine.products);
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

    fn new(action: &ActionReport, mends_update: bool, machine: &TargetReport) -> Draft {
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
                step.notes.push("Its switches are not known. If it asks for a restart, decline.".to_owned());
            }
            if undo.is_empty() {
                undo.push(undo::installation(install));
            }
        }
        let rank = if kind == StepKind::InstallByHand { StepKind::Install } else { kind };
        Draft { step, rank, undo, carried: Carried::new() }
    }

    /// Merges another action for the same step.
    fn mend(
        &mut self,
        action: &ActionReport,
        machine: &TargetReport,
        installed: &InstalledPacks<'_>,
        planned: &[Planned],
    ) {
        let step = &mut self.step;
        match (action.mends, machine.check(action.mends), machine.update(action.mends)) {
            (FindingId::Check(place), Some(check), _) => step.mends.push(ShownFinding::of_check(place as usize, check)),
            (FindingId::Update(place), _, Some(update)) => {
                step.mends.push(ShownFinding::of_update(place as usize, update));
                notes_on_service_packs(update, installed, planned).for_each(|note| push_new(&mut step.notes, note));
                for test in update.tests.iter().filter(|test| test.kind == TestKind::Version) {
                    // If several versions have the fix, the first is the one that the update installs.
                    let first = test.expected.as_deref().and_then(|expected| expected.split(" or ").next());
                    if let Some(version) = first.and_then(order::version) {
                        self.carried.insert(test.subject.to_lowercase(), version);
                    }
                }
            }
            // `read` rejects actions whose finding does not exist.
            _ => {}
        }
        step.restart |= action.restart;
        action.risk.iter().for_each(|risk| push_new(&mut step.risks, risk.clone()));
        action.article.iter().for_each(|article| push_new(&mut step.articles, article.clone()));
    }

    pub(super) fn restart(mends: Vec<ShownFinding>) -> Draft {
        Draft::of(StepKind::Restart, None, mends)
    }

    /// Creates a step that no plugin requested.
    pub(super) fn of(kind: StepKind, operation: Option<Operation>, mends: Vec<ShownFinding>) -> Draft {
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

    pub(super) fn installs(&self) -> bool {
        matches!(self.step.kind, StepKind::Install | StepKind::InstallByHand)
    }
}

/// Adds a remark unless it is already in the list or the list is full.
pub(super) fn push_new(list: &mut Vec<String>, text: String) {
    if list.len() < MAX_REMARKS && !list.contains(&text) {
        list.push(text);
    }
}

fn kind(action: &ActionReport, mends_update: bool) -> StepKind {
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
    update: &UpdateReport,
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
