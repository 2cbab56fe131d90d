//! The shared vocabulary: the contract's types, used by catalogs, evidence, sandbox, scan and report alike, and the operations that
//! need nothing but those types.

mod about;
pub mod compare;
mod deadline;
mod digest;
mod escape;
mod examiner;
mod grants;
mod known;
pub mod names;
mod outcome;
pub mod products;
pub mod scopes;
mod types;

pub use about::about;
pub use deadline::{Deadline, Passed, Reading};
pub use digest::{digest, hex};
pub use escape::{Escaped, is_deceptive};
pub use examiner::Examiner;
pub use grants::{Answers, Ask, Grants, Permit};
pub use outcome::{Examination, Outcome};
pub use types::*;
