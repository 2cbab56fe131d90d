//! What a plugin's author implements.

use crate::contract::exports::wardline::check::types::{Description, Options, SettingValue, Target, Update};
use crate::evidence::Evidence;
use crate::finding::Findings;

/// A plugin, as its author sees it.
///
/// Its life: [`describe`](Checker::describe), then [`prepare`](Checker::prepare) once; the host then keeps the plugin's memory
/// and starts every target from a copy of it. So [`detect`](Checker::detect) finds the checker as `prepare` left it, and
/// nothing that it leaves behind is ever seen again.
pub trait Checker: Sized + 'static {
    /// Name, checks and what is asked. Called before `prepare`, perhaps in another instance; always returns the same.
    fn describe() -> Description;

    /// Takes the catalog's updates for the products that [`describe`](Checker::describe) names. Whatever can be computed
    /// without a target belongs here, since it is done only once.
    ///
    /// # Errors
    ///
    /// A sentence for people. It ends the plugin's part in the scan.
    fn prepare(updates: Vec<Update>) -> Result<Self, String>;

    /// Looks at one target. The only futures that may be awaited are those that [`Evidence`] gives, alone or joined.
    fn detect(&self, about: &About, evidence: &Evidence) -> impl Future<Output = Findings>;
}

/// What a conversation is about: the target's name, and how the operator wants it judged.
#[derive(Clone, Debug)]
pub struct About {
    pub target: Target,
    pub options: Options,
}

impl About {
    /// What the operator set for a setting, if anything; else the default that the plugin declared holds.
    pub fn setting(&self, name: &str) -> Option<&SettingValue> {
        self.options.settings.iter().find(|setting| setting.name == name).map(|setting| &setting.value)
    }
}
