//! `applicationHost.config`, the configuration file of IIS 7 and later.
//!
//! Settings in `<system.webServer>` apply to every site; inside `<location path="Site/folder">` they apply to that path and
//! everything below it. Unless an administrator unlocks a section, a site's own `web.config` cannot override it. Sites, their
//! virtual folders and their logs are in `<system.applicationHost>`.

use crate::configuration::{Central, Configuration, LogFormat, Site, VirtualFolder};
use crate::inherited::Setting;
use crate::xml::{self, Element, Tag};

pub(crate) const FILE: &str = r"%windir%\system32\inetsrv\config\applicationHost.config";
/// Says whether the configuration is stored elsewhere and shared by several servers.
pub(crate) const REDIRECTION: &str = r"%windir%\system32\inetsrv\config\redirection.config";

/// Parses the web service's configuration.
///
/// # Errors
///
/// A sentence without its subject, which is the file: it is not XML, is truncated, contains no sites, or contains a setting
/// that is neither on nor off.
pub(crate) fn parse(text: &str) -> Result<Configuration, String> {
    let mut reading = Reading::default();
    reading.configuration.logging.on_by_default = true;
    xml::walk(text, |tag| match tag {
        Tag::Start(element) => reading.start(element),
        Tag::End(name) => {
            reading.end(name);
            Ok(())
        }
    })?;
    reading.finish()
}

#[derive(Default)]
struct Reading {
    configuration: Configuration,
    /// The path that the current sections apply to.
    location: String,
    site: Option<String>,
    application: Option<String>,
    in_web_server: bool,
    in_site_defaults: bool,
    /// The FTP service keeps its own settings in the same sites, under the same names.
    in_ftp_server: bool,
    has_sites: bool,
    /// The mode of `<log>`, and its position.
    central: Option<(String, usize)>,
    central_w3c_off: bool,
}

impl Reading {
    fn start(&mut self, element: &Element) -> Result<(), String> {
        match element.name.as_str() {
            "location" => {
                let path = element.attribute("path").unwrap_or_default().trim_matches('/');
                // The configuration editor writes `.` for the server itself.
                self.location = if path == "." { String::new() } else { path.to_owned() };
            }
            "system.applicationHost" => self.has_sites = true,
            "system.webServer" => self.in_web_server = true,
            "siteDefaults" => self.in_site_defaults = true,
            "ftpServer" => self.in_ftp_server = true,
            "site" => {
                self.site = element.attribute("name").map(str::to_owned);
                if let Some(name) = self.site.clone() {
                    self.configuration.add_site(Site { path: name.clone(), root: name.clone(), name })?;
                }
            }
            "application" => self.application(element)?,
            "virtualDirectory" => self.virtual_folder(element)?,
            "logFile" if !self.in_ftp_server => self.log_file(element)?,
            "log" if !self.in_web_server && !self.in_ftp_server => {
                self.central = element.attribute("centralLogFileMode").map(|mode| (mode.to_owned(), element.position));
            }
            "centralW3CLogFile" => self.central_w3c_off = element.switch("enabled")? == Some(false),
            "asp" if self.in_web_server => {
                if let Some(on) = self.switch(element, "enableParentPaths")? {
                    self.configuration.parent_paths.set(&self.location, on, element.position)?;
                }
            }
            "httpLogging" if self.in_web_server => {
                if let Some(left_out) = self.switch(element, "dontLog")? {
                    self.configuration.logging.left_out.set(&self.location, left_out, element.position)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) {
        match name {
            "location" => self.location.clear(),
            "system.webServer" => self.in_web_server = false,
            "siteDefaults" => self.in_site_defaults = false,
            "ftpServer" => self.in_ftp_server = false,
            "site" => self.site = None,
            "application" => self.application = None,
            _ => {}
        }
    }

    fn switch(&self, element: &Element, name: &str) -> Result<Option<bool>, String> {
        element.switch(name).map_err(|error| format!("{error}, at `{}`", self.location))
    }

    fn application(&mut self, element: &Element) -> Result<(), String> {
        self.application = element.attribute("path").map(str::to_owned);
        if let (Some(site), Some(path)) = (&self.site, &self.application) {
            self.configuration.add_place(site.clone(), &format!("{site}{path}"))?;
        }
        Ok(())
    }

    /// The folder `/` of an application is the application's own folder. For the site's own application it is the site's
    /// root.
    fn virtual_folder(&mut self, element: &Element) -> Result<(), String> {
        let (Some(site), Some(application), Some(path)) = (&self.site, &self.application, element.attribute("path"))
        else {
            return Ok(());
        };
        let name = format!("{}/{}", application.trim_matches('/'), path.trim_matches('/'));
        let name = name.trim_matches('/').to_owned();
        if name.is_empty() {
            return Ok(());
        }
        let folder = VirtualFolder {
            site: site.clone(),
            site_path: site.clone(),
            path: format!("{site}/{name}"),
            name,
            directory: element.attribute("physicalPath").map(str::to_owned),
            application: path.trim_matches('/').is_empty(),
            properties: Vec::new(),
            position: element.position,
        };
        self.configuration.add_virtual_folder(folder)
    }

    /// Reads a `<logFile>` of a site, or the default for sites without one.
    fn log_file(&mut self, element: &Element) -> Result<(), String> {
        let path = match &self.site {
            Some(site) => site.clone(),
            None if self.in_site_defaults => String::new(),
            None => return Ok(()),
        };
        let logging = &mut self.configuration.logging;
        if let Some(on) = element.switch("enabled").map_err(|error| format!("{error}, at `{path}`"))? {
            logging.on.set(&path, on, element.position)?;
        }
        if let Some(format) = element.attribute("logFormat") {
            let format = if format.eq_ignore_ascii_case("W3C") {
                LogFormat::W3cExtended
            } else {
                LogFormat::Other(format.chars().take(64).collect())
            };
            logging.format.set(&path, format, element.position)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Configuration, String> {
        if !self.has_sites {
            return Err("it contains no <system.applicationHost>".to_owned());
        }
        let mut configuration = self.configuration;
        if let Some((mode, position)) = self.central {
            let value = match mode.to_ascii_lowercase().as_str() {
                "site" | "0" => None,
                "centralbinary" | "1" => Some(Central::Binary),
                "centralw3c" | "2" if self.central_w3c_off => Some(Central::W3cOff),
                "centralw3c" | "2" => Some(Central::W3c),
                _ => return Err("its centralLogFileMode is not a known one".to_owned()),
            };
            configuration.logging.central = value.map(|value| Setting { path: String::new(), value, position });
        }
        let on: Vec<_> = configuration.parent_paths.iter().filter(|setting| setting.value).cloned().collect();
        for Setting { path, .. } in on {
            let site = match path.split('/').next() {
                Some(site) if !site.is_empty() => site.to_owned(),
                _ => "every site without a setting of its own".to_owned(),
            };
            configuration.add_place(site, &path)?;
        }
        Ok(configuration)
    }
}

/// Whether `redirection.config` says that the configuration is stored elsewhere.
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
