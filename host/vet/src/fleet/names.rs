//! The keys, values, files and services that a generated target may have: those that the plugin is known to be interested in.

use std::collections::{BTreeMap, HashMap, HashSet};

use wardline_contract::names::{folded_key, folded_name, folded_path};
use wardline_contract::{Description, FileTest, Question, Scope, Update};

/// Names as shown, keyed by their folded form.
pub(super) type Names = BTreeMap<String, String>;

/// A tree of names: for each folded path, the names that may exist below it.
pub(super) type Tree = HashMap<String, Names>;

/// Everything that may exist on a generated target. A name that is not listed here does not exist on any.
#[derive(Clone, Debug, Default)]
pub(super) struct Interest {
    /// Subkeys per key.
    pub(super) keys: Tree,
    /// Values per key.
    pub(super) values: Tree,
    /// Files and folders per folder.
    pub(super) files: Tree,
    pub(super) services: Names,
    /// The ancestors of keys and folders that the plugin declares by name; they always exist.
    pub(super) ways: HashSet<String>,
    /// The data that updates expect of values, by folded key and name.
    pub(super) expected_values: HashMap<(String, String), String>,
    /// The tests that updates make of files, by folded path.
    pub(super) expected_files: HashMap<String, Vec<FileTest>>,
    /// The number of distinct questions learned.
    size: usize,
}

/// The maximum number of distinct names learned. A hostile plugin asks for fifty thousand in each conversation.
const MOST: usize = 20_000;

impl Interest {
    /// The interest that a plugin's scopes and updates reveal.
    pub(super) fn new(description: &Description, updates: &[Update]) -> Self {
        let mut interest = Interest::default();
        for scope in &description.scopes {
            match scope {
                Scope::Registry(pattern) => interest.way(pattern, false),
                Scope::File(pattern) | Scope::Text(pattern) => interest.way(pattern, true),
                _ => {}
            }
        }
        for update in updates {
            for test in &update.registry {
                interest.value(&test.key, &test.name);
                if let Some(expected) = &test.expected {
                    let place = (folded_key(&test.key), folded_name(&test.name));
                    interest.expected_values.insert(place, expected.clone());
                }
            }
            for test in &update.files {
                interest.file(&test.path);
                interest.expected_files.entry(folded_path(&test.path)).or_default().push(test.clone());
            }
        }
        interest
    }

    /// Learns from the questions asked. Returns whether any of them was new.
    pub(super) fn learn<'q>(&mut self, questions: impl IntoIterator<Item = &'q Question>) -> bool {
        let before = self.size;
        for question in questions {
            match question {
                Question::RegistryValue(value) => self.value(&value.key, &value.name),
                Question::RegistryKey(key) | Question::RegistryPermissions(key) => self.key(key),
                Question::File(path)
                | Question::FileVersion(path)
                | Question::Directory(path)
                | Question::FilePermissions(path) => self.file(path),
                Question::Text(range) => self.file(&range.path),
                Question::Service(name) => {
                    let known = self.services.insert(folded_name(name), name.clone());
                    self.size += usize::from(known.is_none());
                }
                _ => {}
            }
        }
        self.size > before
    }

    /// Adds the path before a pattern's first wildcard, and marks its ancestors as existing.
    fn way(&mut self, pattern: &str, file: bool) {
        let literal: Vec<&str> = pattern.split('\\').take_while(|part| !part.contains('*')).collect();
        let path = literal.join("\\");
        if path.is_empty() {
            return;
        }
        let mut folded;
        if file {
            folded = folded_path(&path);
            self.file(&path);
        } else {
            folded = folded_key(&path);
            self.key(&path);
        }
        // Whether the last component exists is left to chance: it is the product that the plugin looks for.
        while let Some((parent, _)) = folded.rsplit_once('\\') {
            folded = parent.to_owned();
            self.ways.insert(folded.clone());
        }
    }

    fn key(&mut self, key: &str) {
        let mut size = self.size;
        add(&mut self.keys, key, &mut size);
        self.size = size;
    }

    fn value(&mut self, key: &str, name: &str) {
        self.key(key);
        if self.size < MOST {
            let names = self.values.entry(folded_key(key)).or_default();
            if names.insert(folded_name(name), name.to_owned()).is_none() {
                self.size += 1;
            }
        }
    }

    fn file(&mut self, path: &str) {
        let mut size = self.size;
        add(&mut self.files, &path.replace('/', "\\"), &mut size);
        self.size = size;
    }
}

/// Adds each component of a path, separated by `\`, below the one before it.
fn add(tree: &mut Tree, path: &str, size: &mut usize) {
    let mut parent = String::new();
    for component in path.split('\\').filter(|component| !component.is_empty()) {
        if *size >= MOST {
            return;
        }
        let names = tree.entry(folded_key(&parent)).or_default();
        let folded = folded_key(component);
        names.entry(folded).or_insert_with(|| {
            *size += 1;
            component.to_owned()
        });
        if !parent.is_empty() {
            parent.push('\\');
        }
        parent.push_str(component);
    }
}
