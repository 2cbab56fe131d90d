//! `cargo xtask demo`: an end-to-end run on generated machines.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use wardline_fixtures::fleet;

use crate::run::{beside, run, step};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use crate::{dist, plugins};

/// Writes two small fleets of volumes into `target/demo`, one of 2001 and one of today, each with its catalog, scans them, and prints
/// the reports to stdout.
pub(crate) fn demo(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    // Optimising a plugin as a whole takes one processor only.
    beside(
        || plugins::build_stock(workspace, toolchain, &plugins::STOCK),
        || step("what wardline is built from", || dist::build_library(workspace, "dev")),
    )?;
    let wardline = step("wardline", || dist::build_host(workspace, "dev"))?;
    let folder = workspace.target.join("demo");
    let (fleet, today) = step("fleets of volumes", || {
        // The remains of an earlier demo would be scanned too.
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        let write =
            || -> std::io::Result<_> { Ok((fleet::demo(&folder.join("2001"))?, fleet::today(&folder.join("today"))?)) };
        write().with_context(|| format!("cannot write into {}", folder.display()))
    })?;
    let scan = |machines: Vec<&PathBuf>, catalog: &Path| {
        run(Command::new(&wardline).arg("scan").args(machines).arg("--catalog").arg(catalog))
    };
    step("scan of the fleet of 2001", || {
        scan(fleet.machines.iter().map(|machine| &machine.folder).collect(), &fleet.catalog)
    })?;
    step("scan of the fleet of today", || {
        scan(today.machines.iter().map(|machine| &machine.folder).collect(), &today.catalog)
    })
}
