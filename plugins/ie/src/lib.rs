//! Internet Explorer and Outlook Express: which are installed, which of their updates are missing, and how the users' security
//! zones stand.

mod product;
mod url_action;
mod zones;

use wardline_plugin::judge::{Installed, Judge};
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;
use wardline_plugin::version;

/// The plugin: the judge with the catalog's updates for browser and mail program.
#[derive(Debug)]
pub struct Ie {
    judge: Judge,
}

impl Checker for Ie {
    fn describe() -> Description {
        let describing =
            describe("ie", env!("CARGO_PKG_VERSION"), "Judges Internet Explorer: updates and security zones.")
                .mbsa_check(zones::ID, 118, zones::TITLE, zones::COLUMNS, zones::EXPLANATION)
                .judges_updates(product::PRODUCTS.iter().copied())
                .asks(Scope::System)
                .asks(Scope::Profiles)
                .asks_registry(product::INTERNET_EXPLORER)
                .asks_registry(product::INTERNET_SETTINGS)
                .asks_registry(zones::POLICY)
                .asks_file(product::MSHTML)
                .asks_file(product::OUTLOOK_EXPRESS);
        zones::PATTERNS.iter().fold(describing, |describing, pattern| describing.asks_registry(pattern)).into()
    }

    fn prepare(updates: Vec<Update>) -> Result<Self, String> {
        Ok(Ie { judge: Judge::new(updates) })
    }

    async fn detect(&self, about: &About, evidence: &Evidence) -> Findings {
        let mut checks = Checks::new();
        checks.add(zones::ID, zones::check(evidence));
        let mut findings = Findings::from(checks.run().await);

        // What hinders it is said by the check of the zones.
        let Ok((Some(browser), _)) = product::browser(evidence).await else { return findings };
        let mut installed = Vec::new();
        for found in product::installed(&browser, evidence).await {
            findings.product(InstalledProduct {
                name: found.product.clone(),
                version: Some(version::show(&found.version)),
                service_pack: (found.level > 0).then(|| format!("Service Pack {}", found.level / 10)),
                subject: None,
            });
            installed.push(
                Installed::new(found.product, Some(found.level))
                    .with_build(version::show(&found.version), Some(found.evidence)),
            );
        }
        findings.updates(judge_updates(&self.judge, &installed, about, evidence).await);
        findings
    }
}

wardline_plugin::export!(Ie);
