//! Which updates concern a product at a service pack, and which of them are judged: rules 1 and 2, decided before any target
//! is looked at.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::index::Index;
use super::{folded, same_name};
use crate::contract::exports::wardline::check::types::{Applicability, Update};

/// What is done about an update, for one product at one service pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    Judge,
    /// By the row at this place in `update.applies-to`.
    Included(u32),
    /// By the entry at this place in `update.superseded-by`; and which update that is, where one is named.
    Superseded(u32, Option<u32>),
    /// Whether it applies depends on the service pack, which is not known.
    ServicePackUnknown,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Its place among all updates.
    pub(super) update: u32,
    /// The row in `update.applies-to` that brought it here; it gives the product's name as the update spells it.
    pub(super) row: u32,
    pub(super) course: Course,
}

/// The updates that concern one product at one service pack, in the catalog's order, each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) entries: Vec<Entry>,
}

impl Plan {
    pub(super) fn course(&self, update: u32) -> Option<Course> {
        let found = self.entries.binary_search_by_key(&update, |entry| entry.update).ok()?;
        Some(self.entries[found].course)
    }

    /// Whether the update applies here, or has come with the service pack: only such a one supersedes another.
    fn is_in_force(&self, update: u32) -> bool {
        matches!(self.course(update), Some(Course::Judge | Course::Superseded(..) | Course::Included(_)))
    }
}

/// The plans of all products for all service packs that the catalog speaks of.
#[derive(Debug)]
pub(super) struct Plans {
    products: BTreeMap<String, ProductPlans>,
    supersedence: Supersedence,
}

#[derive(Debug, Default)]
struct ProductPlans {
    /// Places of the updates that name the product, ascending.
    updates: Vec<u32>,
    /// By service pack level, sorted.
    levels: Vec<(u32, Plan)>,
}

impl Plans {
    pub(super) fn new(index: &Index) -> Plans {
        let mut plans = Plans { products: BTreeMap::new(), supersedence: Supersedence::new(index) };
        for (place, update) in index.updates.iter().enumerate() {
            for row in &update.applies_to {
                let product = plans.products.entry(folded(&row.product.name)).or_default();
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

    /// The plan for a product by its catalog name. For a level of which the catalog does not speak it is made anew.
    pub(super) fn find(&self, index: &Index, product: &str, level: Option<u32>) -> Cow<'_, Plan> {
        let Some(plans) = self.products.get(&folded(product)) else { return Cow::Owned(Plan::default()) };
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
    let superseded: Vec<(usize, Course)> = plan
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| !matches!(entry.course, Course::Included(_)))
        .filter_map(|(at, entry)| Some((at, supersedence.course(index, &plan, entry.update)?)))
        .collect();
    for (at, course) in superseded {
        plan.entries[at].course = course;
    }
    plan
}

/// The rows of an update that want it on this product at this service pack, with their places.
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

/// Rule 1 for one row.
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

/// Rule 1 for all rows of an update, so that it is looked at once however often it names the product.
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

/// Who supersedes whom, over all products: rule 2.
#[derive(Debug)]
struct Supersedence {
    /// By update: those that are said to take its place.
    edges: Vec<Vec<Edge>>,
    /// By update: whether the chain of those that supersede it runs into a circle somewhere.
    meets_circle: Vec<bool>,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    /// Its place in `update.superseded-by`.
    entry: u32,
    /// None: a bulletin of which the catalog holds no update.
    by: Option<u32>,
    /// Whether the entry names the bulletin only.
    whole_bulletin: bool,
}

impl Supersedence {
    fn new(index: &Index) -> Supersedence {
        let mut bulletins: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for entry in index.updates.iter().flat_map(|update| &update.superseded_by) {
            if !entry.names_update {
                bulletins.entry(folded(&entry.bulletin)).or_default();
            }
        }
        for (place, update) in (0..).zip(&index.updates) {
            if let Some(members) = bulletins.get_mut(&folded(&update.bulletin)) {
                members.push(place);
            }
        }

        let edges: Vec<Vec<Edge>> = index.updates.iter().map(|update| edges_of(index, &bulletins, update)).collect();
        let meets_circle = meets_circle(&edges);
        Supersedence { edges, meets_circle }
    }

    /// How this update is superseded here, if it is.
    fn course(&self, index: &Index, plan: &Plan, update: u32) -> Option<Course> {
        let edges = &self.edges[update as usize];
        let entries = &index.updates[update as usize].superseded_by;
        (0..).zip(entries).find_map(|(place, entry)| {
            let mut by = edges.iter().filter(|edge| edge.entry == place);
            if entry.names_update {
                let newer = by
                    .filter_map(|edge| edge.by)
                    .find(|&newer| newer != update && plan.is_in_force(newer) && !self.leads_to(plan, newer, update))?;
                Some(Course::Superseded(place, Some(newer)))
            } else {
                let circle = by.any(|edge| edge.by.is_some_and(|newer| self.leads_to(plan, newer, update)));
                (!circle).then_some(Course::Superseded(place, None))
            }
        })
    }

    /// Whether `update` supersedes `from`, at once or through others that are in force here.
    fn leads_to(&self, plan: &Plan, from: u32, update: u32) -> bool {
        if from == update {
            return true;
        }
        if !self.meets_circle[from as usize] {
            return false;
        }
        let mut seen = vec![from];
        let mut next = 0;
        while let Some(&at) = seen.get(next) {
            next += 1;
            for edge in &self.edges[at as usize] {
                let Some(by) = edge.by else { continue };
                if !edge.whole_bulletin && !plan.is_in_force(by) {
                    continue;
                }
                if by == update {
                    return true;
                }
                if self.meets_circle[by as usize] && !seen.contains(&by) {
                    seen.push(by);
                }
            }
        }
        false
    }
}

fn edges_of(index: &Index, bulletins: &BTreeMap<String, Vec<u32>>, update: &Update) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (entry, superseding) in (0..).zip(&update.superseded_by) {
        let whole_bulletin = !superseding.names_update;
        if whole_bulletin {
            let members = bulletins.get(&folded(&superseding.bulletin)).map_or(&[][..], Vec::as_slice);
            edges.extend(members.iter().map(|&by| Edge { entry, by: Some(by), whole_bulletin }));
        } else {
            let named = superseding.updates.iter().filter_map(|&number| index.by_number(number));
            edges.extend(named.map(|by| Edge { entry, by: Some(by), whole_bulletin }));
        }
    }
    edges
}

/// Takes away, again and again, what nothing left supersedes. What remains meets a circle.
fn meets_circle(edges: &[Vec<Edge>]) -> Vec<bool> {
    let mut older: Vec<Vec<u32>> = vec![Vec::new(); edges.len()];
    let mut left: Vec<usize> = vec![0; edges.len()];
    for (update, edges) in (0..).zip(edges) {
        for by in edges.iter().filter_map(|edge| edge.by) {
            older[by as usize].push(update);
            left[update as usize] += 1;
        }
    }
    let mut free: Vec<u32> = (0..).zip(&left).filter(|(_, left)| **left == 0).map(|(update, _)| update).collect();
    while let Some(update) = free.pop() {
        for &before in &older[update as usize] {
            left[before as usize] -= 1;
            if left[before as usize] == 0 {
                free.push(before);
            }
        }
    }
    left.into_iter().map(|left| left > 0).collect()
}
