//! The updates that were not judged, with one line per reason.

use crate::terms::{family_order, family_title};

/// Updates that were not judged.
#[derive(Clone, Copy, Debug)]
pub struct NotJudged<'r> {
    /// `None` if the report does not distinguish families.
    pub family: Option<&'r str>,
    /// Empty if it may be any of the family's products.
    pub products: &'r [String],
    pub reason: &'r str,
}

/// Returns one line per reason, in the order of the families: `Operating system, SQL Server: no catalog was given.`
pub fn not_judged_lines<'r>(told: impl IntoIterator<Item = NotJudged<'r>>) -> Vec<String> {
    let mut left: Vec<NotJudged<'_>> = told.into_iter().collect();
    left.sort_by_key(|one| one.family.map(family_order));
    let mut lines = Vec::new();
    while let Some(first) = left.first().copied() {
        let same = |other: &NotJudged<'_>| {
            other.reason == first.reason && other.products.is_empty() == first.products.is_empty()
        };
        let (told, others): (Vec<_>, Vec<_>) = left.into_iter().partition(same);
        left = others;
        let mut subjects: Vec<&str> = match first.products.is_empty() {
            true => told.iter().filter_map(|one| one.family.map(family_title)).collect(),
            false => told.iter().flat_map(|one| one.products).map(String::as_str).collect(),
        };
        subjects.dedup();
        lines.push(match subjects.is_empty() {
            true => format!("{}.", first.reason),
            false => format!("{}: {}.", subjects.join(", "), first.reason),
        });
    }
    lines
}
