//! The updates that Windows Installer has applied to Office.
//!
//! Each applied update has an entry among the programs that can be uninstalled, `{<product>}_Office16.PROPLUS_{<update>}`, whose
//! `DisplayName` ends in the article: `Security Update for Microsoft Office 2016 (KB5002466) 64-Bit Edition`. An entry proves that
//! the update is installed. A missing one proves nothing, because a later update removes the entries of those it contains.

use std::collections::BTreeMap;

use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;
use wardline_plugin::users::value;

const UNINSTALL: [&str; 2] = [
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall",
    r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall",
];

/// The part of an entry's name by which an update of Office is recognised.
const MARK: &str = "}_Office";

/// The maximum number of entries that are read, more than Office has updates.
const MAX_ENTRIES: usize = 2048;

/// The questions of this module.
pub(crate) const ASKS: [Asks; 4] = [
    Asks::Registry(UNINSTALL[0]),
    Asks::Registry(r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*"),
    Asks::Registry(UNINSTALL[1]),
    Asks::Registry(r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall\*"),
];

/// Returns the articles of the applied updates, each with the question that returned it.
pub(crate) async fn find(evidence: &Evidence) -> BTreeMap<String, u32> {
    let mut entries = Vec::new();
    for (root, reply) in UNINSTALL.iter().zip(join_all(UNINSTALL.map(|key| evidence.registry_key(key))).await) {
        let names = reply.known().map(|key| key.subkeys.as_slice()).unwrap_or_default();
        let of_office = names.iter().filter(|name| name.contains(MARK));
        entries.extend(of_office.map(|name| value(format!(r"{root}\{name}"), "DisplayName")));
    }
    entries.truncate(MAX_ENTRIES);
    let replies = evidence.ask_all(entries).await;
    let articles = replies.answers.iter().zip(replies.first..).filter_map(|(answer, number)| match answer {
        Answer::Known(Fact::RegistryValue(data)) => Some((article(data.as_text()?)?.to_owned(), number)),
        _ => None,
    });
    articles.collect()
}

/// Returns the article in a display name, `KB5002466`.
fn article(name: &str) -> Option<&str> {
    let (_, rest) = name.rsplit_once("(KB")?;
    let (number, _) = rest.split_once(')')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    // The two letters are part of the article.
    is_number.then(|| name.get(name.len() - rest.len() - 2..name.len() - rest.len() + number.len())).flatten()
}

/// Records the updates as installed that are applied.
pub(crate) fn apply(
    judge: &Judge,
    applied: &BTreeMap<String, u32>,
    (mut finding, mut remedies): (UpdateFinding, Vec<Remedy>),
) -> (UpdateFinding, Vec<Remedy>) {
    let is_open = matches!(finding.status, UpdateStatus::Missing | UpdateStatus::Note | UpdateStatus::UnableToScan);
    let article = judge.update(finding.update).map(|update| update.article.as_str()).unwrap_or_default();
    if let Some(question) = applied.get(article).filter(|_| is_open) {
        let row = judge.update(finding.update).and_then(|update| {
            update.applies_to.iter().position(|row| row.product.name == finding.product && row.fixed_build.is_some())
        });
        // The entry is evidence for the update as a whole; only a row with a build has a test to cite it with.
        let tests = row.and_then(|row| u32::try_from(row).ok()).map(|row| TestResult {
            subject: TestSubject::Build(row),
            verdict: Verdict::Skipped,
            evidence: Some(*question),
        });
        finding.tests = tests.into_iter().collect();
        finding.status = UpdateStatus::Installed;
        finding.reason = format!("Windows Installer has applied {article}");
        remedies.clear();
    }
    (finding, remedies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_article_is_in_brackets() {
        for (name, expected) in [
            ("Security Update for Microsoft Office 2016 (KB5002466) 64-Bit Edition", Some("KB5002466")),
            ("Update for Microsoft Word (x) (KB4011574)", Some("KB4011574")),
            ("Microsoft Office Professional Plus 2016", None),
            ("Update (KB)", None),
            ("Update (KB12a)", None),
            ("(KB1", None),
        ] {
            assert_eq!(article(name), expected, "{name}");
        }
    }
}
