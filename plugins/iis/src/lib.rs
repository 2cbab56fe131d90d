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

use futures_util::future::join;
use product::{Installation, Leftover, Presence};
use source::{Settings, Source};
use wardline_plugin::finding::CheckedFinding;
use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;

const CHECKS: [&str; 8] = [
    domain_controller::ID,
    logging::ID,
    sample_applications::ID,
    iisadmpwd::ID,
    parent_paths::ID,
    status::ID,
    lockdown_tool::ID,
    msadc_and_scripts::ID,
];

/// The checks that need only the configuration.
const OF_SETTINGS: [&str; 4] = [logging::ID, iisadmpwd::ID, parent_paths::ID, msadc_and_scripts::ID];

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
            "A vulnerability in a web server on a domain controller exposes every account in the domain.",
        )
        .mbsa_check(
            logging::ID,
            307,
            "Logging",
            &["Site", "Path", "Log"],
            "Without a log, there is no record of who requested what from a server. The W3C extended format records \
             most of it.",
        )
        .mbsa_check(
            sample_applications::ID,
            308,
            "IIS sample applications",
            &["Folder"],
            "The samples show how to program IIS. They are not designed to withstand attacks, and several of them let \
             anyone read or run files.",
        )
        .mbsa_check(
            iisadmpwd::ID,
            309,
            "IISADMPWD virtual folder",
            &["Site", "Virtual folder", "Directory"],
            "Its pages change a Windows password for anyone who knows the old one, and let strangers guess passwords.",
        )
        .mbsa_check(
            parent_paths::ID,
            311,
            "Parent paths",
            &["Site", "Path", "Set at"],
            "When parent paths are on, an ASP page can use `..` in file names, so a mistake in the page can give \
             access outside the site's folder.",
        )
        .mbsa_check(
            status::ID,
            314,
            "IIS status",
            &["Service", "Serves", "Start"],
            "An IIS service that is not needed should not be installed.",
        )
        .mbsa_check(
            lockdown_tool::ID,
            315,
            "IIS Lockdown tool",
            &[],
            "IIS 4 and 5 are installed with everything turned on. The tool turns off what a server does not need.",
        )
        .mbsa_check(
            msadc_and_scripts::ID,
            316,
            "MSADC and Scripts virtual folders",
            &["Site", "Virtual folder", "Directory"],
            "Anyone who requests a program in these folders can run it, and worms look for programs there.",
        )
        .judges_updates(product::CATALOG_NAMES)
        .asks(Scope::Services)
        .asks_registry(product::INETSTP)
        .asks_registry(product::PARAMETERS)
        .asks_registry(product::SERVICE_PACK_6A)
        .asks_file(product::INETINFO)
        .asks_file(sample_applications::SAMPLES)
        .asks_file(sample_applications::SAMPLES_ANYWHERE)
        .asks_file(sample_applications::HELP)
        .asks_file(sample_applications::MSADC)
        .asks_registry(lockdown_tool::KEY)
        .asks_file(lockdown_tool::FILES)
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
            join(checks(evidence, &presence), judge_updates(&self.judge, &judged, about, evidence)).await;
        findings.checks(checked);
        findings.updates(updates);
        findings
    }
}

async fn checks(evidence: &Evidence, presence: &Result<Presence, Unable>) -> Vec<CheckedFinding> {
    match presence {
        Ok(Presence::Installed(installation)) => checks_of(evidence, installation).await,
        Ok(Presence::NotInstalled(absence)) => {
            let finding = Finding::not_performed("IIS is not installed.");
            let finding = absence.iter().fold(finding, |finding, question| finding.because(question));
            same(&CHECKS, &Ok(finding)).await
        }
        Ok(Presence::Leftover(leftover)) => checks_of_leftover(leftover).await,
        Err(unable) => same(&CHECKS, &Err(unable.clone())).await,
    }
}

/// The status reports the traces; there is nothing else to check about them.
async fn checks_of_leftover(leftover: &Leftover) -> Vec<CheckedFinding> {
    let because =
        |finding: Finding| leftover.evidence.iter().fold(finding, |finding, question| finding.because(question));
    let mut checks = Checks::new();
    for id in CHECKS {
        let finding = match id {
            status::ID => Finding::informational(&leftover.summary),
            _ => Finding::not_performed("IIS is not installed."),
        };
        checks.add(id, async { Ok(because(finding)) });
    }
    checks.run().await
}

/// Returns the same finding for all of these checks.
async fn same(checks: &[&'static str], finding: &Result<Finding, Unable>) -> Vec<CheckedFinding> {
    let mut all = Checks::new();
    for id in checks {
        all.add(id, async { finding.clone() });
    }
    all.run().await
}

async fn checks_of(evidence: &Evidence, installation: &Installation) -> Vec<CheckedFinding> {
    let mut asking = Checks::new();
    asking.add(domain_controller::ID, domain_controller::check(installation));
    asking.add(sample_applications::ID, sample_applications::check(evidence, installation));
    asking.add(status::ID, status::check(evidence, installation));
    asking.add(lockdown_tool::ID, lockdown_tool::check(evidence, installation));
    let (mut checked, settings) = join(asking.run(), source::read(evidence, installation)).await;
    checked.extend(checks_of_settings(&settings).await);
    checked
}

/// Runs the checks of the configuration, which is read once for all of them.
async fn checks_of_settings(settings: &Result<Settings, Unable>) -> Vec<CheckedFinding> {
    let source: &Source = match settings {
        Ok(Settings::Read(source)) => source,
        Ok(Settings::NotRead(reason, question)) => {
            return same(&OF_SETTINGS, &Ok(Finding::not_performed(reason).because(question))).await;
        }
        Err(unable) => return same(&OF_SETTINGS, &Err(unable.clone())).await,
    };
    let mut checks = Checks::new();
    checks.add(logging::ID, async { logging::check(source) });
    checks.add(iisadmpwd::ID, async { Ok(iisadmpwd::check(source)) });
    checks.add(parent_paths::ID, async { Ok(parent_paths::check(source)) });
    checks.add(msadc_and_scripts::ID, async { Ok(msadc_and_scripts::check(source)) });
    checks.run().await
}

wardline_plugin::export!(Iis);
