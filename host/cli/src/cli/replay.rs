//! `wardline replay`.

use std::io::{IsTerminal, Write, stdout};
use std::path::PathBuf;

use super::args::{CacheArgs, LimitArgs, OutputFormat, TargetMemoryArgs};
use super::exit::{ExitStatus, after_opening};
use super::files;
use super::loading::{cache, limits, not_failed, read_plugin, sandbox};
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
#[command(after_help = "Exit codes: 0 everything is the same, 1 usage error, or a conversation could not be held, \
                        2 something is different, 3 a recording could not be read.")]
pub struct ReplayArgs {
    /// Recordings that `wardline scan --record`, `wardline collect` or `wardline plugin vet` wrote
    #[arg(required = true, value_name = "RECORDING")]
    recordings: Vec<PathBuf>,
    /// Plugin to hold the conversations of its name, besides the built-in ones or in the place of one; may be repeated
    #[arg(long = "plugin", value_name = "FILE")]
    plugins: Vec<PathBuf>,
    /// Hold only the conversations of these plugins, by name
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
    let catalogs = parts.catalogs(&arguments.catalogs)?;
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
                "{}: holds what a target answered, but not what plugins said about it; `wardline collect` and `wardline scan \
                 --record DIR` write both",
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
        warn(&format!("no conversation of the plugin {name} was recorded here"));
    }
    not_failed(&sandbox)?;
    write(&replay, arguments.format)?;
    Ok(if replay.summary.different > 0 {
        ExitStatus::Findings
    } else if failed || replay.summary.not_held > 0 {
        ExitStatus::Fatal
    } else {
        after_opening(arguments.recordings.len() - unopened, unopened)
    })
}

fn write(replay: &Replay, format: OutputFormat) -> Result<(), Fatal> {
    let mut out = stdout().lock();
    match format {
        OutputFormat::Text => {
            let colour = out.is_terminal() && anstream::AutoStream::choice(&stdout()) != anstream::ColorChoice::Never;
            out.write_all(&text(replay, colour))?;
        }
        OutputFormat::Json => {
            serde_json::to_writer_pretty(&mut out, replay)?;
            writeln!(out)?;
        }
    }
    Ok(out.flush()?)
}
