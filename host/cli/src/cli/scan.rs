//! `wardline scan`.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::delivery::{Delivery, Scanned, Written};
use super::exit::{ExitStatus, after_scan};
use super::history::{Entry, Known};
use super::live::WithMachines;
use super::machines::NamedTargets;
use super::output::{check_single_stdout, or_text};
use super::parts::{LoadedPlugins, Parts, PluginRequest};
use super::progress::Bar;
use super::resume::{self, Resumed};
use super::scan_args::ScanArgs;
use super::triage::{self, Triage};
use super::{Fatal, catalogs, files, live, messages, this_computer};
use crate::aliasing::{Aliased, Files};
use crate::contract::{Update, products};
use crate::evidence::recording;
use crate::history::Prepared;
use crate::replace;
use crate::report::{
    CatalogReport, Destination, Head, Journal, NetworkRole, Outputs, PolicyReport, Render, Summary, Tally,
    TargetReport, Tool,
};
use crate::reporting::Context;
use crate::scan::{self, Plan, Recorder, TargetSpec, one_line};
use crate::stock::is_stock;

pub(super) fn run(arguments: &ScanArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let named = NamedTargets::find(&arguments.machines)?;
    let fleet = arguments.fleet.targets()?;
    let targets = targets(arguments, &named, &fleet)?;
    let roles = fleet.into_iter().filter_map(|(place, role)| Some((place.display().to_string(), role?))).collect();
    check_files(arguments, &targets, parts)?;
    let _logging = messages::begin(arguments.session.quiet, arguments.session.log.as_deref())?;
    let done = scan(arguments, &named, targets, roles, parts);
    if let Ok(status) = &done {
        messages::note(&format!("the scan ended with exit code {}", *status as u8));
    }
    done.inspect_err(|error| messages::note(&one_line(error.as_ref())))
}

fn scan(
    arguments: &ScanArgs,
    named: &NamedTargets,
    targets: Vec<PathBuf>,
    roles: HashMap<String, NetworkRole>,
    parts: &dyn Parts,
) -> Result<ExitStatus, Fatal> {
    let triage = Triage::new(&arguments.triage, &arguments.gates)?.with_roles(roles);
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
    let entry = Entry::begin(&arguments.history, &head, parts)?;
    let has_entry = entry.is_on();
    let outputs = Outputs::begin(&formats, destinations, &head)?;
    let descriptions = plugins.iter().map(|plugin| plugin.examiner.description());
    let summary = Summary::new(products::not_covered(descriptions, &catalogs.updates)).without_plugins(not_loaded);
    let mut context = Context::new(plugins.iter().map(|plugin| plugin.examiner.as_ref()), &catalogs.updates)
        .marking(is_stock)
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
    let identity = resume::Scan {
        arguments,
        head: &head,
        updates: &catalogs.updates,
        plugins: &plugins,
        options: &options,
        targets: &targets,
    };
    let mut resumed = Resumed::begin(&identity)?;
    let keeps = resumed.keeps();
    let entry = entry.of_run(resumed.run().as_deref());
    let rest = resumed.rest(&targets);
    messages::note(&format!("wardline {}: scan of {} targets", head.tool.version, targets.len()));
    let bar = if arguments.no_progress { Bar::hidden() } else { Bar::new() };
    let mut delivery = Delivery::new(outputs, summary, entry, recorder.is_some(), !arguments.no_messages, &bar);
    let write = |report: TargetReport| -> Result<Written, Fatal> {
        let mut report = triage.apply(report);
        let prepared = has_entry.then(|| Prepared::new(&report));
        let known_before = known.remove_from(&mut report).map_err(Fatal::from)?;
        let rendered = formats.iter().map(|format| format.target(&report)).collect();
        Ok(Written { rendered, tally: Tally::new(&report), prepared, known_before })
    };
    let mut scanned = 0;
    scan::run(
        &Plan { plugins: &plugins, options: &options, jobs },
        &rest,
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
            let report = context.report(scan);
            // A target that may succeed another time is not finished: `--resume` tries it again.
            let is_final = report.source.kind.is_some() && failed.is_none() && recorded.is_ok();
            let entry = (keeps && is_final).then(|| Journal::entry(&report));
            Scanned { written: write(report).map_err(|error| one_line(error.as_ref())), recorded, failed, entry }
        },
        &bar,
        &mut |target| {
            let place = scanned;
            scanned += 1;
            let before = resumed.before(place, &mut |report| delivery.deliver(write(report)));
            match before.and_then(|flow| resumed.keep(place, target.entry.as_deref()).map(|()| flow)) {
                Ok(flow) if flow.is_continue() => delivery.scanned(target),
                Ok(flow) => flow,
                Err(error) => delivery.fail(error),
            }
        },
    )?;
    if delivery.goes_on() {
        // Whether more is wanted makes no difference: these are the last.
        let _ = resumed.before(scanned, &mut |report| delivery.deliver(write(report)))?;
    }
    let Delivery { outputs, mut summary, entry, unrecorded, known_before, host_failure, failure, .. } = delivery;
    if let Some(error) = failure {
        return Err(error);
    }
    summary.finish(&catalogs.updates);
    triage.finish(&mut summary);
    let is_whole = !outputs.closed();
    outputs.finish(&formats, &summary)?;
    // A scan that could not open any machine has nothing that another could be compared with.
    let is_entered = is_whole && summary.scanned > 0 && host_failure.is_none();
    let entered = if is_entered { entry.finish(&summary) } else { Ok(()) };
    // After the entry: a scan that is killed between the two is finished again, and added once.
    resumed.finish()?;
    if known_before > 0 {
        super::warn(&format!("--new-only: left out {known_before} findings that the last scan had"));
    }
    // The report says which targets the failure affected; the others are unaffected.
    if let Some(failure) = host_failure {
        return Err(failure.into());
    }
    entered?;
    if unrecorded > 0 {
        let what = if unrecorded == 1 { "1 recording" } else { &format!("{unrecorded} recordings") };
        return Err(format!("{what} could not be written; the report is complete").into());
    }
    triage::tell(&summary);
    let status = after_scan(&summary, arguments.strict);
    free_meanwhile(catalogs.updates);
    Ok(status)
}

/// Frees updates without waiting for it: there may be a hundred thousand texts in them, and mostly the program ends next.
fn free_meanwhile(updates: Vec<Update>) {
    // Where the system gives no thread, they are freed here.
    let _ = std::thread::Builder::new().spawn(move || drop(updates));
}

/// Returns the targets that are named, running machines, those of server lists, and those of the fleet.
fn targets(
    arguments: &ScanArgs,
    named: &NamedTargets,
    fleet: &[(PathBuf, Option<NetworkRole>)],
) -> Result<Vec<PathBuf>, Fatal> {
    let mut targets = live::all_targets(&arguments.targets, &arguments.hosts, &arguments.access)?;
    targets.extend(this_computer::targets_of(arguments));
    targets.extend(named.locations().cloned());
    let seen: HashSet<PathBuf> = targets.iter().cloned().collect();
    targets.extend(fleet.iter().map(|(place, _)| place).filter(|place| !seen.contains(*place)).cloned());
    if targets.is_empty() {
        return Err("no machine is named; give targets, --host, --range, --domain or a list with names".into());
    }
    Ok(targets)
}

/// Ensures that no output overwrites an input.
fn check_files(arguments: &ScanArgs, targets: &[PathBuf], parts: &dyn Parts) -> Result<(), Aliased> {
    let mut files = Files::default();
    files::with_plugins(&mut files, &arguments.plugins);
    triage::with_files(&mut files, &arguments.triage);
    arguments.fleet.register(&mut files);
    for list in &arguments.machines.lists {
        files.reads("--list", list);
    }
    if let Some(config) = &arguments.session.config {
        files.reads("--config", config);
    }
    if let Some(journal) = resume::written(arguments) {
        files.writes("--resume", &journal);
    }
    if let Some(log) = &arguments.session.log {
        files.writes("--log", log);
    }
    for target in targets {
        files.reads("the target", target);
    }
    or_text(&arguments.outputs).iter().for_each(|output| output.register(&mut files));
    arguments.history.register(&mut files, parts);
    if let Some(folder) = &arguments.record {
        let endings = targets.iter().map(|target| recording::file_ending(&target.display().to_string()));
        files.writes_into("--record", folder, endings);
    }
    files.check()
}

type Formats = (Vec<Box<dyn Render>>, Vec<Destination>);

fn outputs(arguments: &ScanArgs) -> Result<Formats, Fatal> {
    let wanted = or_text(&arguments.outputs);
    check_single_stdout(wanted, "report")?;
    Ok(wanted
        .iter()
        .map(|output| (output.renderer(arguments.verbose, arguments.show_waived), output.destination()))
        .unzip())
}
