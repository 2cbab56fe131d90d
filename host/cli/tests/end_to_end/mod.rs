//! The built program with its stock plugins against volumes built by code: images in, reports out.

mod aliasing;
mod bad_input;
mod checks;
mod collected;
#[cfg(target_os = "linux")]
mod disks;
mod fleet;
mod foreign_hives;
mod habits;
mod history;
mod installing;
#[cfg(unix)]
mod interrupted;
mod large;
#[cfg(unix)]
mod live;
mod real_catalog;
#[cfg(target_os = "linux")]
mod resources;
#[cfg(unix)]
mod resumed;
#[cfg(unix)]
mod serve;
mod supply;
mod today;
mod triage;
