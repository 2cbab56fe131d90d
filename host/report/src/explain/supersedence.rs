//! The updates that supersede an update, one after another.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::Serialize;
use wardline_contract::{Update, UpdateStatus};

use crate::model::{TargetReport, UpdateReport};

/// The maximum number of updates listed above one. Chains of cumulative updates are some ninety long.
const MAX_LINKS: usize = 200;

/// An update that takes the place of another one, directly or through others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link<'r> {
    /// 1 for an update that supersedes the explained one directly.
    pub distance: u32,
    pub bulletin: &'r str,
    /// Empty if the catalog has none.
    pub article: &'r str,
    pub title: &'r str,
    /// Its status for the same product on this target; `None` if it does not apply to that product.
    pub status: Option<UpdateStatus>,
}

/// The catalogs' supersedence, and the status of each update on one target.
pub(super) struct Graph<'r> {
    updates: HashMap<u32, &'r Update>,
    by_bulletin: HashMap<&'r str, Vec<u32>>,
    statuses: HashMap<(u32, &'r str, Option<&'r str>), UpdateStatus>,
}

impl<'r> Graph<'r> {
    pub(super) fn new(catalog: &'r [Update], report: &'r TargetReport) -> Self {
        let updates = catalog.iter().map(|update| (update.number, update)).collect();
        let mut by_bulletin: HashMap<&str, Vec<u32>> = HashMap::new();
        for update in catalog {
            by_bulletin.entry(&update.bulletin).or_default().push(update.number);
        }
        let status = |update: &'r UpdateReport| {
            ((update.number, update.product.as_str(), update.subject.as_deref()), update.status)
        };
        Graph { updates, by_bulletin, statuses: report.updates.iter().map(status).collect() }
    }

    /// Returns the updates above `update`, nearest first. An entry that names only a bulletin stands for those of the bulletin's
    /// updates that apply to the product. What a catalog lists once for each product is one link, with the status for this product.
    pub(super) fn above(&self, update: &'r UpdateReport) -> Vec<Link<'r>> {
        let mut links: Vec<Link<'_>> = Vec::new();
        let mut places: HashMap<(&str, &str, &str), usize> = HashMap::new();
        let mut seen = HashSet::from([update.number]);
        let mut next = VecDeque::from([(update.number, 0u32)]);
        while let Some((number, distance)) = next.pop_front() {
            for above in self.directly_above(number) {
                let Some(entry) = self.updates.get(&above).filter(|_| seen.insert(above)) else { continue };
                let key = (above, update.product.as_str(), update.subject.as_deref());
                let status = self.statuses.get(&key).copied();
                let names = (entry.bulletin.as_str(), entry.article.as_str(), entry.title.as_str());
                if let Some(known) = places.get(&names).and_then(|place| links.get_mut(*place)) {
                    known.status = known.status.or(status);
                } else if links.len() == MAX_LINKS {
                    return links;
                } else {
                    places.insert(names, links.len());
                    let (bulletin, article, title) = names;
                    links.push(Link { distance: distance + 1, bulletin, article, title, status });
                }
                next.push_back((above, distance + 1));
            }
        }
        links
    }

    fn directly_above(&self, number: u32) -> Vec<u32> {
        let rows = self.updates.get(&number).map(|update| update.superseded_by.as_slice()).unwrap_or_default();
        let of_bulletin = |bulletin: &str| self.by_bulletin.get(bulletin).map(Vec::as_slice).unwrap_or_default();
        rows.iter()
            .flat_map(|row| if row.names_update { row.updates.as_slice() } else { of_bulletin(&row.bulletin) })
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wardline_contract::Superseding;

    use super::*;

    #[test]
    fn what_a_catalog_lists_for_each_product_is_one_link() {
        let named = |number| Update { bulletin: "KB2".into(), article: "KB2".into(), ..Update::numbered(number) };
        let above = Superseding { bulletin: "KB2".into(), updates: vec![2, 3, 4], names_update: true };
        let catalog = [Update { superseded_by: vec![above], ..Update::numbered(1) }, named(2), named(3), named(4)];
        let update = |number: u32, status: &str| {
            json!({
                "number": number, "bulletin": "KB", "kb": null, "title": "", "family": "os", "product": "Windows",
                "subject": null, "severity": "critical", "status": status, "reason": "", "package": null, "url": null,
                "cves": [], "tests": [], "superseded_by": null, "installation": null,
            })
        };
        let report: TargetReport = serde_json::from_value(json!({
            "name": "a", "source": {"kind": "volume", "location": "/a", "conditions": []}, "system": {"suites": []},
            "grade": "incomplete", "complete": false, "error": null,
            "coverage": {"questions": 0, "known": 0, "absent": 0, "denied": 0, "unreadable": 0, "unsupported": 0},
            "plugins": [], "updates_judged": null, "products": [], "checks": [], "actions": [], "denied": [],
            "updates": [update(1, "superseded"), update(3, "missing")],
        }))
        .expect("a report");
        let links = Graph::new(&catalog, &report).above(&report.updates[0]);
        assert_eq!(links.iter().map(|link| link.status).collect::<Vec<_>>(), [Some(UpdateStatus::Missing)]);
    }
}
