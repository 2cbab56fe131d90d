//! The report of a vetting run: its model, and one file per format.

mod html;
mod json;
mod model;
mod text;
mod words;

pub use html::html;
pub use json::json;
pub use model::*;
pub use text::text;
pub use wardline_engine::trust::{Overall, VET_SCHEMA as SCHEMA};
