//! The names by which rules refer to findings, and an index of rules by them.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use smol_str::SmolStr;
use wardline_report::{CheckReport, Replaced, TargetReport, UpdateReport};
use wardline_windows_words::{UpdateName, article};

use crate::pattern::Pattern;

/// An update, a vulnerability or checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FindingName {
    /// `KB5034441`, `Q296441`, `MS01-022`.
    Update(UpdateName),
    /// `CVE-2024-21338`, in capitals.
    Vulnerability(String),
    /// `os.guest-account`, `iis.*`.
    Check(String, Pattern),
    /// `107`: the number of a check in MBSA.
    Mbsa(u32),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown name `{0}`: expected an article (KB5034441), a bulletin (MS01-022), a vulnerability (CVE-2024-21338) or a check \
     (os.guest-account, or 107, its number in MBSA)"
)]
pub(crate) struct NameError(String);

impl FromStr for FindingName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<FindingName, NameError> {
        let text = text.trim();
        let error = || NameError(text.chars().take(60).flat_map(char::escape_debug).collect());
        if let Some(number) = mbsa_number(text) {
            Ok(FindingName::Mbsa(number))
        } else if let Some(update) = UpdateName::parse(text) {
            Ok(FindingName::Update(update))
        } else if is_vulnerability(text) {
            Ok(FindingName::Vulnerability(text.to_ascii_uppercase()))
        } else if is_check(text) {
            let pattern = Pattern::new(text).map_err(|_| error())?;
            Ok(FindingName::Check(text.to_owned(), pattern))
        } else {
            Err(error())
        }
    }
}

impl fmt::Display for FindingName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FindingName::Update(name) => name.fmt(formatter),
            FindingName::Vulnerability(name) | FindingName::Check(name, _) => formatter.write_str(name),
            FindingName::Mbsa(number) => number.fmt(formatter),
        }
    }
}

/// Whether it is `CVE-2024-21338`, or one of Microsoft's advisories, `ADV200001`, which its documents list beside them.
fn is_vulnerability(text: &str) -> bool {
    let digits = |text: &str| text.len() >= 4 && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.to_ascii_uppercase().as_str() {
        upper if upper.starts_with("ADV") => digits(&upper[3..]),
        upper => upper
            .strip_prefix("CVE-")
            .and_then(|rest| rest.split_once('-'))
            .is_some_and(|(year, number)| year.len() == 4 && digits(year) && digits(number)),
    }
}

/// Returns the number of a check in MBSA: all have three digits, and no article about an update has so few.
fn mbsa_number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| text.len() == 3 && (100..1_000).contains(number))
}

/// Whether it is the name of a plugin and a check, in which `*` may be any characters.
fn is_check(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte))
    };
    text.split_once('.').is_some_and(|(plugin, check)| is_word(plugin) && is_word(check))
}

/// Rules by the findings that they name. A rule is its place in the file, counted from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    updates: HashMap<UpdateName, Vec<usize>>,
    vulnerabilities: HashMap<String, Vec<usize>>,
    checks: Vec<(Pattern, usize)>,
    mbsa: HashMap<u32, Vec<usize>>,
}

impl Index {
    pub(crate) fn add(&mut self, name: &FindingName, rule: usize) {
        match name {
            FindingName::Update(name) => self.updates.entry(*name).or_default().push(rule),
            FindingName::Vulnerability(name) => self.vulnerabilities.entry(name.clone()).or_default().push(rule),
            FindingName::Check(_, pattern) => self.checks.push((pattern.clone(), rule)),
            FindingName::Mbsa(number) => self.mbsa.entry(*number).or_default().push(rule),
        }
    }

    /// Returns the rules that name an update itself, in order.
    pub(crate) fn of_update(&self, update: &UpdateReport) -> Vec<usize> {
        let article = update.kb.as_deref().and_then(article).map(UpdateName::Article);
        // Catalogs of today have the article in place of a bulletin, `KB5035853`; a number alone is something else.
        let is_number = update.bulletin.trim().starts_with(|first: char| first.is_ascii_digit());
        let bulletin = UpdateName::parse(&update.bulletin).filter(|_| !is_number);
        let rules = [article, bulletin].into_iter().flatten().filter_map(|name| self.updates.get(&name));
        in_order(rules.flatten().copied().collect())
    }

    /// Returns the rules that name each vulnerability that each update of a machine closes: those that it fixes, and those of the older
    /// updates that it replaces and that are missing too. Empty if no rule names a vulnerability.
    pub(crate) fn of_vulnerabilities(&self, report: &TargetReport) -> Vec<Vec<&[usize]>> {
        if self.vulnerabilities.is_empty() {
            return Vec::new();
        }
        let rules = |name: &SmolStr| self.vulnerabilities.get(&name.to_ascii_uppercase());
        let replaced = Replaced::of(report);
        let closed = report.updates.iter().map(|update| {
            let closed = update.cves.iter().chain(replaced.by(update));
            closed.map(|name| rules(name).map(Vec::as_slice).unwrap_or_default()).collect()
        });
        closed.collect()
    }

    /// Returns the rules that name a check, in order.
    pub(crate) fn of_check(&self, check: &CheckReport) -> Vec<usize> {
        let rules = self.checks.iter().filter(|(pattern, _)| pattern.matches(&check.id)).map(|(_, rule)| *rule);
        let by_number = check.mbsa.and_then(|number| self.mbsa.get(&number)).into_iter().flatten().copied();
        in_order(rules.chain(by_number).collect())
    }
}

fn in_order(mut rules: Vec<usize>) -> Vec<usize> {
    rules.sort_unstable();
    rules.dedup();
    rules
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_finding_is_named_as_in_reports() {
        for (text, expected) in [
            ("KB5034441", Some("KB5034441")),
            (" q296441 ", Some("KB296441")),
            ("835732", Some("KB835732")),
            ("ms01-022", Some("MS01-022")),
            ("cve-2024-21338", Some("CVE-2024-21338")),
            ("ADV200001", Some("ADV200001")),
            ("os.guest-account", Some("os.guest-account")),
            ("iis.*", Some("iis.*")),
            ("117", Some("117")),
            ("099", Some("KB99")),
            ("", None),
            ("MS1-022", None),
            ("KB0", None),
            ("CVE-24-1", None),
            ("CVE-2024", None),
            ("guest account", None),
            ("*", None),
            ("os.", None),
            ("os.guest account", None),
        ] {
            let name = text.parse::<FindingName>().ok().map(|name| name.to_string());
            assert_eq!(name.as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_name_that_reads_back_or_an_error_on_one_line(text in ".{0,80}") {
            match text.parse::<FindingName>() {
                Ok(name) => prop_assert_eq!(name.to_string().parse::<FindingName>().ok(), Some(name)),
                Err(error) => prop_assert!(!error.to_string().contains('\n')),
            }
        }
    }
}
