//! The trait that a plugin's author implements.

use crate::contract::exports::wardline::check::types::{Description, Options, SettingValue, Target, Update};
use crate::evidence::Evidence;
use crate::finding::Findings;

/// A plugin, as its author sees it.
///
/// The host calls [`describe`](Checker::describe), then [`prepare`](Checker::prepare) once. It then keeps the plugin's memory
/// and starts every target from a copy of it: [`detect`](Checker::detect) sees the checker as `prepare` left it, and its own
/// changes are discarded.
pub trait Checker: Sized + 'static {
    /// Returns the plugin's name, its checks and the questions it may ask. Called before `prepare`, possibly in another
    /// instance; must always return the same value.
    fn describe() -> Description;

    /// Takes the catalog's updates for the products that [`describe`](Checker::describe) names. Anything that can be computed
    /// without a target belongs here, because it runs only once.
    ///
    /// # Errors
    ///
    /// A sentence for people. The plugin takes no further part in the scan.
    fn prepare(updates: Vec<Update>) -> Result<Self, String>;

    /// Examines one target. May await only the futures that [`Evidence`] returns, alone or joined.
    fn detect(&self, about: &About, evidence: &Evidence) -> impl Future<Output = Findings>;
}

/// The subject of a conversation: the target, and the options under which the operator wants it judged.
#[derive(Clone, Debug)]
pub struct About {
    pub target: Target,
    pub options: Options,
}

impl About {
    /// Returns the operator's value for a setting. `None` if the operator set none: the default that the plugin declared then
    /// applies.
    pub fn setting(&self, name: &str) -> Option<&SettingValue> {
        self.options.settings.iter().find(|setting| setting.name == name).map(|setting| &setting.value)
    }
}
