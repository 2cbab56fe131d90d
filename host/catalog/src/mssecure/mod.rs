//! `mssecure.xml`, schemas 1.0 (2001) and 1.1 (2002 to 2006).
//!
//! Reading takes two steps: one pass collects the rows as they are (`read`), then references are followed (`resolve`).

mod counts;
mod detection;
mod level;
mod raw;
mod read;
mod referrer;
mod resolve;
mod resolver;
mod supersedence;
mod table;
#[cfg(test)]
mod tests;
mod update;
mod values;

#[cfg(test)]
pub(crate) use tests::levels_by_product;

use std::io::BufRead;
use std::path::Path;

use bumpalo::Bump;

pub use self::counts::{Counts, Dirt};

use super::{Catalog, CatalogError, Limits};

pub(super) fn parse(input: impl BufRead, origin: &Path, limits: &Limits) -> Result<Catalog, CatalogError> {
    let texts = Bump::new();
    let reading = read::read(input, &texts, origin, limits)?;
    resolve::resolve(&reading, origin, limits)
}
