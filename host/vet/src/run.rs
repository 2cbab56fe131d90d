//! A vetting run: a plugin, a fleet, and every law.

mod trials;

use std::collections::HashSet;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use wardline_catalog::CatalogError;
use wardline_contract::products::updates_for;
use wardline_contract::{Description, Grants, Options, Outcome, Setting, Update, hex};
use wardline_evidence::recording::{RecordingError, digest_of};
use wardline_sandbox::{CONTRACT_VERSION, Cache, Failure, HostFailure, Limits, NoPool, SandboxError};

use super::configurations::Sandboxes;
use super::fleet::{Explorer, corpus, generated_updates};
use super::inspect::Signature;
use super::law::Law;
use super::observation::{Observer, converse};
use super::repeatability::{self, CompanyChangesNothing, InterpretedAsCompiled};
use super::report::{
    CounterExampleReport, Described, FleetReport, LawReport, LimitsReport, Overall, PluginIdentity, Refusal, Report,
    Run, SCHEMA,
};
use super::targets::{Fleet, Targets};
use crate::{Effort, Verdict};
use trials::{files, try_all};

/// The number of targets whose examinations are held in memory at once.
const CHUNK: usize = 64;

/// The plugin to vet, and how to run it.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The path of the plugin's file as given by the operator.
    pub file: String,
    pub bytes: &'a [u8],
    /// For the report.
    pub signature: Signature,
    pub limits: Limits,
    pub cache: Cache,
    /// The settings in it are the plugin's own.
    pub options: Options,
    pub fleet: Fleet,
    pub effort: Effort,
    /// The operator's catalogs. None for the built-in catalog plus, for products it does not know, generated updates.
    pub updates: Option<&'a [Update]>,
    pub seed: u64,
    /// The number of worker threads; 0 means one per processor.
    pub jobs: usize,
    /// The date for the report: `2026-11-22T20:15:00Z`.
    pub date: String,
}

/// Receives the progress of a run. Called from several threads.
pub trait Progress: Sync {
    /// `steps` is the number of trials of a law on a target.
    fn begin(&self, steps: usize);
    fn step_done(&self);
    fn end(&self);
    /// Called when memory is allocated anew for each instance, which is slower but yields the same result.
    fn without_pool(&self, _reason: &NoPool) {}
}

/// The result of a run.
#[derive(Debug)]
pub struct Vetting {
    pub report: Report,
    /// The recordings that [`CounterExampleReport::recordings`] names, ready to be written to files.
    pub counter_examples: Vec<CounterExampleFile>,
}

/// A self-contained recording with the conversation that breaks a law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterExampleFile {
    /// The file name: `same-findings-again.1.json`.
    pub name: String,
    pub json: Vec<u8>,
}

/// Why nothing could be vetted.
#[derive(Debug, thiserror::Error)]
pub enum VetError {
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("the built-in fleet cannot be read: {0}")]
    Corpus(#[from] RecordingError),
    #[error("the built-in catalog cannot be read: {0}")]
    Catalog(#[from] CatalogError),
    #[error("cannot start {jobs} worker threads: {source}; try a smaller --jobs")]
    Workers { jobs: usize, source: rayon::ThreadPoolBuildError },
    #[error("there is no target to vet on: none was to be generated, and {reason}")]
    NoTarget { reason: String },
    #[error("the plugin's settings: {0}")]
    Settings(String),
    #[error(transparent)]
    Host(#[from] HostFailure),
}

/// Returns the operator's settings for a plugin with this description.
pub type SettingsOf<'a> = dyn Fn(&Description) -> Result<Vec<Setting>, String> + 'a;

/// Vets a plugin: examines every target once, and tries every law on each of the chosen targets. `laws` are tried in addition
/// to the laws of repeatability, which need more access to the plugin than others and are always included.
///
/// The report depends only on the request and wardline's version, not on the number of workers.
///
/// # Errors
///
/// Returns [`VetError`] if something is wrong with the request or with this machine. A refused plugin is not an error: the
/// report says so.
pub fn run(
    request: &Request<'_>,
    laws: &[&dyn Law],
    settings: &SettingsOf<'_>,
    progress: &dyn Progress,
) -> Result<Vetting, VetError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(request.jobs)
        .thread_name(|index| format!("vet-{index}"))
        .build()
        .map_err(|source| VetError::Workers { jobs: request.jobs, source })?;
    // Each worker holds one conversation, and a second one while a law examines two targets at once.
    let conversations = u32::try_from(pool.current_num_threads() * 2 + 2).unwrap_or(u32::MAX);
    let sandboxes = Sandboxes::new(&request.limits, &request.cache, conversations)?;
    if let Some(reason) = sandboxes.no_pool() {
        progress.without_pool(reason);
    }
    let refused = |described: Option<Description>, failure: Failure| match HostFailure::try_from(failure) {
        Ok(host) => Err(host.into()),
        Err(failure) => Ok(Vetting { report: refusal(request, described, failure), counter_examples: Vec::new() }),
    };
    let description = match sandboxes.describe(request.bytes) {
        Ok(description) => description,
        Err(failure) => return refused(None, failure),
    };
    let options = Options { settings: settings(&description).map_err(VetError::Settings)?, ..request.options.clone() };
    let (updates, generated_updates) = updates(request, &description)?;
    let configurations = match sandboxes.prepare(request.bytes, &updates) {
        Ok(configurations) => configurations,
        Err(failure) => return refused(Some(description), failure),
    };
    let grants = Grants::declared(&description, &updates);
    let explorer =
        Explorer { examiner: configurations.examiner(), grants: &grants, options: &options, updates: &updates };
    let targets =
        pool.install(|| Targets::collect(&request.fleet, request.effort.generated, request.seed, explorer))?;
    if targets.targets.is_empty() {
        let reason = match targets.unopened.as_slice() {
            [] => "none was given".to_owned(),
            [only] => only.reason.clone(),
            [first, others @ ..] => format!("of {} none could be opened: {}", others.len() + 1, first.reason),
        };
        return Err(VetError::NoTarget { reason });
    }
    let mut observer = Observer::new(&description, &updates);
    // Targets that already show a problem: a law that is broken on one of them must be tried there.
    let mut suspects = HashSet::new();
    for (chunk, some) in targets.targets.chunks(CHUNK).enumerate() {
        let examinations: Vec<_> = pool.install(|| {
            some.par_iter().map(|target| converse(configurations.examiner(), &options, &grants, target)).collect()
        });
        for (place, examination) in (chunk * CHUNK..).zip(&examinations) {
            observer.add(examination);
            let asks_outside = examination.exchanges.iter().any(|(question, _)| grants.check(question).is_err());
            if examination.outcome != Outcome::Ok || asks_outside {
                suspects.insert(place);
            }
        }
    }

    let chosen = targets.chosen(request.effort.most_tried, request.seed, &suspects);
    let interpreted = |updates: &[Update]| configurations.interpreted(updates);
    let company = CompanyChangesNothing { fleet: &chosen };
    let interpreted = InterpretedAsCompiled { interpreted: &interpreted };
    let own = repeatability::all(&company, &interpreted);
    let all: Vec<&dyn Law> = own.into_iter().chain(laws.iter().copied()).collect();
    progress.begin(all.len() * chosen.len());
    let tried = pool.install(|| try_all(&all, &chosen, &configurations, &options, progress));
    progress.end();
    // A law that appears broken for lack of memory is not broken, and one that appears kept may not have been tried.
    if let Some(failure) = sandboxes.host_failure() {
        return Err(failure.into());
    }
    let (mut reports, mut counter_examples) = (Vec::new(), Vec::new());
    for (law, tried) in all.iter().zip(tried) {
        let counter_example = tried.broken.map(|broken| {
            let files = files(law.name(), &broken, &configurations);
            let recordings = files.iter().map(|file| file.name.clone()).collect();
            counter_examples.extend(files);
            CounterExampleReport {
                what: broken.broken.what,
                target: broken.target,
                answers: broken.answers,
                updates: broken.updates.len(),
                recordings,
            }
        });
        let verdict = match (&counter_example, tried.cases) {
            (Some(_), _) => Verdict::Broken,
            (None, 0) => Verdict::NotTried,
            (None, _) => Verdict::Kept,
        };
        reports.push(LawReport {
            name: law.name(),
            explanation: law.explanation(),
            verdict,
            targets: tried.targets,
            cases: tried.cases,
            counter_example,
        });
    }
    let verdict = match reports.iter().any(|law| law.verdict == Verdict::Broken) {
        true => Overall::Broken,
        false => Overall::Kept,
    };
    let run = Run {
        effort: request.effort,
        settings_digest: settings_digest(&options),
        fleet: FleetReport {
            seed: request.seed,
            built_in: targets.built_in,
            given: targets.given,
            generated: targets.generated,
            tried: chosen.len(),
            updates: updates.len(),
            generated_updates,
            updates_digest: digest_of(&updates),
            unopened: targets.unopened,
        },
        limits: limits(&request.limits),
        observations: observer.finish(),
    };
    let plugin = identity(request, Some(described(description, configurations.examiner().is_snapshot())));
    let report = Report { verdict, plugin, laws: reports, run: Some(run), ..head(request) };
    Ok(Vetting { report, counter_examples })
}

/// Settings are input besides the answers and change what a plugin finds, so they are part of what was vetted.
fn settings_digest(options: &Options) -> String {
    // The contract's types hold nothing that JSON cannot represent.
    hex(&Sha256::digest(serde_json::to_vec(options).unwrap_or_default()))
}

/// The updates that the plugin is prepared with, and how many of them were generated.
fn updates(request: &Request<'_>, description: &Description) -> Result<(Vec<Update>, usize), VetError> {
    if let Some(given) = request.updates {
        return Ok((updates_for(description, given), 0));
    }
    let built_in = corpus::updates()?;
    let mut updates = updates_for(description, &built_in);
    if !updates.is_empty() {
        return Ok((updates, 0));
    }
    let first = built_in.iter().map(|update| update.number + 1).max().unwrap_or_default();
    updates = generated_updates(description, request.seed, first);
    let generated = updates.len();
    Ok((updates, generated))
}

fn head(request: &Request<'_>) -> Report {
    Report {
        schema: SCHEMA,
        wardline: env!("CARGO_PKG_VERSION"),
        date: request.date.clone(),
        verdict: Overall::Refused,
        plugin: identity(request, None),
        refused: None,
        laws: Vec::new(),
        run: None,
    }
}

fn refusal(request: &Request<'_>, description: Option<Description>, failure: Failure) -> Report {
    let Failure { outcome, detail } = failure;
    Report {
        plugin: identity(request, description.map(|description| described(description, false))),
        refused: Some(Refusal { outcome, detail }),
        ..head(request)
    }
}

fn identity(request: &Request<'_>, described: Option<Described>) -> PluginIdentity {
    PluginIdentity {
        file: request.file.clone(),
        digest: hex(&Sha256::digest(request.bytes)),
        size: request.bytes.len() as u64,
        signature: request.signature.clone(),
        described,
    }
}

fn described(description: Description, snapshot: bool) -> Described {
    let Description { name, version, family, summary, checks, products, scopes, settings: _ } = description;
    Described {
        name,
        version,
        family,
        summary,
        contract: CONTRACT_VERSION,
        imports: Vec::new(),
        snapshot,
        checks,
        products,
        scopes,
    }
}

fn limits(limits: &Limits) -> LimitsReport {
    LimitsReport {
        fuel: limits.fuel,
        memory: limits.memory,
        rounds: limits.rounds,
        questions: limits.questions,
        output: limits.output,
        milliseconds: u64::try_from(limits.time.as_millis()).unwrap_or(u64::MAX),
    }
}
