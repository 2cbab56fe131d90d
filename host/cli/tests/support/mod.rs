//! What several features are tested with.

mod place;
pub(crate) mod program;
pub(crate) mod schema;

pub(crate) use place::Place;
