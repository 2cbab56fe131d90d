//! Helpers shared by the tests of several features.

mod place;
pub(crate) mod program;

pub(crate) use place::Place;
