//! `-o html`: a self-contained page, to be read, printed and signed.
//!
//! It holds no script and loads nothing: its own content security policy forbids both, whatever a plugin might have said.

mod escape;

use std::fmt::Write as _;

use ct_codecs::{Base64, Encoder as _};
use sha2::{Digest as _, Sha256};
use wardline_report::question_in_words;

use self::escape::Html;
use super::words;
use super::{Described, LawReport, Overall, Report, Run};
use crate::Verdict;
use crate::inspect::Signature;
use crate::observation::{Asked, ScopeUse, examples};
use crate::words::of_scope;

const STYLE: &str = include_str!("style.css");

/// Renders the report as a page.
pub fn html(report: &Report) -> Vec<u8> {
    let mut page = Page(String::with_capacity(64 << 10));
    page.begin(report);
    page.identity(report);
    if !report.laws.is_empty() {
        page.laws(&report.laws);
    }
    if let Some(run) = &report.run {
        page.asked(run);
        page.costs(run);
        page.fleet(run);
    }
    if let Some(described) = &report.plugin.described {
        page.checks(described);
    }
    page.end(report);
    page.0.into_bytes()
}

/// A page under construction.
struct Page(String);

/// Appends to a page like `write!`; appending to a string cannot fail.
macro_rules! add {
    ($page:expr, $($argument:tt)*) => {{ let _ = write!($page.0, $($argument)*); }};
}

/// The content security policy: show this page in this style, and nothing else.
fn policy() -> String {
    let hash = Base64::encode_to_string(Sha256::digest(STYLE)).unwrap_or_default();
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

fn name(report: &Report) -> String {
    match &report.plugin.described {
        Some(Described { name, version, .. }) => format!("{name} {version}"),
        None => report.plugin.file.clone(),
    }
}

impl Page {
    fn begin(&mut self, report: &Report) {
        let name = name(report);
        add!(self, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        add!(self, "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", policy());
        add!(self, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        add!(self, "<meta name=\"referrer\" content=\"no-referrer\">\n");
        add!(self, "<title>Vetting report: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n", Html(&name));
        add!(self, "<p class=\"soft\">wardline vetting report</p>\n<h1>{}</h1>\n", Html(&name));
        let class = if report.verdict == Overall::Kept { "good" } else { "bad" };
        add!(self, "<div class=\"verdict {class}\"><strong>{}</strong>", Html(&words::verdict(report)));
        if let Some(refused) = &report.refused {
            add!(self, "<p><code>{}</code>: {}</p>", refused.outcome.word(), Html(&refused.detail));
        }
        for law in report.laws.iter().filter(|law| law.verdict == Verdict::Broken) {
            add!(self, "<p>Broken: <code>{}</code></p>", law.name);
        }
        self.summary(report);
        add!(self, "</div>\n");
    }

    /// Everything else that matters for the decision, in a sentence each.
    fn summary(&mut self, report: &Report) {
        let Some(run) = &report.run else { return };
        add!(self, "<p>{}</p>", words::tried(report, run));
        add!(self, "<p>{}</p>", words::effort(run));
        add!(self, "<p>{}</p>", words::outside(&run.observations));
        let broad: Vec<_> = run.observations.scopes.iter().filter(|used| of_scope(&used.scope).broad).collect();
        if !broad.is_empty() {
            let count = words::counted(broad.len(), "scope");
            add!(self, "<p>It declares {count} over a whole registry hive, drive or user.</p>");
        }
    }

    fn fact(&mut self, name: &str, value: &str) {
        add!(self, "<dt>{name}</dt><dd>{}</dd>\n", Html(value));
    }

    fn code_fact(&mut self, name: &str, value: &str) {
        add!(self, "<dt>{name}</dt><dd><code>{}</code></dd>\n", Html(value));
    }

    fn identity(&mut self, report: &Report) {
        let plugin = &report.plugin;
        add!(self, "<h2>Plugin</h2>\n<dl class=\"facts\">\n");
        if let Some(Described { name, version, family, summary, .. }) = &plugin.described {
            self.fact("Name", name);
            self.fact("Version", version);
            self.fact("Product family", family);
            self.fact("In its own words", summary);
        }
        self.code_fact("File", &plugin.file);
        self.code_fact("SHA-256", &plugin.digest);
        self.fact("Size", &words::bytes(plugin.size));
        self.fact(
            "Signature",
            &match &plugin.signature {
                Signature::BuiltIn => "none needed: it is built into wardline".to_owned(),
                Signature::NotSigned => "none lies beside the file".to_owned(),
                Signature::NotVerified(file) => format!("{file} lies beside it; it was not verified here"),
            },
        );
        if let Some(described) = &plugin.described {
            self.fact("Contract", &format!("wardline:check {}", described.contract));
            self.fact("Imports", words::IMPORTS);
            let none = || "none".to_owned();
            let products = &described.products;
            self.fact("Products", &if products.is_empty() { none() } else { products.join(", ") });
            if report.run.is_some() {
                self.fact("Preparing", words::preparing(described.snapshot));
            }
        }
        add!(self, "</dl>\n");
    }

    fn laws(&mut self, laws: &[LawReport]) {
        add!(self, "<h2>Laws that a plugin has to keep</h2>\n");
        // Broken laws come first.
        let rank = |law: &&LawReport| match law.verdict {
            Verdict::Broken => 0,
            Verdict::NotTried => 1,
            Verdict::Kept => 2,
        };
        let mut laws: Vec<&LawReport> = laws.iter().collect();
        laws.sort_by_key(rank);
        for law in laws {
            let (class, card) = match law.verdict {
                Verdict::Kept => ("good", "card law"),
                Verdict::Broken => ("bad", "card law broken"),
                Verdict::NotTried => ("note", "card law"),
            };
            let cases = words::counted_number(law.cases, "case");
            let targets = words::counted(law.targets, "target");
            add!(self, "<section class=\"{card}\"><div class=\"head\"><h3><code>{}</code></h3>", law.name);
            add!(self, "<span class=\"badge {class}\">{}</span></div>\n", words::law_verdict(law.verdict));
            add!(self, "<p>{}</p>\n<p class=\"soft\">{cases} on {targets}</p>\n", Html(law.explanation));
            if let Some(example) = &law.counter_example {
                add!(
                    self,
                    "<div class=\"example\"><p>On <code>{}</code>: {}</p>",
                    Html(&example.target),
                    Html(&example.what)
                );
                let answers = words::counted(example.answers, "answer");
                let updates = words::counted(example.updates, "update");
                add!(self, "<p class=\"soft\">Smallest counter-example found: {answers} and {updates}.");
                for recording in &example.recordings {
                    add!(self, " <code>{}</code>", Html(recording));
                }
                add!(self, "</p></div>\n");
            }
            add!(self, "</section>\n");
        }
    }

    fn asked(&mut self, run: &Run) {
        add!(self, "<h2>What it may ask, and what it asked</h2>\n");
        add!(self, "<p class=\"soft\">{}</p>\n", words::ASKING);
        let outside = &run.observations.undeclared;
        if outside.questions > 0 {
            add!(self, "<section class=\"card broken\"><div class=\"head\"><h3>Outside of all that it declares</h3>");
            add!(self, "<span class=\"badge bad\">denied</span></div>");
            self.questions(outside);
            add!(self, "</section>\n");
        }
        let (used, unused): (Vec<&ScopeUse>, _) = run.observations.scopes.iter().partition(|used| !used.is_unused());
        // Scopes about the same thing share a card, at the position of the first one declared.
        let mut abouts: Vec<&'static str> = Vec::new();
        for used in &used {
            let about = of_scope(&used.scope).about;
            if !abouts.contains(&about) {
                abouts.push(about);
            }
        }
        for about in abouts {
            add!(self, "<section class=\"card\"><div class=\"head\"><h3>{about}</h3></div>\n");
            for used in used.iter().filter(|used| of_scope(&used.scope).about == about) {
                self.scope(used);
            }
            add!(self, "</section>\n");
        }
        if !unused.is_empty() {
            add!(self, "<section class=\"card\"><div class=\"head\"><h3>Declared, but needed by no question</h3>");
            add!(self, "<span class=\"badge note\">unused</span></div>\n<ul>\n");
            for scope in unused {
                let scope = of_scope(&scope.scope);
                add!(self, "<li>{}: {}</li>\n", scope.about, Html(&scope.what));
            }
            add!(self, "</ul></section>\n");
        }
        if run.observations.scopes.is_empty() {
            add!(self, "<p>It declares that it asks nothing.</p>\n");
        }
    }

    fn scope(&mut self, used: &ScopeUse) {
        let scope = of_scope(&used.scope);
        add!(self, "<div class=\"scope\"><p>{}", Html(&scope.what));
        if scope.broad {
            add!(self, " <span class=\"badge note\">broad</span>");
        }
        add!(self, "</p>");
        self.questions(&used.asked);
        add!(self, "</div>\n");
    }

    fn questions(&mut self, asked: &Asked) {
        let shown = examples(&asked.kept);
        add!(self, "<p class=\"soft\">{}</p>\n<ul>\n", words::asked(asked));
        for question in shown {
            add!(self, "<li><code>{}</code></li>\n", Html(&question_in_words(question)));
        }
        let more = asked.distinct.saturating_sub(shown.len() as u64);
        if more > 0 {
            add!(self, "<li class=\"soft\">and {} more</li>\n", words::number(more));
        }
        add!(self, "</ul>\n");
    }

    fn costs(&mut self, run: &Run) {
        add!(
            self,
            "<h2>What a conversation cost</h2>\n<div class=\"scroll\"><table class=\"costs\">\n<thead><tr><th></th>"
        );
        for head in words::COST_HEADS {
            add!(self, "<th class=\"number\">{head}</th>");
        }
        add!(self, "</tr></thead>\n<tbody>\n");
        for [what, numbers @ ..] in words::costs(&run.observations, &run.limits) {
            add!(self, "<tr><td>{what}</td>");
            for (head, number) in words::COST_HEADS.iter().zip(numbers) {
                add!(self, "<td class=\"number\" data-head=\"{head}\">{number}</td>");
            }
            add!(self, "</tr>\n");
        }
        add!(self, "</tbody></table></div>\n<p class=\"soft\">{}</p>\n", words::outcomes(&run.observations));
    }

    fn fleet(&mut self, run: &Run) {
        add!(self, "<h2>Vetted on</h2>\n<p>{}</p>\n", words::fleet(&run.fleet));
        add!(self, "<p>{}</p>\n", words::updates(&run.fleet));
        add!(self, "<p class=\"soft\">Updates: SHA-256 <code>{}</code></p>\n", run.fleet.updates_digest);
        add!(self, "<p class=\"soft\">Settings: SHA-256 <code>{}</code></p>\n", run.settings_digest);
        if !run.fleet.unopened.is_empty() {
            add!(self, "<p class=\"bad\">Not opened:</p>\n<ul>\n");
            for unopened in &run.fleet.unopened {
                add!(self, "<li>{}</li>\n", Html(&unopened.reason));
            }
            add!(self, "</ul>\n");
        }
    }

    fn checks(&mut self, described: &Described) {
        if described.checks.is_empty() {
            return;
        }
        add!(self, "<h2>Checks that it makes</h2>\n<div class=\"scroll\"><table class=\"checks\">\n");
        for check in &described.checks {
            add!(self, "<tr><td><code>{}</code></td><td>{}", Html(&check.id), Html(&check.title));
            add!(self, "<br><span class=\"soft\">{}</span></td></tr>\n", Html(&check.explanation));
        }
        add!(self, "</table></div>\n");
    }

    fn end(&mut self, report: &Report) {
        add!(self, "<h2>Decision</h2>\n<div class=\"sign\">");
        for line in ["Name and role", "Date", "Signature"] {
            add!(self, "<div>{line}</div>");
        }
        add!(self, "</div>\n<footer>Made by wardline {} on {}. ", report.wardline, Html(&report.date));
        add!(self, "The same plugin, fleet, seed and version give the same report but for the date.</footer>\n");
        add!(self, "</main>\n</body>\n</html>\n");
    }
}
