//! `-o wrap`: the machine, its products, and below each the updates.

use wardline_contract::Escaped;
use wardline_report::{ProductReport, TargetReport, UpdateReport, UpdatesState};

use super::{Selection, Shown, Status, gaps};
use crate::display::wrapped;

const RULE: &str = "----------------------------";

const SERVICE_PACK: &str = "Service Pack ";

/// The width of the column of statuses.
const STATUS_WIDTH: usize = 20;

/// Returns the text before the first machine.
pub fn wrap_heading(verbose: bool) -> &'static str {
    if verbose { "" } else { "Use the -v switch to see the reasons.\n\n" }
}

/// Returns the text of a machine. `verbose` adds why an update is shown.
pub fn wrap(report: &TargetReport, selection: &Selection, verbose: bool) -> String {
    let mut out = format!("{RULE}\n{}\n{RULE}\n\n", Escaped(&report.name));
    for reason in gaps(report) {
        line(&mut out, Status::Warning.words(), "", "");
        why(&mut out, &reason);
    }
    for group in groups(report) {
        let mut title = group.title();
        title.make_ascii_uppercase();
        out.push_str(&format!("    * {}\n\n", Escaped(&title)));
        let (mut shown, mut hidden) = (0, 0);
        for update in &group.updates {
            match selection.shows(update) {
                Shown::As(status) => {
                    shown += 1;
                    self::update(&mut out, update, status, verbose);
                }
                Shown::Hidden => hidden += 1,
                Shown::Nothing => {}
            }
        }
        if shown > 0 && !verbose {
            out.push('\n');
        }
        if let Some(information) = group.information(selection, shown, hidden) {
            out.push_str(&format!("    Information\n        {information}\n\n"));
        }
    }
    out
}

/// A product, with its updates.
struct Group<'r> {
    product: &'r str,
    subject: Option<&'r str>,
    service_pack: Option<&'r str>,
    updates: Vec<&'r UpdateReport>,
    is_judged: bool,
}

/// Returns the products in the order of the report. Each has a group, so that nothing missing is said, too.
fn groups(report: &TargetReport) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for product in &report.products {
        groups.push(Group {
            product: &product.name,
            subject: product.subject.as_deref(),
            service_pack: product.service_pack.as_deref(),
            updates: Vec::new(),
            is_judged: is_judged(report, product),
        });
    }
    for update in &report.updates {
        let subject = update.subject.as_deref();
        let place = groups.iter().position(|group| group.product == update.product && group.subject == subject);
        match place.and_then(|place| groups.get_mut(place)) {
            Some(group) => group.updates.push(update),
            None => groups.push(Group {
                product: &update.product,
                subject,
                service_pack: None,
                updates: vec![update],
                is_judged: true,
            }),
        }
    }
    groups
}

fn is_judged(report: &TargetReport, product: &ProductReport) -> bool {
    let of_plugin = || report.updates_judged().iter().filter(|judged| judged.plugin == product.plugin);
    let unjudged = |judged: &wardline_report::UpdatesJudged| {
        judged.state == UpdatesState::NotJudged
            && (judged.products.is_empty() || judged.products.contains(&product.name))
    };
    of_plugin().any(|judged| judged.state == UpdatesState::Judged) && !of_plugin().any(unjudged)
}

impl Group<'_> {
    fn title(&self) -> String {
        let mut title = self.product.to_owned();
        if let Some(pack) = self.service_pack {
            // `Windows 2000 Service Pack 2` repeats the product, and HFNetChk abbreviates the rest.
            let short = pack.rfind(SERVICE_PACK).and_then(|at| pack.get(at + SERVICE_PACK.len()..));
            title.push_str(&short.map_or_else(|| format!(" {pack}"), |number| format!(" SP{number}")));
        }
        if let Some(subject) = self.subject {
            title.push_str(&format!(" ({subject})"));
        }
        title
    }

    /// Returns the sentence below a product about something other than its updates.
    fn information(&self, selection: &Selection, shown: usize, hidden: usize) -> Option<String> {
        let hidden_words = match hidden {
            1 => "1 hotfix is hidden".to_owned(),
            _ => format!("{hidden} hotfixes are hidden"),
        };
        match (shown, hidden) {
            (0, 0) if !self.is_judged => Some("Hotfixes of this product were not judged.".to_owned()),
            (0, 0) if selection.history.is_some() => Some("No such hotfixes.".to_owned()),
            (0, 0) => Some("All necessary hotfixes have been applied.".to_owned()),
            (0, _) => Some(format!("No other hotfixes to show: {hidden_words}.")),
            (_, 0) => None,
            _ => Some(format!("{hidden_words}.")),
        }
    }
}

fn update(out: &mut String, update: &UpdateReport, status: Status, verbose: bool) {
    let kb = update.kb.as_deref().unwrap_or_default();
    line(out, status.words(), &update.bulletin, kb);
    if !verbose {
        return;
    }
    let decisive = update.decisive_test().filter(|test| !update.reason.contains(&test.subject));
    let reason = match decisive {
        Some(test) => {
            let part = |label: &str, value: &Option<String>| {
                value.as_deref().map(|value| format!(", {label} {value}")).unwrap_or_default()
            };
            let (found, expected) = (part("found", &test.found), part("expected", &test.expected));
            format!("{} ({}{found}{expected})", update.reason, test.subject)
        }
        None => update.reason.clone(),
    };
    why(out, &reason);
}

fn line(out: &mut String, status: &str, bulletin: &str, article: &str) {
    // Catalogs of today have the article in place of a bulletin.
    let article = if article.eq_ignore_ascii_case(bulletin) { "" } else { article };
    let line = format!("    {status:STATUS_WIDTH$}{:11} {}", Escaped(bulletin).to_string(), Escaped(article));
    out.push_str(line.trim_end());
    out.push('\n');
}

fn why(out: &mut String, reason: &str) {
    out.push_str(&wrapped(reason, "        "));
    out.push('\n');
}
