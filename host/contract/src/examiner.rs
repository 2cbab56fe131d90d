//! Anything that holds conversations about targets: a plugin in its sandbox, or a test double.

use crate::{Ask, Description, Examination, Options, Target};

/// A plugin that has been described and prepared and can examine targets, many at the same time.
pub trait Examiner: Send + Sync {
    fn description(&self) -> &Description;

    /// Returns the SHA-256 of the component, in hexadecimal.
    fn digest(&self) -> &str;

    /// Returns the fuel limit of each conversation if it differs from the sandbox's default: a case that reaches it can only be
    /// reproduced with the same limit.
    fn fuel_limit(&self) -> Option<u64> {
        None
    }

    /// Holds one conversation about one target, which is visible only through `ask`.
    fn examine(&self, target: &Target, options: &Options, ask: &Ask<'_>) -> Examination;
}
