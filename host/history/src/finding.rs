//! The findings that scans are compared by: their names, and the state in which each was.

use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use wardline_contract::{Grade, Severity, UpdateStatus};
use wardline_report::{CheckReport, FailOn, UpdateReport, grade_words, severity_word, status_words};

/// The name of a finding: the same in every scan of a machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKey {
    Update {
        /// Empty if there is none.
        bulletin: String,
        article: Option<String>,
        /// The catalog's name of the product.
        product: String,
        /// The instance, if there are several.
        subject: Option<String>,
    },
    Check {
        /// Plugin and check: `os.guest-account`.
        id: String,
        subject: Option<String>,
    },
}

/// The state of a finding on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Update {
        status: UpdateStatus,
        severity: Severity,
        /// Whether the operator accepts it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        waived: bool,
    },
    Check {
        grade: Grade,
        summary: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        waived: bool,
    },
}

/// The kinds of states that a comparison distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// An update is missing or waits for a restart; a check failed.
    Problem,
    /// An update is installed or included; a check passed.
    Good,
    /// Nothing is known: neither a problem nor the absence of one.
    Unknown,
    /// Neither good nor bad: a superseded update, a check that does not apply.
    Neutral,
}

impl State {
    pub(crate) fn class(&self) -> Class {
        match self {
            State::Update { status, .. } => match status {
                UpdateStatus::Missing | UpdateStatus::PendingRestart => Class::Problem,
                UpdateStatus::Installed | UpdateStatus::Included => Class::Good,
                UpdateStatus::Note | UpdateStatus::Warning | UpdateStatus::UnableToScan => Class::Unknown,
                UpdateStatus::Superseded => Class::Neutral,
            },
            State::Check { grade, .. } => match grade {
                Grade::Critical | Grade::NonCritical | Grade::BestPractice => Class::Problem,
                Grade::Passed => Class::Good,
                Grade::UnableToScan => Class::Unknown,
                Grade::NotPerformed | Grade::Informational | Grade::NotApproved => Class::Neutral,
            },
        }
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, State::Update { status: UpdateStatus::Missing, .. })
    }

    /// Returns the level of a problem; `None` for anything else.
    pub(crate) fn level(&self) -> Option<FailOn> {
        match self {
            State::Update { status, severity, .. } => FailOn::of_update(*status, *severity),
            State::Check { grade, .. } => FailOn::of_check(*grade),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Update { status: UpdateStatus::Missing, severity, .. } => {
                write!(formatter, "missing, {}", severity_word(*severity))?;
            }
            State::Update { status, .. } => formatter.write_str(status_words(*status))?,
            State::Check { grade: grade @ (Grade::Critical | Grade::NonCritical), .. } => {
                write!(formatter, "failed, {}", grade_words(*grade))?;
            }
            State::Check { grade, .. } => formatter.write_str(grade_words(*grade))?,
        }
        match self {
            State::Update { waived: true, .. } | State::Check { waived: true, .. } => formatter.write_str(", waived"),
            State::Update { .. } | State::Check { .. } => Ok(()),
        }
    }
}

/// A finding, as far as comparisons need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) key: FindingKey,
    pub(crate) title: String,
    pub(crate) state: State,
}

/// The fields of an update's piece that are compared.
#[derive(Deserialize)]
struct SavedUpdate {
    bulletin: String,
    kb: Option<String>,
    title: String,
    product: String,
    subject: Option<String>,
    severity: Severity,
    status: UpdateStatus,
    #[serde(default)]
    waived: Option<IgnoredAny>,
}

/// The fields of a check's piece that are compared.
#[derive(Deserialize)]
struct SavedCheck {
    id: String,
    title: String,
    subject: Option<String>,
    grade: Grade,
    summary: String,
    #[serde(default)]
    waived: Option<IgnoredAny>,
}

impl Finding {
    pub(crate) fn update_from(json: &[u8]) -> serde_json::Result<Finding> {
        let update: SavedUpdate = serde_json::from_slice(json)?;
        Ok(Finding {
            key: FindingKey::Update {
                bulletin: update.bulletin,
                article: update.kb,
                product: update.product,
                subject: update.subject,
            },
            title: update.title,
            state: State::Update { status: update.status, severity: update.severity, waived: update.waived.is_some() },
        })
    }

    pub(crate) fn check_from(json: &[u8]) -> serde_json::Result<Finding> {
        let check: SavedCheck = serde_json::from_slice(json)?;
        Ok(Finding {
            key: FindingKey::Check { id: check.id, subject: check.subject },
            title: check.title,
            state: State::Check { grade: check.grade, summary: check.summary, waived: check.waived.is_some() },
        })
    }
}

impl From<&UpdateReport> for FindingKey {
    fn from(update: &UpdateReport) -> FindingKey {
        FindingKey::Update {
            bulletin: update.bulletin.to_string(),
            article: update.kb.as_ref().map(ToString::to_string),
            product: update.product.clone(),
            subject: update.subject.clone(),
        }
    }
}

impl From<&CheckReport> for FindingKey {
    fn from(check: &CheckReport) -> FindingKey {
        FindingKey::Check { id: check.id.clone(), subject: check.subject.clone() }
    }
}

impl From<&UpdateReport> for State {
    fn from(update: &UpdateReport) -> State {
        State::Update { status: update.status, severity: update.severity, waived: update.waived.is_some() }
    }
}

impl From<&CheckReport> for State {
    fn from(check: &CheckReport) -> State {
        State::Check { grade: check.grade, summary: check.summary.clone(), waived: check.waived.is_some() }
    }
}
