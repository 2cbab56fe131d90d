//! Evidence from texts about a machine: the output of `systeminfo`, `wmic` and `Get-HotFix`, or a list of articles with a build.
//!
//! A target is a text, or a directory with several texts about one machine. The texts tell which Windows it is, and which hotfixes
//! `Win32_QuickFixEngineering` lists. Windows reads that class from the registry, so the hotfixes are answered as the registry has
//! them; any other question is unsupported.

mod answers;
mod open;

pub use open::TextError;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use wardline_contract::{Answer, Deadline, Question};
use wardline_systeminfo::Told;

use crate::budget::{Budget, Charge};
use crate::{Condition, Origin, Source, SourceKind};

/// A target that is only known from texts.
#[derive(Debug)]
pub struct Texts {
    name: String,
    location: String,
    told: Told,
    /// One for each text.
    conditions: Vec<Condition>,
    charge: Charge,
}

impl Texts {
    /// Reads a text. The target's name is that of the file, without its extension.
    ///
    /// Returns `None` if the file cannot be a text of this kind: it begins as a recording does, is empty or too large, or is not a
    /// readable file.
    ///
    /// # Errors
    ///
    /// If it is a text of an unknown form, is malformed, or describes more than one machine.
    pub fn open_file(path: &Path, budget: &Arc<Budget>) -> Result<Option<Texts>, TextError> {
        open::file(path, budget)
    }

    /// Reads all texts in a directory, which are about one machine. The target's name is that of the directory. Other files, and
    /// subdirectories, are ignored.
    ///
    /// Returns `None` if it contains no text of a known form.
    ///
    /// # Errors
    ///
    /// If a text is malformed, the texts describe more than one machine, or there is nothing but files, and of these texts none has a
    /// known form.
    pub fn open_directory(path: &Path, budget: &Arc<Budget>) -> Result<Option<Texts>, TextError> {
        open::directory(path, budget)
    }
}

impl Source for Texts {
    fn name(&self) -> &str {
        &self.name
    }

    fn origin(&self) -> Origin {
        Origin { kind: SourceKind::Text, location: self.location.clone() }
    }

    fn answer_by(&self, question: &Question, _: Deadline) -> Answer {
        answers::answer(&self.told, question)
    }

    fn conditions(&self) -> Vec<Condition> {
        self.conditions.clone()
    }

    fn held(&self) -> Option<u64> {
        Some(self.charge.bytes())
    }
}
