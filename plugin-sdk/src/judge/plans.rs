//! The updates that concern a product at a service pack, and which of them are judged: rules 1 and 2, applied before any
//! target is examined.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::course::{Course, Entry, Plan};
use super::index::Index;
use super::supersedence::Supersedence;
use super::{folded_product, same_name};
use crate::contract::exports::wardline::check::types::{Applicability, Update};

/// The plans of all products for all service packs that the catalog mentions.
#[derive(Debug)]
pub(super) struct Plans {
    products: BTreeMap<String, ProductPlans>,
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
        let mut plans = Plans { products: BTreeMap::new(), supersedence: Supersedence::new(index) };
        for (place, update) in index.updates.iter().enumerate() {
            for row in &update.applies_to {
                let product = plans.products.entry(folded_product(&row.product.name)).or_default();
                if product.updates.last() != Some(&(place as u32)) {
                    product.updates.push(place as u32);
                }
                let levels = row.service_packs.iter().chain(&row.included_in).map(|pack| pack.level);
                product.levels.extend(levels.chain([0]).map(|level| (level, Plan::default())));
            }
        }
        for (name, product) in &mut plans.products {
            product.levels.sort_unstable_by_key(|entry| entry.0);
            product.levels.dedup_by_key(|entry| entry.0);
            for (level, plan) in &mut product.levels {
                *plan = make_plan(index, &plans.supersedence, &product.updates, name, Some(*level));
            }
        }
        plans
    }

    /// Returns the plan for a product by its catalog name. For a level that the catalog does not mention, a new plan is made.
    pub(super) fn find(&self, index: &Index, product: &str, level: Option<u32>) -> Cow<'_, Plan> {
        let Some(plans) = self.products.get(&folded_product(product)) else { return Cow::Owned(Plan::default()) };
        let known = level.and_then(|level| plans.levels.binary_search_by_key(&level, |entry| entry.0).ok());
        match known {
            Some(place) => Cow::Borrowed(&plans.levels[place].1),
            None => Cow::Owned(make_plan(index, &self.supersedence, &plans.updates, product, level)),
        }
    }
}

fn make_plan(index: &Index, supersedence: &Supersedence, updates: &[u32], product: &str, level: Option<u32>) -> Plan {
    let mut plan = Plan::default();
    for &place in updates {
        if let Some((row, course)) = applies(&index.updates[place as usize], product, level) {
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
pub(super) fn rows_that_apply<'u>(
    update: &'u Update,
    product: &str,
    level: Option<u32>,
) -> impl Iterator<Item = (u32, &'u Applicability)> {
    rows(update, product).filter(move |(_, row)| row_course(row, level) == Some(RowCourse::Applies))
}

fn rows<'u>(update: &'u Update, product: &str) -> impl Iterator<Item = (u32, &'u Applicability)> {
    (0..).zip(&update.applies_to).filter(move |(_, row)| same_name(&row.product.name, product))
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
fn applies(update: &Update, product: &str, level: Option<u32>) -> Option<(u32, Course)> {
    let mut strongest: Option<(u32, RowCourse)> = None;
    for (place, row) in rows(update, product) {
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
