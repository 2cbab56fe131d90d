//! A faulty plugin that passes over the one member of a list that it cannot judge. It breaks the law `odd-member-hides-nothing`.

use wardline_plugin::prelude::*;

#[derive(Debug, Default)]
pub struct SkipsTheOdd;

const CHECKS: Suite = suite![BlankPasswords];

impl Checker for SkipsTheOdd {
    fn describe() -> Description {
        describe("skips-the-odd", "0.1.0", "Looks for accounts without a password.").checks(CHECKS).into()
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        CHECKS.run(cx).await.into()
    }
}

struct BlankPasswords;

impl Check for BlankPasswords {
    const INFO: CheckInfo = CheckInfo::new("blank-passwords", "Blank passwords")
        .explanation("Anyone can log on to an account without a password.");
    const ASKS: &'static [Asks] = &[Asks::Accounts];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let accounts = cx.evidence.accounts().await.required()?;
        // The fault: a password about which nothing is known counts as not blank, and the finding does not say so.
        let blank = accounts.iter().any(|account| account.password == PasswordQuality::Blank);
        Ok(match blank {
            true => Finding::critical("An account has no password.").because(&accounts),
            false => Finding::passed("All accounts have a password.").because(&accounts),
        })
    }
}

wardline_plugin::export!(SkipsTheOdd);
