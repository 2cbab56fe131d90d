//! Whoever holds conversations about targets: a plugin in its sandbox, or a double in a test.

use crate::{Answer, Deadline, Description, Examination, Options, Question, Target};

/// Answers one question of a plugin by the deadline of its conversation.
pub type Ask<'a> = dyn Fn(&Question, Deadline) -> Answer + 'a;

/// Whether a plugin may ask a question; the error says why not and reaches the plugin as `denied`.
pub type Permit = dyn Fn(&Question) -> Result<(), String> + Send + Sync;

/// A plugin that has been described and prepared, and can look at targets, many at the same time.
pub trait Examiner: Send + Sync {
    fn description(&self) -> &Description;

    /// SHA-256 of the component, in hexadecimal.
    fn digest(&self) -> &str;

    /// The fuel that each conversation has, where that is not the sandbox's usual limit: a case that meets it can only be held
    /// again with it.
    fn fuel_limit(&self) -> Option<u64> {
        None
    }

    /// Holds one conversation about one target. `ask` answers the plugin's questions.
    fn examine(&self, target: &Target, options: &Options, ask: &Ask<'_>) -> Examination;
}
