//! `mbsacli`: a scan under the switches of another program.
//!
//! Its switches are translated into a command line of `wardline scan`, so that it judges as `scan` does. The report goes to a
//! temporary file, from which the outputs are made one machine at a time.

use std::ffi::OsString;
use std::io::{BufWriter, Write, stdout};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use clap::{Args, Parser as _};

use super::exit::ExitStatus;
use super::machines::evidence_folder;
use super::{Cli, Command, Fatal, Parts, scan};
use crate::aliasing::Files;
use crate::contract::Escaped;
use crate::evidence::named::{EvidenceFolder, MachineName};
use crate::mbsacli::hfnetchk::{self, Hidden, Selection};
use crate::mbsacli::{
    Adjustment, Catalog, HfNetChk, LatestScan, Layout, Machines, MbsaScan, Named, Own, Reports, Request, Show, display,
    help, parse, trace,
};
use crate::platform;
use crate::replace::replace_private_file;
use crate::report::{Head, MbsaIdentity, MbsaXml, Render, ReportPart, Summary, TargetReport, read_parts};
use crate::unfinished::{Access, UnfinishedFile, UnfinishedFolder};

/// The name under which the program takes mbsacli's switches without being told so.
const NAME: &str = "mbsacli";

/// The log of `-trace`, in the working directory as HFNetChk's.
const TRACE: &str = "hf.log";

/// The number of scans of this process so far, for the names of their temporary folders.
static SCANS: AtomicU32 = AtomicU32::new(0);

#[derive(Clone, Debug, Args)]
#[command(disable_help_flag = true)]
pub struct MbsacliArgs {
    /// Switches of mbsacli; `wardline mbsacli /?` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "SWITCH")]
    pub switches: Vec<OsString>,
}

/// Returns the switches if the program was called as `mbsacli`, through a link or a copy.
pub(super) fn called_as(arguments: &[OsString]) -> Option<&[OsString]> {
    let (program, switches) = arguments.split_first()?;
    Path::new(program).file_stem().filter(|stem| stem.eq_ignore_ascii_case(NAME)).map(|_| switches)
}

pub(super) fn run(switches: &[OsString], parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    match parse(switches.iter().cloned())? {
        Request::Help { hfnetchk } => print(if hfnetchk { help::HFNETCHK } else { help::MBSA }, false),
        Request::About => print(help::ABOUT, false),
        Request::Show { show, own, unicode } => print(&shown(&show, &reports(&own)?)?, unicode),
        Request::Scan(scan) => mbsa(&scan, parts),
        Request::HfNetChk(scan) => hfnetchk(&scan, parts),
    }
}

fn print(text: &str, unicode: bool) -> Result<ExitStatus, Fatal> {
    let mut out = Out::stdout(unicode);
    out.write(text)?;
    out.0.flush()?;
    Ok(ExitStatus::Success)
}

/// Standard output, in UTF-8 or in UTF-16 with a byte order mark.
struct Out(Box<dyn Write>, Encoding);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    /// Little-endian, as Windows writes it. `false` until the mark is written.
    Utf16(bool),
}

impl Out {
    fn stdout(unicode: bool) -> Self {
        Out(Box::new(BufWriter::new(stdout())), if unicode { Encoding::Utf16(false) } else { Encoding::Utf8 })
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        let Encoding::Utf16(is_marked) = self.1 else { return self.0.write_all(text.as_bytes()) };
        self.1 = Encoding::Utf16(true);
        let mark = if is_marked { None } else { Some(0xfeff) };
        let bytes: Vec<u8> = mark.into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        self.0.write_all(&bytes)
    }
}

fn reports(own: &Own) -> Result<Reports, Fatal> {
    let folder = own.reports.clone().or_else(|| platform::data_folder().map(|folder| folder.join("SecurityScans")));
    Ok(Reports::at(&folder.ok_or("no folder for reports: name one with --reports, or set WARDLINE_DATA_DIR")?))
}

fn shown(show: &Show, reports: &Reports) -> Result<String, Fatal> {
    Ok(match show {
        Show::List => listed(reports, &reports.names()?),
        Show::ListLatest => listed(reports, &reports.latest()?.reports),
        Show::Overview(name) => display::report(stem(name), &reports.read(name, false)?, false),
        Show::Detail(name) => display::report(stem(name), &reports.read(name, false)?, true),
        Show::Errors => errors(&reports.latest()?.errors),
    })
}

fn stem(name: &str) -> &str {
    name.strip_suffix(".xml").unwrap_or(name)
}

fn listed(reports: &Reports, names: &[String]) -> String {
    let mut out = display::list_heading();
    for name in names {
        match reports.read(name, true) {
            Ok(saved) => out.push_str(&display::list_line(name, &saved)),
            // Another file in the folder must not hide the reports.
            Err(error) => super::warn(&error.to_string()),
        }
    }
    out
}

fn errors(errors: &[String]) -> String {
    match errors {
        [] => "No errors.\n".to_owned(),
        errors => errors.iter().map(|error| format!("{}\n", Escaped(error))).collect(),
    }
}

/// Scans in the style of MBSA: a report for each machine.
fn mbsa(request: &MbsaScan, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let reports = reports(&request.own)?;
    let mut command = ScanCommand::new(&request.own, &request.machines)?;
    command.option("--approved", request.approved.as_ref());
    command.flag("--no-checksums", request.no_checksums);
    reports.prepare()?;
    let mut out = Out::stdout(request.unicode);
    if !request.quiet.progress {
        out.write("Scanning...\n")?;
        out.0.flush()?;
    }
    let date = humantime::format_rfc3339_seconds(parts.now()).to_string();
    let adjustment = Adjustment { skip: request.skip, hide: request.hide };
    let mut latest = LatestScan::default();
    let mut lines = String::new();
    command.flag("--no-progress", request.quiet.progress);
    let status = command.run(parts, &mut |head, mut report| {
        adjustment.apply(&mut report);
        if report.source.kind.is_none() {
            latest.errors.push(error_line(&report));
            return Ok(());
        }
        let machine = MachineName::parse(&report.name).ok();
        let domain = machine.as_ref().and_then(MachineName::domain).unwrap_or_default();
        let given = machine.as_ref().map_or(report.name.as_str(), MachineName::computer);
        let address = if given.parse::<std::net::IpAddr>().is_ok() { given } else { "" };
        let computer = report.system.computer_name.as_deref().unwrap_or(given);
        let name = request.template.name(Named { domain, computer, address, date: &date });
        let identity = MbsaIdentity { domain: domain.to_owned(), address: address.to_owned() };
        let format = MbsaXml::new(false, Some(date.clone())).of(identity);
        let xml = [format.begin(head), format.target(&report), format.end(&one())].concat();
        let name = reports.write(&name, &xml)?;
        lines.push_str(&display::list_line(&name, &reports.read(&name, true)?));
        if report.error.is_some() {
            latest.errors.push(error_line(&report));
        }
        latest.reports.push(name);
        Ok(())
    })?;
    reports.note(&latest)?;
    if !request.quiet.reports && !lines.is_empty() {
        out.write(&display::list_heading())?;
        out.write(&lines)?;
    }
    if !request.quiet.errors && !latest.errors.is_empty() {
        out.write("Errors:\n")?;
        out.write(&errors(&latest.errors))?;
    }
    out.0.flush()?;
    Ok(status)
}

/// The summary of a document with one machine.
fn one() -> Summary {
    Summary { targets: 1, ..Summary::default() }
}

fn error_line(report: &TargetReport) -> String {
    format!("{}: {}", report.name, report.error.as_deref().unwrap_or("could not be scanned"))
}

/// Scans in the style of HFNetChk: one text.
fn hfnetchk(request: &HfNetChk, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let mut command = ScanCommand::new(&request.own, &request.machines)?;
    command.option("--approved", request.approved.as_ref());
    command.flag("--no-checksums", request.no_checksums);
    command.flag("--force-checksums", request.force_checksums);
    command.flag("--no-registry", request.no_registry);
    command.option("--jobs", request.threads.map(|threads| threads.to_string()));
    match &request.catalog {
        None => {}
        Some(Catalog::File(path)) => command.option("--catalog", Some(path)),
        Some(Catalog::Cabinet(path)) => {
            return Err(format!(
                "-x {0}: a cabinet has to be verified first: run `wardline catalog import {0}`, then scan without -x",
                path.display()
            )
            .into());
        }
        Some(Catalog::Address(address)) => {
            return Err(format!(
                "-x {0}: a catalog has to be fetched and verified first: run `wardline catalog update --from {0}`, then \
                 scan without -x",
                Escaped(address)
            )
            .into());
        }
    }
    let selection = Selection {
        hide: request.hide,
        baseline_only: request.baseline_only,
        hidden: request.hidden_file.as_deref().map(Hidden::read).transpose()?.unwrap_or_default(),
        history: request.history,
    };
    let mut files = Files::default();
    request.machines.name_files.iter().for_each(|file| files.reads("-fh", file));
    request.machines.address_files.iter().for_each(|file| files.reads("-fip", file));
    request.hidden_file.iter().for_each(|file| files.reads("-fq", file));
    request.file.iter().for_each(|file| files.writes("-f", file));
    if request.trace {
        files.writes("-trace", Path::new(TRACE));
    }
    files.check()?;
    let untraced = |error| format!("{TRACE}: {error}");
    let mut log = match request.trace {
        true => Some(BufWriter::new(UnfinishedFile::begin(Path::new("."), Access::Private).map_err(untraced)?)),
        false => None,
    };
    if let Some(log) = &mut log {
        writeln!(log, "{}", command.shown()).map_err(untraced)?;
    }
    let mut status = Ok(ExitStatus::Success);
    let mut write = |out: &mut dyn Write| -> std::io::Result<()> {
        let heading = match request.layout {
            Layout::Tab => hfnetchk::tab_header(),
            Layout::Wrap => hfnetchk::wrap_heading(request.verbose).to_owned(),
        };
        let mut is_first = true;
        status = command.run(parts, &mut |_, report| {
            // A scan that fails before its first machine prints nothing but its error.
            if std::mem::take(&mut is_first) {
                out.write_all(heading.as_bytes())?;
            }
            if let Some(log) = &mut log {
                log.write_all(trace::machine(&report).as_bytes()).map_err(untraced)?;
            }
            let text = match request.layout {
                Layout::Tab => hfnetchk::tab(&report, &selection),
                Layout::Wrap => hfnetchk::wrap(&report, &selection, request.verbose),
            };
            Ok(out.write_all(text.as_bytes())?)
        });
        match &status {
            Ok(_) => out.flush(),
            // The file is then as it was; the error itself is returned below.
            Err(_) => Err(std::io::Error::other("the scan failed")),
        }
    };
    let written = match &request.file {
        Some(file) => {
            replace_private_file(file, |out| write(out)).map_err(|error| format!("{}: {error}", file.display()).into())
        }
        None => write(&mut BufWriter::new(stdout())).map_err(Fatal::from),
    };
    let status = status?;
    written?;
    if let Some(log) = log {
        let log = log.into_inner().map_err(std::io::IntoInnerError::into_error).map_err(untraced)?;
        log.finish(Path::new(TRACE)).map_err(untraced)?;
    }
    Ok(status)
}

/// A command line of `wardline scan`.
struct ScanCommand(Vec<OsString>);

impl ScanCommand {
    fn new(own: &Own, machines: &Machines) -> Result<Self, Fatal> {
        if machines.is_this_computer() {
            return Err(
                "this computer cannot be scanned while it runs: wardline judges evidence; name a computer with /c (or \
                 -h after /hf), and the folder of evidence with --evidence"
                    .into(),
            );
        }
        let evidence = evidence_folder(own.evidence.as_deref()).ok_or(
            "no folder of evidence: wardline does not connect to computers; name the folder with --evidence, or set \
             WARDLINE_EVIDENCE",
        )?;
        let mut command = ScanCommand(["wardline", "scan"].map(OsString::from).into());
        for name in machines.resolve(&EvidenceFolder::open(&evidence)?)? {
            command.option("--machine", Some(name.to_string()));
        }
        command.option("--evidence", Some(evidence));
        own.catalogs.iter().for_each(|catalog| command.option("--catalog", Some(catalog)));
        Ok(command)
    }

    fn flag(&mut self, name: &str, is_given: bool) {
        if is_given {
            self.0.push(name.into());
        }
    }

    fn option(&mut self, name: &str, value: Option<impl Into<OsString>>) {
        if let Some(value) = value {
            // With `=`, a value that begins with a dash is still a value.
            let mut option = OsString::from(format!("{name}="));
            option.push(value.into());
            self.0.push(option);
        }
    }

    fn shown(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|word| Escaped(&word.to_string_lossy()).to_string()).collect();
        words.join(" ")
    }

    /// Scans, and passes each machine's report to `each`.
    fn run(
        &self,
        parts: &dyn Parts,
        each: &mut dyn FnMut(&Head, TargetReport) -> Result<(), Fatal>,
    ) -> Result<ExitStatus, Fatal> {
        let number = SCANS.fetch_add(1, Ordering::Relaxed);
        let place = std::env::temp_dir().join(format!("wardline-mbsacli-{}-{number}", std::process::id()));
        let folder = UnfinishedFolder::create(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        let report: PathBuf = place.join("report.json");
        let mut command = ScanCommand(self.0.clone());
        // The outputs say which machines could not be scanned.
        command.flag("--no-messages", true);
        command.option(
            "--output",
            Some({
                let mut output = OsString::from("json=");
                output.push(&report);
                output
            }),
        );
        let Command::Scan(arguments) = Cli::try_parse_from(command.0)?.command else {
            return Err("the switches do not make a scan (please report this)".into());
        };
        let status = scan::run(&arguments, parts)?;
        let (mut head, mut failure) = (None, None);
        read_parts(&report, &mut |part| {
            let done = match part {
                ReportPart::Head(found) => {
                    head = Some(found);
                    Ok(())
                }
                ReportPart::Target(target) => head.as_deref().map_or(Ok(()), |head| each(head, *target)),
                ReportPart::End(_) => Ok(()),
            };
            failure = done.err();
            if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        drop(folder);
        failure.map_or(Ok(status), Err)
    }
}
