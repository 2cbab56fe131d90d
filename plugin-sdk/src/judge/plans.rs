//! The updates that concern a product at a service pack, and which of them are judged: rules 1 and 2, applied before any
//! target is examined.

use std::borrow::Cow;

use super::course::{Course, Entry, Plan};
use super::index::Index;
use super::products::ProductId;
use super::supersedence::Supersedence;
use crate::contract::exports::wardline::check::types::Applicability;

/// The plans of all products for all service packs that the catalog mentions.
#[derive(Debug)]
pub(super) struct Plans {
    /// By product.
    products: Vec<ProductPlans>,
    pub(super) supersedence: Supersedence,
}

#[derive(Debug, Default)]
struct ProductPlans {
    /// Indices of the updates that name the product, ascending.
    updates: Vec<u32>,
    /// By service pack level, sorted.
    levels: Vec<(u32, Plan)>,
}

impl Plans {
    pub(super) fn new(index: &Index) -> Plans {
        let supersedence = Supersedence::new(index);
        let mut products: Vec<ProductPlans> = Vec::new();
        products.resize_with(index.products.len(), ProductPlans::default);
        for (place, update) in (0..).zip(&index.updates) {
            for (row, &product) in update.applies_to.iter().zip(index.products.of(place)) {
                let product = &mut products[product as usize];
                if product.updates.last() != Some(&place) {
                    product.updates.push(place);
                }
                if product.levels.is_empty() {
                    product.levels.push((0, Plan::default()));
                }
                let levels = row.service_packs.iter().chain(&row.included_in).map(|pack| pack.level);
                product.levels.extend(levels.map(|level| (level, Plan::default())));
            }
        }
        for (id, product) in (0..).zip(&mut products) {
            product.levels.sort_unstable_by_key(|entry| entry.0);
            product.levels.dedup_by_key(|entry| entry.0);
            for (level, plan) in &mut product.levels {
                *plan = make_plan(index, &supersedence, &product.updates, id, Some(*level));
            }
        }
        Plans { products, supersedence }
    }

    /// Returns the plan for a product by its catalog name. For a level that the catalog does not mention, a new plan is made.
    pub(super) fn find(&self, index: &Index, product: &str, level: Option<u32>) -> Cow<'_, Plan> {
        let Some(id) = index.products.id(product) else { return Cow::Owned(Plan::default()) };
        let plans = &self.products[id as usize];
        let known = level.and_then(|level| plans.levels.binary_search_by_key(&level, |entry| entry.0).ok());
        match known {
            Some(place) => Cow::Borrowed(&plans.levels[place].1),
            None => Cow::Owned(make_plan(index, &self.supersedence, &plans.updates, id, level)),
        }
    }
}

fn make_plan(
    index: &Index,
    supersedence: &Supersedence,
    updates: &[u32],
    product: ProductId,
    level: Option<u32>,
) -> Plan {
    let mut plan = Plan { product: Some(product), entries: Vec::new() };
    for &place in updates {
        if let Some((row, course)) = applies(index, place, product, level) {
            plan.entries.push(Entry { update: place, row, course });
        }
    }
    let circles = supersedence.circles(&plan);
    let superseded: Vec<(usize, Course)> = plan
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| !matches!(entry.course, Course::Included(_)))
        .filter_map(|(at, entry)| Some((at, supersedence.course(index, &plan, &circles, entry.update)?)))
        .collect();
    for (at, course) in superseded {
        plan.entries[at].course = course;
    }
    plan
}

/// Returns the rows of an update that require it on this product at this service pack, with their indices.
pub(super) fn rows_that_apply(
    index: &Index,
    update: u32,
    product: ProductId,
    level: Option<u32>,
) -> impl Iterator<Item = (u32, &Applicability)> {
    rows(index, update, product).filter(move |(_, row)| row_course(row, level) == Some(RowCourse::Applies))
}

fn rows(index: &Index, update: u32, product: ProductId) -> impl Iterator<Item = (u32, &Applicability)> {
    let products = index.products.of(update).iter();
    let rows = (0..).zip(&index.update(update).applies_to).zip(products);
    rows.filter(move |(_, own)| **own == product).map(|(row, _)| row)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum RowCourse {
    Included,
    LevelUnknown,
    Applies,
}

/// Applies rule 1 to one row.
fn row_course(row: &Applicability, level: Option<u32>) -> Option<RowCourse> {
    let Some(level) = level else {
        let always = row.service_packs.is_empty() && row.included_in.is_none();
        return Some(if always { RowCourse::Applies } else { RowCourse::LevelUnknown });
    };
    if row.included_in.as_ref().is_some_and(|pack| pack.level <= level) {
        return Some(RowCourse::Included);
    }
    let named = row.service_packs.is_empty() || row.service_packs.iter().any(|pack| pack.level == level);
    named.then_some(RowCourse::Applies)
}

/// Applies rule 1 to all rows of an update, so that it is considered once no matter how often it names the product.
fn applies(index: &Index, update: u32, product: ProductId, level: Option<u32>) -> Option<(u32, Course)> {
    let mut strongest: Option<(u32, RowCourse)> = None;
    for (place, row) in rows(index, update, product) {
        let Some(course) = row_course(row, level) else { continue };
        if strongest.as_ref().is_none_or(|(_, before)| course > *before) {
            strongest = Some((place, course));
        }
    }
    strongest.map(|(place, course)| {
        let course = match course {
            RowCourse::Applies => Course::Judge,
            RowCourse::LevelUnknown => Course::ServicePackUnknown,
            RowCourse::Included => Course::Included(place),
        };
        (place, course)
    })
}
