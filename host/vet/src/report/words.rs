//! Sentences that the text report and the HTML page share.

use super::{FleetReport, Overall, Report, Run};
use crate::Verdict;
use crate::observation::{Asked, Observations, Spread};
pub(super) use wardline_report::html::grouped as number;

/// The result of the run, in one sentence.
pub(super) fn verdict(report: &Report) -> String {
    let laws = report.laws.as_slice();
    let count = |verdict| laws.iter().filter(|law| law.verdict == verdict).count();
    let (kept, broken, not_tried) = (count(Verdict::Kept), count(Verdict::Broken), count(Verdict::NotTried));
    let untried = match not_tried {
        0 => String::new(),
        1 => "; 1 law could not be tried".to_owned(),
        more => format!("; {more} laws could not be tried"),
    };
    match report.verdict {
        Overall::Refused => "Refused: the plugin does not run in wardline.".to_owned(),
        Overall::Broken => format!("Breaks {broken} of {}{untried}.", counted(laws.len(), "law")),
        Overall::Kept => format!(
            "Keeps {}{untried}.",
            if not_tried == 0 {
                format!("all {}", counted(kept, "law"))
            } else {
                format!("{kept} of {}", counted(laws.len(), "law"))
            }
        ),
    }
}

/// The meaning of an empty import list.
pub(super) const IMPORTS: &str = "none: it can reach nothing but the answers to its questions";

/// The meaning of a denied question.
pub(super) const ASKING: &str = "wardline answers only questions within the declared scopes; all others are answered \
                                 \u{201c}denied\u{201d} and listed here. Counted over all targets.";

pub(super) const COST_HEADS: [&str; 4] = ["median", "99 of 100", "highest", "allowed"];

pub(super) fn preparing(snapshot: bool) -> &'static str {
    if snapshot { "once for all targets, ahead" } else { "again for each target, which is slower" }
}

/// `34 questions, 5 different`.
pub(super) fn asked(asked: &Asked) -> String {
    format!("{}, {} different", counted_number(asked.questions, "question"), number(asked.distinct))
}

/// How the conversations ended.
pub(super) fn outcomes(observations: &Observations) -> String {
    let each = observations.outcomes.iter();
    let each: Vec<String> =
        each.map(|count| format!("{} {}", number(count.conversations), count.outcome.word())).collect();
    format!("{}: {}", counted_number(observations.conversations, "conversation"), each.join(", "))
}

pub(super) fn law_verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Broken => "BROKEN",
        Verdict::NotTried => "not tried",
    }
}

/// How much was tried, in one sentence.
pub(super) fn tried(report: &Report, run: &Run) -> String {
    let cases = report.laws.iter().map(|law| law.cases).sum();
    let targets = counted(run.fleet.tried, "target");
    format!("{} of {} on {targets}.", counted_number(cases, "case"), counted(report.laws.len(), "law"))
}

/// The effort that the run made, in one sentence.
pub(super) fn effort(run: &Run) -> String {
    match run.effort.shortfall() {
        Some(reason) => format!("Not a report to rely on: it was made {reason}."),
        None => "Made with at least the usual effort.".to_owned(),
    }
}

/// Whether the plugin asked for more than it declares, in one sentence.
pub(super) fn outside(observations: &Observations) -> String {
    match observations.undeclared.questions {
        0 => "It asked nothing outside of what it declares.".to_owned(),
        more => {
            format!("It asked {} outside of what it declares; none was answered.", counted_number(more, "question"))
        }
    }
}

/// The targets, in one sentence.
pub(super) fn fleet(fleet: &FleetReport) -> String {
    let FleetReport { seed, built_in, given, generated, tried, .. } = fleet;
    let mut parts = Vec::new();
    for (number, what) in [(built_in, "built-in"), (given, "given"), (generated, "generated")] {
        if *number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    let all = built_in + given + generated;
    let tried =
        if *tried == all { "the laws were tried on all".to_owned() } else { format!("the laws were tried on {tried}") };
    format!("{} ({}); {tried}; seed {seed}.", counted(all, "target"), parts.join(", "))
}

/// The updates, in one sentence.
pub(super) fn updates(fleet: &FleetReport) -> String {
    match (fleet.updates, fleet.generated_updates) {
        (0, _) => "No updates: the plugin declares no product, or the catalog has none for its products.".to_owned(),
        (all, 0) => format!("{} from the catalog.", counted(all, "update")),
        (all, _) => format!("{}, generated for the products that the plugin declares.", counted(all, "update")),
    }
}

/// Rows of costs: the name, median, 99th percentile, maximum, and limit.
pub(super) fn costs(observations: &Observations, limits: &super::LimitsReport) -> Vec<[String; 5]> {
    let row = |name: &str, spread: Spread, shown: &dyn Fn(u64) -> String, limit: Option<u64>| {
        [
            name.to_owned(),
            shown(spread.p50),
            shown(spread.p99),
            shown(spread.max),
            limit.map_or_else(|| "\u{2013}".to_owned(), shown),
        ]
    };
    let Observations { fuel, memory, rounds, questions, bytes_in, bytes_out, .. } = observations;
    vec![
        row("Fuel (instructions)", *fuel, &number, Some(limits.fuel)),
        row("Memory", *memory, &bytes, Some(limits.memory)),
        row("Rounds of questions", *rounds, &number, Some(limits.rounds.into())),
        row("Questions", *questions, &number, Some(limits.questions.into())),
        row("Answers in", *bytes_in, &bytes, None),
        row("Questions, findings, actions out", *bytes_out, &bytes, Some(limits.output)),
    ]
}

/// `1 law`, `3 laws`.
pub(super) fn counted(number: usize, what: &str) -> String {
    counted_number(number as u64, what)
}

/// `1 case`, `1,234 cases`.
pub(super) fn counted_number(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{} {what}s", number(count)) }
}

/// `17 B`, `1.3 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_in_groups_and_bytes_in_units() {
        for (plain, shown) in [(0, "0"), (999, "999"), (1_000, "1,000"), (2_000_000_000, "2,000,000,000")] {
            assert_eq!(number(plain), shown);
        }
        for (plain, shown) in [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (268_435_456, "256.0 MiB")] {
            assert_eq!(bytes(plain), shown);
        }
    }
}
