//! Internet Information Services: which version is installed, which of its updates are missing, and how it is set up.

mod application_host;
mod configuration;
mod domain_controller;
mod metabase;
mod parent_paths;
mod product;
mod sample_applications;
mod text_file;
mod xml;

use futures_util::future::join;
use product::{Installation, Presence};
use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;

const CHECKS: [&str; 3] = [domain_controller::ID, sample_applications::ID, parent_paths::ID];

/// The checker for Internet Information Server and Services.
#[derive(Debug)]
pub struct Iis {
    judge: Judge,
}

impl Checker for Iis {
    fn describe() -> Description {
        describe(
            "iis",
            env!("CARGO_PKG_VERSION"),
            "Judges the updates and settings of Internet Information Server and Services.",
        )
        .mbsa_check(
            domain_controller::ID,
            301,
            "IIS on a domain controller",
            &[],
            "A weakness of a web server on a domain controller gives away every account of the domain.",
        )
        .mbsa_check(
            sample_applications::ID,
            308,
            "IIS sample applications",
            &["Folder"],
            "The samples show how IIS is programmed; they were not written to withstand attackers, and several of them let \
             strangers read or run files.",
        )
        .mbsa_check(
            parent_paths::ID,
            311,
            "Parent paths",
            &["Site", "Path", "Set at"],
            "Where parent paths are on, an ASP page may name files with `..`, which makes mistakes in the page a way out of \
             the site's folder.",
        )
        .judges_updates(product::CATALOG_NAMES)
        .asks(Scope::System)
        .asks(Scope::Services)
        .asks_registry(product::INETSTP)
        .asks_registry(product::PARAMETERS)
        .asks_registry(product::SERVICE_PACK_6A)
        .asks_file(sample_applications::SAMPLES)
        .asks_file(sample_applications::SAMPLES_ANYWHERE)
        .asks_file(sample_applications::HELP)
        .asks_file(sample_applications::MSADC)
        .asks(Scope::Text(metabase::FILE.to_owned()))
        .asks(Scope::Text(application_host::FILE.to_owned()))
        .asks(Scope::Text(application_host::REDIRECTION.to_owned()))
        .into()
    }

    fn prepare(updates: Vec<Update>) -> Result<Self, String> {
        Ok(Iis { judge: Judge::new(updates) })
    }

    async fn detect(&self, about: &About, evidence: &Evidence) -> Findings {
        let presence = product::detect(evidence).await;
        let mut findings = Findings::new();
        let mut judged = Vec::new();
        if let Ok(Presence::Installed(installation)) = &presence {
            installation.products().into_iter().for_each(|product| findings.product(product));
            judged = installation.judged();
        }
        let (checked, updates) =
            join(checks(evidence, &presence).run(), judge_updates(&self.judge, &judged, about, evidence)).await;
        findings.checks(checked);
        findings.updates(updates);
        findings
    }
}

fn checks<'c>(evidence: &'c Evidence, presence: &'c Result<Presence, Unable>) -> Checks<'c> {
    let mut checks = Checks::new();
    match presence {
        Ok(Presence::Installed(installation)) => add_checks(&mut checks, evidence, installation),
        Ok(Presence::NotInstalled(absence)) => {
            for id in CHECKS {
                checks.add(id, async {
                    let finding = Finding::not_performed("IIS is not installed.");
                    Ok(absence.iter().fold(finding, |finding, question| finding.because(question)))
                });
            }
        }
        Err(unable) => {
            for id in CHECKS {
                checks.add(id, async { Err(unable.clone()) });
            }
        }
    }
    checks
}

fn add_checks<'c>(checks: &mut Checks<'c>, evidence: &'c Evidence, installation: &'c Installation) {
    checks.add(domain_controller::ID, domain_controller::check(installation));
    checks.add(sample_applications::ID, sample_applications::check(evidence, installation));
    checks.add(parent_paths::ID, parent_paths::check(evidence, installation));
}

wardline_plugin::export!(Iis);
