//! Whoever holds conversations about targets: a plugin in its sandbox, or a double in a test.

use crate::{Ask, Description, Examination, Options, Target};

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

    /// Holds one conversation about one target, which is seen through `ask` alone.
    fn examine(&self, target: &Target, options: &Options, ask: &Ask<'_>) -> Examination;
}
