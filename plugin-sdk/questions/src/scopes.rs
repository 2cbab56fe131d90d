//! The questions that a plugin may ask: those that it declared, and nothing else.

use std::collections::HashSet;

use crate::names::{folded_key, folded_name, folded_path, has_dot_segments};
use crate::patterns::Patterns;

/// A question, reduced to what decides whether it is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked<'a> {
    /// A value of a key.
    RegistryValue {
        /// The key's path.
        key: &'a str,
        /// The value's name.
        name: &'a str,
    },
    /// A key with its values and the names of its subkeys.
    RegistryKey(&'a str),
    /// A file with its checksum.
    File(&'a str),
    /// A file without its checksum.
    FileVersion(&'a str),
    /// A folder's entries.
    Directory(&'a str),
    /// A part of a text file.
    Text(&'a str),
    /// Who may do what to a key.
    RegistryPermissions(&'a str),
    /// Who may do what to a file or folder.
    FilePermissions(&'a str),
    /// A fact that is asked for as a whole, or a part of it.
    Whole(Whole),
}

/// A scope that a plugin declares. Patterns are not folded yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared<'a> {
    /// Registry keys, as a pattern.
    Registry(&'a str),
    /// Files and folders, as a pattern.
    File(&'a str),
    /// Text files, as a pattern.
    Text(&'a str),
    /// Everything that the updates name with which the plugin is prepared.
    Updates,
    /// A fact that is asked for as a whole.
    Whole(Whole),
}

/// Facts that are asked for as a whole, and permissions, which also need a pattern that allows the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Whole {
    System,
    Services,
    Accounts,
    Groups,
    Shares,
    Volumes,
    AuditPolicy,
    PasswordPolicy,
    Profiles,
    Permissions,
}

/// A plugin's scopes, in a form that is quick to check against.
///
/// ```
/// use wardline_questions::{Asked, Declared, Scopes};
///
/// let scopes = Scopes::new([Declared::Registry(r"HKLM\SOFTWARE\Microsoft\InetStp\**")]);
/// assert!(scopes.check(Asked::RegistryKey(r"hklm\software\microsoft\inetstp\Components")).is_ok());
/// assert!(scopes.check(Asked::RegistryKey(r"HKLM\SAM")).is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    registry: Patterns,
    files: Patterns,
    texts: Patterns,
    whole: HashSet<Whole>,
    /// Whether `updates` is among the scopes.
    updates: bool,
    update_files: HashSet<String>,
    /// The folders that contain `update_files`.
    update_folders: HashSet<String>,
    update_values: HashSet<(String, String)>,
}

impl Scopes {
    /// Creates the scopes that a plugin declared.
    pub fn new<'a>(declared: impl IntoIterator<Item = Declared<'a>>) -> Self {
        let mut scopes = Scopes::default();
        for scope in declared {
            match scope {
                Declared::Registry(pattern) => scopes.registry.add(folded_key(pattern)),
                Declared::File(pattern) => scopes.files.add(folded_path(pattern)),
                Declared::Text(pattern) => scopes.texts.add(folded_path(pattern)),
                Declared::Updates => scopes.updates = true,
                Declared::Whole(whole) => {
                    scopes.whole.insert(whole);
                }
            }
        }
        scopes
    }

    /// Adds a file that an update names. Without the scope `updates` that allows nothing.
    pub fn name_file(&mut self, path: &str) {
        if !self.updates {
            return;
        }
        let path = folded_path(path);
        if let Some((folder, _)) = path.rsplit_once('\\')
            && !self.update_folders.contains(folder)
        {
            self.update_folders.insert(folder.to_owned());
        }
        self.update_files.insert(path);
    }

    /// Adds a registry value that an update names. Without the scope `updates` that allows nothing.
    pub fn name_value(&mut self, key: &str, name: &str) {
        if self.updates {
            self.update_values.insert((folded_key(key), folded_name(name)));
        }
    }

    /// Whether every question that `scope` allows is certain to be allowed by these scopes. Returns `false` if the text of the
    /// patterns does not settle it.
    ///
    /// ```
    /// use wardline_questions::{Declared, Scopes, Whole};
    ///
    /// let declared = Scopes::new([Declared::Registry(r"HKLM\SOFTWARE\Acme\**")]);
    /// assert!(declared.cover(Declared::Registry(r"hklm\software\acme\Agent\*")));
    /// assert!(!declared.cover(Declared::Registry(r"HKLM\SOFTWARE\**")));
    /// assert!(!declared.cover(Declared::Whole(Whole::Accounts)));
    /// ```
    pub fn cover(&self, scope: Declared<'_>) -> bool {
        match scope {
            Declared::Registry(pattern) => self.registry.cover(&folded_key(pattern)),
            Declared::File(pattern) => self.files.cover(&folded_path(pattern)),
            Declared::Text(pattern) => self.texts.cover(&folded_path(pattern)),
            Declared::Updates => self.updates,
            Declared::Whole(whole) => self.whole.contains(&whole),
        }
    }

    /// Checks whether a question is within these scopes.
    ///
    /// # Errors
    ///
    /// The reason, for the answer `denied`.
    pub fn check(&self, question: Asked<'_>) -> Result<(), String> {
        let allowed = match question {
            Asked::RegistryValue { key, name } => {
                let key = plain_key(key)?;
                self.registry.match_path(&key)
                    || (!self.update_values.is_empty() && self.update_values.contains(&(key, folded_name(name))))
            }
            Asked::RegistryKey(key) => self.registry.match_path(&plain_key(key)?),
            Asked::File(path) => {
                let path = plain(path)?;
                self.update_files.contains(&path) || self.files.match_path(&path)
            }
            Asked::FileVersion(path) => {
                let path = plain(path)?;
                let beside = path.rsplit_once('\\').is_some_and(|(folder, _)| self.update_folders.contains(folder));
                beside || self.update_files.contains(&path) || self.files.match_path(&path)
            }
            Asked::Directory(path) => self.files.match_path(&plain(path)?),
            Asked::Text(path) => self.texts.match_path(&plain(path)?),
            Asked::RegistryPermissions(key) => {
                self.whole.contains(&Whole::Permissions) && self.registry.match_path(&plain_key(key)?)
            }
            Asked::FilePermissions(path) => {
                self.whole.contains(&Whole::Permissions) && self.files.match_path(&plain(path)?)
            }
            Asked::Whole(whole) => self.whole.contains(&whole),
        };
        if allowed { Ok(()) } else { Err("the plugin does not declare that it asks this".to_owned()) }
    }
}

/// Folds a file path, or fails if its text does not say where it leads.
fn plain(path: &str) -> Result<String, String> {
    direct(path).map(folded_path)
}

/// Folds a registry key path, or fails if its text does not say where it leads.
fn plain_key(path: &str) -> Result<String, String> {
    direct(path).map(folded_key)
}

fn direct(path: &str) -> Result<&str, String> {
    match has_dot_segments(path) {
        true => Err("a path with . or .. in it is not looked up".to_owned()),
        false => Ok(path),
    }
}
