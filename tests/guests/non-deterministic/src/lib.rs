//! A faulty plugin whose findings depend on addresses in its memory. It breaks the law `renaming-changes-nothing`.
//!
//! A plugin imports nothing, starts on every target from the same memory, and gets neither threads nor numbers whose bits differ
//! between processors. Only its input can make a difference: on a target without a source of randomness, the standard library seeds
//! its hash maps from addresses on the stack and the heap, and the free places on the heap depend on everything that was put there
//! before, including the target's name.

use std::collections::HashMap;

use wardline_plugin::prelude::*;

const WINDOWS: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

#[derive(Debug, Default)]
pub struct NonDeterministic;

const CHECKS: Suite = suite![AboutWindows];

impl Checker for NonDeterministic {
    fn describe() -> Description {
        describe("non-deterministic", "0.1.0", "Lists what Windows says about itself, in an order of chance.")
            .checks(CHECKS)
            .into()
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        CHECKS.run(cx).await.into()
    }
}

struct AboutWindows;

impl Check for AboutWindows {
    const INFO: CheckInfo = CheckInfo::new("about-windows", "About Windows")
        .columns(&["Value"])
        .explanation("For people who look after many machines.");
    const ASKS: &'static [Asks] = &[Asks::Registry(WINDOWS)];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let key = cx.evidence.registry_key(WINDOWS).await.required()?;
        let values: HashMap<&str, &RegistryData> =
            key.values.iter().map(|value| (value.name.as_str(), &value.data)).collect();
        let finding = Finding::informational(format!("{} values are set.", values.len())).because(&key);
        // The fault: the findings are reported in the order of a hash map.
        Ok(values.keys().fold(finding, |finding, name| finding.row([*name], Grade::Informational)))
    }
}

wardline_plugin::export!(NonDeterministic);
