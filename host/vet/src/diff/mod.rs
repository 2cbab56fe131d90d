//! The differences between two builds of a plugin in what they may do and in what they find.

mod declared;
mod fleet;
mod text;

pub use declared::{Change, ChangeKind};
pub use fleet::{FieldChange, FindingChange, FindingChangeKind, FleetDiff};
pub use text::text;

use serde::Serialize;
use wardline_catalog::CatalogError;
use wardline_contract::products::updates_for;
use wardline_contract::scopes::Scopes;
use wardline_contract::{Description, Grants, Options, Update};
use wardline_engine::scan::one_line;
use wardline_evidence::Source;
use wardline_evidence::budget::{Budget, DEFAULT_TARGET_MEMORY};
use wardline_evidence::recording::{Recording, RecordingError};
use wardline_sandbox::{Failure, HostFailure, Limits, Prepared, Sandbox};

use super::fleet::{Explorer, corpus, generated, generated_updates};
use super::inspect::{Content, Inspection, PluginFile, PluginSource, Refusal, Run, inspect};
use super::targets::Fleet;

/// The identifier of the JSON document's format; `docs/diff.schema.json` describes it.
pub const SCHEMA: &str = "wardline.plugin-diff/1";

/// The two builds to compare, and how to compare them.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub old: PluginFile,
    pub new: PluginFile,
    pub fleet: Fleet,
    /// The number of generated targets, if the fleet is the built-in one.
    pub generated: usize,
    /// The operator's catalogs. None for the built-in catalog plus, for products it does not know, generated updates.
    pub updates: Option<&'a [Update]>,
    /// The options for both builds, without settings.
    pub options: Options,
    pub limits: Limits,
    pub seed: u64,
    /// The number of worker threads; 0 means one per processor.
    pub jobs: usize,
}

/// The comparison of two builds.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginDiff {
    pub schema: &'static str,
    pub old: Side,
    pub new: Side,
    /// Whether they are the same file.
    pub same_file: bool,
    /// Whether they differ in what they may do or in what they find. Versions, sizes, costs and wording do not count.
    pub differs: bool,
    /// The differences in file and description; those that ask more come first.
    pub changes: Vec<Change>,
    pub sizes: Vec<Size>,
    /// Null if one of them does not run.
    pub fleet: Option<FleetDiff>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Side {
    pub source: PluginSource,
    /// Null if the plugin did not get as far as describing itself.
    pub name: Option<String>,
    pub version: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub digest: Option<String>,
    /// Why it does not run. Null if it does.
    pub refused: Option<Refusal>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Size {
    /// `file`, `code`, `data`: size in bytes; `memory`: the initial size of its memories.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["file", "code", "data", "memory"])))]
    pub of: &'static str,
    pub old: u64,
    pub new: u64,
}

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    #[error("the built-in fleet cannot be used: {0}")]
    Recording(#[from] RecordingError),
    #[error("the built-in catalog cannot be used: {0}")]
    Catalog(#[from] CatalogError),
    #[error("cannot start {jobs} worker threads: {source}; try a smaller --jobs")]
    Workers { jobs: usize, source: rayon::ThreadPoolBuildError },
    #[error("none of the fleet's {0} targets could be opened")]
    NoTarget(usize),
    #[error(transparent)]
    Host(#[from] HostFailure),
}

/// One of the two builds, ready to examine targets.
struct PreparedPlugin {
    prepared: Prepared,
    updates: Vec<Update>,
    grants: Grants,
}

/// Compares two builds. `sandbox` must have room for two conversations per worker. `unopened` is called with the location of
/// every target that could not be opened, and the reason.
///
/// # Errors
///
/// Returns [`DiffError`]. A refused plugin is not an error: the comparison says so, and goes as far as it can.
pub fn diff(
    request: Request<'_>,
    sandbox: &Sandbox,
    unopened: &mut dyn FnMut(&str, &str),
) -> Result<PluginDiff, DiffError> {
    let bytes = |file: &PluginFile| match &file.content {
        Content::Bytes(bytes) => bytes.clone(),
        Content::TooLarge { .. } => Vec::new(),
    };
    let contents = [bytes(&request.old), bytes(&request.new)];
    let look = |file: &PluginFile| inspect(file.clone(), &request.limits, Run::Describe(sandbox));
    let mut inspections = [look(&request.old), look(&request.new)];
    let fleet = match &inspections {
        [
            Inspection { refused: None, described: Some(old), .. },
            Inspection { refused: None, described: Some(new), .. },
        ] => {
            let updates = updates(&request, [&old.description, &new.description])?;
            let prepare = |bytes: &[u8], description| plugin(sandbox, bytes, description, &updates);
            let [old, new] = [prepare(&contents[0], &old.description), prepare(&contents[1], &new.description)];
            match (old, new) {
                (Ok(old), Ok(new)) => Some(over_fleet(&request, &old, &new, &updates, unopened)?),
                (old, new) => {
                    for (inspection, failed) in inspections.iter_mut().zip([old.err(), new.err()]) {
                        inspection.refused = failed.map(Refusal::from);
                    }
                    None
                }
            }
        }
        _ => None,
    };
    let [old, new] = inspections;
    let changes = declared::changes(&old, &new);
    let may_differ = changes.iter().any(|change| change.matters);
    let refused = old.refused.is_some() != new.refused.is_some();
    Ok(PluginDiff {
        schema: SCHEMA,
        same_file: old.digest.is_some() && old.digest == new.digest,
        differs: may_differ || refused || fleet.as_ref().is_some_and(|fleet| fleet.changed > 0),
        sizes: sizes(&old, &new),
        changes,
        fleet,
        old: side(old),
        new: side(new),
    })
}

fn side(inspection: Inspection) -> Side {
    let (name, version) = match inspection.described {
        Some(described) => (Some(described.description.name), Some(described.description.version)),
        None => (None, None),
    };
    Side { source: inspection.source, name, version, digest: inspection.digest, refused: inspection.refused }
}

fn sizes(old: &Inspection, new: &Inspection) -> Vec<Size> {
    let of = |inspection: &Inspection| {
        let anatomy = inspection.anatomy.clone().unwrap_or_default();
        let memories = anatomy.modules.iter().flat_map(|module| &module.memories);
        let memory = memories.fold(0u64, |sum, memory| sum.saturating_add(memory.initial));
        [inspection.size, anatomy.code_size, anatomy.data_size, memory]
    };
    let names = ["file", "code", "data", "memory"];
    let pairs = names.into_iter().zip(of(old).into_iter().zip(of(new)));
    pairs.map(|(of, (old, new))| Size { of, old, new }).collect()
}

/// The updates of all catalogs, before each plugin is given those for its products.
fn updates(request: &Request<'_>, descriptions: [&Description; 2]) -> Result<Vec<Update>, CatalogError> {
    if let Some(given) = request.updates {
        return Ok(given.to_vec());
    }
    let mut updates = corpus::updates()?;
    let knows = |description: &Description, updates: &[Update]| !updates_for(description, updates).is_empty();
    for description in descriptions {
        if !knows(description, &updates) {
            let first = updates.iter().map(|update| update.number + 1).max().unwrap_or_default();
            updates.extend(generated_updates(description, request.seed, first));
        }
    }
    Ok(updates)
}

fn plugin(
    sandbox: &Sandbox,
    bytes: &[u8],
    description: &Description,
    updates: &[Update],
) -> Result<PreparedPlugin, Failure> {
    let updates = updates_for(description, updates);
    let prepared = sandbox.prepare(sandbox.load(bytes.to_vec())?, &updates)?;
    let scopes = Scopes::new(description, &updates);
    Ok(PreparedPlugin { prepared, updates, grants: Grants::scopes(scopes) })
}

fn over_fleet(
    request: &Request<'_>,
    old: &PreparedPlugin,
    new: &PreparedPlugin,
    updates: &[Update],
    unopened: &mut dyn FnMut(&str, &str),
) -> Result<FleetDiff, DiffError> {
    let jobs = request.jobs;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .thread_name(|index| format!("diff-{index}"))
        .build()
        .map_err(|source| DiffError::Workers { jobs, source })?;
    let mut comparison = fleet::Comparison::new(old, new, &request.options, updates);
    match &request.fleet {
        Fleet::BuiltIn => {
            let mut targets = corpus::recordings()?;
            let made_up = pool.install(|| {
                use rayon::prelude::*;
                (0..request.generated)
                    .into_par_iter()
                    .map(|number| made_up(request, old, new, number))
                    .collect::<Vec<_>>()
            });
            targets.extend(made_up);
            let boxed: Vec<Box<dyn Source>> = targets.into_iter().map(|target| Box::new(target) as _).collect();
            comparison.look(&pool, &boxed);
        }
        Fleet::Given(paths) => {
            // Volumes keep files open, so only a few are opened at once.
            for some in paths.chunks(pool.current_num_threads() * 4) {
                let mut sources = Vec::new();
                for path in some {
                    match wardline_evidence::open(path, &Budget::new(DEFAULT_TARGET_MEMORY)) {
                        Ok(source) => sources.push(source),
                        Err(error) => {
                            if let Some(failure) = HostFailure::among_causes(&error) {
                                return Err(failure.into());
                            }
                            comparison.unopened += 1;
                            unopened(&path.display().to_string(), &one_line(&error));
                        }
                    }
                }
                comparison.look(&pool, &sources);
                // After a host failure the two builds may have seen different parts of a target; that is not a difference
                // between the builds.
                if let Some(failure) = sources.iter().find_map(|source| source.host_failure()) {
                    return Err(failure.into());
                }
            }
            if comparison.targets == 0 {
                return Err(DiffError::NoTarget(paths.len()));
            }
        }
    }
    Ok(comparison.finish())
}

/// A generated target that answers what either build may ask.
fn made_up(request: &Request<'_>, old: &PreparedPlugin, new: &PreparedPlugin, number: usize) -> Recording {
    let of = |plugin: &PreparedPlugin| {
        let PreparedPlugin { prepared, updates, grants } = plugin;
        let explorer = Explorer { examiner: prepared, grants, options: &request.options, updates };
        generated(explorer, request.seed, number)
    };
    let (old, new) = (of(old), of(new));
    let answers = old.answers().chain(new.answers()).map(|(question, answer)| (question.clone(), answer.clone()));
    Recording::new(new.name(), new.origin().location, answers.collect::<Vec<_>>())
}
