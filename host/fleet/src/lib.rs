//! The operator's list of machines, `fleet.toml`: where their evidence is, what they are for, and who is in charge of them.
//!
//! ```toml
//! [groups.web]
//! role = "internet-server"
//! owner = "Web team"
//! contact = "web@example.org"
//!
//! [[machines]]
//! name = "web01"
//! evidence = "/mnt/web01"
//! groups = ["web"]
//! function = "shop"
//! value = 5
//! ```

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wardline_contract::Escaped;
use wardline_files::text_file::{self, TextFileError};

/// 100,000 machines with all fields take less.
const LARGEST_FILE: u64 = 64 << 20;
const MAX_MACHINES: usize = 100_000;

/// A list of machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// In the order of the file.
    pub machines: Vec<Machine>,
    groups: Vec<String>,
}

/// A machine of the list. A field that it leaves out is taken from the first of its groups that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    pub name: String,
    /// Where its evidence is: a target of a scan. A relative path in the file is one from the file's folder, and becomes an absolute
    /// one when the file is read.
    pub evidence: PathBuf,
    pub groups: Vec<String>,
    pub role: Option<Role>,
    /// The machine's purpose, for people: `shop`, `payroll`.
    pub function: Option<String>,
    pub owner: Option<String>,
    pub contact: Option<String>,
    /// The cost of losing it, from 1 (little) to 5.
    pub value: Option<u8>,
}

/// A machine's place in the network, by which patch management rates vulnerabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    InternetServer,
    InternalServer,
    Client,
}

impl Role {
    /// Returns the role as it is written in the file.
    pub fn word(self) -> &'static str {
        match self {
            Role::InternetServer => "internet-server",
            Role::InternalServer => "internal-server",
            Role::Client => "client",
        }
    }
}

/// A list of machines cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    #[error("{file}: cannot be read: {source}")]
    Unreadable { file: String, source: std::io::Error },
    #[error("{file}: too large: a fleet may have at most {LARGEST_FILE} bytes")]
    TooLarge { file: String },
    #[error("{file}, line {line}: {reason}")]
    Invalid { file: String, line: usize, reason: String },
    #[error("{file}: machine {machine}: {reason}")]
    Machine { file: String, machine: String, reason: String },
    #[error("{file}: at most {MAX_MACHINES} machines are allowed")]
    TooMany { file: String },
    #[error("{file}: no group {group}: {known}")]
    NoSuchGroup { file: String, group: String, known: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    groups: BTreeMap<String, WrittenGroup>,
    #[serde(default)]
    machines: Vec<WrittenMachine>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGroup {
    role: Option<Role>,
    function: Option<String>,
    owner: Option<String>,
    contact: Option<String>,
    value: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMachine {
    name: String,
    evidence: PathBuf,
    #[serde(default)]
    groups: Vec<String>,
    role: Option<Role>,
    function: Option<String>,
    owner: Option<String>,
    contact: Option<String>,
    value: Option<u8>,
}

impl Fleet {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is not TOML, has unknown or missing fields, names a group that it does not have, or lists a name or a
    /// place of evidence twice.
    pub fn read(path: &Path) -> Result<Fleet, FleetError> {
        let text = text_file::read(path, LARGEST_FILE).map_err(|error| match error {
            TextFileError::Unreadable { file, source } => FleetError::Unreadable { file, source },
            TextFileError::TooLarge { file, .. } => FleetError::TooLarge { file },
        })?;
        let mut fleet = Fleet::parse(path, &text)?;
        // A scan names its targets as it is given them: however the file is named, a machine is at the same place in every scan.
        for machine in &mut fleet.machines {
            machine.evidence = std::path::absolute(&machine.evidence).unwrap_or_else(|_| machine.evidence.clone());
        }
        Ok(fleet)
    }

    /// Reads the text of a file at this path.
    ///
    /// # Errors
    /// As for [`Fleet::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Fleet, FleetError> {
        let file = path.display().to_string();
        let written: Written = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let reason = Escaped(error.message()).to_string();
            FleetError::Invalid { file: file.clone(), line: before.matches('\n').count() + 1, reason }
        })?;
        if written.machines.len() > MAX_MACHINES {
            return Err(FleetError::TooMany { file });
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let (mut names, mut places) = (HashSet::new(), HashSet::new());
        let mut machines = Vec::with_capacity(written.machines.len());
        for machine in written.machines {
            let name = machine.name.clone();
            let machine = machine
                .complete(&written.groups, folder)
                .and_then(|machine| {
                    let is_new = names.insert(machine.name.to_lowercase());
                    is_new.then_some(machine).ok_or_else(|| "another machine has this name".to_owned())
                })
                .and_then(|machine| {
                    let is_new = places.insert(machine.evidence.clone());
                    is_new.then_some(machine).ok_or_else(|| "another machine has this evidence".to_owned())
                })
                .map_err(|reason| FleetError::Machine { file: file.clone(), machine: name, reason })?;
            machines.push(machine);
        }
        Ok(Fleet { machines, groups: written.groups.into_keys().collect() })
    }

    /// Keeps only the machines in one of these groups; all of them if no group is named. `path` is that of the file, for errors.
    ///
    /// # Errors
    /// If a group does not exist.
    pub fn within(mut self, groups: &[String], path: &Path) -> Result<Fleet, FleetError> {
        if let Some(unknown) = groups.iter().find(|group| !self.groups.contains(group)) {
            let known = match self.groups.as_slice() {
                [] => "it has no groups".to_owned(),
                known => format!("it has {}", known.join(", ")),
            };
            return Err(FleetError::NoSuchGroup { file: path.display().to_string(), group: unknown.clone(), known });
        }
        if !groups.is_empty() {
            self.machines.retain(|machine| machine.groups.iter().any(|group| groups.contains(group)));
        }
        Ok(self)
    }
}

impl WrittenMachine {
    /// Fills in the fields that its groups have.
    fn complete(self, groups: &BTreeMap<String, WrittenGroup>, folder: &Path) -> Result<Machine, String> {
        if self.name.trim().is_empty() {
            return Err("empty name".to_owned());
        }
        if self.evidence.as_os_str().is_empty() {
            return Err("empty evidence".to_owned());
        }
        let mut of_groups = Vec::new();
        for group in &self.groups {
            of_groups
                .push(groups.get(group).ok_or_else(|| format!("no group {group}: expected a table [groups.{group}]"))?);
        }
        let text = |own: Option<String>, of: fn(&WrittenGroup) -> &Option<String>| {
            own.or_else(|| of_groups.iter().find_map(|group| of(group).clone()))
        };
        let value = self.value.or_else(|| of_groups.iter().find_map(|group| group.value));
        if value.is_some_and(|value| !(1..=5).contains(&value)) {
            return Err("bad value: expected 1 to 5".to_owned());
        }
        Ok(Machine {
            evidence: folder.join(self.evidence),
            role: self.role.or_else(|| of_groups.iter().find_map(|group| group.role)),
            function: text(self.function, |group| &group.function),
            owner: text(self.owner, |group| &group.owner),
            contact: text(self.contact, |group| &group.contact),
            value,
            name: self.name,
            groups: self.groups,
        })
    }
}

#[cfg(test)]
mod tests {
    // Tests report failures by panicking.
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Fleet, String> {
        Fleet::parse(Path::new("site/fleet.toml"), text).map_err(|error| error.to_string())
    }

    const GROUPS: &str = r#"
        [groups.web]
        role = "internet-server"
        owner = "Web team"
        [groups.gold]
        owner = "Board"
        value = 5
    "#;

    #[test]
    fn a_machine_says_what_its_first_group_says_unless_it_says_it_itself() {
        let machines = r#"
            [[machines]]
            name = "web01"
            evidence = "volumes/web01"
            groups = ["web", "gold"]
            value = 4
            [[machines]]
            name = "pc7"
            evidence = "/mnt/pc7"
        "#;
        let fleet = parse(&format!("{GROUPS}{machines}")).unwrap();
        let [web, pc] = fleet.machines.as_slice() else { panic!("{fleet:?}") };
        assert_eq!(web.evidence, Path::new("site/volumes/web01"));
        assert_eq!(
            (web.role, web.owner.as_deref(), web.value),
            (Some(Role::InternetServer), Some("Web team"), Some(4))
        );
        assert_eq!((&*pc.evidence, pc.role, pc.owner.as_deref(), pc.value), (Path::new("/mnt/pc7"), None, None, None));
        let path = Path::new("fleet.toml");
        let names = |groups: &[&str]| {
            let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            fleet.clone().within(&groups, path).map(|fleet| fleet.machines.len()).map_err(|error| error.to_string())
        };
        assert_eq!((names(&[]), names(&["gold"])), (Ok(2), Ok(1)));
        assert_eq!(names(&["iron"]), Err("fleet.toml: no group iron: it has gold, web".to_owned()));
    }

    #[test]
    fn an_error_names_the_place_and_what_is_expected() {
        let machine = |more: &str| format!("{GROUPS}[[machines]]\nname = \"a\"\nevidence = \"x\"\n{more}");
        for (text, expected) in [
            ("machines = 1".to_owned(), "site/fleet.toml, line 1: invalid type"),
            ("[[machines]]\nname = \"a\"".to_owned(), "site/fleet.toml, line 1: missing field `evidence`"),
            (machine("owners = \"x\""), "unknown field `owners`"),
            (machine("role = \"server\""), "unknown variant `server`"),
            (machine("value = 9"), "site/fleet.toml: machine a: bad value: expected 1 to 5"),
            (machine("groups = [\"x\"]"), "site/fleet.toml: machine a: no group x: expected a table [groups.x]"),
            (machine("[[machines]]\nname = \"A\"\nevidence = \"y\""), "machine A: another machine has this name"),
            (machine("[[machines]]\nname = \"b\"\nevidence = \"x\""), "machine b: another machine has this evidence"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_fleet_or_an_error(text in "[\\[\\]a-z=\"\\n ]{0,80}") {
            let _ = parse(&text);
        }
    }
}
