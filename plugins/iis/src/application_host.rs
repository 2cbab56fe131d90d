//! `applicationHost.config`, in which IIS 7 and later keep their configuration.
//!
//! `<asp enableParentPaths>` in `<system.webServer>` holds for every site, inside `<location path="Site/folder">` for that
//! path and what is below it. Unless an administrator unlocks that section, a site's own `web.config` cannot change it.

use crate::configuration::Configuration;
use crate::xml::{self, Tag};

pub(crate) const FILE: &str = r"%windir%\system32\inetsrv\config\applicationHost.config";
/// Says whether the configuration lies elsewhere, shared by several servers.
pub(crate) const REDIRECTION: &str = r"%windir%\system32\inetsrv\config\redirection.config";

/// Reads what the configuration says about parent paths.
///
/// # Errors
///
/// A sentence without its subject, which is the file: it is no XML, cut off, says nothing of sites, or holds a
/// setting that is neither on nor off.
pub(crate) fn parse(text: &str) -> Result<Configuration, String> {
    let mut configuration = Configuration::default();
    let mut location = String::new();
    let mut site: Option<String> = None;
    let mut in_web_server = false;
    let mut has_sites = false;
    xml::walk(text, |tag| {
        match tag {
            Tag::Start(element) => match element.name.as_str() {
                "location" => location = element.attribute("path").unwrap_or_default().trim_matches('/').to_owned(),
                "system.applicationHost" => has_sites = true,
                "system.webServer" => in_web_server = true,
                "site" => site = element.attribute("name").map(str::to_owned),
                "application" => {
                    if let (Some(site), Some(path)) = (&site, element.attribute("path")) {
                        configuration.add_place(site.clone(), &format!("{site}{path}"))?;
                    }
                }
                "asp" if in_web_server => {
                    let on =
                        element.switch("enableParentPaths").map_err(|error| format!("{error}, at `{location}`"))?;
                    if let Some(on) = on {
                        // `.` is how the editor of the configuration writes the server itself.
                        configuration.set(if location == "." { "" } else { &location }, on, element.position)?;
                    }
                }
                _ => {}
            },
            Tag::End("location") => location.clear(),
            Tag::End("system.webServer") => in_web_server = false,
            Tag::End("site") => site = None,
            Tag::End(_) => {}
        }
        Ok(())
    })?;
    if !has_sites {
        return Err("it holds no <system.applicationHost>".to_owned());
    }
    let set_here: Vec<_> = configuration.settings().filter(|setting| setting.on).map(|s| s.path.clone()).collect();
    for path in set_here {
        let site = match path.split('/').next() {
            Some(site) if !site.is_empty() => site.to_owned(),
            _ => "every site without a setting of its own".to_owned(),
        };
        configuration.add_place(site, &path)?;
    }
    Ok(configuration)
}

/// Whether `redirection.config` says that the configuration lies elsewhere.
///
/// # Errors
///
/// As for [`parse`].
pub(crate) fn is_redirected(text: &str) -> Result<bool, String> {
    let mut redirected = false;
    xml::walk(text, |tag| {
        if let Tag::Start(element) = tag
            && element.name == "configurationRedirection"
        {
            redirected |= element.switch("enabled")?.unwrap_or(false);
        }
        Ok(())
    })?;
    Ok(redirected)
}
