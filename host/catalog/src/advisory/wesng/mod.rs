//! The definitions of Windows Exploit Suggester, Next Generation: a ZIP archive of CSV files, with one row for each vulnerability, update
//! and product.
//!
//! The columns are described at <https://github.com/bitsadmin/wesng>. Most rows come from the publisher's documents and name the
//! products as they do, without identifiers; the oldest come from the publisher's list of bulletins.

mod batches;
mod components;
mod rows;

use std::io::{self, Cursor, Read};
use std::path::Path;

use foldhash::{HashMap, HashMapExt, HashSet};
use wardline_contract::Severity;

use self::batches::{Batch, Batches, Fields};
use self::rows::unquoted;
use super::document::{Collector, Document, Fix, Product, Rating, RemedyText, index_of, severity};
use super::names;
use crate::ahead::produce_ahead;
use crate::error::printable_reason;
use crate::xml::trimmed;
use crate::{CatalogError, CatalogInfo, Limits};

/// The maximum number of files in an archive; the publisher's have three.
const MAX_FILES: usize = 64;

/// Parses an archive that is in memory as a whole; the files in it are read as they are decompressed. `info` is the identity of the
/// archive.
///
/// # Errors
///
/// `Compressed` if the archive is damaged or holds no definitions, `NotDefinitions` if a file in it does not have the columns, and
/// `TooLarge` if it exceeds `limits`.
pub(crate) fn parse(bytes: &[u8], info: CatalogInfo, origin: &Path, limits: &Limits) -> Result<Document, CatalogError> {
    let damaged = |reason: String| CatalogError::Compressed { path: origin.into(), reason: printable_reason(&reason) };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
    if archive.len() > MAX_FILES {
        return Err(damaged(format!("it has {} files; the limit is {MAX_FILES}", archive.len())));
    }
    let mut definitions = Definitions {
        origin,
        collector: Collector::new(limits),
        weaknesses: HashMap::new(),
        products: HashMap::new(),
        products_with_components: HashMap::new(),
        listed: Vec::new(),
        newest: String::new(),
        remedies: HashMap::new(),
        key: Vec::new(),
        component: Last::default(),
        remedy: Last::default(),
        weakness: Last::default(),
        rating: Last::default(),
        of_products: Vec::new(),
    };
    let mut left = limits.definition_bytes;
    let mut released = None;
    let mut found = false;
    for place in 0..archive.len() {
        let file = archive.by_index(place).map_err(|error| damaged(error.to_string()))?;
        let name = file.name().map_err(|error| damaged(error.to_string()))?.into_owned();
        if !name.to_ascii_lowercase().ends_with(".csv") {
            continue;
        }
        found = true;
        released = released.max(date_in(&name));
        // Most rows are as long as this. Memory that is not used costs nothing.
        let rows = usize::try_from(file.size() / 256).unwrap_or(usize::MAX).min(MAX_EXPECTED_ROWS);
        definitions.collector.fixes.reserve(rows);
        definitions.collector.ratings.reserve(rows);
        let mut batches = Batches::new(Bounded { input: file, left: &mut left }, origin, limits);
        produce_ahead(|| batches.next(), |batch| definitions.rows(&batch?))?;
    }
    if !found {
        return Err(damaged("it holds no CSV file; expected the definitions of WES-NG".to_owned()));
    }
    definitions.conclude();
    let Definitions { collector, newest, .. } = definitions;
    let date = released.or_else(|| Some(newest).filter(|date| !date.is_empty()));
    let info = CatalogInfo { date: date.clone(), ..info };
    Ok(collector.into_document(info, "wesng".to_owned(), None, date.unwrap_or_default()))
}

/// The maximum number of rows that room is made for on an archive's word.
const MAX_EXPECTED_ROWS: usize = 1 << 20;

struct Definitions<'a> {
    origin: &'a Path,
    collector: Collector<'a>,
    weaknesses: HashMap<Box<str>, u32>,
    /// By a field as files have it, in rows whose component does not matter.
    products: HashMap<Box<str>, u32>,
    /// By a product and a component that matters, as files have them and each after its length: the product, and whether both name it.
    products_with_components: HashMap<Box<[u8]>, (u32, bool)>,
    /// The statements of rows whose product is named by both columns.
    listed: Vec<Fix>,
    /// The newest date of a row.
    newest: String,
    /// By a row's date, article, and superseded articles, as files have them and each after its length: the index of its remedy.
    remedies: HashMap<Box<[u8]>, Option<u32>>,
    /// Room for a key of `products_with_components` or `remedies`.
    key: Vec<u8>,
    /// Whether it can change what the row is for.
    component: Last<1, bool>,
    /// `None` for one that names no article.
    remedy: Last<3, Option<u32>>,
    weakness: Last<1, u32>,
    rating: Last<1, Option<Severity>>,
    /// The last statements about each product. Rows that differ only in columns that are not used are near each other.
    of_products: Vec<OfProduct>,
}

#[derive(Clone, Default)]
struct OfProduct {
    rating: Option<(u32, Severity)>,
    fix: Option<(u32, u32)>,
}

/// The meaning of fields of the last row. Most rows repeat those of the row before.
struct Last<const FIELDS: usize, T> {
    /// The fields as the file has them.
    written: [String; FIELDS],
    /// `None` before the first row.
    meaning: Option<T>,
}

impl<const FIELDS: usize, T: Copy> Last<FIELDS, T> {
    fn of(&self, fields: [&str; FIELDS]) -> Option<T> {
        self.meaning.filter(|_| self.written == fields)
    }

    fn set(&mut self, fields: [&str; FIELDS], meaning: T) -> T {
        for (written, field) in self.written.iter_mut().zip(fields) {
            field.clone_into(written);
        }
        *self.meaning.insert(meaning)
    }
}

impl<const FIELDS: usize, T> Default for Last<FIELDS, T> {
    fn default() -> Self {
        Last { written: [const { String::new() }; FIELDS], meaning: None }
    }
}

/// Makes the error for what exceeds a limit: what it is, and the limit.
type TooLarge<'a> = &'a dyn Fn(&'static str, u64) -> CatalogError;

impl Definitions<'_> {
    fn rows(&mut self, batch: &Batch) -> Result<(), CatalogError> {
        batch.rows().try_for_each(|(line, fields)| self.row(line, fields))
    }

    fn row(&mut self, line: u64, fields: Fields<'_>) -> Result<(), CatalogError> {
        let origin = self.origin;
        let Some([date, cve, article, product, component, rating, supersedes]) = fields else {
            return Err(CatalogError::NotDefinitions {
                path: origin.into(),
                line,
                reason: "it is not UTF-8".to_owned(),
            });
        };
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let too_large: TooLarge<'_> = &|what, limit| CatalogError::TooLarge { path: origin.into(), what, limit, line };
        self.collector.state(too_large)?;
        self.collector.tally.vendor_fixes += 1;
        let weakness = match self.weakness.of([cve]) {
            Some(weakness) => weakness,
            None => {
                let weakness = self.find_weakness(trimmed(&unquoted(cve)), line, too_large)?;
                self.weakness.set([cve], weakness)
            }
        };
        let matters = match self.component.of([component]) {
            Some(matters) => matters,
            None => self.component.set([component], components::matters(&unquoted(component))),
        };
        let (product, is_listed) = if matters {
            self.product_with_component(product, component, too_large)?
        } else {
            match self.products.get(product) {
                Some(product) => (*product, false),
                None => (self.new_product(product, too_large)?, false),
            }
        };
        let severity = match self.rating.of([rating]) {
            Some(severity) => severity,
            None => self.rating.set([rating], severity(trimmed(&unquoted(rating)))),
        };
        let Some(of_product) = self.of_products.get_mut(product as usize) else { return Ok(()) };
        if let Some(severity) = severity {
            self.collector.state(too_large)?;
            if of_product.rating.replace((weakness, severity)) != Some((weakness, severity)) {
                self.collector.ratings.push(Rating { weakness, product, severity });
            }
        }
        let of_remedy = [date, article, supersedes];
        let remedy = match self.remedy.of(of_remedy) {
            Some(remedy) => remedy,
            None => {
                let remedy = self.find_remedy(of_remedy, line, too_large)?;
                self.remedy.set(of_remedy, remedy)
            }
        };
        let Some(of_product) = self.of_products.get_mut(product as usize) else { return Ok(()) };
        match remedy {
            None => self.collector.tally.fixes_without_update += 1,
            Some(remedy) if is_listed => self.listed.push(Fix { remedy, weakness, product }),
            Some(remedy) if of_product.fix.replace((remedy, weakness)) == Some((remedy, weakness)) => {
                self.collector.tally.repeated_fixes += 1;
            }
            Some(remedy) => self.collector.fixes.push(Fix { remedy, weakness, product }),
        }
        Ok(())
    }

    fn new_product(&mut self, written: &str, too_large: TooLarge<'_>) -> Result<u32, CatalogError> {
        let unquoted = unquoted(written);
        let name = trimmed(&unquoted);
        self.collector.keep(written.len(), too_large)?;
        let index = self.product_named(name, too_large)?;
        self.products.insert(written.into(), index);
        Ok(index)
    }

    fn product_with_component(
        &mut self,
        product: &str,
        component: &str,
        too_large: TooLarge<'_>,
    ) -> Result<(u32, bool), CatalogError> {
        let written = [product, component];
        join(&mut self.key, written);
        if let Some(found) = self.products_with_components.get(self.key.as_slice()) {
            return Ok(*found);
        }
        let key: Box<[u8]> = self.key.as_slice().into();
        self.collector.keep(key.len(), too_large)?;
        let [product, component] = written.map(unquoted);
        let found = match components::product(&product, &component) {
            Some(name) => (self.product_named(&name, too_large)?, true),
            None => (self.product_named(trimmed(&product), too_large)?, false),
        };
        self.products_with_components.insert(key, found);
        Ok(found)
    }

    /// Adds what rows say whose product is named by two columns, unless rows that name it as a whole say what the same article closes for
    /// it: these come from documents, and the list counts every vulnerability of a bulletin for each of its products. Names get the
    /// capitals of the documents.
    fn conclude(&mut self) {
        let listed = std::mem::take(&mut self.listed);
        let products = &mut self.collector.products;
        let folded = |product: Option<&Product>| product.map(|product| product.name.to_lowercase()).unwrap_or_default();
        // By name: the product as the list has it.
        let mut of_list: HashMap<String, u32> = HashMap::new();
        let mut same_product = vec![None; products.len()];
        for index in listed.iter().map(|fix| fix.product as usize) {
            if let Some(same @ None) = same_product.get_mut(index) {
                let first = *of_list.entry(folded(products.get(index))).or_insert(index_of(index));
                *same = Some(first);
            }
        }
        let mut whole: Vec<u32> =
            if of_list.is_empty() { Vec::new() } else { self.products.values().copied().collect() };
        whole.sort_unstable();
        let mut spelled: HashMap<u32, Box<str>> = HashMap::new();
        for index in whole.into_iter().map(|index| index as usize) {
            let Some(product) = products.get(index) else { continue };
            if let Some(first) = of_list.get(&folded(Some(product))) {
                spelled.entry(*first).or_insert_with(|| product.name.clone());
                if let Some(same) = same_product.get_mut(index) {
                    *same = Some(*first);
                }
            }
        }
        let same_product = |fix: &Fix| same_product.get(fix.product as usize).copied().flatten();
        let remedies = &self.collector.remedies;
        let article = |fix: &Fix| {
            let remedy = remedies.get(fix.remedy as usize)?;
            names::article(&remedy.text.description)
        };
        let documented: HashSet<_> =
            self.collector.fixes.iter().filter_map(|fix| Some((same_product(fix)?, article(fix)?))).collect();
        let is_documented =
            |fix: &Fix| same_product(fix).zip(article(fix)).is_some_and(|statement| documented.contains(&statement));
        let (repeated, new): (Vec<Fix>, Vec<Fix>) = listed.iter().partition(|fix| is_documented(fix));
        self.collector.tally.repeated_fixes += repeated.len() as u64;
        for fix in &listed {
            if let Some(name) = same_product(fix).and_then(|first| spelled.get(&first))
                && let Some(product) = products.get_mut(fix.product as usize)
            {
                product.name.clone_from(name);
            }
        }
        self.collector.fixes.extend(new);
    }

    fn product_named(&mut self, name: &str, too_large: TooLarge<'_>) -> Result<u32, CatalogError> {
        self.collector.keep(2 * name.len(), too_large)?;
        let index = self.collector.product_named(name);
        self.of_products.resize(self.collector.products.len(), OfProduct::default());
        Ok(index)
    }

    fn find_weakness(&mut self, cve: &str, line: u32, too_large: TooLarge<'_>) -> Result<u32, CatalogError> {
        if let Some(index) = self.weaknesses.get(cve) {
            return Ok(*index);
        }
        self.collector.keep(2 * cve.len(), too_large)?;
        let index = self.collector.weakness(0);
        self.collector.tally.vulnerabilities += 1;
        if let Some(weakness) = self.collector.weaknesses.get_mut(index as usize) {
            (weakness.id, weakness.line) = (cve.into(), line);
        }
        self.weaknesses.insert(cve.into(), index);
        Ok(index)
    }

    fn find_remedy(
        &mut self,
        written: [&str; 3],
        line: u32,
        too_large: TooLarge<'_>,
    ) -> Result<Option<u32>, CatalogError> {
        join(&mut self.key, written);
        if let Some(index) = self.remedies.get(self.key.as_slice()) {
            return Ok(*index);
        }
        let key = self.key.as_slice();
        self.collector.keep(key.len(), too_large)?;
        let fields = written.map(unquoted);
        let [date, article, supersedes] = fields.each_ref().map(|field| trimmed(field));
        let posted = iso(date).unwrap_or_default();
        if posted > self.newest {
            self.newest.clone_from(&posted);
        }
        if names::article(article).is_none() {
            self.remedies.insert(key.into(), None);
            return Ok(None);
        }
        let (description, supersedes) = (article.to_owned(), supersedes.to_owned());
        let text = RemedyText { description, supersedes, posted, ..RemedyText::default() };
        let index = self.collector.remedy(&text, 0, too_large)?;
        if let Some(remedy) = self.collector.remedies.get_mut(index as usize).filter(|remedy| remedy.line == 0) {
            remedy.line = line;
        }
        self.remedies.insert(key.into(), Some(index));
        Ok(Some(index))
    }
}

/// Makes a key of texts, each after its length.
fn join<const TEXTS: usize>(key: &mut Vec<u8>, texts: [&str; TEXTS]) {
    key.clear();
    for text in texts {
        key.extend_from_slice(&text.len().to_ne_bytes());
        key.extend_from_slice(text.as_bytes());
    }
}

/// Fails after a number of bytes that all files of an archive share: a small archive may decompress without end.
struct Bounded<'a, R> {
    input: R,
    left: &'a mut u64,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let taken = self.input.read(into)?;
        *self.left = self
            .left
            .checked_sub(taken as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, "more bytes than allowed"))?;
        Ok(taken)
    }
}

/// Returns `2026-06-28` for `CVEs_20260628.csv`.
fn date_in(name: &str) -> Option<String> {
    iso(name.rsplit('_').next()?.get(..8)?)
}

/// Returns `2017-03-14` for `20170314`.
fn iso(text: &str) -> Option<String> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    Some(format!("{year}-{month}-{day}"))
}
