//! `wardline catalog`.

mod diff;
pub(super) mod status;
pub(super) mod update;

use std::io::{BufWriter, Write, stdout};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Fatal;
use super::exit::ExitStatus;
use super::output::OutputFormat;
use super::parts::Parts;
use crate::aliasing::Files;

#[derive(Clone, Debug, Args)]
pub struct CatalogArgs {
    #[command(subcommand)]
    command: CatalogCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum CatalogCommand {
    /// Summarize catalogs, and list their unresolved references
    Show {
        /// Catalogs, or directories of them
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
        format: OutputFormat,
    },
    /// Fetch new catalogs, for scans without --catalog
    Update(update::UpdateArgs),
    /// Take a file or directory into the catalogs held, for scans without --catalog
    Import(update::ImportArgs),
    /// Show the catalogs held: how old, from where, signed by whom
    Status {
        #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
        format: OutputFormat,
    },
    /// Compare every file held with the digest that it was fetched with
    Verify,
    /// List the updates that differ between two catalogs
    Diff(diff::DiffArgs),
}

pub(super) fn run(arguments: &CatalogArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    match &arguments.command {
        CatalogCommand::Show { paths, format } => {
            let mut files = Files::default();
            for path in paths {
                files.reads("the catalog", path);
            }
            files.writes_stdout();
            files.check()?;
            let mut out = BufWriter::new(stdout());
            parts.show_catalog(paths, *format, &mut out)?;
            out.flush()?;
            Ok(ExitStatus::Success)
        }
        CatalogCommand::Update(arguments) => update::update(arguments),
        CatalogCommand::Import(arguments) => update::import(arguments),
        CatalogCommand::Status { format } => status::status(*format),
        CatalogCommand::Verify => status::verify(),
        CatalogCommand::Diff(arguments) => diff::run(arguments, parts),
    }
}
