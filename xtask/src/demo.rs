//! `cargo xtask demo`: an end-to-end run on generated machines.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use wardline_fixtures::fleet;

use crate::run::{run, step};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use crate::{dist, plugins};

/// Writes a small fleet of volumes and a catalog into `target/demo`, scans it, and prints the report to stdout.
pub(crate) fn demo(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    plugins::build_stock(workspace, toolchain, &plugins::STOCK)?;
    let wardline = step("wardline", || dist::build_host(workspace, "dev"))?;
    let folder = workspace.target.join("demo");
    let fleet = step("a fleet of volumes", || {
        // The remains of an earlier demo would be scanned too.
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        fleet::demo(&folder).with_context(|| format!("cannot write into {}", folder.display()))
    })?;
    step("scan", || {
        let mut scan = Command::new(&wardline);
        scan.arg("scan").args(fleet.machines.iter().map(|machine| &machine.folder));
        run(scan.arg("--catalog").arg(&fleet.catalog))
    })
}
