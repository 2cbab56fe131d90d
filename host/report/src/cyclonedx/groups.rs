//! Machines that many vulnerabilities have in common: without them, the file of a scan of 10,000 machines would name each of them for
//! each of a thousand vulnerabilities.

use std::collections::HashMap;

use serde_json::json;

use super::{Part, reference};

/// The number of machines up to which a vulnerability names each.
const NAMED: usize = 100;

/// The sets of more than [`NAMED`] machines on which vulnerabilities are open.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The machines of each group, in their order.
    machines: Vec<Vec<u32>>,
    numbers: HashMap<Vec<u32>, usize>,
    /// By the numbers of parts: the group of the machines that they have together, or `None` if these are few.
    of_parts: HashMap<Vec<usize>, Option<usize>>,
}

impl Groups {
    pub(super) fn add(&mut self, parts: &[Part<'_>]) {
        let key = key(parts);
        if self.of_parts.contains_key(&key) {
            return;
        }
        let places = places(parts);
        let group = (places.len() > NAMED).then(|| match self.numbers.get(&places) {
            Some(number) => *number,
            None => {
                let number = self.machines.len();
                self.machines.push(places.clone());
                self.numbers.insert(places, number);
                number
            }
        });
        self.of_parts.insert(key, group);
    }

    /// Returns the group of the machines that parts have together; `None` if these are few.
    pub(super) fn of(&self, parts: &[Part<'_>]) -> Option<usize> {
        self.of_parts.get(&key(parts)).copied().flatten()
    }

    /// Formats a component for each group.
    pub(super) fn components(&self) -> Vec<String> {
        let components = self.machines.iter().enumerate().map(|(group, machines)| {
            let component = json!({
                "type": "platform",
                "bom-ref": group_reference(group),
                "name": format!("Software of {} computers", machines.len()),
                "description": "The computers on which the same vulnerabilities are open: those that depend on it.",
            });
            component.to_string()
        });
        components.collect()
    }

    /// Formats on which groups each machine depends.
    pub(super) fn dependencies(&self) -> Vec<String> {
        let count = self.machines.iter().flatten().max().map_or(0, |last| *last as usize + 1);
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (group, machines) in self.machines.iter().enumerate() {
            for place in machines {
                if let Some(groups) = groups.get_mut(*place as usize) {
                    groups.push(group);
                }
            }
        }
        let dependencies = groups.iter().enumerate().filter(|(_, groups)| !groups.is_empty()).map(|(place, groups)| {
            let references: Vec<String> = groups.iter().map(|group| group_reference(*group)).collect();
            json!({"ref": reference(place), "dependsOn": references}).to_string()
        });
        dependencies.collect()
    }
}

fn key(parts: &[Part<'_>]) -> Vec<usize> {
    parts.iter().map(|part| part.number).collect()
}

/// Returns the machines of parts, in their order, each once.
pub(super) fn places(parts: &[Part<'_>]) -> Vec<u32> {
    let mut places: Vec<u32> = parts.iter().flat_map(|part| part.machines.places()).copied().collect();
    places.sort_unstable();
    places.dedup();
    places
}

pub(super) fn group_reference(group: usize) -> String {
    format!("group-{group}")
}
