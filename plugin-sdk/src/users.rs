//! The users whose settings are judged, and the combination of their verdicts into one finding.

use crate::contract::exports::wardline::check::types::{
    Answer, Fact, Grade, Profile, Question, RegistryData, RegistryValueName,
};
use crate::evidence::{Evidence, Evident, Unable};
use crate::finding::Finding;
use crate::remedy::Remedy;

/// The owner of the judged settings: a user, or the machine for all users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name of the account or of the profile's folder.
    pub name: String,
    /// `HKLM` or `HKU\<sid>`. `None` for a profile whose registry is not available.
    pub root: Option<String>,
}

/// Returns the people who have a profile, and the number of the question about them.
///
/// # Errors
///
/// If the profiles cannot be read.
pub async fn people(evidence: &Evidence) -> Result<(Vec<User>, u32), Unable> {
    let profiles = evidence.profiles().await.required()?;
    let people = profiles.iter().filter(|profile| is_person(&profile.sid)).map(user).collect();
    Ok((people, profiles.question_number()))
}

/// Groups and services also have profiles, but people do not work with them. Accounts of domains and machines begin with
/// S-1-5-21, those of a cloud directory with S-1-12-1.
fn is_person(sid: &str) -> bool {
    let sid = sid.to_ascii_uppercase();
    (sid.starts_with("S-1-5-21-") || sid.starts_with("S-1-12-1-")) && !sid.ends_with("_CLASSES")
}

fn user(profile: &Profile) -> User {
    User { name: profile.name.clone(), root: profile.loaded.then(|| format!(r"HKU\{}", profile.sid)) }
}

/// The verdict on one setting of one user.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The grade of the user's row.
    pub grade: Grade,
    /// The value in words, or why it is not known.
    pub found: String,
    /// The remedies for this user.
    pub remedies: Vec<Remedy>,
}

impl Verdict {
    /// The setting is right.
    pub fn passed(found: impl Into<String>) -> Verdict {
        Verdict { grade: Grade::Passed, found: found.into(), remedies: Vec::new() }
    }

    /// The setting is wrong.
    pub fn critical(found: impl Into<String>, remedies: Vec<Remedy>) -> Verdict {
        Verdict { grade: Grade::Critical, found: found.into(), remedies }
    }

    /// The setting could not be judged.
    pub fn unable(reason: impl Into<String>) -> Verdict {
        Verdict { grade: Grade::UnableToScan, found: reason.into(), remedies: Vec::new() }
    }
}

/// The verdicts of a check, user by user.
#[derive(Debug, Default)]
pub struct Verdicts {
    rows: Vec<(Vec<String>, Grade)>,
    remedies: Vec<Remedy>,
    evidence: Vec<u32>,
}

/// The sentences of a check's finding.
#[derive(Clone, Copy, Debug)]
pub struct Sentences {
    /// If there are no users.
    pub nobody: &'static str,
    /// If all settings are right.
    pub passed: &'static str,
    /// If some are wrong; followed by the number of failing rows.
    pub failed: &'static str,
    /// If none is wrong, and some could not be judged.
    pub unable: &'static str,
}

impl Verdicts {
    /// Adds a row: the user, the subject of the setting, its value, the recommended value.
    pub fn add(&mut self, user: &User, subject: &str, verdict: Verdict, recommended: &str) {
        let cells = [user.name.as_str(), subject, &verdict.found, recommended].map(str::to_owned).to_vec();
        self.rows.push((cells, verdict.grade));
        self.remedies.extend(verdict.remedies);
    }

    /// Adds a row for a user whose registry is not available.
    pub fn add_unreadable(&mut self, user: &User) {
        self.add(user, "all", Verdict::unable("the user's registry could not be read"), "");
    }

    /// Cites the question with this number.
    pub fn because(&mut self, number: u32) {
        self.evidence.push(number);
    }

    /// One failing row fails the check; otherwise, one row that could not be judged makes it *unable to scan*.
    pub fn conclude(self, say: &Sentences) -> Finding {
        let count = |grade| self.rows.iter().filter(|(_, found)| *found == grade).count();
        let finding = match (self.rows.len(), count(Grade::Critical), count(Grade::UnableToScan)) {
            (0, ..) => Finding::not_performed(say.nobody),
            (_, 0, 0) => Finding::passed(say.passed),
            (_, 0, _) => Finding::new(Grade::UnableToScan, say.unable),
            (_, failed, 0) => Finding::critical(format!("{}: {failed}.", say.failed)),
            (_, failed, _) => Finding::critical(format!("{}: {failed}; some others could not be judged.", say.failed)),
        };
        let finding = self.rows.into_iter().fold(finding, |finding, (cells, grade)| finding.row(cells, grade));
        let finding = self.evidence.iter().fold(finding, Finding::because);
        self.remedies.into_iter().fold(finding, Finding::mend)
    }
}

/// Returns the data of a registry value. `None` if it is absent or could not be read.
pub fn data(answer: &Answer) -> Option<&RegistryData> {
    match answer {
        Answer::Known(Fact::RegistryValue(data)) => Some(data),
        _ => None,
    }
}

/// Returns the question about a registry value.
pub fn value(key: impl Into<String>, name: impl Into<String>) -> Question {
    Question::RegistryValue(RegistryValueName { key: key.into(), name: name.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_groups_are_no_people() {
        for (sid, expected) in [
            ("S-1-5-21-1-2-3-500", true),
            ("s-1-12-1-1-2-3-4", true),
            ("S-1-5-21-1-2-3-500_Classes", false),
            ("S-1-5-18", false),
            (".DEFAULT", false),
        ] {
            assert_eq!(is_person(sid), expected, "{sid}");
        }
    }
}
