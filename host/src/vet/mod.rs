//! What a security team runs on a plugin before it is trusted: what it asks, what it costs, and which laws it keeps.

pub mod fleet;
pub mod inspect;
pub mod law;
pub mod laws;
pub mod observation;
pub mod words;

pub use law::{Case, CounterExample, Law, Remake, Subject, Trial, Verdict};
pub use observation::{Observations, Observer, observe};
