//! The plan as defined in `docs/plan.schema.json`: the order and names of the fields are those of the JSON.

use serde::Serialize;
use wardline_contract::{FindingId, Operation};
use wardline_report::{CheckReport, ConditionReport, UpdateReport};

/// The plan's version; removing a field or changing its meaning raises the number.
pub const SCHEMA: &str = "wardline.plan/1";

/// The plan for one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachinePlan {
    pub name: String,
    /// Where the report found the machine.
    pub location: String,
    /// For example `Microsoft Windows 2000`.
    pub product: Option<String>,
    pub service_pack: Option<String>,
    /// Whether the report is complete. There are no steps for anything that could not be scanned.
    pub complete: bool,
    /// Why the report is incomplete, if the reason applies to the whole machine.
    pub error: Option<String>,
    /// Updates that the report does not judge: some of them may be missing, and no step covers them.
    pub updates_not_judged: Vec<NotJudged>,
    /// Parts of the evidence that may be old or damaged: findings based on them may no longer be true.
    pub doubtful_evidence: Vec<ConditionReport>,
    /// The steps, in the order in which to do them.
    pub steps: Vec<Step>,
    /// 0 or 1.
    #[cfg_attr(feature = "schema", schemars(range(max = 1)))]
    pub restarts: u32,
    /// The risks, without duplicates.
    pub risks: Vec<Risk>,
    /// Files that several of the packages carry, and the version that must be there in the end.
    pub newest_files: Vec<NewestFile>,
    /// Updates that have an action in the report but need not be installed.
    pub left_out: Vec<LeftOut>,
    /// Findings that need attention but that no step remedies.
    pub not_mended: Vec<ShownFinding>,
    /// The undo steps, in the order in which to do them: the reverse of the steps.
    pub undo: Vec<UndoStep>,
    /// The numbers of the steps that cannot be undone.
    #[cfg_attr(feature = "schema", schemars(inner(range(min = 1))))]
    pub not_undone: Vec<u32>,
}

/// Updates that were not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotJudged {
    /// The family of the plugin that judges them: `os`. Null if the report does not say.
    pub family: Option<String>,
    /// The products that they apply to; empty if none is known, in which case it may be any of the family's products.
    pub products: Vec<String>,
    pub reason: String,
}

/// The kinds of steps, in the order in which they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Brings the machine to a service pack.
    ServicePack,
    /// Installs a package unattended, without a restart.
    Install,
    /// Installs a package whose switches are not known.
    InstallByHand,
    /// Ensures that the newest version of each file survives the restart.
    Chain,
    /// Changes a setting, or removes something.
    Configure,
    /// A step that only a person can do and that takes effect with the restart.
    ByHandBeforeRestart,
    Restart,
    /// A step that only a person can do.
    ByHand,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// Counted from 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub number: u32,
    pub kind: StepKind,
    /// Null for the restart.
    pub operation: Option<Operation>,
    /// The details encoded in the name of the package to install.
    pub package: Option<Package>,
    pub mends: Vec<ShownFinding>,
    /// Whether it takes effect only with a restart.
    pub restart: bool,
    /// Remarks for whoever does it.
    pub notes: Vec<String>,
    pub risks: Vec<String>,
    pub articles: Vec<String>,
}

/// The parts of a package's file name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Package {
    pub article: String,
    pub product: Option<String>,
    /// For a hotfix, the number of the service pack that will include it.
    pub service_pack: Option<u32>,
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["x86", "x64", "ia64", "alpha", null])))]
    pub processor: Option<&'static str>,
    pub language: Option<String>,
}

/// A finding of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownFinding {
    /// Its index in the report, as in the report's `mends`.
    pub place: FindingId,
    /// `os.guest-account`, or an update's bulletin.
    pub id: String,
    pub title: String,
    /// An update's article.
    pub article: Option<String>,
    /// An update's product.
    pub product: Option<String>,
    /// The object it is about if there are several: a SQL Server instance, a site.
    pub subject: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Risk {
    pub risk: String,
    /// The numbers of the steps that carry this risk.
    #[cfg_attr(feature = "schema", schemars(inner(range(min = 1))))]
    pub steps: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewestFile {
    pub file: String,
    pub version: String,
    /// The step whose package carries that version.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub step: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WhyLeftOut {
    /// An update that supersedes it will be installed.
    Superseded,
    /// A service pack that will be installed includes it.
    Included,
    /// The report itself says that it need not be installed.
    NotMissing,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOut {
    #[serde(flatten)]
    pub finding: ShownFinding,
    pub why: WhyLeftOut,
    /// One sentence.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UndoStep {
    /// Counted from 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub number: u32,
    /// The number of the step that it undoes.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub undoes: u32,
    /// The operations, in order.
    pub operations: Vec<Operation>,
    /// Whether it takes effect only with a restart.
    pub restart: bool,
}

impl ShownFinding {
    pub(super) fn of_check(place: usize, check: &CheckReport) -> ShownFinding {
        ShownFinding {
            place: FindingId::Check(u32::try_from(place).unwrap_or(u32::MAX)),
            id: check.id.clone(),
            title: check.title.to_string(),
            article: None,
            product: None,
            subject: check.subject.clone(),
        }
    }

    pub(super) fn of_update(place: usize, update: &UpdateReport) -> ShownFinding {
        ShownFinding {
            place: FindingId::Update(u32::try_from(place).unwrap_or(u32::MAX)),
            id: update.bulletin.to_string(),
            title: update.title.to_string(),
            article: update.kb.as_deref().map(str::to_owned),
            product: Some(update.product.clone()),
            subject: update.subject.clone(),
        }
    }
}
