//! An update to install: what a catalog lists for several products is one piece of work if it is one package.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use wardline_contract::Severity;

use super::machines::Machines;
use super::texts::kept;
use crate::model::UpdateReport;
use crate::terms::severity_rank;

/// The maximum number of characters of an address.
const MAX_URL: usize = 1_000;
/// The maximum number of vulnerabilities kept of an update. Cumulative updates fix a few hundred.
const MAX_CVES: usize = 2_000;
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
    pub cves: Vec<SmolStr>,
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
    pub(super) fn new(update: &UpdateReport) -> Self {
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

    /// Adds what another entry says of the same package, but for the machines. The result is the same in whatever order entries are
    /// added.
    pub(super) fn merge(&mut self, mut other: Install) {
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
