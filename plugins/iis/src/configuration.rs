//! What the checks need of a web server's configuration, in whichever form it is kept.

use std::collections::BTreeMap;

use crate::inherited::{Inherited, Setting, plausible};

/// The settings that are judged, and all places that they may apply to.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    pub(crate) parent_paths: Inherited<bool>,
    pub(crate) logging: Logging,
    /// By path in lower case, as are the following.
    sites: BTreeMap<String, Site>,
    places: BTreeMap<String, Place>,
    virtual_folders: BTreeMap<String, VirtualFolder>,
}

/// A web site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// For people.
    pub(crate) name: String,
    /// What settings of the site as a whole are set at: `/LM/W3SVC/1`, `Default Web Site`.
    pub(crate) path: String,
    /// What its folders lie below: `/LM/W3SVC/1/ROOT`, `Default Web Site`.
    pub(crate) root: String,
}

/// A site's root, an application, or a folder with a setting of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The site's name for people.
    pub(crate) site: String,
    pub(crate) path: String,
}

/// A folder of a site that lies somewhere else on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VirtualFolder {
    /// The site's name for people.
    pub(crate) site: String,
    /// [`Site::path`] of its site.
    pub(crate) site_path: String,
    /// Below the site's root: `Scripts`, `shop/Scripts`.
    pub(crate) name: String,
    /// As settings name it: `/LM/W3SVC/1/ROOT/Scripts`, `Default Web Site/Scripts`.
    pub(crate) path: String,
    /// Where it lies on disk.
    pub(crate) directory: Option<String>,
    /// An application begins at it.
    pub(crate) application: bool,
    /// Its own settings, by name, as far as it takes to make it again.
    pub(crate) properties: Vec<(String, String)>,
    /// In the file's text.
    pub(crate) position: usize,
}

/// What is logged of the requests.
#[derive(Debug, Default)]
pub(crate) struct Logging {
    pub(crate) on: Inherited<bool>,
    pub(crate) format: Inherited<LogFormat>,
    /// Whether requests at a path are left out of the site's log.
    pub(crate) left_out: Inherited<bool>,
    /// One log for all sites, which takes the place of what each of them sets.
    pub(crate) central: Option<Setting<Central>>,
    /// What holds where nothing is set: on and in the extended format, or not known.
    pub(crate) on_by_default: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    W3cExtended,
    /// The configuration's own word for it.
    Other(String),
}

/// How one log for all sites is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Central {
    /// In the extended format.
    W3c,
    /// The same, but turned off.
    W3cOff,
    /// In a format of its own.
    Binary,
}

impl Configuration {
    /// # Errors
    ///
    /// When a path is longer or deeper than any that IIS writes, as for the other `add` methods.
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

    /// The places where parent paths are on, each with the setting that turns them on. Off is the default of IIS 6 and later.
    pub(crate) fn parent_paths_on(&self) -> Vec<(&Place, &Setting<bool>)> {
        self.places()
            .filter_map(|place| Some((place, self.parent_paths.in_force(&place.path)?)))
            .filter(|(_, setting)| setting.value)
            .collect()
    }
}
