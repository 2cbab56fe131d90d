//! `wardline plugin list`.

use std::io::{BufWriter, Write, stdout};

use crate::aliasing::Files;
use crate::cli::args::PluginArgs;
use crate::cli::exit::{ExitStatus, after_loading};
use crate::cli::parts::{Parts, PluginRequest};
use crate::cli::settings::shown;
use crate::cli::{Fatal, catalogs, files};
use crate::contract::Escaped;

/// List the plugins that a scan would use, with their checks
#[derive(Clone, Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    plugins: PluginArgs,
}

pub(super) fn run(arguments: &ListArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let plugins = &arguments.plugins;
    let mut files = Files::default();
    files::with_plugins(&mut files, plugins);
    files.writes_stdout();
    files.check()?;
    let catalogs = catalogs::chosen(&plugins.catalogs, &plugins.cache, parts)?;
    let mut out = BufWriter::new(stdout());
    let loaded = parts.plugins(&PluginRequest::new(plugins, 0)?, &catalogs.updates)?;
    for plugin in &loaded.plugins {
        let (description, digest) = (plugin.examiner.description(), plugin.examiner.digest());
        let name = Escaped(&description.name);
        writeln!(out, "{name} {}  {}", Escaped(&description.version), Escaped(&description.summary))?;
        writeln!(out, "    sha256 {digest}")?;
        for check in &description.checks {
            let number = check.mbsa.map(|number| format!(" ({number})")).unwrap_or_default();
            writeln!(out, "    {name}.{}  {}{number}", Escaped(&check.id), Escaped(&check.title))?;
        }
        for declared in &description.settings {
            let set = plugin.settings.iter().find(|setting| setting.name == declared.name);
            let (value, by) = match set {
                Some(setting) => (&setting.value, " (set by the operator)"),
                None => (&declared.default, ""),
            };
            writeln!(out, "    [{name}] {} = {}{by}", Escaped(&declared.name), Escaped(&shown(value)))?;
        }
    }
    out.flush()?;
    Ok(after_loading(loaded.not_loaded))
}
