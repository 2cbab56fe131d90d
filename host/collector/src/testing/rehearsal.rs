//! The script's work, done over a source that answers what Windows would.

use std::collections::{BTreeSet, HashSet};

use wardline_contract::names::{folded, folded_name};
use wardline_contract::{
    Answer, Fact, FileInfo, PasswordQuality, Question, RegistryData, RegistryKey, RegistryValueName, Scope, TextRange,
};
use wardline_evidence::Source;
use wardline_evidence::recording::FORMAT;

use crate::{Anywhere, AnywhereKind, Plan};

/// The length of the stretches that texts are recorded in, in bytes.
const STRETCH: u32 = 65_536;

/// The largest text that is recorded, in bytes.
const MAX_TEXT: u64 = 4 << 20;

/// The answers that a script would have recorded.
#[derive(Clone, Debug, Default)]
pub struct Rehearsed {
    pub exchanges: Vec<(Question, Answer)>,
    /// The scopes that were looked through in full.
    pub complete: Vec<Scope>,
    seen: HashSet<Question>,
}

impl Rehearsed {
    /// Returns the recording of a machine of this name.
    #[must_use]
    pub fn to_json(&self, name: &str) -> String {
        let recording = serde_json::json!({
            "format": FORMAT, "name": name, "answers": self.exchanges, "complete": self.complete,
        });
        recording.to_string()
    }

    fn write(&mut self, question: Question, answer: Answer) {
        if self.seen.insert(folded(&question)) {
            self.exchanges.push((question, answer));
        }
    }
}

/// Carries out a plan over a source, as the script does on a machine. Facts that Windows hides from scripts are left out.
#[must_use]
pub fn record(plan: &Plan, source: &dyn Source) -> Rehearsed {
    let names = plan.names_with_checksum.iter().map(|name| folded_name(name)).collect();
    let mut recorder = Recorder { source, names_with_checksum: names, out: Rehearsed::default() };
    recorder.facts(plan);
    for (patterns, with_permissions) in [(&plan.keys, false), (&plan.keys_with_permissions, true)] {
        for pattern in patterns {
            recorder.keys(pattern, with_permissions);
        }
    }
    for (key, name) in &plan.values {
        recorder.ask(Question::RegistryValue(RegistryValueName { key: key.clone(), name: name.clone() }));
    }
    for (patterns, with_permissions) in [(&plan.places, false), (&plan.places_with_permissions, true)] {
        for pattern in patterns {
            recorder.places(pattern, AnywhereKind::File, with_permissions);
        }
    }
    for pattern in &plan.texts {
        recorder.places(pattern, AnywhereKind::Text, false);
    }
    for anywhere in &plan.anywhere {
        recorder.anywhere(anywhere);
    }
    for path in &plan.files {
        recorder.ask(Question::FileVersion(path.clone()));
    }
    for path in &plan.files_with_checksum {
        recorder.ask(Question::File(path.clone()));
    }
    recorder.out
}

struct Recorder<'s> {
    source: &'s dyn Source,
    names_with_checksum: HashSet<String>,
    out: Rehearsed,
}

impl Recorder<'_> {
    fn ask(&mut self, question: Question) {
        let answer = as_told(self.source.answer(&question));
        self.out.write(question, answer);
    }

    fn facts(&mut self, plan: &Plan) {
        for (fact, question) in [
            ("system", Question::System),
            ("services", Question::Services),
            ("shares", Question::Shares),
            ("volumes", Question::Volumes),
            ("audit-policy", Question::AuditPolicy),
            ("password-policy", Question::PasswordPolicy),
            ("accounts", Question::Accounts),
            ("groups", Question::Groups),
            ("profiles", Question::Profiles),
        ] {
            if plan.facts.contains(fact) {
                self.ask(question);
            }
        }
    }

    fn key(&self, path: &str) -> Option<RegistryKey> {
        match self.source.answer(&Question::RegistryKey(path.to_owned())) {
            Answer::Known(Fact::RegistryKey(key)) => Some(key),
            _ => None,
        }
    }

    /// The names of a key's subkeys. Those of `HKU` are the users who are logged on: here all who have a profile.
    fn subkeys(&self, path: &str) -> Vec<String> {
        if path != "HKU" {
            return self.key(path).map(|key| key.subkeys).unwrap_or_default();
        }
        let profiles = match self.source.answer(&Question::Profiles) {
            Answer::Known(Fact::Profiles(profiles)) => profiles,
            _ => Vec::new(),
        };
        let users = profiles.into_iter().filter(|profile| profile.loaded).map(|profile| profile.sid);
        [".DEFAULT".to_owned()].into_iter().chain(users).collect()
    }

    /// Returns the keys that a pattern names.
    fn expand(&self, path: String, rest: &[&str], found: &mut Vec<String>) {
        let Some((first, rest_after)) = rest.split_first() else { return found.push(path) };
        if !first.contains('*') {
            return self.expand(format!("{path}\\{first}"), rest_after, found);
        }
        let subkeys = self.subkeys(&path);
        if *first == "**" {
            self.expand(path.clone(), rest_after, found);
        }
        for name in subkeys.iter().filter(|name| matches(first, name)) {
            let next = if *first == "**" { rest } else { rest_after };
            self.expand(format!("{path}\\{name}"), next, found);
        }
    }

    fn expanded(&self, pattern: &str) -> Vec<String> {
        let mut components = pattern.split('\\');
        let hive = components.next().unwrap_or_default().to_owned();
        let mut found = Vec::new();
        self.expand(hive, &components.collect::<Vec<_>>(), &mut found);
        found
    }

    fn keys(&mut self, pattern: &str, with_permissions: bool) {
        for path in self.expanded(pattern) {
            self.ask(Question::RegistryKey(path.clone()));
            if with_permissions {
                self.ask(Question::RegistryPermissions(path));
            }
        }
        self.out.complete.push(Scope::Registry(pattern.to_owned()));
    }

    fn entries(&self, path: &str) -> Vec<(String, bool)> {
        match self.source.answer(&Question::Directory(path.to_owned())) {
            Answer::Known(Fact::Directory(folder)) => {
                folder.entries.into_iter().map(|entry| (entry.name, entry.directory)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn paths(&self, path: String, rest: &[&str], found: &mut Vec<String>) {
        let Some((first, rest)) = rest.split_first() else { return found.push(path) };
        if !first.contains('*') {
            return self.paths(format!("{path}\\{first}"), rest, found);
        }
        for (name, _) in self.entries(&path).iter().filter(|(name, _)| matches(first, name)) {
            self.paths(format!("{path}\\{name}"), rest, found);
        }
    }

    fn places(&mut self, pattern: &str, kind: AnywhereKind, with_permissions: bool) {
        let mut components = pattern.split('\\');
        let first = components.next().unwrap_or_default().to_owned();
        let mut found = Vec::new();
        self.paths(first, &components.collect::<Vec<_>>(), &mut found);
        for path in found {
            match kind {
                AnywhereKind::Text => self.text(&path),
                AnywhereKind::File => self.place(path, with_permissions),
            }
        }
        let scope = match kind {
            AnywhereKind::File => Scope::File,
            AnywhereKind::Text => Scope::Text,
        };
        self.out.complete.push(scope(pattern.to_owned()));
    }

    fn place(&mut self, path: String, with_permissions: bool) {
        let folder = Question::Directory(path.clone());
        let is_folder = matches!(self.source.answer(&folder), Answer::Known(_));
        let name = folded_name(path.rsplit('\\').next().unwrap_or_default());
        let with_checksum = self.names_with_checksum.contains(&name);
        let file = if with_checksum { Question::File } else { Question::FileVersion };
        self.ask(if is_folder { folder } else { file(path.clone()) });
        if with_permissions {
            self.ask(Question::FilePermissions(path));
        }
    }

    fn text(&mut self, path: &str) {
        let stretch = |offset| Question::Text(TextRange { path: path.to_owned(), offset, length: STRETCH });
        let first = self.source.answer(&stretch(0));
        let size = match &first {
            Answer::Known(Fact::Text(text)) => text.size.min(MAX_TEXT),
            _ => 0,
        };
        self.out.write(stretch(0), first);
        for offset in (u64::from(STRETCH)..size).step_by(STRETCH as usize) {
            self.ask(stretch(offset));
        }
    }

    fn anywhere(&mut self, anywhere: &Anywhere) {
        let mut folders = BTreeSet::new();
        for path in anywhere.keys.iter().flat_map(|pattern| self.expanded(pattern)) {
            for value in self.key(&path).into_iter().flat_map(|key| key.values) {
                if let RegistryData::Text(text) | RegistryData::ExpandText(text) = value.data {
                    let text = text.trim().trim_matches('"').trim_end_matches('\\');
                    let is_path = text.get(1..3) == Some(r":\") || (text.starts_with('%') && text.contains(r"%\"));
                    if let Some((parent, _)) = text.rsplit_once('\\').filter(|_| is_path) {
                        folders.extend([text.to_owned(), parent.to_owned()]);
                    }
                }
            }
        }
        for folder in folders {
            let ends = folder.split('\\').collect::<Vec<_>>();
            for tail in &anywhere.tails {
                let parts = tail.split('\\').collect::<Vec<_>>();
                for shared in 0..=parts.len().min(ends.len() - 1) {
                    let (begin, rest) = parts.split_at(shared);
                    if ends[ends.len() - shared..].iter().zip(begin).all(|(name, part)| matches(part, name)) {
                        let pattern = [&[folder.as_str()], rest].concat().join("\\");
                        self.places(&pattern, anywhere.kind, anywhere.with_permissions);
                    }
                }
            }
        }
    }
}

/// Returns an answer as a script gives it.
fn as_told(answer: Answer) -> Answer {
    let Answer::Known(fact) = answer else { return answer };
    Answer::Known(match fact {
        Fact::RegistryKey(key) => Fact::RegistryKey(RegistryKey { last_written: 0, ..key }),
        Fact::File(file) => Fact::File(FileInfo { language: None, ..file }),
        Fact::Accounts(mut accounts) => {
            accounts.iter_mut().for_each(|account| account.password = PasswordQuality::Unknown);
            Fact::Accounts(accounts)
        }
        fact => fact,
    })
}

/// Whether a name matches a pattern's component, in which `*` is any text.
fn matches(component: &str, name: &str) -> bool {
    let (component, name) = (folded_name(component), folded_name(name));
    let mut parts = component.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}
