//! A setting as both forms of configuration hold it: set at some paths, inherited below them.

use std::collections::BTreeMap;

/// What a setting is at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    /// As the configuration spells it; empty for the whole server.
    pub(crate) path: String,
    pub(crate) value: T,
    /// In the file's text.
    pub(crate) position: usize,
}

/// A setting at all paths that have one of their own.
#[derive(Debug)]
pub(crate) struct Inherited<T> {
    /// By path in lower case.
    settings: BTreeMap<String, Setting<T>>,
}

impl<T> Default for Inherited<T> {
    fn default() -> Self {
        Inherited { settings: BTreeMap::new() }
    }
}

/// Windows' own paths are no deeper or longer; hostile ones would make looking upwards slow.
const DEEPEST: usize = 128;
const LONGEST: usize = 1_024;

impl<T> Inherited<T> {
    /// # Errors
    ///
    /// When the path is longer or deeper than any that IIS writes.
    pub(crate) fn set(&mut self, path: &str, value: T, position: usize) -> Result<(), String> {
        let path = plausible(path)?;
        self.settings.insert(path.to_lowercase(), Setting { path: path.to_owned(), value, position });
        Ok(())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Setting<T>> {
        self.settings.values()
    }

    /// What is in force at a path: the setting at it or at the closest path above it.
    pub(crate) fn in_force(&self, path: &str) -> Option<&Setting<T>> {
        let folded = path.to_lowercase();
        let mut path = folded.as_str();
        loop {
            if let Some(setting) = self.settings.get(path) {
                return Some(setting);
            }
            path = match path.rfind('/') {
                Some(end) => path.get(..end)?,
                None if path.is_empty() => return None,
                None => "",
            };
        }
    }
}

/// The path without a final slash.
///
/// # Errors
///
/// When it is longer or deeper than any that IIS writes.
pub(crate) fn plausible(path: &str) -> Result<&str, String> {
    let path = path.trim_end_matches('/');
    if path.len() > LONGEST || path.bytes().filter(|byte| *byte == b'/').count() > DEEPEST {
        return Err(format!("a path is longer than {LONGEST} bytes or more than {DEEPEST} deep"));
    }
    Ok(path)
}
