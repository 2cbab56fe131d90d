//! A plugin's cases: given evidence, and the findings expected from it.
//!
//! A case is a folder in `good/` or `bad/`:
//!
//! | file | |
//! |---|---|
//! | `target.json` | the evidence, a recording as `wardline collect` writes it |
//! | `expected.json` | what must be found, see [`Expected`] |
//! | `catalog.xml` or `updates.json` | the updates that the plugin is prepared with; `updates.json` is a list in the contract's words |
//! | `settings.toml` | the operator's settings |
//!
//! In a good case, nothing may need attention; in a bad one, something must. Missing evidence needs attention, so a case of it
//! is a bad one.

mod compare;
mod expected;
mod folder;

pub use compare::Difference;
pub use expected::{Expected, ExpectedCheck, ExpectedUpdate};
pub use folder::CaseError;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use folder::Case;
use wardline_contract::products::updates_for;
use wardline_contract::scopes::Scopes;
use wardline_contract::{
    Answer, Ask, ChecksumMode, Description, Examination, Examiner as _, Grants, Options, Outcome, Question, Setting,
    Target,
};
use wardline_evidence::Source as _;
use wardline_evidence::recording::{NOT_RECORDED, digest_of};
use wardline_files::replace;
use wardline_sandbox::{Failure, Plugin, Prepared, Sandbox};

/// The requirement on all cases of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing needs attention.
    Good,
    /// Something needs attention.
    Bad,
}

impl Kind {
    /// The folder's name.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Good => "good",
            Kind::Bad => "bad",
        }
    }
}

/// The result of a case.
#[derive(Debug)]
pub enum Verdict {
    Passed,
    /// The actual findings were written to the file of expected findings.
    Accepted,
    Failed {
        differences: Vec<Difference>,
        /// The plugin's questions that `target.json` does not answer.
        unanswered: Vec<Question>,
    },
    /// The case itself cannot be used.
    Damaged(CaseError),
}

/// A case that was run.
#[derive(Debug)]
pub struct CaseResult {
    /// `bad/remote-control`.
    pub name: String,
    pub verdict: Verdict,
}

/// Why no case could be run.
#[derive(Debug, thiserror::Error)]
pub enum CasesError {
    #[error("{}: {reason}", folder.display())]
    Folder { folder: PathBuf, reason: String },
    #[error("the plugin cannot be used: {0}")]
    Plugin(#[from] Failure),
}

/// Reads a case's settings for the plugin.
pub type ReadSettings<'a> = dyn Fn(&Path, &Description) -> Result<Vec<Setting>, String> + 'a;

/// Runs all cases below `cases`, sorted by name, and passes each to `done` as soon as it has run. With `accept`, actual
/// findings replace differing expectations, provided that a good case stays good and a bad one bad.
///
/// # Errors
///
/// If there are no cases, or the plugin cannot be used at all.
pub fn run(
    cases: &Path,
    component: &[u8],
    sandbox: &Sandbox,
    settings: &ReadSettings<'_>,
    accept: bool,
    done: &mut dyn FnMut(CaseResult),
) -> Result<(), CasesError> {
    let plugin = sandbox.load(component.to_vec())?;
    let description = plugin.description().clone();
    let mut runner =
        CaseRunner { sandbox, component, loaded: Some(plugin), description, settings, prepared: HashMap::new() };
    for (kind, folder) in folder::list(cases)? {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let verdict = runner.run(kind, &folder, accept).unwrap_or_else(Verdict::Damaged);
        done(CaseResult { name: format!("{}/{name}", kind.word()), verdict });
    }
    Ok(())
}

/// A plugin and everything needed to run it on one case after another.
struct CaseRunner<'a> {
    sandbox: &'a Sandbox,
    component: &'a [u8],
    /// The plugin as it was loaded for its description, for the first catalog: loading compiles it.
    loaded: Option<Plugin>,
    description: Description,
    settings: &'a ReadSettings<'a>,
    /// Keyed by [`digest_of`] the updates.
    prepared: HashMap<String, Prepared>,
}

impl CaseRunner<'_> {
    fn run(&mut self, kind: Kind, folder: &Path, accept: bool) -> Result<Verdict, CaseError> {
        let case = Case::read(folder)?;
        let settings = match &case.settings {
            Some(file) => (self.settings)(file, &self.description).map_err(CaseError::Settings)?,
            None => Vec::new(),
        };
        let options = Options { checksums: ChecksumMode::SameLanguage, registry: true, settings };
        let updates = updates_for(&self.description, &case.updates);
        let scopes = Scopes::new(&self.description, &updates);
        let target = Target { name: case.target.name().to_owned() };

        let examination = match self.prepared(&updates) {
            Ok(prepared) => {
                let grants = Grants::scopes(scopes.clone());
                prepared.examine(
                    &target,
                    &options,
                    &Ask::new(&grants, &|question: &Question, _| case.target.answer(question)),
                )
            }
            Err(failure) => Examination::nothing(failure.outcome, Some(failure.detail)),
        };
        let mut differences = compare::with_kind(kind, &examination, &self.description.checks, &updates, &scopes);
        let file = folder.join(folder::EXPECTED);
        let expected = match Expected::read(&file, &self.description) {
            // There are no expectations yet, so everything differs from them.
            Err(CaseError::NoExpected { .. }) if accept => None,
            read => Some(read?),
        };
        // A plugin that did not end well has no findings; that all of them are missing is not worth reporting.
        let expected = expected.filter(|_| examination.outcome == Outcome::Ok);
        let unexpected = expected.map(|expected| compare::with_expected(&expected, &examination.assessment, &updates));
        if accept && differences.is_empty() && unexpected.as_ref().is_none_or(|unexpected| !unexpected.is_empty()) {
            let expected = Expected::of(&examination.assessment, &updates).written();
            replace::replace_file(&file, |out| out.write_all(expected.as_bytes()))
                .map_err(|source| CaseError::File { file, source })?;
            return Ok(Verdict::Accepted);
        }
        differences.extend(unexpected.into_iter().flatten());
        if differences.is_empty() {
            return Ok(Verdict::Passed);
        }
        let unanswered = examination.exchanges.into_iter().filter_map(|(question, answer)| match answer {
            Answer::Unreadable(reason) if reason == NOT_RECORDED => Some(question),
            _ => None,
        });
        Ok(Verdict::Failed { differences, unanswered: unanswered.collect() })
    }

    /// The plugin prepared with these updates. Cases with the same catalog share it, as do cases without one.
    fn prepared(&mut self, updates: &[wardline_contract::Update]) -> Result<&Prepared, Failure> {
        let key = digest_of(updates);
        if !self.prepared.contains_key(&key) {
            let plugin = match self.loaded.take() {
                Some(plugin) => plugin,
                None => self.sandbox.load(self.component.to_vec())?,
            };
            self.prepared.insert(key.clone(), self.sandbox.prepare(plugin, updates)?);
        }
        Ok(&self.prepared[&key])
    }
}
