//! The meaning of a change of one finding's state.

use serde::Serialize;

use crate::finding::{Class, State};

/// The meaning of a change, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// An update that was installed, or included in the service pack, is missing again: for example because a component was added
    /// after it was installed, or restored from a backup.
    Returned,
    /// A problem that was not there, or not known.
    New,
    /// A problem both times, but not the same: another grade, severity or summary, or one of the two was waived.
    Changed,
    /// It was judged, and cannot be judged any more.
    Unknown,
    /// A problem that was solved: the update is installed, the check passes.
    Fixed,
    /// A problem that is not reported any more, without having been solved: the update is superseded, the product was removed, the
    /// catalog or the plugin does not have it any more.
    Gone,
}

impl ChangeKind {
    pub const ALL: [ChangeKind; 6] = [
        ChangeKind::Returned,
        ChangeKind::New,
        ChangeKind::Changed,
        ChangeKind::Unknown,
        ChangeKind::Fixed,
        ChangeKind::Gone,
    ];

    /// Compares the states of one finding on one machine; `None` if it was, or is, not reported. Returns `None` if nothing changed
    /// that concerns an administrator.
    pub(crate) fn of(before: Option<&State>, after: Option<&State>) -> Option<ChangeKind> {
        let class = |state: Option<&State>| state.map(State::class);
        match (class(before), class(after)) {
            (Some(Class::Problem), Some(Class::Problem)) => (before != after).then_some(ChangeKind::Changed),
            (Some(Class::Good), Some(Class::Problem)) if after.is_some_and(State::is_missing) => {
                Some(ChangeKind::Returned)
            }
            (_, Some(Class::Problem)) => Some(ChangeKind::New),
            (Some(Class::Problem), Some(Class::Good)) => Some(ChangeKind::Fixed),
            (Some(Class::Problem | Class::Good), Some(Class::Unknown)) => Some(ChangeKind::Unknown),
            (Some(Class::Problem), Some(Class::Neutral) | None) => Some(ChangeKind::Gone),
            (Some(Class::Good | Class::Unknown | Class::Neutral) | None, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use wardline_contract::{Grade, Severity, UpdateStatus};

    use super::*;

    fn update(status: UpdateStatus) -> Option<State> {
        Some(State::Update { status, severity: Severity::Important, waived: false })
    }

    fn check(grade: Grade) -> Option<State> {
        Some(State::Check { grade, summary: String::new(), waived: false })
    }

    #[test]
    fn a_change_of_an_update_means_what_the_table_says() {
        use ChangeKind::*;
        use UpdateStatus::*;
        let table = [
            (Some(Installed), Some(Missing), Some(Returned)),
            (Some(Included), Some(Missing), Some(Returned)),
            (Some(Installed), Some(PendingRestart), Some(New)),
            (None, Some(Missing), Some(New)),
            (Some(Superseded), Some(Missing), Some(New)),
            (Some(UnableToScan), Some(Missing), Some(New)),
            (Some(Missing), Some(Missing), None),
            (Some(Missing), Some(PendingRestart), Some(Changed)),
            (Some(Missing), Some(Installed), Some(Fixed)),
            (Some(PendingRestart), Some(Installed), Some(Fixed)),
            (Some(Missing), Some(Included), Some(Fixed)),
            (Some(Missing), Some(Superseded), Some(Gone)),
            (Some(Missing), None, Some(Gone)),
            (Some(Missing), Some(UnableToScan), Some(ChangeKind::Unknown)),
            (Some(Missing), Some(Note), Some(ChangeKind::Unknown)),
            (Some(Installed), Some(Warning), Some(ChangeKind::Unknown)),
            (Some(Installed), Some(Superseded), None),
            (Some(Installed), None, None),
            (Some(UnableToScan), Some(Installed), None),
            (Some(UnableToScan), None, None),
            (None, Some(Installed), None),
            (None, Some(UnableToScan), None),
        ];
        for (before, after, expected) in table {
            let kind = ChangeKind::of(before.and_then(update).as_ref(), after.and_then(update).as_ref());
            assert_eq!(kind, expected, "{before:?} -> {after:?}");
        }
    }

    #[test]
    fn a_change_of_a_check_means_what_the_table_says() {
        use ChangeKind::*;
        use Grade::*;
        let table = [
            (Some(Passed), Some(Critical), Some(New)),
            (None, Some(BestPractice), Some(New)),
            (Some(NonCritical), Some(Critical), Some(Changed)),
            (Some(Critical), Some(Critical), None),
            (Some(Critical), Some(Passed), Some(Fixed)),
            (Some(Critical), Some(UnableToScan), Some(Unknown)),
            (Some(Passed), Some(UnableToScan), Some(Unknown)),
            (Some(Critical), Some(NotPerformed), Some(Gone)),
            (Some(Critical), None, Some(Gone)),
            (Some(Passed), Some(Informational), None),
            (Some(NotPerformed), Some(Passed), None),
        ];
        for (before, after, expected) in table {
            let kind = ChangeKind::of(before.and_then(check).as_ref(), after.and_then(check).as_ref());
            assert_eq!(kind, expected, "{before:?} -> {after:?}");
        }
    }
}
