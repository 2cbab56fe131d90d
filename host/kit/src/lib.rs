//! The vendor's tools: a project that builds, the component built from it, and the cases that it is tested on.
//!
//! The worked examples in `examples/` are the templates that [`create`] writes; there is no second copy of them.

pub mod build;
pub mod cases;
mod create;
mod project;
mod recipe;
mod template;

pub use create::{CreateError, Created, create};
pub use project::{FILE, Project, ProjectError};
pub use recipe::{Recipe, Step};
pub use template::Language;
