//! `-o html`: a self-contained page, to be read, printed and signed.
//!
//! It holds no script and loads nothing: its own content security policy forbids both, whatever a plugin might have said. The
//! templates escape markup; texts from plugins and targets are also shown through [`Escaped`], so that no character of them
//! reorders the text around it or is invisible.

use ct_codecs::{Base64, Encoder as _};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};
use wardline_contract::Escaped;
use wardline_report::question_in_words;

use super::words;
use super::{CounterExampleReport, Described, LawReport, Overall, Report, Run};
use crate::Verdict;
use crate::inspect::Signature;
use crate::observation::{Asked, ScopeUse, examples};
use crate::words::of_scope;

const STYLE: &str = include_str!("style.css");

/// Renders the report as a page.
pub fn html(report: &Report) -> Vec<u8> {
    let name = name(report);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "Vetting report: " (Escaped(&name)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    p.soft { "wardline vetting report" }
                    h1 { (Escaped(&name)) }
                    (verdict(report))
                    (identity(report))
                    @if !report.laws.is_empty() { (laws(&report.laws)) }
                    @if let Some(run) = &report.run { (asked(run)) (costs(run)) (fleet(run)) }
                    @if let Some(described) = &report.plugin.described { (checks(described)) }
                    (decision(report))
                }
            }
        }
    };
    page.into_string().into_bytes()
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

fn verdict(report: &Report) -> Markup {
    let class = if report.verdict == Overall::Kept { "good" } else { "bad" };
    html! {
        div class={ "verdict " (class) } {
            strong { (Escaped(&words::verdict(report))) }
            @if let Some(refused) = &report.refused {
                p { code { (refused.outcome.word()) } ": " (Escaped(&refused.detail)) }
            }
            @for law in report.laws.iter().filter(|law| law.verdict == Verdict::Broken) {
                p { "Broken: " code { (law.name) } }
            }
            @if let Some(run) = &report.run { (summary(report, run)) }
        }
    }
}

/// Everything else that matters for the decision, in a sentence each.
fn summary(report: &Report, run: &Run) -> Markup {
    let broad = run.observations.scopes.iter().filter(|used| of_scope(&used.scope).broad).count();
    html! {
        p { (words::tried(report, run)) }
        p { (words::effort(run)) }
        p { (words::outside(&run.observations)) }
        @if broad > 0 {
            p { "It declares " (words::counted(broad, "scope")) " over a whole registry hive, drive or user." }
        }
    }
}

fn identity(report: &Report) -> Markup {
    let plugin = &report.plugin;
    let signature = match &plugin.signature {
        Signature::BuiltIn => "none needed: it is built into wardline".to_owned(),
        Signature::NotSigned => "none lies beside the file".to_owned(),
        Signature::NotVerified(file) => format!("{file} lies beside it; it was not verified here"),
    };
    let fact = |name: &str, value: &str| html! { dt { (name) } dd { (Escaped(value)) } };
    let code = |name: &str, value: &str| html! { dt { (name) } dd { code { (Escaped(value)) } } };
    html! {
        h2 { "Plugin" }
        dl.facts {
            @if let Some(Described { name, version, family, summary, .. }) = &plugin.described {
                (fact("Name", name))
                (fact("Version", version))
                (fact("Product family", family))
                (fact("In its own words", summary))
            }
            (code("File", &plugin.file))
            (code("SHA-256", &plugin.digest))
            (fact("Size", &words::bytes(plugin.size)))
            (fact("Signature", &signature))
            @if let Some(described) = &plugin.described {
                (fact("Contract", &format!("wardline:check {}", described.contract)))
                (fact("Imports", words::IMPORTS))
                @if described.products.is_empty() {
                    (fact("Products", "none"))
                } @else {
                    (fact("Products", &described.products.join(", ")))
                }
                @if report.run.is_some() { (fact("Preparing", words::preparing(described.snapshot))) }
            }
        }
    }
}

/// The laws, broken ones first.
fn laws(laws: &[LawReport]) -> Markup {
    let mut laws: Vec<&LawReport> = laws.iter().collect();
    laws.sort_by_key(|law| match law.verdict {
        Verdict::Broken => 0,
        Verdict::NotTried => 1,
        Verdict::Kept => 2,
    });
    html! {
        h2 { "Laws that a plugin has to keep" }
        @for law in laws { (self::law(law)) }
    }
}

fn law(law: &LawReport) -> Markup {
    let class = match law.verdict {
        Verdict::Kept => "good",
        Verdict::Broken => "bad",
        Verdict::NotTried => "note",
    };
    html! {
        section.card.law.broken[law.verdict == Verdict::Broken] {
            div.head {
                h3 { code { (law.name) } }
                span class={ "badge " (class) } { (words::law_verdict(law.verdict)) }
            }
            p { (Escaped(law.explanation)) }
            p.soft { (words::counted_number(law.cases, "case")) " on " (words::counted(law.targets, "target")) }
            @if let Some(example) = &law.counter_example { (counter_example(example)) }
        }
    }
}

fn counter_example(example: &CounterExampleReport) -> Markup {
    html! {
        div.example {
            p { "On " code { (Escaped(&example.target)) } ": " (Escaped(&example.what)) }
            p.soft {
                "Smallest counter-example found: " (words::counted(example.answers, "answer")) " and "
                (words::counted(example.updates, "update")) "."
                @for recording in &example.recordings { " " code { (Escaped(recording)) } }
            }
        }
    }
}

fn asked(run: &Run) -> Markup {
    let (used, unused): (Vec<&ScopeUse>, _) = run.observations.scopes.iter().partition(|used| !used.is_unused());
    // Scopes about the same thing share a card, at the position of the first one declared.
    let mut abouts: Vec<&'static str> = Vec::new();
    for used in &used {
        let about = of_scope(&used.scope).about;
        if !abouts.contains(&about) {
            abouts.push(about);
        }
    }
    html! {
        h2 { "What it may ask, and what it asked" }
        p.soft { (words::ASKING) }
        @if run.observations.undeclared.questions > 0 {
            section.card.broken {
                div.head { h3 { "Outside of all that it declares" } span.badge.bad { "denied" } }
                (questions(&run.observations.undeclared))
            }
        }
        @for about in abouts {
            section.card {
                div.head { h3 { (about) } }
                @for used in used.iter().filter(|used| of_scope(&used.scope).about == about) { (scope(used)) }
            }
        }
        @if !unused.is_empty() {
            section.card {
                div.head { h3 { "Declared, but needed by no question" } span.badge.note { "unused" } }
                ul {
                    @for scope in unused.into_iter().map(|unused| of_scope(&unused.scope)) {
                        li { (scope.about) ": " (Escaped(&scope.what)) }
                    }
                }
            }
        }
        @if run.observations.scopes.is_empty() { p { "It declares that it asks nothing." } }
    }
}

fn scope(used: &ScopeUse) -> Markup {
    let scope = of_scope(&used.scope);
    html! {
        div.scope {
            p {
                (Escaped(&scope.what))
                @if scope.broad { " " span.badge.note { "broad" } }
            }
            (questions(&used.asked))
        }
    }
}

fn questions(asked: &Asked) -> Markup {
    let shown = examples(&asked.kept);
    let more = asked.distinct.saturating_sub(shown.len() as u64);
    html! {
        p.soft { (words::asked(asked)) }
        ul {
            @for question in shown { li { code { (Escaped(&question_in_words(question))) } } }
            @if more > 0 { li.soft { "and " (words::number(more)) " more" } }
        }
    }
}

fn costs(run: &Run) -> Markup {
    html! {
        h2 { "What a conversation cost" }
        div.scroll {
            table.costs {
                thead { tr { th {} @for head in words::COST_HEADS { th.number { (head) } } } }
                tbody {
                    @for [what, numbers @ ..] in words::costs(&run.observations, &run.limits) {
                        tr {
                            td { (what) }
                            @for (head, number) in words::COST_HEADS.iter().zip(numbers) {
                                td.number data-head=(head) { (number) }
                            }
                        }
                    }
                }
            }
        }
        p.soft { (words::outcomes(&run.observations)) }
    }
}

fn fleet(run: &Run) -> Markup {
    html! {
        h2 { "Vetted on" }
        p { (words::fleet(&run.fleet)) }
        p { (words::updates(&run.fleet)) }
        p.soft { "Updates: SHA-256 " code { (run.fleet.updates_digest) } }
        p.soft { "Settings: SHA-256 " code { (run.settings_digest) } }
        @if !run.fleet.unopened.is_empty() {
            p.bad { "Not opened:" }
            ul { @for unopened in &run.fleet.unopened { li { (Escaped(&unopened.reason)) } } }
        }
    }
}

fn checks(described: &Described) -> Markup {
    if described.checks.is_empty() {
        return Markup::default();
    }
    html! {
        h2 { "Checks that it makes" }
        div.scroll {
            table.checks {
                @for check in &described.checks {
                    tr {
                        td { code { (Escaped(&check.id)) } }
                        td { (Escaped(&check.title)) br; span.soft { (Escaped(&check.explanation)) } }
                    }
                }
            }
        }
    }
}

fn decision(report: &Report) -> Markup {
    html! {
        h2 { "Decision" }
        div.sign { @for line in ["Name and role", "Date", "Signature"] { div { (line) } } }
        footer {
            "Made by wardline " (report.wardline) " on " (Escaped(&report.date)) ". "
            "The same plugin, fleet, seed and version give the same report but for the date."
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_of_a_string_is_markup() {
        for (text, expected) in [
            ("plain, ümlaut", "plain, ümlaut"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\" onload='x'", "&quot; onload='x'"),
            ("&amp;", "&amp;amp;"),
            ("\u{1b}[31m\u{202e}exe", r"\u{1b}[31m\u{202e}exe"),
        ] {
            assert_eq!(html! { (Escaped(text)) }.into_string(), expected);
        }
    }

    proptest! {
        /// Attributes are always quoted with `"`, so that `'` ends nothing.
        #[test]
        fn no_string_holds_what_could_end_or_begin_markup(text in any::<String>()) {
            let shown = html! { (Escaped(&text)) }.into_string();
            prop_assert!(!shown.contains(['<', '>', '"', '\u{202e}', '\0', '\n']), "{shown}");
            let ampersands = shown.match_indices('&').all(|(place, _)| {
                ["&amp;", "&lt;", "&gt;", "&quot;"].iter().any(|entity| shown[place..].starts_with(entity))
            });
            prop_assert!(ampersands, "{shown}");
        }
    }
}
