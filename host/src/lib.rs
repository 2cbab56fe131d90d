//! wardline judges Windows computers: which updates are missing, which settings are weak, and what to do about each.

mod about;
pub mod aliasing;
pub mod catalog;
pub mod cli;
pub mod contract;
pub mod evidence;
pub mod interruption;
pub mod inventory;
pub mod platform;
pub mod policy;
pub mod regular_file;
pub mod remediation;
pub mod report;
pub mod sandbox;
pub mod scan;
pub mod text_file;
pub mod trust;
pub mod unfinished;
pub mod vendor;
pub mod vet;
