//! The report as defined in `docs/report.schema.json`: the order and names of the fields are those of the JSON.
//!
//! Reports are written and read with the same types. A text from the catalog or from a plugin's description is a [`SmolStr`]:
//! every target's report repeats it, and copies share its memory.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use wardline_contract::{
    FindingId, Grade, Operation, Outcome, Role, Row, ServicePack, Severity, SystemInfo, TestSubject, UpdateStatus,
    Verdict,
};
use wardline_evidence::{Condition, SourceKind, State};

use super::decision::{Rerated, Waived};
use super::grade::OverallGrade;

/// The report's version; removing a field or changing its meaning raises the number.
pub const SCHEMA: &str = "wardline.report/1";

/// The part of the report before the targets.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Head {
    pub tool: Tool,
    /// Null if no catalog was given, so that no update was judged.
    pub catalog: Option<CatalogReport>,
    /// Null if plugins may ask everything they declare.
    pub policy: Option<PolicyReport>,
}

/// The operator's policy that was in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyReport {
    /// SHA-256 of the file, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub digest: String,
    /// The path as the operator gave it.
    pub location: String,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tool {
    #[cfg_attr(feature = "schema", schemars(extend("const" = "wardline")))]
    pub name: &'static str,
    pub version: &'static str,
}

impl Default for Tool {
    fn default() -> Self {
        Tool { name: "wardline", version: env!("CARGO_PKG_VERSION") }
    }
}

/// All catalogs of a scan combined. Fields on which they disagree are null here; the individual values are in `sources`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CatalogReport {
    pub format: Option<String>,
    pub schema_version: Option<String>,
    pub data_version: Option<String>,
    /// ISO date of the last change.
    pub date: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub digest: Option<String>,
    pub location: Option<String>,
    /// Where they are from, how old they are and who signed them, if wardline fetched them itself; null otherwise, and in reports of
    /// earlier versions.
    #[serde(default)]
    pub supply: Option<String>,
    /// The number of updates in all catalogs.
    pub updates: usize,
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub sources: Vec<CatalogSource>,
}

/// One catalog file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CatalogSource {
    /// For example `mssecure`.
    pub format: String,
    pub schema_version: Option<String>,
    pub data_version: Option<String>,
    /// ISO date of the last change.
    pub date: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub digest: String,
    /// The path as the operator gave it.
    pub location: String,
}

impl CatalogReport {
    /// Combines catalogs. Returns `None` if there are none.
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
            supply: None,
            updates,
            sources,
        })
    }

    /// Sets where the catalogs are from.
    #[must_use]
    pub fn supplied(self, supply: Option<String>) -> Self {
        CatalogReport { supply, ..self }
    }
}

/// The report of one target.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TargetReport {
    /// The source's own name; the location if the target could not be opened.
    pub name: String,
    pub source: SourceReport,
    pub system: SystemReport,
    /// The machine's place in the network, if the operator told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<NetworkRole>,
    pub grade: OverallGrade,
    /// Whether everything could be scanned. A grade worse than `incomplete` does not hide what could not be.
    pub complete: bool,
    /// Why nothing, or not everything, could be scanned. For people.
    pub error: Option<String>,
    pub coverage: Coverage,
    pub plugins: Vec<PluginReport>,
    /// For every plugin that judges updates, whether it did. Without this, an empty `updates` would mean nothing. Reports of
    /// earlier versions lack the field.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub updates_judged: Option<Vec<UpdatesJudged>>,
    pub products: Vec<ProductReport>,
    pub checks: Vec<CheckReport>,
    pub updates: Vec<UpdateReport>,
    pub actions: Vec<ActionReport>,
    pub denied: Vec<DeniedReport>,
}

impl TargetReport {
    /// Returns the statements about the updates of each plugin; none if the report lacks them.
    pub fn updates_judged(&self) -> &[UpdatesJudged] {
        self.updates_judged.as_deref().unwrap_or_default()
    }

    /// Returns the finding that an action remedies, if it is a check's.
    pub fn check(&self, mends: FindingId) -> Option<&CheckReport> {
        match mends {
            FindingId::Check(place) => self.checks.get(place as usize),
            FindingId::Update(_) => None,
        }
    }

    /// Returns the finding that an action remedies, if it is an update's.
    pub fn update(&self, mends: FindingId) -> Option<&UpdateReport> {
        match mends {
            FindingId::Update(place) => self.updates.get(place as usize),
            FindingId::Check(_) => None,
        }
    }

    /// Whether the missing updates of every product family were determined.
    pub fn all_judged(&self) -> bool {
        let judged = self.updates_judged();
        !judged.is_empty() && judged.iter().all(|plugin| plugin.state != UpdatesState::NotJudged)
    }

    /// To what extent an empty list of missing updates means that none is missing.
    pub fn updates_known(&self) -> UpdatesKnown {
        let any = |state| self.updates_judged().iter().any(|plugin| plugin.state == state);
        let unable = self.updates.iter().any(|update| update.status == UpdateStatus::UnableToScan);
        match (any(UpdatesState::Judged), any(UpdatesState::NotJudged)) {
            (true, false) if !unable => UpdatesKnown::All,
            (true, _) => UpdatesKnown::InPart,
            (false, false) if any(UpdatesState::NothingInstalled) => UpdatesKnown::NothingInstalled,
            (false, _) => UpdatesKnown::Nothing,
        }
    }
}

/// A machine's place in the network, on which it depends how severe a vulnerability is.
///
/// The types of computers in table 8.4 of Microsoft's patch management guide for Windows 2000 Server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NetworkRole {
    InternetServer,
    InternalServer,
    Client,
}

impl NetworkRole {
    pub const ALL: [NetworkRole; 3] = [NetworkRole::InternetServer, NetworkRole::InternalServer, NetworkRole::Client];

    /// Returns the role as written on the command line and in files.
    pub fn word(self) -> &'static str {
        match self {
            NetworkRole::InternetServer => "internet-server",
            NetworkRole::InternalServer => "internal-server",
            NetworkRole::Client => "client",
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

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceReport {
    /// Null if the target could not be opened.
    pub kind: Option<SourceKind>,
    /// The path as the operator gave it.
    pub location: String,
    /// Parts of the evidence that are not entirely sound. Reports of earlier versions lack the field.
    #[serde(default)]
    pub conditions: Vec<ConditionReport>,
    /// The number of bytes read from a disk image or a running machine; null for other sources.
    #[serde(default)]
    pub bytes_read: Option<u64>,
}

/// The state of one part of the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConditionReport {
    /// The file, from the volume's root, `WINDOWS\system32\config\SOFTWARE`, or a text's file name.
    pub part: String,
    pub state: ConditionState,
    /// The number of transaction log entries that were applied; null for `damaged` and `text`.
    pub entries: Option<u32>,
    /// Why it may be old, what is damaged, or what a text tells; null for `recovered`.
    pub reason: Option<String>,
}

/// The state of a part of the evidence, without the details of [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ConditionState {
    /// A dirty hive, brought up to date from its transaction logs.
    Recovered,
    /// A dirty hive that could not be brought up to date, or only in part: its contents may be old.
    Stale,
    /// Damaged in places, or contradictory. The rest is used.
    Damaged,
    /// A text about the machine: nothing but what it tells is known.
    Text,
}

impl ConditionState {
    /// Whether answers from this part may be wrong or missing.
    pub fn is_doubtful(self) -> bool {
        match self {
            ConditionState::Recovered => false,
            ConditionState::Stale | ConditionState::Damaged | ConditionState::Text => true,
        }
    }
}

impl From<Condition> for ConditionReport {
    fn from(condition: Condition) -> Self {
        let (state, entries, reason) = match condition.state {
            State::Recovered { entries } => (ConditionState::Recovered, Some(entries), None),
            State::Stale { entries, reason } => (ConditionState::Stale, Some(entries), Some(reason)),
            State::Damaged { reason } => (ConditionState::Damaged, None, Some(reason)),
            State::Text { tells } => (ConditionState::Text, None, Some(tells)),
        };
        ConditionReport { part: condition.part, state, entries, reason }
    }
}

/// The target's system as reported by its source; all null if the source does not report it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SystemReport {
    pub product: Option<String>,
    /// For example `5.0`.
    pub version: Option<String>,
    pub build: Option<u32>,
    pub revision: Option<u32>,
    /// As written in the registry: `Service Pack 3`. Null without a service pack.
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

/// How the questions of all plugins together were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Coverage {
    pub questions: u64,
    pub known: u64,
    pub absent: u64,
    pub denied: u64,
    pub unreadable: u64,
    pub unsupported: u64,
}

/// The result of one plugin on a target.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginReport {
    pub name: SmolStr,
    pub version: SmolStr,
    pub family: SmolStr,
    /// SHA-256 of the component, in hexadecimal; that of no bytes if its file cannot be read.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub digest: SmolStr,
    /// Whether it is one of wardline's stock plugins: for those, a check's origin needs no remark. Not in the JSON.
    #[serde(skip)]
    pub stock: bool,
    /// Null if wardline itself failed; `detail` says how.
    pub outcome: Option<Outcome>,
    /// Details of an outcome that is not `ok`.
    pub detail: Option<String>,
    pub rounds: u32,
    pub questions: usize,
    pub fuel: u64,
}

/// Whether a plugin judged the updates of its products on a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UpdatesJudged {
    pub plugin: SmolStr,
    pub family: SmolStr,
    pub state: UpdatesState,
    /// The installed products that this applies to; empty if none is known.
    pub products: Vec<String>,
    /// Why they were not judged; null for the other states.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum UpdatesState {
    Judged,
    /// None of the plugin's products is on the target, so there is nothing to judge.
    NothingInstalled,
    /// It is not known which updates are missing.
    NotJudged,
}

/// An installed product, as detected by a plugin.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductReport {
    pub plugin: SmolStr,
    /// The catalog's name of the product if the plugin knows it, otherwise the product's own.
    pub name: String,
    pub version: Option<String>,
    pub service_pack: Option<String>,
    /// The instance, if a product is installed more than once.
    pub subject: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckReport {
    /// Plugin and check: `os.guest-account`.
    pub id: String,
    /// Microsoft's number for the same check in MBSA.
    pub mbsa: Option<u32>,
    pub family: SmolStr,
    pub title: SmolStr,
    /// The object it is about if there are several: a SQL Server instance, a site.
    pub subject: Option<String>,
    pub grade: Grade,
    pub summary: String,
    /// Headings of the columns of `rows`.
    pub columns: Vec<SmolStr>,
    pub rows: Vec<Row>,
    /// The answers that decided it.
    pub evidence: Vec<Evidence>,
    /// The plugin's grade, if the operator changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerated: Option<Rerated<Grade>>,
    /// The operator's decision to accept it, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waived>,
}

/// A question, and the answer that decided a finding, in plain words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    pub question: String,
    pub answer: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UpdateReport {
    /// The update's number in this scan, which actions refer to.
    pub number: u32,
    pub bulletin: SmolStr,
    /// The article; null if the catalog has none.
    pub kb: Option<SmolStr>,
    pub title: SmolStr,
    pub family: SmolStr,
    /// The catalog's name of the product.
    pub product: String,
    /// The instance, if a product is installed more than once.
    pub subject: Option<String>,
    /// The rating for this product.
    pub severity: Severity,
    pub status: UpdateStatus,
    pub reason: String,
    /// File name of the package; null if the catalog has none.
    pub package: Option<SmolStr>,
    pub url: Option<SmolStr>,
    pub cves: Vec<SmolStr>,
    pub tests: Vec<TestReport>,
    /// The bulletin that supersedes it.
    pub superseded_by: Option<String>,
    /// The conditions of its installation; null if it is not missing.
    pub installation: Option<InstallationReport>,
    /// The catalog's severity, if the operator changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerated: Option<Rerated<Severity>>,
    /// The operator's decision to accept it, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waived>,
}

impl UpdateReport {
    /// Returns the test that decided it: the first that failed, or else the first.
    pub fn decisive_test(&self) -> Option<&TestReport> {
        self.tests.iter().find(|test| test.verdict == Verdict::Failed).or(self.tests.first())
    }
}

/// The catalog's data that a plan for installing an update needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstallationReport {
    /// The product's service packs at which it is needed. Empty means at any service pack.
    pub service_packs: Vec<ServicePack>,
    /// The service pack that includes the fix.
    pub included_in: Option<ServicePack>,
    /// The updates that supersede it, by number, whether or not they apply to this target.
    pub superseding: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// One test of an update: the catalog's expectation and the target's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TestReport {
    pub kind: TestKind,
    /// A file's path, a registry value's full name, a product.
    pub subject: String,
    /// Null if the finding refers to a test that the catalog does not contain.
    pub expected: Option<String>,
    /// Null if no question was asked for it.
    pub found: Option<String>,
    pub verdict: Verdict,
}

/// An action that remedies a finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ActionReport {
    pub plugin: SmolStr,
    /// `{"check": n}` or `{"update": n}`: the finding's index in this target's `checks` or `updates`, counted from 0.
    pub mends: FindingId,
    pub operation: Operation,
    /// The operations that restore the earlier state, in order; empty if it cannot be restored.
    pub undo: Vec<Operation>,
    pub restart: bool,
    pub risk: Option<String>,
    pub article: Option<String>,
}

/// A question that a plugin asked without permission.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeniedReport {
    pub plugin: SmolStr,
    pub question: String,
    pub reason: String,
    /// Whether the operator's policy denied it. If not, the plugin does not declare that it asks this.
    /// Reports of earlier versions lack the field.
    #[serde(default)]
    pub by_policy: bool,
}
