//! `cargo xtask package`: whether the SDK can be published.

use anyhow::Result;

use crate::run::{cargo, run};
use crate::workspace::Workspace;

/// Packages the SDK and the crates below its folder as `cargo publish` would, builds each from its package alone, and uploads
/// nothing. Reads the index of crates.io.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let metadata = Workspace::packages()?;
    let folder = workspace.root.join("plugin-sdk");
    let sdk = metadata.workspace_packages().into_iter().filter(|package| package.manifest_path.starts_with(&folder));
    let mut publish = cargo(&workspace.root);
    publish.args(["publish", "--dry-run", "--allow-dirty"]);
    sdk.for_each(|package| {
        publish.args(["--package", &package.name]);
    });
    run(&mut publish)
}
