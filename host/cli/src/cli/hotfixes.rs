//! `wardline hotfixes`: the table of one check, which a stock plugin makes in full for this command.

use std::io::{self, BufWriter, Write, stdout};
use std::time::Duration;

use serde::Serialize;

use super::args::{HotfixesArgs, LimitArgs, PluginArgs};
use super::exit::{ExitStatus, after_opening};
use super::live::WithMachines;
use super::output::OutputFormat;
use super::parts::{Parts, PluginRequest};
use super::settings::OperatorSettings;
use super::{Fatal, warn};
use crate::aliasing::Files;
use crate::contract::{ChecksumMode, Escaped, Options, about};
use crate::report::{CheckReport, ConditionReport, TargetReport, condition_in_words, grade_words};
use crate::reporting::Context;
use crate::scan::{self, Plan, TargetSpec};

/// The plugin and its check.
const PLUGIN: &str = "os";
const CHECK: &str = "os.hotfix-files";

/// The plugin's setting that makes the check list everything.
const SETTINGS: &str = "[os]\nlist-hotfixes = true";

/// The time limit for one target. A machine's records are read in seconds, over a slow network in a minute.
const TIME: Duration = Duration::from_secs(300);

/// The identifier of the JSON document's format.
const SCHEMA: &str = "wardline.hotfixes/2";

/// The widest column that the next one is aligned with.
const WIDEST: usize = 60;

#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    targets: Vec<Listed>,
}

/// The check of one target, and the caveats about the hives that it was made from.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    location: String,
    check: CheckReport,
    conditions: Vec<ConditionReport>,
}

impl Listed {
    /// Takes the check out of a report.
    fn of(report: TargetReport) -> Result<Self, Fatal> {
        let missing = || format!("{}: the plugin {PLUGIN} did not report the check {CHECK}", report.name);
        let check = report.checks.iter().find(|check| check.id == CHECK).cloned().ok_or_else(missing)?;
        let (name, location) = (report.name, report.source.location);
        Ok(Listed { name, location, check, conditions: report.source.conditions })
    }

    /// Writes the list with all text from the target escaped. Unlike in a report, no cell is cut.
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}  {}", Escaped(&self.name), Escaped(&self.location))?;
        writeln!(out, "  {}: {}", grade_words(self.check.grade), Escaped(&self.check.summary))?;
        if !self.check.rows.is_empty() {
            writeln!(out)?;
            write_rows(&self.check, out)?;
        }
        if !self.conditions.is_empty() {
            writeln!(out, "\n  Evidence")?;
        }
        for condition in &self.conditions {
            writeln!(out, "    {} {}", Escaped(&condition.part), Escaped(&condition_in_words(condition)))?;
        }
        Ok(())
    }
}

fn write_rows(check: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    let escaped = |cell: &str| Escaped(cell).to_string();
    let heads: Vec<String> = check.columns.iter().map(|head| escaped(head)).collect();
    let rows: Vec<Vec<String>> =
        check.rows.iter().map(|row| row.cells.iter().map(|cell| escaped(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = [&heads].into_iter().chain(&rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    for row in [&heads].into_iter().chain(&rows) {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "  {}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

pub(super) fn run(arguments: &HotfixesArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let mut files = Files::default();
    for target in &arguments.targets {
        files.reads("the target", target);
    }
    files.writes_stdout();
    files.check()?;
    let parts = &WithMachines::new(parts, &arguments.targets, &arguments.access)?;
    let limits = LimitArgs { timeout: Some(TIME), ..LimitArgs::default() };
    let plugin = PluginArgs { only: vec![PLUGIN.to_owned()], limits, ..PluginArgs::default() };
    let settings = OperatorSettings::of_program(SETTINGS)?;
    let request = PluginRequest { settings, ..PluginRequest::new(&plugin, 0)? };
    let plugins = parts.plugins(&request, &[])?.plugins;
    let context = Context::new(plugins.iter().map(|plugin| plugin.examiner.as_ref()), &[]);
    let options = Options { checksums: ChecksumMode::Never, registry: true, settings: Vec::new() };
    let plan = Plan { plugins: &plugins, options: &options, jobs: 0 };

    let mut out = BufWriter::new(stdout());
    let mut document = Document { schema: SCHEMA, targets: Vec::new() };
    let mut opened = 0;
    for location in &arguments.targets {
        let target = TargetSpec { location: location.clone(), memory: arguments.target_memory.bytes() };
        let scan = scan::run_one(&plan, &target, &|target| parts.open(target))?;
        if let Some(failure) = scan.host_failure() {
            return Err(failure.clone().into());
        }
        let report = context.report(scan);
        if report.source.kind.is_none() {
            warn(&about(location.display(), report.error.as_deref().unwrap_or_default()));
            continue;
        }
        let listed = Listed::of(report)?;
        match arguments.format {
            OutputFormat::Text => {
                if opened > 0 {
                    writeln!(out)?;
                }
                listed.text(&mut out)?;
            }
            OutputFormat::Json => document.targets.push(listed),
        }
        opened += 1;
    }
    if arguments.format == OutputFormat::Json {
        serde_json::to_writer_pretty(&mut out, &document)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(after_opening(opened, arguments.targets.len() - opened))
}
