//! `cargo xtask bench`: all measurements in one run.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{cargo, run, step};
use crate::test::FEATURES;
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
    let [wardline, benchmarks] = step("wardline and its benchmarks, optimised", || build(workspace))?;
    let mut command = Command::new(benchmarks);
    command.current_dir(&workspace.root).args(sections).args(quick.then_some("--quick"));
    command.env("WARDLINE_BINARY", &wardline).env("WARDLINE_BENCH_DIR", folder(workspace)?);
    step("benchmarks", || run(&mut command))
}

/// Builds the program and the benchmarks, and returns their paths. One call of cargo, so that both have the same dependencies: each on
/// its own has features that the other does not, and the compiler for WebAssembly would be built twice.
fn build(workspace: &Workspace) -> Result<[PathBuf; 2]> {
    let programs = ["wardline", "wardline-bench"];
    let mut command = cargo(&workspace.root);
    command.args(["build", "--workspace", "--profile", "dist"]).args(FEATURES);
    command.args(programs.iter().flat_map(|name| ["--bin", name]));
    dist::locate_plugins(workspace, &mut command);
    run(&mut command)?;
    Ok(programs.map(|name| dist::program(workspace, name, "dist")))
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
