//! Builds the report of one target from the plugins' results.

mod judged;
mod texts;
mod updates;

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use wardline_contract::products::Declared;
use wardline_contract::{
    Action, Answer, CheckFinding, Description, Examination, Examiner, FindingId, Grade, InstalledProduct, Outcome,
    Permit, Question, Update, UpdateStatus,
};
use wardline_report::{OverallGrade, update_grade, words, *};

use self::judged::CatalogCoverage;
use crate::scan::{PluginResult, TargetScan};

/// The check that represents a plugin's updates if the plugin could not judge them.
const UPDATES_CHECK: &str = "security-updates";

/// Why the updates of a target that could not be opened are not judged.
const UNOPENED: &str = "the target could not be opened";

/// Why the updates of a plugin that the operator left out are not judged.
const LEFT_OUT: &str = "--only leaves out the plugin that judges them";

/// The data that the reports of all targets refer to.
#[derive(Debug)]
pub struct Context<'a> {
    plugins: Vec<Plugin<'a>>,
    /// By number, with what a report says of it on every target, made when it is first needed: most catalogs have many more updates than
    /// any target's products.
    updates: HashMap<u32, (&'a Update, OnceLock<Box<UpdateReport>>)>,
    catalog: CatalogCoverage,
    left_out: &'a [Description],
}

/// A plugin, with the parts of its reports that are the same for each target.
struct Plugin<'a> {
    description: &'a Description,
    declared: Declared,
    /// The operator's policy for the plugin, if there is one.
    policy: Option<&'a Permit>,
    identity: PluginReport,
    /// Everything that it judges, in the order in which it declares it, as unable to scan.
    unable: Vec<CheckReport>,
}

impl std::fmt::Debug for Plugin<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Plugin").field(&self.description.name).finish()
    }
}

impl<'a> Plugin<'a> {
    fn new(description: &'a Description, digest: &str) -> Self {
        let identity = PluginReport {
            name: description.name.as_str().into(),
            version: description.version.as_str().into(),
            family: description.family.as_str().into(),
            digest: digest.into(),
            stock: false,
            outcome: None,
            detail: None,
            rounds: 0,
            questions: 0,
            fuel: 0,
        };
        let unable = |id: &str, mbsa, title: &str, columns: &[String]| CheckReport {
            id: format!("{}.{id}", description.name),
            mbsa,
            family: identity.family.clone(),
            title: title.into(),
            subject: None,
            grade: Grade::UnableToScan,
            summary: String::new(),
            columns: columns.iter().map(Into::into).collect(),
            rows: Vec::new(),
            evidence: Vec::new(),
            rerated: None,
            waived: None,
        };
        let checks = description.checks.iter();
        let mut checks: Vec<CheckReport> =
            checks.map(|check| unable(&check.id, check.mbsa, &check.title, &check.columns)).collect();
        if !description.products.is_empty() && description.checks.iter().all(|check| check.id != UPDATES_CHECK) {
            checks.push(unable(UPDATES_CHECK, None, "Security updates", &[]));
        }
        let declared = Declared::new(description.products.iter().map(String::as_str));
        Plugin { description, declared, policy: None, identity, unable: checks }
    }
}

impl<'a> Context<'a> {
    /// Creates a context. `plugins` are in the order of the scan's results.
    pub fn new(plugins: impl IntoIterator<Item = &'a dyn Examiner>, updates: &'a [Update]) -> Self {
        Context {
            plugins: plugins.into_iter().map(|plugin| Plugin::new(plugin.description(), plugin.digest())).collect(),
            updates: updates.iter().map(|update| (update.number, (update, OnceLock::new()))).collect(),
            catalog: CatalogCoverage::new(updates),
            left_out: &[],
        }
    }

    /// Records that catalogs were given, so that a report does not claim otherwise if they contain no update.
    #[must_use]
    pub fn with_catalogs(mut self) -> Self {
        self.catalog.given();
        self
    }

    /// Adds the plugins that the operator left out: their products' updates are not judged.
    #[must_use]
    pub fn leaving_out(mut self, plugins: &'a [Description]) -> Self {
        self.left_out = plugins;
        self
    }

    /// Marks the plugins that come with the program. `is_stock` is given the SHA-256 of a component, in hexadecimal: any plugin can
    /// claim a name.
    #[must_use]
    pub fn marking(mut self, is_stock: impl Fn(&str) -> bool) -> Self {
        self.plugins.iter_mut().for_each(|plugin| plugin.identity.stock = is_stock(&plugin.identity.digest));
        self
    }

    /// Adds the operator's policy for each plugin, in order, to distinguish what it denied from what the plugin did not declare.
    #[must_use]
    pub fn under(mut self, policies: impl IntoIterator<Item = Option<&'a Permit>>) -> Self {
        for (plugin, policy) in self.plugins.iter_mut().zip(policies) {
            plugin.policy = policy;
        }
        self
    }

    /// Builds the report of one target.
    pub fn report(&self, scan: TargetScan) -> TargetReport {
        let TargetScan { name, location, origin, system, error, plugins, conditions, bytes_read, not_given } = scan;
        let known_from_texts = texts::is_known_from_texts(&conditions);
        let mut report = TargetReport {
            name,
            source: SourceReport {
                kind: origin.as_ref().map(|origin| origin.kind),
                location: origin.map_or(location, |origin| origin.location),
                conditions: conditions.into_iter().map(ConditionReport::from).collect(),
                bytes_read,
            },
            system: system.map(SystemReport::from).unwrap_or_default(),
            role: None,
            grade: OverallGrade::Incomplete,
            complete: false,
            // If the failure kept the target from being opened, the error already says so.
            error: error.or_else(|| not_given.map(|failure| failure.to_string())),
            coverage: Coverage::default(),
            plugins: Vec::with_capacity(plugins.len()),
            updates_judged: None,
            products: Vec::new(),
            checks: Vec::new(),
            updates: Vec::new(),
            actions: Vec::new(),
            denied: Vec::new(),
        };
        let mut statements = Vec::new();
        for (plugin, result) in self.plugins.iter().zip(plugins) {
            self.add_plugin(&mut report, &mut statements, plugin, known_from_texts, result);
        }
        if report.source.kind.is_none() {
            let plugins = self.plugins.iter().map(|plugin| plugin.description);
            let unopened = |description| judged::not_judged(description, &self.catalog, UNOPENED.to_owned());
            statements.extend(plugins.filter_map(unopened));
        }
        let left_out = |description| judged::not_judged(description, &self.catalog, LEFT_OUT.to_owned());
        statements.extend(self.left_out.iter().filter_map(left_out));
        report.updates_judged = Some(statements);
        report.complete = report.error.is_none()
            && report.all_judged()
            && !report.source.conditions.iter().any(|condition| condition.state.is_doubtful())
            && report.plugins.iter().all(|plugin| plugin.outcome == Some(Outcome::Ok))
            && report.denied.iter().all(|denied| !denied.by_policy)
            && report.checks.iter().all(|check| check.grade != Grade::UnableToScan)
            && report.updates.iter().all(|update| update.status != UpdateStatus::UnableToScan);
        let checks = report.checks.iter().map(|check| check.grade);
        let updates = report.updates.iter().map(|update| update_grade(update.status, update.severity));
        report.grade = OverallGrade::worst(checks.chain(updates), report.complete);
        report
    }

    fn add_plugin(
        &self,
        report: &mut TargetReport,
        statements: &mut Vec<UpdatesJudged>,
        plugin: &Plugin<'_>,
        known_from_texts: bool,
        result: PluginResult,
    ) {
        let description = plugin.description;
        let mut identity = plugin.identity.clone();
        let examination = match result {
            Ok(examination) => examination,
            Err(error) => {
                let message = error.to_string();
                let error = format!("plugin {}: {message}", description.name);
                report.error = Some(match report.error.take() {
                    Some(earlier) => format!("{earlier}; {error}"),
                    None => error,
                });
                identity.detail = Some(message.clone());
                report.plugins.push(identity);
                add_unable(report, plugin, &message);
                statements.extend(judged::not_judged(description, &self.catalog, message));
                return;
            }
        };
        let Examination { outcome, detail, assessment, actions, exchanges, rounds, fuel, memory: _ } = examination;
        report.plugins.push(PluginReport {
            outcome: Some(outcome),
            detail: detail.clone(),
            rounds,
            questions: exchanges.len(),
            fuel,
            ..identity
        });
        count_answers(&mut report.coverage, &exchanges);
        add_denied(report, plugin, &exchanges);
        if outcome != Outcome::Ok {
            let reason = outcome_in_words(outcome, detail.as_deref());
            add_unable(report, plugin, &reason);
            statements.extend(judged::not_judged(description, &self.catalog, reason));
            return;
        }
        statements.extend(judged::judged(description, &plugin.declared, &self.catalog, &assessment, &exchanges));
        let (first_check, first_update) = (report.checks.len(), report.updates.len());
        report.products.extend(assessment.products.into_iter().map(|product| product_report(plugin, product)));
        report.checks.extend(assessment.checks.into_iter().map(|found| {
            let found = if known_from_texts { texts::judged_by_texts(found, &exchanges) } else { found };
            check_report(plugin, found, &exchanges)
        }));
        for finding in assessment.updates {
            // The sandbox has checked that the plugin names only updates it was given.
            if let Some((update, unjudged)) = self.updates.get(&finding.update) {
                let family = plugin.identity.family.clone();
                let unjudged = unjudged.get_or_init(|| Box::new(updates::not_judged_yet(update)));
                let judged = updates::update_report(update, unjudged, finding, &exchanges);
                report.updates.push(UpdateReport { family, ..judged });
            }
        }
        report
            .actions
            .extend(actions.into_iter().map(|action| action_report(plugin, action, first_check, first_update)));
    }
}

fn count_answers(coverage: &mut Coverage, exchanges: &[(Question, Answer)]) {
    coverage.questions += exchanges.len() as u64;
    for (_, answer) in exchanges {
        *match answer {
            Answer::Known(_) => &mut coverage.known,
            Answer::Absent => &mut coverage.absent,
            Answer::Denied(_) => &mut coverage.denied,
            Answer::Unreadable(_) => &mut coverage.unreadable,
            Answer::Unsupported => &mut coverage.unsupported,
        } += 1;
    }
}

fn add_denied(report: &mut TargetReport, plugin: &Plugin<'_>, exchanges: &[(Question, Answer)]) {
    let mut seen = HashSet::new();
    for (question, answer) in exchanges {
        if let Answer::Denied(reason) = answer
            && seen.insert(question)
        {
            report.denied.push(DeniedReport {
                plugin: plugin.identity.name.clone(),
                question: words::question(question),
                // A question that is not even declared never reaches the policy, so its reason differs.
                by_policy: plugin.policy.is_some_and(|policy| policy(question).is_err_and(|own| own == *reason)),
                reason: reason.clone(),
            });
        }
    }
}

fn outcome_sentence(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "the plugin ended",
        Outcome::Trapped => "the plugin crashed",
        Outcome::OutOfFuel => "the plugin exceeded its instruction limit",
        Outcome::OutOfTime => "the plugin exceeded its time limit",
        Outcome::OutOfMemory => "the plugin exceeded its memory limit",
        Outcome::TooManyRounds => "the plugin exceeded its limit on questions",
        Outcome::OutputTooLarge => "the plugin exceeded its output limit",
        Outcome::InvalidOutput => "the plugin's output violates the contract",
        Outcome::Incompatible => "the plugin is incompatible with this version of wardline or with its input",
        Outcome::Refused => "the operator's rules do not allow the plugin to run",
        Outcome::HostFailed => "the system does not give wardline the resources to run the plugin",
    }
}

fn outcome_in_words(outcome: Outcome, detail: Option<&str>) -> String {
    let sentence = outcome_sentence(outcome);
    detail.map_or_else(|| sentence.to_owned(), |detail| format!("{sentence} ({detail})"))
}

/// Adds everything that the plugin would have judged, as unable to scan.
fn add_unable(report: &mut TargetReport, plugin: &Plugin<'_>, why: &str) {
    let summary = format!("Could not be scanned: {why}.");
    report.checks.extend(plugin.unable.iter().map(|check| CheckReport { summary: summary.clone(), ..check.clone() }));
}

fn product_report(plugin: &Plugin<'_>, product: InstalledProduct) -> ProductReport {
    let InstalledProduct { name, version, service_pack, subject } = product;
    ProductReport { plugin: plugin.identity.name.clone(), name, version, service_pack, subject }
}

fn check_report(plugin: &Plugin<'_>, finding: CheckFinding, exchanges: &[(Question, Answer)]) -> CheckReport {
    let declared = plugin.description.checks.iter().position(|check| check.id == finding.check);
    let declared = declared.and_then(|place| plugin.unable.get(place));
    CheckReport {
        id: format!("{}.{}", plugin.description.name, finding.check),
        mbsa: declared.and_then(|check| check.mbsa),
        family: plugin.identity.family.clone(),
        title: declared.map(|check| check.title.clone()).unwrap_or_default(),
        subject: finding.subject,
        grade: finding.grade,
        summary: finding.summary,
        columns: declared.map(|check| check.columns.clone()).unwrap_or_default(),
        rows: finding.rows,
        evidence: finding
            .evidence
            .iter()
            .filter_map(|index| exchanges.get(*index as usize))
            .map(|(question, answer)| Evidence {
                question: words::question(question),
                answer: words::answer_to(question, answer),
            })
            .collect(),
        rerated: None,
        waived: None,
    }
}

fn action_report(plugin: &Plugin<'_>, action: Action, first_check: usize, first_update: usize) -> ActionReport {
    let place = |first: usize, index: u32| u32::try_from(first).unwrap_or(u32::MAX).saturating_add(index);
    ActionReport {
        plugin: plugin.identity.name.clone(),
        mends: match action.mends {
            FindingId::Check(index) => FindingId::Check(place(first_check, index)),
            FindingId::Update(index) => FindingId::Update(place(first_update, index)),
        },
        operation: action.operation,
        undo: action.undo,
        restart: action.restart,
        risk: action.risk,
        article: action.article,
    }
}
