//! Plugins and the sandbox that contains them. The only crate that uses wasmtime's runtime.

mod anatomy;
mod answering;
mod bounds;
mod cache;
mod compile;
mod component;
mod conversation;
mod engine;
mod exports;
mod failure;
mod functions;
mod host;
mod limits;
mod panic;
mod prepared;
mod refused;
mod sandbox;
mod sizes;
mod snapshot;
mod split;
mod state;
mod store;
mod turns;
mod validate;

pub use anatomy::{Anatomy, CoreModule, CustomSection, Export, Extent, Form, Producer};
pub use cache::{BuiltIn, Cache};
pub use component::{CONTRACT_VERSION, PluginComponent};
pub use component::{DETECTION, REMEDIATION};
pub use engine::{Backend, Execution, NoPool};
pub use failure::Failure;
pub use limits::Limits;
pub use prepared::Prepared;
pub use refused::Refused;
pub use sandbox::{Plugin, Sandbox, SandboxError};
pub use store::EPOCH;
pub use wardline_files::host_failure::HostFailure;
