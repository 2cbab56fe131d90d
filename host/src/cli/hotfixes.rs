//! `wardline hotfixes`.

use std::io::{BufWriter, Write, stdout};

use super::Fatal;
use super::args::{HotfixesArgs, OutputFormat};
use super::exit::ExitStatus;
use super::parts::Parts;
use crate::aliasing::Files;
use crate::inventory;
use crate::scan::{TargetSpec, one_line};

pub(super) fn run(arguments: &HotfixesArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let mut files = Files::default();
    for target in &arguments.targets {
        files.reads("the target", target);
    }
    files.writes_stdout();
    files.check()?;
    let mut out = BufWriter::new(stdout());
    let mut inventories = Vec::new();
    let mut opened = 0;
    for location in &arguments.targets {
        match parts.open(&TargetSpec { location: location.clone() }) {
            Ok(source) => {
                let inventory = inventory::take(source.as_ref());
                match arguments.format {
                    OutputFormat::Text => {
                        if opened > 0 {
                            writeln!(out)?;
                        }
                        inventory::text(&inventory, &mut out)?;
                    }
                    OutputFormat::Json => inventories.push(inventory),
                }
                opened += 1;
            }
            Err(error) => super::complain(&format!("{}: {}", location.display(), one_line(error.as_ref()))),
        }
    }
    if arguments.format == OutputFormat::Json {
        inventory::json(&inventories, &mut out)?;
    }
    out.flush()?;
    Ok(if opened > 0 { ExitStatus::Fine } else { ExitStatus::Fatal })
}
