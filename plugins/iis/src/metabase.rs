//! `MetaBase.xml`, the configuration file of IIS 6.
//!
//! Each element is a node; its attribute `Location` is the node's path: `/LM/W3SVC` for the web service, `/LM/W3SVC/1` for a
//! site, `/LM/W3SVC/1/ROOT/Shop` for the content served at `/Shop`. A property is an attribute of the node, or a `Custom`
//! element inside it with the property's number.

use std::collections::{BTreeMap, BTreeSet};

use wardline_plugin::prelude::*;

use crate::configuration::{Central, Configuration, LogFormat, Site, VirtualFolder};
use crate::inherited::Setting;
use crate::xml::{self, Element, Tag};

pub(crate) const FILE: &str = r"%windir%\system32\inetsrv\MetaBase.xml";

pub(crate) const PARENT_PATHS: &str = "AspEnableParentPaths";
pub(crate) const LOG_TYPE: &str = "LogType";
pub(crate) const LOG_FORMAT: &str = "LogPluginClsid";
pub(crate) const DONT_LOG: &str = "DontLog";
pub(crate) const CENTRAL_BINARY: &str = "CentralBinaryLoggingEnabled";
const CENTRAL_W3C: &str = "CentralW3CLoggingEnabled";

/// A property that the parser reads.
struct Property {
    name: &'static str,
    /// Its number in `iiscnfg.h`, for properties that may be stored by number.
    number: &'static str,
    /// The type that IIS requests from the metabase: `IMSAdminBase::GetData` does not find data of another type.
    data_type: &'static str,
}

const fn property(name: &'static str, number: &'static str, data_type: &'static str) -> Property {
    Property { name, number, data_type }
}

const PROPERTIES: [Property; 6] = [
    property(PARENT_PATHS, "7008", "DWORD"),
    property(LOG_TYPE, "4000", "DWORD"),
    property(LOG_FORMAT, "4011", "STRING"),
    property(DONT_LOG, "6023", "DWORD"),
    property(CENTRAL_BINARY, "", "DWORD"),
    property(CENTRAL_W3C, "", "DWORD"),
];

/// The `LogModuleId` of the extended format, from `/LM/Logging/W3C Extended Log File Format`.
pub(crate) const W3C_EXTENDED: &str = "{FF160663-DE82-11CF-BC0A-00AA006111E0}";

const WEB_SERVICE: &str = "/LM/W3SVC";
/// The class of nodes that are virtual folders.
pub(crate) const VIRTUAL_FOLDER: &str = "IIsWebVirtualDir";

/// The properties needed to recreate a virtual folder. Account names and passwords are deliberately left out: these settings
/// appear in reports.
const RESTORED: [&str; 9] = [
    "Path",
    "AccessFlags",
    "AccessSSLFlags",
    "AppRoot",
    "AppFriendlyName",
    "AppIsolated",
    "AuthFlags",
    "DirBrowseFlags",
    DONT_LOG,
];

/// Parses the web service's configuration.
///
/// # Errors
///
/// A sentence without its subject, which is the file: it is not XML, is truncated, contains no web service, or contains a
/// setting that is neither on nor off, or of another type than IIS reads.
pub(crate) fn parse(text: &str) -> Result<Configuration, String> {
    let mut reading = Reading::default();
    xml::walk(text, |tag| match tag {
        Tag::Start(element) => reading.element(element),
        Tag::End(_) => Ok(()),
    })?;
    reading.finish()
}

#[derive(Default)]
struct Reading {
    configuration: Configuration,
    comments: BTreeMap<String, String>,
    numbers: BTreeSet<String>,
    applications: Vec<String>,
    virtual_folders: Vec<VirtualFolder>,
    /// The node that contains the element.
    node: Option<String>,
    has_web_service: bool,
}

impl Reading {
    fn element(&mut self, element: &Element) -> Result<(), String> {
        if let Some(location) = element.attribute("Location") {
            let location = location.trim_end_matches('/');
            self.has_web_service |= is_web_service(location) || site(location).is_some();
            for Property { name, .. } in PROPERTIES {
                if let Some(value) = element.attribute(name) {
                    self.property(location, name, value, element.position)?;
                }
            }
            if let Some(number) = site(location) {
                self.node_of_site(number, location, element);
            }
            self.node = Some(location.to_owned());
        } else if let (Some(location), Some(property)) = (self.node.clone(), custom_property(element)) {
            let Property { name, data_type, .. } = *property;
            if let Some(found) = element.attribute("Type").filter(|found| !found.eq_ignore_ascii_case(data_type)) {
                let found: String = found.chars().take(20).collect();
                return Err(format!("bad type of {name}: expected {data_type}, found {found}, at {location}"));
            }
            let value = element.attribute("Value").unwrap_or_default();
            self.property(&location, name, value, element.position)?;
        }
        Ok(())
    }

    /// Ignores properties of other services, such as FTP.
    fn property(&mut self, location: &str, name: &str, value: &str, position: usize) -> Result<(), String> {
        if !is_web_service(location) && site(location).is_none() {
            return Ok(());
        }
        let switch = || xml::switch(name, value).map_err(|error| format!("{error}, at {location}"));
        let logging = &mut self.configuration.logging;
        match name {
            PARENT_PATHS => self.configuration.parent_paths.set(location, switch()?, position),
            LOG_TYPE => logging.on.set(location, switch()?, position),
            DONT_LOG => logging.left_out.set(location, switch()?, position),
            LOG_FORMAT => {
                // An empty value is not set.
                if value.is_empty() { Ok(()) } else { logging.format.set(location, log_format(value), position) }
            }
            CENTRAL_BINARY | CENTRAL_W3C => {
                if switch()? && is_web_service(location) {
                    let value = if name == CENTRAL_BINARY { Central::Binary } else { Central::W3c };
                    logging.central = Some(Setting { path: location.to_owned(), value, position });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn node_of_site(&mut self, number: &str, location: &str, element: &Element) {
        self.numbers.insert(number.to_owned());
        let site_path_length = WEB_SERVICE.len() + 1 + number.len();
        if let Some(comment) = element.attribute("ServerComment").filter(|_| location.len() == site_path_length) {
            self.comments.insert(number.to_owned(), comment.to_owned());
        }
        if is_application(element, location) {
            self.applications.push(location.to_owned());
        }
        let below_root = location
            .get(site_path_length..)
            .and_then(|rest| rest.get("/ROOT/".len()..).filter(|_| starts_with(rest, "/ROOT/")))
            .filter(|name| !name.is_empty());
        if let Some(name) = below_root.filter(|_| element.name.eq_ignore_ascii_case(VIRTUAL_FOLDER)) {
            let own = |property: &str| element.attribute(property).map(str::to_owned);
            self.virtual_folders.push(VirtualFolder {
                site: number.to_owned(),
                site_path: location.get(..site_path_length).unwrap_or_default().to_owned(),
                name: name.to_owned(),
                path: location.to_owned(),
                directory: own("Path"),
                application: is_application(element, location),
                properties: RESTORED
                    .iter()
                    .filter_map(|property| Some(((*property).to_owned(), own(property)?)))
                    .collect(),
                position: element.position,
            });
        }
    }

    fn finish(mut self) -> Result<Configuration, String> {
        if !self.has_web_service {
            return Err(format!("it contains no {WEB_SERVICE}"));
        }
        let mut configuration = self.configuration;
        let name_of = |number: &str| self.comments.get(number).map_or_else(|| format!("site {number}"), String::clone);
        let on: Vec<_> = configuration.parent_paths.iter().filter(|setting| setting.value).cloned().collect();
        for path in self.applications.iter().chain(on.iter().map(|setting| &setting.path)) {
            if let Some(number) = site(path) {
                configuration.add_place(name_of(number), path)?;
            } else if is_web_service(path) {
                configuration.add_place("every site without a setting of its own".to_owned(), path)?;
            }
        }
        for number in &self.numbers {
            let path = format!("{WEB_SERVICE}/{number}");
            configuration.add_site(Site { name: name_of(number), root: format!("{path}/ROOT"), path })?;
        }
        for folder in &mut self.virtual_folders {
            folder.site = name_of(&folder.site);
        }
        for folder in self.virtual_folders {
            configuration.add_virtual_folder(folder)?;
        }
        Ok(configuration)
    }
}

fn is_web_service(path: &str) -> bool {
    path.eq_ignore_ascii_case(WEB_SERVICE)
}

/// Returns the number of the site that a path belongs to.
fn site(path: &str) -> Option<&str> {
    let (service, below) = path.split_at_checked(WEB_SERVICE.len())?;
    let number = below.strip_prefix('/')?.split('/').next()?;
    let numeric = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (numeric && service.eq_ignore_ascii_case(WEB_SERVICE)).then_some(number)
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
}

/// Whether a node is the root of a site or marked as the root of an application.
fn is_application(element: &Element, location: &str) -> bool {
    let is_root = location.rsplit_once('/').is_some_and(|(site, name)| {
        name.eq_ignore_ascii_case("ROOT") && site.matches('/').count() == WEB_SERVICE.matches('/').count() + 1
    });
    let begins_here = |root: &str| root.trim_end_matches('/').eq_ignore_ascii_case(location);
    is_root || element.attribute("AppRoot").is_some_and(begins_here)
}

/// Returns the property in a `Custom` element.
fn custom_property(element: &Element) -> Option<&'static Property> {
    if !element.name.eq_ignore_ascii_case("Custom") {
        return None;
    }
    let (id, name) = (element.attribute("ID").unwrap_or_default(), element.attribute("Name").unwrap_or_default());
    let is_it = |known: &&Property| known.name.eq_ignore_ascii_case(name) || (!id.is_empty() && known.number == id);
    PROPERTIES.iter().find(is_it)
}

fn log_format(class: &str) -> LogFormat {
    if class.trim().eq_ignore_ascii_case(W3C_EXTENDED) {
        LogFormat::W3cExtended
    } else {
        LogFormat::Other(class.chars().take(64).collect())
    }
}

/// Sets a property that has a value, at the path where it is set.
pub(crate) fn remedy(path: &str, property: &str, before: &str, after: &str) -> Remedy {
    Remedy::new(set(path, property, Some(before), after)).undo(set(path, property, Some(after), before))
}

/// Sets a property of a node, creating the node if it is missing.
pub(crate) fn set(path: &str, property: &str, before: Option<&str>, after: &str) -> Operation {
    Operation::SetMetabaseProperty(SetMetabaseProperty {
        path: path.to_owned(),
        property: property.to_owned(),
        before: before.map(str::to_owned),
        after: after.to_owned(),
    })
}
