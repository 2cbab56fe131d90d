//! Targets by the names of machines: `--machine`, `--list`, `--evidence`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Fatal, Parts};
use crate::evidence::Source;
use crate::evidence::named::{self, EvidenceFolder, MachineName, NotLocated};
use crate::scan::{OpenError, TargetScan, TargetSpec};

/// The variable that names the folder of evidence if no option does.
const VARIABLE: &str = "WARDLINE_EVIDENCE";

/// Machines by name.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Machines by name")]
pub struct MachineArgs {
    /// Machine to scan (WEB01, CONTOSO\WEB01, 10.0.0.5); may be repeated
    #[arg(long = "machine", value_name = "NAME")]
    pub machines: Vec<MachineName>,
    /// Server list, with the name of a machine on each line; may be repeated
    #[arg(long = "list", value_name = "FILE")]
    pub lists: Vec<PathBuf>,
    /// Directory in which the evidence of each machine lies: DIR/NAME, DIR/NAME.recording, .vhdx, .txt and so on
    /// [default: WARDLINE_EVIDENCE]
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
}

impl MachineArgs {
    /// Whether any machines, or a folder of their evidence, are given.
    pub(super) fn is_given(&self) -> bool {
        !(self.machines.is_empty() && self.lists.is_empty() && self.evidence.is_none())
    }
}

/// Returns the folder of evidence that was named, or the one that the environment names.
pub(super) fn evidence_folder(named: Option<&Path>) -> Option<PathBuf> {
    let variable = || std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    named.map(Path::to_owned).or_else(variable)
}

/// Targets that are known by the names of their machines. A machine without evidence is a target that cannot be opened.
#[derive(Debug, Default)]
pub(super) struct NamedTargets {
    locations: Vec<PathBuf>,
    machines: HashMap<PathBuf, Machine>,
}

#[derive(Debug)]
struct Machine {
    name: String,
    missing: Option<NotLocated>,
}

impl NamedTargets {
    /// Reads the lists, and looks for the evidence of each machine.
    ///
    /// # Errors
    ///
    /// If a list cannot be used, or no folder of evidence is named or it cannot be listed.
    pub(super) fn find(arguments: &MachineArgs) -> Result<Self, Fatal> {
        let mut names = arguments.machines.clone();
        for list in &arguments.lists {
            names.extend(named::read(list).map_err(|error| format!("{}: {error}", list.display()))?);
        }
        if names.is_empty() {
            return match arguments.evidence {
                Some(_) => Err("--evidence: no machines; name them with --machine or --list".into()),
                None => Ok(NamedTargets::default()),
            };
        }
        let folder = evidence_folder(arguments.evidence.as_deref())
            .ok_or("no folder of evidence: name it with --evidence, or set WARDLINE_EVIDENCE")?;
        let evidence = EvidenceFolder::open(&folder)?;
        let mut targets = NamedTargets::default();
        for name in names {
            let (location, missing) = match evidence.locate(&name) {
                Ok(location) => (location, None),
                Err(error) => (evidence.place(&name), Some(error)),
            };
            // Two names of one machine, with and without its domain, are one target.
            if !targets.machines.contains_key(&location) {
                targets.locations.push(location.clone());
                targets.machines.insert(location, Machine { name: name.to_string(), missing });
            }
        }
        Ok(targets)
    }

    /// The locations of the targets, in the order of their names.
    pub(super) fn locations(&self) -> std::slice::Iter<'_, PathBuf> {
        self.locations.iter()
    }

    /// Opens a target, named or not.
    ///
    /// # Errors
    ///
    /// If there is no evidence of the machine, or it cannot be opened.
    pub(super) fn open(&self, target: &TargetSpec, parts: &dyn Parts) -> Result<Box<dyn Source>, OpenError> {
        match self.machines.get(&target.location).and_then(|machine| machine.missing.as_ref()) {
            Some(missing) => Err(missing.clone().into()),
            None => parts.open(target),
        }
    }

    /// Gives the result of a named target its machine's name. Several Windows in one disk image keep their numbers.
    pub(super) fn named(&self, scan: TargetScan) -> TargetScan {
        let machine = |location: &str| self.machines.get(Path::new(location)).map(|machine| machine.name.clone());
        let of_partition = || {
            let (image, number) = scan.location.rsplit_once('#')?;
            Some(format!("{}#{number}", machine(image)?))
        };
        match machine(&scan.location).or_else(of_partition) {
            Some(name) => TargetScan { name, ..scan },
            None => scan,
        }
    }
}
