//! A faulty plugin: of the members of a list it passes over the one that it cannot judge. It breaks the law
//! `odd-member-hides-nothing`.

use wardline_plugin::prelude::*;

#[derive(Debug)]
pub struct SkipsTheOdd;

impl Checker for SkipsTheOdd {
    fn describe() -> Description {
        describe("skips-the-odd", "0.1.0", "Looks for accounts without a password.")
            .check("blank-passwords", "Blank passwords", &[], "Anyone can log on to an account without a password.")
            .asks(Scope::Accounts)
            .into()
    }

    fn prepare(_: Vec<Update>) -> Result<Self, String> {
        Ok(SkipsTheOdd)
    }

    async fn detect(&self, _: &About, evidence: &Evidence) -> Findings {
        let mut checks = Checks::new();
        checks.add("blank-passwords", async {
            let accounts = evidence.accounts().await.required()?;
            // The fault: a password of which nothing is known is none that is blank, and nobody says so.
            let blank = accounts.iter().any(|account| account.password == PasswordQuality::Blank);
            Ok(match blank {
                true => Finding::critical("An account has no password.").because(&accounts),
                false => Finding::passed("All accounts have a password.").because(&accounts),
            })
        });
        Findings::from(checks.run().await)
    }
}

wardline_plugin::export!(SkipsTheOdd);
