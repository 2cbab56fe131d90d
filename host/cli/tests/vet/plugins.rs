//! The stock plugins, loaded once for all tests.

use std::path::Path;
use std::sync::OnceLock;

use wardline::contract::products::updates_for;
use wardline::contract::{ChecksumMode, Options, Update};
use wardline::sandbox::{Backend, Cache, Execution, Limits, Prepared, Sandbox};
use wardline::stock::stock_plugins;
use wardline::vet::fleet::corpus;

pub(crate) fn options() -> Options {
    Options { checksums: ChecksumMode::SameLanguage, registry: true, settings: Vec::new() }
}

pub(crate) fn updates() -> &'static [Update] {
    static UPDATES: OnceLock<Vec<Update>> = OnceLock::new();
    UPDATES.get_or_init(|| corpus::updates().unwrap())
}

pub(crate) fn sandbox(backend: Backend) -> Sandbox {
    let cache = Cache::at(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    Sandbox::with_execution(Limits::default(), cache, 4, Execution { backend, ..Execution::default() }).unwrap()
}

/// The stock plugins, prepared with the corpus's catalog, with the updates that each was given.
pub(crate) fn prepared(backend: Backend) -> Vec<(Prepared, Vec<Update>)> {
    prepared_with(backend, updates())
}

pub(crate) fn prepared_with(backend: Backend, updates: &[Update]) -> Vec<(Prepared, Vec<Update>)> {
    assert_eq!(stock_plugins().len(), 8, "built without stock plugins; `cargo xtask test` builds them first");
    let sandbox = sandbox(backend);
    let one = |(_, bytes): &(&str, &[u8])| {
        let plugin = sandbox.load(bytes.to_vec()).unwrap();
        let updates = updates_for(plugin.description(), updates);
        (sandbox.prepare(plugin, &updates).unwrap(), updates)
    };
    stock_plugins().iter().map(one).collect()
}
