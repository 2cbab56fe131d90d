//! Vetting: what a security team runs on a plugin before trusting it, to see which questions it asks, what it costs, and which
//! laws it keeps.

mod configurations;
pub mod diff;
pub mod fleet;
pub mod inspect;
pub mod law;
pub mod laws;
mod least;
pub mod observation;
pub mod repeatability;
pub mod replay;
pub mod report;
mod required;
mod run;
mod shrink;
mod targets;
pub mod words;

pub use law::{Case, CounterExample, Law, Remake, Trial, VettedPlugin};
pub use least::least;
pub use observation::{Observations, Observer, observe};
pub use required::required_laws;
pub use run::{CounterExampleFile, Progress, Request, SettingsOf, VetError, Vetting, run};
pub use targets::{Fleet, find};
pub use wardline_engine::trust::{Effort, RequiredLaw, Verdict};
