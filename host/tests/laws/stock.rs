//! The stock plugins keep every law.

use wardline::evidence::recording::Recording;
use wardline::sandbox::stock::stock_plugins;
use wardline::vet::{Law, Trial, laws};

use crate::fleet::{options, recordings, updates};
use crate::plugin::Plugin;

fn plugins() -> Vec<Plugin> {
    assert!(!stock_plugins().is_empty(), "built without stock plugins; `cargo xtask test` builds them first");
    std::thread::scope(|scope| {
        let loading: Vec<_> =
            stock_plugins().iter().map(|(_, bytes)| scope.spawn(|| Plugin::load(bytes.to_vec(), updates()))).collect();
        loading.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// What became of one law, one plugin and the whole fleet.
fn trials(law: &dyn Law, plugin: &Plugin, fleet: &[Recording]) -> Vec<Trial> {
    let options = options();
    plugin.as_subject(&options, |subject| fleet.iter().map(|target| law.try_on(subject, target)).collect())
}

#[test]
fn every_stock_plugin_keeps_every_law() {
    let plugins = plugins();
    let fleet = recordings(&plugins);
    let mut wrong = Vec::new();
    for law in laws::ALL {
        for plugin in &plugins {
            let name = &plugin.description().name;
            let trials = trials(*law, plugin, &fleet);
            if trials.iter().all(|trial| trial.cases == 0) {
                wrong.push(format!("{} was not tried on {name}", law.name()));
            }
            let broken = trials.into_iter().filter_map(|trial| trial.broken);
            wrong.extend(broken.map(|example| format!("{name} breaks {}: {}", law.name(), example.what)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
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
