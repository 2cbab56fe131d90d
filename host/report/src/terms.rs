//! The words for grades, severities, statuses and families, which every format for people shares.

use smol_str::SmolStr;
use wardline_contract::{Grade, Severity, UpdateStatus};

/// Formats a count: `no checks failed`, `1 check failed`, `3 checks failed`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

/// Formats what an update fixes: `54 vulnerabilities, and 890 of older updates`.
pub(crate) fn fixed(own: usize, of_older: usize) -> String {
    match (own, of_older) {
        (0, 0) => String::new(),
        (own, 0) => counted(own as u64, "vulnerability", "vulnerabilities"),
        (0, older) => counted(older as u64, "vulnerability of older updates", "vulnerabilities of older updates"),
        (own, older) => {
            format!("{}, and {older} of older updates", counted(own as u64, "vulnerability", "vulnerabilities"))
        }
    }
}

/// Formats a list of counts without the zeros: `2 critical, 1 passed`.
pub(crate) fn nonzero(counts: &[(u64, &str)]) -> String {
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    counts.join(", ")
}

/// Returns the heading of a stock plugin's family, MBSA's where it had one; a vendor's own family keeps its name.
pub(crate) fn family_title(family: &str) -> &str {
    match family {
        "os" => "Operating system",
        "iis" => "Internet Information Services",
        "sql" => "SQL Server",
        "exchange" => "Exchange Server",
        "dotnet" => ".NET",
        "ie" | "office" | "edge" | "desktop" => "Desktop applications",
        other => other,
    }
}

/// Returns the sort key of a family: MBSA's order, with servers before desktop applications; vendors' own families come last, by
/// name.
pub(crate) fn family_order(family: &str) -> (u8, &str) {
    match family {
        "os" => (0, ""),
        "iis" => (1, ""),
        "sql" => (2, ""),
        "exchange" => (3, ""),
        "dotnet" => (4, ""),
        "ie" | "office" | "edge" | "desktop" => (5, ""),
        other => (6, other),
    }
}

/// Returns the word for a severity in every format for people: `critical`, `not rated`.
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Important => "important",
        Severity::Moderate => "moderate",
        Severity::Low => "low",
        Severity::Unrated => "not rated",
    }
}

/// Returns the sort key of a severity, most severe first; unrated updates count as critical and come right after them.
pub(crate) fn severity_rank(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 0,
        Severity::Unrated => 1,
        Severity::Important => 2,
        Severity::Moderate => 3,
        Severity::Low => 4,
    }
}

/// Returns the words for the status of an update in every format for people: `to review`.
pub fn status_words(status: UpdateStatus) -> &'static str {
    match status {
        UpdateStatus::Missing => "missing",
        UpdateStatus::Installed => "installed",
        UpdateStatus::Note => "cannot be determined",
        UpdateStatus::Warning => "to review",
        UpdateStatus::Superseded => "superseded",
        UpdateStatus::Included => "included in the service pack",
        UpdateStatus::PendingRestart => "waiting for a restart",
        UpdateStatus::UnableToScan => "could not be scanned",
    }
}

/// Returns the words for the grade of a check in every format for people: `best practice`.
pub fn grade_words(grade: Grade) -> &'static str {
    match grade {
        Grade::Critical => "critical",
        Grade::NonCritical => "non-critical",
        Grade::BestPractice => "best practice",
        Grade::Passed => "passed",
        Grade::NotPerformed => "not performed",
        Grade::UnableToScan => "unable to scan",
        Grade::Informational => "informational",
        Grade::NotApproved => "not approved",
    }
}

/// Formats what an update is called: `MS01-030 (Q300000)`, or `KB5035853`, which is both its bulletin and its article in
/// catalogs of today.
pub fn update_name(bulletin: &str, kb: Option<&SmolStr>) -> String {
    match own_article(bulletin, kb) {
        Some(kb) if bulletin.is_empty() => kb.to_owned(),
        Some(kb) => format!("{bulletin} ({kb})"),
        None => bulletin.to_owned(),
    }
}

/// Returns the article, unless the bulletin already names it.
pub(crate) fn own_article<'a>(bulletin: &str, kb: Option<&'a SmolStr>) -> Option<&'a str> {
    kb.map(SmolStr::as_str).filter(|kb| !kb.is_empty() && !kb.eq_ignore_ascii_case(bulletin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_named_once() {
        for (bulletin, kb, expected) in [
            ("MS01-030", Some("Q300000"), "MS01-030 (Q300000)"),
            ("KB5035853", Some("KB5035853"), "KB5035853"),
            ("KB5035853", None, "KB5035853"),
            ("", Some("Q300000"), "Q300000"),
            ("MS01-030", Some(""), "MS01-030"),
        ] {
            assert_eq!(update_name(bulletin, kb.map(SmolStr::from).as_ref()), expected);
        }
    }
}
