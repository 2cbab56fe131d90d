//! `wardline replay`.

use std::path::PathBuf;

use super::args::{CacheArgs, LimitArgs, TargetMemoryArgs};
use super::exit::{ExitStatus, after_opening};
use super::files;
use super::loading::{cache, check_host, limits, read_plugin, sandbox};
use super::output::{OutputFormat, print};
use super::parts::Parts;
use super::progress::Bar;
use super::{Fatal, warn};
use crate::aliasing::Files;
use crate::evidence::budget::Budget;
use crate::evidence::recording::Recording;
use crate::sandbox::HostFailure;
use crate::scan::{Progress as _, TargetSpec, one_line};
use crate::stock::stock_plugins;
use crate::vet::replay::{NamedComponent, Replay, Replayer, text};

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 no differences, 1 usage error, or a conversation could not be replayed, 2 \
                        differences, 3 a recording could not be read.")]
pub struct ReplayArgs {
    /// Recordings written by `wardline scan --record`, `wardline collect` or `wardline plugin vet`
    #[arg(required = true, value_name = "RECORDING")]
    recordings: Vec<PathBuf>,
    /// Plugin that replays the conversations of its name, in addition to the built-in ones or instead of one; may be repeated
    #[arg(long = "plugin", value_name = "FILE")]
    plugins: Vec<PathBuf>,
    /// Replay only the conversations of these plugins
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Catalog that the recordings were made with; may be repeated
    #[arg(long = "catalog", value_name = "FILE")]
    catalogs: Vec<PathBuf>,
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
    format: OutputFormat,
    #[command(flatten)]
    target_memory: TargetMemoryArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(arguments: &ReplayArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let mut files = Files::default();
    for recording in &arguments.recordings {
        files.reads("the recording", recording);
    }
    for catalog in &arguments.catalogs {
        files.reads("--catalog", catalog);
    }
    for plugin in &arguments.plugins {
        files.reads("--plugin", plugin);
    }
    files::with_cache(&mut files, &arguments.cache);
    files.writes_stdout();
    files.check()?;
    let catalogs = parts.catalogs(&arguments.catalogs, &arguments.cache)?;
    let sandbox = sandbox(limits(&arguments.limits), cache(&arguments.cache), 1)?;
    let mut plugins: Vec<NamedComponent> = stock_plugins()
        .iter()
        .map(|(name, bytes)| NamedComponent { name: (*name).to_owned(), bytes: bytes.to_vec() })
        .collect();
    for path in &arguments.plugins {
        let bytes = read_plugin(path)?;
        let plugin = sandbox.load(bytes.clone()).map_err(|failure| format!("plugin {}: {failure}", path.display()))?;
        plugins.push(NamedComponent { name: plugin.description().name.clone(), bytes });
    }
    let given: Vec<String> = plugins[stock_plugins().len()..].iter().map(|plugin| plugin.name.clone()).collect();

    let mut replayer = Replayer::new(&sandbox, plugins, &catalogs.updates);
    let mut replay = Replay::new();
    let (mut unopened, mut failed) = (0, false);
    let bar = Bar::new();
    bar.begin(arguments.recordings.len());
    let memory = arguments.target_memory.bytes();
    for path in &arguments.recordings {
        let complaint = match Recording::read_within(path, &Budget::new(memory)) {
            Err(error) => match HostFailure::among_causes(&error) {
                Some(failure) => return Err(failure.into()),
                None => Some(one_line(&error)),
            },
            Ok(recording) if recording.conversations().is_empty() => Some(format!(
                "{}: contains answers but no conversations; `wardline collect` and `wardline scan --record DIR` write \
                 both",
                path.display()
            )),
            Ok(recording) => {
                replay.add(replayer.replay(&recording, &arguments.only));
                None
            }
        };
        if let Some(complaint) = complaint {
            unopened += 1;
            bar.aside(|| warn(&complaint));
        }
        bar.target_done(&TargetSpec { location: path.clone(), memory });
    }
    bar.end();
    let held = |name: &String| {
        let conversations = replay.recordings.iter().flat_map(|recording| &recording.conversations);
        conversations.into_iter().any(|conversation| conversation.recorded.name == *name)
    };
    for name in given.iter().chain(&arguments.only).filter(|name| !held(name)) {
        failed = true;
        warn(&format!("the recordings contain no conversation of the plugin {name}"));
    }
    check_host(&sandbox)?;
    print(&replay, arguments.format, text)?;
    Ok(if replay.summary.different > 0 {
        ExitStatus::Findings
    } else if failed || replay.summary.not_held > 0 {
        ExitStatus::Fatal
    } else {
        after_opening(arguments.recordings.len() - unopened, unopened)
    })
}
