//! `MetaBase.xml`, in which IIS 6 keeps its configuration.
//!
//! An element stands for a node, its attribute `Location` for the node's path: `/LM/W3SVC` for the web service, `/LM/W3SVC/1`
//! for a site, `/LM/W3SVC/1/ROOT/Shop` for what is served at `/Shop`. A property stands as an attribute of the node, or as an
//! element `Custom` in it with the property's number.

use std::collections::BTreeMap;

use crate::configuration::Configuration;
use crate::xml::{self, Element, Tag};

pub(crate) const FILE: &str = r"%windir%\system32\inetsrv\MetaBase.xml";
pub(crate) const PROPERTY: &str = "AspEnableParentPaths";

/// `MD_ASP_ENABLEPARENTPATHS` in `iiscnfg.h`.
const PROPERTY_NUMBER: &str = "7008";
const WEB_SERVICE: &str = "/LM/W3SVC";

/// Reads what the metabase says about parent paths.
///
/// # Errors
///
/// A sentence without its subject, which is the file: it is no XML, cut off, knows no web service, or holds a
/// setting that is neither on nor off.
pub(crate) fn parse(text: &str) -> Result<Configuration, String> {
    let mut configuration = Configuration::default();
    let mut comments = BTreeMap::new();
    let mut applications = Vec::new();
    let mut node = None;
    let mut has_web_service = false;
    xml::walk(text, |tag| {
        let Tag::Start(element) = tag else { return Ok(()) };
        if let Some(location) = element.attribute("Location") {
            let location = location.trim_end_matches('/');
            has_web_service |= is_web_service(location) || site(location).is_some();
            if let Some(on) = element.switch(PROPERTY).map_err(|error| format!("{error}, at {location}"))? {
                configuration.set(location, on, element.position)?;
            }
            if let Some(site) = site(location) {
                let is_site = location.len() == WEB_SERVICE.len() + 1 + site.len();
                match element.attribute("ServerComment") {
                    Some(comment) if is_site => drop(comments.insert(site.to_owned(), comment.to_owned())),
                    _ => {}
                }
                if is_application(element, location) {
                    applications.push(location.to_owned());
                }
            }
            node = Some(location.to_owned());
        } else if let (Some(location), true) = (&node, is_custom_property(element)) {
            let value = element.attribute("Value").unwrap_or_default();
            let on = xml::switch(PROPERTY, value).map_err(|error| format!("{error}, at {location}"))?;
            configuration.set(location, on, element.position)?;
        }
        Ok(())
    })?;
    if !has_web_service {
        return Err(format!("it says nothing about {WEB_SERVICE}"));
    }
    let set_here: Vec<_> = configuration.settings().filter(|setting| setting.on).map(|s| s.path.clone()).collect();
    for path in applications.iter().chain(&set_here) {
        if let Some(number) = site(path) {
            let name = comments.get(number).map_or_else(|| format!("site {number}"), String::clone);
            configuration.add_place(name, path)?;
        } else if is_web_service(path) {
            configuration.add_place("every site without a setting of its own".to_owned(), path)?;
        }
    }
    Ok(configuration)
}

fn is_web_service(path: &str) -> bool {
    path.eq_ignore_ascii_case(WEB_SERVICE)
}

/// The number of the site that a path belongs to.
fn site(path: &str) -> Option<&str> {
    let (service, below) = path.split_at_checked(WEB_SERVICE.len())?;
    let number = below.strip_prefix('/')?.split('/').next()?;
    let numeric = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (numeric && service.eq_ignore_ascii_case(WEB_SERVICE)).then_some(number)
}

/// The root of a site, or a node that says of itself that an application begins there.
fn is_application(element: &Element, location: &str) -> bool {
    let is_root = location.rsplit_once('/').is_some_and(|(site, name)| {
        name.eq_ignore_ascii_case("ROOT") && site.matches('/').count() == WEB_SERVICE.matches('/').count() + 1
    });
    let begins_here = |root: &str| root.trim_end_matches('/').eq_ignore_ascii_case(location);
    is_root || element.attribute("AppRoot").is_some_and(begins_here)
}

fn is_custom_property(element: &Element) -> bool {
    let is_named = |name: &str| name.eq_ignore_ascii_case(PROPERTY);
    element.name.eq_ignore_ascii_case("Custom")
        && (element.attribute("ID") == Some(PROPERTY_NUMBER) || element.attribute("Name").is_some_and(is_named))
}
