//! The setting of parent paths as both forms of configuration hold it: set at some paths, inherited below them.

use std::collections::BTreeMap;

/// Where the setting stands at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// As the configuration spells it.
    pub(crate) path: String,
    pub(crate) on: bool,
    /// In the file's text.
    pub(crate) position: usize,
}

/// A site's root, an application, or a folder with a setting of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// For people.
    pub(crate) site: String,
    pub(crate) path: String,
}

/// All settings, and all places that they may apply to.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    settings: BTreeMap<String, Setting>,
    places: BTreeMap<String, Place>,
}

/// Windows' own paths are no deeper or longer; hostile ones would make looking upwards slow.
const DEEPEST: usize = 128;
const LONGEST: usize = 1_024;

impl Configuration {
    /// # Errors
    ///
    /// When the path is longer or deeper than any that IIS writes.
    pub(crate) fn set(&mut self, path: &str, on: bool, position: usize) -> Result<(), String> {
        let path = plausible(path)?;
        self.settings.insert(path.to_lowercase(), Setting { path: path.to_owned(), on, position });
        Ok(())
    }

    /// # Errors
    ///
    /// As for [`set`](Configuration::set).
    pub(crate) fn add_place(&mut self, site: String, path: &str) -> Result<(), String> {
        let path = plausible(path)?;
        self.places.entry(path.to_lowercase()).or_insert_with(|| Place { site, path: path.to_owned() });
        Ok(())
    }

    pub(crate) fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.settings.values()
    }

    pub(crate) fn places(&self) -> impl ExactSizeIterator<Item = &Place> {
        self.places.values()
    }

    /// What is in force at a path: the setting at it or at the closest path above it.
    pub(crate) fn in_force(&self, path: &str) -> Option<&Setting> {
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

    /// The places where parent paths are on, each with the setting that turns them on. Off is the default of IIS 6 and later.
    pub(crate) fn turned_on(&self) -> Vec<(&Place, &Setting)> {
        self.places()
            .filter_map(|place| Some((place, self.in_force(&place.path)?)))
            .filter(|(_, setting)| setting.on)
            .collect()
    }
}

fn plausible(path: &str) -> Result<&str, String> {
    let path = path.trim_end_matches('/');
    if path.len() > LONGEST || path.bytes().filter(|byte| *byte == b'/').count() > DEEPEST {
        return Err(format!("a path is longer than {LONGEST} bytes or more than {DEEPEST} deep"));
    }
    Ok(path)
}
