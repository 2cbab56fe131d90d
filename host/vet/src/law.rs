//! A law that every plugin has to keep, and what came of holding one to it.

use wardline_contract::{Description, Examination, Examiner, Grants, Options, Update};
use wardline_evidence::recording::{Conversation, Recording};

/// Something that must hold whatever the plugin and whatever the target.
pub trait Law: Sync {
    /// kebab-case, as reports name it: `missing-evidence-is-never-passed`.
    fn name(&self) -> &'static str;

    /// What must hold, in one sentence, and why it matters in another.
    fn explanation(&self) -> &'static str;

    /// Whether every plugin gives it something to be tried on. Where such a law was not tried, nothing was vetted.
    fn is_always_tried(&self) -> bool {
        false
    }

    /// Tries the law on one target. The first counter-example ends it: the vetting run makes it smaller and reports that.
    fn try_on(&self, subject: &Subject<'_>, target: &Recording) -> Trial;
}

/// The plugin that is being vetted.
pub struct Subject<'a> {
    /// Prepared with `updates`, natively compiled.
    pub examiner: &'a dyn Examiner,
    pub description: &'a Description,
    pub updates: &'a [Update],
    pub options: &'a Options,
    /// Its declared scopes.
    pub grants: &'a Grants,
    /// The same component prepared with other updates. The error is what `prepare` said.
    pub prepare: &'a Remake<'a, [Update]>,
    /// The same component with another limit on fuel, prepared with `updates`.
    pub with_fuel: &'a Remake<'a, u64>,
}

/// Makes the plugin anew with something changed.
pub type Remake<'a, T> = dyn Fn(&T) -> Result<Box<dyn Examiner>, String> + Sync + 'a;

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Subject").field(&self.description.name).finish()
    }
}

/// What came of trying a law on one target.
#[derive(Debug)]
pub struct Trial {
    /// How many variations of the target were tried.
    pub cases: u64,
    pub broken: Option<CounterExample>,
}

/// A target on which a law does not hold.
#[derive(Debug)]
pub struct CounterExample {
    /// What happened, in one sentence with the names in it.
    pub what: String,
    /// One recording where the target alone shows it; two where the law compares, the plain one first.
    pub cases: Vec<Case>,
}

/// A target with the conversation that was held about it: written down, `wardline replay` holds it again.
#[derive(Debug)]
pub struct Case {
    pub target: Recording,
    pub conversation: Conversation,
    pub examination: Examination,
}
