//! The SDK for writing wardline plugins.
//!
//! A plugin is a [`Checker`]: it describes itself, takes the catalog's updates once, and then examines one target after
//! another. It never sees the underlying protocol. It awaits each question, and questions awaited together travel together:
//!
//! ```
//! use wardline_plugin::prelude::*;
//!
//! struct Telnet;
//!
//! impl Checker for Telnet {
//!     fn describe() -> Description {
//!         describe("telnet", "0.1.0", "Finds telnet servers that still start by themselves.")
//!             .check("telnet-service", "Telnet service", &[], "Passwords cross the network in clear text.")
//!             .asks(Scope::Services)
//!             .into()
//!     }
//!
//!     fn prepare(_updates: Vec<Update>) -> Result<Self, String> {
//!         Ok(Telnet)
//!     }
//!
//!     async fn detect(&self, _about: &About, evidence: &Evidence) -> Findings {
//!         let mut checks = Checks::new();
//!         checks.add("telnet-service", telnet_service(evidence));
//!         Findings::from(checks.run().await)
//!     }
//! }
//!
//! async fn telnet_service(evidence: &Evidence) -> Result<Finding, Unable> {
//!     let service = evidence.service("TlntSvr").await.optional()?;
//!     Ok(match &*service {
//!         Some(telnet) if telnet.start == ServiceStart::Automatic => {
//!             Finding::critical("The telnet service starts with the machine.")
//!                 .because(&service)
//!                 .mend(Remedy::set_service_start("TlntSvr", telnet.start, ServiceStart::Disabled))
//!         }
//!         Some(_) => Finding::passed("The telnet service does not start by itself.").because(&service),
//!         None => Finding::passed("There is no telnet service.").because(&service),
//!     })
//! }
//!
//! wardline_plugin::export!(Telnet);
//! # fn main() {}
//! ```
//!
//! [`judge`] implements the rules for judging patches, and any plugin may call it. With the feature `testing`, the module of
//! that name runs a checker natively, in `cargo test`.

pub mod accounts;
pub mod checker;
pub mod component;
pub mod contract;
pub mod conversation;
pub mod describe;
pub mod evidence;
pub mod finding;
pub mod judge;
pub mod marks;
pub mod remedy;
#[cfg(feature = "testing")]
pub mod testing;
pub mod updates;
pub mod version;

pub use checker::{About, Checker};
pub use evidence::Evidence;
/// Windows' own names for SIDs, access masks and settings, for findings that display them.
pub use wardline_windows_words as words;

/// The items that a checker usually needs.
pub mod prelude {
    pub use crate::checker::{About, Checker};
    pub use crate::contract::exports::wardline::check::types::*;
    pub use crate::describe::describe;
    pub use crate::evidence::{Evidence, RegistryDataExt, Reply, Unable, Witness};
    pub use crate::finding::{Checks, Finding, Findings};
    pub use crate::marks::{AccountExt, GroupExt, GroupMemberExt, ShareExt};
    pub use crate::remedy::Remedy;
}
