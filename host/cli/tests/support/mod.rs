//! Helpers shared by the tests of several features.

mod place;
pub(crate) mod program;
pub(crate) mod schema;

pub(crate) use place::Place;
