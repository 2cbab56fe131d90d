//! Whole volumes, built by code and queried like plugins do.

mod accounts;
mod damage;
mod deadline;
mod disks;
mod executables;
mod files;
mod hives;
mod identity;
#[cfg(unix)]
mod live;
mod odd_members;
mod real;
mod registry;
mod release;
mod running;
mod system;
#[cfg(windows)]
mod this_computer;
#[cfg(unix)]
mod untouched;
mod value_types;

use tempfile::TempDir;
use wardline_contract::{Answer, Fact, Question, RegistryData, RegistryValueName, TextRange};
use wardline_fixtures::WindowsVolume;

use super::Volume;
use crate::Source;

struct Target {
    volume: Volume,
    /// Deleted with the target.
    _directory: TempDir,
}

fn target(built: &WindowsVolume) -> Target {
    let directory = tempfile::tempdir().unwrap();
    built.write_to(directory.path()).unwrap();
    let volume = Volume::open(directory.path(), Some("target".to_owned())).unwrap();
    Target { volume, _directory: directory }
}

impl Target {
    fn ask(&self, question: Question) -> Answer {
        self.volume.answer(&question)
    }

    fn value(&self, key: &str, name: &str) -> Answer {
        self.ask(Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: name.to_owned() }))
    }

    fn key(&self, key: &str) -> Answer {
        self.ask(Question::RegistryKey(key.to_owned()))
    }

    fn file(&self, path: &str) -> Answer {
        self.ask(Question::File(path.to_owned()))
    }

    fn text(&self, path: &str) -> Answer {
        self.ask(Question::Text(TextRange { path: path.to_owned(), offset: 0, length: 65_536 }))
    }

    fn directory(&self, path: &str) -> Answer {
        self.ask(Question::Directory(path.to_owned()))
    }
}

fn text(value: &str) -> Answer {
    Answer::Known(Fact::RegistryValue(RegistryData::Text(value.to_owned())))
}

fn number(value: u32) -> Answer {
    Answer::Known(Fact::RegistryValue(RegistryData::Dword(value)))
}

fn is_unreadable(answer: &Answer) -> bool {
    matches!(answer, Answer::Unreadable(_))
}

/// Extracts a fact of the expected kind from an answer.
macro_rules! known {
    ($answer:expr, $fact:ident) => {
        match $answer {
            wardline_contract::Answer::Known(wardline_contract::Fact::$fact(fact)) => fact,
            other => panic!("{other:?}"),
        }
    };
}
use known;
