//! wardline assesses Windows computers: which updates are missing, which settings are weak, and what to do about each.

pub mod cli;
pub mod stock;

pub use wardline_catalog as catalog;
pub use wardline_collector as collector;
pub use wardline_contract as contract;
pub use wardline_engine::{policy, reporting, scan, trust};
pub use wardline_evidence as evidence;
pub use wardline_files::{
    aliasing, background, host_failure, interruption, platform, regular_file, replace, text_file, unfinished,
};
pub use wardline_fleet as fleet;
pub use wardline_history as history;
pub use wardline_kit as vendor;
pub use wardline_ldap as ldap;
pub use wardline_mbsacli as mbsacli;
pub use wardline_patrol as patrol;
pub use wardline_plan as remediation;
pub use wardline_report as report;
pub use wardline_sandbox as sandbox;
pub use wardline_serve as serve;
pub use wardline_supply as supply;
pub use wardline_triage as triage;
pub use wardline_vet as vet;
