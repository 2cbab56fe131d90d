//! `wardline collect`.

use super::collect_args::CollectArgs;
use super::exit::{ExitStatus, after_loading};
use super::live::WithMachines;
use super::parts::{LoadedPlugins, Parts, PluginRequest};
use super::{Fatal, catalogs, collect_script, files, this_computer, warn};
use crate::aliasing::Files;
use crate::contract::about;
use crate::report::{ConditionReport, condition_in_words};
use crate::scan::{self, Plan, Recorder, TargetSpec};

pub(super) fn run(arguments: &CollectArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let target = arguments.target.clone().or_else(this_computer::default_target);
    let (Some(target), Some(output), false) = (&target, &arguments.output, arguments.script.script) else {
        return collect_script::run(arguments, parts);
    };
    let mut files = Files::default();
    files::with_plugins(&mut files, &arguments.plugins);
    files.reads("the target", target);
    files.writes("-o", output);
    files.check()?;
    let catalogs = catalogs::chosen(&arguments.plugins.catalogs, &arguments.plugins.cache, parts)?;
    let parts = &WithMachines::new(parts, std::slice::from_ref(target), &arguments.access)?;
    let plugin_arguments = parts.patient(&arguments.plugins);
    let request = PluginRequest::new(&plugin_arguments, 0)?;
    let LoadedPlugins { plugins, not_loaded, .. } = parts.plugins(&request, &catalogs.updates)?;
    let target = TargetSpec { location: target.clone(), memory: arguments.target_memory.bytes() };
    let options = arguments.judging.options();
    let plan = Plan { plugins: &plugins, options: &options, jobs: 0 };
    let scan = scan::run_one(&plan, &target, &|target| parts.open(target))?;
    if let Some(error) = &scan.error {
        return Err(format!("{}; no recording was written", about(&scan.location, error)).into());
    }
    if let Some(failure) = scan.host_failure() {
        return Err(format!("{failure}; no recording was written").into());
    }
    Recorder::new(&plugins, &catalogs.updates, &options).write(&scan, output)?;
    for condition in scan.conditions.into_iter().map(ConditionReport::from) {
        warn(&format!("{}: {} {}", scan.location, condition.part, condition_in_words(&condition)));
    }
    Ok(after_loading(not_loaded))
}
