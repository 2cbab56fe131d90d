//! `cargo xtask bench`: all measurements in one run.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::run::{cargo, run, step};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use crate::{dist, plugins};

/// The section that Criterion measures, alone: it builds more, and takes minutes.
const CRITERION: &str = "criterion";

/// Builds the program and the benchmarks with the profile of releases, `dist`, and runs them. The table goes to stdout.
///
/// `WARDLINE_BASELINE` names another build of the program to compare with.
pub(crate) fn bench(workspace: &Workspace, toolchain: &Toolchain, sections: &[String], quick: bool) -> Result<()> {
    plugins::build_stock(workspace, toolchain, &plugins::STOCK)?;
    if sections == [CRITERION] {
        return criterion(workspace);
    }
    let wardline = step("wardline, optimised", || dist::build_host(workspace, "dist"))?;
    let folder = folder(workspace)?;
    let mut command = cargo(&workspace.root);
    // The same profile, so that both are measured as released and nothing is built twice.
    command.args(["run", "--package", "wardline-bench", "--profile", "dist"]);
    dist::locate_plugins(workspace, &mut command);
    command.arg("--").args(sections).args(quick.then_some("--quick"));
    command.env("WARDLINE_BINARY", &wardline).env("WARDLINE_BENCH_DIR", &folder);
    step("benchmarks", || run(&mut command))
}

fn criterion(workspace: &Workspace) -> Result<()> {
    let mut command = cargo(&workspace.root);
    command.args(["bench", "--package", "wardline-bench", "--bench", CRITERION, "--profile", "dist"]);
    dist::locate_plugins(workspace, &mut command);
    command.env("WARDLINE_BENCH_DIR", folder(workspace)?);
    step("benchmarks", || run(&mut command))
}

/// Creates the folder for what the benchmarks build on the way.
fn folder(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}
