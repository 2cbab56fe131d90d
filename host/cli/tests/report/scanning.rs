//! The order and bounds of a scan, and what a broken part affects.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wardline::contract::Outcome;
use wardline::contract::products::{Declared, not_covered, updates_for};
use wardline::evidence::budget::DEFAULT_TARGET_MEMORY;
use wardline::report::Json;
use wardline::scan;
use wardline::scan::{Plan, Silent, TargetScan, TargetSpec};

use crate::report::doubles::{Detector, Ending, Gauge, open, options, report, specs, updates};

fn many(count: usize) -> Vec<TargetSpec> {
    (0..count)
        .map(|number| TargetSpec { location: format!("host-{number:05}").into(), memory: DEFAULT_TARGET_MEMORY })
        .collect()
}

#[test]
fn a_report_is_the_same_bytes_whatever_the_number_of_workers() {
    let updates = updates();
    let plugins = [
        Detector::plugin("os", &["windows 2000*"], &updates, Ending::Finds),
        Detector::plugin("iis", &[], &updates, Ending::OutOfFuel),
    ];
    let names: Vec<String> = (0..60)
        .map(|number| match number % 6 {
            0 => format!("missing-{number}"),
            1 => format!("panic-{number}"),
            2 => format!("unreadable-{number}"),
            3 => format!("patched-{number}"),
            _ => format!("host-{number}"),
        })
        .collect();
    for names in [names.iter().map(String::as_str).collect::<Vec<_>>(), vec!["host-1", "patched-2"]] {
        let (one, _) = report(&names, &plugins, &updates, 1, Box::new(Json));
        let (eight, _) = report(&names, &plugins, &updates, 8, Box::new(Json));
        assert!(one == eight, "the reports differ");
        let mut at = 0;
        for name in names {
            at += one[at..].find(&format!("{{\"name\":\"{name}\"")).unwrap_or_else(|| panic!("{name} out of order"));
        }
    }
}

#[test]
fn what_is_broken_costs_only_itself() {
    let updates = updates();
    let plugins = [
        Detector::plugin("os", &["Windows 2000 Server"], &updates, Ending::Finds),
        Detector::plugin("sql", &[], &updates, Ending::Panics),
    ];
    let alone = specs(&["host-1", "missing-2", "opening-panics-3", "panic-4", "host-5"]);
    let together = specs(&["small-1", "missing-small-2", "opening-panics-small-3", "panic-small-4", "small-5"]);
    let gauge = Arc::new(Gauge::default());
    for (jobs, targets) in [(1, &alone), (8, &alone), (1, &together), (8, &together)] {
        let mut scans: Vec<TargetScan> = Vec::new();
        scan::run(
            &Plan { plugins: &plugins, options: &options(), jobs },
            targets,
            &|spec| open(spec, &gauge),
            &|scan| scan,
            &Silent,
            &mut |scan| {
                scans.push(scan);
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        assert_eq!(scans.len(), 5);
        for (index, healthy) in [(0, true), (3, false), (4, true)] {
            assert_eq!(scans[index].error, None);
            assert_eq!(scans[index].plugins[0].is_ok(), healthy, "target {index}");
            let message = scans[index].plugins[1].as_ref().unwrap_err().to_string();
            let broken = if healthy { "the sandbox is broken" } else { "the source is broken" };
            assert!(message.contains(broken), "{message}");
        }
        assert_eq!(scans[4].plugins[0].as_ref().unwrap().outcome, Outcome::Ok);
        assert_eq!(scans[1].error.as_deref(), Some("no such folder"));
        assert!(scans[2].error.as_deref().unwrap().contains("the opener is broken"));
        assert_eq!(gauge.now(), 0, "a source was left open");
    }
}

#[test]
fn a_report_that_cannot_be_made_becomes_a_failed_target() {
    let mut seen = Vec::new();
    let gauge = Arc::new(Gauge::default());
    scan::run(
        &Plan { plugins: &[], options: &options(), jobs: 2 },
        &specs(&["host-1", "host-2"]),
        &|spec| open(spec, &gauge),
        &|scan| {
            assert!(scan.name != "host-1" || scan.error.is_some(), "cannot render this");
            scan.error
        },
        &Silent,
        &mut |error| {
            seen.push(error);
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    assert!(seen[0].as_deref().unwrap().contains("cannot render this"));
    assert_eq!(seen[1], None);
}

/// A result that counts the results of its kind.
struct Counted(Arc<Gauge>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.down();
    }
}

#[test]
fn results_in_memory_are_bounded_however_many_targets_there_are() {
    for count in [200, 2_000] {
        let (open_targets, results) = (Arc::new(Gauge::default()), Arc::new(Gauge::default()));
        let begun = AtomicUsize::new(0);
        scan::run(
            &Plan { plugins: &[], options: &options(), jobs: 4 },
            &many(count),
            &|spec| open(spec, &open_targets),
            &|scan| {
                // The first target is slow: nothing can be handed out, and the others must not pile up behind it.
                if scan.name == "host-00000" {
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
                begun.fetch_add(1, Ordering::SeqCst);
                results.up();
                Counted(results.clone())
            },
            &Silent,
            &mut |_| ControlFlow::Continue(()),
        )
        .unwrap();
        assert_eq!(begun.load(Ordering::SeqCst), count);
        assert!(results.most() <= 4 * 16 + 1, "{} results at a time", results.most());
        assert!(open_targets.most() <= 4, "{} targets open at a time", open_targets.most());
    }
}

#[test]
fn a_worker_examines_several_targets_at_a_time_if_they_are_small() {
    let updates = updates();
    let plugins = [Detector::plugin("os", &["Windows 2000 Server"], &updates, Ending::Finds)];
    let names: Vec<String> = (0..1_000).map(|number| format!("small-{number}")).collect();
    let targets = specs(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for jobs in [1, 4] {
        let (gauge, mut seen) = (Arc::new(Gauge::default()), Vec::new());
        scan::run(
            &Plan { plugins: &plugins, options: &options(), jobs },
            &targets,
            &|spec| open(spec, &gauge),
            &|scan| (scan.name, scan.plugins.len()),
            &Silent,
            &mut |scan| {
                seen.push(scan);
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        assert!(seen.iter().map(|(name, _)| name).eq(&names), "the results are out of order");
        assert!(seen.iter().all(|(_, plugins)| *plugins == 1));
        assert!((2..=8 * jobs).contains(&gauge.most()), "{} targets open at a time", gauge.most());
        assert_eq!(gauge.now(), 0);
    }
}

#[test]
fn a_sink_that_breaks_ends_the_scan() {
    let gauge = Arc::new(Gauge::default());
    let begun = AtomicUsize::new(0);
    let mut seen = 0;
    scan::run(
        &Plan { plugins: &[], options: &options(), jobs: 2 },
        &many(10_000),
        &|spec| {
            begun.fetch_add(1, Ordering::SeqCst);
            open(spec, &gauge)
        },
        &|scan| scan.name,
        &Silent,
        &mut |_| {
            seen += 1;
            if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    )
    .unwrap();
    assert_eq!(seen, 3);
    assert!(begun.load(Ordering::SeqCst) <= 3 + 2 * 16);
}

#[test]
fn products_are_declared_by_name_or_beginning() {
    let table = [
        ("Windows 2000 Server", "windows 2000 server", true),
        ("Windows 2000*", "Windows 2000 Advanced Server", true),
        ("Windows 2000*", "Windows 2000", true),
        ("*", "anything", true),
        ("Windows 2000", "Windows 2000 Server", false),
        ("Windows*NT", "Windows NT", false),
        ("Exchange*", "Windows 2000", false),
        (" SQL Server 7.0 ", "SQL Server 7.0", true),
    ];
    for (declared, product, expected) in table {
        assert_eq!(Declared::new([declared]).covers(product), expected, "{declared} {product}");
    }
}

#[test]
fn what_no_plugin_declares_is_counted() {
    let mut updates = updates();
    let plugin = Detector::plugin("os", &["windows 2000*"], &updates, Ending::Finds);
    let description = plugin.examiner.description();
    assert_eq!(updates_for(description, &updates).len(), 5);
    let both = updates[5].applies_to[0].clone();
    updates[0].applies_to.push(both);
    let left = not_covered([description], &updates);
    assert_eq!(left.updates, 1, "the update that is judged for another product does not count");
    let products: Vec<_> = left.products.iter().map(|product| (product.name.as_str(), product.updates)).collect();
    assert_eq!(products, [("Exchange 2000 Server", 2)]);
}
