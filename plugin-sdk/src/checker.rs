//! The trait that a plugin's author implements.

use crate::context::Context;
use crate::contract::exports::wardline::check::types::{Description, Update};
use crate::finding::Findings;

/// A plugin, as its author sees it.
///
/// The host calls [`describe`](Checker::describe), then [`prepare`](Checker::prepare) once. It then keeps the plugin's memory
/// and starts every target from a copy of it: [`detect`](Checker::detect) sees the checker as `prepare` left it, and its own
/// changes are discarded.
pub trait Checker: Default + 'static {
    /// Returns the plugin's name, its checks and the questions it may ask. Called before `prepare`, possibly in another
    /// instance; must always return the same value.
    fn describe() -> Description;

    /// Takes the catalog's updates for the products that [`describe`](Checker::describe) names. Anything that can be computed
    /// without a target belongs here, because it runs only once. By default, the updates are ignored.
    ///
    /// # Errors
    ///
    /// A sentence for people. The plugin takes no further part in the scan.
    fn prepare(&mut self, _updates: Vec<Update>) -> Result<(), String> {
        Ok(())
    }

    /// Examines one target. May await only the futures that [`Evidence`](crate::Evidence) returns, alone or joined.
    fn detect(&self, cx: Context<'_>) -> impl Future<Output = Findings>;
}
