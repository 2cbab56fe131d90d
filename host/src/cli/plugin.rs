//! `wardline plugin`.

use std::io::{BufWriter, Write, stdout};

use super::Fatal;
use super::args::{PluginCommand, PluginCommandArgs};
use super::exit::ExitStatus;
use super::parts::{Parts, PluginRequest};
use super::settings::shown;
use crate::report::Escaped;

pub(super) fn run(arguments: &PluginCommandArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    match &arguments.command {
        PluginCommand::List { plugins } => {
            let catalogs = parts.catalogs(&plugins.catalogs)?;
            let mut out = BufWriter::new(stdout());
            for plugin in parts.plugins(&PluginRequest::new(plugins, 0)?, &catalogs.updates)? {
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
        }
    }
    Ok(ExitStatus::Fine)
}
