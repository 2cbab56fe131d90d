//! On the interpreter, plugins do the same for the same fuel.

use wardline::contract::{Examiner as _, Grants};
use wardline::sandbox::{Backend, Cache, Execution, Limits, Sandbox};
use wardline::stock::stock_plugins;
use wardline::vet::fleet::corpus;
use wardline::vet::observation::converse;

use crate::vet::plugins::{options, prepared};

#[test]
fn the_interpreter_says_the_same_for_the_same_fuel() {
    let compiled = prepared(Backend::Compiled);
    let interpreted = prepared(Backend::Interpreted);
    for target in corpus::recordings().unwrap() {
        for ((one, updates), (other, _)) in compiled.iter().zip(&interpreted) {
            let grants = Grants::declared(one.description(), updates);
            let one = converse(one, &options(), &grants, &target);
            let other = converse(other, &options(), &grants, &target);
            assert_eq!((one.assessment, one.actions, one.fuel), (other.assessment, other.actions, other.fuel));
        }
    }
}

#[test]
fn what_one_back_end_compiled_is_not_taken_for_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (_, bytes) = stock_plugins()[3];
    let entries = || std::fs::read_dir(folder.path()).unwrap().count();
    let mut counts = Vec::new();
    for backend in [Backend::Compiled, Backend::Interpreted, Backend::Compiled] {
        let execution = Execution { backend, ..Execution::default() };
        let sandbox = Sandbox::with_execution(Limits::default(), Cache::at(folder.path()), 1, execution).unwrap();
        sandbox.prepare(sandbox.load(bytes.to_vec()).unwrap(), &[]).unwrap();
        // Waits for what is being written.
        drop(sandbox);
        counts.push(entries());
    }
    // At least the description and the prepared plugin.
    assert!(counts[0] >= 2 && counts[1] >= counts[0] + 2 && counts[2] == counts[1], "{counts:?}");
}

#[test]
fn preparing_in_each_instance_changes_no_finding() {
    let sandbox = crate::vet::plugins::sandbox(Backend::Compiled);
    for ((_, bytes), (snapshot, updates)) in stock_plugins().iter().zip(prepared(Backend::Compiled)) {
        let each = sandbox.prepare_in_each_instance(sandbox.load(bytes.to_vec()).unwrap(), &updates).unwrap();
        assert!(snapshot.is_snapshot() && !each.is_snapshot());
        let grants = Grants::declared(snapshot.description(), &updates);
        for target in corpus::recordings().unwrap() {
            let one = converse(&snapshot, &options(), &grants, &target);
            let other = converse(&each, &options(), &grants, &target);
            assert_eq!((one.assessment, one.actions), (other.assessment, other.actions));
        }
    }
}
