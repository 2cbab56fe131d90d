//! wardline judges Windows computers: which updates are missing, which settings are weak, and what to do about each.

pub mod cli;
pub mod inventory;
pub mod policy;
pub mod remediation;
pub mod report;
pub mod scan;
pub mod stock;
pub mod trust;
pub mod vendor;
pub mod vet;

pub use wardline_catalog as catalog;
pub use wardline_contract as contract;
pub use wardline_evidence as evidence;
pub use wardline_files::{aliasing, interruption, platform, regular_file, replace, text_file, unfinished};
pub use wardline_sandbox as sandbox;
