//! Every component of the hostile corpus ends with its expected outcome, within its limits, and does not affect others.

mod deception;
mod page;
mod table;
mod trial;

use std::collections::HashMap;
use std::time::Duration;

use wardline_hostile::{CORPUS, named};

use wardline::contract::{Answer, Deadline, Examination, Grade, Outcome, Question};
use wardline::sandbox::{Execution, Limits};

use table::{TABLE, limits};
use trial::{Ground, TARGETS, Trial};

#[test]
fn every_hostile_component_ends_in_its_one_outcome() {
    let usual = Ground::new(limits());
    let (mut faults, mut measured) = (Vec::new(), Vec::new());
    for case in TABLE {
        let own = case.limits.map(|(_, limits)| Ground::new(limits()));
        let limits = case.limits.map_or_else(limits, |(_, limits)| limits());
        let ground = own.as_ref().unwrap_or(&usual);
        let trial = ground.trial(named(case.component).unwrap().bytes().unwrap());
        measured.push(trial.longest);
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
            let spared = case.component == "one-target-only" && place + 1 < TARGETS.len();
            let expected = match case.outcome {
                _ if spared => (Outcome::Ok, ""),
                Outcome::Ok => (Outcome::Ok, ""),
                outcome => (outcome, case.words),
            };
            if examination.outcome != expected.0 || !detail.contains(expected.1) {
                fault(format!("{} on target {place}: {detail}", examination.outcome.word()));
            }
            if examination.memory > limits.memory || examination.fuel > limits.fuel {
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
    page::compare(&measured);
}

#[test]
fn every_component_of_the_corpus_is_tried() {
    let tried: HashMap<&str, ()> = TABLE.iter().map(|case| (case.component, ())).collect();
    for hostile in CORPUS {
        assert!(tried.contains_key(hostile.name), "{} is not in the table", hostile.name);
    }
}

fn trial(component: &str, limits: Limits) -> Trial {
    Ground::new(limits).trial(named(component).unwrap().bytes().unwrap())
}

/// The grade of the only check, per target.
fn grades(trial: &Trial) -> Vec<Grade> {
    trial.examinations.iter().map(|examination| examination.assessment.checks[0].grade).collect()
}

#[test]
fn conversations_leave_nothing_behind_and_tell_no_time() {
    for component in ["leftovers", "not-a-number"] {
        let trial = trial(component, limits());
        assert_eq!(grades(&trial), [Grade::Passed; TARGETS.len()], "{component}");
    }
    let said: Vec<String> = trial("busy-counting", limits())
        .examinations
        .iter()
        .map(|examination| examination.assessment.checks[0].summary.clone())
        .collect();
    assert!(said.iter().all(|summary| *summary == said[0]), "{said:?}");
}

#[test]
fn what_is_not_declared_or_too_long_is_not_looked_up() {
    let answers = |trial: Trial| -> Vec<Answer> {
        trial.examinations.into_iter().flat_map(|examination| examination.exchanges).map(|(_, answer)| answer).collect()
    };
    let denied = answers(trial("outside-its-scopes", limits()));
    assert!(denied.len() == TARGETS.len() && denied.iter().all(|answer| matches!(answer, Answer::Denied(_))));
    let unreadable = answers(trial("long-paths", limits()));
    assert!(unreadable.len() == TARGETS.len());
    assert!(unreadable.iter().all(|answer| matches!(answer, Answer::Unreadable(reason) if reason.contains("1000000"))));
}

#[test]
fn a_snapshot_that_is_larger_than_a_plugin_may_be_is_not_kept() {
    assert!(!trial("noisy-snapshot", limits()).is_snapshot);
    assert!(trial("noisy-snapshot", Limits { component_size: 64 << 20, ..limits() }).is_snapshot);
}

#[test]
fn a_plugin_may_not_keep_the_host_busy_with_answering() {
    let time = Duration::from_millis(200);
    let slow = |_: &Question, _: Deadline| {
        std::thread::sleep(Duration::from_millis(50));
        Answer::Absent
    };
    // Like a source that computes the checksum of a file of several terabytes.
    let endless = |_: &Question, deadline: Deadline| {
        while deadline.check().is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Answer::Absent
    };
    for answer in [&slow as &dyn Fn(&Question, Deadline) -> Answer, &endless] {
        let limits = Limits { time, questions: 50_000, ..limits() };
        let examination: Examination = trial::alone("one-big-ask", limits, answer);
        assert_eq!(examination.outcome, Outcome::OutOfTime, "{:?}", examination.detail);
        assert!(examination.exchanges.is_empty(), "a plugin is told nothing that came too late");
    }
}

#[test]
fn the_message_of_a_panic_is_quoted_where_plugins_are_developed_and_instructs_no_terminal() {
    let answer = |_: &Question, _: Deadline| Answer::Absent;
    let detail = |execution| trial::alone_with("forged-panic", limits(), execution, &answer).detail.unwrap();
    let quoted = detail(Execution { panic_messages: true, ..Execution::default() });
    assert_eq!(quoted, r"detect: panicked at src/lib.rs:40:9: \u{1b}[2Jall is well");
    let scanned = detail(Execution::default());
    assert!(!scanned.contains("lib.rs") && scanned.contains("unreachable"), "{scanned}");
}

#[test]
fn what_a_compile_bomb_leaves_behind_does_not_stand_before_others() {
    let limits = Limits { compile_time: Duration::from_secs(1), ..limits() };
    let ground = Ground::new(Limits { compile_time: Duration::from_secs(60), ..limits.clone() });
    let bombs = Ground::new(limits);
    let bomb = named("compile-bomb").unwrap().bytes().unwrap();
    // One per processor, so that shared workers would leave none; but no more than four, because each takes much memory.
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from).min(4) {
        assert_eq!(bombs.trial(bomb.clone()).examinations[0].outcome, Outcome::OutOfTime);
    }
    let trial = ground.trial(named("busy-counting").unwrap().bytes().unwrap());
    assert_eq!(trial.examinations[0].outcome, Outcome::Ok, "{:?}", trial.examinations[0].detail);
}
