//! Tries the laws on the targets, and shrinks the counter-examples.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use wardline_contract::{Options, Update};
use wardline_evidence::Source as _;
use wardline_evidence::recording::{self, Conversation, Recording, digest_of};

use super::{CounterExampleFile, Progress};
use crate::configurations::Configurations;
use crate::law::{Case, CounterExample, Law, Trial, VettedPlugin};
use crate::shrink::{answers, fewer, smaller_target};

/// The maximum number of trials of a law for shrinking one counter-example.
const SHRINKING: u32 = 120;

/// The result of one law.
pub(super) struct Tried {
    pub(super) targets: usize,
    pub(super) cases: u64,
    pub(super) broken: Option<Smallest>,
}

/// A counter-example after shrinking.
pub(super) struct Smallest {
    /// The target's index among those that the law was tried on.
    place: usize,
    pub(super) target: String,
    pub(super) answers: usize,
    pub(super) updates: Vec<Update>,
    pub(super) broken: CounterExample,
}

/// Tries every law on every target. A law ends at the first target, in the fleet's order, that breaks it.
pub(super) fn try_all(
    laws: &[&dyn Law],
    targets: &[Recording],
    configurations: &Configurations,
    options: &Options,
    progress: &dyn Progress,
) -> Vec<Tried> {
    let first_broken: Vec<AtomicUsize> = laws.iter().map(|_| AtomicUsize::new(usize::MAX)).collect();
    let pairs: Vec<(usize, usize)> =
        (0..laws.len()).flat_map(|law| (0..targets.len()).map(move |target| (law, target))).collect();
    let trials: Vec<Option<Trial>> = pairs
        .par_iter()
        .map(|&(law, target)| {
            // Which target breaks the law first is only known once every earlier one has been tried; later targets do not
            // matter.
            let needed = target < first_broken[law].load(Ordering::Relaxed);
            let trial = needed
                .then(|| {
                    configurations
                        .with_plugin(configurations.updates(), options, |it| laws[law].try_on(it, &targets[target]))
                })
                .flatten();
            if trial.as_ref().is_some_and(|trial| trial.broken.is_some()) {
                first_broken[law].fetch_min(target, Ordering::Relaxed);
            }
            progress.step_done();
            trial
        })
        .collect();
    let mut trials = trials.into_iter();
    let of_each: Vec<Tried> = laws
        .iter()
        .map(|_| {
            let mut tried = Tried { targets: 0, cases: 0, broken: None };
            let of_law: Vec<_> = trials.by_ref().take(targets.len()).collect();
            for (place, (target, trial)) in targets.iter().zip(of_law).enumerate() {
                let Some(trial) = trial.filter(|_| tried.broken.is_none()) else { continue };
                tried.cases += trial.cases;
                tried.targets += usize::from(trial.cases > 0);
                tried.broken = trial.broken.map(|broken| Smallest {
                    place,
                    target: target.name().to_owned(),
                    answers: target.answers().count(),
                    updates: configurations.updates().to_vec(),
                    broken,
                });
            }
            tried
        })
        .collect();
    let shrunk = of_each.into_par_iter().zip(laws.par_iter()).map(|(tried, law)| Tried {
        broken: tried.broken.map(|broken| smallest(*law, &targets[broken.place], broken, configurations, options)),
        ..tried
    });
    shrunk.collect()
}

/// Shrinks a counter-example: first the target, then the updates.
fn smallest(
    law: &dyn Law,
    target: &Recording,
    found: Smallest,
    configurations: &Configurations,
    options: &Options,
) -> Smallest {
    let mut tries = SHRINKING;
    let Smallest { place, target: name, broken, .. } = found;
    let with = |updates: &[Update], work: &mut dyn FnMut(&VettedPlugin<'_>)| {
        configurations.with_plugin(updates, options, |plugin| work(plugin));
    };
    let mut best = (target.clone(), Some(broken));
    with(configurations.updates(), &mut |plugin| {
        if let Some(broken) = best.1.take() {
            let (target, broken) = smaller_target(law, plugin, &best.0, broken, &mut tries);
            best = (target, Some(broken));
        }
    });
    let (target, mut broken) = best;
    let updates = fewer(configurations.updates().to_vec(), &mut tries, &mut |fewer| {
        let mut still = None;
        with(fewer, &mut |plugin| still = law.try_on(plugin, &target).broken);
        let found = still.is_some();
        broken = still.or(broken.take());
        found
    });
    let answers = answers(&target).len();
    // `best` always holds the last counter-example found.
    let broken = broken.unwrap_or_else(|| CounterExample { what: String::new(), cases: Vec::new() });
    Smallest { place, target: name, answers, updates, broken }
}

/// The recordings of a counter-example.
pub(super) fn files(law: &str, broken: &Smallest, configurations: &Configurations) -> Vec<CounterExampleFile> {
    let file = |(number, case): (usize, &Case)| {
        let conversation = case.conversation.clone();
        let conversation = match &conversation.updates {
            Some(_) => conversation,
            // A law that does not change the updates may leave them out.
            None if conversation.updates_digest == digest_of(&broken.updates) => {
                conversation.on_its_own(&broken.updates)
            }
            None if conversation.updates_digest == digest_of(configurations.updates()) => {
                conversation.on_its_own(configurations.updates())
            }
            None => conversation,
        };
        CounterExampleFile { name: format!("{law}.{number}.json"), json: written(&case.target, conversation) }
    };
    (1..).zip(&broken.broken.cases).map(file).collect()
}

fn written(target: &Recording, conversation: Conversation) -> Vec<u8> {
    let mut json = Vec::new();
    let answers = answers(target);
    let exchanges = answers.iter().map(|(question, answer)| (question, answer));
    // Writing to memory cannot fail.
    let _ = recording::write(&mut json, target.name(), exchanges, &[], &[conversation]);
    json
}
