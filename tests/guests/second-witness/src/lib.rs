//! A faulty plugin: what one hive does not tell, it takes from another. It breaks the law
//! `missing-hive-leaves-nothing-passed`.

use wardline_plugin::prelude::*;

#[derive(Debug)]
pub struct SecondWitness;

impl Checker for SecondWitness {
    fn describe() -> Description {
        describe("second-witness", "0.1.0", "Looks whether it is a Windows that it is looking at, and asks around.")
            .check("windows", "Windows", &[], "What is no Windows has none of its weaknesses.")
            .asks(Scope::System)
            .asks(Scope::Accounts)
            .into()
    }

    fn prepare(_: Vec<Update>) -> Result<Self, String> {
        Ok(SecondWitness)
    }

    async fn detect(&self, _: &About, evidence: &Evidence) -> Findings {
        let mut checks = Checks::new();
        checks.add("windows", async {
            let (system, accounts) = (evidence.system().await, evidence.accounts().await);
            if let Ok(system) = system.required() {
                return Ok(Finding::passed("The registry says that it is Windows.").because(&system));
            }
            // The fault: accounts are in another hive, and say nothing about what this one would have said.
            let accounts = accounts.required()?;
            Ok(Finding::passed("It has accounts, so it is Windows.").because(&accounts))
        });
        Findings::from(checks.run().await)
    }
}

wardline_plugin::export!(SecondWitness);
