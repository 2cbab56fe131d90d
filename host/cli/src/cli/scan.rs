//! `wardline scan`.

use std::ops::ControlFlow;
use std::path::PathBuf;

use super::args::ScanArgs;
use super::exit::{ExitStatus, after_scan};
use super::history::{Entry, Known};
use super::live::WithMachines;
use super::machines::NamedTargets;
use super::output::{OutputArg, ReportFormat, check_single_stdout};
use super::parts::{LoadedPlugins, Parts, PluginRequest};
use super::progress::Bar;
use super::{Fatal, catalogs, files, live};
use crate::aliasing::{Aliased, Files};
use crate::contract::{about, products};
use crate::evidence::recording;
use crate::history::Prepared;
use crate::replace;
use crate::report::{
    CatalogReport, Destination, Format, Head, Outputs, PolicyReport, Render, Rendered, Summary, Tally, Tool,
};
use crate::reporting::Context;
use crate::scan::{self, Plan, Recorder, TargetSpec, one_line};

pub(super) fn run(arguments: &ScanArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let named = NamedTargets::find(&arguments.machines)?;
    let targets = targets(arguments, &named)?;
    check_files(arguments, &targets, parts)?;
    let parts = &WithMachines::new(parts, &targets, &arguments.access)?;
    let jobs = parts.jobs(arguments.jobs);
    let plugin_arguments = parts.patient(&arguments.plugins);
    let catalogs = catalogs::chosen(&arguments.plugins.catalogs, &arguments.plugins.cache, parts)?;
    let request = PluginRequest::new(&plugin_arguments, jobs)?;
    let LoadedPlugins { plugins, left_out, not_loaded } = parts.plugins(&request, &catalogs.updates)?;
    let head = Head {
        tool: Tool::default(),
        catalog: CatalogReport::new(catalogs.sources, catalogs.updates.len())
            .map(|catalog| catalog.supplied(catalogs.supply)),
        policy: request.policy.map(|policy| PolicyReport { digest: policy.digest, location: policy.location }),
    };
    let options = arguments.judging.options();
    let recorder = match &arguments.record {
        Some(folder) => {
            replace::create_private_folder(folder).map_err(|error| {
                format!("{}: cannot create the directory for recordings: {error}", folder.display())
            })?;
            Some((folder, Recorder::new(&plugins, &catalogs.updates, &options)))
        }
        None => None,
    };
    let (formats, destinations) = outputs(arguments)?;
    let known = Known::open(&arguments.history, parts)?;
    let mut entry = Entry::begin(&arguments.history, &head, parts)?;
    let has_entry = entry.is_on();
    let mut outputs = Outputs::begin(&formats, destinations, &head)?;
    let descriptions = plugins.iter().map(|plugin| plugin.examiner.description());
    let mut summary = Summary::new(products::not_covered(descriptions, &catalogs.updates)).without_plugins(not_loaded);
    let mut context = Context::new(plugins.iter().map(|plugin| plugin.examiner.as_ref()), &catalogs.updates)
        .under(plugins.iter().map(|plugin| plugin.policy.as_deref()))
        .leaving_out(&left_out);
    if head.catalog.is_some() {
        context = context.with_catalogs();
    }
    let targets: Vec<TargetSpec> = targets
        .into_iter()
        .map(|location| TargetSpec { location, memory: arguments.target_memory.bytes() })
        .flat_map(|target| parts.targets(target))
        .collect();
    let mut unrecorded = 0;
    let mut known_before = 0;
    let mut host_failure = None;
    let mut failure = None;
    let bar = if arguments.no_progress { Bar::hidden() } else { Bar::new() };
    scan::run(
        &Plan { plugins: &plugins, options: &options, jobs },
        &targets,
        &|target| named.open(target, parts),
        &|scan| {
            let scan = named.named(scan);
            let failed = scan.host_failure().cloned();
            let recorded = match &recorder {
                Some((folder, recorder)) if scan.error.is_none() && failed.is_none() => {
                    let file = folder.join(recording::file_name(&scan.name, &scan.location));
                    recorder.write(&scan, &file).map(|()| true)
                }
                _ => Ok(false),
            };
            let mut report = context.report(scan);
            let prepared = has_entry.then(|| Prepared::new(&report));
            let removed = known.remove_from(&mut report);
            let rendered: Rendered = formats.iter().map(|format| format.target(&report)).collect();
            (rendered, Tally::new(&report), prepared, removed, recorded, failed)
        },
        &bar,
        &mut |(rendered, tally, prepared, removed, recorded, failed)| {
            host_failure = host_failure.take().or(failed);
            entry.append(prepared);
            match removed {
                Ok(removed) => known_before += removed,
                Err(error) => {
                    failure = Some(Fatal::from(error));
                    return ControlFlow::Break(());
                }
            }
            if let Some(error) = tally.error.as_ref().filter(|_| !arguments.no_messages) {
                let is_lacking = recorder.is_some() && matches!(recorded, Ok(false));
                let unwritten = if is_lacking { "; no recording was written" } else { "" };
                bar.aside(|| super::warn(&format!("{}{unwritten}", about(&tally.name, error))));
            }
            if let Err(error) = recorded {
                unrecorded += 1;
                bar.aside(|| super::warn(&one_line(&error)));
            }
            summary.add(tally);
            match outputs.append(&rendered) {
                Ok(()) if !outputs.closed() => ControlFlow::Continue(()),
                Ok(()) => ControlFlow::Break(()),
                Err(error) => {
                    failure = Some(error.into());
                    ControlFlow::Break(())
                }
            }
        },
    )?;
    if let Some(error) = failure {
        return Err(error);
    }
    summary.finish(&catalogs.updates);
    let is_whole = !outputs.closed();
    outputs.finish(&formats, &summary)?;
    if known_before > 0 {
        super::warn(&format!("--new-only: left out {known_before} findings that the last scan had"));
    }
    // The report says which targets the failure affected; the others are unaffected.
    if let Some(failure) = host_failure {
        return Err(failure.into());
    }
    if is_whole {
        entry.finish(&summary)?;
    }
    if unrecorded > 0 {
        let what = if unrecorded == 1 { "1 recording" } else { &format!("{unrecorded} recordings") };
        return Err(format!("{what} could not be written; the report is complete").into());
    }
    Ok(after_scan(&summary, arguments.fail_on, arguments.strict))
}

/// Returns the targets that are named, running machines, those of server lists, and those of the fleet.
fn targets(arguments: &ScanArgs, named: &NamedTargets) -> Result<Vec<PathBuf>, Fatal> {
    let mut targets = live::all_targets(&arguments.targets, &arguments.hosts)?;
    targets.extend(named.locations().cloned());
    let fleet = arguments.fleet.targets()?;
    let added = fleet.into_iter().filter(|target| !targets.contains(target)).collect::<Vec<_>>();
    targets.extend(added);
    if targets.is_empty() {
        return Err("no machine is named; give targets, --host, --range or a list with names".into());
    }
    Ok(targets)
}

/// Ensures that no output overwrites an input.
fn check_files(arguments: &ScanArgs, targets: &[PathBuf], parts: &dyn Parts) -> Result<(), Aliased> {
    let mut files = Files::default();
    files::with_plugins(&mut files, &arguments.plugins);
    arguments.fleet.register(&mut files);
    for list in &arguments.machines.lists {
        files.reads("--list", list);
    }
    for target in targets {
        files.reads("the target", target);
    }
    wanted(arguments).iter().for_each(|output| output.register(&mut files));
    arguments.history.register(&mut files, parts);
    if let Some(folder) = &arguments.record {
        let endings = targets.iter().map(|target| recording::file_ending(&target.display().to_string()));
        files.writes_into("--record", folder, endings);
    }
    files.check()
}

/// The outputs that were asked for, or the default one.
fn wanted(arguments: &ScanArgs) -> &[OutputArg<ReportFormat>] {
    const DEFAULT: &[OutputArg<ReportFormat>] = &[OutputArg { format: ReportFormat(Format::Text), file: None }];
    if arguments.outputs.is_empty() { DEFAULT } else { &arguments.outputs }
}

type Formats = (Vec<Box<dyn Render>>, Vec<Destination>);

fn outputs(arguments: &ScanArgs) -> Result<Formats, Fatal> {
    let wanted = wanted(arguments);
    check_single_stdout(wanted, "report")?;
    Ok(wanted.iter().map(|output| (output.renderer(arguments.verbose), output.destination())).unzip())
}
