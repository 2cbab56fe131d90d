//! Building a plugin's description.

use crate::check::{Asks, CheckInfo, Suite};
use crate::contract::exports::wardline::check::types::{Description, Scope};
use crate::judge;
use crate::setting::DeclaredSetting;

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

    /// Adds checks, with the questions they may ask and the settings they read.
    #[must_use]
    pub fn checks<Subject>(mut self, checks: Suite<Subject>) -> Self {
        self = checks.infos().fold(self, Describing::check);
        self = checks.asks().fold(self, Describing::asks);
        checks.settings().fold(self, Describing::setting)
    }

    /// Adds a check that is not in a suite: the plugin reports it with [`Findings::check`](crate::finding::Findings::check).
    #[must_use]
    pub fn check(mut self, info: CheckInfo) -> Self {
        self.0.checks.push(info.into());
        self
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
            .asks(Asks::System)
            .asks(Asks::Updates)
            .asks(Asks::Registry(judge::SESSION_MANAGER))
            .asks(Asks::Registry(judge::CURRENT_VERSION))
    }

    /// Declares the questions of [`judge_updates`](crate::updates::judge_updates) about updates that Windows records as
    /// installed, for products [with a record](judge::Installed::with_record).
    #[must_use]
    pub fn reads_update_records(self) -> Self {
        self.asks(Asks::Registry(judge::PACKAGES))
            .asks(Asks::Registry(judge::PACKAGE))
            .asks(Asks::Registry(judge::HOTFIXES))
            .asks(Asks::Registry(judge::HOTFIX))
    }

    /// Declares what the plugin may ask, as [`Asks`] or as the contract's [`Scope`]. Every other question
    /// is answered `denied`. A scope that was already declared is not repeated.
    #[must_use]
    pub fn asks(mut self, scope: impl Into<Scope>) -> Self {
        let scope = scope.into();
        if !self.0.scopes.contains(&scope) {
            self.0.scopes.push(scope);
        }
        self
    }

    /// Adds a setting for the operator that no check of a suite lists. A setting that was already declared is not repeated.
    #[must_use]
    pub fn setting(mut self, setting: &dyn DeclaredSetting) -> Self {
        let setting = setting.describe();
        if !self.0.settings.contains(&setting) {
            self.0.settings.push(setting);
        }
        self
    }
}

impl From<Describing> for Description {
    fn from(describing: Describing) -> Self {
        describing.0
    }
}
