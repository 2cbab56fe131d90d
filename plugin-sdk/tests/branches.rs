//! Cumulative updates of several branches: which names a build has, and how updates of one branch stand for each other.

use proptest::prelude::*;
use wardline_plugin::branches::Branches;
use wardline_plugin::builds::BuildTable;
use wardline_plugin::judge::{Judge, JudgeOptions};
use wardline_plugin::prelude::*;

const TABLE: &str = "# source: example.com\n# date: 2026-11-22\n\
                     2.0.100\t2.0.500\tServer 2 (fixes)\n\
                     2.0.500\t3.0\tServer 2 (cumulative*\n";

fn update(number: u32, posted: Option<&str>, product: &str, fixed_build: Option<&str>) -> Update {
    Update {
        number,
        bulletin: format!("KB{number}"),
        article: format!("KB{number}"),
        title: String::new(),
        package: String::new(),
        url: None,
        posted: posted.map(str::to_owned),
        severity: Severity::Unrated,
        cves: Vec::new(),
        restart: false,
        applies_to: vec![Applicability {
            product: Product { id: product.to_owned(), name: product.to_owned() },
            service_packs: Vec::new(),
            included_in: None,
            severity: None,
            fixed_build: fixed_build.map(str::to_owned),
        }],
        files: Vec::new(),
        registry: Vec::new(),
        superseded_by: Vec::new(),
        notes: Vec::new(),
        language: None,
    }
}

fn superseded(mut update: Update, by: u32) -> Update {
    let bulletin = format!("KB{by}");
    update.superseded_by.push(Superseding { bulletin, updates: vec![by], names_update: true });
    update
}

/// The findings about a machine with this build: the updates' numbers, their statuses, and what supersedes them.
fn judged(mut updates: Vec<Update>, build: &str) -> Vec<(u32, UpdateStatus, Option<String>)> {
    let branches = Branches::new(BuildTable::parse(TABLE, Branches::COLUMNS).expect("a table"), &mut updates);
    let judge = Judge::new(updates);
    let case = judge.case(&branches.installed(build, None, |_| true), JudgeOptions::default());
    let findings = case.decide(&[], 0).into_iter().map(|finding| (finding, Vec::new())).collect();
    let mut settled: Vec<_> = branches
        .settle(&judge, findings)
        .into_iter()
        .map(|(finding, _)| (finding.update, finding.status, finding.superseded_by))
        .collect();
    settled.sort_by_key(|(update, ..)| *update);
    settled
}

#[test]
fn updates_of_one_branch_stand_for_each_other() {
    use UpdateStatus::{Installed, Missing, Superseded, UnableToScan};
    let (fixes, early, late) = ("Server 2 (fixes)", "Server 2  (Cumulative 1)", "Server 2 (cumulative 2)");
    let by = |number: u32| Some(format!("KB{number}"));
    for (updates, build, expected) in [
        // A name tells the branch, and the branch the builds that count.
        (vec![update(1, None, fixes, Some("2.0.120"))], "2.0.600", vec![]),
        (vec![update(1, None, fixes, Some("2.0.120"))], "2.0.120", vec![(1, Installed, None)]),
        // The highest missing build stands for the others, under whatever name.
        (
            vec![update(1, None, early, Some("2.0.610")), update(2, None, late, Some("2.0.700"))],
            "2.0.600",
            vec![(1, Superseded, by(2)), (2, Missing, None)],
        ),
        (
            vec![update(1, None, early, Some("2.0.610")), update(2, None, late, Some("2.0.700"))],
            "2.0.650",
            vec![(1, Installed, None), (2, Missing, None)],
        ),
        // A build of the other branch proves nothing, and neither does none.
        (vec![update(1, None, late, Some("2.0.120"))], "2.0.600", vec![(1, UnableToScan, None)]),
        (vec![update(1, None, late, Some("soon"))], "2.0.600", vec![(1, UnableToScan, None)]),
        (vec![update(1, None, late, None)], "2.0.600", vec![(1, UnableToScan, None)]),
        // A later update contains it; one of the same day or of no day may not.
        (
            vec![update(1, Some("2026-01-13"), early, None), update(2, Some("2026-02-10"), late, Some("2.0.600"))],
            "2.0.600",
            vec![(1, Installed, None), (2, Installed, None)],
        ),
        (
            vec![update(1, Some("2026-01-13"), early, None), update(2, Some("2026-02-10"), late, Some("2.0.700"))],
            "2.0.600",
            vec![(1, Superseded, by(2)), (2, Missing, None)],
        ),
        (
            vec![update(1, Some("2026-02-10"), early, None), update(2, Some("2026-02-10"), late, Some("2.0.600"))],
            "2.0.600",
            vec![(1, UnableToScan, None), (2, Installed, None)],
        ),
        (
            vec![update(1, None, early, None), update(2, Some("2026-02-10"), late, Some("2.0.600"))],
            "2.0.600",
            vec![(1, UnableToScan, None), (2, Installed, None)],
        ),
        // One without a build that supersedes what the build proves absent is absent, and stands for it.
        (
            vec![
                superseded(update(1, Some("2026-02-10"), late, Some("2.0.700")), 2),
                update(2, Some("2026-06-09"), late, None),
            ],
            "2.0.600",
            vec![(1, Superseded, by(2)), (2, Missing, None)],
        ),
        (
            vec![
                superseded(update(1, Some("2026-02-10"), late, Some("2.0.700")), 2),
                update(2, Some("2026-06-09"), late, None),
            ],
            "2.0.700",
            vec![(1, Installed, None), (2, UnableToScan, None)],
        ),
    ] {
        assert_eq!(judged(updates.clone(), build), expected, "{build}: {updates:?}");
    }
}

proptest! {
    /// A higher build never adds a missing update, and there is never more than one.
    #[test]
    fn a_higher_build_never_adds_a_missing_update(
        builds in prop::collection::vec(500_u32..1000, 1..8),
        lower in 500_u32..1000,
        raised in 0_u32..500,
    ) {
        let updates: Vec<_> = (1..).zip(&builds).map(|(number, build)| {
            update(number, None, "Server 2 (cumulative 9)", Some(&format!("2.0.{build}")))
        }).collect();
        let missing = |build: u32| {
            let found = judged(updates.clone(), &format!("2.0.{build}"));
            found.into_iter().filter(|(_, status, _)| *status == UpdateStatus::Missing).count()
        };
        let highest = builds.iter().max().copied().unwrap_or_default();
        let of_highest = builds.iter().filter(|build| **build == highest).count();
        prop_assert_eq!(missing(lower), if lower < highest { of_highest } else { 0 });
        prop_assert!(missing(lower + raised) <= missing(lower));
    }

    #[test]
    fn no_table_makes_it_panic(text in "(# (source|date): [0-9x-]{0,10}\n)?([0-9.]{0,8}\t?){0,4}\n?.{0,40}") {
        let _ = BuildTable::parse(&text, 1);
    }
}
