//! Plugins, and what keeps them from doing harm. The only module that names wasmtime's runtime.

mod outcome;
pub mod stock;

pub use outcome::{Examination, Outcome};

use crate::contract::{Answer, Description, Options, Question, Target};

/// A plugin that has been described and prepared, and can look at targets, many at the same time.
pub trait Examiner: Send + Sync {
    fn description(&self) -> &Description;

    /// SHA-256 of the component, in hexadecimal.
    fn digest(&self) -> &str;

    /// Holds one conversation about one target. `ask` answers the plugin's questions.
    fn examine(&self, target: &Target, options: &Options, ask: &dyn Fn(&Question) -> Answer) -> Examination;
}
