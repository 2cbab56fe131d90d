//! Waivers: findings that somebody accepts, for a reason and for a time.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Deserialize;
use toml::Spanned;
use wardline_files::text_file;
use wardline_report::{TargetReport, UpdateReport, Waived, WaiverProblem, WaiverToReview};

use crate::date::Date;
use crate::error::{LARGEST_FILE, MAX_ENTRIES, Reader, RulesError};
use crate::names::{FindingName, Index};
use crate::pattern::Pattern;

/// The waivers of one file.
#[derive(Debug, Default)]
pub(crate) struct Waivers {
    index: Index,
    waivers: Vec<Waiver>,
}

#[derive(Debug)]
pub(crate) struct Waiver {
    pub(crate) names: Vec<FindingName>,
    pub(crate) machines: Vec<Pattern>,
    /// Instances of a product; every one if there are no patterns.
    pub(crate) subject: Vec<Pattern>,
    pub(crate) waived: Waived,
    pub(crate) in_force: bool,
    pub(crate) uses: Uses,
}

/// How often a waiver applied. Machines are judged in parallel.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    /// The machines whose names match.
    machines: AtomicU64,
    /// The findings that it waives, or would waive if it had not expired.
    findings: AtomicU64,
    /// Updates that fix one of its vulnerabilities, and others that are not waived.
    in_part: AtomicU64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    waiver: Vec<Spanned<WrittenWaiver>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWaiver {
    finding: Spanned<toml::Value>,
    machines: Option<Spanned<toml::Value>>,
    subject: Option<Spanned<toml::Value>>,
    reason: Spanned<String>,
    owner: Spanned<String>,
    expires: Spanned<toml::Value>,
}

impl Waivers {
    /// Reads a file of waivers. Those whose last day is before `today` have expired.
    pub(crate) fn read(path: &Path, today: Date) -> Result<Waivers, RulesError> {
        Waivers::parse(&path.display().to_string(), &text_file::read(path, LARGEST_FILE)?, today)
    }

    pub(crate) fn parse(file: &str, text: &str, today: Date) -> Result<Waivers, RulesError> {
        let reader = Reader { file, text };
        let written: Written = reader.parse()?;
        if written.waiver.len() > MAX_ENTRIES {
            return Err(RulesError::TooMany { file: file.to_owned() });
        }
        let waivers = written.waiver.into_iter().map(|written| read_waiver(reader, &written, today));
        Ok(Waivers::new(waivers.collect::<Result<_, _>>()?))
    }

    pub(crate) fn new(waivers: Vec<Waiver>) -> Waivers {
        let mut index = Index::default();
        for (place, waiver) in waivers.iter().enumerate() {
            waiver.names.iter().for_each(|name| index.add(name, place));
        }
        Waivers { index, waivers }
    }

    /// Marks the findings of a machine that are waived. The first waiver in the file that is in force decides.
    pub(crate) fn apply(&self, report: &mut TargetReport) {
        let names = [Some(report.name.as_str()), report.system.computer_name.as_deref()];
        let here: Vec<bool> = self.waivers.iter().map(|waiver| waiver.is_for(names.into_iter().flatten())).collect();
        for (waiver, _) in self.waivers.iter().zip(&here).filter(|(_, here)| **here) {
            waiver.uses.machines.fetch_add(1, Relaxed);
        }
        if !here.contains(&true) {
            return;
        }
        let here = |place: usize| here.get(place) == Some(&true);
        let by_vulnerability = self.index.of_vulnerabilities(report);
        for (place, update) in report.updates.iter_mut().enumerate().filter(|(_, update)| update.can_be_waived()) {
            let of_vulnerabilities = by_vulnerability.get(place).map(Vec::as_slice).unwrap_or_default();
            let waived = self.of_update(update, of_vulnerabilities, &here);
            update.waived = update.waived.take().or(waived);
        }
        for check in report.checks.iter_mut().filter(|check| check.can_be_waived()) {
            let waivers = self.about(&self.index.of_check(check), check.subject.as_deref(), &here);
            let waived = waive(&waivers);
            check.waived = check.waived.take().or(waived);
        }
    }

    /// `of_vulnerabilities` are the waivers of each vulnerability that the update closes.
    fn of_update(
        &self,
        update: &UpdateReport,
        of_vulnerabilities: &[&[usize]],
        here: &dyn Fn(usize) -> bool,
    ) -> Option<Waived> {
        let subject = update.subject.as_deref();
        let by_name = waive(&self.about(&self.index.of_update(update), subject, here));
        // An update is waived as well if each of its vulnerabilities is, even if by different waivers.
        let by_vulnerability: Vec<Vec<&Waiver>> =
            of_vulnerabilities.iter().map(|places| self.about(places, subject, here)).collect();
        if by_vulnerability.is_empty() || by_vulnerability.iter().any(Vec::is_empty) {
            for waiver in by_vulnerability.iter().flatten() {
                waiver.uses.in_part.fetch_add(1, Relaxed);
            }
            return by_name;
        }
        let waived: Vec<Option<Waived>> = by_vulnerability.iter().map(|waivers| waive(waivers)).collect();
        let waived: Option<Vec<Waived>> = waived.into_iter().collect();
        // The first to expire says until when. ISO dates sort as texts do.
        let first =
            waived.into_iter().flatten().min_by_key(|waived| (waived.expires.is_none(), waived.expires.clone()));
        by_name.or(first)
    }

    /// Returns the waivers at these places that are for the machine and the subject.
    fn about(&self, places: &[usize], subject: Option<&str>, here: &dyn Fn(usize) -> bool) -> Vec<&Waiver> {
        let waivers = places.iter().filter(|place| here(**place)).filter_map(|place| self.waivers.get(*place));
        waivers.filter(|waiver| waiver.is_about(subject)).collect()
    }

    /// Returns the waivers that are of no effect, after all machines were judged. Those that have expired are of interest only if
    /// a finding counts again.
    pub(crate) fn to_review(&self) -> Vec<WaiverToReview> {
        self.waivers.iter().filter_map(Waiver::to_review).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waivers.is_empty()
    }

    pub(crate) fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }
}

/// Returns the decision of the first of these waivers that is in force. Those that are count as used; if none is, those that have
/// expired do.
fn waive(waivers: &[&Waiver]) -> Option<Waived> {
    let in_force = waivers.iter().find(|waiver| waiver.in_force);
    for waiver in waivers.iter().filter(|waiver| waiver.in_force == in_force.is_some()) {
        waiver.uses.findings.fetch_add(1, Relaxed);
    }
    in_force.map(|waiver| waiver.waived.clone())
}

fn read_waiver(reader: Reader<'_>, written: &Spanned<WrittenWaiver>, today: Date) -> Result<Waiver, RulesError> {
    let place = written.span().start;
    let written = written.get_ref();
    let expires = expiry(reader, &written.expires)?;
    let subject = match &written.subject {
        None => Vec::new(),
        given => reader.patterns("subject", given.as_ref())?,
    };
    Ok(Waiver {
        names: reader.findings(&written.finding)?,
        machines: reader.patterns("machines", written.machines.as_ref())?,
        subject,
        waived: Waived {
            source: reader.place(place).into(),
            reason: Some(reader.said("reason", &written.reason)?.into()),
            owner: Some(reader.said("owner", &written.owner)?.into()),
            expires: expires.map(|date| date.to_string().into()),
        },
        in_force: expires.is_none_or(|last| today <= last),
        uses: Uses::default(),
    })
}

/// Reads the last day: `2027-03-31` with or without quotes, or `"never"`.
fn expiry(reader: Reader<'_>, value: &Spanned<toml::Value>) -> Result<Option<Date>, RulesError> {
    let text = match value.get_ref() {
        toml::Value::String(text) => text.clone(),
        toml::Value::Datetime(date) => date.to_string(),
        _ => String::new(),
    };
    if text == "never" {
        return Ok(None);
    }
    let date = text.parse().map_err(|error| format!("expires: {error}, or \"never\""));
    date.map(Some).map_err(|reason| reader.invalid(value.span().start, reason))
}

impl Waiver {
    fn is_for<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.any(|name| self.machines.iter().any(|pattern| pattern.matches(name)))
    }

    fn is_about(&self, subject: Option<&str>) -> bool {
        self.subject.is_empty() || subject.is_some_and(|subject| self.subject.iter().any(|one| one.matches(subject)))
    }

    pub(crate) fn is_used(&self) -> bool {
        self.uses.findings.load(Relaxed) > 0
    }

    fn to_review(&self) -> Option<WaiverToReview> {
        let findings = self.uses.findings.load(Relaxed);
        let counted = if findings == 1 { "1 finding counts".to_owned() } else { format!("{findings} findings count") };
        let expires = self.waived.expires.as_deref().unwrap_or_default();
        let (problem, detail) = match (self.in_force, findings) {
            (true, 1..) => return None,
            (false, 1..) => {
                (WaiverProblem::Expired, format!("expired on {expires}: {counted} again; mend, or decide anew"))
            }
            (false, 0) => (WaiverProblem::Unused, format!("expired on {expires}, and waives nothing: remove it")),
            (true, 0) if self.uses.machines.load(Relaxed) == 0 => {
                (WaiverProblem::Unused, "waives nothing: no machine of this scan has such a name".to_owned())
            }
            (true, 0) if self.uses.in_part.load(Relaxed) > 0 => {
                let detail = "waives nothing: the updates that fix it also fix vulnerabilities that are not waived";
                (WaiverProblem::Unused, detail.to_owned())
            }
            (true, 0) => (WaiverProblem::Unused, "waives nothing: no machine of this scan has the finding".to_owned()),
        };
        Some(WaiverToReview {
            source: self.waived.source.to_string(),
            findings: self.names.iter().map(FindingName::to_string).collect(),
            owner: self.waived.owner.as_deref().map(str::to_owned),
            problem,
            detail,
        })
    }
}
