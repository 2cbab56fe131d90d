//! The conditions under which a vetting report admits a plugin.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wardline_contract::Escaped;

use super::Effort;

/// The format of vetting reports.
pub const SCHEMA: &str = "wardline.vet/1";

/// The version whose laws and fleet apply: both change between versions.
const THIS_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Returns the path of a plugin's vetting report: beside it, with `.vet.json` appended to its name.
pub fn vet_report_path(plugin: &Path) -> PathBuf {
    let mut name = OsString::from(plugin);
    name.push(".vet.json");
    name.into()
}

/// The overall result of a vetting run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Overall {
    /// No law was broken.
    Kept,
    /// At least one law was broken.
    Broken,
    /// The plugin failed before it could examine a target.
    Refused,
}

/// The result of a law over the whole fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Kept,
    Broken,
    /// No target gave the law anything to be tried on. Says nothing good about the plugin.
    NotTried,
}

/// A law that every vetting run tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequiredLaw {
    pub name: &'static str,
    /// Whether every plugin gives it something to be tried on.
    pub always_tried: bool,
}

/// The decisive parts of a vetting report. The rest of it is for people.
#[derive(Clone, Debug)]
pub struct VetReport {
    pub plugin: VettedPlugin,
    wardline: String,
    verdict: Overall,
    laws: Vec<JudgedLaw>,
    effort: Option<Effort>,
}

/// The plugin that a report is about, as it described itself at the time.
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
    wardline: String,
    verdict: Overall,
    plugin: WrittenPlugin,
    /// Absent if the plugin was refused.
    #[serde(default)]
    laws: Vec<JudgedLaw>,
    effort: Option<Effort>,
}

#[derive(Deserialize)]
struct WrittenPlugin {
    digest: String,
    /// Absent, like the version, if the plugin never described itself.
    name: Option<String>,
    version: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct JudgedLaw {
    name: String,
    verdict: Verdict,
}

/// Why a file is not a report that admits a plugin.
#[derive(Debug, thiserror::Error)]
pub enum VetReportError {
    #[error("is not a vetting report of `wardline plugin vet -o json`: {0}")]
    Form(#[from] serde_json::Error),
    #[error("has the schema {0:?}: expected {SCHEMA:?}")]
    Schema(String),
    #[error("is about a plugin that failed before it named itself")]
    Nameless,
    #[error("says that the plugin was refused")]
    Refused,
    #[error("says that the plugin breaks {0}")]
    Broken(String),
    #[error("was made by wardline {}, but this is {THIS_VERSION}, which may try more: vet the plugin again", Escaped(.0))]
    Version(String),
    #[error("was made {0}: vet the plugin again, with the usual effort")]
    Effort(String),
    #[error("does not say that {0} was tried, which every vetting run does")]
    NotTried(String),
}

impl VetReport {
    /// Parses a report; [`VetReport::admits`] decides whether it admits its plugin.
    ///
    /// # Errors
    ///
    /// If it has another form, or is about a plugin without a name.
    pub fn parse(json: &[u8]) -> Result<Self, VetReportError> {
        let Written { schema, wardline, verdict, plugin, laws, effort } = serde_json::from_slice(json)?;
        if schema != SCHEMA {
            return Err(VetReportError::Schema(schema.chars().take(64).collect()));
        }
        let WrittenPlugin { digest, name: Some(name), version: Some(version) } = plugin else {
            return Err(VetReportError::Nameless);
        };
        let plugin = VettedPlugin { name, version, digest };
        Ok(VetReport { plugin, wardline, verdict, laws, effort })
    }

    /// Checks whether this report admits its plugin: it was made by this version of wardline with at least the usual effort, it
    /// names every required law, and none was broken. Laws that every plugin gives something to be tried on must have been tried.
    ///
    /// # Errors
    ///
    /// The first condition that is not met.
    pub fn admits(&self, required: &[RequiredLaw]) -> Result<(), VetReportError> {
        let broken: Vec<&str> =
            self.laws.iter().filter(|law| law.verdict == Verdict::Broken).map(|law| law.name.as_str()).collect();
        match self.verdict {
            Overall::Refused => return Err(VetReportError::Refused),
            Overall::Broken => return Err(VetReportError::Broken(broken.join(", "))),
            Overall::Kept if !broken.is_empty() => return Err(VetReportError::Broken(broken.join(", "))),
            Overall::Kept => {}
        }
        if self.wardline != THIS_VERSION {
            return Err(VetReportError::Version(self.wardline.chars().take(64).collect()));
        }
        let shortfall = match &self.effort {
            Some(effort) => effort.shortfall(),
            None => Some("without saying with which effort".to_owned()),
        };
        if let Some(shortfall) = shortfall {
            return Err(VetReportError::Effort(shortfall));
        }
        let is_missing = |name: &str, always_tried: bool| {
            let mut of_name = self.laws.iter().filter(|law| law.name == name).peekable();
            of_name.peek().is_none() || of_name.any(|law| always_tried && law.verdict != Verdict::Kept)
        };
        let missing = required.iter().filter(|law| is_missing(law.name, law.always_tried)).map(|law| law.name);
        let missing = missing.collect::<Vec<_>>();
        if missing.is_empty() { Ok(()) } else { Err(VetReportError::NotTried(missing.join(", "))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFORT: &str = r#"{"quick":false,"generated":20,"most_tried":40}"#;

    fn report_of(version: &str, verdict: &str, effort: &str, laws: &str) -> Result<VetReport, VetReportError> {
        let plugin = r#"{"digest":"ff","size":1,"name":"a","version":"1","family":"a"}"#;
        let json = format!(
            r#"{{"schema":"wardline.vet/1","wardline":"{version}","verdict":"{verdict}","plugin":{plugin},
            "effort":{effort},"laws":[{laws}],"more":1}}"#
        );
        VetReport::parse(json.as_bytes())
    }

    fn report(verdict: &str, laws: &str) -> Result<VetReport, VetReportError> {
        report_of(THIS_VERSION, verdict, EFFORT, laws)
    }

    fn law(name: &str, verdict: &str) -> String {
        format!(r#"{{"name":"{name}","verdict":"{verdict}","cases":9}}"#)
    }

    const REQUIRED: &[RequiredLaw] = &[
        RequiredLaw { name: "same-findings-again", always_tried: true },
        RequiredLaw { name: "order-and-company", always_tried: true },
        RequiredLaw { name: "never-fails", always_tried: true },
        RequiredLaw { name: "hostile-text-stays-text", always_tried: false },
    ];

    /// Returns all laws but one; those that are not always tried have this verdict.
    fn laws(others: &str, without: &str) -> String {
        let all = REQUIRED.iter().filter(|required| required.name != without);
        let all = all.map(|required| law(required.name, if required.always_tried { "kept" } else { others }));
        all.collect::<Vec<_>>().join(",")
    }

    #[track_caller]
    fn expect(found: &Result<(), VetReportError>, expected: Result<(), &str>) {
        match (found, expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(words)) if error.to_string().contains(words) => {}
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn only_laws_that_were_kept_let_a_plugin_in() {
        let all = laws("kept", "");
        let broken = law("same-again", "broken");
        for (verdict, laws, expected) in [
            ("kept", all.clone(), Ok(())),
            ("kept", laws("not-tried", ""), Ok(())),
            ("kept", format!("{all},{}", law("of-tomorrow", "not-tried")), Ok(())),
            ("broken", format!("{all},{broken}"), Err("breaks same-again")),
            ("kept", format!("{all},{broken}"), Err("breaks same-again")),
            ("broken", all.clone(), Err("breaks")),
            ("refused", all.clone(), Err("was refused")),
            ("kept", String::new(), Err("that same-findings-again, order-and-company")),
            ("kept", law("whatever", "kept"), Err("never-fails")),
            ("kept", laws("kept", "hostile-text-stays-text"), Err("that hostile-text-stays-text was tried")),
            (
                "kept",
                format!("{},{}", laws("kept", "never-fails"), law("never-fails", "not-tried")),
                Err("that never-fails was tried"),
            ),
            // The worse of two verdicts counts.
            ("kept", format!("{all},{}", law("never-fails", "not-tried")), Err("that never-fails was tried")),
        ] {
            expect(&report(verdict, &laws).unwrap().admits(REQUIRED), expected);
        }
        assert!(report("kept", r#"{"name":"a","verdict":"fine"}"#).is_err());
        assert!(report("fine", "").is_err());
    }

    #[test]
    fn little_effort_and_another_version_let_nothing_in() {
        let all = laws("kept", "");
        for (version, effort, expected) in [
            (THIS_VERSION, EFFORT, Ok(())),
            (THIS_VERSION, r#"{"quick":false,"generated":100,"most_tried":100}"#, Ok(())),
            (THIS_VERSION, r#"{"quick":true,"generated":20,"most_tried":40}"#, Err("--quick")),
            (THIS_VERSION, r#"{"quick":false,"generated":19,"most_tried":40}"#, Err("--generated 19")),
            (THIS_VERSION, r#"{"quick":false,"generated":20,"most_tried":39}"#, Err("--tried 39")),
            (THIS_VERSION, "null", Err("without saying")),
            ("0.0.1", EFFORT, Err("made by wardline 0.0.1")),
            ("", EFFORT, Err("made by wardline")),
        ] {
            expect(&report_of(version, "kept", effort, &all).unwrap().admits(REQUIRED), expected);
        }
    }

    #[test]
    fn what_is_no_report_is_told_so() {
        let plugin = r#""wardline":"1","verdict":"refused","plugin":{"digest":"","name":null}"#;
        for (text, words) in [
            (String::new(), "is not a vetting report"),
            ("{}".to_owned(), "is not a vetting report"),
            ("[]".to_owned(), "is not a vetting report"),
            (format!(r#"{{"schema":"wardline.vet/2",{plugin}}}"#), "wardline.vet/2"),
            (format!(r#"{{"schema":"wardline.vet/1",{plugin}}}"#), "before it named itself"),
        ] {
            let told = VetReport::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(told.contains(words), "{text}: {told}");
        }
    }
}
