//! What a vetting report has to say for a plugin to be let in by it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The report's format, see `docs/vetting.md`.
const SCHEMA: &str = "wardline.vet/1";

/// Where the report about a plugin is looked for: beside it, with `.vet.json` behind its name.
pub fn vet_report_path(plugin: &Path) -> PathBuf {
    let mut name = OsString::from(plugin);
    name.push(".vet.json");
    name.into()
}

/// The few fields of a vetting report that decide. What else stands in it is for people.
#[derive(Clone, Debug, Deserialize)]
pub struct VetReport {
    schema: String,
    pub plugin: VettedPlugin,
    laws: Vec<JudgedLaw>,
}

/// The plugin that a report is about, as it described itself then.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct VettedPlugin {
    pub name: String,
    pub version: String,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
}

#[derive(Clone, Debug, Deserialize)]
struct JudgedLaw {
    name: String,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Kept,
    Broken,
    NotTried,
}

/// Why a file is no report by which a plugin could be let in.
#[derive(Debug, thiserror::Error)]
pub enum VetReportError {
    #[error("is no vetting report as `wardline plugin vet -o json` writes it: {0}")]
    Form(#[from] serde_json::Error),
    #[error("is a report of the format {0:?}; this wardline reads {SCHEMA:?}")]
    Schema(String),
    #[error("says that the plugin breaks {0}")]
    Broken(String),
    #[error("names no law that the plugin was held to and kept")]
    NothingTried,
}

impl VetReport {
    /// Reads a report; that its laws are kept tells [`VetReport::all_kept`].
    ///
    /// # Errors
    ///
    /// When it is of another form.
    pub fn parse(json: &[u8]) -> Result<Self, VetReportError> {
        let report: VetReport = serde_json::from_slice(json)?;
        if report.schema != SCHEMA {
            return Err(VetReportError::Schema(report.schema.chars().take(64).collect()));
        }
        Ok(report)
    }

    /// Whether the plugin kept every law that could be tried on it, and any at all.
    ///
    /// # Errors
    ///
    /// The names of the laws that it broke.
    pub fn all_kept(&self) -> Result<(), VetReportError> {
        let broken: Vec<&str> =
            self.laws.iter().filter(|law| law.verdict == Verdict::Broken).map(|law| law.name.as_str()).collect();
        if !broken.is_empty() {
            return Err(VetReportError::Broken(broken.join(", ")));
        }
        match self.laws.iter().any(|law| law.verdict == Verdict::Kept) {
            true => Ok(()),
            false => Err(VetReportError::NothingTried),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(laws: &str) -> Result<VetReport, VetReportError> {
        let plugin = r#"{"name":"a","version":"1","digest":"ff","family":"a"}"#;
        VetReport::parse(
            format!(r#"{{"schema":"wardline.vet/1","plugin":{plugin},"laws":[{laws}],"more":1}}"#).as_bytes(),
        )
    }

    #[test]
    fn only_laws_that_were_kept_let_a_plugin_in() {
        let (kept, broken, not_tried) = (
            r#"{"name":"never-traps","verdict":"kept","cases":9}"#,
            r#"{"name":"same-again","verdict":"broken"}"#,
            r#"{"name":"supersedence","verdict":"not-tried"}"#,
        );
        for (laws, expected) in [
            (kept.to_owned(), Ok(())),
            (format!("{kept},{not_tried}"), Ok(())),
            (format!("{kept},{broken}"), Err("breaks same-again")),
            (not_tried.to_owned(), Err("names no law")),
            (String::new(), Err("names no law")),
        ] {
            match (report(&laws).unwrap().all_kept(), expected) {
                (Ok(()), Ok(())) => {}
                (Err(error), Err(words)) if error.to_string().contains(words) => {}
                (found, expected) => panic!("{laws}: {found:?}, not {expected:?}"),
            }
        }
        assert!(report(r#"{"name":"a","verdict":"fine"}"#).is_err());
    }

    #[test]
    fn what_is_no_report_is_told_so() {
        for text in
            ["", "{}", "[]", r#"{"schema":"wardline.vet/2","plugin":{"name":"","version":"","digest":""},"laws":[]}"#]
        {
            assert!(VetReport::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
