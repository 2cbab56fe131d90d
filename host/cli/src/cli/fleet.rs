//! `wardline inventory`, and the fleet of a scan.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::exit::ExitStatus;
use super::output::{OutputFormat, page, print};
use super::parts::Parts;
use super::{Fatal, history};
use crate::contract::Escaped;
use crate::fleet::{Fleet, Machine, Role};
use crate::history::{History, HistoryError, LastSeen, Store};
use crate::report::{NetworkRole, Page, Span};

/// The machines of a scan, besides those that are named.
#[derive(Clone, Debug, Default, Args)]
pub struct FleetChoice {
    /// Scan the machines listed in this file (TOML), too
    #[arg(long, value_name = "FILE")]
    fleet: Option<PathBuf>,
    /// Of the fleet, only the machines in this group; may be repeated
    #[arg(long = "group", value_name = "NAME", requires = "fleet")]
    groups: Vec<String>,
}

impl FleetChoice {
    /// Whether a fleet is given.
    pub(super) fn is_given(&self) -> bool {
        self.fleet.is_some()
    }

    /// Returns the places of the machines' evidence, each with the machine's role, if it has one.
    ///
    /// # Errors
    ///
    /// If the file cannot be used.
    pub(super) fn targets(&self) -> Result<Vec<(PathBuf, Option<NetworkRole>)>, Fatal> {
        let Some(file) = &self.fleet else { return Ok(Vec::new()) };
        let fleet = Fleet::read(file)?.within(&self.groups, file)?;
        if fleet.machines.is_empty() {
            return Err(format!("{}: no machines", file.display()).into());
        }
        let role = |role| match role {
            Role::InternetServer => NetworkRole::InternetServer,
            Role::InternalServer => NetworkRole::InternalServer,
            Role::Client => NetworkRole::Client,
        };
        Ok(fleet.machines.into_iter().map(|machine| (machine.evidence, machine.role.map(role))).collect())
    }

    /// Registers the file as read.
    pub(super) fn register(&self, files: &mut crate::aliasing::Files) {
        if let Some(file) = &self.fleet {
            files.reads("--fleet", file);
        }
    }
}

#[derive(Clone, Debug, Args)]
pub struct InventoryArgs {
    /// The fleet: its machines, their evidence, roles and owners (TOML)
    #[arg(value_name = "fleet.toml")]
    fleet: PathBuf,
    /// Only the machines in this group; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// The history to compare with [default: WARDLINE_HISTORY, or history.sqlite in the data directory]
    #[arg(long, value_name = "FILE|URL", value_parser = history::store_parser(), value_hint = clap::ValueHint::AnyPath)]
    history: Option<Store>,
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
    format: OutputFormat,
}

/// A fleet, compared with the scans in the history.
#[derive(Debug, Serialize)]
struct Inventory {
    machines: Vec<Entry>,
    /// The number of the last scan; null if there is none.
    last_scan: Option<i64>,
    /// Machines of the fleet that no scan has.
    never_scanned: Vec<String>,
    /// Machines of the fleet that an earlier scan has, and the last one does not.
    not_in_last_scan: Vec<String>,
    /// Machines of the last scan that are not in the fleet: names and locations.
    not_in_fleet: Vec<(String, String)>,
    /// The number of machines with each system, product and owner.
    systems: BTreeMap<String, u64>,
    products: BTreeMap<String, u64>,
    owners: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
struct Entry {
    #[serde(flatten)]
    machine: Machine,
    /// Null if no scan has it.
    last_seen: Option<LastSeen>,
}

pub(super) fn run(arguments: &InventoryArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let fleet = Fleet::read(&arguments.fleet)?.within(&arguments.groups, &arguments.fleet)?;
    let seen = match history::place(arguments.history.as_ref(), parts)?.map(History::open) {
        Some(Ok(history)) => history.last_seen()?,
        None | Some(Err(HistoryError::Missing { .. })) if arguments.history.is_none() => Vec::new(),
        Some(Err(error)) => return Err(error.into()),
        None => Vec::new(),
    };
    let inventory = Inventory::take(fleet, seen, arguments.groups.is_empty());
    print(&inventory, arguments.format, |inventory, colour| {
        let mut page = page(colour);
        inventory.text(&mut page);
        page.into_bytes()
    })?;
    Ok(ExitStatus::Success)
}

impl Inventory {
    /// Compares a fleet with what scans have seen. `is_whole` is whether all machines of the fleet are there.
    fn take(fleet: Fleet, seen: Vec<LastSeen>, is_whole: bool) -> Inventory {
        let last_scan = seen.iter().map(|seen| seen.scan).max();
        let listed: HashSet<String> =
            fleet.machines.iter().map(|machine| machine.evidence.display().to_string()).collect();
        let is_listed = |location: &str| listed.contains(location);
        let others = seen.iter().filter(|seen| is_whole && Some(seen.scan) == last_scan && !is_listed(&seen.location));
        let not_in_fleet = others.map(|seen| (seen.name.clone(), seen.location.clone())).collect();
        let mut latest: HashMap<String, LastSeen> = HashMap::new();
        for seen in seen {
            match latest.get(&seen.location) {
                Some(other) if other.scan > seen.scan => {}
                _ => drop(latest.insert(seen.location.clone(), seen)),
            }
        }
        let entries = fleet.machines.into_iter().map(|machine| {
            let last_seen = latest.remove(&machine.evidence.display().to_string());
            Entry { machine, last_seen }
        });
        let mut inventory = Inventory {
            machines: entries.collect(),
            last_scan,
            never_scanned: Vec::new(),
            not_in_last_scan: Vec::new(),
            not_in_fleet,
            systems: BTreeMap::new(),
            products: BTreeMap::new(),
            owners: BTreeMap::new(),
        };
        for Entry { machine, last_seen } in &inventory.machines {
            match last_seen {
                None => inventory.never_scanned.push(machine.name.clone()),
                Some(seen) if Some(seen.scan) != last_scan => inventory.not_in_last_scan.push(machine.name.clone()),
                Some(_) => {}
            }
            let owner = machine.owner.clone().unwrap_or_else(|| "(none)".to_owned());
            *inventory.owners.entry(owner).or_default() += 1;
            if let Some(seen) = last_seen.as_ref().filter(|seen| seen.opened) {
                *inventory.systems.entry(system(seen)).or_default() += 1;
                let products: HashSet<String> = seen.products.iter().map(product).collect();
                products.into_iter().for_each(|product| *inventory.products.entry(product).or_default() += 1);
            }
        }
        inventory
    }

    fn text(&self, page: &mut Page) {
        let heads = ["Machine", "Role", "Owner", "Groups", "System", "Grade", "Scan"];
        let row = |Entry { machine, last_seen }: &Entry| {
            let (system, grade, scan) = match last_seen {
                None => ("-".to_owned(), "-".to_owned(), "never".to_owned()),
                Some(seen) if !seen.opened => {
                    ("could not be opened".to_owned(), seen.grade.words().to_owned(), seen.scan.to_string())
                }
                Some(seen) => (system(seen), seen.grade.words().to_owned(), seen.scan.to_string()),
            };
            vec![
                machine.name.clone(),
                machine.role.map_or("-", Role::word).to_owned(),
                machine.owner.clone().unwrap_or_else(|| "-".to_owned()),
                machine.groups.join(", "),
                system,
                grade,
                scan,
            ]
        };
        page.table(0, &heads, &self.machines.iter().map(row).collect::<Vec<_>>());
        let others: Vec<String> =
            self.not_in_fleet.iter().map(|(name, location)| format!("{name} ({location})")).collect();
        let lists = [
            ("Never scanned:", &self.never_scanned),
            ("Not in the last scan:", &self.not_in_last_scan),
            ("In the last scan, and not in the fleet:", &others),
        ];
        for (title, names) in lists.into_iter().filter(|(_, names)| !names.is_empty()) {
            page.blank();
            page.hanging(0, &[plain(title), plain(" ")], 2, Default::default(), &names.join(", "));
        }
        for (title, counts) in [("Systems", &self.systems), ("Products", &self.products), ("Owners", &self.owners)] {
            if counts.is_empty() {
                continue;
            }
            page.blank();
            page.line(0, &[plain(title)]);
            let mut counts: Vec<(&String, &u64)> = counts.iter().collect();
            counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            let rows: Vec<Vec<String>> =
                counts.into_iter().map(|(name, count)| vec![count.to_string(), Escaped(name).to_string()]).collect();
            page.table(2, &["", ""], &rows);
        }
    }
}

fn plain(text: &str) -> Span<'_> {
    Span(Default::default(), text)
}

/// Returns a machine's system in words, with its service pack and build.
fn system(seen: &LastSeen) -> String {
    let system = &seen.system;
    let mut text = system.product.clone().unwrap_or_else(|| "(not known)".to_owned());
    if let Some(service_pack) = &system.service_pack {
        text.push_str(&format!(", {service_pack}"));
    }
    match (system.build, system.revision) {
        (Some(build), Some(revision)) => text.push_str(&format!(" ({build}.{revision})")),
        (Some(build), None) => text.push_str(&format!(" ({build})")),
        (None, _) => {}
    }
    text
}

fn product(product: &crate::report::ProductReport) -> String {
    let service_pack = product.service_pack.as_ref().map(|pack| format!(", {pack}")).unwrap_or_default();
    let version = product.version.as_ref().map(|version| format!(" ({version})")).unwrap_or_default();
    format!("{}{service_pack}{version}", product.name)
}
