//! Internet Information Services: the installed version, its missing updates, and its configuration.

mod appcmd;
mod application_host;
mod configuration;
mod domain_controller;
mod iisadmpwd;
mod inherited;
mod lockdown_tool;
mod logging;
mod metabase;
mod msadc_and_scripts;
mod parent_paths;
mod product;
mod sample_applications;
mod source;
mod status;
mod text_file;
mod virtual_folders;
mod xml;

use domain_controller::DomainController;
use iisadmpwd::Iisadmpwd;
use lockdown_tool::LockdownTool;
use logging::Logging;
use msadc_and_scripts::MsadcAndScripts;
use parent_paths::ParentPaths;
use product::{Installation, Presence};
use sample_applications::SampleApplications;
use source::{Settings, Source};
use status::Status;
use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;

const OF_INSTALLATION: Suite<Installation> = suite![DomainController, SampleApplications, Status, LockdownTool];

/// The checks of the configuration, which is read once for all of them.
const OF_CONFIGURATION: Suite<Source> = suite![Logging, Iisadmpwd, ParentPaths, MsadcAndScripts];

/// The checker for Internet Information Server and Services.
#[derive(Debug, Default)]
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
        .checks(OF_INSTALLATION)
        .checks(OF_CONFIGURATION)
        .judges_updates(product::CATALOG_NAMES)
        .asks(Asks::Services)
        .asks(Asks::Registry(product::INETSTP))
        .asks(Asks::Registry(product::PARAMETERS))
        .asks(Asks::Registry(product::SERVICE_PACK_6A))
        .asks(Asks::File(product::INETINFO))
        .asks(Asks::Text(metabase::FILE))
        .asks(Asks::Text(application_host::FILE))
        .asks(Asks::Text(application_host::REDIRECTION))
        .into()
    }

    fn prepare(&mut self, updates: Vec<Update>) -> Result<(), String> {
        self.judge = Judge::new(updates);
        Ok(())
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let presence = product::detect(cx.evidence).await;
        let mut findings = Findings::new();
        let mut judged = Vec::new();
        if let Ok(Presence::Installed(installation)) = &presence {
            installation.products().into_iter().for_each(|product| findings.product(product));
            judged = installation.judged();
        }
        let (checked, updates) = join(checks(cx, &presence), judge_updates(&self.judge, &judged, cx)).await;
        findings.checks(checked);
        findings.updates(updates);
        findings
    }
}

async fn checks(cx: Context<'_>, presence: &Result<Presence, Unable>) -> Vec<CheckedFinding> {
    let not_installed = "IIS is not installed.";
    match presence {
        Ok(Presence::Installed(installation)) => checks_of(cx.with(&**installation)).await,
        Ok(Presence::NotInstalled(absence)) => {
            conclude(&|_| absence.iter().fold(Finding::not_performed(not_installed), Finding::because))
        }
        // The status reports the traces; there is nothing else to check about them.
        Ok(Presence::Leftover(leftover)) => conclude(&|check| {
            let finding = match check == Status::INFO {
                true => Finding::informational(&leftover.summary),
                false => Finding::not_performed(not_installed),
            };
            leftover.evidence.iter().fold(finding, Finding::because)
        }),
        Err(unable) => conclude(&|_| unable.clone().into()),
    }
}

/// Returns a ready finding for every check.
fn conclude(finding: &dyn Fn(CheckInfo) -> Finding) -> Vec<CheckedFinding> {
    [OF_INSTALLATION.conclude(finding), OF_CONFIGURATION.conclude(finding)].concat()
}

async fn checks_of(cx: Context<'_, Installation>) -> Vec<CheckedFinding> {
    let (mut checked, settings) = join(OF_INSTALLATION.run(cx), source::read(cx.evidence, cx.subject)).await;
    checked.extend(match &settings {
        Ok(Settings::Read(source)) => OF_CONFIGURATION.run(cx.with(&**source)).await,
        Ok(Settings::NotRead(reason, question)) => {
            OF_CONFIGURATION.conclude(|_| Finding::not_performed(reason).because(question))
        }
        Err(unable) => OF_CONFIGURATION.conclude(|_| unable.clone()),
    });
    checked
}

wardline_plugin::export!(Iis);
