//! `wardline hotfixes`.

use std::io::{self, BufWriter, Write, stdout};

use serde::Serialize;

use super::args::HotfixesArgs;
use super::exit::{ExitStatus, after_opening};
use super::live::WithMachines;
use super::output::OutputFormat;
use super::parts::Parts;
use super::{Fatal, warn};
use crate::aliasing::Files;
use crate::contract::{Deadline, Escaped, about};
use crate::evidence::Source;
use crate::inventory::{self, Inventory};
use crate::report::{ConditionReport, condition_in_words};
use crate::sandbox::HostFailure;
use crate::scan::{TargetSpec, one_line};

/// An inventory, and the caveats about the hives that it was taken from.
#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    inventory: Inventory,
    conditions: Vec<ConditionReport>,
}

impl Listed {
    fn take(source: &dyn Source) -> Self {
        let inventory = inventory::take(source, Deadline::after(inventory::DEFAULT_TIME));
        Listed { inventory, conditions: source.conditions().into_iter().map(ConditionReport::from).collect() }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        inventory::text(&self.inventory, out)?;
        if !self.conditions.is_empty() {
            writeln!(out, "\n  Evidence")?;
        }
        for condition in &self.conditions {
            writeln!(out, "    {} {}", Escaped(&condition.part), Escaped(&condition_in_words(condition)))?;
        }
        Ok(())
    }
}

pub(super) fn run(arguments: &HotfixesArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let mut files = Files::default();
    for target in &arguments.targets {
        files.reads("the target", target);
    }
    files.writes_stdout();
    files.check()?;
    let parts = &WithMachines::new(parts, &arguments.targets, &arguments.access)?;
    let mut out = BufWriter::new(stdout());
    let mut listed = Vec::new();
    let mut opened = 0;
    for location in &arguments.targets {
        match parts.open(&TargetSpec { location: location.clone(), memory: arguments.target_memory.bytes() }) {
            Ok(source) => {
                let one = Listed::take(source.as_ref());
                if let Some(failure) = source.host_failure() {
                    return Err(failure.into());
                }
                match arguments.format {
                    OutputFormat::Text => {
                        if opened > 0 {
                            writeln!(out)?;
                        }
                        one.text(&mut out)?;
                    }
                    OutputFormat::Json => listed.push(one),
                }
                opened += 1;
            }
            Err(error) => match HostFailure::among_causes(error.as_ref()) {
                Some(failure) => return Err(failure.into()),
                None => warn(&about(location.display(), one_line(error.as_ref()))),
            },
        }
    }
    if arguments.format == OutputFormat::Json {
        inventory::json(&listed, &mut out)?;
    }
    out.flush()?;
    Ok(after_opening(opened, arguments.targets.len() - opened))
}
