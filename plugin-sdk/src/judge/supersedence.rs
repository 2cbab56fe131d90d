//! The updates that replace others: rule 2.

use std::collections::BTreeMap;

use super::course::{Course, Plan};
use super::folded;
use super::index::Index;
use crate::contract::exports::wardline::check::types::Update;

/// Supersedence as the catalog states it, for all products.
#[derive(Debug)]
pub(super) struct Supersedence {
    /// By update: the updates said to supersede it.
    edges: Vec<Vec<Edge>>,
    /// By update: the number of its article. Updates of one article, for different products, have the same.
    articles: Vec<u32>,
    /// By article: those that it is said to supersede, for whichever product; sorted.
    older: Vec<Vec<u32>>,
    /// By update: whether the chain of those that supersede it reaches a cycle.
    meets_circle: Vec<bool>,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    /// Its index in `update.superseded-by`.
    entry: u32,
    /// `None` for a bulletin without an update in the catalog.
    by: Option<u32>,
    /// Whether the entry names only the bulletin.
    whole_bulletin: bool,
}

impl Supersedence {
    pub(super) fn new(index: &Index) -> Supersedence {
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
        let older = older(&edges);
        let meets_circle = meets_circle(&edges, &older);
        let articles = articles(index);
        let older = older_articles(&articles, &older);
        Supersedence { edges, articles, older, meets_circle }
    }

    /// Returns the number of an update's article. It has no meaning but to be the same for updates of one article.
    pub(super) fn article(&self, update: u32) -> u32 {
        self.articles.get(update as usize).copied().unwrap_or_default()
    }

    /// Returns the articles that the catalog says this one supersedes directly, for whichever product.
    pub(super) fn older(&self, article: u32) -> &[u32] {
        self.older.get(article as usize).map_or(&[], Vec::as_slice)
    }

    /// Returns how this update is superseded here, if it is.
    pub(super) fn course(&self, index: &Index, plan: &Plan, circles: &Circles, update: u32) -> Option<Course> {
        let edges = &self.edges[update as usize];
        let entries = &index.updates[update as usize].superseded_by;
        (0..).zip(entries).find_map(|(place, entry)| {
            let mut by = edges.iter().filter(|edge| edge.entry == place).filter_map(|edge| edge.by);
            if entry.names_update {
                let newer = by.find(|&newer| plan.is_in_force(newer) && !circles.join(update, newer))?;
                Some(Course::Superseded(place, Some(newer)))
            } else {
                let circle = by.any(|newer| circles.join(update, newer));
                (!circle).then_some(Course::Superseded(place, None))
            }
        })
    }

    /// Returns the cycles in which updates supersede each other here. Linear, because a catalog may contain a cycle of any
    /// length (Kosaraju's algorithm, without recursion).
    pub(super) fn circles(&self, plan: &Plan) -> Circles {
        if !self.meets_circle.contains(&true) {
            return Circles { circle: Vec::new() };
        }
        let updates = self.edges.len();
        let mut newer: Vec<Vec<u32>> = vec![Vec::new(); updates];
        let mut older: Vec<Vec<u32>> = vec![Vec::new(); updates];
        for (update, edges) in (0..).zip(&self.edges) {
            for edge in edges {
                let Some(by) = edge.by else { continue };
                if self.meets_circle[by as usize] && (edge.whole_bulletin || plan.is_in_force(by)) {
                    newer[update as usize].push(by);
                    older[by as usize].push(update);
                }
            }
        }

        let mut finished = Vec::with_capacity(updates);
        let mut seen = vec![false; updates];
        for start in 0..updates as u32 {
            let mut path = if seen[start as usize] { Vec::new() } else { vec![(start, 0)] };
            seen[start as usize] = true;
            while let Some((update, next)) = path.last_mut() {
                match newer[*update as usize].get(*next) {
                    Some(&by) => {
                        *next += 1;
                        if !std::mem::replace(&mut seen[by as usize], true) {
                            path.push((by, 0));
                        }
                    }
                    None => {
                        finished.push(*update);
                        path.pop();
                    }
                }
            }
        }

        let mut circle: Vec<Option<u32>> = vec![None; updates];
        for root in finished.into_iter().rev() {
            let mut open = vec![root];
            while let Some(update) = open.pop() {
                if circle[update as usize].is_none() {
                    circle[update as usize] = Some(root);
                    open.extend(&older[update as usize]);
                }
            }
        }
        Circles { circle }
    }
}

/// Updates that supersede each other, directly or through others.
pub(super) struct Circles {
    /// By update: one member of its cycle, the same for all its members. Empty if there are no cycles.
    circle: Vec<Option<u32>>,
}

impl Circles {
    fn join(&self, left: u32, right: u32) -> bool {
        !self.circle.is_empty() && self.circle[left as usize] == self.circle[right as usize]
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

fn older(edges: &[Vec<Edge>]) -> Vec<Vec<u32>> {
    let mut older: Vec<Vec<u32>> = vec![Vec::new(); edges.len()];
    for (update, edges) in (0..).zip(edges) {
        for by in edges.iter().filter_map(|edge| edge.by) {
            older[by as usize].push(update);
        }
    }
    older
}

/// Numbers the articles; an update without one is its own.
fn articles(index: &Index) -> Vec<u32> {
    let mut known: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut next = 0;
    let number = |update: &Update| {
        let fresh = next;
        let number = match update.article.is_empty() {
            true => fresh,
            false => *known.entry((folded(&update.bulletin), folded(&update.article))).or_insert(fresh),
        };
        next += u32::from(number == fresh);
        number
    };
    index.updates.iter().map(number).collect()
}

fn older_articles(articles: &[u32], older: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut by_article: Vec<Vec<u32>> = vec![Vec::new(); articles.iter().max().map_or(0, |last| *last as usize + 1)];
    for (&article, older) in articles.iter().zip(older) {
        by_article[article as usize].extend(older.iter().map(|&update| articles[update as usize]));
    }
    for older in &mut by_article {
        older.sort_unstable();
        older.dedup();
    }
    by_article
}

/// Repeatedly removes updates that no remaining update supersedes. Those left reach a cycle.
fn meets_circle(edges: &[Vec<Edge>], older: &[Vec<u32>]) -> Vec<bool> {
    let mut left: Vec<usize> =
        edges.iter().map(|edges| edges.iter().filter(|edge| edge.by.is_some()).count()).collect();
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
