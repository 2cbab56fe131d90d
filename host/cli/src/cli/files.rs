//! The files that commands read and write, named as on the command line, so that no file is both.

use std::path::Path;

use super::args::{CacheArgs, PluginArgs};
use super::trusting;
use crate::aliasing::Files;
use crate::platform;
use crate::trust::{signature_path, vet_report_path};

/// Adds the files named in the arguments that are shared by all commands that let plugins judge targets.
pub(super) fn with_plugins(files: &mut Files, arguments: &PluginArgs) {
    for catalog in &arguments.catalogs.catalogs {
        files.reads("--catalog", catalog);
    }
    for plugin in &arguments.plugins {
        with_plugin(files, "--plugin", plugin);
    }
    with_settings(files, arguments.settings.as_deref());
    if let Some(policy) = &arguments.policy {
        files.reads("--policy", policy);
    }
    with_trust(files, arguments.trust.trust.as_deref());
    with_cache(files, &arguments.cache);
}

/// Adds a component and the files that may be looked for next to it.
pub(super) fn with_plugin(files: &mut Files, what: &str, plugin: &Path) {
    files.reads(what, plugin);
    let report = vet_report_path(plugin);
    for beside in [signature_path(plugin), signature_path(&report), report] {
        // A missing file is either not needed, or its absence is reported.
        if beside.exists() {
            files.reads("the plugin's file", &beside);
        }
    }
}

/// Adds the settings, if they were named.
pub(super) fn with_settings(files: &mut Files, named: Option<&Path>) {
    if let Some(file) = named {
        files.reads("--settings", file);
    }
}

/// Adds the trust file that was named, or the one at the default path.
pub(super) fn with_trust(files: &mut Files, named: Option<&Path>) {
    match (named, trusting::default_path()) {
        (Some(file), _) => files.reads("--trust", file),
        (None, Some(file)) if file.exists() => files.reads("the trust file", &file),
        (None, _) => {}
    }
}

/// Adds the cache, wherever its folder is configured: on the command line, in the environment, or by the system's convention.
pub(super) fn with_cache(files: &mut Files, arguments: &CacheArgs) {
    if arguments.no_cache {
        return;
    }
    match (&arguments.cache_dir, platform::cache_folder()) {
        (Some(folder), _) => files.writes("--cache-dir", folder),
        (None, Some(folder)) => files.writes("the cache", &folder),
        (None, None) => {}
    }
}
