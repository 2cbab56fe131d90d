//! A faulty plugin: what it says depends on where its memory happens to lie. It breaks the law `renaming-changes-nothing`.
//!
//! A plugin imports nothing, starts on every target from the same memory, and gets neither threads nor numbers whose bits differ
//! between processors. What is left for chance is what it is given: the standard library seeds its hash maps, on a target
//! without a source of randomness, from addresses on the stack and the heap; and where the heap has room depends on all that
//! was put there before, the target's name among it.

use std::collections::HashMap;

use wardline_plugin::prelude::*;

const WINDOWS: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

#[derive(Debug)]
pub struct NonDeterministic;

impl Checker for NonDeterministic {
    fn describe() -> Description {
        describe("non-deterministic", "0.1.0", "Lists what Windows says about itself, in an order of chance.")
            .check("about-windows", "About Windows", &["Value"], "For people who look after many machines.")
            .asks_registry(WINDOWS)
            .into()
    }

    fn prepare(_: Vec<Update>) -> Result<Self, String> {
        Ok(NonDeterministic)
    }

    async fn detect(&self, _: &About, evidence: &Evidence) -> Findings {
        let mut checks = Checks::new();
        checks.add("about-windows", async {
            let key = evidence.registry_key(WINDOWS).await.required()?;
            let values: HashMap<&str, &RegistryData> =
                key.values.iter().map(|value| (value.name.as_str(), &value.data)).collect();
            let finding = Finding::informational(format!("{} values are set.", values.len())).because(&key);
            // The fault: a hash map's order is not one to report in.
            Ok(values.keys().fold(finding, |finding, name| finding.row([*name], Grade::Informational)))
        });
        Findings::from(checks.run().await)
    }
}

wardline_plugin::export!(NonDeterministic);
