//! Microsoft Edge: its version, its channel and its updates.

use wardline_edge::Edge;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};
use wardline_plugin_tests::{product_names, update};

const STABLE: &str = "Microsoft Edge (Chromium-based)";
const EXTENDED: &str = "Microsoft Edge (Chromium-based) Extended Stable";
const POLICIES: &str = r"HKLM\SOFTWARE\Policies\Microsoft\EdgeUpdate";
const CHANNEL: &str = "TargetChannel{56EB18F8-B008-4CBD-B6D2-8C97FE7E9062}";
const CLIENT: &str = r"HKLM\SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{56EB18F8-B008-4CBD-B6D2-8C97FE7E9062}";

fn text(text: &str) -> RegistryData {
    RegistryData::Text(text.to_owned())
}

fn edge([major, minor, build, revision]: [u16; 4]) -> Bench {
    let version = Some(FileVersion { major, minor, build, revision });
    let info = FileInfo { version, checksum: None, size: 1, modified: None, language: None };
    let path = r"%programfiles(x86)%\Microsoft\Edge\Application\msedge.exe";
    Bench::new().fact(Question::FileVersion(path.to_owned()), Fact::File(info))
}

fn statuses(run: &Run) -> Vec<(u32, UpdateStatus)> {
    run.assessment.updates.iter().map(|finding| (finding.update, finding.status)).collect()
}

#[test]
fn updates_are_judged_on_the_machines_channel() {
    use UpdateStatus::{Installed, Missing, Superseded};
    let catalog = || {
        vec![
            update(1, "2024-02-15", STABLE, Some("121.0.2277.128")),
            update(2, "2024-03-14", STABLE, Some("122.0.2365.92")),
            update(3, "2024-03-14", EXTENDED, Some("120.0.2210.175")),
        ]
    };
    for (version, channel, expected) in [
        ([120, 0, 2210, 91], None, vec![(1, Superseded), (2, Missing)]),
        ([121, 0, 2277, 128], Some("stable"), vec![(1, Installed), (2, Missing)]),
        ([122, 0, 2365, 92], None, vec![(1, Installed), (2, Installed)]),
        // The versions of Extended Stable are lower and have the same fixes.
        ([120, 0, 2210, 91], Some("extended"), vec![(3, Missing)]),
        ([120, 0, 2210, 175], Some("Extended"), vec![(3, Installed)]),
        ([123, 0, 2400, 1], Some("beta"), vec![]),
    ] {
        let bench = channel.into_iter().fold(edge(version), |bench, name| bench.value(POLICIES, CHANNEL, text(name)));
        let run = bench.updates(catalog()).run::<Edge>();
        assert_eq!(statuses(&run), expected, "{version:?} {channel:?}");
        assert_eq!(run.undeclared, []);
        let grade = if channel == Some("beta") { Grade::UnableToScan } else { Grade::Informational };
        assert_eq!(run.check("current-version").grade, grade);
    }
}

#[test]
fn an_update_without_a_version_of_edge_is_undecided() {
    for build in [None, Some("122.0.6261.148"), Some("145.3800.99")] {
        let alone = vec![update(1, "2024-03-14", STABLE, build)];
        let run = edge([122, 0, 2365, 92]).updates(alone.clone()).run::<Edge>();
        assert_eq!(statuses(&run), [(1, UpdateStatus::UnableToScan)], "{build:?}");
        let later = [alone, vec![update(2, "2024-04-01", STABLE, Some("122.0.2365.92"))]].concat();
        let run = edge([122, 0, 2365, 92]).updates(later).run::<Edge>();
        assert_eq!(statuses(&run)[0], (1, UpdateStatus::Installed), "{build:?}");
    }
}

#[test]
fn an_update_that_waits_for_a_new_start_is_told() {
    let run = edge([122, 0, 2365, 80]).value(CLIENT, "pv", text("122.0.2365.92")).run::<Edge>();
    let finding = run.check("current-version");
    assert_eq!(finding.grade, Grade::NonCritical);
    assert!(finding.summary.contains("122.0.2365.92"), "{}", finding.summary);
    for record in ["122.0.2365.80", "121.0.1.1", "soon"] {
        let run = edge([122, 0, 2365, 80]).value(CLIENT, "pv", text(record)).run::<Edge>();
        assert_eq!(run.check("current-version").grade, Grade::Informational, "{record}");
    }
}

#[test]
fn absence_is_known_and_damage_is_not_absence() {
    assert_eq!(Bench::new().run::<Edge>().check("current-version").grade, Grade::NotPerformed);
    let run = Bench::new().unreadable_by_default("damaged").run::<Edge>();
    assert_eq!(run.check("current-version").grade, Grade::UnableToScan);
}

#[test]
#[ignore = "reads ../shared/data"]
fn every_edge_in_the_documents_is_a_channel_or_another_product() {
    // Parts of Windows, which its own updates contain; Edge for telephones; the updater; products that only share the name.
    const OTHERS: [&str; 7] = ["EdgeHTML", "IE Mode", "Android", "iOS", "Updater", "Azure", "Copilot"];
    let names = product_names().into_iter().filter(|name| name.contains("Edge") && !name.contains("Knowledge"));
    let left: Vec<_> = names
        .filter(|name| name != STABLE && name != EXTENDED && !OTHERS.iter().any(|other| name.contains(other)))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
}
