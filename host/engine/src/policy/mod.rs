//! What the operator lets plugins ask and use up: a file to be committed and reviewed, bound to plugins by their digests.
//!
//! A plugin may ask what it declared and the policy grants it. A plugin that is not built in and that the policy does not know
//! by its digest is granted nothing. `docs/policy.md` tells it for people.

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
