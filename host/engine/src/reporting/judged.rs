//! Whether the updates of each plugin's products were judged on a target, and why not.
//!
//! A target without missing updates and a target whose updates were never judged have the same empty list of updates. This module
//! distinguishes them.

use std::collections::HashSet;

use wardline_contract::products::{Declared, named};
use wardline_contract::{Answer, Assessment, Description, InstalledProduct, Question, Update};
use wardline_report::{UpdatesJudged, UpdatesState, words};

/// The family of plugins that judge Windows itself, which every target has.
const OPERATING_SYSTEM: &str = "os";

/// Why updates are not judged if the scan has no catalog.
const NO_CATALOG: &str = "no catalog was given";

/// Why the updates of a Windows are not judged that the plugin cannot name.
const UNKNOWN_WINDOWS: &str = "the installed Windows is not known; the check of the Windows version says why";

/// The contents of the scan's catalogs, as far as this module needs them.
#[derive(Debug, Default)]
pub(super) struct CatalogCoverage {
    /// Why no update can be judged at all.
    nothing: Option<&'static str>,
    /// Folded names of all products that an update applies to.
    products: HashSet<String>,
}

impl CatalogCoverage {
    pub(super) fn new(updates: &[Update]) -> Self {
        CatalogCoverage {
            nothing: updates.is_empty().then_some(NO_CATALOG),
            products: named(updates).map(folded).collect(),
        }
    }

    /// Records that the operator gave catalogs, even if they contain no update.
    pub(super) fn given(&mut self) {
        if self.nothing.is_some() {
            self.nothing = Some("the catalog contains no updates");
        }
    }

    /// Whether any update applies to a product of this name.
    fn has(&self, product: &str) -> bool {
        self.products.contains(&folded(product))
    }
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Whether a plugin judges updates, or might: one that has not described itself is unknown.
fn may_judge(description: &Description) -> bool {
    !description.products.is_empty() || description.version.is_empty()
}

/// Returns the statement for a plugin that returned nothing about the target.
pub(super) fn not_judged(
    description: &Description,
    catalog: &CatalogCoverage,
    reason: String,
) -> Option<UpdatesJudged> {
    let reason = catalog.nothing.map_or(reason, str::to_owned);
    may_judge(description).then(|| statement(description, UpdatesState::NotJudged, Vec::new(), Some(reason)))
}

/// Returns the statements for a plugin that ended well: one for the products whose updates it judged, one for those whose updates
/// it was not given, and one for those that the catalog has no updates for.
pub(super) fn judged(
    description: &Description,
    declared: &Declared,
    catalog: &CatalogCoverage,
    assessment: &Assessment,
    exchanges: &[(Question, Answer)],
) -> Vec<UpdatesJudged> {
    if description.products.is_empty() {
        return Vec::new();
    }
    if let Some(reason) = catalog.nothing {
        let reason = Some(reason.to_owned());
        return vec![statement(description, UpdatesState::NotJudged, Vec::new(), reason)];
    }
    if assessment.products.is_empty() {
        return vec![without_products(description, assessment, exchanges)];
    }
    let (covered, uncovered) = by_coverage(declared, assessment, catalog);
    let mut statements = Vec::new();
    if !covered.is_empty() {
        statements.push(statement(description, UpdatesState::Judged, names(&covered), None));
    }
    let (undeclared, unknown): (Vec<_>, Vec<_>) = uncovered.into_iter().partition(|product| catalog.has(&product.name));
    if !undeclared.is_empty() {
        let reason = Some("the plugin does not declare it, so it was not given its updates".to_owned());
        statements.push(statement(description, UpdatesState::NotJudged, names(&undeclared), reason));
    }
    if !unknown.is_empty() {
        let versionless = unknown.iter().any(|product| product.version.is_none());
        let reason = match versionless {
            true => "no update in the catalog applies to it, as far as is known without its version",
            false => "no update in the catalog applies to it",
        };
        let reason = Some(reason.to_owned());
        statements.push(statement(description, UpdatesState::NotJudged, names(&unknown), reason));
    }
    statements
}

/// Returns the statement for a plugin that lists no product: none is installed, or it could not determine that.
fn without_products(
    description: &Description,
    assessment: &Assessment,
    exchanges: &[(Question, Answer)],
) -> UpdatesJudged {
    // A plugin need not list products; one that judged updates found the products they are for.
    if !assessment.updates.is_empty() {
        return statement(description, UpdatesState::Judged, Vec::new(), None);
    }
    // Which Windows it is follows from the system alone, whatever else was asked for: a text answers little else.
    let system_is_known =
        exchanges.iter().any(|(question, answer)| matches!((question, answer), (Question::System, Answer::Known(_))));
    if description.family == OPERATING_SYSTEM && system_is_known {
        return statement(description, UpdatesState::NotJudged, Vec::new(), Some(UNKNOWN_WINDOWS.to_owned()));
    }
    // The host does not know which answers the plugin detects its products by: each one counts.
    let unanswered = exchanges.iter().find(|(_, answer)| !matches!(answer, Answer::Known(_) | Answer::Absent));
    let reason = match unanswered {
        Some((_, Answer::Unsupported)) => "this kind of target does not say what is installed".to_owned(),
        // Without the question, so that plugins that the same damage keeps from their products report the same reason.
        Some((_, answer)) => format!("the installed products are not known: {}", words::answer(answer)),
        None if description.family == OPERATING_SYSTEM => UNKNOWN_WINDOWS.to_owned(),
        None => return statement(description, UpdatesState::NothingInstalled, Vec::new(), None),
    };
    statement(description, UpdatesState::NotJudged, Vec::new(), Some(reason))
}

/// Splits the detected products into those that the plugin was given updates for, and the others.
fn by_coverage<'p>(
    declared: &Declared,
    assessment: &'p Assessment,
    catalog: &CatalogCoverage,
) -> (Vec<&'p InstalledProduct>, Vec<&'p InstalledProduct>) {
    // Catalogs have several names for one product, and a plugin may list it under one and judge it under another: a finding whose
    // product is not listed belongs to one that appears not to be covered.
    let listed: HashSet<String> = assessment.products.iter().map(|product| folded(&product.name)).collect();
    let mut aliases: Vec<(String, Option<&str>)> = assessment
        .updates
        .iter()
        .map(|finding| (folded(&finding.product), finding.subject.as_deref()))
        .filter(|(name, _)| !listed.contains(name))
        .collect();
    aliases.sort_unstable();
    aliases.dedup();
    assessment.products.iter().partition(|product| {
        // A plugin is given updates only for products that it declares.
        (catalog.has(&product.name) && declared.covers(&product.name))
            || match aliases.iter().position(|(_, subject)| *subject == product.subject.as_deref()) {
                Some(place) => {
                    aliases.remove(place);
                    true
                }
                None => false,
            }
    })
}

/// Formats product names: `SQL Server 2000 (SALES)`.
fn names(products: &[&InstalledProduct]) -> Vec<String> {
    let name = |product: &&InstalledProduct| match &product.subject {
        Some(subject) => format!("{} ({subject})", product.name),
        None => product.name.clone(),
    };
    products.iter().map(name).collect()
}

fn statement(
    description: &Description,
    state: UpdatesState,
    products: Vec<String>,
    reason: Option<String>,
) -> UpdatesJudged {
    UpdatesJudged {
        plugin: description.name.as_str().into(),
        family: description.family.as_str().into(),
        state,
        products,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use wardline_contract::{Fact, Role, SystemInfo};

    use super::*;

    #[test]
    fn a_windows_that_has_no_name_is_not_blamed_on_the_target() {
        let system = SystemInfo {
            computer_name: None,
            product_name: "Windows 11 Pro Insider Preview".to_owned(),
            version: "10.0".to_owned(),
            build: 27950,
            revision: None,
            service_pack_name: None,
            service_pack: 0,
            role: Role::Workstation,
            suites: Vec::new(),
            architecture: None,
            language: None,
            windows_folder: String::new(),
        };
        let known = (Question::System, Answer::Known(Fact::System(system)));
        let unknown = (Question::System, Answer::Unreadable("damaged".to_owned()));
        let other = (Question::Accounts, Answer::Unsupported);
        let nothing = Assessment { products: Vec::new(), checks: Vec::new(), updates: Vec::new() };
        let untold = "this kind of target does not say what is installed";
        for (family, exchanges, expected) in [
            ("os", vec![known.clone(), other.clone()], UNKNOWN_WINDOWS),
            ("os", vec![other.clone()], untold),
            ("os", vec![unknown, other.clone()], "the installed products are not known: unreadable: damaged"),
            ("sql", vec![known, other], untold),
        ] {
            let description = Description {
                name: family.to_owned(),
                version: "1".to_owned(),
                family: family.to_owned(),
                summary: String::new(),
                checks: Vec::new(),
                products: vec!["Windows*".to_owned()],
                scopes: Vec::new(),
                settings: Vec::new(),
            };
            let found = without_products(&description, &nothing, &exchanges);
            assert_eq!((found.state, found.reason.as_deref()), (UpdatesState::NotJudged, Some(expected)), "{family}");
        }
    }
}
