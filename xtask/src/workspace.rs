//! The locations of the workspace's files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::semver::Version;
use cargo_metadata::{Metadata, MetadataCommand};

/// The folders of this workspace. All build output goes under `target`.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Follows `CARGO_TARGET_DIR` and cargo's configuration.
    pub(crate) target: PathBuf,
    /// The oldest Rust version that this workspace supports.
    pub(crate) rust_version: Version,
    /// The packages in `tests/guests`: plugins that only the tests need.
    pub(crate) guests: Vec<String>,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        let mut command = command();
        command.no_deps();
        let metadata = command.exec().context("cannot ask cargo for the workspace's layout")?;
        let mut rust_versions = metadata.packages.iter().filter_map(|package| package.rust_version.clone());
        let folder = metadata.workspace_root.join("tests/guests");
        let guests = metadata.packages.iter().filter(|package| package.manifest_path.starts_with(&folder));
        Ok(Self {
            root: metadata.workspace_root.clone().into(),
            target: metadata.target_directory.clone().into(),
            guests: guests.map(|package| package.name.to_string()).collect(),
            rust_version: rust_versions.next().context("the workspace's Cargo.toml gives no rust-version")?,
        })
    }

    /// Returns all packages of the workspace, including dependencies for every platform.
    pub(crate) fn packages() -> Result<Metadata> {
        command().exec().context("cannot ask cargo for the workspace's dependencies")
    }

    /// Returns the folder to which the stock plugins are written, and where the host's build script looks for them.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// Returns the folder to which the tests' own plugins are written, and where the tests look for them.
    pub(crate) fn guest_plugins(&self) -> PathBuf {
        self.target.join("guests")
    }
}

/// Returns the target folder of the workspace that a manifest belongs to.
pub(crate) fn target_of(manifest: &Path) -> Result<PathBuf> {
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    let metadata = metadata.with_context(|| format!("cannot ask cargo about {}", manifest.display()))?;
    Ok(metadata.target_directory.into())
}

fn command() -> MetadataCommand {
    let mut command = MetadataCommand::new();
    command.manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
    command
}
