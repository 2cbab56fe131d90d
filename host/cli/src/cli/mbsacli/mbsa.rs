//! The MBSA style.

use super::output::Output;
use super::scan_command::ScanCommand;
use super::show::{errors, reports};
use crate::cli::exit::ExitStatus;
use crate::cli::{Fatal, Parts};
use crate::evidence::named::MachineName;
use crate::mbsacli::{Adjustment, LatestScan, MbsaScan, Named, display};
use crate::report::{MbsaIdentity, MbsaXml, Render, Summary, TargetReport};

/// Scans in the style of MBSA: a report for each machine.
pub(super) fn scan(request: &MbsaScan, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let reports = reports(&request.own)?;
    let mut command = ScanCommand::new(&request.own, &request.machines)?;
    command.option("--approved", request.approved.as_ref());
    command.flag("--no-checksums", request.no_checksums);
    reports.prepare()?;
    let mut out = Output::stdout(request.unicode);
    if !request.quiet.progress {
        out.write("Scanning...\n")?;
        out.flush()?;
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
    out.flush()?;
    Ok(status)
}

/// The summary of a document with one machine.
fn one() -> Summary {
    Summary { targets: 1, ..Summary::default() }
}

fn error_line(report: &TargetReport) -> String {
    format!("{}: {}", report.name, report.error.as_deref().unwrap_or("could not be scanned"))
}
