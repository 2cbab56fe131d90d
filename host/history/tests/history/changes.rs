//! The differences between scans.

use wardline_contract::{Grade, UpdateStatus};
use wardline_history::{ChangeKind, Diff, History, ScanChoice};
use wardline_report::{TargetReport, Waived};

use crate::{Place, add, in_both, machine, with};

in_both! {
    changes_are_told_once_for_all_machines_and_the_most_urgent_first,
    an_update_that_was_installed_in_between_has_returned,
    a_problem_that_is_waived_has_changed,
    evidence_and_numbers_are_not_changes,
    machines_that_are_only_in_one_scan_or_could_not_be_opened_are_named,
    machines_are_the_same_if_their_evidence_moves_and_not_confused_if_they_share_a_name,
    a_trend_counts_from_each_scan_to_the_next,
}

/// Adds one scan for each list of machines, and compares the first and the last of them.
fn diff(place: &Place, scans: &[Vec<TargetReport>]) -> Diff {
    let numbers: Vec<i64> = scans.iter().zip(0..).map(|(machines, when)| add(&place.store, when, machines)).collect();
    let history = History::open(&place.store).unwrap();
    let scan = |number: &i64| history.scan(ScanChoice::Number(*number)).unwrap();
    let (from, to) = (scan(numbers.first().unwrap()), scan(numbers.last().unwrap()));
    history.diff(&from, &to).unwrap()
}

fn told(diff: &Diff) -> Vec<(ChangeKind, &str, usize)> {
    diff.changes.iter().map(|change| (change.kind, change.title.as_str(), change.machines.len())).collect()
}

fn changes_are_told_once_for_all_machines_and_the_most_urgent_first(place: &Place) {
    use UpdateStatus::{Installed, Missing};
    let names = ["a", "b", "c"];
    let before = names.map(|name| with(machine(name), Installed, Grade::Critical));
    let mut after = names.map(|name| with(machine(name), Installed, Grade::Passed));
    after[2] = with(machine("c"), Missing, Grade::Critical);
    let diff = diff(place, &[before.to_vec(), after.to_vec()]);
    let (check, update) = (machine("a").checks[0].title.clone(), machine("a").updates[0].title.clone());
    assert_eq!(told(&diff), [(ChangeKind::Returned, update.as_str(), 1), (ChangeKind::Fixed, check.as_str(), 2)]);
    assert_eq!(diff.changes[1].machines, ["a", "b"]);
    assert_eq!((diff.machines.compared, diff.machines.changed), (3, 3));
    assert_eq!((diff.counts.returned, diff.counts.fixed), (1, 2));
}

fn an_update_that_was_installed_in_between_has_returned(place: &Place) {
    use UpdateStatus::{Installed, Missing};
    let states = |states: &[UpdateStatus]| -> Vec<Vec<TargetReport>> {
        states.iter().map(|status| vec![with(machine("a"), *status, Grade::Passed)]).collect()
    };
    let kinds = |diff: Diff| diff.changes.iter().map(|change| change.kind).collect::<Vec<_>>();
    assert_eq!(kinds(diff(place, &states(&[Missing, Installed, Missing]))), [ChangeKind::Returned]);
    assert_eq!(kinds(diff(place, &states(&[UpdateStatus::Superseded, Installed, Missing]))), [ChangeKind::Returned]);
    assert_eq!(kinds(diff(place, &states(&[Missing, UpdateStatus::Superseded, Missing]))), []);
    assert_eq!(kinds(diff(place, &states(&[Installed, Missing, Installed]))), []);
}

fn a_problem_that_is_waived_has_changed(place: &Place) {
    let before = with(machine("a"), UpdateStatus::Missing, Grade::Critical);
    let mut after = before.clone();
    let waived = Waived { source: "waivers.toml, line 1".into(), reason: None, owner: None, expires: None };
    after.updates[0].waived = Some(waived);
    let title = after.updates[0].title.clone();
    let diff = diff(place, &[vec![before], vec![after]]);
    assert_eq!(told(&diff), [(ChangeKind::Changed, title.as_str(), 1)]);
    let states = [&diff.changes[0].before, &diff.changes[0].after].map(|state| state.as_ref().unwrap().to_string());
    assert!(states[0].starts_with("missing, ") && states[1] == format!("{}, waived", states[0]), "{states:?}");
}

fn evidence_and_numbers_are_not_changes(place: &Place) {
    let before = with(machine("a"), UpdateStatus::Missing, Grade::Critical);
    let mut after = before.clone();
    after.coverage.known += 1;
    after.updates[0].number += 17;
    after.updates[0].reason = "Other words.".to_owned();
    after.checks[0].evidence.clear();
    after.updates.reverse();
    assert_eq!(told(&diff(place, &[vec![before], vec![after]])), []);
}

fn machines_that_are_only_in_one_scan_or_could_not_be_opened_are_named(place: &Place) {
    let unopened = |name: &str| {
        let mut machine = machine(name);
        machine.source.kind = None;
        machine.error = Some("not there".to_owned());
        machine.checks.clear();
        machine.updates.clear();
        machine
    };
    let problem = |name: &str| with(machine(name), UpdateStatus::Missing, Grade::Critical);
    let before = vec![machine("stays"), problem("vanishes"), problem("breaks"), unopened("mended"), unopened("broken")];
    let after = vec![machine("stays"), problem("appears"), unopened("breaks"), problem("mended"), unopened("broken")];
    let diff = diff(place, &[before, after]);
    let names = |list: &[wardline_history::Machine]| -> Vec<(String, u64)> {
        list.iter().map(|machine| (machine.name.clone(), machine.problems)).collect()
    };
    let machines = &diff.machines;
    assert_eq!(names(&machines.vanished), [("vanishes".to_owned(), 2)]);
    assert_eq!(names(&machines.appeared), [("appears".to_owned(), 2)]);
    assert_eq!(names(&machines.not_opened), [("breaks".to_owned(), 2)]);
    assert_eq!(names(&machines.opened_again), [("mended".to_owned(), 2)]);
    assert_eq!((machines.compared, told(&diff)), (1, Vec::new()));
}

fn machines_are_the_same_if_their_evidence_moves_and_not_confused_if_they_share_a_name(place: &Place) {
    let at = |name: &str, location: &str, status| {
        let mut machine = with(machine(name), status, Grade::Passed);
        machine.source.location = location.to_owned();
        machine
    };
    use UpdateStatus::{Installed, Missing};
    let before = vec![at("a", "/old/a", Missing), at("disk", "/1/disk", Missing), at("disk", "/2/disk", Installed)];
    let after = vec![at("disk", "/2/disk", Installed), at("a", "/new/a", Missing), at("disk", "/1/disk", Missing)];
    let diff = diff(place, &[before, after]);
    assert_eq!((told(&diff), diff.machines.compared), (Vec::new(), 3));
}

fn a_trend_counts_from_each_scan_to_the_next(place: &Place) {
    use UpdateStatus::{Installed, Missing};
    for (status, when) in [Missing, Installed, Missing].into_iter().zip(0..) {
        add(&place.store, when, &[with(machine("a"), status, Grade::Passed)]);
    }
    let history = History::open(&place.store).unwrap();
    let trend = history.trend(10).unwrap();
    let steps: Vec<_> =
        trend.iter().map(|line| line.since.map(|step| (step.counts.fixed, step.counts.returned))).collect();
    assert_eq!(steps, [None, Some((1, 0)), Some((0, 1))]);
    let last = history.trend(1).unwrap();
    assert_eq!(last[0].since.map(|step| step.scan), Some(2));
}
