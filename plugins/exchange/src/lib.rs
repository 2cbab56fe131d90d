//! Exchange Server: the installed level, its missing security updates, and the end of its support.

mod end_of_support;
mod product;
mod status;

use end_of_support::{EndOfSupport, LIFECYCLE};
use product::{Presence, Server};
use status::Status;
use wardline_plugin::branches::Branches;
use wardline_plugin::builds::BuildTable;
use wardline_plugin::describe::Describing;
use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;
use wardline_plugin::support::LIFECYCLE_COLUMNS;
use wardline_plugin::updates::judge_updates;

const CHECKS: Suite<Examined> = suite![Status, EndOfSupport];

/// The levels of Exchange Server with their names in catalogs.
const BRANCHES: &str = include_str!("../data/branches.tsv");

/// The checker for Exchange Server.
#[derive(Debug, Default)]
pub struct Exchange {
    judge: Judge,
    branches: Branches,
    lifecycle: BuildTable,
}

/// The subject of the checks.
#[derive(Debug)]
struct Examined {
    server: Server,
    /// The levels with the end of their support.
    lifecycle: BuildTable,
}

impl Checker for Exchange {
    fn describe() -> Description {
        let summary = "Judges the security updates and the support of Exchange Server.";
        let describing = describe("exchange", env!("CARGO_PKG_VERSION"), summary)
            .checks(CHECKS)
            .judges_updates(["Microsoft Exchange Server 20*", "Microsoft Exchange Server Subscription Edition*"]);
        product::ASKS.into_iter().fold(describing, Describing::asks).into()
    }

    fn prepare(&mut self, mut updates: Vec<Update>) -> Result<(), String> {
        let table = |text, columns| BuildTable::parse(text, columns).map_err(|error| error.to_string());
        self.lifecycle = table(LIFECYCLE, LIFECYCLE_COLUMNS)?;
        self.branches = Branches::new(table(BRANCHES, Branches::COLUMNS)?, &mut updates);
        self.judge = Judge::new(updates);
        Ok(())
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let server = match product::find(cx.evidence).await {
            Ok(Presence::Installed(server)) => server,
            Ok(Presence::NotInstalled(questions)) => {
                let absent = Finding::not_performed("Exchange Server is not installed.");
                let finding = questions.iter().fold(absent, Finding::because);
                return CHECKS.conclude(|_| finding.clone()).into();
            }
            Err(unable) => return CHECKS.conclude(|_| unable.clone()).into(),
        };
        let installed = match server.exact {
            true => self.branches.installed(&server.build, Some(server.evidence), |_| true),
            false => Vec::new(),
        };
        let product = InstalledProduct {
            name: self.lifecycle.of(&server.build).next().map_or("Exchange Server", |level| level.cell(0)).to_owned(),
            version: Some(server.build.clone()),
            service_pack: None,
            subject: None,
        };
        let examined = Examined { server, lifecycle: self.lifecycle.clone() };
        let (checks, updates) = join(CHECKS.run(cx.with(&examined)), judge_updates(&self.judge, &installed, cx)).await;
        let mut findings = Findings::from(checks);
        findings.product(product);
        findings.updates(self.branches.settle(&self.judge, updates));
        findings
    }
}

wardline_plugin::export!(Exchange);
