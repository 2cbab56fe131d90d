//! The targets that a plugin is vetted on.

pub mod chance;
pub mod corpus;
mod explore;
mod names;
mod updates;
mod values;
mod world;

pub use explore::{Explorer, generated, recorded};
pub use updates::generated as generated_updates;
