//! Rule 17 where updates are separate: a month's rollup and its security-only update, with and without what tells them apart.

mod judging;

use UpdateStatus::{Installed as Here, Missing, Superseded};
use judging::UpdateExt;
use judging::today::{INSTALLED, PRODUCT, closing, fix, judge, judge_names, many, posted};
use wardline_plugin::contract::exports::wardline::check::types::*;
use wardline_plugin::judge::{Branch, Judge};

/// What a catalog says of its updates.
#[derive(Clone, Copy, Debug)]
struct Says {
    titles: bool,
    builds: bool,
}

const CATALOGS: [Says; 4] = [
    Says { titles: true, builds: false },
    Says { titles: false, builds: false },
    Says { titles: true, builds: true },
    Says { titles: false, builds: true },
];

/// Two months of a rollup and a security-only update, of which the latter's articles are lower in the first and higher in the second.
fn two_months(says: Says) -> Vec<Update> {
    let [september, october] = ["6.3.9600.19812", "6.3.9600.19846"].map(|build| says.builds.then_some(build));
    let updates = posted([
        (closing(4_577_000, september, &many(1)), "2020-09-08"),
        (closing(4_577_066, september, &many(1)).superseded_by("KB4580347", &[4_580_347]), "2020-09-08"),
        (closing(4_580_347, october, &many(21)), "2020-10-13"),
        (closing(4_580_358, october, &many(21)), "2020-10-13"),
        (fix(4_499_999, None, &[]), "2019-05-14"),
        (fix(4_571_703, None, &["CVE-90"]).superseded_by("KB4577066", &[4_577_066]), "2020-08-11"),
    ]);
    let titles = ["Security Only", "Monthly Rollup", "Monthly Rollup", "Security Only", "Update", "Monthly Rollup"];
    let titled = updates.into_iter().zip(titles).map(|(update, title)| Update {
        title: if says.titles { format!("2020-10 {title}") } else { String::new() },
        ..update
    });
    titled.collect()
}

fn statuses(updates: &[Update], build: &str, packages: &[(&str, u32)]) -> Vec<UpdateStatus> {
    let branch = Branch::new(["6.3.9600"]).with_separate_updates();
    judge(updates, build, branch, Some(packages)).into_iter().map(|finding| finding.status).collect()
}

#[test]
fn a_rollup_is_missing_and_contains_the_security_only_update_of_its_month() {
    for says in CATALOGS {
        for reversed in [false, true] {
            let mut updates = two_months(says);
            let expected = [Superseded, Superseded, Missing, Superseded];
            let packages = &[("4499999", INSTALLED)];
            assert_eq!(statuses(&updates, "6.3.9600", packages)[..4], expected, "{says:?}");
            if reversed {
                updates.reverse();
                let mut found = statuses(&updates, "6.3.9600", packages);
                found.reverse();
                assert_eq!(found[..4], expected, "{says:?}");
            }
        }
    }
}

#[test]
fn without_the_rollup_every_security_only_update_is_missing() {
    // A build alone does not tell: the only one that is offered for its CVEs is taken for a rollup.
    for says in CATALOGS.into_iter().filter(|says| says.titles || !says.builds) {
        let updates: Vec<Update> = two_months(says)
            .into_iter()
            .filter(|update| [4_577_000, 4_580_358, 4_499_999].contains(&update.number))
            .collect();
        let found = statuses(&updates, "6.3.9600", &[("4499999", INSTALLED)]);
        assert_eq!(found[..2], [Missing, Missing], "{says:?}");
    }
}

#[test]
fn an_installed_rollup_closes_what_the_security_only_update_of_its_month_does() {
    // A security-only update raises the build as a rollup does.
    for says in CATALOGS.into_iter().filter(|says| !says.builds) {
        for (installed, expected) in
            [("4580347", [Here, Superseded, Here, Here]), ("4577066", [Here, Here, Missing, Superseded])]
        {
            let found = statuses(&two_months(says), "6.3.9600", &[(installed, INSTALLED)]);
            assert_eq!(found[..4], expected, "{says:?} {installed}");
        }
    }
}

#[test]
fn an_installed_rollup_contains_nothing_from_before_the_first_one_unless_links_say_so() {
    // One of .NET, which the catalog lists for Windows: it superseded four others.
    let old = (2_900_001..=2_900_004)
        .map(|article| (closing(article, None, &many(101)).superseded_by("KB2978041", &[2_978_041]), "2014-05-13"));
    let mut updates = posted([
        (closing(2_978_041, None, &many(102)), "2014-10-14"),
        (closing(4_000_000, None, &many(103)).superseded_by("KB5031419", &[5_031_419]), "2016-09-13"),
        (closing(5_031_419, Some("6.3.9600.21620"), &many(21)), "2023-10-10"),
    ]);
    updates[2].title = "2023-10 Monthly Rollup".to_owned();
    updates.extend(old.map(|one| posted([one]).remove(0)));
    let found = statuses(&updates, "6.3.9600", &[("5031419", INSTALLED)]);
    assert_eq!(found[..3], [UpdateStatus::UnableToScan, Superseded, Here]);
    // A missing one is installed first, and stands for what may be missing besides.
    updates.extend(posted([(fix(4_499_999, None, &[]), "2019-05-14")]));
    let found = statuses(&updates, "6.3.9600", &[("4499999", INSTALLED)]);
    assert_eq!(found[..3], [Superseded, Superseded, Missing]);
}

#[test]
fn a_cumulative_update_of_internet_explorer_contains_no_rollup() {
    const EXPLORER: &str = "Internet Explorer 11 on Windows 8.1 for x64-based systems";
    let of_explorer = |article, cve: &str| {
        let mut update = fix(article, None, &[cve]);
        update.applies_to[0].product.name = EXPLORER.to_owned();
        update
    };
    // The catalog's last update is the one of Internet Explorer, and links lead to it from the rollups before.
    let mut updates = posted([
        (closing(4_493_471, None, &many(1)).superseded_by("KB4499149", &[4_499_149]), "2019-04-09"),
        (closing(4_499_149, None, &many(21)).superseded_by("KB4503273", &[4_503_273]), "2019-05-14"),
        (closing(4_503_273, None, &many(41)).superseded_by("KB4507452", &[4_507_452]), "2019-06-11"),
        (closing(4_507_452, None, &many(61)).superseded_by("KB4512476", &[4_512_476]), "2019-07-09"),
        (closing(4_512_476, None, &many(81)), "2019-08-13"),
    ]);
    updates.extend(posted([
        (of_explorer(5_019_958, "CVE-1001").superseded_by("KB5049993", &[5_049_993]), "2022-11-08"),
        (of_explorer(5_049_993, "CVE-1002").superseded_by("KB5051972", &[5_051_972]), "2025-01-14"),
        (of_explorer(5_051_972, "CVE-1003").superseded_by("KB5055515", &[5_055_515]), "2025-02-11"),
        (of_explorer(5_055_515, "CVE-1004").superseded_by("KB5065435", &[5_065_435]), "2025-04-08"),
        (of_explorer(5_065_435, "CVE-1005"), "2025-09-09"),
        (fix(4_480_000, None, &[]), "2019-01-08"),
    ]));
    let branch = Branch::new(["6.3.9600"]).with_separate_updates();
    let packages = Some(&[("4480000", INSTALLED)][..]);
    let found = judge_names(&Judge::new(updates), &[PRODUCT, EXPLORER], "6.3.9600", branch, packages);
    let missing: Vec<u32> =
        found.iter().filter(|finding| finding.status == Missing).map(|finding| finding.update).collect();
    assert_eq!(missing, [4_512_476, 5_065_435]);
    let superseded = found.iter().filter(|finding| finding.superseded_by.as_deref() == Some("KB5065435"));
    assert!(superseded.map(|finding| finding.update).eq([5_019_958, 5_049_993, 5_051_972, 5_055_515]));
}
