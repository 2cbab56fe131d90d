//! Microsoft Edge, the browser that is built on Chromium: its version and its missing security updates.

mod browser;
mod current;
mod versions;

use browser::{Browser, Presence};
use current::CurrentVersion;
use wardline_plugin::branches::Branches;
use wardline_plugin::builds::BuildTable;
use wardline_plugin::describe::Describing;
use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;

const CHECKS: Suite<Browser> = suite![CurrentVersion];

/// The channels of Edge with their names in catalogs.
const BRANCHES: &str = include_str!("../data/branches.tsv");
const EXTENDED: &str = "Microsoft Edge (Chromium-based) Extended Stable";

/// The checker for Microsoft Edge.
#[derive(Debug, Default)]
pub struct Edge {
    judge: Judge,
    branches: Branches,
}

impl Checker for Edge {
    fn describe() -> Description {
        let summary = "Judges the version and the security updates of Microsoft Edge.";
        let describing = describe("edge", env!("CARGO_PKG_VERSION"), summary)
            .checks(CHECKS)
            .judges_updates(["Microsoft Edge (Chromium-based)", EXTENDED]);
        browser::ASKS.into_iter().fold(describing, Describing::asks).into()
    }

    fn prepare(&mut self, mut updates: Vec<Update>) -> Result<(), String> {
        versions::remove_others(&mut updates);
        let table = BuildTable::parse(BRANCHES, Branches::COLUMNS).map_err(|error| error.to_string())?;
        self.branches = Branches::new(table, &mut updates);
        self.judge = Judge::new(updates);
        Ok(())
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let browser = match browser::find(cx.evidence).await {
            Ok(Presence::Installed(browser)) => browser,
            Ok(Presence::NotInstalled(questions)) => {
                let absent = Finding::not_performed("Microsoft Edge is not installed.");
                let finding = questions.iter().fold(absent, Finding::because);
                return CHECKS.conclude(|_| finding.clone()).into();
            }
            Err(unable) => return CHECKS.conclude(|_| unable.clone()).into(),
        };
        let of_channel = |name: &str| browser.extended_stable.is_none_or(|extended| extended == (name == EXTENDED));
        let installed = match browser.extended_stable {
            Some(_) => self.branches.installed(&browser.version, Some(browser.evidence), of_channel),
            None => Vec::new(),
        };
        let (checks, updates) = join(CHECKS.run(cx.with(&browser)), judge_updates(&self.judge, &installed, cx)).await;
        let mut findings = Findings::from(checks);
        findings.product(InstalledProduct {
            name: "Microsoft Edge (Chromium-based)".to_owned(),
            version: Some(browser.version.clone()),
            service_pack: None,
            subject: None,
        });
        findings.updates(self.branches.settle(&self.judge, updates));
        findings
    }
}

wardline_plugin::export!(Edge);
