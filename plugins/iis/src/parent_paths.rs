//! Check 311: `..` in the paths of ASP pages.

use std::collections::BTreeMap;

use wardline_plugin::prelude::*;

use crate::appcmd;
use crate::inherited::Setting;
use crate::metabase;
use crate::source::{Form, Source};

/// The maximum number of places that a finding lists and fixes; its summary counts all of them.
const LISTED: usize = 1_000;

pub(crate) struct ParentPaths;

impl Check<Source> for ParentPaths {
    const INFO: CheckInfo =
        CheckInfo::new("parent-paths", "Parent paths").mbsa(311).columns(&["Site", "Path", "Set at"]).explanation(
            "When parent paths are on, an ASP page can use `..` in file names, so a mistake in the page can give \
             access outside the site's folder.",
        );

    async fn run(cx: Context<'_, Source>) -> Result<Finding, Unable> {
        let source = cx.subject;
        let configuration = &source.configuration;
        let on = configuration.parent_paths_on();
        if on.is_empty() {
            return Ok(Finding::passed(format!(
                "Parent paths are off for all of {} applications. {} settings say so; elsewhere, off is the default.",
                configuration.places().len(),
                configuration.parent_paths.iter().filter(|setting| !setting.value).count(),
            ))
            .because(&source.question()));
        }
        let mut finding = Finding::non_critical(match on.as_slice() {
            [(place, _)] => format!("Parent paths are on for {}.", named(&place.path)),
            _ => format!("Parent paths are on for {} sites and applications.", on.len()),
        });
        let listed = || on.iter().take(LISTED);
        for (place, setting) in listed() {
            let cells = [place.site.as_str(), named(&place.path), named(&setting.path)];
            finding = finding.row(cells, Grade::NonCritical);
        }
        let settings: BTreeMap<_, _> = listed().map(|(_, setting)| (setting.path.as_str(), *setting)).collect();
        finding = settings.values().fold(finding, |finding, setting| finding.mend(remedy(source.form, setting)));
        Ok(source.because(finding, settings.values().map(|setting| setting.position)))
    }
}

/// The path of a server-wide setting is empty.
fn named(path: &str) -> &str {
    if path.is_empty() { "(server)" } else { path }
}

fn remedy(form: Form, setting: &Setting<bool>) -> Remedy {
    let remedy = match form {
        Form::Metabase => metabase::remedy(&setting.path, metabase::PARENT_PATHS, "TRUE", "FALSE"),
        Form::ApplicationHost => {
            appcmd::set_section(&setting.path, "system.webServer/asp", "enableParentPaths", "true", "false")
        }
    };
    remedy.risk("Pages that include files with `..` stop working. Write such paths from the site's root instead.")
}
