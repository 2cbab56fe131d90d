//! Plugins as a vetting run uses them.

use std::path::{Path, PathBuf};

use wardline::contract::products::updates_for;
use wardline::contract::{Description, Examiner, Grants, Options, Update};
use wardline::sandbox::{Cache, Limits, Sandbox};
use wardline::vet::VettedPlugin;

pub(crate) struct Plugin {
    bytes: Vec<u8>,
    pub(crate) examiner: Box<dyn Examiner>,
    pub(crate) grants: Grants,
    pub(crate) updates: Vec<Update>,
}

impl Plugin {
    /// Prepares a plugin with those of these updates that concern it.
    pub(crate) fn load(bytes: Vec<u8>, updates: &[Update]) -> Plugin {
        let description = sandbox(Limits::default()).load(bytes.clone()).unwrap().description().clone();
        let updates = updates_for(&description, updates);
        let examiner = prepare(&bytes, &updates, Limits::default()).unwrap();
        let grants = Grants::declared(&description, &updates);
        Plugin { bytes, examiner, grants, updates }
    }

    pub(crate) fn guest(name: &str, updates: &[Update]) -> Plugin {
        let folder = std::env::var_os("WARDLINE_GUESTS_DIR")
            .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guests")), PathBuf::from);
        let path = folder.join(format!("wardline-{name}.wasm"));
        let bytes = std::fs::read(&path);
        let bytes = bytes.unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask guests`", path.display()));
        Plugin::load(bytes, updates)
    }

    pub(crate) fn description(&self) -> &Description {
        self.examiner.description()
    }

    /// Calls `with` with the plugin as laws see it.
    pub(crate) fn as_subject<T>(&self, options: &Options, with: impl FnOnce(&VettedPlugin<'_>) -> T) -> T {
        with(&VettedPlugin {
            examiner: self.examiner.as_ref(),
            description: self.description(),
            updates: &self.updates,
            options,
            grants: &self.grants,
            prepare: &|updates| prepare(&self.bytes, updates, Limits::default()),
            with_fuel: &|fuel| prepare(&self.bytes, &self.updates, Limits { fuel: *fuel, ..Limits::default() }),
        })
    }
}

fn sandbox(limits: Limits) -> Sandbox {
    // Modules compiled once serve all tests, and all fuel limits.
    Sandbox::new(limits, Cache::at(Path::new(env!("CARGO_TARGET_TMPDIR")).join("laws-cache")), 4).unwrap()
}

fn prepare(bytes: &[u8], updates: &[Update], limits: Limits) -> Result<Box<dyn Examiner>, String> {
    let sandbox = sandbox(limits);
    let plugin = sandbox.load(bytes.to_vec()).map_err(|failure| failure.to_string())?;
    Ok(Box::new(sandbox.prepare(plugin, updates).map_err(|failure| failure.to_string())?))
}
