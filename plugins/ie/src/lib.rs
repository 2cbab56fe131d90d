//! Internet Explorer and Outlook Express: the installed products, their missing updates, and the users' security zones.

mod enhanced_security;
mod product;
mod url_action;
mod zones;

use product::Presence;
use wardline_plugin::describe::Describing;
use wardline_plugin::judge::{Installed, Judge};
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;
use wardline_plugin::version;
use zones::Zones;

const CHECKS: Suite = suite![Zones, enhanced_security::ForAdministrators, enhanced_security::ForUsers];

/// The plugin: the judge with the catalog's updates for the browser and its mail program.
#[derive(Debug, Default)]
pub struct Ie {
    judge: Judge,
}

impl Checker for Ie {
    fn describe() -> Description {
        let summary = "Judges Internet Explorer and Outlook Express: updates and security zones.";
        let describing = describe("ie", env!("CARGO_PKG_VERSION"), summary)
            .checks(CHECKS)
            .judges_updates(product::PRODUCTS.iter().copied());
        product::ASKS.into_iter().fold(describing, Describing::asks).into()
    }

    fn prepare(&mut self, updates: Vec<Update>) -> Result<(), String> {
        self.judge = Judge::new(updates);
        Ok(())
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let mut findings = Findings::from(CHECKS.run(cx).await);

        // The checks report the obstacles to finding the products.
        let mut products = Vec::new();
        if let Ok(Presence::Installed(browser)) = product::browser(cx.evidence).await {
            products.extend(product::installed(&browser, cx.evidence).await.into_iter().map(of_explorer));
        }
        let (products, installed): (Vec<_>, Vec<_>) = products.into_iter().unzip();
        products.into_iter().for_each(|product| findings.product(product));
        findings.updates(judge_updates(&self.judge, &installed, cx).await);
        findings
    }
}

/// Returns a product for the report and for the judge.
fn of_explorer(found: product::Found) -> (InstalledProduct, Installed) {
    let version = version::show(&found.version);
    let product = InstalledProduct {
        name: found.product.clone(),
        version: Some(version.clone()),
        service_pack: found.level.filter(|level| *level > 0).map(|level| format!("Service Pack {}", level / 10)),
        subject: None,
    };
    (product, Installed::new(found.product, found.level).with_build(version, Some(found.evidence)))
}

wardline_plugin::export!(Ie);
