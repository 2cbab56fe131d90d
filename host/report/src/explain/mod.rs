//! `wardline explain`: why one update, vulnerability or check is judged as it is on one target.

mod supersedence;
mod text;

use serde::Serialize;
use wardline_contract::{FindingId, Update, UpdateStatus, Verdict};

pub use self::supersedence::Link;
pub use self::text::text;
use super::model::{ActionReport, CheckReport, TargetReport, TestKind, TestReport, UpdateReport};

/// The subject of an explanation, as an operator writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Without white space around it.
    name: String,
    /// The digits of an article's number: 296441 of `Q296441`, `KB296441` or `296441`.
    article: Option<String>,
}

impl Subject {
    /// Takes an article (`KB5035853`, `Q296441`), a bulletin (`MS01-022`), a package's file name, a vulnerability
    /// (`CVE-2024-21407`), or a check by its id (`os.guest-account`, `guest-account`), its title or MBSA's number.
    #[must_use]
    pub fn new(name: &str) -> Subject {
        let name = name.trim();
        Subject { name: name.to_owned(), article: article_number(name).map(str::to_owned) }
    }

    fn is(&self, other: &str) -> bool {
        self.name.eq_ignore_ascii_case(other.trim())
    }

    /// Whether it names an update with this bulletin, article, package and vulnerabilities.
    fn names_update<'t>(
        &self,
        bulletin: &str,
        article: Option<&str>,
        package: Option<&str>,
        mut cves: impl Iterator<Item = &'t str>,
    ) -> bool {
        let same_article =
            article.and_then(article_number).is_some_and(|number| self.article.as_deref() == Some(number));
        same_article
            || self.is(bulletin)
            || package.is_some_and(|package| self.is(package))
            || cves.any(|cve| self.is(cve))
    }

    fn names_check(&self, check: &CheckReport) -> bool {
        let own_id = check.id.split_once('.').is_some_and(|(_, id)| self.is(id));
        let number = check.mbsa.is_some_and(|number| self.is(&number.to_string()));
        own_id || number || self.is(&check.id) || self.is(&check.title)
    }
}

/// Returns the digits after `KB` or `Q`; all of `text` if it has only digits.
fn article_number(text: &str) -> Option<&str> {
    let text = text.trim();
    let after = |prefix: &str| {
        text.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix)).map(|start| &text[start.len()..])
    };
    let digits = after("KB").or_else(|| after("Q")).unwrap_or(text).trim_start();
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// Everything about one subject on one target.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation<'r> {
    pub target: &'r str,
    /// As the operator wrote it.
    pub subject: String,
    pub updates: Vec<ExplainedUpdate<'r>>,
    pub checks: Vec<ExplainedCheck<'r>>,
    /// The updates in the catalogs that the subject names and that apply to no product of this target.
    pub elsewhere: Vec<Elsewhere<'r>>,
}

impl Explanation<'_> {
    /// Whether neither the catalogs nor the plugins know the subject.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty() && self.checks.is_empty() && self.elsewhere.is_empty()
    }
}

/// An update of the report, its supersedence, and the facts that would change its status.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedUpdate<'r> {
    #[serde(flatten)]
    pub update: &'r UpdateReport,
    /// The updates that take its place, nearest first.
    pub superseding: Vec<Link<'r>>,
    /// One sentence each.
    pub changes_if: Vec<String>,
    pub actions: Vec<&'r ActionReport>,
}

/// A check of the report and its actions.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedCheck<'r> {
    #[serde(flatten)]
    pub check: &'r CheckReport,
    pub actions: Vec<&'r ActionReport>,
}

/// An update that applies to none of the target's products.
#[derive(Clone, Debug, Serialize)]
pub struct Elsewhere<'r> {
    pub bulletin: &'r str,
    pub article: &'r str,
    pub title: &'r str,
    /// The catalog's names of the products that it is for.
    pub products: Vec<&'r str>,
}

/// Explains `subject` from a target's report and the updates of the scan's catalogs.
#[must_use]
pub fn explain<'r>(subject: &Subject, report: &'r TargetReport, catalog: &'r [Update]) -> Explanation<'r> {
    let named = |update: &UpdateReport| {
        let cves = update.cves.iter().map(|cve| cve.as_str());
        subject.names_update(&update.bulletin, update.kb.as_deref(), update.package.as_deref(), cves)
    };
    let graph = supersedence::Graph::new(catalog, report);
    let actions = |finding: FindingId| report.actions.iter().filter(|action| action.mends == finding).collect();
    let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    let updates: Vec<ExplainedUpdate<'r>> = report
        .updates
        .iter()
        .enumerate()
        .filter(|(_, update)| named(update))
        .map(|(at, update)| ExplainedUpdate {
            update,
            superseding: graph.above(update),
            changes_if: changes_if(update),
            actions: actions(FindingId::Update(place(at))),
        })
        .collect();
    let checks = report
        .checks
        .iter()
        .enumerate()
        .filter(|(_, check)| subject.names_check(check))
        .map(|(at, check)| ExplainedCheck { check, actions: actions(FindingId::Check(place(at))) })
        .collect();
    let judged: std::collections::HashSet<u32> = updates.iter().map(|explained| explained.update.number).collect();
    let elsewhere = catalog
        .iter()
        .filter(|update| !judged.contains(&update.number))
        .filter(|update| {
            let given = |text: &'r str| Some(text).filter(|text| !text.is_empty());
            let cves = update.cves.iter().map(String::as_str);
            subject.names_update(&update.bulletin, given(&update.article), given(&update.package), cves)
        })
        .map(|update| Elsewhere {
            bulletin: &update.bulletin,
            article: &update.article,
            title: &update.title,
            products: products(update),
        })
        .collect();
    Explanation { target: &report.name, subject: subject.name.clone(), updates, checks, elsewhere }
}

fn products(update: &Update) -> Vec<&str> {
    let mut names: Vec<&str> = update.applies_to.iter().map(|row| row.product.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns the changes on the target, or of its evidence, that would give the update another status.
fn changes_if(update: &UpdateReport) -> Vec<String> {
    let of = |verdicts: &'static [Verdict]| update.tests.iter().filter(|test| verdicts.contains(&test.verdict));
    match update.status {
        UpdateStatus::Missing => {
            of(&[Verdict::Failed]).map(|test| format!("Installed once {}.", required(test))).collect()
        }
        UpdateStatus::Installed => {
            of(&[Verdict::Passed]).map(|test| format!("Missing without this: {}.", required(test))).collect()
        }
        UpdateStatus::UnableToScan => {
            let known: Vec<String> = of(&[Verdict::Unknown])
                .map(|test| format!("Decided once it is known whether {}.", required(test)))
                .collect();
            if known.is_empty() {
                vec!["Decided once the evidence named in the reason can be read.".to_owned()]
            } else {
                known
            }
        }
        UpdateStatus::Superseded => vec!["Judged itself once no newer update takes its place.".to_owned()],
        UpdateStatus::PendingRestart => vec!["Installed once the machine has restarted.".to_owned()],
        UpdateStatus::Warning => of(&[Verdict::Newer, Verdict::Failed])
            .map(|test| format!("Installed without doubt once {}.", required(test)))
            .collect(),
        UpdateStatus::Included => vec!["Judged itself if the service pack is removed.".to_owned()],
        UpdateStatus::Note => vec!["Decided only if a catalog gives something to test.".to_owned()],
    }
}

/// The condition that a test checks: `the version of C:\WINNT\a.dll is 5.0.2195.3649`.
fn required(test: &TestReport) -> String {
    let subject = &test.subject;
    let expected = test.expected.as_deref().unwrap_or("as the catalog says");
    match test.kind {
        TestKind::Registry => format!("the registry value {subject} is {expected}"),
        TestKind::Version => format!("the version of {subject} is {expected}"),
        TestKind::Checksum => format!("the checksum of {subject} is {expected}"),
        TestKind::Presence => format!("{subject} is {expected}"),
        TestKind::Build => format!("the build of {subject} is {expected}"),
    }
}
