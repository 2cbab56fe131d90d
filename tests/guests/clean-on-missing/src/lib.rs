//! A faulty plugin: what it cannot read, it calls good. It breaks the law `missing-evidence-is-never-passed`.

use wardline_plugin::prelude::*;

const LSA: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa";

#[derive(Debug)]
pub struct CleanOnMissing;

impl Checker for CleanOnMissing {
    fn describe() -> Description {
        describe("clean-on-missing", "0.1.0", "Looks at who may list accounts, and trusts what it cannot read.")
            .check("anonymous-access", "Anonymous access", &[], "Whoever can list accounts can guess at passwords.")
            .asks_registry(LSA)
            .into()
    }

    fn prepare(_: Vec<Update>) -> Result<Self, String> {
        Ok(CleanOnMissing)
    }

    async fn detect(&self, _: &About, evidence: &Evidence) -> Findings {
        let mut checks = Checks::new();
        checks.add("anonymous-access", async {
            let reply = evidence.registry_value(LSA, "RestrictAnonymous").await;
            // The fault: the error of a value that is not to be had is dropped, and the check goes on without it.
            let Ok(value) = reply.optional() else {
                return Ok(Finding::passed("Nothing is open to the anonymous."));
            };
            let restricted = value.as_ref().and_then(|data| data.as_dword()).unwrap_or(0);
            Ok(match restricted {
                0 => Finding::critical("Anyone can list accounts and shares.").because(&value),
                _ => Finding::passed("The anonymous cannot list accounts.").because(&value),
            })
        });
        Findings::from(checks.run().await)
    }
}

wardline_plugin::export!(CleanOnMissing);
