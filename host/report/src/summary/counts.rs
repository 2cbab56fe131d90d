//! Counts of grades and statuses.

use serde::Serialize;
use wardline_contract::{Grade, UpdateStatus};

use crate::grade::OverallGrade;

macro_rules! counts {
    ($(#[$about:meta])* $name:ident by $by:ident { $($field:ident: $case:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name { $(pub $field: u64,)* }

        impl $name {
            pub(super) fn of(&mut self, case: $by) -> &mut u64 {
                match case { $($by::$case => &mut self.$field,)* }
            }

            /// Passes each count to `number`, in the order of the fields. Not all counts are stored.
            #[allow(dead_code)]
            pub(super) fn each(&mut self, number: &mut dyn FnMut(&mut u64)) {
                $(number(&mut self.$field);)*
            }

            pub(super) fn add(&mut self, other: &$name) {
                $(self.$field += other.$field;)*
            }
        }
    };
}

counts! {
    /// The number of targets with each overall grade.
    OverallCounts by OverallGrade {
        severe_risk: SevereRisk,
        potential_risk: PotentialRisk,
        incomplete: Incomplete,
        security_fyi: SecurityFyi,
        strong_security: StrongSecurity,
    }
}

counts! {
    /// The number of checks with each grade.
    CheckCounts by Grade {
        critical: Critical,
        non_critical: NonCritical,
        best_practice: BestPractice,
        passed: Passed,
        not_performed: NotPerformed,
        unable_to_scan: UnableToScan,
        informational: Informational,
        not_approved: NotApproved,
    }
}

counts! {
    /// The number of updates with each status.
    UpdateCounts by UpdateStatus {
        missing: Missing,
        installed: Installed,
        note: Note,
        warning: Warning,
        superseded: Superseded,
        included: Included,
        pending_restart: PendingRestart,
        unable_to_scan: UnableToScan,
    }
}
