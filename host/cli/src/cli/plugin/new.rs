//! `wardline plugin new`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use crate::cli::Fatal;
use crate::cli::args::one_of;
use crate::cli::exit::ExitStatus;
use crate::vendor::{Language, create};

/// Write the project of a new plugin: a check that works, its tests, and a README that says how to go on
#[derive(Clone, Debug, clap::Args)]
pub struct NewArgs {
    /// The plugin's name, like contoso-agent
    name: String,
    /// What it is written in
    #[arg(long, value_name = "LANGUAGE", default_value = "rust", value_parser = one_of(&Language::ALL, Language::word))]
    lang: Language,
    /// Folder to make [default: the name, in the current folder]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &NewArgs) -> Result<ExitStatus, Fatal> {
    let folder = arguments.dir.clone().unwrap_or_else(|| PathBuf::from(&arguments.name));
    let created = create(&arguments.name, arguments.lang, &folder)?;
    let folder = created.folder.display();
    let mut out = stdout().lock();
    writeln!(out, "{folder}: {} files written; its README.md says how to go on:", created.files)?;
    writeln!(out, "    cd {folder}")?;
    writeln!(out, "    wardline plugin build")?;
    writeln!(out, "    wardline plugin test")?;
    Ok(ExitStatus::Success)
}
