//! Documents that describe vulnerabilities, and their folding into updates.
//!
//! A document says which fix removes which vulnerability from which product; one update occurs in it once for each of them, and in
//! other months' documents again. Each format has a reader that collects these statements (`document`); all documents are then
//! folded together (`fold`), because a later revision of a document replaces an earlier one and because an update closes what any of
//! them says.

mod build;
mod counts;
pub(crate) mod csaf;
pub(crate) mod cvrf;
pub(crate) mod document;
mod facts;
mod fixed_builds;
mod fold;
mod folding;
mod groups;
mod names;
mod products;
mod ratings;
mod supersedence;
mod superseding;
#[cfg(test)]
mod tests;
mod updates;
pub(crate) mod wesng;

pub use self::counts::{Counts, Dirt};
pub(crate) use self::document::Document;
pub(crate) use self::fold::fold;
