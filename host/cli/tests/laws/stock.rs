//! The stock plugins keep every law.

use wardline::evidence::recording::Recording;
use wardline::stock::stock_plugins;
use wardline::vet::{Trial, laws};

use crate::laws::fleet::{options, recordings, updates};
use crate::laws::plugin::Plugin;

fn plugins() -> Vec<Plugin> {
    assert!(!stock_plugins().is_empty(), "built without stock plugins; `cargo xtask test` builds them first");
    std::thread::scope(|scope| {
        let loading: Vec<_> =
            stock_plugins().iter().map(|(_, bytes)| scope.spawn(|| Plugin::load(bytes.to_vec(), updates()))).collect();
        loading.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Whether a plugin gives a law nothing to vary: it reads no list, does not judge by Windows' own revision, or does not read the
/// record of installed updates.
fn has_nothing_to_vary(plugin: &str, law: &str) -> bool {
    match law {
        "odd-member-hides-nothing" => plugin == "edge",
        "higher-revision-adds-nothing-missing" | "hotpatch-is-as-good" => plugin != "os",
        "installed-update-adds-nothing-missing" => plugin != "os",
        _ => false,
    }
}

/// The laws that one plugin breaks, and how.
fn complaints(plugin: &Plugin, fleet: &[Recording]) -> Vec<String> {
    let name = &plugin.description().name;
    let options = options();
    let mut complaints = Vec::new();
    plugin.as_subject(&options, |subject| {
        for law in laws::ALL {
            let trials: Vec<Trial> = fleet.iter().map(|target| law.try_on(subject, target)).collect();
            let is_varied = trials.iter().any(|trial| trial.cases > 0);
            if is_varied == has_nothing_to_vary(name, law.name()) {
                let tried = if is_varied { "was" } else { "was not" };
                complaints.push(format!("{} {tried} tried on {name}", law.name()));
            }
            let broken = trials.into_iter().filter_map(|trial| trial.broken);
            complaints.extend(broken.map(|example| format!("{name} breaks {}: {}", law.name(), example.what)));
        }
    });
    complaints
}

#[test]
fn every_stock_plugin_keeps_every_law() {
    let plugins = plugins();
    let fleet = recordings(&plugins);
    let complaints: Vec<String> = std::thread::scope(|scope| {
        let trying: Vec<_> = plugins.iter().map(|plugin| scope.spawn(|| complaints(plugin, &fleet))).collect();
        trying.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn laws_have_names_of_their_own() {
    let mut names: Vec<_> = laws::ALL.iter().map(|law| law.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), laws::ALL.len());
    for law in laws::ALL {
        assert!(law.name().chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{}", law.name());
        assert!(law.explanation().ends_with('.'), "{}", law.name());
    }
}
