//! Recordings of a scan: what each target answered, and what each plugin asked and found.

use std::path::{Path, PathBuf};

use wardline_contract::products::updates_for;
use wardline_contract::{Answer, Fact, Options, Question, Update};
use wardline_evidence::recording;
use wardline_evidence::recording::{Conversation, digest_of};
use wardline_files::replace;

use super::{Plugin, TargetScan};

/// Writes recordings of a scan's targets. Everything shared by all of them is computed once.
#[derive(Debug)]
pub struct Recorder<'a> {
    plugins: &'a [Plugin],
    options: &'a Options,
    /// Digests of the updates that each plugin was prepared with.
    digests: Vec<String>,
}

/// A recording could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot write the recording: {source}", path.display())]
pub struct RecordError {
    path: PathBuf,
    source: std::io::Error,
}

impl<'a> Recorder<'a> {
    /// Creates a recorder. `updates` are all updates of the scan.
    pub fn new(plugins: &'a [Plugin], updates: &[Update], options: &'a Options) -> Self {
        let digests = plugins.iter().map(|plugin| digest_of(&updates_for(plugin.examiner.description(), updates)));
        Recorder { plugins, options, digests: digests.collect() }
    }

    /// Writes one target to `file`, through a temporary file beside it, so that an older recording is lost only once the new one is
    /// complete.
    ///
    /// A denied question is not an answer of the target; it is recorded in the plugin's conversation. A plugin on which wardline
    /// itself failed returned nothing and has no conversation.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, or would be larger than can be read back.
    pub fn write(&self, scan: &TargetScan, file: &Path) -> Result<(), RecordError> {
        let system = scan.system.clone().map(|system| (Question::System, Answer::Known(Fact::System(system))));
        let examined = scan.plugins.iter().zip(self.plugins).zip(&self.digests);
        let examined = examined.filter_map(|((result, plugin), digest)| Some((result.as_ref().ok()?, plugin, digest)));
        let conversations: Vec<Conversation> = examined
            .clone()
            .map(|(examination, plugin, digest)| {
                let options = Options { settings: plugin.settings.clone(), ..self.options.clone() };
                Conversation::with_updates_digest(
                    plugin.examiner.as_ref(),
                    &options,
                    digest.clone(),
                    &plugin.grants,
                    examination,
                )
            })
            .collect();
        let permitted = examined.flat_map(|(examination, plugin, _)| {
            examination.exchanges.iter().filter(|(question, _)| plugin.grants.check(question).is_ok())
        });
        let answers = system.iter().chain(permitted).map(|(question, answer)| (question, answer));
        replace::replace_private_file(file, |out| {
            recording::write(out, &scan.name, answers, &scan.conditions, &conversations)
        })
        .map_err(|source| RecordError { path: file.to_owned(), source })
    }
}
