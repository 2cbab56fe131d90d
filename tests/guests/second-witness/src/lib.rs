//! A faulty plugin: what one hive does not tell, it takes from another. It breaks the law
//! `missing-hive-leaves-nothing-passed`.

use wardline_plugin::prelude::*;

const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

#[derive(Debug)]
pub struct SecondWitness;

impl Checker for SecondWitness {
    fn describe() -> Description {
        describe("second-witness", "0.1.0", "Looks whether it is a Windows that it is looking at, and asks around.")
            .check("windows", "Windows", &[], "What is no Windows has none of its weaknesses.")
            .asks_registry(CURRENT_VERSION)
            .asks(Scope::Services)
            .into()
    }

    fn prepare(_: Vec<Update>) -> Result<Self, String> {
        Ok(SecondWitness)
    }

    async fn detect(&self, _: &About, evidence: &Evidence) -> Findings {
        let mut checks = Checks::new();
        checks.add("windows", async {
            if let Ok(version) = evidence.registry_key(CURRENT_VERSION).await.required() {
                return Ok(Finding::passed("The registry says that it is Windows.").because(&version));
            }
            // The fault: services stand in another hive, and say nothing about what this one would have said.
            let services = evidence.services().await.required()?;
            Ok(Finding::passed("It has services, so it is Windows.").because(&services))
        });
        Findings::from(checks.run().await)
    }
}

wardline_plugin::export!(SecondWitness);
