//! Follows a catalog's references and parses its values; records those that cannot be resolved or parsed.

use std::path::Path;

use foldhash::{HashMap, HashSet};
use wardline_contract::{self as contract, Severity};

use super::counts::Dirt;
use super::level;
use super::raw::*;
use super::read::Reading;
use super::referrer::Referrer;
use super::table::Table;
use super::values::{self, Day, Value};
use crate::{CatalogError, Limits, Unresolved, UnresolvedKind};

/// Returns an identifier that refers to something: `0` and the empty string mean none.
pub(super) fn given_id(id: &str) -> Option<&str> {
    (!id.is_empty() && id != "0").then_some(id)
}

pub(super) struct Resolver<'a> {
    pub(super) tables: &'a Tables<'a>,
    origin: &'a Path,
    limits: &'a Limits,
    spent: u64,
    pub(super) unresolved: Vec<Unresolved>,
    pub(super) dirt: Dirt,
    bulletins: HashSet<String>,
    pub(super) products: Table<'a, Product<'a>>,
    families: Table<'a, ProductFamily<'a>>,
    service_packs: Table<'a, ServicePack<'a>>,
    locations: Table<'a, Location<'a>>,
    pub(super) comments: Table<'a, Comment<'a>>,
    ratings: Table<'a, Rating<'a>>,
    pub(super) file_changes: Table<'a, FileChange<'a>>,
    pub(super) reg_changes: Table<'a, RegChange<'a>>,
    pub(super) reg_keys: Table<'a, RegKey<'a>>,
    /// The level implied by each service pack's name, by index in the table.
    named_levels: Vec<u32>,
    /// The levels of each product's own service packs, by index in the table of products.
    levels: Vec<HashMap<&'a str, u32>>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(reading: &'a Reading<'a>, origin: &'a Path, limits: &'a Limits) -> Self {
        let tables = &reading.tables;
        let mut dirt = reading.dirt;
        let repeated = &mut dirt.repeated_ids;
        // File changes belong to the file that contains them, so the identifiers of files are looked at only to count repeated
        // ones; the entries of superseding bulletins are resolved later, by themselves.
        Table::new(&tables.files, repeated);
        Table::new(&tables.superseded_by, repeated);
        let service_packs = Table::new(&tables.service_packs, repeated);
        let named_levels: Vec<u32> = tables.service_packs.iter().map(|row| level::of_name(row.name)).collect();
        let levels = tables
            .products
            .iter()
            .map(|product| {
                let named = product.available.iter().filter_map(|reference| {
                    let at = service_packs.position(reference.id)?;
                    Some((tables.service_packs.get(at)?.id, *named_levels.get(at)?))
                });
                level::of_sequence(&named.collect::<Vec<_>>())
            })
            .collect();
        Self {
            tables,
            origin,
            limits,
            spent: reading.unresolved.iter().map(Unresolved::cost).sum(),
            unresolved: reading.unresolved.clone(),
            bulletins: tables.bulletins.iter().map(|bulletin| bulletin.id.to_lowercase()).collect(),
            products: Table::new(&tables.products, repeated),
            families: Table::new(&tables.families, repeated),
            service_packs,
            locations: Table::new(&tables.locations, repeated),
            comments: Table::new(&tables.comments, repeated),
            ratings: Table::new(&tables.ratings, repeated),
            file_changes: Table::new(&tables.file_changes, repeated),
            reg_changes: Table::new(&tables.reg_changes, repeated),
            reg_keys: Table::new(&tables.reg_keys, repeated),
            named_levels,
            levels,
            dirt,
        }
    }

    pub(super) fn knows_bulletin(&self, id: &str) -> bool {
        self.bulletins.contains(&id.to_lowercase())
    }

    /// Notes something, unless that takes more than is allowed: [`Resolver::spend`] then refuses whatever comes next.
    pub(super) fn note(&mut self, kind: UnresolvedKind, id: &str, referrer: Referrer<'_>) {
        let id = id.chars().take(200).collect();
        let Place { line, byte } = referrer.place;
        let item = Unresolved { kind, id, referrer: referrer.to_string(), line, byte, document: None };
        self.spent = self.spent.saturating_add(item.cost());
        if self.spent <= self.limits.resolved_bytes {
            self.unresolved.push(item);
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

    /// Returns a value that is given. Records one that cannot be read.
    pub(super) fn take<T>(
        &mut self,
        value: Value<T>,
        kind: UnresolvedKind,
        text: &str,
        referrer: Referrer<'_>,
    ) -> Option<T> {
        match value {
            Value::Given(value) => return Some(value),
            Value::NotGiven => {}
            Value::Unreadable => self.note(kind, text, referrer),
        }
        None
    }

    pub(super) fn day(&mut self, text: &str, referrer: Referrer<'_>) -> Option<Day> {
        self.take(values::day(text), UnresolvedKind::Date, text, referrer)
    }

    pub(super) fn severity(&mut self, id: &str, referrer: Referrer<'_>) -> Option<Severity> {
        let word = self.ratings.get(id).map(|row| row.word);
        self.take(values::severity(id, word), UnresolvedKind::Severity, id, referrer)
    }

    /// Returns the path of a location, if it is given.
    pub(super) fn location(&mut self, id: &str, referrer: Referrer<'_>) -> Option<&'a str> {
        let id = given_id(id)?;
        let path = self.known_location(id);
        self.check(path.is_some(), UnresolvedKind::Location, id, referrer);
        path.filter(|path| !values::not_given(path))
    }

    /// Returns the path of a location whose absence is recorded elsewhere.
    pub(super) fn known_location(&self, id: &str) -> Option<&'a str> {
        self.locations.get(id).map(|location| location.path)
    }

    /// Returns a service pack with its level among those of `product`, which is an index in the table of products.
    pub(super) fn service_pack(&self, product: Option<usize>, id: &str) -> Option<contract::ServicePack> {
        let at = self.service_packs.position(id)?;
        let row = self.tables.service_packs.get(at)?;
        let own = product.and_then(|at| self.levels.get(at)).and_then(|levels| levels.get(id)).copied();
        // Patches may also name service packs that the product does not list.
        let level = own.or_else(|| self.named_levels.get(at).copied())?;
        Some(contract::ServicePack { id: row.id.to_string(), name: row.name.to_string(), level })
    }

    /// Records a reference to something that is not `known`.
    fn check(&mut self, known: bool, kind: UnresolvedKind, id: &str, referrer: Referrer<'_>) {
        if let Some(id) = given_id(id).filter(|_| !known) {
            self.note(kind, id, referrer);
        }
    }

    pub(super) fn check_service_pack(&mut self, id: &str, referrer: Referrer<'_>) {
        self.check(self.service_packs.get(id).is_some(), UnresolvedKind::ServicePack, id, referrer);
    }

    pub(super) fn check_products(&mut self) {
        for product in &self.tables.products {
            let referrer = Referrer::named(product, product.name);
            for id in [&product.minimum, &product.current] {
                self.check_service_pack(id, referrer);
            }
            for reference in &product.available {
                self.check_service_pack(reference.id, referrer.at(reference.place));
            }
            for Reference { id, place } in &product.families {
                self.check(self.families.get(id).is_some(), UnresolvedKind::ProductFamily, id, referrer.at(*place));
            }
        }
        for row in &self.tables.service_packs {
            self.day(row.released, Referrer::row(row));
        }
    }

    pub(super) fn check_bulletins(&mut self) {
        let with_patches: HashSet<usize> = self.tables.patches.iter().map(|patch| patch.bulletin).collect();
        self.dirt.bulletins_without_patches = (self.tables.bulletins.len() - with_patches.len()) as u64;
        for row in &self.tables.bulletins {
            let referrer = Referrer::row(row);
            self.location(row.location, referrer);
            self.location(row.questions_location, referrer);
            self.day(row.posted, referrer);
            for Reference { id, place } in &row.comments {
                self.check(self.comments.get(id).is_some(), UnresolvedKind::Comment, id, referrer.at(*place));
            }
        }
    }
}
