//! The parts that every command that loads plugins needs: a plugin's bytes, and the sandbox's limits and cache as configured by
//! the operator.

use std::path::{Path, PathBuf};

use super::args::{CacheArgs, LimitArgs};
use super::{Fatal, warn};
use crate::sandbox::{Cache, Execution, Limits, NoPool, Sandbox};
use crate::scan::one_line;
use crate::stock::compiled_plugins;
use crate::{platform, regular_file};

/// Reads a plugin's bytes, for a command that can do nothing without them.
pub(super) fn read_plugin(path: &Path) -> Result<Vec<u8>, Fatal> {
    read_bytes(path).map_err(|error| format!("plugin {}: {error}", path.display()).into())
}

/// Reads a plugin's bytes. If there are more than the limit, reads one byte more than that, so that the sandbox refuses it.
pub(super) fn read_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    regular_file::read(path, Limits::default().component_size)
}

pub(super) fn cache(arguments: &CacheArgs) -> Cache {
    if arguments.no_cache {
        return Cache::off();
    }
    let cache = named_folder(arguments).map_or_else(Cache::off, |folder| private_cache(&folder));
    cache.with_built_in(compiled_plugins())
}

/// Returns the cache in this folder, and warns if it cannot be used.
fn private_cache(folder: &Path) -> Cache {
    let cache = Cache::at(folder);
    if cache.is_off() {
        warn(&format!(
            "not using the cache {}: not a directory that only you can write to; choose another with --cache-dir",
            folder.display()
        ));
    }
    cache
}

/// Returns the folder of the cache if it is one that only the user can write to. Says nothing about another one: [`cache`] does.
pub(super) fn cache_folder(arguments: &CacheArgs) -> Option<PathBuf> {
    named_folder(arguments).filter(|folder| !Cache::at(folder).is_off())
}

fn named_folder(arguments: &CacheArgs) -> Option<PathBuf> {
    match (arguments.no_cache, &arguments.cache_dir) {
        (true, _) => None,
        (false, Some(folder)) => Some(folder.clone()),
        (false, None) => platform::cache_folder(),
    }
}

/// Creates the sandbox, and warns if it is not the usual one.
pub(super) fn sandbox(limits: Limits, cache: Cache, conversations: u32) -> Result<Sandbox, Fatal> {
    sandbox_with(limits, cache, conversations, Execution::default())
}

/// Like [`sandbox`], with a choice of how plugins are run.
pub(super) fn sandbox_with(
    limits: Limits,
    cache: Cache,
    conversations: u32,
    execution: Execution,
) -> Result<Sandbox, Fatal> {
    let sandbox = Sandbox::with_execution(limits, cache, conversations, execution)?;
    if let Some(reason) = sandbox.no_pool() {
        without_pool(reason);
    }
    Ok(sandbox)
}

/// Warns that no pool could be reserved.
pub(super) fn without_pool(reason: &NoPool) {
    warn(&format!(
        "cannot reserve a pool of instances ({}): allocating memory for each instance instead, which is slower but \
         finds the same; try a smaller --jobs or --max-memory",
        one_line(reason)
    ));
}

/// Fails if the system lacked a resource that a plugin needed: any statement about plugins could then be wrong.
pub(super) fn check_host(sandbox: &Sandbox) -> Result<(), Fatal> {
    sandbox.host_failure().map_or(Ok(()), |failure| Err(failure.into()))
}

pub(super) fn limits(arguments: &LimitArgs) -> Limits {
    let usual = Limits::default();
    Limits {
        memory: arguments.max_memory.map_or(usual.memory, |mebibytes| mebibytes << 20),
        fuel: arguments.fuel.unwrap_or(usual.fuel),
        time: arguments.timeout.unwrap_or(usual.time),
        rounds: arguments.max_rounds.unwrap_or(usual.rounds),
        questions: arguments.max_questions.unwrap_or(usual.questions),
        output: arguments.max_output.map_or(usual.output, |mebibytes| mebibytes << 20),
        compile_time: arguments.compile_timeout.unwrap_or(usual.compile_time),
        ..usual
    }
}
