//! The dependencies that wardline may have: `deny.toml` says it, and cargo-deny checks it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::semver::{Version, VersionReq};

use crate::run::{cargo, output_of, run, step};
use crate::workspace::Workspace;

/// The version of cargo-deny that is built where there is none that is compatible with it.
const VERSION: &str = "0.20.2";

/// Fails if a dependency, on any platform and with any feature, has a licence or comes from a place that `deny.toml` does not allow, or
/// is banned there.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut check = Command::new(cargo_deny(workspace)?);
    check.current_dir(&workspace.root).args(["check", "licenses", "bans", "sources"]);
    run(&mut check).context(
        "the reason is above; where deny.toml does not allow a dependency, use another one, or allow it there and say why",
    )
}

/// Returns the program: the one that is installed, or one of our own.
fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target.join("tools");
    let own = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    let there = [PathBuf::from("cargo-deny"), own.clone()];
    if let Some(program) = there.into_iter().find(|program| is_compatible(program)) {
        return Ok(program);
    }
    step("cargo-deny", || install(workspace, &tools))?;
    Ok(own)
}

fn is_compatible(program: &Path) -> bool {
    output_of(Command::new(program).arg("--version")).is_ok_and(|answer| can_stand_in(&answer))
}

/// Whether what prints this as its version reads the same `deny.toml`.
fn can_stand_in(answer: &str) -> bool {
    let version = answer.trim().strip_prefix("cargo-deny ").map(Version::parse);
    VersionReq::parse(VERSION)
        .is_ok_and(|compatible| matches!(version, Some(Ok(version)) if compatible.matches(&version)))
}

/// Builds it without optimisation, which takes about a minute and costs a second for each check.
fn install(workspace: &Workspace, tools: &Path) -> Result<()> {
    let mut install = cargo(&workspace.root);
    // Quietly: cargo would advise to add the folder to PATH.
    install.args(["install", "--quiet", "--locked", "--debug", "--version", VERSION, "cargo-deny", "--root"]);
    install.arg(tools).env("CARGO_PROFILE_DEV_DEBUG", "false");
    // In a folder that cargo removes afterwards.
    install.env_remove("CARGO_TARGET_DIR");
    run(&mut install)
}

#[cfg(test)]
mod tests {
    use super::can_stand_in;

    #[test]
    fn a_compatible_version_stands_in_for_ours() {
        let table = [
            ("cargo-deny 0.20.2\n", true),
            ("cargo-deny 0.20.9\n", true),
            ("cargo-deny 0.20.1\n", false),
            ("cargo-deny 0.21.0\n", false),
            ("cargo-deny 1.0.0\n", false),
            ("cargo-deny\n", false),
            ("", false),
        ];
        for (answer, expected) in table {
            assert_eq!(can_stand_in(answer), expected, "{answer:?}");
        }
    }
}
