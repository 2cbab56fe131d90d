//! Internet Explorer, Outlook Express and Office 97 to 2003: the installed products, their missing updates, and the users'
//! security settings.

mod enhanced_security;
mod macro_security;
mod office;
mod outlook_zones;
mod product;
mod url_action;
mod users;
mod zones;

use product::Presence;
use wardline_plugin::judge::{Installed, Judge};
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;
use wardline_plugin::version;

/// The plugin: the judge with the catalog's updates for the browser, the mail program and Office.
#[derive(Debug)]
pub struct Ie {
    judge: Judge,
}

impl Checker for Ie {
    fn describe() -> Description {
        use {macro_security as m, outlook_zones as o, zones as z};
        let summary = "Judges Internet Explorer and Office: updates, security zones, macros.";
        let mut describing = describe("ie", env!("CARGO_PKG_VERSION"), summary)
            .mbsa_check(z::ID, 118, z::TITLE, z::COLUMNS, z::EXPLANATION)
            .mbsa_check(o::ID, 120, o::TITLE, o::COLUMNS, o::EXPLANATION)
            .mbsa_check(m::ID, 124, m::TITLE, m::COLUMNS, m::EXPLANATION)
            .judges_updates(product::PRODUCTS.iter().copied())
            .judges_updates(office::PRODUCTS.iter().copied())
            .asks(Scope::Profiles)
            .asks_registry(product::INTERNET_EXPLORER)
            .asks_registry(product::INTERNET_SETTINGS)
            .asks_registry(zones::POLICY)
            .asks_file(product::MSHTML)
            .asks_file(product::IEXPLORE)
            .asks_file(product::OUTLOOK_EXPRESS)
            .setting(m::SETTING, m::SETTING_EXPLANATION, SettingValue::Text(m::SETTING_DEFAULT.to_owned()));
        for group in &enhanced_security::GROUPS {
            use enhanced_security::{COLUMNS, EXPLANATION};
            describing =
                describing.mbsa_check(group.id, group.mbsa, group.title, COLUMNS, EXPLANATION).asks_registry(group.key);
        }
        let keys = zones::PATTERNS.iter().chain(&o::PATTERNS).chain(&m::PATTERNS).chain(&office::KEYS);
        let describing = keys.fold(describing, |describing, pattern| describing.asks_registry(pattern));
        office::FILES.iter().fold(describing, |describing, pattern| describing.asks_file(pattern)).into()
    }

    fn prepare(updates: Vec<Update>) -> Result<Self, String> {
        Ok(Ie { judge: Judge::new(updates) })
    }

    async fn detect(&self, about: &About, evidence: &Evidence) -> Findings {
        let office = office::find(evidence).await;
        let mut checks = Checks::new();
        checks.add(zones::ID, zones::check(evidence));
        checks.add(outlook_zones::ID, outlook_zones::check(&office, evidence));
        checks.add(macro_security::ID, macro_security::check(about, &office, evidence));
        for group in &enhanced_security::GROUPS {
            checks.add(group.id, enhanced_security::check(group, evidence));
        }
        let mut findings = Findings::from(checks.run().await);

        // The checks report the obstacles to finding the products.
        let mut products = Vec::new();
        if let Ok(Presence::Installed(browser)) = product::browser(evidence).await {
            products.extend(product::installed(&browser, evidence).await.into_iter().map(of_explorer));
        }
        if let Ok(office) = &office {
            products.extend(office.products());
        }
        let (products, installed): (Vec<_>, Vec<_>) = products.into_iter().unzip();
        products.into_iter().for_each(|product| findings.product(product));
        findings.updates(judge_updates(&self.judge, &installed, about, evidence).await);
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
