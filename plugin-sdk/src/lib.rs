//! The SDK for writing wardline plugins.
//!
//! A plugin is a [`Checker`]: it describes itself, takes the catalog's updates once, and then examines one target after
//! another. Each of its checks is a [`Check`](check::Check), an item with the check's description, questions and code. A check
//! never sees the underlying protocol. It awaits each question, and questions awaited together travel together:
//!
//! ```
//! use wardline_plugin::prelude::*;
//!
//! #[derive(Default)]
//! struct Telnet;
//!
//! const CHECKS: Suite = suite![TelnetService];
//!
//! impl Checker for Telnet {
//!     fn describe() -> Description {
//!         describe("telnet", "0.1.0", "Finds telnet servers that still start by themselves.").checks(CHECKS).into()
//!     }
//!
//!     async fn detect(&self, cx: Context<'_>) -> Findings {
//!         CHECKS.run(cx).await.into()
//!     }
//! }
//!
//! struct TelnetService;
//!
//! impl Check for TelnetService {
//!     const INFO: CheckInfo = CheckInfo::new("telnet-service", "Telnet service")
//!         .explanation("Passwords cross the network in clear text.");
//!     const ASKS: &'static [Asks] = &[Asks::Services];
//!
//!     async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
//!         let service = cx.evidence.service("TlntSvr").await.optional()?;
//!         Ok(match &*service {
//!             Some(telnet) if telnet.start == ServiceStart::Automatic => {
//!                 Finding::critical("The telnet service starts with the machine.")
//!                     .because(&service)
//!                     .mend(Remedy::set_service_start("TlntSvr", telnet.start, ServiceStart::Disabled))
//!             }
//!             Some(_) => Finding::passed("The telnet service does not start by itself.").because(&service),
//!             None => Finding::passed("There is no telnet service.").because(&service),
//!         })
//!     }
//! }
//!
//! wardline_plugin::export!(Telnet);
//! # fn main() {}
//! ```
//!
//! [`judge`] implements the rules for judging patches, and any plugin may call it. [`branches`] adds products that are published
//! in several branches of builds, [`support`] the end of a release's support, both from tables in data files ([`builds`]);
//! [`users`] combines the settings of users. With the feature `testing`, the module of that name runs a checker natively, in
//! `cargo test`.

#![warn(missing_docs)]

pub mod accounts;
#[cfg(any(test, all(target_family = "wasm", feature = "allocator")))]
mod allocator;
pub mod branches;
pub mod builds;
pub mod check;
pub mod checker;
pub mod component;
pub mod context;
pub mod contract;
pub mod conversation;
pub mod describe;
pub mod evidence;
mod exchange;
pub mod finding;
pub mod judge;
pub mod marks;
pub mod panic;
pub mod registry_data;
pub mod remedy;
pub mod setting;
pub mod support;
#[cfg(feature = "testing")]
pub mod testing;
pub mod updates;
pub mod users;
pub mod version;

pub use checker::Checker;
pub use context::{About, Context};
pub use evidence::Evidence;
/// Windows' own names for SIDs, access masks and settings, for findings that display them.
pub use wardline_windows_words as words;

/// The items that a checker usually needs.
pub mod prelude {
    /// Futures awaited together ask in one round.
    pub use futures_util::future::{join, join_all, join3};

    pub use crate::check::{Asks, Check, CheckInfo, Suite};
    pub use crate::checker::Checker;
    pub use crate::context::{About, Context};
    pub use crate::contract::exports::wardline::check::types::*;
    pub use crate::describe::describe;
    pub use crate::evidence::{Evidence, Reply, Unable, Witness};
    pub use crate::finding::{CheckedFinding, Finding, Findings};
    pub use crate::marks::{AccountExt, GroupExt, GroupMemberExt, ShareExt};
    pub use crate::registry_data::RegistryDataExt;
    pub use crate::remedy::Remedy;
    pub use crate::setting::{DeclaredSetting, Setting};
    pub use crate::suite;
}
