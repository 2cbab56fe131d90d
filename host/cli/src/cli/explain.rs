//! `wardline explain`.

use std::path::PathBuf;

use clap::Args;

use super::access::AccessArgs;
use super::args::{JudgingArgs, PluginArgs, TargetMemoryArgs};
use super::exit::{ExitStatus, after_loading};
use super::live::WithMachines;
use super::output::{OutputFormat, print};
use super::parts::{LoadedPlugins, Parts, PluginRequest};
use super::triage::{GateArgs, Triage, TriageArgs};
use super::{Fatal, catalogs, files, triage};
use crate::aliasing::Files;
use crate::contract::about;
use crate::report::explain::{self, Subject};
use crate::reporting::Context;
use crate::scan::{self, Plan, TargetSpec};
use crate::stock::is_stock;

#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  wardline explain /mnt/pc KB5035853 --catalog msrc/\n  wardline explain /mnt/pc \
                        CVE-2024-21407 --catalog msrc/\n  wardline explain /mnt/pc guest-account")]
pub struct ExplainArgs {
    /// Target, as for `wardline scan`
    pub target: PathBuf,
    #[command(flatten)]
    pub access: AccessArgs,
    /// Article (KB5035853, Q296441), bulletin (MS01-022), vulnerability (CVE-2024-21407) or check (guest-account)
    #[arg(value_name = "KB|BULLETIN|CVE|CHECK")]
    pub subject: String,
    #[command(flatten)]
    pub plugins: PluginArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub triage: TriageArgs,
    #[command(flatten)]
    pub target_memory: TargetMemoryArgs,
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
    pub format: OutputFormat,
}

pub(super) fn run(arguments: &ExplainArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let mut read = Files::default();
    files::with_plugins(&mut read, &arguments.plugins);
    triage::with_files(&mut read, &arguments.triage);
    read.reads("the target", &arguments.target);
    read.writes_stdout();
    read.check()?;
    let triage = Triage::new(&arguments.triage, &GateArgs::default())?;
    let catalogs = catalogs::chosen(&arguments.plugins.catalogs, &arguments.plugins.cache, parts)?;
    let parts = &WithMachines::new(parts, std::slice::from_ref(&arguments.target), &arguments.access)?;
    let plugin_arguments = parts.patient(&arguments.plugins);
    let request = PluginRequest::new(&plugin_arguments, 0)?;
    let LoadedPlugins { plugins, left_out, not_loaded } = parts.plugins(&request, &catalogs.updates)?;
    let mut context = Context::new(plugins.iter().map(|plugin| plugin.examiner.as_ref()), &catalogs.updates)
        .marking(is_stock)
        .under(plugins.iter().map(|plugin| plugin.policy.as_deref()))
        .leaving_out(&left_out);
    if !catalogs.sources.is_empty() {
        context = context.with_catalogs();
    }
    let target = TargetSpec { location: arguments.target.clone(), memory: arguments.target_memory.bytes() };
    let options = arguments.judging.options();
    let plan = Plan { plugins: &plugins, options: &options, jobs: 0 };
    let scan = scan::run_one(&plan, &target, &|target| parts.open(target))?;
    if let Some(failure) = scan.host_failure() {
        return Err(failure.clone().into());
    }
    let report = triage.apply(context.report(scan));
    if let (None, Some(error)) = (report.source.kind, &report.error) {
        return Err(about(&report.name, error).into());
    }
    let explanation = explain::explain(&Subject::new(&arguments.subject), &report, &catalogs.updates);
    if explanation.is_empty() {
        let known = match catalogs.sources.is_empty() {
            true => "no check has this name, and no catalog was given; name one with --catalog",
            false => "no check, and no update or vulnerability in the catalogs, has this name",
        };
        return Err(format!("{}: {known}", arguments.subject).into());
    }
    print(&explanation, arguments.format, |explanation, colour| explain::text(explanation, &report, colour))?;
    Ok(after_loading(not_loaded))
}
