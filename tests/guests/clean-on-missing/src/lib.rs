//! A faulty plugin that passes a check whose evidence it cannot read. It breaks the law `missing-evidence-is-never-passed`.

use wardline_plugin::prelude::*;

const LSA: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa";

#[derive(Debug, Default)]
pub struct CleanOnMissing;

const CHECKS: Suite = suite![AnonymousAccess];

impl Checker for CleanOnMissing {
    fn describe() -> Description {
        describe("clean-on-missing", "0.1.0", "Looks at who may list accounts, and trusts what it cannot read.")
            .checks(CHECKS)
            .into()
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        CHECKS.run(cx).await.into()
    }
}

struct AnonymousAccess;

impl Check for AnonymousAccess {
    const INFO: CheckInfo = CheckInfo::new("anonymous-access", "Anonymous access")
        .explanation("Whoever can list accounts can guess at passwords.");
    const ASKS: &'static [Asks] = &[Asks::Registry(LSA)];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let reply = cx.evidence.registry_value(LSA, "RestrictAnonymous").await;
        // The fault: the error of a value that cannot be read is dropped, and the check goes on without the value.
        let Ok(value) = reply.optional() else {
            return Ok(Finding::passed("Nothing is open to the anonymous."));
        };
        let restricted = value.as_ref().and_then(|data| data.as_dword()).unwrap_or(0);
        Ok(match restricted {
            0 => Finding::critical("Anyone can list accounts and shares.").because(&value),
            _ => Finding::passed("The anonymous cannot list accounts.").because(&value),
        })
    }
}

wardline_plugin::export!(CleanOnMissing);
