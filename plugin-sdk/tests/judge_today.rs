//! Rules 11 to 22: updates of today's catalogs, which name builds, articles and CVEs, and no files.

mod judging;

use UpdateStatus::{Installed as Here, Missing, Note, PendingRestart, Superseded, UnableToScan};
use judging::UpdateExt;
use judging::today::{INSTALLED, PRODUCT, branch, closing, fix, judge, judge_by, many, posted, statuses};
use proptest::prelude::*;
use wardline_plugin::contract::exports::wardline::check::types::*;
use wardline_plugin::judge::{AfterRestart, ArticleKind, Branch, Installed, Judge, JudgeOptions, UpdateRecord};

#[test]
fn the_build_of_the_machines_own_branch_decides() {
    let updates = [
        fix(5_035_845, Some("10.0.19045.4170"), &["CVE-1"]),
        fix(5_036_892, Some("10.0.19044.4291"), &["CVE-2"]),
        fix(5_037_768, Some("10.0.19041.4412"), &["CVE-3"]),
    ];
    for (build, expected) in [
        ("10.0.19045.4412", [Here, Here, Here]),
        ("10.0.19045.9999", [Here, Here, Here]),
        ("10.0.19045.4411", [Here, Here, Missing]),
        ("10.0.19044.4291", [Here, Here, Missing]),
        ("10.0.19041.4170", [Here, Superseded, Missing]),
        ("10.0.19045.1", [Superseded, Superseded, Missing]),
    ] {
        // Whatever the record says, and whether or not it can be read.
        for packages in [None, Some(&[][..]), Some(&[("5000000", INSTALLED)])] {
            assert_eq!(statuses(&updates, build, packages), expected, "{build} {packages:?}");
        }
    }
}

#[test]
fn what_the_catalog_cannot_say_is_undecided() {
    for (what, build) in [
        ("no build", None),
        ("a build of another branch", Some("10.0.22631.3296")),
        ("a malformed build", Some("10.0.19045..4170")),
        ("no build at all", Some("V1.003")),
        ("a build without a revision", Some("10.0.19045")),
    ] {
        let updates = [fix(5_035_845, build, &["CVE-1"])];
        assert_eq!(statuses(&updates, "10.0.19045.1", Some(&[("19041.1.1.1", INSTALLED)])), [Note], "{what}");
        assert_eq!(statuses(&updates, "10.0.19045.9999", None), [Note], "{what}");
    }
    // Not even a list without it makes an update missing that has such a build; one without any build it does.
    let listed = Some(&[("5000001", INSTALLED)][..]);
    let known = fix(5_000_001, None, &[]);
    for (build, expected) in [(Some("V1.003"), Note), (Some("10.0.22631.3296"), Note), (None, Missing)] {
        let updates = [known.clone(), fix(5_035_845, build, &["CVE-1"])];
        for installed in ["10.0.19045", "10.0.19045.1"] {
            assert_eq!(statuses(&updates, installed, listed), [Here, expected], "{build:?} {installed}");
        }
    }
    let mut between = fix(5_035_845, Some("10.0.19045.4170"), &["CVE-1"]);
    let mut other = between.applies_to[0].clone();
    other.fixed_build = Some("10.0.19044.4165".to_owned());
    between.applies_to.push(other);
    for (build, expected) in
        [("10.0.19045.4164", Missing), ("10.0.19045.4165", Note), ("10.0.19045.4169", Note), ("10.0.19045.4170", Here)]
    {
        assert_eq!(statuses(&[between.clone()], build, None), [expected], "{build}");
    }
}

#[test]
fn a_build_that_later_updates_contradict_is_not_compared() {
    let posted = |article, build: &str, posted: &str| Update {
        posted: Some(posted.to_owned()),
        ..fix(article, Some(build), &[&format!("CVE-{article}")])
    };
    // 1083, with two digits exchanged.
    let wrong = || posted(5_004_945, "10.0.19041.1803", "2021-07-13").superseded_by("KB5005033", &[5_005_033]);
    let august = || posted(5_005_033, "10.0.19041.1165", "2021-08-10");
    let december = || posted(5_008_212, "10.0.19041.1415", "2021-12-14");
    for (what, updates, build, expected) in [
        ("the last one is there", vec![wrong(), august(), december()], 1415, vec![Superseded, Here, Here]),
        ("the last one is not", vec![wrong(), august(), december()], 1288, vec![Superseded, Here, Missing]),
        ("its build is reached all the same", vec![wrong(), august(), december()], 1803, vec![Here, Here, Here]),
        ("one may be wrong itself", vec![wrong(), august()], 1415, vec![Missing, Here]),
        ("no date", vec![Update { posted: None, ..wrong() }, august(), december()], 1415, vec![Missing, Here, Here]),
    ] {
        assert_eq!(statuses(&updates, &format!("10.0.19041.{build}"), None), expected, "{what}");
    }
    // Nothing links it with a later update.
    let alone = [posted(5_004_945, "10.0.19041.1803", "2021-07-13"), august(), december()];
    assert_eq!(statuses(&alone, "10.0.19041.1415", None), [Note, Here, Here]);
    // A record of it does not imply its build.
    let recorded = Some(&[("5004945", INSTALLED)][..]);
    assert_eq!(statuses(&[wrong(), august(), december()], "10.0.19041", recorded)[0], Here);
    assert_ne!(statuses(&[wrong(), august(), december()], "10.0.19041", recorded)[2], Here);
}

#[test]
fn any_of_several_fixes_counts() {
    let hotpatch = fix(5_089_466, Some("10.0.19045.8390"), &["CVE-1", "CVE-2"]);
    let cumulative = fix(5_089_549, Some("10.0.19045.8457"), &["CVE-1", "CVE-2"]);
    let with_more = fix(5_089_549, Some("10.0.19045.8457"), &["CVE-1", "CVE-2", "CVE-3"]);
    let before = fix(5_082_063, Some("10.0.19045.8246"), &["CVE-1", "CVE-2"]);
    for (what, updates, build, expected) in [
        ("either is there", [&hotpatch, &cumulative], 8457, [Here, Here]),
        ("the hotpatch is there", [&hotpatch, &cumulative], 8390, [Here, Here]),
        ("neither is there", [&hotpatch, &cumulative], 8389, [Superseded, Missing]),
        ("the hotpatch closes less", [&hotpatch, &with_more], 8390, [Here, Missing]),
    ] {
        let updates = updates.map(Clone::clone);
        assert_eq!(statuses(&updates, &format!("10.0.19045.{build}"), None), expected, "{what}");
    }
    // One that it supersedes may close the CVEs in part: the CVEs are named again because they were not closed.
    let updates = [before.superseded_by("KB5089549", &[5_089_549]), cumulative];
    assert_eq!(statuses(&updates, "10.0.19045.8300", None), [Here, Missing]);
}

#[test]
fn without_a_build_the_record_decides() {
    let updates = [
        fix(5_034_763, Some("10.0.19045.4046"), &["CVE-0"]).superseded_by("KB5035845", &[5_035_845]),
        fix(5_035_845, Some("10.0.19045.4170"), &["CVE-1"]).superseded_by("KB5036892", &[5_036_892]),
        fix(5_036_892, Some("10.0.19045.4291"), &["CVE-2"]),
    ];
    for (what, packages, expected) in [
        ("the newest", Some(&[("5036892", INSTALLED)][..]), [Here, Here, Here]),
        ("the second", Some(&[("5035845", INSTALLED)]), [Here, Here, Missing]),
        ("superseded, and thus newer files are there", Some(&[("5035845", 0x50)]), [Here, Here, Missing]),
        ("permanent", Some(&[("5035845", 0x80)]), [Here, Here, Missing]),
        ("staged only", Some(&[("5035845", 0x40), ("5034763", INSTALLED)]), [Here, Superseded, Missing]),
        ("being removed", Some(&[("5035845", 0x05), ("5034763", INSTALLED)]), [Here, Superseded, Missing]),
        ("a rollup", Some(&[("19041.4170.1.7", INSTALLED)]), [Here, Here, Missing]),
        (
            "a rollup after the restart",
            Some(&[("19041.4170.1.7", 0x60)]),
            [PendingRestart, PendingRestart, UnableToScan],
        ),
        (
            "a rollup of another branch",
            Some(&[("22621.4170.1.7", INSTALLED)]),
            [UnableToScan, UnableToScan, UnableToScan],
        ),
        ("another update, older", Some(&[("5000000", INSTALLED), ("5034763", INSTALLED)]), [Here, Superseded, Missing]),
        (
            "another update, which may be cumulative and newer",
            Some(&[("5036979", INSTALLED)]),
            [UnableToScan, UnableToScan, UnableToScan],
        ),
        ("nothing that names an update", Some(&[]), [UnableToScan, UnableToScan, UnableToScan]),
        ("not read", None, [UnableToScan, UnableToScan, UnableToScan]),
    ] {
        assert_eq!(statuses(&updates, "10.0.19045", packages), expected, "{what}");
    }
}

#[test]
fn a_recorded_update_that_the_build_does_not_show_waits_for_a_restart() {
    let updates = [
        fix(5_034_763, Some("10.0.19045.4046"), &["CVE-0"]),
        fix(5_035_845, Some("10.0.19045.4170"), &["CVE-1"]),
        fix(5_036_892, Some("10.0.19045.4291"), &["CVE-2"]),
    ];
    for (packages, expected) in [
        (&[("5035845", INSTALLED)][..], [Here, PendingRestart, Missing]),
        (&[("5035845", 0x60)], [Here, PendingRestart, Missing]),
        (&[("5036892", 0x60)], [Here, PendingRestart, PendingRestart]),
        (&[("19041.4291.1.7", 0x60), ("19041.4046.1.7", INSTALLED)], [Here, PendingRestart, PendingRestart]),
        (&[("5035845", 0x40)], [Here, Superseded, Missing]),
    ] {
        assert_eq!(statuses(&updates, "10.0.19045.4046", Some(packages)), expected, "{packages:?}");
    }
}

#[test]
fn updates_without_builds_follow_their_links() {
    let chain = [
        fix(4_464_330, None, &["CVE-0"]).superseded_by("KB4467708", &[4_467_708]),
        fix(4_467_708, None, &["CVE-1"]),
        fix(5_003_646, Some("10.0.19045.1999"), &["CVE-2"]),
        fix(4_465_664, None, &["ADV990001"]),
    ];
    // The link from the second to the third leads through an update that is in no document. The last is no link of a chain.
    assert_eq!(statuses(&chain, "10.0.19045.1999", None), [Superseded, Superseded, Here, Note]);
    assert_eq!(statuses(&chain, "10.0.19045.1998", None), [Superseded, Superseded, Missing, Note]);
    let installed = Some(&[("4467708", INSTALLED)][..]);
    assert_eq!(statuses(&chain, "10.0.19045", installed), [Superseded, Here, Missing, UnableToScan]);
}

/// Catalogs with builds end before catalogs without: what contains an update that the build proves absent is absent, too.
#[test]
fn what_contains_an_absent_update_is_absent() {
    let april = || closing(5_082_063, Some("10.0.19045.8246"), &many(1)).superseded_by("KB5089549", &[5_089_549]);
    let may = || closing(5_089_549, Some("10.0.19045.8457"), &many(21));
    let linked = || may().superseded_by("KB5094126", &[5_094_126]);
    let june = || closing(5_094_126, None, &many(41));
    let july = || closing(5_099_999, None, &many(61));
    for (what, may, newer, build, expected) in [
        ("by its link", linked(), vec![june()], 1456, vec![Superseded, Superseded, Missing]),
        ("few CVEs", linked(), vec![fix(5_094_126, None, &["CVE-90"])], 1456, vec![Superseded, Superseded, Missing]),
        ("by its month", may(), vec![june()], 1456, vec![Superseded, Superseded, Missing]),
        ("through another", linked(), vec![june(), july()], 8456, vec![Here, Superseded, Superseded, Missing]),
        (
            "neither link nor chain",
            may(),
            vec![fix(5_094_126, None, &["CVE-90"])],
            1456,
            vec![Superseded, Missing, Note],
        ),
        (
            "a build of another branch",
            linked(),
            vec![closing(5_094_126, Some("10.0.22631.1"), &many(41))],
            1456,
            vec![Superseded, Missing, Note],
        ),
        ("what it contains is there", linked(), vec![june()], 8457, vec![Here, Here, Note]),
    ] {
        let days = ["2026-04-14", "2026-05-12", "2026-06-09", "2026-07-14"];
        let updates: Vec<Update> = [april(), may].into_iter().chain(newer).collect();
        let dated = updates.into_iter().zip(days);
        let mut updates: Vec<Update> =
            dated.map(|(update, day)| Update { posted: Some(day.to_owned()), ..update }).collect();
        let build = format!("10.0.19045.{build}");
        let found = judge(&updates, &build, branch(), None);
        let statuses: Vec<_> = found.iter().map(|finding| finding.status).collect();
        assert_eq!(statuses, expected, "{what}");
        if what == "by its link" {
            let reason = "The product's build is 10.0.19045.1456, older than 10.0.19045.8457 of KB5089549, which it contains; it \
                          replaces 2 older updates that are missing too and closes 24 open CVEs";
            assert_eq!(found[2].reason, reason);
        }
        updates.reverse();
        let mut reversed: Vec<_> =
            judge(&updates, &build, branch(), None).iter().map(|finding| finding.status).collect();
        reversed.reverse();
        assert_eq!(reversed, expected, "{what}, reversed");
    }
}

/// The same where only a list of updates tells: the newest has no build, and contains those that do.
#[test]
fn the_newest_need_not_have_a_build() {
    let may = closing(5_089_549, Some("10.0.19045.8457"), &many(21));
    for (what, may) in [("by its link", may.clone().superseded_by("KB5094126", &[5_094_126])), ("by its month", may)] {
        let updates = posted([
            (closing(5_082_063, Some("10.0.19045.8246"), &many(1)), "2026-04-14"),
            (may, "2026-05-12"),
            (closing(5_094_126, None, &many(41)), "2026-06-09"),
            (fix(4_499_999, None, &[]), "2019-05-14"),
        ]);
        let found = statuses(&updates, "10.0.19045", Some(&[("4499999", INSTALLED)]));
        assert_eq!(found[..3], [Superseded, Superseded, Missing], "{what}");
    }
}

/// Of one month, a hotpatch may be installed in place of the cumulative update: that one's absence does not tell of it.
#[test]
fn the_cumulative_update_of_a_month_says_nothing_of_its_hotpatch() {
    let updates = posted([
        (closing(5_089_500, Some("10.0.19045.8457"), &many(21)), "2026-05-12"),
        (closing(5_089_549, None, &many(21)), "2026-05-12"),
    ]);
    assert_eq!(statuses(&updates, "10.0.19045.8390", None), [Missing, Superseded]);
}

#[test]
fn links_the_wrong_way_round_hide_nothing() {
    // The older one claims to supersede the newer.
    let updates = [
        fix(5_035_845, Some("10.0.19045.4170"), &["CVE-1"]),
        fix(5_036_892, Some("10.0.19045.4291"), &["CVE-2"]).superseded_by("KB5035845", &[5_035_845]),
    ];
    assert_eq!(statuses(&updates, "10.0.19045.4170", None), [Here, Missing]);
    assert_eq!(statuses(&updates, "10.0.19045", Some(&[("5035845", INSTALLED)])), [Here, Missing]);
    let circle = [
        fix(5_035_845, None, &["CVE-1"]).superseded_by("KB5036892", &[5_036_892]),
        fix(5_036_892, None, &["CVE-2"]).superseded_by("KB5035845", &[5_035_845]),
    ];
    assert_eq!(statuses(&circle, "10.0.19045", Some(&[("5000000", INSTALLED)])), [Superseded, Missing]);
}

#[test]
fn of_separate_updates_only_the_rollup_has_the_earlier_fixes() {
    let updates = [
        fix(5_021_000, Some("6.3.9600.20700"), &["CVE-1"]).superseded_by("KB5022352", &[5_022_352]),
        fix(5_021_001, Some("6.3.9600.20701"), &["CVE-1"]),
        fix(5_022_352, Some("6.3.9600.20777"), &["CVE-2"]),
        fix(5_022_346, Some("6.3.9600.20778"), &["CVE-2"]),
    ];
    let branch = Branch::new(["6.3.9600"]).with_separate_updates();
    let judged = |updates: &[Update]| {
        let found = judge(updates, "6.3.9600.1", branch.clone(), Some(&[("5000000", INSTALLED)]));
        found.iter().map(|finding| finding.status).collect::<Vec<_>>()
    };
    assert_eq!(judged(&updates), [Superseded, Superseded, Missing, Superseded]);
    // Without the rollup, nothing has the fixes of the other month.
    let security_only = [updates[1].clone(), updates[3].clone(), fix(5_022_347, Some("6.3.9600.20778"), &["CVE-2"])];
    assert_eq!(judged(&security_only)[0], Missing);
    // The only update for its CVEs is a rollup, even if its links lead nowhere.
    let alone = [updates[0].clone(), updates[1].clone(), fix(5_087_471, Some("6.3.9600.23181"), &["CVE-9"])];
    assert_eq!(judged(&alone), [Superseded, Superseded, Missing]);
}

#[test]
fn a_cumulative_update_contains_earlier_ones_without_links() {
    let (first, second, few) = (many(1), many(21), &many(41)[..7]);
    // Without a build, and with one.
    for build in [None, Some("10.0.19045.4170")] {
        let updates =
            [closing(5_000_001, None, &first), closing(5_000_002, None, few), closing(5_000_003, build, &second)];
        let listed = Some(&[("4999999", INSTALLED), ("5000000", INSTALLED)][..]);
        let known = [fix(4_999_999, None, &[]), fix(5_000_000, None, &[])];
        let updates = [&known[..], &updates[..]].concat();
        let found = statuses(&updates, "10.0.19045.1", listed);
        assert_eq!(found[2..], [Superseded, Missing, Missing], "{build:?}");
    }
    // One that is in place supersedes them; one with a build of another branch is not of their chain.
    let updates = [
        closing(5_000_001, None, &first),
        closing(5_000_002, Some("10.0.22631.1"), &many(61)),
        closing(5_000_003, Some("10.0.19045.4170"), &second),
    ];
    assert_eq!(statuses(&updates, "10.0.19045.4170", None), [Superseded, Note, Here]);
    let updates = [closing(5_000_001, None, &first), closing(5_000_003, None, &second)];
    assert_eq!(statuses(&updates, "10.0.19045.1", Some(&[("5000003", INSTALLED)])), [Superseded, Here]);
    // What is only linked, as separate updates are, contains nothing.
    let updates =
        [fix(5_000_000, None, &["CVE-90"]), closing(5_000_001, None, &first), fix(5_000_003, None, &["CVE-91"])];
    let mut linked = updates.clone();
    linked[0] = linked[0].clone().superseded_by("KB5000003", &[5_000_003]);
    let listed = Some(&[("4999999", INSTALLED)][..]);
    let known = fix(4_999_999, None, &[]);
    let linked: Vec<Update> = [known].into_iter().chain(linked).collect();
    assert_eq!(statuses(&linked, "10.0.19045.1", listed)[1..], [Superseded, Missing, Missing]);
}

#[test]
fn a_chain_is_ordered_by_months_before_articles() {
    let of = |article, posted: &str, first| Update {
        posted: Some(posted.to_owned()),
        ..closing(article, None, &many(first))
    };
    let updates = [of(4_528_760, "2020-01-14", 1), of(4_530_684, "2019-12-10", 21), of(4_530_700, "2019-12-10", 41)];
    for (installed, expected) in [
        ("4528760", [Here, Superseded, Superseded]),
        ("4530684", [Missing, Here, Superseded]),
        ("4530700", [Missing, Superseded, Here]),
        ("4499999", [Missing, Superseded, Superseded]),
    ] {
        let updates = [&updates[..], &[fix(4_499_999, None, &[])]].concat();
        let found = statuses(&updates, "10.0.18362.1", Some(&[(installed, INSTALLED)]));
        assert_eq!(found[..3], expected, "{installed}");
    }
}

/// Links of updates without builds are ordered by months before articles, too: rule 14.
#[test]
fn a_link_to_a_later_month_with_a_lower_article_counts() {
    let july = fix(4_565_483, None, &["CVE-1"]).superseded_by("KB4565351", &[4_565_351]);
    let updates = posted([
        (july.clone(), "2020-07-14"),
        (fix(4_565_351, None, &["CVE-2"]), "2020-08-11"),
        (fix(4_499_999, None, &[]), "2019-05-14"),
    ]);
    let found = |packages| statuses(&updates, "10.0.18362.1", Some(packages));
    assert_eq!(found(&[("4499999", INSTALLED)])[..2], [Superseded, Missing]);
    assert_eq!(found(&[("4499999", INSTALLED), ("4565351", INSTALLED)])[..2], [Superseded, Here]);
    assert_eq!(found(&[("4499999", INSTALLED), ("4565483", INSTALLED)])[..2], [Here, Missing]);

    // The update of August may be of another product.
    let mut august = fix(4_565_351, None, &["CVE-2"]);
    august.applies_to[0].product.name = "Windows Server, version 1903".to_owned();
    let updates = posted([(july, "2020-07-14"), (august, "2020-08-11")]);
    assert_eq!(statuses(&updates, "10.0.18362.1", Some(&[("4565351", INSTALLED)])), [Superseded]);

    // A link is the wrong way round if neither the month nor the article agrees with it.
    for (newer, older, counts) in [
        ((4_565_483, "2020-07-14"), (4_565_484, "2020-08-11"), false),
        ((4_565_483, "2020-07-14"), (4_565_484, "2020-07-14"), false),
        ((4_565_483, "2020-07-14"), (4_565_482, "2020-07-14"), true),
        ((4_565_483, "2020-07-14"), (4_565_351, "2020-08-11"), true),
    ] {
        let updates = posted([
            (fix(older.0, None, &["CVE-1"]).superseded_by("the newer", &[newer.0]), older.1),
            (fix(newer.0, None, &["CVE-2"]), newer.1),
        ]);
        let installed = newer.0.to_string();
        let found = statuses(&updates, "10.0.18362.1", Some(&[(installed.as_str(), INSTALLED)]));
        assert_eq!(found[1], Here);
        assert_eq!(found[0] == Superseded, counts, "{newer:?} {older:?}: {found:?}");
    }
}

/// The newest update for a product may close few CVEs, and be cumulative all the same, as what it supersedes is: rule 18.
#[test]
fn what_a_superseded_update_contains_its_successor_contains() {
    let updates = posted([
        (closing(4_515_384, None, &many(1)), "2019-09-10"),
        (fix(4_540_673, None, &["CVE-50"]).superseded_by("KB4551762", &[4_551_762]), "2020-03-10"),
        (fix(4_551_762, None, &["CVE-51"]), "2020-03-10"),
        (closing(4_592_449, None, &many(21)).superseded_by("KB5000808", &[5_000_808]), "2020-12-08"),
        (fix(5_000_808, None, &["CVE-52"]), "2021-03-09"),
        // Neither linked nor with many CVEs, and one that is newer than all that lead.
        (fix(4_524_244, None, &["CVE-53"]), "2020-02-11"),
        (closing(5_000_900, None, &many(61)[..7]).superseded_by("KB5000901", &[5_000_901]), "2021-02-09"),
        (fix(4_499_999, None, &[]), "2019-05-14"),
    ]);
    let found = statuses(&updates, "10.0.18362.1", Some(&[("4499999", INSTALLED)]));
    assert_eq!(found[..7], [Superseded, Superseded, Superseded, Superseded, Missing, Missing, Missing]);
    let found = statuses(&updates, "10.0.18362.1", Some(&[("5000808", INSTALLED)]));
    assert_eq!(found[..5], [Superseded, Superseded, Superseded, Superseded, Here]);
    assert_ne!(found[5], Superseded);
}

/// Catalogs have an article several times: for Windows, and for a component of which it closes fewer CVEs.
#[test]
fn an_article_is_in_a_chain_as_a_whole() {
    let component = |article, cve| Update { number: article + 1, ..fix(article, None, &[cve]) };
    let first = [closing(3_206_632, None, &many(1)), component(3_206_632, "CVE-90")];
    for build in [None, Some("10.0.19045.4170")] {
        let last = [closing(5_087_537, build, &many(21)), component(5_087_537, "CVE-91")];
        let updates = posted([
            (first[0].clone(), "2016-12-13"),
            (first[1].clone(), "2016-12-13"),
            (last[0].clone(), "2026-05-12"),
            (last[1].clone(), "2026-05-12"),
            (fix(3_199_999, None, &[]), "2016-05-10"),
        ]);
        let found = statuses(&updates, "10.0.19045.1", Some(&[("3199999", INSTALLED)]));
        assert_eq!(found[..3], [Superseded, Superseded, Missing], "{build:?}");
        let found = statuses(&updates, "10.0.19045.1", Some(&[("3206632", INSTALLED)]));
        assert_eq!(found[..3], [Here, Here, Missing], "{build:?}");
    }
}

#[test]
fn of_an_articles_groups_the_one_that_closes_most_is_named() {
    let group = |number, cves: &[String]| Update {
        number,
        posted: Some("2019-03-12".to_owned()),
        ..closing(4_489_881, None, cves)
    };
    for numbers in [[1, 2], [2, 1]] {
        let mut updates = vec![group(numbers[0], &many(1)), group(numbers[1], &many(1)[..3])];
        updates.sort_by_key(|update| update.number);
        updates.push(fix(4_480_000, None, &[]));
        let found = judge(&updates, "10.0.19045", branch(), Some(&[("4480000", INSTALLED)]));
        let status = |number| found.iter().find(|finding| finding.update == number).map(|finding| finding.status);
        assert_eq!(numbers.map(status), [Some(Missing), Some(Superseded)], "{numbers:?}");
    }
}

/// A separate update with a build and links does not make two cumulative ones of the one that Windows lists: rule 16.
#[test]
fn a_separate_update_beside_the_listed_cumulative_one_leaves_no_doubt() {
    let updates = [
        closing(5_019_959, Some("10.0.19045.2251"), &many(1)),
        fix(5_012_170, Some("10.0.19045.1880"), &["CVE-90"]),
        closing(5_021_233, Some("10.0.19045.2364"), &many(21)),
        fix(4_535_680, None, &["CVE-91"]).superseded_by("KB5012170", &[5_012_170]),
        fix(5_018_410, None, &["CVE-92"]).superseded_by("KB5019959", &[5_019_959]),
    ];
    let listed = Some(&[("5019959", INSTALLED), ("5012170", INSTALLED), ("5020683", INSTALLED)][..]);
    assert_eq!(statuses(&updates, "10.0.19045", listed)[..3], [Here, Here, Missing]);
    // The unknown one may be the cumulative one if none is listed that closes many.
    let listed = Some(&[("5012170", INSTALLED), ("5020683", INSTALLED)][..]);
    assert_ne!(statuses(&updates, "10.0.19045", listed)[2], Missing);
}

#[test]
fn separate_updates_without_a_common_build_have_no_chain() {
    let updates = [closing(5_000_001, None, &many(1)), closing(5_000_003, Some("6.3.9600.22000"), &many(21))];
    let branch = || Branch::new(["6.3.9600"]).with_separate_updates();
    let found = judge(&updates, "6.3.9600.22000", branch(), Some(&[("4999999", INSTALLED)]));
    assert_ne!(found[0].status, Superseded);
}

#[test]
fn servicing_stacks_are_updated_before_what_needs_them() {
    let of = |article: u32, title: &str, posted: &str, build: Option<&str>, cves: &[String]| Update {
        title: title.to_owned(),
        posted: Some(posted.to_owned()),
        ..closing(article, build, cves)
    };
    let stack = |article, posted| of(article, "2020-07 Servicing Stack Update", posted, None, &many(50)[..1]);
    let cumulative = |posted| of(5_001_000, "Security Update", posted, Some("10.0.19045.4170"), &many(1));
    let listed = Some(&[("4999999", INSTALLED)][..]);
    for (posted, build, expected) in [
        ("2021-01-12", "10.0.19045.4170", [Superseded, Superseded, Here]),
        ("2020-12-08", "10.0.19045.4170", [Superseded, Missing, Here]),
        // The update that is missing may need a newer servicing stack.
        ("2021-01-12", "10.0.19045.1", [Superseded, Missing, Missing]),
    ] {
        let updates = [
            fix(4_999_999, None, &[]),
            stack(5_000_001, "2018-11-13"),
            stack(5_000_002, "2020-07-14"),
            cumulative(posted),
        ];
        assert_eq!(statuses(&updates, build, listed)[1..], expected, "{posted} {build}");
    }
    // A newer one that is installed.
    let updates = [stack(5_000_001, "2018-11-13"), stack(5_000_002, "2020-07-14")];
    assert_eq!(statuses(&updates, "10.0.19045.1", Some(&[("5000002", INSTALLED)])), [Superseded, Here]);
}

#[test]
fn a_cumulative_update_of_internet_explorer_contains_earlier_ones() {
    let of = |article, posted: &str, cve| Update {
        title: format!("{} IE Cumulative", &posted[..7]),
        posted: Some(posted.to_owned()),
        ..fix(article, None, &[cve])
    };
    let updates =
        [fix(4_999_999, None, &[]), of(5_051_972, "2025-02-11", "CVE-1"), of(5_065_435, "2025-09-09", "CVE-2")];
    for (installed, expected) in
        [("4999999", [Superseded, Missing]), ("5051972", [Here, Missing]), ("5065435", [Superseded, Here])]
    {
        let branch = Branch::new(["6.3.9600"]).with_separate_updates();
        let found = judge(&updates, "6.3.9600.1", branch, Some(&[(installed, INSTALLED)]));
        assert_eq!([found[1].status, found[2].status], expected, "{installed}");
    }
}

/// What contains no other update leaves no doubt about one: the servicing stack's, and those of other products.
#[test]
fn a_recorded_update_that_contains_no_other_leaves_no_doubt() {
    let stack = fix(5_000_900, None, &["ADV990001"]);
    let updates = [closing(5_000_001, None, &many(1)), stack, fix(4_999_999, None, &[])];
    for (what, newer, others, expected) in [
        ("the servicing stack", "5000900", &[][..], Missing),
        ("another product's", "5000950", &[5_000_950], Missing),
        ("what the catalog does not contain", "5000950", &[5_000_960], UnableToScan),
    ] {
        let judge = Judge::new(updates.to_vec()).with_other_articles(others.iter().copied());
        let listed = Some(&[("4999999", INSTALLED), (newer, INSTALLED)][..]);
        assert_eq!(judge_by(&judge, "10.0.19045", branch(), listed)[0].status, expected, "{what}");
    }
    // A list of other products' updates alone is a list of articles, too.
    let judge = Judge::new(updates.to_vec()).with_other_articles([5_000_950]);
    let found = judge_by(&judge, "10.0.19045.1", branch(), Some(&[("5000950", INSTALLED)]));
    assert_eq!(found[0].status, Missing);
}

#[test]
fn updates_of_windows_setup_are_never_missing() {
    let setup = Update { title: "2019-10 Setup DU".to_owned(), ..fix(5_000_001, None, &["CVE-1"]) };
    let updates = [fix(4_999_999, None, &[]), setup];
    let found = judge(&updates, "10.0.19045.1", branch(), Some(&[("4999999", INSTALLED)]));
    assert_eq!(found[1].status, Note);
    assert!(found[1].reason.contains("installation media"), "{}", found[1].reason);
}

/// What closes one vulnerability and has neither title, build nor links may be anything, unless it is told: rules 18 and 19.
#[test]
fn the_kind_of_an_article_may_be_told() {
    let updates = posted([
        (fix(4_565_912, None, &["CVE-90"]), "2020-07-14"),
        (fix(5_043_124, None, &["ADV990001"]), "2024-09-10"),
        (fix(5_070_882, None, &["CVE-91"]), "2025-10-24"),
        (closing(5_094_122, None, &many(1)), "2026-06-09"),
        (fix(4_499_999, None, &[]), "2019-05-14"),
    ]);
    let told = [(4_565_912, ArticleKind::ServicingStack), (5_070_882, ArticleKind::Cumulative)];
    for (what, kinds, expected) in [
        ("nothing is told", &[][..], [Missing, Missing, Missing, Missing]),
        ("the stack and the cumulative update", &told, [Superseded, Missing, Superseded, Missing]),
        ("of Setup", &[(5_070_882, ArticleKind::Setup)], [Missing, Missing, Note, Missing]),
        ("of the recovery environment", &[(5_070_882, ArticleKind::Recovery)], [Missing, Missing, Note, Missing]),
    ] {
        let judge = Judge::new(updates.clone()).with_kinds(kinds.iter().copied());
        let found = judge_by(&judge, "10.0.19045", branch(), Some(&[("4499999", INSTALLED)]));
        let found: Vec<_> = found.iter().map(|finding| finding.status).collect();
        assert_eq!(found[..4], expected, "{what}");
        // Where it is in place, it contains the earlier ones, but not the later one.
        let found = judge_by(&judge, "10.0.19045", branch(), Some(&[("5070882", INSTALLED)]));
        assert_eq!([found[2].status, found[3].status], [Here, Missing], "{what}");
    }
    // Before Windows 10, it is a rollup.
    let judge = Judge::new(updates).with_kinds(told);
    let branch = Branch::new(["6.3.9600"]).with_separate_updates();
    let found = judge_by(&judge, "6.3.9600", branch, Some(&[("4499999", INSTALLED)]));
    // The last is of no known kind.
    assert_eq!([found[0].status, found[1].status, found[2].status], [Superseded, Missing, Missing]);
}

#[test]
fn updates_that_the_vendor_withdrew_are_never_missing() {
    let updates = [fix(4_999_999, None, &[]), fix(5_000_001, None, &["CVE-1"])];
    for (installed, expected) in [("4999999", Note), ("5000001", Here)] {
        let judge = Judge::new(updates.to_vec()).with_withdrawn([5_000_001]);
        let found = judge_by(&judge, "10.0.19045.1", branch(), Some(&[(installed, INSTALLED)]));
        assert_eq!(found[1].status, expected, "{installed}");
        assert_eq!(found[1].reason.contains("withdrew"), expected == Note, "{}", found[1].reason);
    }
}

#[test]
fn an_update_of_another_product_is_not_missing() {
    let cves: Vec<String> = (0..40).map(|number| format!("CVE-{number}")).collect();
    let cves: Vec<&str> = cves.iter().map(String::as_str).collect();
    let other = |count: usize| {
        let mut other = fix(5_055_518, None, &cves[..count]);
        other.number += 1;
        other.applies_to[0].product.name = "Windows 10 Version 21H2 for x64-based Systems".to_owned();
        other
    };
    let listed = Some(&[("5000001", INSTALLED)][..]);
    let known = fix(5_000_001, None, &[]);
    for (here, there, build, expected) in [
        (1, 20, None, Note),
        (4, 40, None, Note),
        (5, 40, None, Missing),
        // Separate updates close few.
        (1, 19, None, Missing),
        // What has a build of this branch is for this product.
        (1, 40, Some("10.0.19045.2000"), Missing),
    ] {
        let updates = [known.clone(), other(there), fix(5_055_518, build, &cves[..here])];
        let found = judge(&updates, "10.0.19045.1", branch(), listed);
        assert_eq!(found[1].status, expected, "{here} {there}: {}", found[1].reason);
        let reason =
            format!(" {there} for \"Windows 10 Version 21H2 for x64-based Systems\": it is an update of the latter");
        assert_eq!(found[1].reason.contains(&reason), expected == Note, "{}", found[1].reason);
        // An update that supersedes one of this product is for this product.
        let [known, other, update] = updates.clone();
        let linked =
            [known, fix(5_053_606, None, &cves[30..32]).superseded_by("KB5055518", &[5_055_518]), other, update];
        assert_eq!(judge(&linked, "10.0.19045.1", branch(), listed)[2].status, Missing);
        // Recorded, it is there.
        assert_eq!(
            judge(&updates, "10.0.19045.1", branch(), Some(&[("5055518", INSTALLED)]))[1].status,
            match build {
                Some(_) => PendingRestart,
                None => Here,
            }
        );
    }
}

#[test]
fn the_newest_says_how_much_it_settles() {
    let updates = [
        fix(5_035_845, Some("10.0.19045.4170"), &["CVE-1", "CVE-2"]),
        fix(5_036_892, Some("10.0.19045.4291"), &["CVE-2", "CVE-3"]),
        fix(5_037_768, Some("10.0.19045.4412"), &["CVE-4"]),
    ];
    let found = judge(&updates, "10.0.19045.4170", branch(), None);
    let reasons: Vec<_> = found.iter().map(|finding| finding.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "The product's build is 10.0.19045.4170; 10.0.19045.4170 or higher has the fix",
            "Superseded by KB5037768, which is missing",
            "The product's build is 10.0.19045.4170, older than 10.0.19045.4412; it replaces 1 older update that is missing \
             too and closes 2 open CVEs",
        ]
    );
    assert_eq!(found[1].superseded_by.as_deref(), Some("KB5037768"));
}

#[test]
fn a_product_with_two_names_has_one_newest_update() {
    let mut renamed = fix(5_015_814, Some("10.0.19045.4412"), &["CVE-2"]);
    renamed.applies_to[0].product.name = "Windows  10 for x64-based systems".to_owned();
    let judge = Judge::new(vec![fix(5_012_592, Some("10.0.19045.4170"), &["CVE-1"]), renamed]);
    let installed = ["Windows 10 for x64-based Systems", PRODUCT]
        .map(|name| Installed::new(name, Some(0)).with_build("10.0.19045.1", None).with_branch(branch()));
    let found = judge.case(&installed, JudgeOptions::default()).decide(&[], 0);
    let found: Vec<_> = found.iter().map(|finding| (finding.update, finding.status)).collect();
    assert_eq!(found, [(5_015_814, Missing), (5_012_592, Superseded)]);
}

/// Updates of one branch with builds in the order of their articles, some of them hotpatches, and links between some.
fn catalog() -> impl Strategy<Value = Vec<Update>> {
    let one = (1u32..60, any::<bool>(), proptest::collection::vec(0u32..12, 0..4), proptest::option::of(0usize..8));
    proptest::collection::vec(one, 1..8).prop_map(|rows| {
        let mut revision = 1000;
        let mut updates: Vec<Update> = Vec::new();
        for (at, (step, has_build, cves, older)) in rows.into_iter().enumerate() {
            revision += step;
            let article = 5_000_000 + u32::try_from(at).expect("few");
            let cves: Vec<String> = cves.iter().map(|cve| format!("CVE-{cve}")).collect();
            let cves: Vec<&str> = cves.iter().map(String::as_str).collect();
            let build = format!("10.0.19045.{revision}");
            updates.push(fix(article, has_build.then_some(build.as_str()), &cves));
            if let Some(older) = older.filter(|&older| older < at) {
                let link = Superseding { bulletin: format!("KB{article}"), updates: vec![article], names_update: true };
                updates[older].superseded_by.push(link);
            }
        }
        updates
    })
}

fn with_status(updates: &[Update], build: &str, statuses: &[UpdateStatus]) -> Vec<u32> {
    let found = judge(updates, build, branch(), None);
    found.iter().filter(|finding| statuses.contains(&finding.status)).map(|finding| finding.update).collect()
}

proptest! {
    #[test]
    fn a_higher_revision_never_adds_a_missing_update(updates in catalog(), low in 900u32..1500, more in 0u32..300) {
        // One that was part of a newer missing one may be the newest now.
        let before = with_status(&updates, &format!("10.0.19045.{low}"), &[Missing, Superseded]);
        let after = with_status(&updates, &format!("10.0.19045.{}", low + more), &[Missing]);
        prop_assert!(after.iter().all(|update| before.contains(update)), "{before:?} {after:?}");
    }

    #[test]
    fn an_installed_update_never_adds_a_missing_one(
        updates in catalog(),
        some in proptest::collection::btree_set(0usize..8, 0..4),
        one in 0usize..8,
    ) {
        let Some(one) = updates.get(one).map(|update| update.article.trim_start_matches("KB")) else { return Ok(()) };
        let some: Vec<_> = some.iter().filter_map(|&at| Some(updates.get(at)?.article.trim_start_matches("KB"))).collect();
        let without: Vec<_> = some.into_iter().filter(|name| *name != one).chain(["4000000"]).collect();
        let without: Vec<(&str, u32)> = without.into_iter().map(|name| (name, INSTALLED)).collect();
        let with: Vec<(&str, u32)> = without.iter().copied().chain([(one, INSTALLED)]).collect();
        for build in ["10.0.19045", "10.0.19045.1100"] {
            let before = judge(&updates, build, branch(), Some(&without));
            let after = judge(&updates, build, branch(), Some(&with));
            for (before, after) in before.iter().zip(&after).filter(|(_, after)| after.status == Missing) {
                // It was missing, or part of the newest missing one, or it was not known which of these.
                prop_assert!(matches!(before.status, Missing | Superseded | UnableToScan), "{before:?} {after:?}");
                prop_assert_ne!(after.update.to_string(), one);
            }
        }
    }

    #[test]
    fn at_or_above_its_build_an_update_is_never_missing(updates in catalog(), revision in 900u32..1500) {
        let found = judge(&updates, &format!("10.0.19045.{revision}"), branch(), None);
        for finding in found {
            let update = updates.iter().find(|update| update.number == finding.update).expect("a finding's update");
            let fixed = update.applies_to[0].fixed_build.as_deref().and_then(|build| build.rsplit('.').next()?.parse::<u32>().ok());
            if let Some(fixed) = fixed {
                prop_assert_eq!(revision >= fixed, finding.status == Here && finding.tests[0].verdict == Verdict::Passed);
            } else {
                let contains_absent = finding.reason.contains("which it contains");
                prop_assert!(finding.status != Missing || contains_absent, "{finding:?}");
            }
        }
    }

    #[test]
    fn no_text_of_a_catalog_or_a_target_panics(
        builds in proptest::collection::vec("[0-9.]{0,24}|.{0,12}", 1..5),
        articles in proptest::collection::vec("(KB|Q)?[0-9]{0,12}|.{0,8}", 5),
        names in proptest::collection::vec("Package_for_(KB[0-9]{1,12}|RollupFix)~.{0,8}~[a-z0-9]{0,5}~~[0-9.]{0,20}|.{0,20}", 0..6),
        build in "10\\.0\\.19045(\\.[0-9]{1,12})?|.{0,12}",
        state in any::<u32>(),
    ) {
        let updates: Vec<Update> = (1..).zip(builds.iter().zip(&articles)).map(|(number, (build, article))| {
            Update { number, article: article.clone(), ..fix(number, Some(build), &["CVE-1"]) }
        }).collect();
        let judge = Judge::new(updates);
        let installed = Installed::new(PRODUCT, Some(0)).with_build(build, None).with_branch(branch()).with_record(UpdateRecord::Packages);
        let case = judge.case(&[installed], JudgeOptions::default());
        let listed = Answer::Known(Fact::RegistryKey(RegistryKey { values: Vec::new(), subkeys: names, truncated: false, last_written: 0 }));
        let recorded = case.recorded(&[listed], 1);
        let states = vec![Answer::Known(Fact::RegistryValue(RegistryData::Dword(state))); recorded.questions().len()];
        case.decide_with(&[], 0, &AfterRestart::default(), &recorded.settle(&states, 2));
    }
}
