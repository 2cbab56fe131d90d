//! The source of the configuration, by version of IIS, read once for all checks.

use wardline_plugin::prelude::*;

use crate::configuration::Configuration;
use crate::product::Installation;
use crate::text_file::{self, TextFile};
use crate::{application_host, metabase};

/// The result of reading the configuration.
#[derive(Debug)]
pub(crate) enum Settings {
    Read(Box<Source>),
    /// This version stores it in a place that is not read: a sentence, and the question about the version.
    NotRead(String, u32),
}

/// A configuration with the file that contains it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) form: Form,
    pub(crate) configuration: Configuration,
    file: TextFile,
}

/// The format of the file, which decides how its settings are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Metabase,
    ApplicationHost,
}

impl Source {
    /// Returns the question whose answer proves that the configuration was read.
    pub(crate) fn question(&self) -> u32 {
        self.file.question_at(0)
    }

    /// Cites the answers that contain these positions in the text, each once and in the order asked: a report contains every
    /// answer that a finding cites, and these are long.
    pub(crate) fn because(&self, finding: Finding, positions: impl Iterator<Item = usize>) -> Finding {
        let questions: std::collections::BTreeSet<_> =
            positions.map(|position| self.file.question_at(position)).collect();
        questions.iter().fold(finding, |finding, question| finding.because(question))
    }
}

/// Reads the configuration in at most two rounds.
///
/// # Errors
///
/// If the version is not known, or its file is missing, unreadable or malformed.
pub(crate) async fn read(evidence: &Evidence, installation: &Installation) -> Result<Settings, Unable> {
    let Some(version) = installation.version else {
        let mut unable = installation.version_unknown.clone().unwrap_or_else(|| Unable::new("it is not recorded"));
        unable.reason = format!("Which version of IIS is installed could not be determined: {}.", unable.reason);
        return Err(unable.because(&installation.evidence));
    };
    match version.major {
        ..4 => Ok(Settings::NotRead(
            format!("IIS {version} has no metabase; its settings in the registry are not judged."),
            installation.evidence,
        )),
        4 | 5 => Ok(Settings::NotRead(
            format!(
                "IIS {} stores this in the binary metabase (MetaBase.bin), whose format is not documented.",
                version.major
            ),
            installation.evidence,
        )),
        6 => {
            let file = text_file::read(evidence, metabase::FILE).await?;
            understand(Form::Metabase, metabase::FILE, file, metabase::parse, installation)
        }
        7.. => {
            let (redirection, file) = join(
                text_file::read(evidence, application_host::REDIRECTION),
                text_file::read(evidence, application_host::FILE),
            )
            .await;
            if let Some(redirection) = redirection?
                && parsed(application_host::REDIRECTION, &redirection, application_host::is_redirected)?
            {
                return Err(Unable::new(
                    "The configuration is stored on another machine and shared by several servers.",
                )
                .because(&redirection.question_at(0)));
            }
            understand(Form::ApplicationHost, application_host::FILE, file?, application_host::parse, installation)
        }
    }
}

fn understand(
    form: Form,
    path: &str,
    file: Option<TextFile>,
    parse: impl Fn(&str) -> Result<Configuration, String>,
    installation: &Installation,
) -> Result<Settings, Unable> {
    let file = file.ok_or_else(|| {
        Unable::new(format!("{path} is missing, although IIS is installed.")).because(&installation.evidence)
    })?;
    let configuration = parsed(path, &file, parse)?;
    Ok(Settings::Read(Box::new(Source { form, configuration, file })))
}

fn parsed<T>(path: &str, file: &TextFile, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, Unable> {
    parse(&file.text).map_err(|error| Unable::new(format!("{path}: {error}.")).because(&file.question_at(0)))
}
