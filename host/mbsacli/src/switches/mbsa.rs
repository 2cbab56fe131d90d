//! The switches of the MBSA style.

use super::arguments::{Given, Switch, at_most_one, find, flag, read, valued};
use super::{MbsaScan, Own, Request, Show, SwitchError};
use crate::adjust::Skip;
use crate::template::Template;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Hf,
    Computer,
    Address,
    Range,
    Domain,
    Not,
    Sus,
    Suppress,
    NoSum,
    Output,
    Errors,
    List,
    ListLatest,
    Overview,
    Detail,
    Help,
    QuietProgress,
    QuietErrors,
    QuietReports,
    Quiet,
    Unicode,
    NoVersionCheck,
}

const SWITCHES: [Switch<Kind>; 22] = [
    flag(&["hf"], Kind::Hf),
    valued(&["c"], Kind::Computer, r"domain\computer"),
    valued(&["i"], Kind::Address, "an IPv4 address"),
    valued(&["r"], Kind::Range, "two IPv4 addresses, such as 10.0.0.1-10.0.0.50"),
    valued(&["d"], Kind::Domain, "a domain"),
    valued(&["n"], Kind::Not, "IIS, OS, Password, SQL or Updates, joined by +"),
    valued(&["sus"], Kind::Sus, "a file or an address"),
    valued(&["s"], Kind::Suppress, "1 or 2"),
    flag(&["nosum"], Kind::NoSum),
    valued(&["o"], Kind::Output, "a template of names, such as %domain% - %computername% (%date%)"),
    flag(&["e"], Kind::Errors),
    flag(&["l"], Kind::List),
    flag(&["ls"], Kind::ListLatest),
    valued(&["lr"], Kind::Overview, "the name of a report"),
    valued(&["ld"], Kind::Detail, "the name of a report"),
    flag(&["?", "help", "--help"], Kind::Help),
    flag(&["qp"], Kind::QuietProgress),
    flag(&["qe"], Kind::QuietErrors),
    flag(&["qr"], Kind::QuietReports),
    flag(&["q"], Kind::Quiet),
    flag(&["unicode"], Kind::Unicode),
    flag(&["nvc"], Kind::NoVersionCheck),
];

const MACHINES: [Kind; 4] = [Kind::Computer, Kind::Address, Kind::Range, Kind::Domain];

const SHOWS: [Kind; 5] = [Kind::Errors, Kind::List, Kind::ListLatest, Kind::Overview, Kind::Detail];

/// The switches that go with showing reports.
const BESIDE_SHOWS: [Kind; 1] = [Kind::Unicode];

/// Whether a switch of this name exists.
pub(super) fn knows(name: &str) -> bool {
    find(&SWITCHES, name).is_some()
}

/// Parses the arguments. `is_of_hf` recognises the names of the other style's switches.
pub(super) fn parse(arguments: Vec<String>, is_of_hf: fn(&str) -> bool) -> Result<Request, SwitchError> {
    let (given, own) = read(arguments, &SWITCHES, |name, written| match is_of_hf(name) {
        true => SwitchError::WithoutHf(written),
        false => SwitchError::Unknown(written, "/?"),
    })?;
    if given.iter().any(|given| given.kind == Kind::Hf) {
        return Err(SwitchError::HfNotFirst);
    }
    if given.iter().any(|given| given.kind == Kind::Help) {
        return Ok(Request::Help { hfnetchk: false });
    }
    at_most_one(&given, &SHOWS)?;
    if let Some(shown) = given.iter().find(|given| SHOWS.contains(&given.kind)) {
        return show(shown, &given, own);
    }
    at_most_one(&given, &MACHINES)?;
    let mut scan = MbsaScan { own, ..MbsaScan::default() };
    for given in &given {
        set(&mut scan, given)?;
    }
    Ok(Request::Scan(Box::new(scan)))
}

fn show(shown: &Given<Kind>, given: &[Given<Kind>], own: Own) -> Result<Request, SwitchError> {
    let other = given.iter().find(|given| given.kind != shown.kind && !BESIDE_SHOWS.contains(&given.kind));
    if let Some(other) = other {
        return Err(SwitchError::Conflict(shown.written.clone(), other.written.clone()));
    }
    let show = match shown.kind {
        Kind::Errors => Show::Errors,
        Kind::ListLatest => Show::ListLatest,
        Kind::Overview => Show::Overview(shown.value.clone()),
        Kind::Detail => Show::Detail(shown.value.clone()),
        _ => Show::List,
    };
    Ok(Request::Show { show, own, unicode: given.iter().any(|given| given.kind == Kind::Unicode) })
}

fn set(scan: &mut MbsaScan, given: &Given<Kind>) -> Result<(), SwitchError> {
    let machines = &mut scan.machines;
    match given.kind {
        Kind::Computer => {
            machines.names = given.names()?;
            if machines.names.len() > 1 {
                return Err(given.bad("expected one computer"));
            }
        }
        Kind::Address => {
            machines.names = given.addresses()?;
            if machines.names.len() > 1 {
                return Err(given.bad("expected one address"));
            }
        }
        Kind::Range => machines.ranges = vec![given.value.parse().map_err(|error| given.bad(error))?],
        Kind::Domain => machines.domains = vec![given.value.clone()],
        Kind::Not => scan.skip = skipped(given)?,
        Kind::Sus => scan.approved = Some(given.approved()?),
        Kind::Suppress => scan.hide = given.hide()?,
        Kind::NoSum => scan.no_checksums = true,
        Kind::Output => scan.template = Template::parse(&given.value).map_err(|error| given.bad(error))?,
        Kind::QuietProgress => scan.quiet.progress = true,
        Kind::QuietErrors => scan.quiet.errors = true,
        Kind::QuietReports => scan.quiet.reports = true,
        Kind::Quiet => scan.quiet = super::Quiet { progress: true, errors: true, reports: true },
        Kind::Unicode => scan.unicode = true,
        // wardline never looks for a newer version of itself.
        Kind::NoVersionCheck => {}
        Kind::Hf | Kind::Help | Kind::Errors | Kind::List | Kind::ListLatest | Kind::Overview | Kind::Detail => {}
    }
    Ok(())
}

fn skipped(given: &Given<Kind>) -> Result<Skip, SwitchError> {
    let mut skip = Skip::default();
    for word in given.value.split('+') {
        let slot = match word.trim().to_ascii_lowercase().as_str() {
            "iis" => &mut skip.iis,
            "os" => &mut skip.os,
            "password" => &mut skip.passwords,
            "sql" => &mut skip.sql,
            "updates" | "hotfix" => &mut skip.updates,
            _ => return Err(given.bad("expected IIS, OS, Password, SQL or Updates, joined by +")),
        };
        *slot = true;
    }
    Ok(skip)
}
