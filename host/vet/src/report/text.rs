//! `-o text`: for the terminal.

use anstyle::{AnsiColor, Style};
use wardline_report::{Page, Span, question_in_words};

use super::words;
use super::{Described, LawReport, Overall, Report, Run};
use crate::Verdict;
use crate::observation::{Asked, examples};
use crate::words::of_scope;

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The column after the verdicts at which the laws' explanations begin.
const BEHIND_VERDICT: usize = 13;

/// Renders the report for people, optionally with colours.
pub fn text(report: &Report, colour: bool) -> Vec<u8> {
    let mut page = Page::new(colour);
    let style = if report.verdict == Overall::Kept { GOOD } else { BAD };
    page.line(0, &[Span(BOLD, &format!("wardline {}: vetting report", report.wardline))]);
    page.line(0, &[Span(style, &words::verdict(report))]);
    if let Some(run) = &report.run {
        page.line(0, &[Span(PLAIN, &words::tried(report, run))]);
        page.paragraph(0, if run.effort.shortfall().is_some() { BAD } else { PLAIN }, &words::effort(run));
        page.line(0, &[Span(PLAIN, &words::outside(&run.observations))]);
    }
    page.blank();
    identity(&mut page, report);
    if let Some(refused) = &report.refused {
        page.blank();
        page.hanging(
            0,
            &[Span(BAD, "Refused "), Span(PLAIN, refused.outcome.word()), Span(PLAIN, ": ")],
            8,
            PLAIN,
            &refused.detail,
        );
    }
    if let Some(run) = &report.run {
        laws(&mut page, &report.laws);
        asked(&mut page, run);
        costs(&mut page, run);
        fleet(&mut page, run);
    }
    page.into_bytes()
}

fn identity(page: &mut Page, report: &Report) {
    let plugin = &report.plugin;
    let mut row = |name: &str, value: &str| page.hanging(0, &[Span(FAINT, name)], 14, PLAIN, value);
    if let Some(Described { name, version, family, summary, .. }) = &plugin.described {
        row("Plugin", &format!("{name} {version}"));
        row("Family", family);
        row("Summary", summary);
    }
    row("File", &plugin.file);
    row("SHA-256", &plugin.digest);
    row("Size", &words::bytes(plugin.size));
    if let Some(described) = &plugin.described {
        row("Contract", &format!("wardline:check {}", described.contract));
        row("Imports", words::IMPORTS);
        row("Checks", &described.checks.len().to_string());
        row("Products", &if described.products.is_empty() { "none".to_owned() } else { described.products.join(", ") });
        if report.run.is_some() {
            row("Preparing", words::preparing(described.snapshot));
        }
    }
    row("Vetted", &report.date);
}

fn laws(page: &mut Page, laws: &[LawReport]) {
    page.blank();
    page.line(0, &[Span(BOLD, "Laws")]);
    for law in laws {
        let style = match law.verdict {
            Verdict::Kept => GOOD,
            Verdict::Broken => BAD,
            Verdict::NotTried => FAINT,
        };
        let tried =
            format!("{} ({} cases on {})", law.name, words::number(law.cases), words::counted(law.targets, "target"));
        page.hanging(2, &[Span(style, words::law_verdict(law.verdict))], BEHIND_VERDICT, PLAIN, &tried);
        let Some(example) = &law.counter_example else { continue };
        page.paragraph(BEHIND_VERDICT, PLAIN, law.explanation);
        page.paragraph(BEHIND_VERDICT, BOLD, &format!("On {}: {}", example.target, example.what));
        let size = format!(
            "Smallest counter-example found: {} and {}",
            words::counted(example.answers, "answer"),
            words::counted(example.updates, "update")
        );
        let place = match example.recordings.as_slice() {
            [] => String::new(),
            recordings => format!(", in {}", recordings.join(" and ")),
        };
        page.paragraph(BEHIND_VERDICT, FAINT, &format!("{size}{place}"));
    }
}

fn asked(page: &mut Page, run: &Run) {
    page.blank();
    page.line(0, &[Span(BOLD, "What it may ask, and what it asked")]);
    for used in &run.observations.scopes {
        let scope = of_scope(&used.scope);
        let broad = if scope.broad { " (broad)" } else { "" };
        page.hanging(2, &[Span(BOLD, scope.about), Span(PLAIN, ": ")], 4, PLAIN, &format!("{}{broad}", scope.what));
        if used.is_unused() {
            page.paragraph(6, FAINT, "declared, but needed by no question");
        } else {
            questions(page, &used.asked);
        }
    }
    if run.observations.undeclared.questions > 0 {
        page.line(2, &[Span(BAD, "Outside of all that it declares; answered denied:")]);
        questions(page, &run.observations.undeclared);
    }
    if run.observations.scopes.is_empty() {
        page.paragraph(2, PLAIN, "It declares that it asks nothing.");
    }
}

fn questions(page: &mut Page, asked: &Asked) {
    page.paragraph(6, PLAIN, &words::asked(asked));
    for question in examples(&asked.kept) {
        page.hanging(8, &[], 10, FAINT, &question_in_words(question));
    }
}

fn costs(page: &mut Page, run: &Run) {
    page.blank();
    page.line(0, &[Span(BOLD, "What a conversation cost")]);
    let heads: Vec<String> = std::iter::once("").chain(words::COST_HEADS).map(str::to_owned).collect();
    let rows: Vec<Vec<String>> =
        words::costs(&run.observations, &run.limits).into_iter().map(|row| row.to_vec()).collect();
    page.table(2, &heads, &rows);
    page.paragraph(2, PLAIN, &words::outcomes(&run.observations));
}

fn fleet(page: &mut Page, run: &Run) {
    page.blank();
    page.line(0, &[Span(BOLD, "Vetted on")]);
    page.paragraph(2, PLAIN, &words::fleet(&run.fleet));
    page.paragraph(2, PLAIN, &words::updates(&run.fleet));
    page.paragraph(2, PLAIN, &format!("Settings: SHA-256 {}", run.settings_digest));
    for unopened in &run.fleet.unopened {
        page.hanging(2, &[Span(BAD, "Not opened: ")], 4, PLAIN, &unopened.reason);
    }
}
