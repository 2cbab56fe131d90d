//! Microsoft Office, and the security settings of its programs: Office 97 to 2003 by their files and service packs, later releases
//! by their builds.

mod click_to_run;
mod end_of_support;
mod installer;
mod macro_security;
mod office;
mod outlook_zones;
mod patches;
mod roots;

use std::collections::BTreeMap;

use click_to_run::{Edition, SelfUpdate};
use installer::Program;
use macro_security::MacroSecurity;
use outlook_zones::OutlookZones;
use wardline_plugin::branches::Branches;
use wardline_plugin::builds::BuildTable;
use wardline_plugin::describe::Describing;
use wardline_plugin::judge::{Installed, Judge};
use wardline_plugin::prelude::*;
use wardline_plugin::support::LIFECYCLE_COLUMNS;
use wardline_plugin::updates::judge_updates;

const OF_PROGRAMS: Suite<office::Detected> = suite![OutlookZones, MacroSecurity];
const OF_CLICK_TO_RUN: Suite<click_to_run::Detected> = suite![SelfUpdate];

const BY_INSTALLER: &str = include_str!("../data/installer-branches.tsv");
const SUITES: &str = include_str!("../data/suite-branches.tsv");
const BY_CLICK_TO_RUN: &str = include_str!("../data/click-to-run-branches.tsv");

/// The names of Office 2007 and later in catalogs.
const CATALOG_NAMES: [&str; 13] = [
    "Microsoft Office 20*",
    "Microsoft Office LTSC *",
    "Microsoft 365 Apps *",
    "Office 365 ProPlus *",
    "Microsoft Word 20*",
    "Microsoft Excel 20*",
    "Microsoft PowerPoint 20*",
    "Microsoft Outlook 20*",
    "Microsoft Access 20*",
    "Microsoft Publisher 20*",
    "Microsoft OneNote 20*",
    "Microsoft Visio 20*",
    "Microsoft Project 20*",
];

/// The checker for Office.
#[derive(Debug, Default)]
pub struct Office {
    judge: Judge,
    by_installer: Branches,
    /// Not cumulative: an update of the suite as a whole replaces some of many shared files, each with a version of its own.
    suites: Branches,
    by_click_to_run: Branches,
    lifecycle: BuildTable,
}

/// The installed programs of Office, found by release.
struct Found {
    classic: office::Detected,
    programs: Result<Vec<Program>, Unable>,
    click_to_run: click_to_run::Detected,
}

impl Checker for Office {
    fn describe() -> Description {
        let summary = "Judges Microsoft Office: updates, support, macros and mail zones.";
        let describing = describe("office", env!("CARGO_PKG_VERSION"), summary)
            .checks(OF_PROGRAMS)
            .checks(OF_CLICK_TO_RUN)
            .check(end_of_support::INFO)
            .judges_updates(office::PRODUCTS.iter().copied().chain(CATALOG_NAMES));
        let describing = end_of_support::SETTINGS.into_iter().fold(describing, Describing::setting);
        let asks = roots::ASKS
            .into_iter()
            .chain(office::ASKS)
            .chain(installer::ASKS)
            .chain(click_to_run::ASKS)
            .chain(patches::ASKS);
        asks.fold(describing, Describing::asks).into()
    }

    fn prepare(&mut self, mut updates: Vec<Update>) -> Result<(), String> {
        let table = |text, columns| BuildTable::parse(text, columns).map_err(|error| error.to_string());
        self.lifecycle = table(end_of_support::LIFECYCLE, LIFECYCLE_COLUMNS)?;
        self.by_installer = Branches::new(table(BY_INSTALLER, Branches::COLUMNS)?, &mut updates);
        self.suites = Branches::new(table(SUITES, Branches::COLUMNS)?, &mut updates);
        self.by_click_to_run = Branches::new(table(BY_CLICK_TO_RUN, Branches::COLUMNS)?, &mut updates);
        self.judge = Judge::new(updates);
        Ok(())
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let (roots, system, click_to_run) =
            join3(roots::find(cx.evidence), cx.evidence.system(), click_to_run::find(cx.evidence)).await;
        let architecture = system.known().and_then(|system| system.architecture.clone());
        let (classic, programs) = match roots {
            Ok(roots) => {
                let programs = installer::find(&roots, cx.evidence, architecture.as_deref());
                join(office::find(&roots, cx.evidence), programs).await
            }
            // Nothing is known of the programs that Windows Installer installs, either: said once.
            Err(error) => (Err(error), Ok(Vec::new())),
        };
        let found = Found { classic, programs, click_to_run };

        let mut findings = Findings::from(OF_PROGRAMS.run(cx.with(&found.classic)).await);
        findings.checks(OF_CLICK_TO_RUN.run(cx.with(&found.click_to_run)).await);
        self.support(cx, &found, &mut findings);
        let (products, installed) = self.products(&found);
        products.into_iter().for_each(|product| findings.product(product));
        let (judged, applied) = join(judge_updates(&self.judge, &installed, cx), patches::find(cx.evidence)).await;
        let judged = judged.into_iter().map(|judged| patches::apply(&self.judge, &applied, judged)).collect();
        let judged = self.by_installer.settle(&self.judge, judged);
        findings.updates(self.by_click_to_run.settle(&self.judge, judged));
        findings
    }
}

impl Office {
    /// Reports the support of each release, once.
    fn support(&self, cx: Context<'_>, found: &Found, findings: &mut Findings) {
        let mut years: BTreeMap<u32, u32> = BTreeMap::new();
        let mut unable: Option<Unable> = None;
        let mut absent: Vec<u32> = Vec::new();
        let mut lacks = |error: &Unable| {
            unable = Some(match unable.take() {
                Some(first) => first.along_with(error.clone()),
                None => error.clone(),
            });
        };
        match &found.classic {
            Ok(office) => {
                absent.extend(&office.evidence);
                years.extend(office.programs.iter().map(|program| (program.release.released, program.evidence)));
            }
            Err(error) => lacks(error),
        }
        match &found.programs {
            Ok(programs) => years.extend(programs.iter().map(|program| (program.year, program.evidence))),
            Err(error) => lacks(error),
        }
        let mut subscription = None;
        match &found.click_to_run {
            Ok(Ok(installation)) => {
                for edition in &installation.editions {
                    match edition {
                        Edition::Year(year) => years.extend([(*year, installation.evidence)]),
                        Edition::Subscription => subscription = Some(installation),
                    }
                }
            }
            Ok(Err(questions)) => absent.extend(questions),
            Err(error) => lacks(error),
        }
        let id = end_of_support::INFO.id;
        for (year, evidence) in &years {
            let name =
                self.lifecycle.of(&year.to_string()).next().map_or("Office", |release| release.cell(0)).to_owned();
            findings.check_about(id, name, end_of_support::judge(&self.lifecycle, *year, *evidence, cx.about));
        }
        if let Some(installation) = subscription {
            let summary = "Microsoft 365 Apps are supported as long as they are kept up to date.";
            let row = ["Microsoft 365 Apps", &installation.version, "", ""];
            let finding =
                Finding::informational(summary).row(row, Grade::Informational).because(&installation.evidence);
            findings.check_about(id, "Microsoft 365 Apps", finding);
        }
        match unable {
            Some(unable) => findings.check(id, unable),
            None if years.is_empty() && subscription.is_none() => {
                let finding = Finding::not_performed("Office is not installed.");
                findings.check(id, absent.iter().fold(finding, Finding::because));
            }
            None => {}
        }
    }

    /// Returns the products for the report and for the judge.
    fn products(&self, found: &Found) -> (Vec<InstalledProduct>, Vec<Installed>) {
        let (mut products, mut installed): (Vec<_>, Vec<_>) =
            found.classic.as_ref().map(office::Office::products).unwrap_or_default().into_iter().unzip();
        let product = |name: String, version: &str| InstalledProduct {
            name,
            version: Some(version.to_owned()),
            service_pack: None,
            subject: None,
        };
        let bits = |is_32_bit| if is_32_bit { "32-bit" } else { "64-bit" };
        let is_of = |name: &str, is_32_bit: bool| !name.contains("-bit") || name.contains(bits(is_32_bit));
        for program in found.programs.iter().flatten() {
            products.push(product(format!("Microsoft {} {}", program.name, program.year), &program.version));
            let named = |branches: &Branches, name: &str| {
                let start = format!("Microsoft {name} {}", program.year);
                let is_named = |name: &str| is_of(name, program.is_32_bit) && name.starts_with(&start);
                branches.installed(&program.version, Some(program.evidence), is_named)
            };
            installed.extend(named(&self.by_installer, program.name));
            // The version of one program says nothing of the shared files.
            for suite in named(&self.suites, "Office") {
                if !installed.iter().any(|other: &Installed| other.product == suite.product) {
                    installed.push(Installed { build: None, ..suite });
                }
            }
        }
        if let Ok(Ok(installation)) = &found.click_to_run {
            for edition in &installation.editions {
                products.push(product(edition.name(), &installation.version));
                let of_edition = |name: &str| is_of(name, installation.is_32_bit) && edition.is_named(name);
                let evidence = Some(installation.evidence);
                installed.extend(self.by_click_to_run.installed(&installation.version, evidence, of_edition));
            }
        }
        (products, installed)
    }
}

wardline_plugin::export!(Office);
