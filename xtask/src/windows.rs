//! `cargo xtask windows`: wardline for Windows, cross-compiled, and tried in Wine.

mod wine;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::dist::locate_plugins;
use crate::plugins;
use crate::run::{run, step};
use crate::toolchain::{Toolchain, WINDOWS};
use crate::workspace::Workspace;

/// The crates whose tests run in Wine: those with code of their own for Windows.
const TESTED: [&str; 2] = ["wardline-this-computer", "wardline-files"];

/// Checks that the program and the crates' tests compile for Windows. Links nothing.
pub(crate) fn check(workspace: &Workspace, windows: &Toolchain) -> Result<()> {
    let mut cargo = windows.cargo(workspace);
    cargo.args(["check", "--package", "wardline"]);
    TESTED.into_iter().for_each(|name| {
        cargo.args(["--package", name]);
    });
    locate_plugins(workspace, &mut cargo);
    step("check for Windows", || run(&mut cargo))
}

/// Builds `target/x86_64-pc-windows-gnu/<profile>/wardline.exe` with the stock plugins in it, and tries it in Wine, if that is
/// installed.
pub(crate) fn windows(
    workspace: &Workspace,
    plugins_toolchain: &dyn Fn() -> Result<Toolchain>,
    windows: &Toolchain,
    profile: &str,
) -> Result<()> {
    let missing: Vec<&str> = plugins::STOCK
        .into_iter()
        .filter(|name| !workspace.plugins().join(format!("wardline-{name}.wasm")).is_file())
        .collect();
    if !missing.is_empty() {
        plugins::build_stock(workspace, &plugins_toolchain()?, &missing)?;
    }
    let program = step("wardline.exe", || build(workspace, windows, profile))?;
    let size = fs::metadata(&program).with_context(|| format!("cannot read {}", program.display()))?.len();
    println!("{} ({:.1} MB)", program.display(), size as f64 / 1e6);
    let Some(wine) = wine::Wine::find(&workspace.target.join("windows")) else {
        eprintln!("skipped: wardline.exe was not started: there is no Wine (on Debian: apt-get install wine64)");
        return Ok(());
    };
    step("Wine's prefix", || wine.prepare())?;
    step("tests in Wine", || {
        let mut cargo = windows.cargo(workspace);
        let mut evidence = windows.cargo(workspace);
        evidence.args(["test", "--profile", profile, "--lib", "--package", "wardline-evidence", "this_computer"]);
        cargo.args(["test", "--profile", profile, "--lib"]);
        TESTED.into_iter().for_each(|name| {
            cargo.args(["--package", name]);
        });
        for mut tests in [cargo, evidence] {
            wine.run_tests_of(&mut tests);
            run(&mut tests)?;
        }
        Ok(())
    })?;
    step("scans in Wine", || wine.scans(&program))
}

fn build(workspace: &Workspace, windows: &Toolchain, profile: &str) -> Result<PathBuf> {
    let mut cargo = windows.cargo(workspace);
    cargo.args(["build", "--package", "wardline", "--bin", "wardline", "--profile", profile]);
    locate_plugins(workspace, &mut cargo);
    run(&mut cargo)?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(workspace.target.join(WINDOWS.triple).join(folder).join("wardline.exe"))
}
