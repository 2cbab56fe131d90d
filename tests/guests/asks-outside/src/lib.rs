//! A faulty plugin that asks for more than it declares. It breaks the law `asks-only-what-it-declares`.

use wardline_plugin::prelude::*;

const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";

#[derive(Debug, Default)]
pub struct AsksOutside;

const CHECKS: Suite = suite![AutomaticLogon];

impl Checker for AsksOutside {
    fn describe() -> Description {
        describe("asks-outside", "0.1.0", "Looks at the automatic logon, and meanwhile at who there is.")
            .checks(CHECKS)
            .into()
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        CHECKS.run(cx).await.into()
    }
}

struct AutomaticLogon;

impl Check for AutomaticLogon {
    const INFO: CheckInfo = CheckInfo::new("automatic-logon", "Automatic logon")
        .explanation("Whoever switches the machine on is logged on.");
    const ASKS: &'static [Asks] = &[Asks::Registry(WINLOGON)];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let value = cx.evidence.registry_value(WINLOGON, "AutoAdminLogon").await.optional()?;
        if value.as_ref().and_then(|data| data.as_text()).is_none_or(|text| text == "0") {
            return Ok(Finding::passed("Nobody is logged on automatically.").because(&value));
        }
        // The fault: accounts are not among the scopes. Only machines with an automatic logon show it.
        let accounts = cx.evidence.accounts().await;
        let known = accounts.known().map_or(0, Vec::len);
        Ok(Finding::critical(format!("One of {known} accounts is logged on automatically.")).because(&value))
    }
}

wardline_plugin::export!(AsksOutside);
