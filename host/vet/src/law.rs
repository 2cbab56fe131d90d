//! A law that every plugin must keep, and the result of trying it.

use wardline_contract::{Description, Examination, Examiner, Grants, Options, Update};
use wardline_evidence::recording::{Conversation, Recording};

/// A property that must hold for any plugin and any target.
pub trait Law: Sync {
    /// The name in reports, in kebab-case: `missing-evidence-is-never-passed`.
    fn name(&self) -> &'static str;

    /// One sentence that says what must hold, and one that says why it matters.
    fn explanation(&self) -> &'static str;

    /// Whether the law can be tried on every plugin. If such a law was not tried, nothing was vetted.
    fn is_always_tried(&self) -> bool {
        false
    }

    /// Tries the law on one target. Stops at the first counter-example; the vetting run then shrinks and reports it.
    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial;
}

/// The plugin being vetted.
pub struct VettedPlugin<'a> {
    /// Prepared with `updates` and natively compiled.
    pub examiner: &'a dyn Examiner,
    pub description: &'a Description,
    pub updates: &'a [Update],
    pub options: &'a Options,
    /// The plugin's declared scopes.
    pub grants: &'a Grants,
    /// The same component prepared with other updates. The error is the message of `prepare`.
    pub prepare: &'a Remake<'a, [Update]>,
    /// The same component with another fuel limit, prepared with `updates`.
    pub with_fuel: &'a Remake<'a, u64>,
}

/// Prepares the plugin again with one thing changed.
pub type Remake<'a, T> = dyn Fn(&T) -> Result<Box<dyn Examiner>, String> + Sync + 'a;

impl std::fmt::Debug for VettedPlugin<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("VettedPlugin").field(&self.description.name).finish()
    }
}

/// The result of trying a law on one target.
#[derive(Debug)]
pub struct Trial {
    /// The number of variations of the target that were tried.
    pub cases: u64,
    pub broken: Option<CounterExample>,
}

/// A target that breaks a law.
#[derive(Debug)]
pub struct CounterExample {
    /// One sentence that says what happened, with names.
    pub what: String,
    /// One recording if the target alone shows it; two if the law compares, the unmodified one first.
    pub cases: Vec<Case>,
}

/// A target and the conversation held about it. Once written to a file, `wardline replay` can replay the conversation.
#[derive(Debug)]
pub struct Case {
    pub target: Recording,
    pub conversation: Conversation,
    pub examination: Examination,
}
