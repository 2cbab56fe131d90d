//! An update to install: what a catalog lists for several products is one piece of work if it is one package.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use wardline_contract::Severity;

use super::machines::Machines;
use super::texts::kept;
use crate::model::UpdateReport;
use crate::replaced::Replaced;
use crate::terms::severity_rank;

/// The maximum number of characters of an address.
const MAX_URL: usize = 1_000;
/// The maximum number of vulnerabilities kept of an update. Cumulative updates fix a few hundred.
const MAX_CVES: usize = 2_000;
/// The maximum number of vulnerabilities of older updates kept of an update. A release of Windows has a few thousand in ten years.
const MAX_OLDER: usize = 20_000;
/// The maximum number of distinct lists of them. Machines with the same build have the same.
const MAX_LISTS: usize = 1_000;
/// The maximum number of catalog entries kept of an update. Catalogs have one for each product.
const MAX_NUMBERS: usize = 1_000;

/// An update that is missing somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Install {
    /// The update's number in this scan: that of the first entry.
    pub number: u32,
    /// The numbers of all entries, for the several products that the update is for.
    #[serde(skip)]
    pub numbers: Vec<u32>,
    pub bulletin: SmolStr,
    pub kb: Option<SmolStr>,
    pub title: SmolStr,
    /// The most severe rating of those for the products on which it is missing.
    pub severity: Severity,
    pub package: Option<SmolStr>,
    pub url: Option<SmolStr>,
    /// The vulnerabilities that the catalog lists for it, for any of the products on which it is missing.
    pub cves: Vec<SmolStr>,
    /// Those that it lists for the products of some machines, if machines differ. Empty if `cves` are open on all of them.
    #[serde(skip)]
    apart: Vec<OpenCves>,
    /// Those of the older updates that it replaces and that are missing too, without its own. Which these are depends on the machine's
    /// build: each list is here once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older: Vec<OpenCves>,
    #[serde(skip)]
    pub machines: Machines,
}

/// Vulnerabilities that are open on the same machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCves {
    /// Each once.
    pub cves: Vec<SmolStr>,
    /// The machines of the update that they are open on.
    #[serde(skip)]
    pub machines: Machines,
}

/// Identifies what is installed: updates with the same key are one package, whatever product each of them is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct InstallKey {
    bulletin: SmolStr,
    kb: Option<SmolStr>,
    package: Option<SmolStr>,
    /// 0 if the names suffice.
    number: u32,
}

impl InstallKey {
    fn new(bulletin: &SmolStr, kb: Option<&SmolStr>, package: Option<&SmolStr>, number: u32) -> Self {
        let number = if kb.is_none() && package.is_none() { number } else { 0 };
        InstallKey { bulletin: bulletin.clone(), kb: kb.cloned(), package: package.cloned(), number }
    }

    pub(crate) fn of(update: &UpdateReport) -> Self {
        Self::new(&update.bulletin, update.kb.as_ref(), update.package.as_ref(), update.number)
    }
}

impl Install {
    /// `replaced` are the vulnerabilities of older updates that are open on the same machine.
    pub(super) fn new(update: &UpdateReport, replaced: &Replaced<'_>) -> Self {
        let older: Vec<SmolStr> = replaced.by(update).take(MAX_OLDER).map(|cve| kept(cve)).collect();
        Install {
            number: update.number,
            numbers: vec![update.number],
            bulletin: kept(&update.bulletin),
            kb: update.kb.as_deref().map(kept),
            title: kept(&update.title),
            severity: update.severity,
            package: update.package.as_deref().map(kept),
            // A truncated address leads elsewhere.
            url: update.url.clone().filter(|url| url.len() <= MAX_URL),
            cves: update.cves.iter().take(MAX_CVES).map(|cve| kept(cve)).collect(),
            apart: Vec::new(),
            older: match older.is_empty() {
                true => Vec::new(),
                false => vec![OpenCves { cves: older, machines: Machines::default() }],
            },
            machines: Machines::default(),
        }
    }

    /// Adds the number of its only entry, which is not stored twice.
    pub(super) fn numbered(mut self) -> Self {
        self.numbers = vec![self.number];
        self
    }

    pub(super) fn key(&self) -> InstallKey {
        InstallKey::new(&self.bulletin, self.kb.as_ref(), self.package.as_ref(), self.number)
    }

    /// Returns the vulnerabilities that it closes on any machine: its own, then those of older updates, each once.
    pub fn closes(&self) -> impl Iterator<Item = &SmolStr> {
        let own: BTreeSet<&SmolStr> = self.cves.iter().collect();
        let older: BTreeSet<&SmolStr> = self.older.iter().flat_map(|older| &older.cves).collect();
        self.cves.iter().chain(older.into_iter().filter(move |cve| !own.contains(cve)))
    }

    /// Returns the vulnerabilities that are open, with the machines that each list is about: its own, then those of older updates.
    pub(crate) fn open(&self) -> impl Iterator<Item = (&[SmolStr], &Machines)> {
        let all = self.apart.is_empty().then_some((self.cves.as_slice(), &self.machines));
        let apart = self.apart.iter().chain(&self.older).map(|open| (open.cves.as_slice(), &open.machines));
        all.into_iter().chain(apart)
    }

    /// Passes each list of the machines that what another says of the same package is about to `machines`.
    pub(super) fn each_machines(&mut self, machines: &mut dyn FnMut(&mut Machines)) {
        machines(&mut self.machines);
        self.apart.iter_mut().chain(&mut self.older).for_each(|open| machines(&mut open.machines));
    }

    /// Adds what another entry says of the same package, but for its machines. Passes each list that these belong to to `machines`.
    /// The result is the same in whatever order entries are added, but for the order of the lists.
    pub(super) fn merge(&mut self, mut other: Install, machines: &mut dyn FnMut(&mut Machines)) {
        if !self.apart.is_empty() || !other.apart.is_empty() || self.cves != other.cves {
            if self.apart.is_empty() {
                self.apart.push(OpenCves { cves: self.cves.clone(), machines: self.machines.clone() });
            }
            if other.apart.is_empty() {
                add_open(&mut self.apart, other.cves.clone(), MAX_CVES, machines);
            }
            for apart in std::mem::take(&mut other.apart) {
                add_open(&mut self.apart, apart.cves, MAX_CVES, machines);
            }
        }
        machines(&mut self.machines);
        for older in std::mem::take(&mut other.older) {
            add_open(&mut self.older, older.cves, MAX_OLDER, machines);
        }
        if other.number < self.number {
            std::mem::swap(&mut self.number, &mut other.number);
            std::mem::swap(&mut self.title, &mut other.title);
            std::mem::swap(&mut self.url, &mut other.url);
        }
        if severity_rank(other.severity) < severity_rank(self.severity) {
            self.severity = other.severity;
        }
        for number in other.numbers {
            if let Err(place) = self.numbers.binary_search(&number)
                && self.numbers.len() < MAX_NUMBERS
            {
                self.numbers.insert(place, number);
            }
        }
        // The same entry on another machine, as a rule.
        if self.cves != other.cves {
            self.cves.append(&mut other.cves);
            self.cves.sort_unstable();
            self.cves.dedup();
            self.cves.truncate(MAX_CVES);
        }
    }
}

/// Adds a list of vulnerabilities, of which at most `most` are kept, and passes the machines that have it to `machines`.
fn add_open(lists: &mut Vec<OpenCves>, cves: Vec<SmolStr>, most: usize, machines: &mut dyn FnMut(&mut Machines)) {
    let known = lists.iter().position(|own| own.cves == cves);
    // Too many vulnerabilities for a machine rather than too few.
    let known = known.or_else(|| Some(MAX_LISTS - 1).filter(|_| lists.len() == MAX_LISTS));
    let place = known.unwrap_or(lists.len());
    if place == lists.len() {
        lists.push(OpenCves { cves, machines: Machines::default() });
    } else if let Some(own) = lists.get_mut(place).filter(|own| own.cves != cves) {
        own.cves.extend(cves);
        own.cves.sort_unstable();
        own.cves.dedup();
        own.cves.truncate(most);
    }
    if let Some(own) = lists.get_mut(place) {
        machines(&mut own.machines);
    }
}
