//! `-o text`: a list for an administrator to work through, machine by machine.

use anstyle::Style;
use wardline_contract::{FindingId, Operation};
use wardline_report::{NotJudged, Page, Span, condition_in_words, not_judged_lines, operation_in_words};

use super::RenderPlan;
use super::plan::{LeftOut, MachinePlan, NewestFile, Package, ShownFinding, Step, StepKind, UndoStep};

/// Renders plans for people.
#[derive(Clone, Copy, Debug)]
pub struct TextPlan {
    pub colour: bool,
}

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// The column at which the text of a numbered step begins.
const STEP: usize = 7;

impl RenderPlan for TextPlan {
    fn begin(&self) -> Vec<u8> {
        Vec::new()
    }

    fn machine(&self, plan: &MachinePlan) -> Vec<u8> {
        let mut page = Page::new(self.colour);
        header(&mut page, plan);
        section(&mut page, "Steps", &plan.steps, step);
        section(
            &mut page,
            "Files in several packages, with the version to be found in the end",
            &plan.newest_files,
            file,
        );
        section(&mut page, "Left out", &plan.left_out, left_out);
        section(&mut page, "Not remedied by any step", &plan.not_mended, |page, finding| {
            page.hanging(4, &[], 6, PLAIN, &name(finding));
        });
        section(&mut page, "To undo everything, in this order", &plan.undo, undo);
        undo_end(&mut page, plan);
        page.into_bytes()
    }

    fn separator(&self) -> &'static [u8] {
        b"\n"
    }

    fn end(&self) -> Vec<u8> {
        Vec::new()
    }
}

fn header(page: &mut Page, plan: &MachinePlan) {
    page.line(0, &[Span(BOLD, &plan.name)]);
    let system: Vec<&str> = [&plan.product, &plan.service_pack].into_iter().flatten().map(String::as_str).collect();
    if !system.is_empty() {
        page.paragraph(2, PLAIN, &system.join(", "));
    }
    page.paragraph(2, FAINT, &plan.location);
    if let Some(error) = &plan.error {
        page.hanging(2, &[Span(BOLD, "Could not be scanned: ")], 4, PLAIN, error);
    } else if !plan.complete {
        page.paragraph(2, PLAIN, "Not everything could be scanned. The plan covers only what could.");
    }
    not_judged(page, plan);
    for condition in &plan.doubtful_evidence {
        let text = format!("{} {}.", condition.part, condition_in_words(condition));
        page.hanging(2, &[Span(BOLD, "Evidence: ")], 4, PLAIN, &text);
    }
    if plan.steps.is_empty() {
        if plan.error.is_none() {
            let nothing = if plan.complete { "Nothing to do." } else { "Nothing to do about what was scanned." };
            page.paragraph(2, PLAIN, nothing);
        }
        return;
    }
    let steps = if plan.steps.len() == 1 { "1 step".to_owned() } else { format!("{} steps", plan.steps.len()) };
    let restart = if plan.restarts == 0 { "no restart" } else { "one restart" };
    page.paragraph(2, PLAIN, &format!("{steps}, {restart}. Back up the machine before you begin."));
}

fn not_judged(page: &mut Page, plan: &MachinePlan) {
    // For a machine that could not be opened, the error already says everything.
    if plan.error.is_some() && plan.product.is_none() {
        return;
    }
    let told = plan.updates_not_judged.iter().map(|one| NotJudged {
        family: one.family.as_deref(),
        products: &one.products,
        reason: &one.reason,
    });
    for line in not_judged_lines(told) {
        page.hanging(2, &[Span(BOLD, "Updates not judged: ")], 4, PLAIN, &line);
    }
}

fn section<T>(page: &mut Page, title: &str, rows: &[T], row: impl Fn(&mut Page, &T)) {
    if !rows.is_empty() {
        page.blank();
        page.line(2, &[Span(BOLD, title)]);
        rows.iter().for_each(|each| row(page, each));
    }
}

fn step(page: &mut Page, step: &Step) {
    let what = match (&step.operation, step.kind) {
        (None, _) => "Restart the machine.".to_owned(),
        (Some(operation), StepKind::Chain) => {
            let more = ", so that of each file the newest version survives the restart.";
            sentence(operation).trim_end_matches('.').to_owned() + more
        }
        (Some(operation), StepKind::InstallByHand) if matches!(operation, Operation::InstallUpdate(_)) => {
            format!("By hand: {}.", operation_in_words(operation))
        }
        (Some(operation), _) => sentence(operation),
    };
    page.hanging(2, &[Span(BOLD, &format!("{:>3}. ", step.number))], STEP, PLAIN, &what);
    let mut detail = |head: &str, text: &str| page.hanging(STEP, &[Span(FAINT, head)], STEP + 2, PLAIN, text);
    step.mends.iter().for_each(|finding| detail("Mends ", &name(finding)));
    step.package.iter().for_each(|of| detail("Package: ", &package(of, step.kind)));
    step.notes.iter().for_each(|note| detail("Note: ", note));
    step.risks.iter().for_each(|risk| detail("Risk: ", risk));
    // An update's own article already appears beside its bulletin.
    let said = |article: &&str| step.mends.iter().any(|finding| finding.article.as_deref() == Some(article));
    let articles: Vec<&str> = step.articles.iter().map(String::as_str).filter(|article| !said(article)).collect();
    if !articles.is_empty() {
        detail("See ", &articles.join(", "));
    }
}

/// Formats an operation as a sentence: `Set … to ….`
fn sentence(operation: &Operation) -> String {
    let words = operation_in_words(operation);
    let mut letters = words.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{capital}{}.", letters.as_str())
}

/// Formats a finding: `MS02-902 (Q399902) on Windows 2000 Server: Remote Procedure Call …`, `os.guest-account: Guest account`.
fn name(finding: &ShownFinding) -> String {
    let mut text = finding.id.clone();
    if let Some(article) = &finding.article {
        text.push_str(&format!(" ({article})"));
    }
    if let (Some(product), FindingId::Update(_)) = (&finding.product, finding.place) {
        text.push_str(&format!(" on {product}"));
    }
    if let Some(subject) = &finding.subject {
        text.push_str(&format!(" [{subject}]"));
    }
    text + ": " + &finding.title
}

/// Formats a package: `Q292435, for W2K, will be in Service Pack 3, x86, en`.
fn package(package: &Package, kind: StepKind) -> String {
    let mut parts = vec![package.article.clone()];
    parts.extend(package.product.as_ref().map(|product| format!("for {product}")));
    parts.extend(package.service_pack.map(|number| match kind {
        StepKind::ServicePack => format!("Service Pack {number}"),
        _ => format!("will be in Service Pack {number}"),
    }));
    parts.extend(package.processor.map(str::to_owned));
    parts.extend(package.language.clone());
    parts.join(", ")
}

fn file(page: &mut Page, newest: &NewestFile) {
    let text = format!("{} {} (step {})", newest.file, newest.version, newest.step);
    page.hanging(4, &[], 6, PLAIN, &text);
}

fn left_out(page: &mut Page, row: &LeftOut) {
    page.hanging(4, &[], 6, PLAIN, &format!("{}. {}", name(&row.finding), row.reason));
}

fn undo(page: &mut Page, step: &UndoStep) {
    let words: Vec<String> = step.operations.iter().map(sentence).collect();
    let text = format!("{} (undoes step {})", words.join(" "), step.undoes);
    page.hanging(2, &[Span(BOLD, &format!("{:>3}. ", step.number))], STEP, PLAIN, &text);
}

fn undo_end(page: &mut Page, plan: &MachinePlan) {
    if plan.undo.iter().any(|step| step.restart) {
        page.paragraph(STEP, PLAIN, "Then restart the machine.");
    }
    if !plan.not_undone.is_empty() {
        let numbers: Vec<String> = plan.not_undone.iter().map(u32::to_string).collect();
        let steps = if numbers.len() == 1 { "step" } else { "steps" };
        page.blank();
        page.paragraph(2, PLAIN, &format!("Cannot be undone: {steps} {}.", numbers.join(", ")));
    }
}
