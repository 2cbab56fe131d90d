//! Plugins, and what keeps them from doing harm. The only module that names wasmtime's runtime.

mod anatomy;
mod answering;
mod bounds;
mod cache;
mod component;
mod conversation;
mod engine;
mod failure;
mod host;
mod limits;
mod outcome;
mod plugin;
mod refused;
mod sizes;
mod snapshot;
pub mod stock;
mod store;
mod validate;

pub use anatomy::{Anatomy, CoreModule, CustomSection, Export, Extent, Form, Producer};
pub use cache::Cache;
pub use component::{CONTRACT_VERSION, PluginComponent};
pub(crate) use component::{DETECTION, REMEDIATION, hex};
pub use engine::{Backend, NoPool};
pub use failure::Failure;
pub use host::HostFailure;
pub use limits::Limits;
pub use outcome::{Examination, Outcome};
pub use plugin::{Plugin, Prepared, Sandbox, SandboxError};
pub use refused::Refused;
pub(crate) use sizes::texts_of_question;
pub use store::EPOCH;

use crate::contract::{Answer, Description, Options, Question, Target};
use crate::evidence::Deadline;

/// SHA-256 of a component, in hexadecimal: what names a plugin to machines.
pub fn digest(component: &[u8]) -> String {
    use sha2::Digest as _;
    hex(&sha2::Sha256::digest(component))
}

/// Answers one question of a plugin by the deadline of its conversation. See [`Source::answer_by`].
///
/// [`Source::answer_by`]: crate::evidence::Source::answer_by
pub type Ask<'a> = dyn Fn(&Question, Deadline) -> Answer + 'a;

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
