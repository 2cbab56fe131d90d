//! The parts of a web server's configuration that the checks need, in a common form.

use std::collections::BTreeMap;

use crate::inherited::{Inherited, Setting, plausible};

/// The settings that are judged, and all places they may apply to.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    pub(crate) parent_paths: Inherited<bool>,
    pub(crate) logging: Logging,
    /// Keyed by path in lower case, like the following maps.
    sites: BTreeMap<String, Site>,
    places: BTreeMap<String, Place>,
    virtual_folders: BTreeMap<String, VirtualFolder>,
}

/// A web site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// For people.
    pub(crate) name: String,
    /// The path for settings of the site as a whole: `/LM/W3SVC/1`, `Default Web Site`.
    pub(crate) path: String,
    /// The path above its folders: `/LM/W3SVC/1/ROOT`, `Default Web Site`.
    pub(crate) root: String,
}

/// A site's root, an application, or a folder with its own setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The site's name for people.
    pub(crate) site: String,
    pub(crate) path: String,
}

/// A folder of a site that is stored outside the site's folder on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VirtualFolder {
    /// The site's name for people.
    pub(crate) site: String,
    /// [`Site::path`] of its site.
    pub(crate) site_path: String,
    /// Below the site's root: `Scripts`, `shop/Scripts`.
    pub(crate) name: String,
    /// The path in settings: `/LM/W3SVC/1/ROOT/Scripts`, `Default Web Site/Scripts`.
    pub(crate) path: String,
    /// Its location on disk.
    pub(crate) directory: Option<String>,
    /// Whether it is the root of an application.
    pub(crate) application: bool,
    /// Its own settings by name, as far as needed to recreate it.
    pub(crate) properties: Vec<(String, String)>,
    /// The position in the file's text.
    pub(crate) position: usize,
}

/// The logging of requests.
#[derive(Debug, Default)]
pub(crate) struct Logging {
    pub(crate) on: Inherited<bool>,
    pub(crate) format: Inherited<LogFormat>,
    /// Whether requests at a path are excluded from the site's log.
    pub(crate) left_out: Inherited<bool>,
    /// A central log for all sites, which overrides their own settings.
    pub(crate) central: Option<Setting<Central>>,
    /// The default: on and in the extended format, or not known.
    pub(crate) on_by_default: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    W3cExtended,
    /// The configuration's own name for the format.
    Other(String),
}

/// The form of the central log for all sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Central {
    /// In the extended format.
    W3c,
    /// In the extended format, but turned off.
    W3cOff,
    /// In its own binary format.
    Binary,
}

impl Configuration {
    /// # Errors
    ///
    /// If a path is longer or deeper than any that IIS writes. The other `add` methods return the same error.
    pub(crate) fn add_site(&mut self, site: Site) -> Result<(), String> {
        let key = plausible(&site.path)?.to_lowercase();
        self.sites.insert(key, site);
        Ok(())
    }

    pub(crate) fn add_place(&mut self, site: String, path: &str) -> Result<(), String> {
        let path = plausible(path)?;
        self.places.entry(path.to_lowercase()).or_insert_with(|| Place { site, path: path.to_owned() });
        Ok(())
    }

    pub(crate) fn add_virtual_folder(&mut self, folder: VirtualFolder) -> Result<(), String> {
        let key = plausible(&folder.path)?.to_lowercase();
        self.virtual_folders.insert(key, folder);
        Ok(())
    }

    pub(crate) fn sites(&self) -> impl ExactSizeIterator<Item = &Site> {
        self.sites.values()
    }

    pub(crate) fn places(&self) -> impl ExactSizeIterator<Item = &Place> {
        self.places.values()
    }

    pub(crate) fn virtual_folders(&self) -> impl ExactSizeIterator<Item = &VirtualFolder> {
        self.virtual_folders.values()
    }

    /// Returns the places where parent paths are on, each with the setting that turns them on. Off is the default of IIS 6
    /// and later.
    pub(crate) fn parent_paths_on(&self) -> Vec<(&Place, &Setting<bool>)> {
        self.places()
            .filter_map(|place| Some((place, self.parent_paths.in_force(&place.path)?)))
            .filter(|(_, setting)| setting.value)
            .collect()
    }
}
