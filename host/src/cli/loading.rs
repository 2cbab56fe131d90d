//! What every command that loads plugins needs: a plugin's bytes, and the sandbox's limits and cache as the operator wants them.

use std::path::Path;

use super::Fatal;
use super::args::{CacheArgs, LimitArgs};
use crate::platform;
use crate::sandbox::{Cache, Limits};

/// A file that cannot be read is the operator's mistake, not the plugin's: the scan does not begin.
pub(super) fn read_plugin(path: &Path) -> Result<Vec<u8>, Fatal> {
    use std::io::Read as _;
    let most = Limits::default().component_size;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| format!("plugin {}: {error}", path.display()))?;
    // One byte more than may be, so that the sandbox sees that it is too many.
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| format!("plugin {}: {error}", path.display()))?;
    Ok(bytes)
}

pub(super) fn cache(arguments: &CacheArgs) -> Cache {
    match (arguments.no_cache, &arguments.cache_dir) {
        (true, _) => Cache::off(),
        (false, Some(folder)) => Cache::at(folder),
        (false, None) => platform::cache_folder().map_or_else(Cache::off, Cache::at),
    }
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
