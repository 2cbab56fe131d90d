//! Gates: the conditions for a scan to succeed.

use wardline_report::{FailOn, GateResult, Share, Summary, WaiverProblem};

/// A condition under which a scan fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A finding of this level or a higher one.
    Level(FailOn),
    /// A missing update, however it is rated.
    Missing,
    /// A waiver that has expired, so that a finding counts again.
    ExpiredWaiver,
    /// A waiver that waives nothing.
    UnusedWaiver,
}

impl Condition {
    pub const ALL: [Condition; 7] = [
        Condition::Level(FailOn::Low),
        Condition::Level(FailOn::Moderate),
        Condition::Level(FailOn::Important),
        Condition::Level(FailOn::Critical),
        Condition::Missing,
        Condition::ExpiredWaiver,
        Condition::UnusedWaiver,
    ];

    /// Returns the condition as written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Condition::Level(level) => level.word(),
            Condition::Missing => "missing",
            Condition::ExpiredWaiver => "expired-waiver",
            Condition::UnusedWaiver => "unused-waiver",
        }
    }

    /// Returns whether a scan passes, and what decided it.
    fn judge(self, summary: &Summary) -> (bool, String) {
        let waivers = |problem| summary.waivers_to_review.iter().filter(|waiver| waiver.problem == problem).count();
        let computers = |count: u64| counted(count, "computer");
        match self {
            Condition::Level(level) => {
                let reached = summary.reached(level);
                match reached.findings {
                    0 => (true, "no findings".to_owned()),
                    found => (false, format!("{} on {}", counted(found, "finding"), computers(reached.targets))),
                }
            }
            Condition::Missing => match summary.updates.missing {
                0 => (true, "no updates are missing".to_owned()),
                found => {
                    let missing = if found == 1 { "1 update is" } else { &format!("{found} updates are") };
                    (false, format!("{missing} missing on {}", computers(summary.targets_missing_updates)))
                }
            },
            Condition::ExpiredWaiver => match waivers(WaiverProblem::Expired) {
                0 => (true, "no waiver has expired".to_owned()),
                1 => (false, "1 waiver has expired".to_owned()),
                found => (false, format!("{found} waivers have expired")),
            },
            Condition::UnusedWaiver => match waivers(WaiverProblem::Unused) {
                0 => (true, "every waiver is used".to_owned()),
                1 => (false, "1 waiver is not used".to_owned()),
                found => (false, format!("{found} waivers are not used")),
            },
        }
    }
}

/// The conditions of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gates {
    pub conditions: Vec<Condition>,
    /// The scan fails if less than this share of the checks and product families was judged.
    pub judged_below: Option<Share>,
}

impl Gates {
    /// Judges a scan by each condition, in the order given. The summary must be complete, with the waivers to review.
    pub fn judge(&self, summary: &Summary) -> Vec<GateResult> {
        let conditions = self.conditions.iter().map(|condition| {
            let (passed, found) = condition.judge(summary);
            GateResult { gate: format!("--fail-on {}", condition.word()), passed, found }
        });
        let share = self.judged_below.map(|wanted| {
            let judged = summary.judged();
            GateResult {
                gate: format!("--fail-coverage-below {}", wanted.to_string().trim_end_matches(" %")),
                passed: judged >= wanted,
                found: format!("{judged} was judged"),
            }
        });
        conditions.chain(share).collect()
    }
}

/// Formats the results on one line, those that failed first: `gate failed: --fail-on critical (3 findings on 2 computers)`. `None`
/// without gates.
pub fn verdict(results: &[GateResult]) -> Option<String> {
    let listed = |passed| {
        let listed = results.iter().filter(|result| result.passed == passed);
        listed.map(|result| format!("{} ({})", result.gate, result.found)).collect::<Vec<_>>()
    };
    let line = |word: &str, listed: &[String]| {
        let gates = if listed.len() == 1 { "gate" } else { "gates" };
        (!listed.is_empty()).then(|| format!("{gates} {word}: {}", listed.join(", ")))
    };
    let lines = [line("failed", &listed(false)), line("passed", &listed(true))];
    let line = lines.into_iter().flatten().collect::<Vec<_>>().join("; ");
    Some(line).filter(|line| !line.is_empty())
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
