//! Every component of the hostile corpus ends in its one outcome, within its limits, and costs nobody else anything.

// In a test a panic is the message.
#![allow(clippy::unwrap_used)]

mod table;
mod trial;

use std::collections::HashMap;
use std::time::Duration;

use wardline_hostile::{CORPUS, named};

use table::{TABLE, limits};
use trial::Ground;

#[test]
fn every_hostile_component_ends_in_its_one_outcome() {
    let usual = Ground::new(limits());
    let mut faults = Vec::new();
    for case in TABLE {
        let own = case.limits.map(|(_, limits)| Ground::new(limits()));
        let limits = case.limits.map_or_else(limits, |(_, limits)| limits());
        let ground = own.as_ref().unwrap_or(&usual);
        let trial = ground.trial(named(case.component).unwrap().bytes().unwrap());
        let first = &trial.examinations[0];
        println!(
            "{:24} {:16} {:>8.1} ms  {:>12} fuel {:>10} bytes  {}",
            case.component,
            first.outcome.word(),
            trial.longest.as_secs_f64() * 1e3,
            first.fuel,
            first.memory,
            first.detail.clone().unwrap_or_default().replace('\n', " "),
        );
        let mut fault = |text: String| faults.push(format!("{}: {text}", case.component));
        for (place, examination) in trial.examinations.iter().enumerate() {
            let detail = examination.detail.clone().unwrap_or_default();
            let aimed_at = case.component != "one-target-only" || place + 1 == trial.examinations.len();
            if aimed_at && (examination.outcome != case.outcome || !detail.contains(case.words)) {
                fault(format!("{} on target {place}: {detail}", examination.outcome.word()));
            }
            if examination.memory > limits.memory || examination.fuel > limits.fuel.saturating_add(limits.prepare_fuel)
            {
                fault(format!("{} bytes, {} fuel", examination.memory, examination.fuel));
            }
        }
        if !trial.neighbour_untouched {
            fault("its neighbour found something else".to_owned());
        }
        if trial.longest > Duration::from_secs(60) {
            fault(format!("took {:?}", trial.longest));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_component_of_the_corpus_is_tried() {
    let tried: HashMap<&str, ()> = TABLE.iter().map(|case| (case.component, ())).collect();
    for hostile in CORPUS {
        assert!(tried.contains_key(hostile.name), "{} is not in the table", hostile.name);
    }
}
