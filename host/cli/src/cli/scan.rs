//! `wardline scan`.

use std::ops::ControlFlow;

use super::args::ScanArgs;
use super::exit::{ExitStatus, after_scan};
use super::output::{OutputArg, ReportFormat, check_single_stdout};
use super::parts::{LoadedPlugins, Parts, PluginRequest};
use super::progress::Bar;
use super::resume::{self, Resumed};
use super::triage::{self, Triage};
use super::{Fatal, catalogs, files, messages};
use crate::aliasing::{Aliased, Files};
use crate::contract::{about, products};
use crate::evidence::recording;
use crate::host_failure::HostFailure;
use crate::replace;
use crate::report::{
    CatalogReport, Destination, Format, Head, Journal, Outputs, PolicyReport, Render, Rendered, Summary, Tally,
    TargetReport, Tool,
};
use crate::reporting::Context;
use crate::scan::{self, Plan, RecordError, Recorder, TargetSpec, one_line};

pub(super) fn run(arguments: &ScanArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    check_files(arguments)?;
    let _logging = messages::begin(arguments.session.quiet, arguments.session.log.as_deref())?;
    let done = scan(arguments, parts);
    if let Ok(status) = &done {
        messages::note(&format!("the scan ended with exit code {}", *status as u8));
    }
    done.inspect_err(|error| messages::note(&one_line(error.as_ref())))
}

fn scan(arguments: &ScanArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let triage = Triage::new(&arguments.triage, &arguments.gates)?;
    let catalogs = catalogs::chosen(&arguments.plugins.catalogs, &arguments.plugins.cache, parts)?;
    let request = PluginRequest::new(&arguments.plugins, arguments.jobs)?;
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
    let outputs = Outputs::begin(&formats, destinations, &head)?;
    let descriptions = plugins.iter().map(|plugin| plugin.examiner.description());
    let summary = Summary::new(products::not_covered(descriptions, &catalogs.updates)).without_plugins(not_loaded);
    let mut context = Context::new(plugins.iter().map(|plugin| plugin.examiner.as_ref()), &catalogs.updates)
        .under(plugins.iter().map(|plugin| plugin.policy.as_deref()))
        .leaving_out(&left_out);
    if head.catalog.is_some() {
        context = context.with_catalogs();
    }
    let targets: Vec<TargetSpec> = arguments
        .targets
        .iter()
        .map(|location| TargetSpec { location: location.clone(), memory: arguments.target_memory.bytes() })
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
    let rest = resumed.rest(&targets);
    messages::note(&format!("wardline {}: scan of {} targets", head.tool.version, targets.len()));
    let bar = Bar::new();
    let mut delivery = Delivery::new(outputs, summary, recorder.is_some(), &bar);
    let render = |report: TargetReport| {
        let report = triage.apply(report);
        let rendered: Rendered = formats.iter().map(|format| format.target(&report)).collect();
        (rendered, Tally::new(&report))
    };
    let mut scanned = 0;
    scan::run(
        &Plan { plugins: &plugins, options: &options, jobs: arguments.jobs },
        &rest,
        &|target| parts.open(target),
        &|scan| {
            let failed = scan.host_failure().cloned();
            let recorded = match &recorder {
                Some((folder, recorder)) if scan.error.is_none() && failed.is_none() => {
                    let file = folder.join(recording::file_name(&scan.name, &scan.location));
                    recorder.write(&scan, &file).map(|()| true)
                }
                _ => Ok(false),
            };
            let report = context.report(scan);
            // What may succeed another time is tried again.
            let is_final = report.source.kind.is_some() && failed.is_none() && recorded.is_ok();
            let entry = (keeps && is_final).then(|| Journal::entry(&report));
            let (rendered, tally) = render(report);
            Scanned { rendered, tally, recorded, failed, entry }
        },
        &bar,
        &mut |target| {
            let place = scanned;
            scanned += 1;
            let before = resumed.before(place, &mut |report| {
                let (rendered, tally) = render(report);
                delivery.deliver(&rendered, tally)
            });
            match before.and_then(|flow| resumed.keep(place, target.entry.as_deref()).map(|()| flow)) {
                Ok(ControlFlow::Continue(())) => delivery.scanned(target),
                Ok(ControlFlow::Break(())) => ControlFlow::Break(()),
                Err(error) => delivery.fail(error),
            }
        },
    )?;
    if delivery.goes_on() {
        let rest = resumed.before(scanned, &mut |report| {
            let (rendered, tally) = render(report);
            delivery.deliver(&rendered, tally)
        });
        // Whether more is wanted makes no difference: this was the last.
        let _ = rest?;
    }
    let Delivery { outputs, mut summary, unrecorded, host_failure, failure, .. } = delivery;
    if let Some(error) = failure {
        return Err(error);
    }
    summary.finish(&catalogs.updates);
    triage.finish(&mut summary);
    outputs.finish(&formats, &summary)?;
    resumed.finish()?;
    // The report says which targets the failure affected; the others are unaffected.
    if let Some(failure) = host_failure {
        return Err(failure.into());
    }
    if unrecorded > 0 {
        let what = if unrecorded == 1 { "1 recording" } else { &format!("{unrecorded} recordings") };
        return Err(format!("{what} could not be written; the report is complete").into());
    }
    triage::tell(&summary);
    Ok(after_scan(&summary, arguments.strict))
}

/// A target that was scanned.
struct Scanned {
    rendered: Rendered,
    tally: Tally,
    /// Whether a recording was written.
    recorded: Result<bool, RecordError>,
    /// The resource that the system refused, if it did.
    failed: Option<HostFailure>,
    /// What the journal keeps of it.
    entry: Option<Vec<u8>>,
}

/// Takes the targets in order, and writes them to the reports.
struct Delivery<'a> {
    outputs: Outputs,
    summary: Summary,
    records: bool,
    bar: &'a Bar,
    unrecorded: usize,
    host_failure: Option<HostFailure>,
    failure: Option<Fatal>,
}

impl<'a> Delivery<'a> {
    fn new(outputs: Outputs, summary: Summary, records: bool, bar: &'a Bar) -> Self {
        Delivery { outputs, summary, records, bar, unrecorded: 0, host_failure: None, failure: None }
    }

    fn scanned(&mut self, target: Scanned) -> ControlFlow<()> {
        let Scanned { rendered, tally, recorded, failed, entry: _ } = target;
        self.host_failure = self.host_failure.take().or(failed);
        match &tally.error {
            Some(error) => {
                let is_lacking = self.records && matches!(recorded, Ok(false));
                let unwritten = if is_lacking { "; no recording was written" } else { "" };
                self.bar.aside(|| super::warn(&format!("{}{unwritten}", about(&tally.name, error))));
            }
            None => messages::note(&about(&tally.name, tally.grade.words())),
        }
        if let Err(error) = recorded {
            self.unrecorded += 1;
            self.bar.aside(|| super::warn(&one_line(&error)));
        }
        self.deliver(&rendered, tally)
    }

    fn deliver(&mut self, rendered: &Rendered, tally: Tally) -> ControlFlow<()> {
        self.summary.add(tally);
        match self.outputs.append(rendered) {
            Ok(()) if !self.outputs.closed() => ControlFlow::Continue(()),
            Ok(()) => ControlFlow::Break(()),
            Err(error) => self.fail(error.into()),
        }
    }

    fn fail(&mut self, error: Fatal) -> ControlFlow<()> {
        self.failure = Some(error);
        ControlFlow::Break(())
    }

    /// Whether further targets are wanted.
    fn goes_on(&self) -> bool {
        self.failure.is_none() && !self.outputs.closed()
    }
}

/// Ensures that no output overwrites an input.
fn check_files(arguments: &ScanArgs) -> Result<(), Aliased> {
    let mut files = Files::default();
    files::with_plugins(&mut files, &arguments.plugins);
    triage::with_files(&mut files, &arguments.triage);
    if let Some(config) = &arguments.session.config {
        files.reads("--config", config);
    }
    if let Some(journal) = resume::written(arguments) {
        files.writes("--resume", &journal);
    }
    if let Some(log) = &arguments.session.log {
        files.writes("--log", log);
    }
    for target in &arguments.targets {
        files.reads("the target", target);
    }
    wanted(arguments).iter().for_each(|output| output.register(&mut files));
    if let Some(folder) = &arguments.record {
        let endings = arguments.targets.iter().map(|target| recording::file_ending(&target.display().to_string()));
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
    Ok(wanted
        .iter()
        .map(|output| (output.renderer(arguments.verbose, arguments.triage.show_waived), output.destination()))
        .unzip())
}
