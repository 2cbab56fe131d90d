//! `cargo xtask test`: everything that must pass before a change is merged.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::dist::locate_plugins;
use crate::run::{beside, cargo, exists, run, step};
use crate::toolchain::{MINGW_GCC, Source, Toolchain, WINDOWS};
use crate::workspace::Workspace;
use crate::{contract, crates, dependencies, modules, plugins, soak, windows};

/// The SDK features that the tests need beyond its defaults: the bench that checkers are tested on.
pub(crate) const FEATURES: [&str; 2] = ["--features", "wardline-plugin-sdk/testing"];

/// Runs all checks, the fastest first and the slowest last, and stops at the first that fails. `find_toolchain` is called only when a
/// toolchain is needed.
pub(crate) fn test(workspace: &Workspace, find_toolchain: &dyn Fn() -> Result<Toolchain>) -> Result<()> {
    step("dependencies", || dependencies::check(workspace))?;
    step("contract", || contract::check(workspace))?;
    step("crates and modules", || crates::check(workspace).and_then(|()| modules::check(workspace)))?;
    step("format", || {
        add_component(workspace, "fmt", "rustfmt")?;
        run(cargo(&workspace.root).args(["fmt", "--all", "--", "--check"]))?;
        // A separate workspace, as a vendor would have it.
        run(cargo(&workspace.root.join("examples/rust")).args(["fmt", "--", "--check"]))?;
        run(cargo(&workspace.root.join("fuzz")).args(["fmt", "--", "--check"]))
    })?;
    add_component(workspace, "clippy", "clippy")?;
    let toolchain = find_toolchain()?;
    // Optimising a plugin as a whole takes one processor only.
    beside(
        || {
            plugins::build_stock(workspace, &toolchain, &plugins::STOCK)?;
            plugins::build_guests(workspace, &toolchain)
        },
        || {
            step("lints", || {
                let mut clippy = command(workspace, &["clippy", "--workspace", "--all-targets"]);
                run(clippy.args(["--", "--deny", "warnings"]))
            })
        },
    )?;
    step("documentation", || {
        run(command(workspace, &["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))
    })?;
    step("tests", || run(&mut command(workspace, &["test", "--workspace", "--no-fail-fast"])))?;
    // Files from real machines, which are not part of the project.
    if workspace.root.join("../shared/data").is_dir() {
        step("tests on real files", || {
            let mut test = command(workspace, &["test", "--workspace", "--no-fail-fast", "--lib", "--tests"]);
            // All ignored tests, except measurements, those that take minutes or the tools of others, and those that follow.
            run(test.args([
                "--",
                "--ignored",
                "--skip",
                "speed",
                "--skip",
                "what_other_tools_sign",
                "--skip",
                soak::NAMES,
                "--skip",
                "interpreted",
            ]))
        })?;
    }
    if exists("gcab") && exists("osslsigncode") {
        step("cabinets that other tools sign", || {
            let mut test = command(workspace, &["test", "--workspace", "--test", "tools"]);
            run(test.args(["--", "what_other_tools_sign", "--ignored"]))
        })?;
    } else {
        eprintln!("skipped: cabinets that other tools sign: gcab and osslsigncode are not installed");
    }
    if exists(MINGW_GCC) {
        match Toolchain::find(workspace, &WINDOWS, Source::Auto) {
            Ok(for_windows) => windows::windows(workspace, find_toolchain, &for_windows, windows::PROFILE)?,
            Err(error) => eprintln!("skipped: wardline.exe: {error:#}"),
        }
    } else {
        eprintln!(
            "skipped: wardline.exe: {MINGW_GCC} is not installed (on Debian: apt-get install gcc-mingw-w64-x86-64)"
        );
    }
    // Separately and one at a time, because each would slow the others down: they compile tens of megabytes.
    step("plugins in JavaScript and Python", || {
        let mut test = command(workspace, &["test", "--workspace", "--test", "all"]);
        run(test.args(["--", "vendor::interpreted", "--ignored", "--test-threads", "1", "--show-output"]))
    })
}

/// Returns a call of cargo with the features and plugins that the tests need.
pub(crate) fn command(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = cargo(&workspace.root);
    command.args(arguments).args(FEATURES);
    locate_plugins(workspace, &mut command);
    command
}

/// Adds a component of the toolchain that minimal installations lack. Without rustup, the step itself reports what is missing.
fn add_component(workspace: &Workspace, subcommand: &str, component: &str) -> Result<()> {
    let mut probe = cargo(&workspace.root);
    probe.args([subcommand, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if probe.status()?.success() {
        return Ok(());
    }
    run(Command::new("rustup").args(["component", "add", component]))
}
