//! The switches of the HFNetChk style, which follow `/hf`.

use super::arguments::{Given, Switch, at_most_one, find, flag, read, valued};
use super::{Catalog, HfNetChk, Layout, Request, SwitchError};
use crate::hfnetchk::History;

/// The maximum number of threads of HFNetChk.
const MAX_THREADS: u32 = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Hosts,
    HostsFile,
    Addresses,
    AddressesFile,
    Range,
    Domain,
    Network,
    Sus,
    Baseline,
    HiddenFile,
    Suppress,
    NoSum,
    Sum,
    NoRegistry,
    History,
    Verbose,
    Output,
    File,
    Threads,
    User,
    Password,
    Catalog,
    Version,
    Trace,
    About,
    Help,
}

const SWITCHES: [Switch<Kind>; 26] = [
    valued(&["h"], Kind::Hosts, "names, separated by commas"),
    valued(&["fh"], Kind::HostsFile, "a file with a name on each line"),
    valued(&["i"], Kind::Addresses, "IPv4 addresses, separated by commas"),
    valued(&["fip"], Kind::AddressesFile, "a file with an IPv4 address on each line"),
    valued(&["r"], Kind::Range, "two IPv4 addresses, such as 10.0.0.1-10.0.0.50"),
    valued(&["d"], Kind::Domain, "a domain"),
    flag(&["n"], Kind::Network),
    valued(&["sus"], Kind::Sus, "a file or an address"),
    flag(&["b"], Kind::Baseline),
    valued(&["fq"], Kind::HiddenFile, "a file with a Q number on each line"),
    valued(&["s"], Kind::Suppress, "1 or 2"),
    flag(&["nosum"], Kind::NoSum),
    flag(&["sum"], Kind::Sum),
    flag(&["z"], Kind::NoRegistry),
    valued(&["history"], Kind::History, "1, 2 or 3"),
    flag(&["v"], Kind::Verbose),
    valued(&["o"], Kind::Output, "tab or wrap"),
    valued(&["f"], Kind::File, "a file"),
    valued(&["t"], Kind::Threads, "a number from 1 to 128"),
    valued(&["u"], Kind::User, "a name"),
    valued(&["p"], Kind::Password, "a password"),
    valued(&["x"], Kind::Catalog, "a catalog: file.xml, file.cab or an address"),
    flag(&["ver"], Kind::Version),
    flag(&["trace"], Kind::Trace),
    flag(&["about"], Kind::About),
    flag(&["?", "help", "--help"], Kind::Help),
];

/// Whether a switch of this name exists.
pub(super) fn knows(name: &str) -> bool {
    find(&SWITCHES, name).is_some()
}

/// Parses the arguments without `/hf`. `is_of_mbsa` recognises the names of the other style's switches.
pub(super) fn parse(arguments: Vec<String>, is_of_mbsa: fn(&str) -> bool) -> Result<Request, SwitchError> {
    let (given, own) = read(arguments, &SWITCHES, |name, written| match is_of_mbsa(name) {
        true => SwitchError::BesideHf(written),
        false => SwitchError::Unknown(written, "/hf -?"),
    })?;
    if given.iter().any(|given| given.kind == Kind::Help) {
        return Ok(Request::Help { hfnetchk: true });
    }
    if given.iter().any(|given| given.kind == Kind::About) {
        return Ok(Request::About);
    }
    at_most_one(&given, &[Kind::NoSum, Kind::Sum])?;
    together(&given)?;
    let mut scan = HfNetChk { own, ..HfNetChk::default() };
    for (place, given) in given.iter().enumerate() {
        if given.kind == Kind::Trace && place > 0 {
            return Err(SwitchError::NotFirst(given.written.clone()));
        }
        set(&mut scan, given)?;
    }
    // A row of the tab form always has its reason.
    scan.verbose |= scan.layout == Layout::Tab;
    Ok(Request::HfNetChk(Box::new(scan)))
}

/// Fails if only one of `-u` and `-p` is given.
fn together(given: &[Given<Kind>]) -> Result<(), SwitchError> {
    let find = |kind| given.iter().find(|given| given.kind == kind);
    match (find(Kind::User), find(Kind::Password)) {
        (Some(user), None) => Err(SwitchError::OnlyTogether(user.written.clone(), "-p")),
        (None, Some(password)) => Err(SwitchError::OnlyTogether(password.written.clone(), "-u")),
        _ => Ok(()),
    }
}

fn set(scan: &mut HfNetChk, given: &Given<Kind>) -> Result<(), SwitchError> {
    let machines = &mut scan.machines;
    match given.kind {
        Kind::Hosts => machines.names.extend(given.names()?),
        Kind::HostsFile => machines.name_files.push(given.path()),
        Kind::Addresses => machines.names.extend(given.addresses()?),
        Kind::AddressesFile => machines.address_files.push(given.path()),
        Kind::Range => machines.ranges.push(given.value.parse().map_err(|error| given.bad(error))?),
        Kind::Domain => machines.domains.push(given.value.clone()),
        Kind::Network => machines.network = true,
        Kind::Sus => scan.approved = Some(given.approved()?),
        Kind::Baseline => scan.baseline_only = true,
        Kind::HiddenFile => scan.hidden_file = Some(given.path()),
        Kind::Suppress => scan.hide = given.hide()?,
        Kind::NoSum => scan.no_checksums = true,
        Kind::Sum => scan.force_checksums = true,
        Kind::NoRegistry => scan.no_registry = true,
        Kind::History => {
            scan.history = Some(match given.value.as_str() {
                "1" => History::Installed,
                "2" => History::NotInstalled,
                "3" => History::Both,
                _ => return Err(given.bad("expected 1 (installed), 2 (not installed) or 3 (both)")),
            });
        }
        Kind::Verbose => scan.verbose = true,
        Kind::Output => {
            scan.layout = match given.value.to_ascii_lowercase().as_str() {
                "tab" => Layout::Tab,
                "wrap" => Layout::Wrap,
                _ => return Err(given.bad("expected tab or wrap")),
            };
        }
        Kind::File => scan.file = Some(given.path()),
        Kind::Threads => {
            let threads = given.value.parse().ok().filter(|threads| (1..=MAX_THREADS).contains(threads));
            scan.threads = Some(threads.ok_or_else(|| given.bad("expected a number from 1 to 128"))?);
        }
        Kind::Catalog => scan.catalog = Some(catalog(given)),
        Kind::User | Kind::Password => {
            return Err(given.not_honoured(
                "others can see a command line; set WARDLINE_USER and WARDLINE_PASSWORD, or answer the prompt",
            ));
        }
        Kind::Version => {
            return Err(
                given.not_honoured("wardline does not look for newer versions of itself; see `wardline --version`")
            );
        }
        Kind::Trace => scan.trace = true,
        Kind::About | Kind::Help => {}
    }
    Ok(())
}

fn catalog(given: &Given<Kind>) -> Catalog {
    if given.value.contains("://") {
        return Catalog::Address(given.value.clone());
    }
    let path = given.path();
    let is_cabinet = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("cab"));
    if is_cabinet { Catalog::Cabinet(path) } else { Catalog::File(path) }
}
