//! One document that describes vulnerabilities and their fixes, whatever its format.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use foldhash::{HashMap, HashMapExt};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use wardline_contract::Severity;

use crate::xml::Lines;
use crate::{CatalogError, CatalogInfo, Limits};

/// The statements of one document, not yet compared with those of others. Lists refer to each other by index.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) info: CatalogInfo,
    /// The publisher's identifier, `2024-Mar`. Documents with the same one are revisions of each other.
    pub(crate) id: String,
    /// The ISO date of the first release.
    pub(crate) released: Option<String>,
    /// The date and time of this revision; later ones compare as greater.
    pub(crate) revised: String,
    pub(crate) products: Vec<Product>,
    pub(crate) weaknesses: Vec<Weakness>,
    pub(crate) ratings: Vec<Rating>,
    pub(crate) remedies: Vec<Remedy>,
    pub(crate) fixes: Vec<Fix>,
    pub(crate) tally: Tally,
}

/// The elements of a document, by kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) vulnerabilities: u64,
    pub(crate) vendor_fixes: u64,
    pub(crate) other_remediations: u64,
    /// Fixes that the reader has left out because they name neither an article nor a build.
    pub(crate) fixes_without_update: u64,
    /// Fixes that the reader has left out because others say the same, or say it more exactly.
    pub(crate) repeated_fixes: u64,
}

#[derive(Debug)]
pub(crate) struct Product {
    /// Empty if the document gives no identifier.
    pub(crate) id: Box<str>,
    /// Empty if the document does not define the identifier.
    pub(crate) name: Box<str>,
}

/// A vulnerability or advisory.
#[derive(Debug, Default)]
pub(crate) struct Weakness {
    /// As the document has it.
    pub(crate) id: Box<str>,
    /// Whether the publisher knows of attacks.
    pub(crate) exploited: bool,
    pub(crate) line: u32,
    pub(crate) byte: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rating {
    pub(crate) weakness: u32,
    pub(crate) product: u32,
    pub(crate) severity: Severity,
}

/// A vendor fix, as the document describes it: several vulnerabilities and products have the same one.
#[derive(Debug, Default)]
pub(crate) struct Remedy {
    pub(crate) text: RemedyText,
    pub(crate) line: u32,
    pub(crate) byte: u64,
}

/// The texts of a vendor fix, trimmed; empty where the document has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct RemedyText {
    /// `5035849`, `Release Notes`.
    pub(crate) description: String,
    /// `Security Update`, `Monthly Rollup`.
    pub(crate) kind: String,
    pub(crate) url: String,
    /// The articles that it replaces.
    pub(crate) supersedes: String,
    pub(crate) build: String,
    /// `Yes`, `No`, `Maybe`.
    pub(crate) restart: String,
    /// The ISO date of publication, where it is not the document's.
    pub(crate) posted: String,
}

/// A remedy removes a vulnerability from a product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fix {
    pub(crate) remedy: u32,
    pub(crate) weakness: u32,
    pub(crate) product: u32,
}

/// Builds a [`Document`]'s lists, in which each product and remedy occurs once.
pub(crate) struct Collector<'a> {
    pub(crate) products: Vec<Product>,
    pub(crate) weaknesses: Vec<Weakness>,
    pub(crate) ratings: Vec<Rating>,
    pub(crate) remedies: Vec<Remedy>,
    pub(crate) fixes: Vec<Fix>,
    pub(crate) tally: Tally,
    product_of_id: HashMap<Box<str>, u32>,
    product_of_name: HashMap<Box<str>, u32>,
    /// Indices of remedies, by the hash of their texts.
    remedy_of_text: HashTable<u32>,
    hasher: RandomState,
    statements: u64,
    /// The size of the texts that were accounted for, in bytes.
    kept: u64,
    limits: &'a Limits,
}

impl RemedyText {
    /// The size of the texts in bytes.
    fn len(&self) -> usize {
        let Self { description, kind, url, supersedes, build, restart, posted } = self;
        [description, kind, url, supersedes, build, restart, posted].into_iter().map(String::len).sum()
    }
}

impl<'a> Collector<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self {
            products: Vec::new(),
            weaknesses: Vec::new(),
            ratings: Vec::new(),
            remedies: Vec::new(),
            fixes: Vec::new(),
            tally: Tally::default(),
            product_of_id: HashMap::new(),
            product_of_name: HashMap::new(),
            remedy_of_text: HashTable::new(),
            hasher: RandomState::default(),
            statements: 0,
            kept: 0,
            limits,
        }
    }

    /// Makes the document. `released` and `revised` are as in [`Document`].
    pub(crate) fn into_document(
        self,
        info: CatalogInfo,
        id: String,
        released: Option<String>,
        revised: String,
    ) -> Document {
        let Self { products, weaknesses, ratings, remedies, fixes, tally, .. } = self;
        Document { info, id, released, revised, products, weaknesses, ratings, remedies, fixes, tally }
    }

    /// Returns the product with this identifier.
    pub(crate) fn product(&mut self, id: &str) -> u32 {
        if let Some(index) = self.product_of_id.get(id) {
            return *index;
        }
        let index = index_of(self.products.len());
        self.products.push(Product { id: id.into(), name: Box::default() });
        self.product_of_id.insert(id.into(), index);
        index
    }

    /// Returns the product with this name. The document gives no identifier for it.
    pub(crate) fn product_named(&mut self, name: &str) -> u32 {
        if let Some(index) = self.product_of_name.get(name) {
            return *index;
        }
        let index = index_of(self.products.len());
        self.products.push(Product { id: Box::default(), name: name.into() });
        self.product_of_name.insert(name.into(), index);
        index
    }

    /// Sets a product's name; the first one counts.
    pub(crate) fn name_product(&mut self, id: &str, name: &str) {
        let index = self.product(id);
        if let Some(product) = self.products.get_mut(index as usize).filter(|product| product.name.is_empty()) {
            product.name = name.into();
        }
    }

    /// Begins a vulnerability that the document states at the offset `byte`.
    pub(crate) fn weakness(&mut self, byte: usize) -> u32 {
        self.weaknesses.push(Weakness { byte: byte as u64, ..Weakness::default() });
        index_of(self.weaknesses.len() - 1)
    }

    /// Returns the remedy with these texts. `byte` is the offset at which the document states it.
    ///
    /// # Errors
    ///
    /// Same as [`Collector::keep`].
    pub(crate) fn remedy(
        &mut self,
        text: &RemedyText,
        byte: usize,
        too_large: impl FnOnce(&'static str, u64) -> CatalogError,
    ) -> Result<u32, CatalogError> {
        let (remedies, hasher) = (&self.remedies, &self.hasher);
        let text_of = |index: &u32| remedies.get(*index as usize).map(|remedy| &remedy.text);
        let entry = self.remedy_of_text.entry(
            hasher.hash_one(text),
            |index| text_of(index) == Some(text),
            |index| hasher.hash_one(text_of(index).unwrap_or(text)),
        );
        let index = index_of(remedies.len());
        match entry {
            Entry::Occupied(known) => return Ok(*known.get()),
            Entry::Vacant(place) => place.insert(index),
        };
        self.keep(size_of::<Remedy>() + text.len(), too_large)?;
        self.remedies.push(Remedy { text: text.clone(), line: 0, byte: byte as u64 });
        Ok(index)
    }

    /// Accounts for texts that are kept and may be larger than the document: one with a text for many products, or in an archive.
    ///
    /// # Errors
    ///
    /// `TooLarge` if they are larger than the limits allow.
    pub(crate) fn keep(
        &mut self,
        bytes: usize,
        too_large: impl FnOnce(&'static str, u64) -> CatalogError,
    ) -> Result<(), CatalogError> {
        self.kept = self.kept.saturating_add(bytes as u64);
        if self.kept > self.limits.resolved_bytes {
            return Err(too_large("more bytes of text than allowed", self.limits.resolved_bytes));
        }
        Ok(())
    }

    /// Determines the lines of everything that has an offset in `text`.
    pub(crate) fn count_lines(&mut self, text: &str) {
        // Both lists are in the order of the document.
        let mut lines = Lines::new(text);
        for weakness in &mut self.weaknesses {
            weakness.line = lines.at(usize::try_from(weakness.byte).unwrap_or(usize::MAX));
        }
        let mut lines = Lines::new(text);
        for remedy in &mut self.remedies {
            remedy.line = lines.at(usize::try_from(remedy.byte).unwrap_or(usize::MAX));
        }
    }

    /// Accounts for one more fix or rating.
    ///
    /// # Errors
    ///
    /// `TooLarge` if there are more of them than the limits allow.
    pub(crate) fn state(
        &mut self,
        too_large: impl FnOnce(&'static str, u64) -> CatalogError,
    ) -> Result<(), CatalogError> {
        self.statements += 1;
        if self.statements > self.limits.statements {
            return Err(too_large("more fixes and ratings than allowed", self.limits.statements));
        }
        Ok(())
    }
}

/// An index as the lists have it. The limits allow far fewer entries than there are numbers.
pub(crate) fn index_of(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Parses the publisher's word for a rating. Returns `None` for any other text, including the publisher's own "None".
pub(crate) fn severity(word: &str) -> Option<Severity> {
    let words = [
        ("critical", Severity::Critical),
        ("important", Severity::Important),
        ("moderate", Severity::Moderate),
        ("low", Severity::Low),
    ];
    words.iter().find(|(known, _)| word.trim().eq_ignore_ascii_case(known)).map(|(_, severity)| *severity)
}

/// Whether the publisher's text on exploitation (`Publicly Disclosed:No;Exploited:Yes;…`) says that there have been attacks.
pub(crate) fn says_exploited(text: &str) -> bool {
    text.split(';').any(|part| {
        part.split_once(':').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("exploited") && value.trim().eq_ignore_ascii_case("yes")
        })
    })
}

/// Returns the date of `2024-03-12T07:00:00`.
pub(crate) fn date_of(time: &str) -> Option<String> {
    let date = time.trim().get(..10)?;
    let fits = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    fits.then(|| date.to_owned())
}
