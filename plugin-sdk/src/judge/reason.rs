//! The one-sentence reason of a verdict.

pub(super) mod today;

use super::course::Course;
use super::gap::not_known;
use super::index::file_name;
use crate::contract::exports::wardline::check::types::{
    Answer, Comparison, FileInfo, FileTest, FileVersion, RegistryData, RegistryTest, ServicePack,
};
use crate::version::show;

/// A target may contain a value of any length; a sentence should not.
const LONGEST_VALUE: usize = 80;

pub(super) const NOTHING_TO_REPLACE: &str = "Nothing that it replaces is here";
pub(super) const BUILD_UNKNOWN: &str = "The product's build is not known";

pub(super) fn included(pack: Option<&ServicePack>) -> String {
    let name = pack.map_or("", |pack| pack.name.as_str());
    format!("The service pack that is installed holds the fix, as all do from {name} on")
}

pub(super) fn superseded(bulletin: &str, newer: Option<Course>) -> String {
    let then = match newer {
        Some(Course::Judge) => ", which is judged instead",
        Some(Course::Included(_)) => ", which the installed service pack holds",
        Some(Course::Superseded(..)) => ", which is superseded in turn",
        Some(Course::ServicePackUnknown) | None => "",
    };
    format!("Superseded by {bulletin}{then}")
}

pub(super) fn service_pack_unknown(product: &str) -> String {
    format!("The service pack of {product} is not known, and on it depends whether this is wanted")
}

pub(super) fn installed(tests: u32) -> String {
    if tests == 1 { "The one test matches".to_owned() } else { format!("All {tests} tests match") }
}

pub(super) fn nothing_to_test(without_tests: bool) -> &'static str {
    if without_tests {
        "The catalog gives neither file nor registry data"
    } else {
        "None of the catalog's tests can tell, or none counts in this scan"
    }
}

/// Names the first failure and counts the others.
pub(super) fn failed(mut first: String, failures: u32) -> String {
    match failures {
        0 | 1 => {}
        2 => first.push_str("; one more test fails"),
        _ => first.push_str(&format!("; {} more tests fail", failures - 1)),
    }
    first
}

/// The record and the files contradict each other; `failure` describes the files.
pub(super) fn only_recorded(failure: &str) -> String {
    format!("Recorded as installed, but {failure}: install it again")
}

/// Names the first file and counts the others.
pub(super) fn pending(mut first: String, files: u32) -> String {
    match files {
        0 | 1 => {}
        2 => first.push_str("; one more file waits"),
        _ => first.push_str(&format!("; {} more files wait", files - 1)),
    }
    first
}

pub(super) fn waits(test: &FileTest, version: Option<&FileVersion>, from: &str) -> String {
    let version = version.map(|version| format!(" {}", show(version))).unwrap_or_default();
    format!("The next restart puts {}{version} in place, which waits as {}", file_name(test), shortened(from))
}

pub(super) fn waits_for_deletion(test: &FileTest) -> String {
    format!("The next restart deletes {}", file_name(test))
}

pub(super) fn undone(test: &FileTest, version: Option<&FileVersion>, from: &str) -> String {
    let version = version.map_or_else(|| "that bears no version".to_owned(), show);
    format!(
        "The next restart puts an older {} in place, {version}, which waits as {}",
        file_name(test),
        shortened(from)
    )
}

pub(super) fn undone_by_deletion(test: &FileTest) -> String {
    format!("All is as it must be, but the next restart deletes {}", file_name(test))
}

pub(super) fn brought_back(test: &FileTest, from: &str) -> String {
    format!(
        "All is as it must be, but the next restart brings {} back, which waits as {}",
        file_name(test),
        shortened(from)
    )
}

pub(super) fn waiting_older(version: Option<&FileVersion>, from: &str) -> String {
    let version = version.map_or_else(|| "bears no version".to_owned(), |version| format!("is {}", show(version)));
    format!("{}, which waits for a restart to take its place, {version}", shortened(from))
}

pub(super) fn waiting_unknown(from: &str, answer: Option<&Answer>) -> String {
    format!(
        "{}, which waits for a restart to take its place, could not be judged: {}",
        shortened(from),
        not_known(answer)
    )
}

pub(super) fn waiting_absent(from: &str) -> String {
    format!("{}, which would take its place, is not there, but other operations change the file too", shortened(from))
}

pub(super) fn restart_doubtful(why: &str) -> String {
    format!("what the next restart does to it cannot be told: {why}")
}

pub(super) fn restart_unknown(test: &FileTest, why: &str) -> String {
    format!("{} is as it must be, but what the next restart does to it cannot be told: {why}", file_name(test))
}

pub(super) fn older(test: &FileTest, found: &FileVersion, expected: &FileVersion) -> String {
    format!("{} is {}, older than {}", file_name(test), show(found), show(expected))
}

pub(super) fn newer(test: &FileTest, found: &FileVersion, expected: &FileVersion) -> String {
    format!("{} is {}, newer than {}", file_name(test), show(found), show(expected))
}

pub(super) fn no_version(test: &FileTest, expected: &FileVersion) -> String {
    format!("{} bears no version where {} is expected", file_name(test), show(expected))
}

pub(super) fn other_checksum(test: &FileTest, info: &FileInfo, found: u32, expected: u32) -> String {
    let version = info.version.as_ref().map(|version| format!(" {}", show(version))).unwrap_or_default();
    format!("{}{version} has the checksum {found} instead of {expected}", file_name(test))
}

pub(super) fn no_checksum(test: &FileTest) -> String {
    format!("The checksum of {} was not told", file_name(test))
}

pub(super) fn file_absent(test: &FileTest) -> String {
    format!("{} is not there", file_name(test))
}

pub(super) fn file_still_there(test: &FileTest) -> String {
    format!("{} is still there", file_name(test))
}

pub(super) fn file_unknown(test: &FileTest, answer: Option<&Answer>) -> String {
    format!("{} could not be judged: {}", test.path.trim(), not_known(answer))
}

pub(super) fn value_absent(test: &RegistryTest) -> String {
    format!("{} is not there", value(test))
}

pub(super) fn value_still_there(test: &RegistryTest) -> String {
    format!("{} is still there", value(test))
}

pub(super) fn value_differs(test: &RegistryTest, data: &RegistryData) -> String {
    let relation = match test.comparison {
        Comparison::Equal => "not",
        Comparison::AtLeast => "less than",
    };
    let expected = shortened(test.expected.as_deref().unwrap_or_default());
    format!("{} is {}, {relation} {expected}", value(test), shown(data))
}

pub(super) fn value_incomparable(test: &RegistryTest, data: &RegistryData) -> String {
    let expected = shortened(test.expected.as_deref().unwrap_or_default());
    format!("{} is {}, which cannot be compared with {expected}", value(test), shown_with_type(data))
}

pub(super) fn value_unknown(test: &RegistryTest, answer: Option<&Answer>) -> String {
    format!("{} could not be judged: {}", value(test), not_known(answer))
}

pub(super) fn build_older(build: &str, fixed: &str) -> String {
    format!("The product's build is {build}, older than {fixed}")
}

pub(super) fn build_unreadable(build: &str, fixed: &str) -> String {
    format!("The product's build, {build}, cannot be compared with {fixed}")
}

fn value(test: &RegistryTest) -> String {
    format!("{}\\{}", test.key.trim(), if test.name.is_empty() { "(default)" } else { test.name.trim() })
}

fn shown(data: &RegistryData) -> String {
    match data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => shortened(text),
        RegistryData::MultiText(texts) => shortened(&texts.join(" ")),
        RegistryData::Dword(number) => number.to_string(),
        RegistryData::Qword(number) => number.to_string(),
        RegistryData::Binary(bytes) => format!("{} bytes", bytes.len()),
        RegistryData::None => "without a type".to_owned(),
        RegistryData::Other(kind) => format!("of type {kind}"),
    }
}

/// Adds the type, because two values usually cannot be compared when their types differ.
fn shown_with_type(data: &RegistryData) -> String {
    match data {
        RegistryData::Text(_) | RegistryData::ExpandText(_) => format!("the string {}", shown(data)),
        RegistryData::MultiText(_) => format!("the list of strings {}", shown(data)),
        RegistryData::Dword(_) => format!("the number {}", shown(data)),
        RegistryData::Qword(_) => format!("the 64-bit number {}", shown(data)),
        RegistryData::Binary(_) | RegistryData::None | RegistryData::Other(_) => shown(data),
    }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_VALUE).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("\"{short}\"")
}
