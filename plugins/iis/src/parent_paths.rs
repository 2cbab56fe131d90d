//! Check 311: `..` in the paths of ASP pages.

use std::collections::BTreeMap;

use futures_util::future::join;
use wardline_plugin::prelude::*;

use crate::configuration::{Configuration, Setting};
use crate::product::Installation;
use crate::text_file::{self, TextFile};
use crate::{application_host, metabase};

pub(crate) const ID: &str = "parent-paths";

/// How many places a finding lists; its summary counts all of them.
const LISTED: usize = 1_000;

pub(crate) async fn check(evidence: &Evidence, installation: &Installation) -> Result<Finding, Unable> {
    let Some(version) = installation.version else {
        return Err(Unable::new("Which version of IIS is installed cannot be told.").because(&installation.evidence));
    };
    match version.major {
        ..4 => Ok(Finding::not_performed(format!("The settings of IIS {version} are not read yet."))
            .because(&installation.evidence)),
        4 | 5 => Ok(Finding::not_performed(format!(
            "IIS {} keeps this in the binary metabase (MetaBase.bin), which is not read yet.",
            version.major
        ))
        .because(&installation.evidence)),
        6 => {
            let file = text_file::read(evidence, metabase::FILE).await?;
            let file = file.ok_or_else(|| missing(metabase::FILE, installation))?;
            let configuration = parsed(metabase::FILE, &file, metabase::parse)?;
            Ok(judge(&configuration, &file, metabase_remedy))
        }
        7.. => {
            let (redirection, file) = join(
                text_file::read(evidence, application_host::REDIRECTION),
                text_file::read(evidence, application_host::FILE),
            )
            .await;
            if let Some(redirection) = redirection?
                && parsed(application_host::REDIRECTION, &redirection, application_host::is_redirected)?
            {
                return Err(Unable::new("The configuration lies on another machine, which several servers share.")
                    .because(&redirection.question_at(0)));
            }
            let file = file?.ok_or_else(|| missing(application_host::FILE, installation))?;
            let configuration = parsed(application_host::FILE, &file, application_host::parse)?;
            Ok(judge(&configuration, &file, application_host_remedy))
        }
    }
}

fn missing(path: &str, installation: &Installation) -> Unable {
    Unable::new(format!("{path} is not there, though IIS is installed.")).because(&installation.evidence)
}

fn parsed<T>(path: &str, file: &TextFile, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, Unable> {
    parse(&file.text).map_err(|error| Unable::new(format!("{path}: {error}.")).because(&file.question_at(0)))
}

fn judge(configuration: &Configuration, file: &TextFile, remedy: fn(&Setting) -> Remedy) -> Finding {
    let on = configuration.turned_on();
    if on.is_empty() {
        let passed = Finding::passed(format!(
            "Parent paths are off for all of {} applications; {} settings say so, elsewhere off is the default.",
            configuration.places().len(),
            configuration.settings().filter(|setting| !setting.on).count(),
        ));
        let settings = configuration.settings().map(|setting| file.question_at(setting.position));
        return with_evidence(passed, std::iter::once(file.question_at(0)).chain(settings));
    }
    let mut finding = Finding::non_critical(match on.as_slice() {
        [(place, _)] => format!("Parent paths are on for {}.", named(&place.path)),
        _ => format!("Parent paths are on for {} sites and applications.", on.len()),
    });
    for (place, setting) in on.iter().take(LISTED) {
        let cells = [place.site.as_str(), named(&place.path), named(&setting.path)];
        finding = finding.row(cells, Grade::NonCritical);
    }
    let settings: BTreeMap<_, _> = on.iter().map(|(_, setting)| (setting.path.as_str(), *setting)).collect();
    finding = settings.values().fold(finding, |finding, setting| finding.mend(remedy(setting)));
    with_evidence(finding, settings.values().map(|setting| file.question_at(setting.position)))
}

/// The path that holds for the whole server has no name.
fn named(path: &str) -> &str {
    if path.is_empty() { "(server)" } else { path }
}

/// Each question once, in the order asked.
fn with_evidence(finding: Finding, questions: impl Iterator<Item = u32>) -> Finding {
    let questions: std::collections::BTreeSet<_> = questions.collect();
    questions.iter().fold(finding, |finding, question| finding.because(question))
}

const RISK: &str = "Pages that include files by `..` stop working; write such paths from the site's root instead.";

fn metabase_remedy(setting: &Setting) -> Remedy {
    let operation = |before: &str, after: &str| {
        Operation::SetMetabaseProperty(SetMetabaseProperty {
            path: setting.path.clone(),
            property: metabase::PROPERTY.to_owned(),
            before: Some(before.to_owned()),
            after: after.to_owned(),
        })
    };
    Remedy::new(operation("TRUE", "FALSE")).undo(operation("FALSE", "TRUE")).risk(RISK)
}

fn application_host_remedy(setting: &Setting) -> Remedy {
    let operation = |on: bool| {
        let mut arguments = vec!["set".to_owned(), "config".to_owned()];
        arguments.extend((!setting.path.is_empty()).then(|| setting.path.clone()));
        arguments.push("/section:system.webServer/asp".to_owned());
        arguments.push(format!("/enableParentPaths:{on}"));
        arguments.push("/commit:apphost".to_owned());
        Operation::RunTool(RunTool {
            tool: r"%windir%\system32\inetsrv\appcmd.exe".to_owned(),
            arguments,
            article: None,
        })
    };
    Remedy::new(operation(false)).undo(operation(true)).risk(RISK)
}
