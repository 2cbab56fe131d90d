//! A faulty plugin: it asks for more than it declares. It breaks the law `asks-only-what-it-declares`.

use wardline_plugin::prelude::*;

const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";

#[derive(Debug)]
pub struct AsksOutside;

impl Checker for AsksOutside {
    fn describe() -> Description {
        describe("asks-outside", "0.1.0", "Looks at the automatic logon, and meanwhile at who there is.")
            .check("automatic-logon", "Automatic logon", &[], "Whoever switches the machine on is logged on.")
            .asks_registry(WINLOGON)
            .into()
    }

    fn prepare(_: Vec<Update>) -> Result<Self, String> {
        Ok(AsksOutside)
    }

    async fn detect(&self, _: &About, evidence: &Evidence) -> Findings {
        let mut checks = Checks::new();
        checks.add("automatic-logon", async {
            let value = evidence.registry_value(WINLOGON, "AutoAdminLogon").await.optional()?;
            if value.as_ref().and_then(|data| data.as_text()).is_none_or(|text| text == "0") {
                return Ok(Finding::passed("Nobody is logged on automatically.").because(&value));
            }
            // The fault: accounts are not among the scopes. Only machines with an automatic logon show it.
            let accounts = evidence.accounts().await;
            let known = accounts.known().map_or(0, Vec::len);
            Ok(Finding::critical(format!("One of {known} accounts is logged on automatically.")).because(&value))
        });
        Findings::from(checks.run().await)
    }
}

wardline_plugin::export!(AsksOutside);
