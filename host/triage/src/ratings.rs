//! Ratings: how severe a finding is here, by what an attacker gains and by the machine's place in the network.
//!
//! Table 8.4 of Microsoft's patch management guide for Windows 2000 Server rates a vulnerability by the type of the computer. A
//! catalog has one rating for all of them. The November 2002 revision of Microsoft's ratings adds *important*.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use wardline_contract::{Grade, Role, Severity};
use wardline_files::text_file;
use wardline_report::{NetworkRole, Rerated, TargetReport};

use crate::error::{LARGEST_FILE, MAX_ENTRIES, Reader, RulesError};
use crate::names::{FindingName, Index};
use crate::pattern::Pattern;

/// The roles and ratings of one file.
#[derive(Debug, Default)]
pub(crate) struct Ratings {
    roles: Vec<(NetworkRole, Vec<Pattern>)>,
    index: Index,
    ratings: Vec<Rating>,
}

#[derive(Debug)]
struct Rating {
    machines: Vec<Pattern>,
    /// Empty for every role.
    roles: Vec<NetworkRole>,
    scale: Scale,
    source: String,
    reason: String,
}

#[derive(Debug)]
enum Scale {
    Fixed(Severity),
    /// The most severe of what an attacker gains, for the machine's role.
    ByEffect(Vec<Effect>),
}

/// The effect of an exploited vulnerability, or the obstacle to exploiting it, in the terms of table 8.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    FullControl,
    /// Code of the attacker's choice runs, without the user acting.
    CodeExecution,
    RemoteElevation,
    LocalElevation,
    Defacement,
    DenialOfService,
    /// Denial of service that is limited, or that passes.
    LimitedDenialOfService,
    /// Data is read or changed, and auditing it is difficult.
    UnauditedAccess,
    /// Data is read or changed, and an audit shows it.
    AuditedAccess,
    /// Data is read or changed, but not the data that the attacker chooses.
    UntargetedAccess,
    /// Some data is read or changed, such as the source of scripts.
    LimitedAccess,
    /// The user has to act.
    NeedsUser,
    HostileWebSite,
    /// Difficult to exploit, or only in an unusual configuration.
    HardToExploit,
}

impl Effect {
    /// Returns the rating for a role; `None` if the table does not have it, so that the catalog's rating remains.
    ///
    /// Full control of an internal server includes elevation of privilege, and full control of a client that code runs: what the
    /// table names for them.
    pub fn severity(self, role: NetworkRole) -> Option<Severity> {
        use Effect::*;
        use NetworkRole::*;
        use Severity::*;
        match (self, role) {
            (FullControl | CodeExecution | RemoteElevation, _) => Some(Critical),
            (LocalElevation, InternalServer) => Some(Critical),
            (LocalElevation, Client) => Some(Moderate),
            (Defacement | DenialOfService, InternetServer) => Some(Critical),
            (DenialOfService, InternalServer | Client) => Some(Moderate),
            (LimitedDenialOfService, InternetServer) => Some(Moderate),
            (LimitedDenialOfService, InternalServer) => Some(Low),
            (UnauditedAccess, InternalServer) => Some(Critical),
            (AuditedAccess, InternalServer) => Some(Moderate),
            (UntargetedAccess, InternalServer) => Some(Low),
            (UntargetedAccess, Client) => Some(Moderate),
            (LimitedAccess, _) => Some(Low),
            (NeedsUser, Client) => Some(Moderate),
            (HostileWebSite, Client) => Some(Low),
            (HardToExploit, InternetServer) => Some(Moderate),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    role: Vec<WrittenRole>,
    #[serde(default)]
    rating: Vec<Spanned<WrittenRating>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRole {
    role: NetworkRole,
    machines: Spanned<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRating {
    finding: Spanned<toml::Value>,
    machines: Option<Spanned<toml::Value>>,
    #[serde(default)]
    roles: Vec<NetworkRole>,
    severity: Option<Spanned<Severity>>,
    effects: Option<Spanned<Vec<Effect>>>,
    reason: Spanned<String>,
}

impl Ratings {
    pub(crate) fn read(path: &Path) -> Result<Ratings, RulesError> {
        Ratings::parse(&path.display().to_string(), &text_file::read(path, LARGEST_FILE)?)
    }

    pub(crate) fn parse(file: &str, text: &str) -> Result<Ratings, RulesError> {
        let reader = Reader { file, text };
        let written: Written = reader.parse()?;
        if written.role.len() > MAX_ENTRIES || written.rating.len() > MAX_ENTRIES {
            return Err(RulesError::TooMany { file: file.to_owned() });
        }
        let mut ratings = Ratings::default();
        for role in &written.role {
            ratings.roles.push((role.role, reader.patterns("machines", Some(&role.machines))?));
        }
        for written in &written.rating {
            ratings.add(reader, written)?;
        }
        Ok(ratings)
    }

    fn add(&mut self, reader: Reader<'_>, written: &Spanned<WrittenRating>) -> Result<(), RulesError> {
        let place = written.span().start;
        let written = written.get_ref();
        let names = reader.findings(&written.finding)?;
        let scale = match (&written.severity, &written.effects) {
            (Some(severity), None) => {
                let is_check = names.iter().any(|name| matches!(name, FindingName::Check(..) | FindingName::Mbsa(_)));
                match severity.get_ref() {
                    Severity::Unrated => {
                        let reason = "severity: expected `critical`, `important`, `moderate` or `low`";
                        return Err(reader.invalid(severity.span().start, reason));
                    }
                    Severity::Important if is_check => {
                        let reason = "severity: checks have no grade `important`: use `critical`, `moderate` or `low`";
                        return Err(reader.invalid(severity.span().start, reason));
                    }
                    severity => Scale::Fixed(*severity),
                }
            }
            (None, Some(effects)) if !effects.get_ref().is_empty() => Scale::ByEffect(effects.get_ref().clone()),
            _ => return Err(reader.invalid(place, "expected either `severity` or `effects`")),
        };
        names.iter().for_each(|name| self.index.add(name, self.ratings.len()));
        self.ratings.push(Rating {
            machines: reader.patterns("machines", written.machines.as_ref())?,
            roles: written.roles.clone(),
            scale,
            source: reader.place(place),
            reason: reader.said("reason", &written.reason)?,
        });
        Ok(())
    }

    /// Returns the role of a machine: the first that the file gives its name, or the one `told`, or else the one that its Windows
    /// suggests. A server counts as internal.
    pub(crate) fn role(&self, report: &TargetReport, told: Option<NetworkRole>) -> Option<NetworkRole> {
        let named = self.roles.iter().find(|(_, machines)| is_among(report, machines)).map(|(role, _)| *role);
        named.or(told).or(match report.system.role {
            Some(Role::Workstation) => Some(NetworkRole::Client),
            Some(Role::Server | Role::DomainController) => Some(NetworkRole::InternalServer),
            Some(Role::Unknown) | None => None,
        })
    }

    /// Rates the findings of a machine. The first rating in the file that applies counts.
    pub(crate) fn apply(&self, report: &mut TargetReport) {
        let role = report.role;
        let here: Vec<bool> = self
            .ratings
            .iter()
            .map(|rating| {
                let has_role = rating.roles.is_empty() || role.is_some_and(|role| rating.roles.contains(&role));
                has_role && is_among(report, &rating.machines)
            })
            .collect();
        let rated = |places: &[usize]| {
            let mut ratings = places.iter().filter(|place| here.get(**place) == Some(&true));
            ratings.find_map(|place| {
                let rating = self.ratings.get(*place)?;
                Some((rating, rating.severity(role)?))
            })
        };
        let by_vulnerability = self.index.of_vulnerabilities(report);
        for (place, update) in report.updates.iter_mut().enumerate() {
            let mut places = self.index.of_update(update);
            places.extend(by_vulnerability.get(place).into_iter().flatten().copied().flatten());
            places.sort_unstable();
            if let Some((rating, severity)) = rated(&places)
                && update.severity != severity
            {
                update.rerated = Some(rating.rerated(update.severity));
                update.severity = severity;
            }
        }
        let failed = |grade| matches!(grade, Grade::Critical | Grade::NonCritical | Grade::BestPractice);
        for check in report.checks.iter_mut().filter(|check| failed(check.grade)) {
            if let Some((rating, severity)) = rated(&self.index.of_check(check)) {
                let grade = wardline_report::severity_grade(severity);
                if check.grade != grade {
                    check.rerated = Some(rating.rerated(check.grade));
                    check.grade = grade;
                }
            }
        }
    }
}

fn is_among(report: &TargetReport, machines: &[Pattern]) -> bool {
    let names = [Some(report.name.as_str()), report.system.computer_name.as_deref()];
    names.into_iter().flatten().any(|name| machines.iter().any(|pattern| pattern.matches(name)))
}

impl Rating {
    fn severity(&self, role: Option<NetworkRole>) -> Option<Severity> {
        match &self.scale {
            Scale::Fixed(severity) => Some(*severity),
            // The severities are declared from the most severe on.
            Scale::ByEffect(effects) => {
                effects.iter().filter_map(|effect| effect.severity(role?)).min_by_key(|severity| *severity as u8)
            }
        }
    }

    fn rerated<T>(&self, from: T) -> Rerated<T> {
        Rerated { from, source: self.source.as_str().into(), reason: self.reason.as_str().into() }
    }
}
