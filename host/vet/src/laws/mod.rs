//! The laws that every plugin must keep, one file each. `docs/laws.md` explains them for users.
//!
//! A law tries a bounded number of variations of a target, chosen the same way each time, and compares the result with that of
//! the unmodified target. It compares findings, never their wording: a plugin may say what it likes, but not that all is well
//! where nothing is known.

mod another_type;
mod asks_only_declared;
mod attempt;
mod every_check;
mod fact;
mod fault;
mod hostile_text;
mod hotpatch;
mod missing_evidence;
mod missing_hive;
mod never_fails;
mod newer_revision;
mod odd_member;
mod out_of_fuel;
mod recorded_update;
mod removed_evidence;
mod renaming;
mod reordering;
mod serviced;
mod superseding;
mod variant;
mod words;

pub use another_type::AnotherType;
pub use asks_only_declared::AsksOnlyDeclared;
pub use every_check::EveryCheck;
pub use hostile_text::HostileText;
pub use hotpatch::Hotpatch;
pub use missing_evidence::MissingEvidence;
pub use missing_hive::MissingHive;
pub use never_fails::NeverFails;
pub use newer_revision::NewerRevision;
pub use odd_member::OddMember;
pub use out_of_fuel::OutOfFuel;
pub use recorded_update::RecordedUpdate;
pub use removed_evidence::RemovedEvidence;
pub use renaming::Renaming;
pub use reordering::Reordering;
pub use superseding::SupersedingUpdate;

use super::Law;

/// Every law, in report order.
pub const ALL: &[&dyn Law] = &[
    &NeverFails,
    &OutOfFuel,
    &AsksOnlyDeclared,
    &EveryCheck,
    &MissingEvidence,
    &MissingHive,
    &OddMember,
    &RemovedEvidence,
    &AnotherType,
    &Renaming,
    &Reordering,
    &SupersedingUpdate,
    &NewerRevision,
    &RecordedUpdate,
    &Hotpatch,
    &HostileText,
];
