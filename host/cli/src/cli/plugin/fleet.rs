//! The fleet that a plugin is examined on: the arguments that all commands with a fleet share.

use std::path::PathBuf;

use crate::aliasing::Files;
use crate::cli::Fatal;
use crate::cli::args::CacheArgs;
use crate::cli::parts::{Catalogs, Parts};
use crate::contract::Update;
use crate::vet::{self, Fleet};

#[derive(Clone, Debug, clap::Args)]
pub(super) struct FleetArgs {
    /// Recording or volume, or a directory of them, to use instead of the built-in fleet; may be repeated
    #[arg(long = "fleet", value_name = "DIR")]
    given: Vec<PathBuf>,
    /// Catalog of updates, or a directory of them, to use instead of the built-in one; may be repeated
    #[arg(long = "catalog", value_name = "PATH")]
    catalogs: Vec<PathBuf>,
    /// Seed that selects the generated targets and variations
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(super) seed: u64,
}

impl FleetArgs {
    /// Whether targets were named instead of the built-in ones.
    pub(super) fn is_given(&self) -> bool {
        !self.given.is_empty()
    }

    /// Registers the files of the fleet and the catalogs as read.
    pub(super) fn register(&self, files: &mut Files) -> Result<(), Fatal> {
        for catalog in &self.catalogs {
            files.reads("--catalog", catalog);
        }
        for target in self.found()? {
            files.reads("the target", &target);
        }
        Ok(())
    }

    /// The recordings and volumes that were named.
    fn found(&self) -> Result<Vec<PathBuf>, Fatal> {
        let mut paths = Vec::new();
        for path in &self.given {
            paths.extend(vet::find(path).map_err(|error| format!("{}: cannot be read: {error}", path.display()))?);
        }
        Ok(paths)
    }

    pub(super) fn fleet(&self) -> Result<Fleet, Fatal> {
        if self.given.is_empty() {
            return Ok(Fleet::BuiltIn);
        }
        let paths = self.found()?;
        if paths.is_empty() {
            return Err("--fleet: no recording or volume found".into());
        }
        Ok(Fleet::Given(paths))
    }

    /// None if the built-in catalog is to be used.
    pub(super) fn updates(&self, cache: &CacheArgs, parts: &dyn Parts) -> Result<Option<Vec<Update>>, Fatal> {
        let Catalogs { updates, .. } = parts.catalogs(&self.catalogs, cache)?;
        Ok((!self.catalogs.is_empty()).then_some(updates))
    }
}
