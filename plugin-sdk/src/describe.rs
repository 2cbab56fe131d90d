//! Building a plugin's description.

use crate::contract::exports::wardline::check::types::{
    CheckDescription, Description, Scope, SettingDescription, SettingValue,
};
use crate::judge;

/// Starts a description. The family defaults to the name; [`Describing::family`] overrides it.
///
/// `name` is kebab-case, `version` a semantic version, `summary` one sentence for people.
pub fn describe(name: &str, version: &str, summary: &str) -> Describing {
    Describing(Description {
        name: name.to_owned(),
        version: version.to_owned(),
        family: name.to_owned(),
        summary: summary.to_owned(),
        checks: Vec::new(),
        products: Vec::new(),
        scopes: Vec::new(),
        settings: Vec::new(),
    })
}

/// A description under construction; `into()` finishes it.
#[derive(Clone, Debug)]
pub struct Describing(Description);

impl Describing {
    /// Sets the product family, which groups findings in the report.
    #[must_use]
    pub fn family(mut self, family: &str) -> Self {
        self.0.family = family.to_owned();
        self
    }

    /// Adds a check that the plugin makes.
    #[must_use]
    pub fn check(mut self, id: &str, title: &str, columns: &[&str], explanation: &str) -> Self {
        self.0.checks.push(CheckDescription {
            id: id.to_owned(),
            mbsa: None,
            title: title.to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            explanation: explanation.to_owned(),
        });
        self
    }

    /// Adds a check that MBSA also made, with its number there.
    #[must_use]
    pub fn mbsa_check(self, id: &str, mbsa: u32, title: &str, columns: &[&str], explanation: &str) -> Self {
        let mut describing = self.check(id, title, columns, explanation);
        if let Some(check) = describing.0.checks.last_mut() {
            check.mbsa = Some(mbsa);
        }
        describing
    }

    /// Adds catalog products whose updates the plugin judges, by the catalog's names. A trailing `*` matches any ending.
    #[must_use]
    pub fn judges<'p>(mut self, products: impl IntoIterator<Item = &'p str>) -> Self {
        self.0.products.extend(products.into_iter().map(str::to_owned));
        self
    }

    /// Adds catalog products, as [`judges`](Describing::judges) does, whose updates
    /// [`judge_updates`](crate::updates::judge_updates) judges, and declares every question that it asks.
    #[must_use]
    pub fn judges_updates<'p>(self, products: impl IntoIterator<Item = &'p str>) -> Self {
        self.judges(products)
            .asks(Scope::System)
            .asks(Scope::Updates)
            .asks_registry(judge::SESSION_MANAGER)
            .asks_registry(judge::CURRENT_VERSION)
    }

    /// Declares what the plugin may ask. Every other question is answered `denied`. A scope that was already declared is not
    /// repeated.
    #[must_use]
    pub fn asks(mut self, scope: Scope) -> Self {
        if !self.0.scopes.contains(&scope) {
            self.0.scopes.push(scope);
        }
        self
    }

    /// Declares registry keys that the plugin may ask about, as a pattern: `HKLM\SOFTWARE\Microsoft\InetStp\**`.
    #[must_use]
    pub fn asks_registry(self, pattern: &str) -> Self {
        self.asks(Scope::Registry(pattern.to_owned()))
    }

    /// Declares files and folders that the plugin may ask about, as a pattern: `%windir%\system32\inetsrv\*`.
    #[must_use]
    pub fn asks_file(self, pattern: &str) -> Self {
        self.asks(Scope::File(pattern.to_owned()))
    }

    /// Adds a setting for the operator.
    #[must_use]
    pub fn setting(mut self, name: &str, explanation: &str, default: SettingValue) -> Self {
        self.0.settings.push(SettingDescription {
            name: name.to_owned(),
            explanation: explanation.to_owned(),
            default,
        });
        self
    }
}

impl From<Describing> for Description {
    fn from(describing: Describing) -> Self {
        describing.0
    }
}
