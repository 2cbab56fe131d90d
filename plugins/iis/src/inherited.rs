//! Settings in the model that both forms of configuration share: set at some paths, inherited below them.

use std::collections::BTreeMap;

/// A setting at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    /// As spelled in the configuration; empty for the whole server.
    pub(crate) path: String,
    pub(crate) value: T,
    /// The position in the file's text.
    pub(crate) position: usize,
}

/// A setting at all paths that set it.
#[derive(Debug)]
pub(crate) struct Inherited<T> {
    /// Keyed by path in lower case.
    settings: BTreeMap<String, Setting<T>>,
}

impl<T> Default for Inherited<T> {
    fn default() -> Self {
        Inherited { settings: BTreeMap::new() }
    }
}

/// Windows' own paths are no deeper or longer; hostile ones would make the upward search slow.
const DEEPEST: usize = 128;
const LONGEST: usize = 1_024;

impl<T> Inherited<T> {
    /// # Errors
    ///
    /// If the path is longer or deeper than any that IIS writes.
    pub(crate) fn set(&mut self, path: &str, value: T, position: usize) -> Result<(), String> {
        let path = plausible(path)?;
        self.settings.insert(path.to_lowercase(), Setting { path: path.to_owned(), value, position });
        Ok(())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Setting<T>> {
        self.settings.values()
    }

    /// Returns the setting in effect at a path: the one at the path itself or at its closest ancestor.
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

/// Returns the path without a trailing slash.
///
/// # Errors
///
/// If it is longer or deeper than any that IIS writes.
pub(crate) fn plausible(path: &str) -> Result<&str, String> {
    let path = path.trim_end_matches('/');
    if path.len() > LONGEST || path.bytes().filter(|byte| *byte == b'/').count() > DEEPEST {
        return Err(format!("a path is longer than {LONGEST} bytes or more than {DEEPEST} deep"));
    }
    Ok(path)
}
