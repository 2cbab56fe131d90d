//! The folder with the evidence of named machines: `WEB01` (a volume or texts), `WEB01.recording`, `WEB01.vhdx`, `WEB01.txt`. The
//! evidence of a domain's machines may be in a folder named after the domain.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::MachineName;

/// The endings of files that evidence is in, in lower case.
const ENDINGS: [&str; 17] = [
    "recording",
    "json",
    "txt",
    "csv",
    "xml",
    "log",
    "vhd",
    "vhdx",
    "avhd",
    "avhdx",
    "vmdk",
    "qcow2",
    "raw",
    "img",
    "dd",
    "e01",
    "ex01",
];

/// The maximum number of entries of a folder.
const MAX_ENTRIES: usize = 1_000_000;

/// The folder of evidence, as listed when it was opened.
#[derive(Clone, Debug)]
pub struct EvidenceFolder {
    path: PathBuf,
    /// The evidence directly in the folder, by the folded name of the machine.
    machines: Entries,
    /// The evidence in the folders in it, by the folded name of the domain.
    domains: BTreeMap<String, Entries>,
}

/// The paths by the folded name of the machine. More than one is an ambiguity.
type Entries = BTreeMap<String, Vec<PathBuf>>;

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("{}: cannot be listed: {source}", path.display())]
    Unlisted { path: PathBuf, source: std::io::Error },
    #[error("{}: too many entries: a folder of evidence may have at most {MAX_ENTRIES}", path.display())]
    TooMany { path: PathBuf },
}

/// Why there is no evidence of a machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotLocated {
    #[error("no evidence: {} has no {name}, and no file of that name with the ending of a recording, an image or a text", folder.display())]
    Nothing { folder: PathBuf, name: String },
    #[error("evidence twice: {} and {}; keep one of them", first.display(), second.display())]
    Ambiguous { first: PathBuf, second: PathBuf },
}

impl EvidenceFolder {
    /// Lists a folder.
    ///
    /// # Errors
    ///
    /// If it cannot be listed, or has too many entries.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let (machines, folders) = list(path)?;
        let mut domains = BTreeMap::new();
        for folder in folders {
            // That the root of a volume cannot be read does not concern the other machines.
            if let (Some(name), Ok((machines, _))) = (file_name(&folder), list(&folder)) {
                domains.insert(wardline_upcase::fold(&name), machines);
            }
        }
        Ok(EvidenceFolder { path: path.to_owned(), machines, domains })
    }

    /// Returns where the evidence of a machine is. A machine with a domain is looked for in the folder of the domain first.
    ///
    /// # Errors
    ///
    /// [`NotLocated`] if there is none, or more than one.
    pub fn locate(&self, name: &MachineName) -> Result<PathBuf, NotLocated> {
        let computer = wardline_upcase::fold(name.computer());
        let domain = name.domain().and_then(|domain| self.domains.get(&wardline_upcase::fold(domain)));
        let found = domain.and_then(|machines| machines.get(&computer)).or_else(|| self.machines.get(&computer));
        match found.map(Vec::as_slice).unwrap_or_default() {
            [] => Err(NotLocated::Nothing { folder: self.path.clone(), name: name.computer().to_owned() }),
            [path] => Ok(path.clone()),
            [first, second, ..] => Err(NotLocated::Ambiguous { first: first.clone(), second: second.clone() }),
        }
    }

    /// Returns the place of a machine that has no evidence, for reports: it does not exist.
    pub fn place(&self, name: &MachineName) -> PathBuf {
        self.path.join(name.computer())
    }

    /// Returns the names of the machines directly in the folder, in order.
    pub fn machines(&self) -> Vec<MachineName> {
        names(&self.machines)
    }

    /// Returns the names of the machines in the folder of a domain, or `None` if there is no such folder.
    pub fn machines_of(&self, domain: &str) -> Option<Vec<MachineName>> {
        let machines = self.domains.get(&wardline_upcase::fold(domain))?;
        let of_domain = |name: MachineName| MachineName { domain: Some(domain.to_owned()), ..name };
        Some(names(machines).into_iter().map(of_domain).collect())
    }
}

/// The names as the files have them.
fn names(entries: &Entries) -> Vec<MachineName> {
    let name = |paths: &Vec<PathBuf>| {
        let path = paths.first()?;
        MachineName::parse(&machine_of(&file_name(path)?, path.is_dir())?).ok()
    };
    entries.values().filter_map(name).collect()
}

/// Lists the evidence in a folder, and the folders among it.
fn list(path: &Path) -> Result<(Entries, Vec<PathBuf>), FolderError> {
    let unlisted = |source| FolderError::Unlisted { path: path.to_owned(), source };
    let (mut entries, mut folders) = (Entries::new(), Vec::new());
    for (count, entry) in std::fs::read_dir(path).map_err(unlisted)?.enumerate() {
        if count == MAX_ENTRIES {
            return Err(FolderError::TooMany { path: path.to_owned() });
        }
        let found = entry.map_err(unlisted)?.path();
        let is_folder = found.is_dir();
        if let Some(machine) = file_name(&found).and_then(|name| machine_of(&name, is_folder)) {
            entries.entry(wardline_upcase::fold(&machine)).or_default().push(found.clone());
        }
        if is_folder {
            folders.push(found);
        }
    }
    entries.values_mut().for_each(|paths| paths.sort());
    Ok((entries, folders))
}

fn file_name(path: &Path) -> Option<String> {
    path.file_name().and_then(|name| name.to_str()).map(str::to_owned)
}

/// Returns the machine that an entry is the evidence of, or `None` if it is not evidence. `scan --record` appends twelve hexadecimal
/// digits to the name of a machine, which distinguish recordings but are not part of the name.
fn machine_of(name: &str, is_folder: bool) -> Option<String> {
    if is_folder {
        return Some(name.to_owned());
    }
    let (stem, ending) = name.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    if stem.is_empty() || !ENDINGS.contains(&ending.as_str()) {
        return None;
    }
    let is_digest = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match stem.rsplit_once('-') {
        Some((machine, digest)) if ending == "recording" && is_digest(digest) && !machine.is_empty() => {
            Some(machine.to_owned())
        }
        _ => Some(stem.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(files: &[&str], folders: &[&str]) -> (tempfile::TempDir, EvidenceFolder) {
        let folder = tempfile::tempdir().unwrap();
        folders.iter().for_each(|name| std::fs::create_dir_all(folder.path().join(name)).unwrap());
        files.iter().for_each(|name| std::fs::write(folder.path().join(name), "").unwrap());
        let opened = EvidenceFolder::open(folder.path()).unwrap();
        (folder, opened)
    }

    fn located(evidence: &EvidenceFolder, name: &str) -> Result<String, NotLocated> {
        let path = evidence.locate(&MachineName::parse(name).unwrap())?;
        Ok(path.strip_prefix(&evidence.path).unwrap().display().to_string())
    }

    #[test]
    fn evidence_is_found_by_the_name_of_its_machine() {
        let (_folder, evidence) = evidence(
            &[
                "web01.txt",
                "SQL01.VHDX",
                "dc01-0123456789ab.recording",
                "notes.md",
                "CONTOSO/FP01.recording",
                "web02.contoso.com.json",
            ],
            &["CONTOSO", "FP01", "fp02"],
        );
        for (name, expected) in [
            ("WEB01", "web01.txt"),
            ("sql01", "SQL01.VHDX"),
            ("DC01", "dc01-0123456789ab.recording"),
            ("FP01", "FP01"),
            (r"contoso\fp01", "CONTOSO/FP01.recording"),
            // A domain without a folder of its own, and a machine that is not in it.
            (r"FABRIKAM\FP02", "fp02"),
            (r"CONTOSO\FP02", "fp02"),
            ("WEB02.contoso.com", "web02.contoso.com.json"),
        ] {
            assert_eq!(located(&evidence, name).as_deref(), Ok(expected), "{name}");
        }
        for absent in ["WEB03", "notes", "0123456789ab"] {
            assert!(matches!(located(&evidence, absent), Err(NotLocated::Nothing { .. })), "{absent}");
        }
        let listed = evidence.machines_of("Contoso").unwrap();
        assert_eq!(listed.iter().map(ToString::to_string).collect::<Vec<_>>(), [r"Contoso\FP01"]);
        assert!(evidence.machines_of("FABRIKAM").is_none());
    }

    #[test]
    fn which_of_two_is_meant_is_not_guessed() {
        let (_folder, evidence) = evidence(&["WEB01.txt", "WEB01.recording"], &[]);
        let error = located(&evidence, "web01").unwrap_err().to_string();
        assert!(error.starts_with("evidence twice: ") && error.ends_with("WEB01.txt; keep one of them"), "{error}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let error = EvidenceFolder::open(Path::new("/nowhere/at/all")).unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/at/all: cannot be listed: "), "{error}");
    }
}
