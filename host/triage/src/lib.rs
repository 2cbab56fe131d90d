//! The operator's rules for findings: which are accepted for now, how severe they are here, and which make a scan fail.
//!
//! ```text
//! report of a machine ─► ratings ─► waivers, ignore lists ─► report that is written; summary ─► gates ─► exit code
//! ```
//! `docs/waivers.md` and `docs/ratings.md` document the files.

mod date;
mod error;
mod gate;
mod ignore;
mod names;
mod pattern;
mod ratings;
mod rules;
mod waivers;

pub use date::{Date, DateError};
pub use error::RulesError;
pub use gate::{Condition, Gates, verdict};
pub use ratings::Effect;
pub use rules::Rules;
