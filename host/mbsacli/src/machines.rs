//! The machines that the switches name, and which of them there is evidence of.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use wardline_evidence::named::{self, BadName, EvidenceFolder, ListError, MachineName};

use crate::range::AddressRange;

/// Machines, as the switches name them. Empty for the computer that the program runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machines {
    /// `/c`, `-h`, and addresses: `/i`, `-i`.
    pub names: Vec<MachineName>,
    /// `-fh`.
    pub name_files: Vec<PathBuf>,
    /// `-fip`.
    pub address_files: Vec<PathBuf>,
    /// `/r`, `-r`.
    pub ranges: Vec<AddressRange>,
    /// `/d`, `-d`.
    pub domains: Vec<String>,
    /// `-n`.
    pub network: bool,
}

/// The machines cannot be determined.
#[derive(Debug, thiserror::Error)]
pub enum MachinesError {
    #[error("{}: {source}", file.display())]
    List { file: PathBuf, source: ListError },
    #[error("{}: expected IPv4 addresses, found `{found}`", file.display())]
    NotAnAddress { file: PathBuf, found: String },
    #[error("no evidence of a machine with an address in {0}")]
    EmptyRange(AddressRange),
    #[error("no evidence of the domain {0}: the folder of evidence has no folder of this name with machines in it")]
    NoDomain(String),
    #[error("the machines of a domain or a network cannot be listed; name them, or a folder of evidence")]
    Unlisted,
    #[error("no evidence of any machine: the folder of evidence is empty")]
    NoMachines,
    #[error("{0}")]
    Name(#[from] BadName),
}

impl Machines {
    /// Whether the switches name no machine.
    pub fn is_this_computer(&self) -> bool {
        *self == Machines::default()
    }

    /// Returns the machines' names, each once. A range, a domain or the network means those of its machines that have evidence:
    /// MBSA does not report either that nothing answers at an address.
    ///
    /// # Errors
    ///
    /// If a file of names cannot be used, or there is no evidence of any machine of a range or a domain.
    pub fn resolve(&self, evidence: &EvidenceFolder) -> Result<Vec<MachineName>, MachinesError> {
        let mut names = self.listed()?;
        for range in &self.ranges {
            let mut inside: Vec<MachineName> = evidence.machines();
            inside.retain(|name| address(name).is_some_and(|address| range.contains(address)));
            inside.sort_by_key(address);
            if inside.is_empty() {
                return Err(MachinesError::EmptyRange(*range));
            }
            names.extend(inside);
        }
        for domain in &self.domains {
            let machines = evidence.machines_of(domain).filter(|machines| !machines.is_empty());
            names.extend(machines.ok_or_else(|| MachinesError::NoDomain(domain.clone()))?);
        }
        if self.network {
            let machines = evidence.machines();
            if machines.is_empty() {
                return Err(MachinesError::NoMachines);
            }
            names.extend(machines);
        }
        Ok(once(names))
    }

    /// Returns the names of running machines, each once. Those in `ranges` come in addition.
    ///
    /// # Errors
    ///
    /// If a file of names cannot be used, or a domain or the network is named, whose machines only a server could list.
    pub fn running(&self) -> Result<Vec<MachineName>, MachinesError> {
        match self.domains.is_empty() && !self.network {
            true => Ok(once(self.listed()?)),
            false => Err(MachinesError::Unlisted),
        }
    }

    /// Returns the machines that are named, directly or in files.
    fn listed(&self) -> Result<Vec<MachineName>, MachinesError> {
        let mut names = self.names.clone();
        let list =
            |file: &PathBuf| named::read(file).map_err(|source| MachinesError::List { file: file.clone(), source });
        for file in &self.name_files {
            names.extend(list(file)?);
        }
        for file in &self.address_files {
            let addresses = list(file)?;
            if let Some(other) = addresses.iter().find(|name| address(name).is_none()) {
                return Err(MachinesError::NotAnAddress { file: file.clone(), found: other.to_string() });
            }
            names.extend(addresses);
        }
        Ok(names)
    }
}

fn once(mut names: Vec<MachineName>) -> Vec<MachineName> {
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

fn address(name: &MachineName) -> Option<Ipv4Addr> {
    name.computer().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_domains_and_files_are_the_machines_with_evidence() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("CONTOSO")).unwrap();
        for name in ["10.0.0.9.txt", "10.0.0.10.txt", "10.0.1.1.txt", "web01.txt", "CONTOSO/fp01.txt"] {
            write(name, "");
        }
        write("names.lst", "WEB01\r\nweb02\r\n");
        write("addresses.lst", "10.0.0.77\r\n");
        let evidence = EvidenceFolder::open(folder.path()).unwrap();
        let resolved = |machines: Machines| {
            machines
                .resolve(&evidence)
                .map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
                .map_err(|error| error.to_string().replace(&folder.path().display().to_string(), "DIR"))
        };
        let range = |text: &str| Machines { ranges: vec![text.parse().unwrap()], ..Machines::default() };
        let domain = |name: &str| Machines { domains: vec![name.to_owned()], ..Machines::default() };
        let file = |name: &str| folder.path().join(name);
        assert_eq!(resolved(range("10.0.0.1-10.0.0.255")).unwrap(), "10.0.0.9 10.0.0.10");
        assert_eq!(
            resolved(range("10.9.0.1-10.9.0.2")).unwrap_err(),
            "no evidence of a machine with an address in 10.9.0.1-10.9.0.2"
        );
        assert_eq!(resolved(domain("contoso")).unwrap(), r"contoso\fp01");
        assert!(resolved(domain("FABRIKAM")).unwrap_err().starts_with("no evidence of the domain FABRIKAM"));
        let lists = Machines {
            names: vec![MachineName::parse("web01").unwrap()],
            name_files: vec![file("names.lst")],
            address_files: vec![file("addresses.lst")],
            ..Machines::default()
        };
        assert_eq!(lists.running().unwrap().len(), 3);
        assert_eq!(resolved(lists).unwrap(), "web01 web02 10.0.0.77");
        assert!(matches!(domain("CONTOSO").running(), Err(MachinesError::Unlisted)));
        let wrong = Machines { address_files: vec![file("names.lst")], ..Machines::default() };
        assert_eq!(resolved(wrong).unwrap_err(), "DIR/names.lst: expected IPv4 addresses, found `WEB01`");
        let network = resolved(Machines { network: true, ..Machines::default() }).unwrap();
        assert!(network.contains("web01") && network.contains("10.0.1.1"), "{network}");
    }
}
