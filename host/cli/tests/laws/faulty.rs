//! Each faulty sample plugin is caught by the law it was written to break, with a recording that shows it.

use std::path::Path;

use wardline::contract::{Ask, Grants, Question, Target};
use wardline::evidence::Source as _;
use wardline::evidence::recording::{self, Conversation, Recording};
use wardline::vet::{CounterExample, laws};

use crate::laws::fleet::{options, recordings};
use crate::laws::plugin::Plugin;

/// The laws that a plugin breaks, by name, with the first counter-example for each.
fn broken_by(plugin: &Plugin) -> Vec<(&'static str, CounterExample)> {
    let fleet = recordings(std::slice::from_ref(plugin));
    let options = options();
    plugin.as_subject(&options, |subject| {
        let first = |law: &&dyn wardline::vet::Law| {
            let example = fleet.iter().find_map(|target| law.try_on(subject, target).broken)?;
            Some((law.name(), example))
        };
        laws::ALL.iter().filter_map(first).collect()
    })
}

/// A counter-example that is written, read and replayed must show what it says.
fn replayed(plugin: &Plugin, written: &Conversation, target: &Recording) {
    let mut json = Vec::new();
    recording::write(&mut json, target.name(), target.answers(), &[], std::slice::from_ref(written)).unwrap();
    let read = Recording::parse(&json, Path::new("counter-example.json")).unwrap();
    let [held] = read.conversations() else { panic!("{:?}", read.conversations()) };
    assert_eq!(held, written);
    let denied = held.denied.clone();
    let grants = Grants::new(move |question| match denied.iter().find(|(denied, _)| denied == question) {
        Some((_, reason)) => Err(reason.clone()),
        None => Ok(()),
    });
    let answer = |question: &Question, _| read.answer(question);
    let ask = Ask::new(&grants, &answer);
    let again = plugin.examiner.examine(&Target { name: read.name().into() }, &held.options, &ask);
    assert_eq!((again.outcome, &again.assessment, &again.actions), (held.outcome, &held.assessment, &held.actions));
    let asked: Vec<_> = again.exchanges.into_iter().map(|(question, _)| question).collect();
    assert_eq!(asked, held.asked);
}

#[test]
fn each_faulty_plugin_breaks_the_laws_that_it_was_written_to_break_and_no_others() {
    for (name, laws, words) in [
        (
            "clean-on-missing",
            &[
                "missing-evidence-is-never-passed",
                "missing-hive-leaves-nothing-passed",
                "removed-evidence-gives-unknown",
            ][..],
            "the check anonymous-access is passed",
        ),
        ("asks-outside", &["asks-only-what-it-declares"], "accounts"),
        ("second-witness", &["missing-hive-leaves-nothing-passed"], "the check windows is passed"),
        ("skips-the-odd", &["odd-member-hides-nothing"], "the check blank-passwords is passed"),
        ("non-deterministic", &["renaming-changes-nothing"], "rows"),
    ] {
        let plugin = Plugin::guest(name, &[]);
        let broken = broken_by(&plugin);
        let names: Vec<_> = broken.iter().map(|(law, _)| *law).collect();
        assert_eq!(names, laws, "{name}");
        let example = &broken[0].1;
        assert!(example.what.contains(words), "{name}: {}", example.what);
        assert!((1..=2).contains(&example.cases.len()));
        for case in &example.cases {
            replayed(&plugin, &case.conversation, &case.target);
        }
    }
}
