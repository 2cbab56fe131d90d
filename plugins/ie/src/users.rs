//! The users whose settings are judged, and the combination of their verdicts into one finding.

use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;

/// The owner of the judged settings: a user, or the machine for all users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    /// `HKLM` or `HKU\<sid>`. `None` for a profile whose registry is not available.
    pub(crate) root: Option<String>,
}

/// Returns the people who have a profile, and the number of the question about them.
pub(crate) async fn people(evidence: &Evidence) -> Result<(Vec<User>, u32), Unable> {
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
pub(crate) struct Verdict {
    pub(crate) grade: Grade,
    /// The value in words, or why it is not known.
    pub(crate) found: String,
    pub(crate) remedies: Vec<Remedy>,
}

impl Verdict {
    pub(crate) fn passed(found: impl Into<String>) -> Verdict {
        Verdict { grade: Grade::Passed, found: found.into(), remedies: Vec::new() }
    }

    pub(crate) fn critical(found: impl Into<String>, remedies: Vec<Remedy>) -> Verdict {
        Verdict { grade: Grade::Critical, found: found.into(), remedies }
    }

    pub(crate) fn unable(reason: impl Into<String>) -> Verdict {
        Verdict { grade: Grade::UnableToScan, found: reason.into(), remedies: Vec::new() }
    }
}

/// The verdicts of a check, user by user.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    rows: Vec<(Vec<String>, Grade)>,
    remedies: Vec<Remedy>,
    evidence: Vec<u32>,
}

/// The sentences of a check's finding.
pub(crate) struct Sentences {
    pub(crate) nobody: &'static str,
    pub(crate) passed: &'static str,
    /// Followed by the number of failing rows.
    pub(crate) failed: &'static str,
    pub(crate) unable: &'static str,
}

impl Verdicts {
    /// Adds a row: the user, the subject of the setting, its value, the recommended value.
    pub(crate) fn add(&mut self, user: &User, subject: &str, verdict: Verdict, recommended: &str) {
        let cells = [user.name.as_str(), subject, &verdict.found, recommended].map(str::to_owned).to_vec();
        self.rows.push((cells, verdict.grade));
        self.remedies.extend(verdict.remedies);
    }

    /// Adds a row for a user whose registry is not available.
    pub(crate) fn add_unreadable(&mut self, user: &User) {
        self.add(user, "all", Verdict::unable("the user's registry could not be read"), "");
    }

    pub(crate) fn because(&mut self, number: u32) {
        self.evidence.push(number);
    }

    /// One failing row fails the check; otherwise, one row that could not be judged makes it *unable to scan*.
    pub(crate) fn conclude(self, say: &Sentences) -> Finding {
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
pub(crate) fn data(answer: &Answer) -> Option<&RegistryData> {
    match answer {
        Answer::Known(Fact::RegistryValue(data)) => Some(data),
        _ => None,
    }
}

pub(crate) fn value(key: impl Into<String>, name: impl Into<String>) -> Question {
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
