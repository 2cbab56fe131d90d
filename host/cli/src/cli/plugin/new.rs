//! `wardline plugin new`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use crate::cli::Fatal;
use crate::cli::args::one_of;
use crate::cli::exit::ExitStatus;
use crate::vendor::{Language, create};

/// Create a plugin's project: a working check, its tests, and a README with the next steps
#[derive(Clone, Debug, clap::Args)]
pub struct NewArgs {
    /// Name of the plugin, such as contoso-agent
    name: String,
    /// Language of the plugin
    #[arg(long, value_name = "LANGUAGE", default_value = "rust", value_parser = one_of(&Language::ALL, Language::word))]
    lang: Language,
    /// Directory to create [default: the plugin's name]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &NewArgs) -> Result<ExitStatus, Fatal> {
    let folder = arguments.dir.clone().unwrap_or_else(|| PathBuf::from(&arguments.name));
    let created = create(&arguments.name, arguments.lang, &folder)?;
    let folder = created.folder.display();
    let mut out = stdout().lock();
    writeln!(out, "{folder}: {} files written; next steps, see also README.md:", created.files)?;
    writeln!(out, "    cd {folder}")?;
    writeln!(out, "    wardline plugin build")?;
    writeln!(out, "    wardline plugin test")?;
    Ok(ExitStatus::Success)
}
