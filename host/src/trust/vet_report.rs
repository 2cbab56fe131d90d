//! What a vetting report has to say for a plugin to be let in by it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::vet::Verdict;
use crate::vet::report::{Overall, SCHEMA};

/// Where the report about a plugin is looked for: beside it, with `.vet.json` behind its name.
pub fn vet_report_path(plugin: &Path) -> PathBuf {
    let mut name = OsString::from(plugin);
    name.push(".vet.json");
    name.into()
}

/// What of a vetting report decides. The rest of it is for people.
#[derive(Clone, Debug)]
pub struct VetReport {
    pub plugin: VettedPlugin,
    verdict: Overall,
    laws: Vec<JudgedLaw>,
}

/// The plugin that a report is about, as it described itself then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VettedPlugin {
    pub name: String,
    pub version: String,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
}

#[derive(Deserialize)]
struct Written {
    schema: String,
    verdict: Overall,
    plugin: WrittenPlugin,
    /// Absent where the plugin was refused.
    #[serde(default)]
    laws: Vec<JudgedLaw>,
}

#[derive(Deserialize)]
struct WrittenPlugin {
    digest: String,
    /// Absent where the plugin did not come as far as describing itself, as is the version.
    name: Option<String>,
    version: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct JudgedLaw {
    name: String,
    verdict: Verdict,
}

/// Why a file is no report by which a plugin could be let in.
#[derive(Debug, thiserror::Error)]
pub enum VetReportError {
    #[error("is no vetting report as `wardline plugin vet -o json` writes it: {0}")]
    Form(#[from] serde_json::Error),
    #[error("is a report of the format {0:?}; this wardline reads {SCHEMA:?}")]
    Schema(String),
    #[error("is about a plugin that did not come as far as saying its name")]
    Nameless,
    #[error("says that the plugin was refused")]
    Refused,
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
    /// When it is of another form, or about a plugin without a name.
    pub fn parse(json: &[u8]) -> Result<Self, VetReportError> {
        let Written { schema, verdict, plugin, laws } = serde_json::from_slice(json)?;
        if schema != SCHEMA {
            return Err(VetReportError::Schema(schema.chars().take(64).collect()));
        }
        let WrittenPlugin { digest, name: Some(name), version: Some(version) } = plugin else {
            return Err(VetReportError::Nameless);
        };
        let plugin = VettedPlugin { name, version, digest };
        Ok(VetReport { plugin, verdict, laws })
    }

    /// Whether the plugin kept every law that could be tried on it, and any at all.
    ///
    /// # Errors
    ///
    /// The names of the laws that it broke.
    pub fn all_kept(&self) -> Result<(), VetReportError> {
        let broken: Vec<&str> =
            self.laws.iter().filter(|law| law.verdict == Verdict::Broken).map(|law| law.name.as_str()).collect();
        let any_kept = self.laws.iter().any(|law| law.verdict == Verdict::Kept);
        match self.verdict {
            Overall::Refused => Err(VetReportError::Refused),
            Overall::Broken => Err(VetReportError::Broken(broken.join(", "))),
            Overall::Kept if !broken.is_empty() => Err(VetReportError::Broken(broken.join(", "))),
            Overall::Kept if !any_kept => Err(VetReportError::NothingTried),
            Overall::Kept => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdict: &str, laws: &str) -> Result<VetReport, VetReportError> {
        let plugin = r#"{"digest":"ff","size":1,"name":"a","version":"1","family":"a"}"#;
        let json = format!(
            r#"{{"schema":"wardline.vet/1","verdict":"{verdict}","plugin":{plugin},"laws":[{laws}],"more":1}}"#
        );
        VetReport::parse(json.as_bytes())
    }

    #[test]
    fn only_laws_that_were_kept_let_a_plugin_in() {
        let (kept, broken, not_tried) = (
            r#"{"name":"never-traps","verdict":"kept","cases":9}"#,
            r#"{"name":"same-again","verdict":"broken"}"#,
            r#"{"name":"supersedence","verdict":"not-tried"}"#,
        );
        for (verdict, laws, expected) in [
            ("kept", kept.to_owned(), Ok(())),
            ("kept", format!("{kept},{not_tried}"), Ok(())),
            ("broken", format!("{kept},{broken}"), Err("breaks same-again")),
            ("kept", format!("{kept},{broken}"), Err("breaks same-again")),
            ("broken", kept.to_owned(), Err("breaks")),
            ("refused", kept.to_owned(), Err("was refused")),
            ("kept", not_tried.to_owned(), Err("names no law")),
            ("kept", String::new(), Err("names no law")),
        ] {
            match (report(verdict, &laws).unwrap().all_kept(), expected) {
                (Ok(()), Ok(())) => {}
                (Err(error), Err(words)) if error.to_string().contains(words) => {}
                (found, expected) => panic!("{verdict} {laws}: {found:?}, not {expected:?}"),
            }
        }
        assert!(report("kept", r#"{"name":"a","verdict":"fine"}"#).is_err());
        assert!(report("fine", "").is_err());
    }

    #[test]
    fn what_is_no_report_is_told_so() {
        let plugin = r#""verdict":"refused","plugin":{"digest":"","name":null}"#;
        for (text, words) in [
            (String::new(), "is no vetting report"),
            ("{}".to_owned(), "is no vetting report"),
            ("[]".to_owned(), "is no vetting report"),
            (format!(r#"{{"schema":"wardline.vet/2",{plugin}}}"#), "wardline.vet/2"),
            (format!(r#"{{"schema":"wardline.vet/1",{plugin}}}"#), "saying its name"),
        ] {
            let told = VetReport::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(told.contains(words), "{text}: {told}");
        }
    }
}
