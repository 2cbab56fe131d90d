//! Findings that a scan leaves out because they were there before.

use wardline_contract::{FindingId, Grade, UpdateStatus};
use wardline_history::History;
use wardline_report::OverallGrade;

use crate::{Place, add, generator, in_both, machine, with};

in_both! {
    only_problems_that_the_last_scan_did_not_have_are_left,
    a_scan_in_which_a_machine_could_not_be_opened_is_passed_over,
    actions_follow_the_findings_that_are_left,
}

fn only_problems_that_the_last_scan_did_not_have_are_left(place: &Place) {
    use UpdateStatus::{Installed, Missing};
    let a = machine("a");
    add(&place.store, 0, &[with(a.clone(), Installed, Grade::NonCritical)]);
    let history = History::open(&place.store).unwrap();
    let known = |location: &str| history.known_problems("a", location).unwrap();
    // Status and grade now, and what is left: updates, checks.
    let table = [
        (Missing, Grade::NonCritical, (2, 0), OverallGrade::SevereRisk),
        (Installed, Grade::NonCritical, (2, 0), OverallGrade::StrongSecurity),
        (Installed, Grade::BestPractice, (2, 0), OverallGrade::StrongSecurity),
        (Installed, Grade::Critical, (2, 1), OverallGrade::SevereRisk),
        (Installed, Grade::UnableToScan, (2, 1), OverallGrade::StrongSecurity),
    ];
    for (status, grade, left, overall) in table {
        for location in [a.source.location.as_str(), "/moved"] {
            let mut report = with(a.clone(), status, grade);
            report.complete = true;
            report.grade = OverallGrade::SevereRisk;
            let removed = known(location).remove_from(&mut report);
            assert_eq!((report.updates.len(), report.checks.len()), left, "{status:?} {grade:?}");
            if removed > 0 {
                assert_eq!(report.grade, overall, "{status:?} {grade:?}");
            }
        }
    }
    let mut other = with(machine("b"), Missing, Grade::Critical);
    assert_eq!(history.known_problems("b", "/b").unwrap().remove_from(&mut other), 0);
}

fn a_scan_in_which_a_machine_could_not_be_opened_is_passed_over(place: &Place) {
    let problem = with(machine("a"), UpdateStatus::Missing, Grade::Passed);
    add(&place.store, 0, std::slice::from_ref(&problem));
    let mut unopened = machine("a");
    unopened.source.kind = None;
    unopened.updates.clear();
    add(&place.store, 1, &[unopened]);
    let history = History::open(&place.store).unwrap();
    let mut report = problem.clone();
    assert_eq!(history.known_problems("a", &problem.source.location).unwrap().remove_from(&mut report), 1);
}

fn actions_follow_the_findings_that_are_left(place: &Place) {
    let mut full = (0..).map(generator::machine).find(|machine| machine.actions.len() > 5).unwrap();
    let mut earlier = full.clone();
    // The last finding that has an action is new.
    let mends = earlier.actions.last().unwrap().mends;
    match mends {
        FindingId::Check(place) => earlier.checks[place as usize].grade = Grade::Passed,
        FindingId::Update(place) => earlier.updates[place as usize].status = UpdateStatus::Installed,
    }
    add(&place.store, 0, &[earlier]);
    let name = |report: &wardline_report::TargetReport, mends| {
        (report.check(mends).map(|check| check.id.clone()), report.update(mends).map(|update| update.bulletin.clone()))
    };
    let expected = name(&full, mends);
    let known = History::open(&place.store).unwrap().known_problems(&full.name, &full.source.location).unwrap();
    assert!(known.remove_from(&mut full) > 3);
    assert_eq!(full.actions.len(), 1);
    assert_eq!(name(&full, full.actions[0].mends), expected);
}
