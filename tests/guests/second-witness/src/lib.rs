//! A faulty plugin that passes a check by evidence of another hive than the one that is missing. It breaks the law
//! `missing-hive-leaves-nothing-passed`.

use wardline_plugin::prelude::*;

#[derive(Debug, Default)]
pub struct SecondWitness;

const CHECKS: Suite = suite![Windows];

impl Checker for SecondWitness {
    fn describe() -> Description {
        describe("second-witness", "0.1.0", "Looks whether it is a Windows that it is looking at, and asks around.")
            .checks(CHECKS)
            .into()
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        CHECKS.run(cx).await.into()
    }
}

struct Windows;

impl Check for Windows {
    const INFO: CheckInfo =
        CheckInfo::new("windows", "Windows").explanation("What is no Windows has none of its weaknesses.");
    const ASKS: &'static [Asks] = &[Asks::System, Asks::Accounts];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let (system, accounts) = (cx.evidence.system().await, cx.evidence.accounts().await);
        if let Ok(system) = system.required() {
            return Ok(Finding::passed("The registry says that it is Windows.").because(&system));
        }
        // The fault: accounts are in another hive, and say nothing about what this one would have said.
        let accounts = accounts.required()?;
        Ok(Finding::passed("It has accounts, so it is Windows.").because(&accounts))
    }
}

wardline_plugin::export!(SecondWitness);
