//! The operator's policy: which questions plugins may ask and how much they may use. It is a file to be committed and reviewed,
//! bound to plugins by their digests.
//!
//! A plugin may ask what it declared and the policy grants it. A plugin that is not built in and whose digest the policy does not
//! list is granted nothing. `docs/policy.md` is the user documentation.

mod enforce;
mod file;
mod grant;
mod limits;
mod write;

pub use enforce::{Permits, Rule, Unsuitable};
pub use file::{Policy, PolicyEntry, PolicyError, StockDefault};
pub use grant::{GrantError, grant_text, parse_grant};
pub use limits::PolicyLimits;
pub use write::written;
