//! Switches as a command line of `wardline scan`.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::aliasing::Files;
use crate::cli::exit::ExitStatus;
use crate::cli::machines::evidence_folder;
use crate::cli::scan_args::ScanArgs;
use crate::cli::this_computer::default_target;
use crate::cli::{Fatal, Parts, scan};
use crate::contract::Escaped;
use crate::evidence::named::EvidenceFolder;
use crate::mbsacli::{Machines, Own};
use crate::report::{Head, ReportPart, TargetReport, read_parts};
use crate::unfinished::UnfinishedFolder;

/// The number of scans of this process so far, for the names of their temporary folders.
static SCANS: AtomicU32 = AtomicU32::new(0);

/// A command line of `wardline scan`.
pub(super) struct ScanCommand {
    /// After `wardline scan`.
    words: Vec<OsString>,
    /// The evidence that it reads.
    evidence: Vec<PathBuf>,
}

impl ScanCommand {
    /// Begins a command line with the machines and the catalogs.
    ///
    /// # Errors
    ///
    /// If there is no evidence of the machines, or they cannot be determined.
    pub(super) fn new(own: &Own, machines: &Machines) -> Result<Self, Fatal> {
        let mut command = ScanCommand { words: Vec::new(), evidence: Vec::new() };
        match evidence_folder(own.evidence.as_deref()) {
            _ if machines.is_this_computer() => {
                let this_computer = default_target().ok_or(
                    "name a computer with /c, or with -h after /hf: wardline scans the one it runs on only on Windows",
                )?;
                command.words.push(this_computer.into());
            }
            Some(folder) => command.with_evidence(folder, machines)?,
            None => command.with_running(machines)?,
        }
        own.catalogs.iter().for_each(|catalog| command.option("--catalog", Some(catalog)));
        Ok(command)
    }

    /// Adds machines of which there is evidence.
    fn with_evidence(&mut self, folder: PathBuf, machines: &Machines) -> Result<(), Fatal> {
        let evidence = EvidenceFolder::open(&folder)?;
        for name in machines.resolve(&evidence)? {
            self.option("--machine", Some(name.to_string()));
            // That there is none is the scan's to report.
            self.evidence.extend(evidence.locate(&name).ok());
        }
        self.option("--evidence", Some(folder));
        Ok(())
    }

    /// Adds running machines.
    fn with_running(&mut self, machines: &Machines) -> Result<(), Fatal> {
        machines.running()?.iter().for_each(|name| self.option("--host", Some(name.computer())));
        machines.ranges.iter().for_each(|range| self.option("--range", Some(range.to_string())));
        Ok(())
    }

    /// Registers the evidence as read.
    pub(super) fn register(&self, files: &mut Files) {
        self.evidence.iter().for_each(|target| files.reads("the target", target));
    }

    pub(super) fn flag(&mut self, name: &str, is_given: bool) {
        if is_given {
            self.words.push(name.into());
        }
    }

    pub(super) fn option(&mut self, name: &str, value: Option<impl Into<OsString>>) {
        if let Some(value) = value {
            // With `=`, a value that begins with a dash is still a value.
            let mut option = OsString::from(format!("{name}="));
            option.push(value.into());
            self.words.push(option);
        }
    }

    /// Returns the command line for people.
    pub(super) fn shown(&self) -> String {
        let words = self.words.iter().map(|word| format!(" {}", Escaped(&word.to_string_lossy())));
        format!("wardline scan{}", words.collect::<String>())
    }

    /// Scans, and passes each machine's report to `each`.
    ///
    /// # Errors
    ///
    /// If the scan ends early, or `each` fails.
    pub(super) fn run(
        &self,
        parts: &dyn Parts,
        each: &mut dyn FnMut(&Head, TargetReport) -> Result<(), Fatal>,
    ) -> Result<ExitStatus, Fatal> {
        let number = SCANS.fetch_add(1, Ordering::Relaxed);
        let place = std::env::temp_dir().join(format!("wardline-mbsacli-{}-{number}", std::process::id()));
        let folder = UnfinishedFolder::create(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        let report: PathBuf = place.join("report.json");
        let mut output = OsString::from("--output=json=");
        output.push(&report);
        // The outputs say which machines could not be scanned.
        let words = self.words.iter().cloned().chain([output, "--no-messages".into()]);
        let arguments = ScanArgs::of_words(words)?;
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
