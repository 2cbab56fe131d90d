//! Check 307: whether requests are logged, and in the extended format.

use std::collections::BTreeMap;

use wardline_plugin::prelude::*;

use crate::appcmd;
use crate::configuration::{self, Central, LogFormat, Site};
use crate::inherited::Setting;
use crate::metabase;
use crate::source::{Form, Source};

/// The maximum number of places that a finding lists and fixes; its summary counts all of them.
const LISTED: usize = 1_000;

/// Why requests are not in a log of the recommended kind, with the setting to change.
enum Weakness<'s> {
    Off(&'s Setting<bool>),
    Format(&'s Setting<LogFormat>),
    Central(&'s Setting<Central>),
    LeftOut(&'s Setting<bool>),
}

pub(crate) struct Logging;

impl Check<Source> for Logging {
    const INFO: CheckInfo =
        CheckInfo::new("logging", "Logging").mbsa(307).columns(&["Site", "Path", "Log"]).explanation(
            "Without a log, there is no record of who requested what from a server. The W3C extended format records \
             most of it.",
        );

    /// MBSA grades a site without a log, or with one in another format, as against best practice.
    async fn run(cx: Context<'_, Source>) -> Result<Finding, Unable> {
        let source = cx.subject;
        let configuration = &source.configuration;
        let logging = &configuration.logging;
        let mut weak = Vec::new();
        let mut unknown = None;
        for site in configuration.sites() {
            match weakness(logging, site) {
                Ok(weakness) => weak.extend(weakness.map(|weakness| (site, site.path.as_str(), weakness))),
                Err(()) => unknown = Some(site),
            }
            if let Some(setting) = logging.left_out.in_force(&site.root).filter(|setting| setting.value) {
                weak.push((site, site.root.as_str(), Weakness::LeftOut(setting)));
            }
        }
        let by_root: BTreeMap<_, _> = configuration.sites().map(|site| (site.root.to_lowercase(), site)).collect();
        for setting in logging.left_out.iter().filter(|setting| setting.value) {
            if let Some(site) = site_above(&by_root, &setting.path) {
                weak.push((site, setting.path.as_str(), Weakness::LeftOut(setting)));
            }
        }

        let sites = configuration.sites().len();
        if weak.is_empty() {
            if let Some(site) = unknown {
                let reason = format!("The configuration does not say whether requests to {} are logged.", site.name);
                return Err(Unable::new(reason).because(&source.question()));
            }
            let summary = match sites {
                0 => "There are no web sites.".to_owned(),
                1 => "The web site and all of its folders are logged in W3C extended format.".to_owned(),
                _ => format!("All {sites} web sites and all of their folders are logged in W3C extended format."),
            };
            return Ok(Finding::passed(summary).because(&source.question()));
        }
        let mut finding = Finding::best_practice(match weak.as_slice() {
            [(site, path, weakness)] => format!("{path} ({}) is {}.", site.name, weakness.words()),
            _ => format!("{} sites and folders have no log in W3C extended format.", weak.len()),
        });
        let listed = || weak.iter().take(LISTED);
        for (site, path, weakness) in listed() {
            finding = finding.row([&site.name, *path, &weakness.words()], Grade::BestPractice);
        }
        let settings: BTreeMap<_, _> =
            listed().map(|(_, _, weakness)| ((weakness.kind(), weakness.path()), weakness)).collect();
        finding = settings.values().fold(finding, |finding, weakness| finding.mend(weakness.remedy(source.form)));
        Ok(source.because(finding, settings.values().map(|weakness| weakness.position())))
    }
}

/// Returns the fault of a site's log. The error means that the configuration does not say.
fn weakness<'s>(logging: &'s configuration::Logging, site: &Site) -> Result<Option<Weakness<'s>>, ()> {
    if let Some(central) = &logging.central {
        return Ok((central.value != Central::W3c).then_some(Weakness::Central(central)));
    }
    match logging.on.in_force(&site.path) {
        Some(setting) if !setting.value => return Ok(Some(Weakness::Off(setting))),
        None if !logging.on_by_default => return Err(()),
        _ => {}
    }
    match logging.format.in_force(&site.path) {
        Some(setting) if setting.value != LogFormat::W3cExtended => Ok(Some(Weakness::Format(setting))),
        None if !logging.on_by_default => Err(()),
        _ => Ok(None),
    }
}

/// Returns the site that contains a path, unless the path is the site's root itself.
fn site_above<'s>(by_root: &BTreeMap<String, &'s Site>, path: &str) -> Option<&'s Site> {
    let folded = path.to_lowercase();
    folded.match_indices('/').find_map(|(end, _)| by_root.get(folded.get(..end)?)).copied()
}

impl Weakness<'_> {
    fn words(&self) -> String {
        match self {
            Weakness::Off(_) => "not logged".to_owned(),
            Weakness::Format(setting) => match &setting.value {
                LogFormat::W3cExtended => "logged in W3C extended format".to_owned(),
                LogFormat::Other(format) => format!("logged in {}", known_format(format).unwrap_or(format)),
            },
            Weakness::Central(setting) if setting.value == Central::Binary => {
                "logged in one binary log for all sites".to_owned()
            }
            Weakness::Central(_) => "assigned to the central log for all sites, which is turned off".to_owned(),
            Weakness::LeftOut(_) => "left out of the site's log".to_owned(),
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Weakness::Off(_) => 0,
            Weakness::Format(_) => 1,
            Weakness::Central(_) => 2,
            Weakness::LeftOut(_) => 3,
        }
    }

    fn path(&self) -> &str {
        match self {
            Weakness::Off(setting) | Weakness::LeftOut(setting) => &setting.path,
            Weakness::Format(setting) => &setting.path,
            Weakness::Central(setting) => &setting.path,
        }
    }

    fn position(&self) -> usize {
        match self {
            Weakness::Off(setting) | Weakness::LeftOut(setting) => setting.position,
            Weakness::Format(setting) => setting.position,
            Weakness::Central(setting) => setting.position,
        }
    }

    fn remedy(&self, form: Form) -> Remedy {
        const SPACE: &str = "Logs take up disk space, and old logs are not removed automatically.";
        const READERS: &str = "Programs that read the log in its present format must be changed to read the new one.";
        let path = self.path();
        match (self, form) {
            (Weakness::Off(_), Form::Metabase) => metabase::remedy(path, metabase::LOG_TYPE, "0", "1").risk(SPACE),
            (Weakness::Off(_), Form::ApplicationHost) => log_file(path, "enabled", "false", "true").risk(SPACE),
            (Weakness::Format(setting), form) => {
                let before = match &setting.value {
                    LogFormat::Other(format) => format,
                    LogFormat::W3cExtended => "",
                };
                match form {
                    Form::Metabase => metabase::remedy(path, metabase::LOG_FORMAT, before, metabase::W3C_EXTENDED),
                    Form::ApplicationHost => log_file(path, "logFormat", before, "W3C"),
                }
                .risk(READERS)
            }
            (Weakness::Central(_), Form::Metabase) => {
                metabase::remedy(path, metabase::CENTRAL_BINARY, "TRUE", "FALSE").risk(READERS)
            }
            (Weakness::Central(setting), Form::ApplicationHost) if setting.value == Central::Binary => {
                const SECTION: &str = "system.applicationHost/log";
                appcmd::set_section("", SECTION, "centralLogFileMode", "CentralBinary", "Site").risk(READERS)
            }
            (Weakness::Central(_), Form::ApplicationHost) => {
                const SECTION: &str = "system.applicationHost/log";
                appcmd::set_section("", SECTION, "centralW3CLogFile.enabled", "false", "true").risk(SPACE)
            }
            (Weakness::LeftOut(_), Form::Metabase) => {
                metabase::remedy(path, metabase::DONT_LOG, "TRUE", "FALSE").risk(SPACE)
            }
            (Weakness::LeftOut(_), Form::ApplicationHost) => {
                appcmd::set_section(path, "system.webServer/httpLogging", "dontLog", "true", "false").risk(SPACE)
            }
        }
    }
}

/// Sets an attribute of a site's `<logFile>`, or of the default for sites without one.
fn log_file(site: &str, attribute: &str, before: &str, after: &str) -> Remedy {
    let operation = |value: &str| {
        appcmd::run(match site {
            "" => vec![
                "set".to_owned(),
                "config".to_owned(),
                "/section:system.applicationHost/sites".to_owned(),
                format!("/siteDefaults.logFile.{attribute}:{value}"),
            ],
            site => vec!["set".to_owned(), "site".to_owned(), site.to_owned(), format!("/logFile.{attribute}:{value}")],
        })
    };
    Remedy::new(operation(after)).undo(operation(before))
}

/// Returns the name of a format, given its class in the metabase.
fn known_format(class: &str) -> Option<&'static str> {
    const FORMATS: [(&str, &str); 3] = [
        ("{FF160657-DE82-11CF-BC0A-00AA006111E0}", "Microsoft IIS format"),
        ("{FF16065B-DE82-11CF-BC0A-00AA006111E0}", "an ODBC database"),
        ("{FF16065F-DE82-11CF-BC0A-00AA006111E0}", "NCSA common format"),
    ];
    FORMATS.iter().find(|(known, _)| class.trim().eq_ignore_ascii_case(known)).map(|(_, name)| *name)
}
