//! Lookup tables for the updates, built once.

use std::collections::BTreeMap;

use super::articles::Articles;
use super::folded;
use super::products::Products;
use crate::contract::exports::wardline::check::types::{FileTest, Question, RegistryTest, RegistryValueName, Update};
use crate::version::sort_key;

/// A test's subject as a number. Files and registry values are numbered across all updates in the order of their folded
/// names, so that the numbers do not depend on the order of the updates.
pub(super) type SubjectId = u32;

#[derive(Debug)]
pub(super) struct Index {
    pub(super) updates: Vec<Update>,
    /// (number, index), sorted.
    numbers: Vec<(u32, u32)>,
    files: Names<String>,
    registry: Names<(String, String)>,
    /// The versions of each file that updates ship, with the update's index; sorted.
    carriers: Vec<(SubjectId, u64, u32)>,
    pub(super) articles: Articles,
    pub(super) products: Products,
}

impl Index {
    pub(super) fn new(mut updates: Vec<Update>) -> Index {
        let mut numbers = BTreeMap::new();
        updates.retain(|update| numbers.insert(update.number, 0).is_none());
        for (place, update) in updates.iter().enumerate() {
            numbers.insert(update.number, place as u32);
        }

        let files =
            Names::new(&updates, |update| &update.files, |test| (folded(&test.path), test.path.trim().to_owned()));
        let registry = Names::new(
            &updates,
            |update| &update.registry,
            |test: &RegistryTest| {
                let spelled = (test.key.trim().to_owned(), test.name.trim().to_owned());
                ((folded(&spelled.0), folded(&spelled.1)), spelled)
            },
        );

        let mut carriers = Vec::new();
        for (place, update) in updates.iter().enumerate() {
            for (at, test) in update.files.iter().enumerate() {
                let id = files.id(place, at);
                carriers.extend(test.version.iter().chain(&test.alternates).map(|it| (id, sort_key(it), place as u32)));
            }
        }
        carriers.sort_unstable();
        carriers.dedup();
        let articles = Articles::new(&updates);
        let products = Products::new(&updates);
        Index { updates, numbers: numbers.into_iter().collect(), files, registry, carriers, articles, products }
    }

    pub(super) fn by_number(&self, number: u32) -> Option<u32> {
        let found = self.numbers.binary_search_by_key(&number, |entry| entry.0).ok()?;
        Some(self.numbers[found].1)
    }

    /// Returns the update at an index.
    pub(super) fn update(&self, place: u32) -> &Update {
        &self.updates[place as usize]
    }

    pub(super) fn file_id(&self, update: u32, file: usize) -> SubjectId {
        self.files.id(update as usize, file)
    }

    pub(super) fn registry_id(&self, update: u32, value: usize) -> SubjectId {
        self.registry.id(update as usize, value)
    }

    pub(super) fn path(&self, id: SubjectId) -> &str {
        &self.files.spelled[id as usize]
    }

    pub(super) fn registry_question(&self, id: SubjectId) -> Question {
        let (key, name) = &self.registry.spelled[id as usize];
        Question::RegistryValue(RegistryValueName { key: key.clone(), name: name.clone() })
    }

    /// Returns the updates that ship exactly this version of this file.
    pub(super) fn carriers(&self, id: SubjectId, version: u64) -> impl Iterator<Item = u32> {
        let first = self.carriers.partition_point(|entry| (entry.0, entry.1) < (id, version));
        self.carriers[first..].iter().take_while(move |entry| (entry.0, entry.1) == (id, version)).map(|entry| entry.2)
    }
}

/// Numbers for the names in every update's list of tests.
#[derive(Debug)]
struct Names<N> {
    /// The spelling of each name, by number.
    spelled: Vec<N>,
    /// The numbers of all tests of all updates, update after update.
    ids: Vec<SubjectId>,
    /// The start of each update's numbers in `ids`.
    first: Vec<u32>,
}

impl<N: Ord> Names<N> {
    /// `name` returns a test's folded name and its spelling.
    fn new<T>(updates: &[Update], tests: impl Fn(&Update) -> &[T], name: impl Fn(&T) -> (N, N)) -> Names<N> {
        let mut first = Vec::with_capacity(updates.len());
        let mut names = Vec::new();
        for update in updates {
            first.push(names.len() as u32);
            for test in tests(update) {
                let (folded, spelled) = name(test);
                names.push((folded, spelled, names.len() as u32));
            }
        }
        names.sort_unstable();

        let mut ids = vec![0; names.len()];
        let mut spelled: Vec<N> = Vec::new();
        let mut last = None;
        for (folded, spelling, place) in names {
            if last.as_ref() != Some(&folded) {
                spelled.push(spelling);
                last = Some(folded);
            }
            ids[place as usize] = spelled.len() as u32 - 1;
        }
        Names { spelled, ids, first }
    }

    fn id(&self, update: usize, test: usize) -> SubjectId {
        self.ids[self.first[update] as usize + test]
    }
}

/// Returns the last component of a path.
pub(super) fn file_name(test: &FileTest) -> &str {
    let path = test.path.trim();
    path.rsplit('\\').next().unwrap_or(path)
}
