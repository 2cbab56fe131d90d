//! The operator's rules for the findings of a scan: waivers, ignore lists, ratings, and the gates that make it fail.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;

use super::args::one_of;
use super::{Fatal, messages, warn};
use crate::aliasing::Files;
use crate::report::{NetworkRole, Share, Summary, TargetReport, WaiverToReview};
use crate::triage::{Condition, Date, Gates, Rules, verdict};

/// The number of waivers to review that standard error names; the report has all of them.
const NAMED: usize = 10;

#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Waivers and ratings")]
pub struct TriageArgs {
    /// Waivers (TOML): findings that are accepted, with reason, owner and last day; may be repeated
    #[arg(long, value_name = "FILE")]
    pub waivers: Vec<PathBuf>,
    /// Leave out the findings of these updates (a file with an article or bulletin on each line); may be repeated
    #[arg(long, value_name = "FILE")]
    pub ignore: Vec<PathBuf>,
    /// Day on which waivers have to be in force, such as 2027-03-31 [default: today, in UTC]
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// Ratings (TOML): the roles of machines, and how severe findings are for them
    #[arg(long, value_name = "FILE")]
    pub ratings: Option<PathBuf>,
    /// Role of the machines that the ratings give none
    #[arg(long, value_name = "ROLE", value_parser = one_of(&NetworkRole::ALL, NetworkRole::word))]
    pub role: Option<NetworkRole>,
}

#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Gates")]
pub struct GateArgs {
    /// Exit with code 2 if there are findings of this level or higher, missing updates, or waivers to review; may be repeated
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', value_parser = one_of(&Condition::ALL, Condition::word))]
    pub fail_on: Vec<Condition>,
    /// Exit with code 2 if less than this share of the checks and product families could be judged
    #[arg(long, value_name = "PERCENT")]
    pub fail_coverage_below: Option<Share>,
}

/// The rules of a scan.
pub(super) struct Triage {
    rules: Rules,
    role: Option<NetworkRole>,
    /// The roles of machines of the fleet, by their locations.
    roles: HashMap<String, NetworkRole>,
    gates: Gates,
}

impl Triage {
    /// Reads the files that the operator named.
    ///
    /// # Errors
    ///
    /// If one cannot be read, or is not as documented.
    pub(super) fn new(arguments: &TriageArgs, gates: &GateArgs) -> Result<Triage, Fatal> {
        let mut rules = Rules::default();
        let today = arguments.as_of.unwrap_or_else(|| Date::of(SystemTime::now()));
        for file in &arguments.waivers {
            rules.read_waivers(file, today)?;
        }
        for file in &arguments.ignore {
            rules.read_ignored(file)?;
        }
        if let Some(file) = &arguments.ratings {
            rules.read_ratings(file)?;
        }
        let gates = Gates { conditions: gates.fail_on.clone(), judged_below: gates.fail_coverage_below };
        Ok(Triage { rules, role: arguments.role, roles: HashMap::new(), gates })
    }

    /// Gives machines roles by their locations. The file of ratings takes precedence, and they take precedence over `--role`.
    pub(super) fn with_roles(self, roles: HashMap<String, NetworkRole>) -> Triage {
        Triage { roles, ..self }
    }

    /// Applies the rules to a machine's report.
    pub(super) fn apply(&self, mut report: TargetReport) -> TargetReport {
        let location = report.source.location.as_str();
        // The location of a Windows in a disk image has its number.
        let image = location.rsplit_once('#').map(|(image, _)| image);
        let role = [Some(location), image].into_iter().flatten().find_map(|location| self.roles.get(location)).copied();
        self.rules.apply(&mut report, role.or(self.role));
        report
    }

    /// Completes the summary of all machines, which is otherwise finished.
    pub(super) fn finish(&self, summary: &mut Summary) {
        summary.waivers_to_review = self.rules.to_review();
        summary.gates = self.gates.judge(summary);
    }
}

/// Registers the files as read.
pub(super) fn with_files(files: &mut Files, arguments: &TriageArgs) {
    arguments.waivers.iter().for_each(|file| files.reads("--waivers", file));
    arguments.ignore.iter().for_each(|file| files.reads("--ignore", file));
    arguments.ratings.iter().for_each(|file| files.reads("--ratings", file));
}

/// Says on standard error which waivers are of no effect, and which gates were passed.
pub(super) fn tell(summary: &Summary) {
    for waiver in summary.waivers_to_review.iter().take(NAMED) {
        warn(&about(waiver));
    }
    match summary.waivers_to_review.len().saturating_sub(NAMED) {
        0 => {}
        more => warn(&format!("and {more} more waivers to review; the report lists them")),
    }
    if let Some(line) = verdict(&summary.gates) {
        // It is why the scan fails.
        if summary.gates.iter().all(|gate| gate.passed) { warn(&line) } else { messages::error(&line) }
    }
}

/// Formats a waiver to review: `waivers.toml, line 12: MS01-033 (owner Ann): expired on 2026-11-26: 2 findings count again…`.
fn about(waiver: &WaiverToReview) -> String {
    let owner = waiver.owner.as_deref().map(|owner| format!(" (owner {owner})")).unwrap_or_default();
    format!("{}: {}{owner}: {}", waiver.source, waiver.findings.join(", "), waiver.detail)
}
