//! A fictitious Windows machine: it answers any question, always the same way, and its answers are consistent with each other.

use std::collections::HashSet;

use wardline_contract::names::{folded, folded_name, folded_path};
use wardline_contract::{
    Answer, Deadline, DirectoryEntry, DirectoryInfo, Fact, Question, RegistryKey, RegistryValue, TextInfo, TextRange,
};
use wardline_evidence::{Origin, Source, SourceKind};

use super::chance::Chance;
use super::names::{Interest, Names, Tree};
use super::values;

/// The kind of machine: how much of what the plugin is interested in exists, and how much of it can be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habit {
    /// The percentage of things that exist.
    pub(super) present: u64,
    /// The percentage of answers that are unreadable.
    pub(super) unreadable: u64,
    /// The percentage of kinds of questions that are not supported.
    pub(super) unsupported: u64,
}

const HABITS: &[Habit] = &[
    Habit { present: 80, unreadable: 0, unsupported: 0 },
    Habit { present: 98, unreadable: 0, unsupported: 0 },
    Habit { present: 40, unreadable: 0, unsupported: 0 },
    Habit { present: 85, unreadable: 15, unsupported: 0 },
    Habit { present: 85, unreadable: 2, unsupported: 30 },
];

/// Names that may exist in any key or folder, so that lists hold more than what the plugin already knows.
const SUBKEYS: &[&str] = &["0001", "Default", "MAIN", "{6F1C9A52-0B7D-4E0B-9D52-8C1E4C9A3F10}"];
const VALUES: &[&str] = &["", "Version", "InstallPath", "Enabled", "Installed", "Start", "Type", "ReleaseType"];
const FILES: &[&str] = &["readme.txt", "setup.log"];
const FOLDERS: &[&str] = &["bin", "backup"];

/// The key with the 32-bit view on 64-bit Windows, folded.
const WOW64: &str = "wow6432node";

/// The maximum number of generated names in a path.
const DEEPEST: usize = 2;

/// A generated target.
#[derive(Debug)]
pub(super) struct World<'i> {
    name: String,
    chance: Chance,
    habit: Habit,
    interest: &'i Interest,
    /// The names that may exist in each folder, whichever variable the folder is addressed by.
    files: Tree,
    /// The ancestors of folders that the plugin declares by name.
    ways: HashSet<String>,
}

impl<'i> World<'i> {
    pub(super) fn new(name: String, seed: u64, number: usize, interest: &'i Interest) -> Self {
        // After `draw`, neighbouring numbers have unrelated seeds.
        let seed = Chance::new(seed).draw("world", &number.to_string());
        let mut world = World {
            name,
            chance: Chance::new(seed),
            habit: HABITS[number % HABITS.len()],
            interest,
            files: Tree::new(),
            ways: HashSet::new(),
        };
        world.ways = interest.ways.iter().map(|way| world.resolved(way)).collect();
        for (folder, names) in &interest.files {
            let names = names.iter().map(|(folded, shown)| (folded.clone(), shown.clone()));
            world.files.entry(world.resolved(folder)).or_default().extend(names);
        }
        world
    }

    fn system_folder(&self) -> String {
        folded_path(&values::system(self.chance, &self.name).windows_folder)
    }

    /// Resolves the variable at the beginning of a file's path, so that all paths to a file are the same.
    fn resolved(&self, path: &str) -> String {
        let folded = folded_path(path);
        let (head, rest) = folded.split_once('\\').map_or((folded.as_str(), ""), |(head, rest)| (head, rest));
        let head = match head {
            "%systemdrive%" => "c:".to_owned(),
            "%windir%" => self.system_folder(),
            "%programfiles%" => r"c:\program files".to_owned(),
            "%programfiles(x86)%" => r"c:\program files (x86)".to_owned(),
            "%commonprogramfiles%" => r"c:\program files\common files".to_owned(),
            "%commonprogramfiles(x86)%" => r"c:\program files (x86)\common files".to_owned(),
            head => head.to_owned(),
        };
        if rest.is_empty() { head } else { format!("{head}\\{rest}") }
    }

    /// Whether a key exists. Its ancestors must exist, too.
    fn has_key(&self, key: &str) -> bool {
        let Some((parent, name)) = key.rsplit_once('\\') else {
            return matches!(key, "hklm" | "hku" | "hkcr");
        };
        // Only 64-bit Windows has a second view for 32-bit programs.
        if name == WOW64 && values::system(self.chance, &self.name).architecture.as_deref() != Some("AMD64") {
            return false;
        }
        let top = key.matches('\\').count() < 2 || self.interest.ways.contains(key);
        let may = top
            || self.interest.keys.get(parent).is_some_and(|names| names.contains_key(name))
            || self.made_up(SUBKEYS, parent, name);
        may && (top || self.chance.percent("key", key, self.habit.present)) && self.has_key(parent)
    }

    /// Whether a generated value is in this of the two views that 64-bit Windows has of a key. It is in only one of them: a
    /// product registered in both is registered the same way, and contradictory values would say nothing about the plugin.
    fn is_in_this_view(&self, key: &str, name: &str) -> bool {
        let view = format!("\\{WOW64}");
        let place = format!("{}\\\\{name}", key.replacen(&view, "", 1));
        self.chance.percent("32-bit view", &place, 50) == key.contains(&view)
    }

    /// Whether a name that may exist anywhere exists here.
    fn made_up(&self, names: &[&str], parent: &str, name: &str) -> bool {
        let is_one =
            |component: &str| SUBKEYS.iter().chain(FOLDERS).any(|made_up| made_up.eq_ignore_ascii_case(component));
        names.iter().any(|made_up| made_up.eq_ignore_ascii_case(name))
            && parent.split('\\').filter(|component| is_one(component)).count() < DEEPEST
            && self.chance.percent("made up", &format!("{parent}\\{name}"), 50)
    }

    fn value(&self, key: &str, name: &str) -> Option<RegistryValue> {
        let folded = folded_name(name);
        let shown = self.interest.values.get(key).and_then(|names| names.get(&folded));
        let place = format!("{key}\\\\{folded}");
        let there = match shown {
            Some(_) => self.chance.percent("value", &place, self.habit.present),
            None => self.made_up(VALUES, key, &folded) && self.is_in_this_view(key, &folded),
        };
        let data = || match self.interest.expected_values.get(&(key.to_owned(), folded.clone())) {
            Some(expected) if self.chance.percent("as expected", &place, 60) => values::like(expected),
            _ => values::data(self.chance, &place),
        };
        there.then(|| RegistryValue { name: shown.cloned().unwrap_or_else(|| name.to_owned()), data: data() })
    }

    fn key(&self, key: &str) -> RegistryKey {
        let none = Names::new();
        let own = self.interest.values.get(key).unwrap_or(&none).values().map(String::as_str);
        let mut names: Vec<&str> = own.collect();
        names.extend(
            VALUES
                .iter()
                .filter(|name| !names.iter().any(|own| own.eq_ignore_ascii_case(name)))
                .copied()
                .collect::<Vec<_>>(),
        );
        let children = self.interest.keys.get(key).unwrap_or(&none);
        let made_up = SUBKEYS.iter().filter(|name| !children.contains_key(&folded_name(name))).copied();
        RegistryKey {
            values: names.into_iter().filter_map(|name| self.value(key, name)).collect(),
            subkeys: children
                .values()
                .map(String::as_str)
                .chain(made_up)
                .filter(|name| self.has_key(&format!("{key}\\{}", folded_name(name))))
                .map(str::to_owned)
                .collect(),
            truncated: false,
            last_written: values::time(self.chance, key),
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        let known = || self.files.contains_key(path);
        let made_up = || path.rsplit_once('\\').is_some_and(|(parent, name)| self.made_up(FOLDERS, parent, name));
        path == "c:" || path == self.system_folder() || known() || made_up()
    }

    /// Whether a file or folder exists. `path` is resolved.
    fn has_file(&self, path: &str) -> bool {
        let Some((parent, name)) = path.rsplit_once('\\') else { return path == "c:" };
        let top = path == self.system_folder()
            || path.starts_with(r"c:\program files") && path.matches('\\').count() == 1
            || self.ways.contains(path);
        let may = top
            || self.files.get(parent).is_some_and(|names| names.contains_key(name))
            || self.made_up(FILES, parent, name)
            || self.made_up(FOLDERS, parent, name);
        may && (top || self.chance.percent("file", path, self.habit.present)) && self.has_file(parent)
    }

    fn directory(&self, path: &str) -> DirectoryInfo {
        let mut names = self.files.get(path).cloned().unwrap_or_default();
        names.extend(FILES.iter().chain(FOLDERS).map(|name| (folded_name(name), (*name).to_owned())));
        let there = names.into_iter().filter_map(|(folded, name)| {
            let inside = format!("{path}\\{folded}");
            self.has_file(&inside).then(|| DirectoryEntry { directory: self.is_folder(&inside), name })
        });
        DirectoryInfo { entries: there.collect(), truncated: false }
    }

    fn file(&self, path: &str, asked: &str, checksum: bool) -> Fact {
        let tests = self.interest.expected_files.get(&folded_path(asked)).map_or(&[][..], Vec::as_slice);
        let mut file = values::file(self.chance, path, tests);
        if !checksum {
            file.checksum = None;
        }
        Fact::File(file)
    }

    fn text(&self, path: &str, range: &TextRange) -> Fact {
        let whole = values::text(self.chance, path);
        let begin = usize::try_from(range.offset).unwrap_or(usize::MAX).min(whole.len());
        let end = begin.saturating_add(range.length as usize).min(whole.len());
        // The text is ASCII, so every index is a character boundary.
        Fact::Text(TextInfo { text: whole.get(begin..end).unwrap_or_default().to_owned(), size: whole.len() as u64 })
    }

    /// The answer to a folded question if everything were readable. `asked` is the question as asked.
    fn known(&self, question: &Question, asked: &Question) -> Option<Fact> {
        let chance = self.chance;
        Some(match question {
            Question::System => Fact::System(values::system(chance, &self.name)),
            Question::RegistryValue(value) if self.has_key(&value.key) => {
                Fact::RegistryValue(self.value(&value.key, &value.name)?.data)
            }
            Question::RegistryKey(key) if self.has_key(key) => Fact::RegistryKey(self.key(key)),
            Question::RegistryPermissions(key) if self.has_key(key) => {
                Fact::Permissions(values::permissions(chance, key))
            }
            Question::File(path) | Question::FileVersion(path) => {
                let resolved = self.resolved(path);
                if !self.has_file(&resolved) || self.is_folder(&resolved) {
                    return None;
                }
                self.file(&resolved, path, matches!(asked, Question::File(_)))
            }
            Question::Directory(path) => {
                let resolved = self.resolved(path);
                if !self.has_file(&resolved) || !self.is_folder(&resolved) {
                    return None;
                }
                Fact::Directory(self.directory(&resolved))
            }
            Question::Text(range) => {
                let resolved = self.resolved(&range.path);
                if !self.has_file(&resolved) || self.is_folder(&resolved) {
                    return None;
                }
                self.text(&resolved, range)
            }
            Question::FilePermissions(path) => {
                let resolved = self.resolved(path);
                if !self.has_file(&resolved) {
                    return None;
                }
                Fact::Permissions(values::permissions(chance, &resolved))
            }
            Question::Service(name) => {
                let shown = self.interest.services.get(name).cloned().unwrap_or_else(|| name.clone());
                if !chance.percent("service", name, self.habit.present) {
                    return None;
                }
                Fact::Service(values::service(chance, &shown))
            }
            Question::Services => {
                let names = self.interest.services.values();
                let there = names.filter(|name| chance.percent("service", &folded_name(name), self.habit.present));
                Fact::Services(there.map(|name| values::service(chance, name)).collect())
            }
            Question::Accounts => Fact::Accounts(values::accounts(chance)),
            Question::Groups => Fact::Groups(values::groups(chance)),
            Question::Shares => Fact::Shares(values::shares(chance)),
            Question::Volumes => Fact::Volumes(values::volumes(chance)),
            Question::AuditPolicy => Fact::AuditPolicy(values::audit_policy(chance)),
            Question::PasswordPolicy => Fact::PasswordPolicy(values::password_policy(chance)),
            Question::Profiles => Fact::Profiles(values::profiles(chance)),
            _ => return None,
        })
    }
}

impl Source for World<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn origin(&self) -> Origin {
        Origin { kind: SourceKind::Recording, location: format!("generated/{}", self.name) }
    }

    fn answer_by(&self, question: &Question, _: Deadline) -> Answer {
        let folded = folded(question);
        let words = format!("{folded:?}");
        let kind = words.split('(').next().unwrap_or_default();
        // Hardly any plugin gets started without the system's own facts.
        let chance = if folded == Question::System { 4 } else { 1 };
        if self.chance.percent("unsupported", kind, self.habit.unsupported / chance) {
            return Answer::Unsupported;
        }
        if self.chance.percent("unreadable", &words, self.habit.unreadable / chance) {
            return Answer::Unreadable("the evidence is damaged here".to_owned());
        }
        self.known(&folded, question).map_or(Answer::Absent, Answer::Known)
    }
}
