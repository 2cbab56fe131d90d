//! The targets that a plugin is vetted on.

pub mod corpus;
