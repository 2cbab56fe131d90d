//! The input of a plan for one target: the part of `docs/report.schema.json` that is read back.
//!
//! Fields that a plan does not need are skipped, so that a report of a later version with additional fields can still be read.

use serde::Deserialize;
use wardline_contract::{FindingId, Grade, Operation, ServicePack, UpdateStatus, Verdict};
use wardline_report::{ConditionReport, UpdatesState};

/// One target of a report.
#[derive(Clone, Debug, Deserialize)]
pub struct Machine {
    pub name: String,
    pub source: Source,
    pub system: ScannedSystem,
    /// Whether everything could be scanned.
    pub complete: bool,
    /// Why nothing, or not everything, could be scanned.
    pub error: Option<String>,
    /// `None` in reports of versions without this field.
    #[serde(default)]
    pub updates_judged: Option<Vec<Judged>>,
    pub products: Vec<Product>,
    pub checks: Vec<Finding>,
    pub updates: Vec<Missing>,
    pub actions: Vec<Mending>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Source {
    pub location: String,
    /// Empty in reports of versions without this field.
    #[serde(default)]
    pub conditions: Vec<ConditionReport>,
}

/// Whether a plugin judged the updates of its products.
#[derive(Clone, Debug, Deserialize)]
pub struct Judged {
    pub family: String,
    pub state: UpdatesState,
    pub products: Vec<String>,
    pub reason: Option<String>,
}

/// The target's system; fields are `None` if unknown.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ScannedSystem {
    pub product: Option<String>,
    /// For example `5.0`.
    pub version: Option<String>,
    pub service_pack: Option<String>,
    pub architecture: Option<String>,
    /// Windows language identifier.
    pub language: Option<u16>,
}

/// An installed product.
#[derive(Clone, Debug, Deserialize)]
pub struct Product {
    pub name: String,
    pub service_pack: Option<String>,
    pub subject: Option<String>,
}

/// The result of a check.
#[derive(Clone, Debug, Deserialize)]
pub struct Finding {
    /// For example `os.guest-account`.
    pub id: String,
    pub title: String,
    pub subject: Option<String>,
    pub grade: Grade,
}

/// An update that was judged, missing or not.
#[derive(Clone, Debug, Deserialize)]
pub struct Missing {
    pub number: u32,
    pub bulletin: String,
    pub kb: Option<String>,
    pub title: String,
    pub product: String,
    pub subject: Option<String>,
    pub status: UpdateStatus,
    pub package: Option<String>,
    pub tests: Vec<Test>,
    /// `None` if the update is not missing, and in reports of versions without this field.
    #[serde(default)]
    pub installation: Option<Installation>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Test {
    /// `version`, `registry` …
    pub kind: String,
    /// For `version`, the file's path.
    pub subject: String,
    /// For `version`, the lowest version with the fix; `5.0.2195.4530 or 5.0.2195.4600` if there are several.
    pub expected: Option<String>,
    pub verdict: Verdict,
}

/// The catalog's data about installing an update.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Installation {
    /// The service packs at which it is needed. Empty means at any service pack.
    pub service_packs: Vec<ServicePack>,
    /// The service pack that includes the fix.
    pub included_in: Option<ServicePack>,
    /// The numbers of the updates that supersede it.
    pub superseding: Vec<u32>,
}

/// A plugin's action to remedy a finding.
#[derive(Clone, Debug, Deserialize)]
pub struct Mending {
    pub mends: FindingId,
    pub operation: Operation,
    pub undo: Vec<Operation>,
    pub restart: bool,
    pub risk: Option<String>,
    pub article: Option<String>,
}

impl Machine {
    /// Returns the finding that an action remedies, if it is a check's.
    pub(super) fn check(&self, mends: FindingId) -> Option<&Finding> {
        match mends {
            FindingId::Check(place) => self.checks.get(place as usize),
            FindingId::Update(_) => None,
        }
    }

    /// Returns the finding that an action remedies, if it is an update's.
    pub(super) fn update(&self, mends: FindingId) -> Option<&Missing> {
        match mends {
            FindingId::Update(place) => self.updates.get(place as usize),
            FindingId::Check(_) => None,
        }
    }
}
