//! The computer that the program runs on as a target, which Windows allows. Elsewhere there is none.

use std::path::PathBuf;

use super::scan_args::ScanArgs;

/// Returns the target that a command has if it names none.
pub(super) fn default_target() -> Option<PathBuf> {
    cfg!(windows).then(|| PathBuf::from(crate::evidence::THIS_COMPUTER))
}

/// Returns the targets of a scan that chooses no machines.
pub(super) fn targets_of(arguments: &ScanArgs) -> Option<PathBuf> {
    let ScanArgs { targets, machines, fleet, hosts, .. } = arguments;
    let chooses = !targets.is_empty() || machines.is_given() || fleet.is_given() || hosts.is_given();
    if chooses { None } else { default_target() }
}

#[cfg(windows)]
pub(super) mod open {
    //! Opens this computer.

    use std::sync::OnceLock;

    use crate::cli::warn;
    use crate::evidence::budget::Budget;
    use crate::evidence::{self, Source, THIS_COMPUTER};
    use crate::scan::{OpenError, TargetSpec};

    /// Opens a target if it is this computer.
    pub(in crate::cli) fn this_computer(target: &TargetSpec) -> Option<Result<Box<dyn Source>, OpenError>> {
        if target.location.as_os_str() != THIS_COMPUTER {
            return None;
        }
        // Several commands open a target more than once.
        static TOLD: OnceLock<()> = OnceLock::new();
        if !evidence::is_elevated() {
            TOLD.get_or_init(|| {
                warn(
                    "this computer is read without administrator's rights: its accounts and protected keys and files are left \
                     out; for all of it, run wardline from an elevated prompt (Run as administrator)",
                );
            });
        }
        Some(evidence::open_this_computer(&Budget::new(target.memory)).map_err(Into::into))
    }
}
