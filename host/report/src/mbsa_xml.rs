//! `-o mbsa-xml`: the reports of the Microsoft Baseline Security Analyzer, for programs that read them.
//!
//! Element and attribute names, identifiers of checks and grades are MBSA's. A report of one machine is one document with the root
//! `SecScan`, as MBSA writes it; several machines are inside `SecScans`, which MBSA does not have.

use std::sync::OnceLock;

use wardline_contract::{Grade, Severity, UpdateStatus};

use crate::grade::{OverallGrade, update_grade};
use crate::model::{ActionReport, CheckReport, Head, TargetReport, UpdateReport, UpdatesState};
use crate::output::Render;
use crate::remedies::{Remedies, in_words};
use crate::summary::Summary;
use crate::terms::{counted, family_order, family_title};
use crate::xml::{DECLARATION, Xml};

/// Renders MBSA's XML.
#[derive(Clone, Debug)]
pub struct MbsaXml {
    /// Adds updates that are superseded.
    verbose: bool,
    /// Adds waived checks, as informational ones.
    show_waived: bool,
    /// When the scan was made, in UTC.
    date: Option<String>,
    identity: MbsaIdentity,
    /// The version of the catalog's data, which each machine's element repeats.
    data_version: OnceLock<String>,
}

/// How a machine is known on the network, as far as the operator says so: evidence does not tell it. Empty if it is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MbsaIdentity {
    pub domain: String,
    pub address: String,
}

impl MbsaXml {
    /// Creates a renderer. `verbose` adds updates that are superseded, `show_waived` waived checks; `date` is when the scan was made,
    /// `2026-11-27T01:33:19Z`.
    pub fn new(verbose: bool, show_waived: bool, date: Option<String>) -> Self {
        MbsaXml { verbose, show_waived, date, identity: MbsaIdentity::default(), data_version: OnceLock::new() }
    }

    /// Sets the identity of all machines that are rendered.
    #[must_use]
    pub fn of(self, identity: MbsaIdentity) -> Self {
        MbsaXml { identity, ..self }
    }
}

/// Families with the check and the name for their updates: MBSA's, or 0 where it had none.
const UPDATE_CHECKS: [(&str, u32, &str); 6] = [
    ("os", 115, "Windows Security Updates"),
    ("iis", 302, "IIS Security Updates"),
    ("sql", 212, "SQL Server/MSDE Security Updates"),
    ("office", 174, "Office Security Updates"),
    ("ie", 0, "Internet Explorer Security Updates"),
    ("edge", 0, "Microsoft Edge Security Updates"),
];

impl Render for MbsaXml {
    fn begin(&self, head: &Head) -> Vec<u8> {
        let version = head.catalog.as_ref().and_then(|catalog| catalog.data_version.clone());
        self.data_version.get_or_init(|| version.unwrap_or_default());
        // Programs recognise MBSA's reports by their first line, so that the root element follows on it.
        DECLARATION.as_bytes().to_vec()
    }

    fn target(&self, report: &TargetReport) -> Vec<u8> {
        let whole = report;
        let report = &*report.without_waived();
        let mut xml = Xml::new();
        let grade = overall_grade(report.grade).to_string();
        let machine = report.system.computer_name.as_deref().unwrap_or(&report.name);
        let date = self.date.as_deref().map(|date| date.trim_end_matches('Z').replace('T', " "));
        let attributes = [
            ("ID", Some("0")),
            ("DisplayName", Some(report.name.as_str())),
            ("Machine", Some(machine)),
            ("Date", date.as_deref()),
            ("LDate", date.as_deref()),
            ("Domain", Some(self.identity.domain.as_str())),
            ("IP", Some(self.identity.address.as_str())),
            ("Grade", Some(grade.as_str())),
            ("HotfixDataVersion", self.data_version.get().map(String::as_str)),
            ("MbsaToolVersion", Some(concat!("wardline ", env!("CARGO_PKG_VERSION")))),
        ];
        xml.open("SecScan", &attributes);
        let remedies = Remedies::of(report);
        self.updates(&mut xml, report, &remedies);
        let waived: Vec<CheckReport> =
            if self.show_waived { whole.checks.iter().filter_map(noted).collect() } else { Vec::new() };
        let checks = report.checks.iter().enumerate().map(|(place, check)| (Some(place), check));
        let mut checks: Vec<_> = checks.chain(waived.iter().map(|check| (None, check))).collect();
        // The updates that a plugin would have judged have a check of their own above.
        checks.retain(|(_, check)| !check.id.ends_with(".security-updates"));
        checks.sort_by_key(|(_, check)| (family_type(&check.family), family_order(&check.family)));
        let mut section = (0, 0);
        for (place, check) in checks {
            let kind = family_type(&check.family);
            section = if section.0 == kind { (kind, section.1 + 1) } else { (kind, 1) };
            let remedy = place.map(|place| in_words(remedies.check(place))).unwrap_or_default();
            self::check(&mut xml, check, section, &remedy);
        }
        xml.close();
        xml.into_bytes()
    }

    fn separator(&self) -> &'static [u8] {
        b""
    }

    fn end(&self, summary: &Summary) -> Vec<u8> {
        if summary.targets == 1 { Vec::new() } else { b"</SecScans>\n".to_vec() }
    }

    fn has_overview(&self) -> bool {
        true
    }

    fn overview(&self, summary: &Summary) -> Vec<u8> {
        if summary.targets == 1 { Vec::new() } else { b"<SecScans>\n".to_vec() }
    }
}

impl MbsaXml {
    /// Writes a check for the updates of each family.
    fn updates(&self, xml: &mut Xml, report: &TargetReport, remedies: &Remedies<'_>) {
        let mut families: Vec<&str> = report.updates.iter().map(|update| update.family.as_str()).collect();
        families.extend(report.updates_judged().iter().map(|judged| judged.family.as_str()));
        families.sort_by_key(|family| (family_order(family), *family));
        families.dedup();
        for (rank, family) in families.into_iter().enumerate() {
            let known = UPDATE_CHECKS.iter().find(|(known, ..)| *known == family);
            let id = known.map_or(0, |(_, id, _)| *id).to_string();
            let name = known
                .map_or_else(|| format!("{} Security Updates", family_title(family)), |(.., name)| (*name).to_owned());
            let updates: Vec<(usize, &UpdateReport)> =
                report.updates.iter().enumerate().filter(|(_, update)| update.family == family).collect();
            let not_judged = report
                .updates_judged()
                .iter()
                .find(|judged| judged.family == family && judged.state == UpdatesState::NotJudged);
            let missing = updates.iter().filter(|(_, update)| update.status == UpdateStatus::Missing).count() as u64;
            let any =
                |state| report.updates_judged().iter().any(|judged| judged.family == family && judged.state == state);
            let grades = updates.iter().map(|(_, update)| update_grade(update.status, update.severity));
            let grade = match updates.is_empty() && not_judged.is_none() {
                true if any(UpdatesState::Judged) => check_grade(Grade::Passed),
                true => check_grade(Grade::NotPerformed),
                false => overall_grade(OverallGrade::worst(grades, not_judged.is_none())),
            };
            let missing = counted(missing, "security update is missing", "security updates are missing");
            let mut advice = match grade == check_grade(Grade::NotPerformed) {
                true => "None of these products is installed.".to_owned(),
                false => format!("{}{}.", missing[..1].to_uppercase(), &missing[1..]),
            };
            if let Some(not_judged) = not_judged {
                let reason = not_judged.reason.as_deref().unwrap_or_default();
                advice = match updates.is_empty() {
                    true => format!("Security updates were not judged: {reason}."),
                    false => format!("{advice} Some were not judged: {reason}."),
                };
            }
            let (grade, rank) = (grade.to_string(), (rank + 1).to_string());
            let attributes = [
                ("ID", Some(id.as_str())),
                ("Grade", Some(grade.as_str())),
                ("Type", Some("5")),
                ("Cat", Some("1")),
                ("Rank", Some(rank.as_str())),
                ("Name", Some(name.as_str())),
                ("URL1", Some("")),
                ("URL2", Some("")),
            ];
            xml.open("Check", &attributes);
            xml.text("Advice", &[], &advice);
            xml.open("Detail", &[]);
            for (place, update) in updates {
                if self.verbose || update.status != UpdateStatus::Superseded {
                    update_data(xml, update, remedies.update(place));
                }
            }
            xml.close();
            xml.close();
        }
    }
}

/// Returns a waived check as an informational one.
fn noted(check: &CheckReport) -> Option<CheckReport> {
    let waived = check.waived.as_ref()?;
    let summary = format!("{} Waived {}.", check.summary, waived.in_words());
    Some(CheckReport { grade: Grade::Informational, summary, ..check.clone() })
}

fn update_data(xml: &mut Xml, update: &UpdateReport, actions: &[&ActionReport]) {
    let digits: String = update.kb.iter().flat_map(|kb| kb.chars()).filter(char::is_ascii_digit).collect();
    let restart = update.status == UpdateStatus::PendingRestart || actions.iter().any(|action| action.restart);
    let installed = matches!(update.status, UpdateStatus::Installed | UpdateStatus::Included);
    let word = |value: bool| Some(if value { "true" } else { "false" });
    let severity = match update.severity {
        Severity::Unrated => "0",
        Severity::Low => "1",
        Severity::Moderate => "2",
        Severity::Important => "3",
        Severity::Critical => "4",
    };
    let attributes = [
        ("ID", Some(update.bulletin.as_str())),
        ("GUID", Some("")),
        ("BulletinID", Some(update.bulletin.as_str())),
        ("KBID", Some(digits.as_str())),
        ("Type", Some("1")),
        ("IsInstalled", word(installed)),
        ("Severity", Some(severity)),
        ("RestartRequired", word(restart)),
    ];
    xml.open("UpdateData", &attributes);
    xml.text("Title", &[], &update.title);
    xml.open("References", &[]);
    xml.text("BulletinURL", &[], "");
    xml.text("InformationURL", &[], "");
    xml.text("DownloadURL", &[], update.url.as_deref().unwrap_or_default());
    xml.close();
    xml.close();
}

/// Writes a check. `section` is its type and its rank in it.
fn check(xml: &mut Xml, check: &CheckReport, section: (u32, u32), remedy: &str) {
    let (kind, rank) = section;
    let numbers = [check.mbsa.unwrap_or(0), check_grade(check.grade), kind, rank].map(|number| number.to_string());
    let [id, grade, kind, rank] = &numbers;
    let name = match &check.subject {
        Some(subject) => format!("{} ({subject})", check.title),
        None => check.title.to_string(),
    };
    let category = if check.grade == Grade::Informational { "2" } else { "1" };
    let attributes = [
        ("ID", Some(id.as_str())),
        ("Grade", Some(grade.as_str())),
        ("Type", Some(kind.as_str())),
        ("Cat", Some(category)),
        ("Rank", Some(rank.as_str())),
        ("Name", Some(name.as_str())),
        ("URL1", Some("")),
        ("URL2", Some("")),
    ];
    xml.open("Check", &attributes);
    xml.text("Advice", &[], &check.summary);
    if !check.rows.is_empty() {
        xml.open("Detail", &[("text", Some(remedy).filter(|remedy| !remedy.is_empty()))]);
        xml.open("Head", &[]);
        check.columns.iter().for_each(|column| xml.text("Col", &[], column));
        xml.close();
        for row in &check.rows {
            xml.open("Row", &[("Grade", Some(check_grade(row.grade).to_string().as_str()))]);
            // A consumer pairs the cells of a row with the columns.
            for place in 0..check.columns.len() {
                xml.text("Col", &[], row.cells.get(place).map_or("-", String::as_str));
            }
            xml.close();
        }
        xml.close();
    }
    xml.close();
}

/// MBSA's sections: Windows, IIS, SQL Server, desktop applications. Those of others come after them.
fn family_type(family: &str) -> u32 {
    match family {
        "os" => 1,
        "iis" => 2,
        "sql" => 3,
        "ie" | "office" | "edge" | "desktop" => 4,
        _ => 6,
    }
}

fn check_grade(grade: Grade) -> u32 {
    match grade {
        Grade::NotPerformed => 0,
        Grade::UnableToScan => 1,
        Grade::Critical => 2,
        Grade::NonCritical => 3,
        Grade::BestPractice => 4,
        Grade::Passed => 5,
        Grade::Informational => 7,
        Grade::NotApproved => 8,
    }
}

fn overall_grade(grade: OverallGrade) -> u32 {
    match grade {
        OverallGrade::Incomplete => 1,
        OverallGrade::SevereRisk => 2,
        OverallGrade::PotentialRisk => 3,
        OverallGrade::SecurityFyi => 4,
        OverallGrade::StrongSecurity => 5,
    }
}
