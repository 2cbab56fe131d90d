//! `cargo xtask windows`: wardline for Windows, cross-compiled, and tried in Wine.

mod tryout;
mod wine;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use self::tryout::{Tryout, machine};
use self::wine::Wine;
use crate::dist::{locate_plugins, program};
use crate::run::{run, step};
use crate::toolchain::{Toolchain, WINDOWS};
use crate::workspace::Workspace;
use crate::{plugins, test};

/// The profile that is soonest built.
pub(crate) const PROFILE: &str = "quick";

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
    let built = step("wardline.exe", || build(workspace, windows, profile))?;
    let size = fs::metadata(&built).with_context(|| format!("cannot read {}", built.display()))?.len();
    println!("{} ({:.1} MB)", built.display(), size as f64 / 1e6);
    let folder = workspace.target.join("windows");
    let Some(wine) = Wine::find(&folder) else {
        eprintln!("skipped: wardline.exe was not started: there is no Wine (on Debian: apt-get install wine64)");
        return Ok(());
    };
    step("Wine's prefix", || wine.prepare(&machine()))?;
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
    // As the tests build it, so that nothing is compiled a second time.
    step("wardline for this system", || {
        run(&mut test::command(workspace, &["build", "--workspace", "--bin", "wardline"]))
    })?;
    let here = program(workspace, "wardline", "dev");
    let tryout = Tryout { wine: &wine, windows: &built, here: &here, folder: &folder.join("tryout") };
    step("scans in Wine", || tryout.run())
}

fn build(workspace: &Workspace, windows: &Toolchain, profile: &str) -> Result<PathBuf> {
    let mut cargo = windows.cargo(workspace);
    cargo.args(["build", "--package", "wardline", "--bin", "wardline", "--profile", profile]);
    locate_plugins(workspace, &mut cargo);
    run(&mut cargo)?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(workspace.target.join(WINDOWS.triple).join(folder).join("wardline.exe"))
}
