//! `cargo xtask dist`: builds the release binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{cargo, run, step};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use crate::{compiled_plugins, plugins};

/// Builds `target/dist/wardline`, a single file that contains the stock plugins and needs nothing beside it.
pub(crate) fn dist(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    plugins::build_stock(workspace, toolchain, &plugins::STOCK)?;
    let compiled = workspace.target.join("compiled-plugins");
    fs::create_dir_all(&compiled).with_context(|| format!("cannot create {}", compiled.display()))?;
    let build = || build_with(workspace, &["--bin", "wardline"], "dist", Some(&compiled));
    step("wardline, optimised", build)?;
    let binary = program(workspace, "wardline", "dist");
    // The program itself compiles the plugins that it is going to contain.
    if step("stock plugins, compiled", || compiled_plugins::write(&binary, &compiled))? {
        step("wardline, with compiled plugins", build)?;
    }
    let size = fs::metadata(&binary).with_context(|| format!("cannot read {}", binary.display()))?.len();
    println!("{} ({:.1} MB)", shown(workspace, &binary), size as f64 / 1e6);
    Ok(())
}

/// Builds the command line with a cargo profile and returns its path. The stock plugins in `target/plugins` become part of it.
pub(crate) fn build_host(workspace: &Workspace, profile: &str) -> Result<PathBuf> {
    build(workspace, &["--bin", "wardline"], profile)?;
    Ok(program(workspace, "wardline", profile))
}

/// Returns the path of a program that is built with a cargo profile.
pub(crate) fn program(workspace: &Workspace, name: &str, profile: &str) -> PathBuf {
    let folder = if profile == "dev" { "debug" } else { profile };
    workspace.target.join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Builds all that the command line consists of, whether or not the stock plugins are there already.
pub(crate) fn build_library(workspace: &Workspace, profile: &str) -> Result<()> {
    build(workspace, &["--lib"], profile)
}

fn build(workspace: &Workspace, target: &[&str], profile: &str) -> Result<()> {
    build_with(workspace, target, profile, None)
}

/// Builds with what the stock plugins are compiled to, from a folder that [`compiled_plugins::write`] has written.
fn build_with(workspace: &Workspace, target: &[&str], profile: &str, compiled: Option<&Path>) -> Result<()> {
    let mut command = cargo(&workspace.root);
    command.args(["build", "--package", "wardline", "--profile", profile]).args(target);
    locate_plugins(workspace, &mut command);
    if let Some(compiled) = compiled {
        command.env("WARDLINE_COMPILED_PLUGINS_DIR", compiled);
    }
    run(&mut command)
}

/// Tells the host's build script and the tests where the plugins are, in case they would not find them by default. The variable is
/// set only then, because one that is set for one build and not for the next makes cargo rebuild the host each time.
pub(crate) fn locate_plugins(workspace: &Workspace, cargo: &mut Command) {
    if workspace.target != workspace.root.join("target") {
        cargo.env("WARDLINE_PLUGINS_DIR", workspace.plugins());
        cargo.env("WARDLINE_GUESTS_DIR", workspace.guest_plugins());
    }
}

/// Formats a path relative to the workspace.
fn shown(workspace: &Workspace, path: &Path) -> String {
    path.strip_prefix(&workspace.root).unwrap_or(path).display().to_string()
}
