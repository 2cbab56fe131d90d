//! Traces that look like an instance but are not one.

use wardline_plugin::prelude::*;

use crate::product::SqlVersion;
use crate::program::Program;

/// Traces of an instance that is not installed.
#[derive(Debug)]
pub(crate) struct Leftover {
    pub(crate) name: String,
    /// The traces found and the parts that are missing, as one sentence.
    summary: String,
    evidence: Vec<u32>,
}

/// The traces of an instance.
#[derive(Debug)]
pub(crate) struct Traces<'t> {
    pub(crate) name: &'t str,
    /// Whether one of the lists of instances names it.
    pub(crate) listed: bool,
    /// The version in its keys.
    pub(crate) version: Option<&'t SqlVersion>,
    /// The name of its service, and whether it is registered.
    pub(crate) service: (&'t str, bool),
    pub(crate) program: &'t Program,
}

impl Leftover {
    /// `evidence` lists the questions that these traces come from.
    pub(crate) fn new(traces: &Traces<'_>, evidence: Vec<u32>) -> Leftover {
        let Traces { name, listed, version, service: (service, registered), program } = *traces;
        let version = version.map(|version| format!("it has keys of version {version}"));
        let found = [
            listed.then(|| "it is listed as an instance".to_owned()),
            version,
            registered.then(|| format!("the service {service} is registered")),
        ];
        let lacking = [
            (!registered).then(|| format!("there is no service {service}")),
            match program {
                Program::Gone(path) => Some(format!("there is no {path}")),
                Program::NotNamed => Some("nothing names its program".to_owned()),
                Program::Found { .. } | Program::Unread(_) => None,
            },
        ];
        let joined = |parts: &[Option<String>]| parts.iter().flatten().cloned().collect::<Vec<_>>().join(" and ");
        let summary = format!("{name} is a leftover, not an instance: {}, but {}.", joined(&found), joined(&lacking));
        Leftover { name: name.to_owned(), summary, evidence }
    }

    pub(crate) fn finding(&self) -> Finding {
        self.evidence.iter().fold(Finding::informational(&self.summary), |finding, question| finding.because(question))
    }
}
