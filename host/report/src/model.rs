//! The report as `docs/report.schema.json` describes it: the fields' order and names are those of the JSON.
//!
//! Texts that come from the catalog or from a plugin's description are borrowed, for every target's report repeats them.

use serde::{Deserialize, Serialize};
use wardline_contract::{
    FindingId, Grade, InstalledProduct, Operation, Outcome, Role, Row, ServicePack, Severity, SystemInfo, TestSubject,
    UpdateStatus, Verdict,
};
use wardline_evidence::{Condition, State};

use super::grade::OverallGrade;

/// The report's version; a field that is taken away or changes its meaning raises the number.
pub const SCHEMA: &str = "wardline.report/1";

/// What stands before the targets.
#[derive(Clone, Debug, Serialize)]
pub struct Head {
    pub tool: Tool,
    /// None where no catalog was given, and so no update judged.
    pub catalog: Option<CatalogReport>,
    /// None where plugins may ask whatever they declare.
    pub policy: Option<PolicyReport>,
}

/// The operator's policy that was in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyReport {
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// The path as the operator gave it.
    pub location: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
}

impl Default for Tool {
    fn default() -> Self {
        Tool { name: "wardline", version: env!("CARGO_PKG_VERSION") }
    }
}

/// The catalogs of a scan taken together. What they do not agree on is null here, and stands in `sources`.
#[derive(Clone, Debug, Serialize)]
pub struct CatalogReport {
    pub format: Option<String>,
    pub schema_version: Option<String>,
    pub data_version: Option<String>,
    pub date: Option<String>,
    pub digest: Option<String>,
    pub location: Option<String>,
    /// Updates in all catalogs.
    pub updates: usize,
    pub sources: Vec<CatalogSource>,
}

/// One catalog file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CatalogSource {
    /// `mssecure`.
    pub format: String,
    pub schema_version: Option<String>,
    pub data_version: Option<String>,
    /// ISO date of the last change.
    pub date: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// The path as the operator gave it.
    pub location: String,
}

impl CatalogReport {
    /// None without any catalog.
    pub fn new(sources: Vec<CatalogSource>, updates: usize) -> Option<Self> {
        let first = sources.first()?.clone();
        let agreed = |field: fn(&CatalogSource) -> Option<&str>| {
            field(&first).filter(|value| sources.iter().all(|source| field(source) == Some(value))).map(str::to_owned)
        };
        Some(CatalogReport {
            format: agreed(|source| Some(&source.format)),
            schema_version: agreed(|source| source.schema_version.as_deref()),
            data_version: agreed(|source| source.data_version.as_deref()),
            date: agreed(|source| source.date.as_deref()),
            digest: agreed(|source| Some(&source.digest)),
            location: agreed(|source| Some(&source.location)),
            updates,
            sources,
        })
    }
}

/// Everything about one target.
#[derive(Clone, Debug, Serialize)]
pub struct TargetReport<'a> {
    pub name: String,
    pub source: SourceReport,
    pub system: SystemReport,
    pub grade: OverallGrade,
    /// Whether everything could be scanned. A grade worse than `incomplete` does not hide what could not.
    pub complete: bool,
    /// Why nothing, or not all, could be scanned. For people.
    pub error: Option<String>,
    pub coverage: Coverage,
    pub plugins: Vec<PluginReport<'a>>,
    /// For every plugin that judges updates, whether it did. Without it an empty `updates` would say nothing.
    pub updates_judged: Vec<UpdatesJudged<'a>>,
    pub products: Vec<ProductReport<'a>>,
    pub checks: Vec<CheckReport<'a>>,
    pub updates: Vec<UpdateReport<'a>>,
    pub actions: Vec<ActionReport<'a>>,
    pub denied: Vec<DeniedReport<'a>>,
}

impl TargetReport<'_> {
    /// Whether it was judged of every family of products which updates are missing.
    pub fn all_judged(&self) -> bool {
        !self.updates_judged.is_empty()
            && self.updates_judged.iter().all(|plugin| plugin.state != UpdatesState::NotJudged)
    }

    /// Whether an empty list of missing updates, as far as it goes, says that none is missing.
    pub fn updates_known(&self) -> UpdatesKnown {
        let any = |state| self.updates_judged.iter().any(|plugin| plugin.state == state);
        let unable = self.updates.iter().any(|update| update.status == UpdateStatus::UnableToScan);
        match (any(UpdatesState::Judged), any(UpdatesState::NotJudged)) {
            (true, false) if !unable => UpdatesKnown::All,
            (true, _) => UpdatesKnown::InPart,
            (false, false) if any(UpdatesState::NothingInstalled) => UpdatesKnown::NothingInstalled,
            (false, _) => UpdatesKnown::Nothing,
        }
    }
}

/// How much is known about the updates of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdatesKnown {
    All,
    InPart,
    Nothing,
    /// There is no product whose updates could be missing.
    NothingInstalled,
}

#[derive(Clone, Debug, Serialize)]
pub struct SourceReport {
    /// `volume` or `recording`; none where the target could not be opened.
    pub kind: Option<&'static str>,
    /// The path as the operator gave it.
    pub location: String,
    /// Parts of the evidence that are not plainly sound.
    pub conditions: Vec<ConditionReport>,
}

/// The state of one part of the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionReport {
    /// The file, from the volume's root: `WINDOWS\system32\config\SOFTWARE`.
    pub part: String,
    pub state: ConditionState,
    /// Entries of transaction logs that were applied; null for `damaged`.
    pub entries: Option<u32>,
    /// Why it may be old, or what is damaged; null for `recovered`.
    pub reason: Option<String>,
}

/// See [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionState {
    Recovered,
    Stale,
    Damaged,
}

impl ConditionState {
    /// Whether answers from this part may be wrong or missing.
    pub fn is_doubtful(self) -> bool {
        match self {
            ConditionState::Recovered => false,
            ConditionState::Stale | ConditionState::Damaged => true,
        }
    }
}

impl From<Condition> for ConditionReport {
    fn from(condition: Condition) -> Self {
        let (state, entries, reason) = match condition.state {
            State::Recovered { entries } => (ConditionState::Recovered, Some(entries), None),
            State::Stale { entries, reason } => (ConditionState::Stale, Some(entries), Some(reason)),
            State::Damaged { reason } => (ConditionState::Damaged, None, Some(reason)),
        };
        ConditionReport { part: condition.part, state, entries, reason }
    }
}

/// The target's system as its source tells it; all null where it does not.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SystemReport {
    pub product: Option<String>,
    /// `5.0`.
    pub version: Option<String>,
    pub build: Option<u32>,
    pub revision: Option<u32>,
    /// As it stands in the registry: `Service Pack 3`. Null without a service pack.
    pub service_pack: Option<String>,
    pub role: Option<Role>,
    pub computer_name: Option<String>,
    pub suites: Vec<String>,
    pub architecture: Option<String>,
    /// Windows language identifier.
    pub language: Option<u16>,
    pub windows_folder: Option<String>,
}

impl From<SystemInfo> for SystemReport {
    fn from(system: SystemInfo) -> Self {
        SystemReport {
            product: Some(system.product_name),
            version: Some(system.version),
            build: Some(system.build),
            revision: system.revision,
            service_pack: system.service_pack_name,
            role: Some(system.role),
            computer_name: system.computer_name,
            suites: system.suites,
            architecture: system.architecture,
            language: system.language,
            windows_folder: Some(system.windows_folder),
        }
    }
}

/// How the plugins' questions were answered, all plugins together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    pub questions: u64,
    pub known: u64,
    pub absent: u64,
    pub denied: u64,
    pub unreadable: u64,
    pub unsupported: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct PluginReport<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub family: &'a str,
    /// SHA-256 of the component.
    pub digest: &'a str,
    /// Whether it is one of the plugins that wardline carries: those need no remark about where a check is from.
    #[serde(skip)]
    pub stock: bool,
    /// Null where wardline itself failed; `detail` says how.
    pub outcome: Option<Outcome>,
    /// What there is to say about an outcome that is not `ok`.
    pub detail: Option<String>,
    pub rounds: u32,
    pub questions: usize,
    pub fuel: u64,
}

/// Whether a plugin judged the updates of its products on a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UpdatesJudged<'a> {
    pub plugin: &'a str,
    pub family: &'a str,
    pub state: UpdatesState,
    /// The installed products that this is about; empty where none is known.
    pub products: Vec<String>,
    /// Why they were not judged; null for the other states.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdatesState {
    Judged,
    /// None of the plugin's products is on the target, so that there is nothing to judge.
    NothingInstalled,
    /// What is missing is not known.
    NotJudged,
}

/// An installed product, as a plugin found it.
#[derive(Clone, Debug, Serialize)]
pub struct ProductReport<'a> {
    pub plugin: &'a str,
    #[serde(flatten)]
    pub product: InstalledProduct,
}

#[derive(Clone, Debug, Serialize)]
pub struct CheckReport<'a> {
    /// Plugin and check: `os.guest-account`.
    pub id: String,
    /// Microsoft's number for the same check in MBSA.
    pub mbsa: Option<u32>,
    pub family: &'a str,
    pub title: &'a str,
    /// What it is about where there are several: a SQL Server instance, a site.
    pub subject: Option<String>,
    pub grade: Grade,
    pub summary: String,
    /// Heads of the columns of `rows`.
    pub columns: &'a [String],
    pub rows: Vec<Row>,
    pub evidence: Vec<Evidence>,
}

/// A question, and the answer that decided a finding, in plain words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub question: String,
    pub answer: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct UpdateReport<'a> {
    /// The update's number in this scan, by which actions name it.
    pub number: u32,
    pub bulletin: &'a str,
    /// The article; null where the catalog gives none.
    pub kb: Option<&'a str>,
    pub title: &'a str,
    pub family: &'a str,
    /// The catalog's name of the product.
    pub product: String,
    /// The instance, where a product is installed more than once.
    pub subject: Option<String>,
    /// The rating for this product.
    pub severity: Severity,
    pub status: UpdateStatus,
    pub reason: String,
    /// File name of the package; null where the catalog gives none.
    pub package: Option<&'a str>,
    pub url: Option<&'a str>,
    pub cves: &'a [String],
    pub tests: Vec<TestReport<'a>>,
    /// The bulletin that takes its place.
    pub superseded_by: Option<String>,
    /// What its installation depends on; null where it is not missing.
    pub installation: Option<InstallationReport<'a>>,
}

/// What the catalog says that a plan for installing an update has to know.
#[derive(Clone, Debug, Serialize)]
pub struct InstallationReport<'a> {
    /// The service packs of the product at which it is wanted. Empty: whatever the service pack.
    pub service_packs: &'a [ServicePack],
    /// The service pack that holds the fix.
    pub included_in: Option<&'a ServicePack>,
    /// The updates that take its place, by number, whether or not they are for this target.
    pub superseding: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestKind {
    Registry,
    Version,
    Checksum,
    Presence,
    Build,
}

impl From<TestSubject> for TestKind {
    fn from(subject: TestSubject) -> Self {
        match subject {
            TestSubject::Registry(_) => TestKind::Registry,
            TestSubject::FileVersion(_) => TestKind::Version,
            TestSubject::FileChecksum(_) => TestKind::Checksum,
            TestSubject::FilePresence(_) => TestKind::Presence,
            TestSubject::Build(_) => TestKind::Build,
        }
    }
}

/// One test of an update: what the catalog expects and what the target holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestReport<'a> {
    pub kind: TestKind,
    /// A file's path, a registry value's full name, a product.
    pub subject: std::borrow::Cow<'a, str>,
    /// Null where the catalog names a test that it does not hold.
    pub expected: Option<String>,
    /// Null where nothing was asked for it.
    pub found: Option<String>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, Serialize)]
pub struct ActionReport<'a> {
    pub plugin: &'a str,
    /// `{"check": n}` or `{"update": n}`: the finding's place in this target's `checks` or `updates`, counted from 0.
    pub mends: FindingId,
    pub operation: Operation,
    pub undo: Vec<Operation>,
    pub restart: bool,
    pub risk: Option<String>,
    pub article: Option<String>,
}

/// A question that a plugin asked and may not ask.
#[derive(Clone, Debug, Serialize)]
pub struct DeniedReport<'a> {
    pub plugin: &'a str,
    pub question: String,
    pub reason: String,
    /// Whether the operator's policy denied it. Else the plugin does not declare that it asks this.
    pub by_policy: bool,
}
