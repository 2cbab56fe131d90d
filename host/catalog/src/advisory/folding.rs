//! Data shared by the steps of folding.

use std::path::Path;

use foldhash::HashMap;

use super::build::{self, Build, Numbers};
use super::counts::{Counts, Dirt};
use super::document::{Document, Remedy};
use super::names;
use super::products::Products;
use super::ratings::Ratings;
use crate::error::printable;
use crate::{CatalogError, Limits, Unresolved, UnresolvedKind};

/// A statement of a document, with what it is about as indices over all documents.
#[derive(Clone, Copy)]
pub(super) struct Fact {
    /// The article or, without one, the product and build: an index in [`Folding::packages`].
    pub(super) package: u32,
    pub(super) product: u32,
    pub(super) weakness: u32,
    pub(super) document: u32,
    /// The index in the document.
    pub(super) remedy: u32,
}

impl Fact {
    /// Orders facts by package, product, weakness, document, and remedy: as few numbers, which are compared faster than many.
    pub(super) fn sort_key(&self) -> (u64, u64, u32) {
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        (pair(self.package, self.product), pair(self.weakness, self.document), self.remedy)
    }
}

/// The unit of installation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Package {
    Article(u32),
    /// Without an article, a build of a product.
    Build {
        product: u32,
        numbers: Numbers,
    },
}

impl Package {
    pub(super) fn article(&self) -> Option<u32> {
        match self {
            Package::Article(article) => Some(*article),
            Package::Build { .. } => None,
        }
    }
}

/// The folding of a set of documents, as far as it has come.
pub(super) struct Folding<'a> {
    pub(super) documents: &'a [Document],
    pub(super) origin: &'a Path,
    pub(super) limits: &'a Limits,
    pub(super) spent: u64,
    pub(super) products: Products,
    pub(super) packages: Vec<Package>,
    pub(super) weaknesses: Vec<String>,
    pub(super) exploited: Vec<bool>,
    pub(super) ratings: Ratings,
    /// By document and remedy.
    pub(super) builds: Vec<Vec<Build>>,
    /// By package and product: the build that has the fix.
    pub(super) fixed: HashMap<(u32, u32), Numbers>,
    /// By package: the products in `fixed`, sorted.
    pub(super) products_with_builds: HashMap<u32, Vec<u32>>,
    pub(super) unresolved: Vec<Unresolved>,
    pub(super) counts: Counts,
    pub(super) dirt: Dirt,
}

impl Folding<'_> {
    /// Notes something about a remedy.
    pub(super) fn note(&mut self, kind: UnresolvedKind, id: &str, document: &Document, remedy: &Remedy) {
        let referrer = match names::article(&remedy.text.description) {
            Some(article) => format!("KB{article}"),
            None => printable(&remedy.text.description),
        };
        self.note_item(Unresolved {
            kind,
            id: id.chars().take(200).collect(),
            referrer,
            line: remedy.line,
            byte: remedy.byte,
            document: Some(label(document)),
        });
    }

    /// Notes something, unless that takes more than is allowed: [`Folding::spend`] then refuses whatever comes next.
    pub(super) fn note_item(&mut self, item: Unresolved) {
        self.spent = self.spent.saturating_add(item.cost());
        if self.spent <= self.limits.resolved_bytes {
            self.unresolved.push(item);
        }
    }

    /// The name of a package: `KB5035849`, or the product's with the build.
    pub(super) fn bulletin(&self, package: &Package) -> String {
        match package {
            Package::Article(article) => format!("KB{article}"),
            Package::Build { product, numbers } => {
                let name = self.products.all.get(*product as usize).map_or("", |product| product.name.as_str());
                format!("{name} {}", build::text(numbers))
            }
        }
    }

    /// Accounts for the size of data before it is added to an update.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), CatalogError> {
        self.spent = self.spent.saturating_add(bytes as u64);
        if self.spent > self.limits.resolved_bytes {
            return Err(CatalogError::Overgrown { path: self.origin.into(), limit: self.limits.resolved_bytes });
        }
        Ok(())
    }
}

/// The name of a document in a list: its identifier or, without one, its file.
pub(super) fn label(document: &Document) -> String {
    if document.id.is_empty() { document.info.location.clone() } else { printable(&document.id) }
}
