//! The plan as `docs/plan.schema.json` describes it: the fields' order and names are those of the JSON.

use serde::Serialize;
use wardline_contract::{FindingId, Operation};
use wardline_report::ConditionReport;

use super::machine::{Finding, Missing};

/// The plan's version; a field that is taken away or changes its meaning raises the number.
pub const SCHEMA: &str = "wardline.plan/1";

/// What is to be done on one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MachinePlan {
    pub name: String,
    /// Where the report found the machine.
    pub location: String,
    /// `Microsoft Windows 2000`.
    pub product: Option<String>,
    pub service_pack: Option<String>,
    /// Whether the report is. What could not be scanned is not planned for.
    pub complete: bool,
    /// Why the report is not, where it is for the whole machine.
    pub error: Option<String>,
    /// Updates that the report does not judge: whether some of them are missing, no step says.
    pub updates_not_judged: Vec<NotJudged>,
    /// Parts of the evidence that may be old or damaged: what was found in them may no longer hold.
    pub doubtful_evidence: Vec<ConditionReport>,
    /// In the order in which they are to be done.
    pub steps: Vec<Step>,
    /// 0 or 1.
    pub restarts: u32,
    /// What might go wrong, each once.
    pub risks: Vec<Risk>,
    /// Files that several of the packages carry, and the version that must be there in the end.
    pub newest_files: Vec<NewestFile>,
    /// Updates that the report has an action for, and that need not be installed.
    pub left_out: Vec<LeftOut>,
    /// Findings that need attention, and that no step mends.
    pub not_mended: Vec<ShownFinding>,
    /// In the order in which they are to be done: that of the steps, backwards.
    pub undo: Vec<UndoStep>,
    /// The numbers of the steps that cannot be undone.
    pub not_undone: Vec<u32>,
}

/// Updates that were not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotJudged {
    /// The family of the plugin that judges them: `os`. None where the report does not tell.
    pub family: Option<String>,
    /// The products that they are for; empty where none is known, and all of the family's may be meant.
    pub products: Vec<String>,
    pub reason: String,
}

/// In the order in which steps of these kinds are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Brings the machine to a service pack.
    ServicePack,
    /// Installs a package unattended, without restart.
    Install,
    /// Installs a package whose switches are not known.
    InstallByHand,
    /// Sees to it that of each file the newest version survives the restart.
    Chain,
    /// Changes a setting, or takes something away.
    Configure,
    /// What only a person can do, and takes effect with the restart.
    ByHandBeforeRestart,
    Restart,
    /// What only a person can do.
    ByHand,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// From 1.
    pub number: u32,
    pub kind: StepKind,
    /// None for the restart.
    pub operation: Option<Operation>,
    /// What the name of the package to be installed tells.
    pub package: Option<Package>,
    pub mends: Vec<ShownFinding>,
    /// Whether it takes effect with a restart only.
    pub restart: bool,
    /// What to mind while doing it.
    pub notes: Vec<String>,
    pub risks: Vec<String>,
    pub articles: Vec<String>,
}

/// A package's file name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Package {
    pub article: String,
    pub product: Option<String>,
    /// For a hotfix the number of the service pack that will hold it.
    pub service_pack: Option<u32>,
    pub processor: Option<&'static str>,
    pub language: Option<String>,
}

/// A finding of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownFinding {
    /// Its place in the report, as in the report's `mends`.
    pub place: FindingId,
    /// `os.guest-account`, or an update's bulletin.
    pub id: String,
    pub title: String,
    /// An update's article.
    pub article: Option<String>,
    /// An update's product.
    pub product: Option<String>,
    /// What it is about where there are several: a SQL Server instance, a site.
    pub subject: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Risk {
    pub risk: String,
    /// The numbers of the steps that bear it.
    pub steps: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewestFile {
    pub file: String,
    pub version: String,
    /// The step whose package carries that version.
    pub step: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyLeftOut {
    /// An update that takes its place is to be installed.
    Superseded,
    /// A service pack that is to be installed holds it.
    Included,
    /// The report itself says that it need not be installed.
    NotMissing,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    #[serde(flatten)]
    pub finding: ShownFinding,
    pub why: WhyLeftOut,
    /// One sentence.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UndoStep {
    /// From 1.
    pub number: u32,
    /// The number of the step that it undoes.
    pub undoes: u32,
    /// In their order.
    pub operations: Vec<Operation>,
    /// Whether it takes effect with a restart only.
    pub restart: bool,
}

impl ShownFinding {
    pub(super) fn of_check(place: usize, check: &Finding) -> ShownFinding {
        ShownFinding {
            place: FindingId::Check(u32::try_from(place).unwrap_or(u32::MAX)),
            id: check.id.clone(),
            title: check.title.clone(),
            article: None,
            product: None,
            subject: check.subject.clone(),
        }
    }

    pub(super) fn of_update(place: usize, update: &Missing) -> ShownFinding {
        ShownFinding {
            place: FindingId::Update(u32::try_from(place).unwrap_or(u32::MAX)),
            id: update.bulletin.clone(),
            title: update.title.clone(),
            article: update.kb.clone(),
            product: Some(update.product.clone()),
            subject: update.subject.clone(),
        }
    }
}
