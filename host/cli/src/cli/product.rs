//! The real catalogs, sandbox and sources behind the commands.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::args::CacheArgs;
use super::loading::{cache, cache_folder, limits, read_bytes, sandbox};
use super::output::OutputFormat;
use super::progress::Patience;
use super::settings::Known;
use super::{Catalogs, Fatal, LoadedPlugins, Parts, PluginRequest, warn};
use crate::background::Background;
use crate::catalog::prepared;
use crate::contract::products::select;
use crate::contract::scopes::Scopes;
use crate::contract::{Description, Examiner, Outcome, Update};
use crate::evidence::budget::Budget;
use crate::evidence::{self, Source};
use crate::policy::{Permits, Rule};
use crate::report::CatalogSource;
use crate::sandbox::{Failure, HostFailure, Refused, Sandbox};
use crate::scan::{OpenError, Plugin, TargetSpec, one_line};
use crate::stock::{stock_digest, stock_plugins};
use crate::trust::NotAdmitted;
use crate::{catalog, contract, platform};

/// The parts that `wardline` is composed of.
#[derive(Clone, Copy, Debug)]
pub struct Product;

impl Parts for Product {
    fn catalogs(&self, paths: &[PathBuf], arguments: &CacheArgs) -> Result<Catalogs, Fatal> {
        if paths.is_empty() {
            return Ok(Catalogs::default());
        }
        let limits = catalog::Limits::default();
        let writing = Background::default();
        let (merged, skipped) = match cache_folder(arguments) {
            Some(folder) => {
                let prepared = prepared::load_or_read(paths, &limits, &folder.join("catalogs"))?;
                if let Some(unwritten) = prepared.unwritten {
                    writing.run(move || {
                        if let Err(error) = unwritten.write() {
                            warn(&format!("the catalogs could not be cached: {error}"));
                        }
                    });
                }
                (prepared.merged, prepared.skipped)
            }
            None => {
                let read = catalog::read_all(paths, &limits)?;
                (catalog::merge(read.catalogs), read.skipped)
            }
        };
        for file in &skipped {
            warn(&format!("{}: not a catalog; left out", file.display()));
        }
        for repeated in &merged.repeated {
            warn(&format!("{}: same catalog as another; counted once", repeated.location));
        }
        let sources = merged.catalogs.into_iter().map(|info| CatalogSource {
            format: info.format.to_owned(),
            schema_version: given(info.schema_version),
            data_version: given(info.data_version),
            date: info.date,
            digest: info.digest,
            location: info.location,
        });
        let writing = Some(Arc::new(writing));
        Ok(Catalogs { sources: sources.collect(), updates: merged.updates, supply: None, writing })
    }

    fn show_catalog(&self, paths: &[PathBuf], format: OutputFormat, out: &mut dyn Write) -> Result<(), Fatal> {
        for (place, catalog) in catalog::read_all(paths, &catalog::Limits::default())?.catalogs.iter().enumerate() {
            if place > 0 && format == OutputFormat::Text {
                writeln!(out)?;
            }
            match format {
                OutputFormat::Text => catalog::show::text(catalog, out)?,
                OutputFormat::Json => catalog::show::json(catalog, out)?,
            }
        }
        Ok(())
    }

    /// A plugin that cannot be loaded is reported on standard error and stays in the scan as a failed plugin.
    fn plugins(&self, request: &PluginRequest<'_>, updates: &[Update]) -> Result<LoadedPlugins, Fatal> {
        if stock_plugins().is_empty() && request.files.is_empty() {
            return Err(
                "this build contains no stock plugins; build with `cargo xtask dist`, or use --plugin FILE".into()
            );
        }
        let sandbox = sandbox(limits(request.limits), cache(request.cache), request.conversations)?;
        let stock = stock_plugins().iter().map(|&(name, bytes)| Candidate::Stock { name, bytes });
        let files = request.files.iter().map(|path| Candidate::File(path));
        let all: Vec<Candidate<'_>> = stock.chain(files).collect();
        let patience = Patience::compiling();
        let mut examiners = load(&sandbox, all, request, updates)?;
        drop(patience);
        rename_duplicates(&mut examiners);
        let known = examiners.iter().map(|loaded| match loaded {
            Loaded::LeftOut(description) => Known::Described(description),
            Loaded::Ready { examiner, .. } => Known::Described(examiner.description()),
            Loaded::Refused(refused, _) => Known::Named(&refused.description().name),
        });
        let mut settings = request.settings.assign(known)?.into_iter();
        let (mut plugins, mut left_out, mut not_loaded) = (Vec::new(), Vec::new(), 0);
        for loaded in examiners {
            let settings = settings.next().unwrap_or_default();
            let (examiner, rule, updates): (Box<dyn Examiner>, _, _) = match loaded {
                Loaded::LeftOut(description) => {
                    left_out.push(description);
                    continue;
                }
                Loaded::Ready { examiner, rule, updates } => (examiner, rule, updates),
                Loaded::Refused(refused, complaint) => {
                    warn(&complaint);
                    not_loaded += 1;
                    let updates = select(refused.description(), updates);
                    (Box::new(refused), None, updates)
                }
            };
            if let Some(Rule::Nothing(reason)) = &rule {
                warn(&format!("plugin {}: {reason}", examiner.description().name));
            }
            let updates = || updates.iter().copied();
            let scopes = Scopes::new(examiner.description(), updates());
            let Permits { grants, policy } = rule.unwrap_or(Rule::Unrestricted).permits(scopes, updates());
            plugins.push(Plugin { examiner, grants, policy, settings });
        }
        for (place, plugin) in plugins.iter().enumerate() {
            let name = &plugin.examiner.description().name;
            if plugins[..place].iter().any(|other| other.examiner.description().name == *name) {
                return Err(format!("two plugins are named {name}; remove one of them").into());
            }
        }
        for wanted in request.only {
            let known =
                plugins.iter().any(|plugin| is_selected(plugin.examiner.description(), std::slice::from_ref(wanted)));
            if !known {
                let unnamed = match plugins.iter().any(|plugin| plugin.examiner.description().version.is_empty()) {
                    true => "; the name of a plugin that could not be loaded is unknown",
                    false => "",
                };
                return Err(format!("--only {wanted}: no plugin or product family has this name{unnamed}").into());
            }
        }
        Ok(LoadedPlugins { plugins, left_out, not_loaded })
    }

    fn targets(&self, target: TargetSpec) -> Vec<TargetSpec> {
        match evidence::targets(&target.location, &Budget::new(target.memory)) {
            Ok(locations) => {
                locations.into_iter().map(|location| TargetSpec { location, memory: target.memory }).collect()
            }
            // Opening it fails too, and that error is the target's report.
            Err(_) => vec![target],
        }
    }

    fn history(&self) -> Option<PathBuf> {
        match std::env::var_os("WARDLINE_HISTORY").filter(|value| !value.is_empty()) {
            Some(off) if off == "off" => None,
            Some(file) => Some(file.into()),
            None => platform::data_folder().map(|folder| folder.join("history.sqlite")),
        }
    }

    fn open(&self, target: &TargetSpec) -> Result<Box<dyn Source>, OpenError> {
        #[cfg(windows)]
        if let Some(opened) = super::this_computer::open::this_computer(target) {
            return opened;
        }
        evidence::open(&target.location, &Budget::new(target.memory)).map_err(Into::into)
    }
}

/// None for an empty field of a catalog.
fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn is_selected(description: &Description, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|wanted| *wanted == description.name || *wanted == description.family)
}

/// The result of loading a plugin.
enum Loaded<'p> {
    /// Left out by the operator.
    LeftOut(Description),
    Ready {
        examiner: Box<dyn Examiner>,
        /// The policy's rule for it, if there is a policy.
        rule: Option<Rule<'p>>,
        /// The updates that it was prepared with.
        updates: Vec<&'p Update>,
    },
    /// The text is the error message for people.
    Refused(Refused, String),
}

/// Renames a refused plugin that has the same name as another one: an untrusted plugin must not end the scan by what it calls
/// itself.
fn rename_duplicates(loaded: &mut [Loaded<'_>]) {
    let ready = loaded.iter().filter_map(|loaded| match loaded {
        Loaded::Ready { examiner, .. } => Some(examiner.description().name.clone()),
        Loaded::LeftOut(_) | Loaded::Refused(..) => None,
    });
    let mut taken: HashSet<String> = ready.collect();
    for loaded in loaded {
        let Loaded::Refused(refused, _) = loaded else { continue };
        let name = refused.description().name.clone();
        let others = (2..).map(|number| format!("{name}-refused-{number}"));
        let mut free = [name.clone(), format!("{name}-refused")].into_iter().chain(others);
        if let Some(free) = free.find(|name| taken.insert(name.clone()))
            && free != name
        {
            *refused = refused.clone().called(free);
        }
    }
}

/// A plugin about which nothing is known yet.
enum Candidate<'a> {
    Stock {
        name: &'a str,
        bytes: &'static [u8],
    },
    /// Named by the operator.
    File(&'a Path),
}

impl<'a> Candidate<'a> {
    /// The name in messages until the plugin has described itself.
    fn name(&self) -> String {
        match self {
            Candidate::Stock { name, .. } => (*name).to_owned(),
            Candidate::File(path) => path.display().to_string(),
        }
    }

    /// None for a built-in plugin.
    fn file(&self) -> Option<&'a Path> {
        match self {
            Candidate::Stock { .. } => None,
            Candidate::File(path) => Some(path),
        }
    }

    /// The SHA-256 of a built-in plugin.
    fn digest(&self) -> Option<&'static str> {
        match self {
            Candidate::Stock { name, .. } => stock_digest(name),
            Candidate::File(_) => None,
        }
    }

    fn read(&self) -> Result<Cow<'static, [u8]>, Failure> {
        match self {
            Candidate::Stock { bytes, .. } => Ok(Cow::Borrowed(*bytes)),
            Candidate::File(path) => {
                read_bytes(path).map(Cow::Owned).map_err(|error| match HostFailure::of_reading(&error) {
                    Some(host) => host.into(),
                    None => Failure::new(Outcome::Incompatible, format!("cannot be read: {error}")),
                })
            }
        }
    }
}

/// Loads plugins side by side and returns them in their order.
///
/// They start in this order, one for each processor: the plugin that takes longest comes first, and the others fill the time that it
/// leaves.
fn load<'p>(
    sandbox: &Sandbox,
    candidates: Vec<Candidate<'_>>,
    request: &'p PluginRequest<'_>,
    updates: &'p [Update],
) -> Result<Vec<Loaded<'p>>, Fatal> {
    let threads = match sandbox.no_pool() {
        // Address space is short: the memory for compiling one plugin is freed before the next one starts.
        Some(_) => 1,
        None => std::thread::available_parallelism().map_or(1, NonZero::get).min(candidates.len()),
    };
    let next = Mutex::new(candidates.into_iter().enumerate());
    let load_next = || {
        let (place, candidate) = next.lock().unwrap_or_else(PoisonError::into_inner).next()?;
        Some((place, examiner(sandbox, candidate, request, updates)))
    };
    // Uses its own threads: loading waits for compilation and for its turn, and rayon's workers have other work.
    let mut loaded = std::thread::scope(|scope| {
        let start = |_| {
            std::thread::Builder::new()
                .name("wardline-loading".to_owned())
                .spawn_scoped(scope, || std::iter::from_fn(load_next).collect::<Vec<_>>())
                .map_err(|error| HostFailure::no_thread("loading a plugin", &error))
        };
        let threads = (0..threads).map(start).collect::<Result<Vec<_>, HostFailure>>()?;
        let mut loaded = Vec::new();
        for thread in threads {
            loaded.extend(thread.join().map_err(|_| Fatal::from("loading a plugin panicked (please report this)"))?);
        }
        Ok::<_, Fatal>(loaded)
    })?;
    loaded.sort_by_key(|(place, _)| *place);
    loaded.into_iter().map(|(_, loaded)| loaded).collect()
}

/// Loads one plugin, and prepares it if it is wanted.
///
/// For a plugin that is not built in, the signatures over its bytes are examined first, then its code runs, and then its name
/// is checked.
///
/// # Errors
///
/// If the policy does not fit the plugin, because no scan runs with a mistaken policy. If the system lacks a resource that
/// loading the plugin needs: that is not the plugin's fault, and no plugin is left out because of it.
fn examiner<'p>(
    sandbox: &Sandbox,
    candidate: Candidate<'_>,
    request: &'p PluginRequest<'_>,
    updates: &'p [Update],
) -> Result<Loaded<'p>, Fatal> {
    let (name, file) = (candidate.name(), candidate.file());
    let refused = |refused: Refused| {
        let complaint = format!("plugin {name}: {}", refused.failure());
        Ok(Loaded::Refused(refused, complaint))
    };
    let not_admitted = |error: NotAdmitted| Failure::new(Outcome::Refused, one_line(&error));
    let bytes = match split_host_failure(candidate.read())? {
        Ok(bytes) => bytes,
        // The digest of an empty file, because reports have a digest for every plugin.
        Err(failure) => return refused(Refused::unnamed(stem(&name), contract::digest(&[]), failure)),
    };
    let digest = candidate.digest().map_or_else(|| contract::digest(&bytes), str::to_owned);
    let examined = match (file, &request.requirements) {
        (Some(file), Some(requirements)) => requirements.examine(file, &bytes).map(Some),
        _ => Ok(None),
    };
    let admission = match examined {
        Ok(admission) => admission,
        Err(error) => return refused(Refused::unnamed(stem(&name), digest, not_admitted(error))),
    };
    let plugin = match split_host_failure(sandbox.load_hashed(bytes, &digest))? {
        Ok(plugin) => plugin,
        Err(failure) => return refused(Refused::unnamed(stem(&name), digest, failure)),
    };
    let description = plugin.description().clone();
    let placeholder = |failure| Refused::described(description.clone(), digest.clone(), failure);
    // A plugin that is not wanted is not prepared either, which costs more than loading.
    if !is_selected(&description, request.only) {
        return Ok(Loaded::LeftOut(description));
    }
    if let Some(Err(error)) = admission.map(|admission| admission.check(&description)) {
        return refused(placeholder(not_admitted(error)));
    }
    let rule = match &request.policy {
        Some(policy) => Some(policy.rule(&description, &digest, file.is_none())?),
        None => None,
    };
    let updates = select(&description, updates);
    match split_host_failure(sandbox.prepare(plugin, updates.iter().copied()))? {
        Ok(prepared) => {
            let limits = rule.as_ref().map(Rule::limits).unwrap_or_default().within(prepared.limits());
            Ok(Loaded::Ready { examiner: Box::new(prepared.narrowed(&limits)), rule, updates })
        }
        Err(failure) => refused(placeholder(failure)),
    }
}

/// Separates the host's failures from the plugin's own.
fn split_host_failure<T>(done: Result<T, Failure>) -> Result<Result<T, Failure>, HostFailure> {
    match done.map_err(HostFailure::try_from) {
        Ok(done) => Ok(Ok(done)),
        Err(Ok(host)) => Err(host),
        Err(Err(failure)) => Ok(Err(failure)),
    }
}

/// The name in the report for a plugin that never described itself.
fn stem(path: &str) -> String {
    Path::new(path).file_stem().map_or_else(|| path.to_owned(), |stem| stem.to_string_lossy().into_owned())
}
