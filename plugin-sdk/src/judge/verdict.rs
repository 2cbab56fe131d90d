//! Single tests, and the verdict that they add up to: rules 3 to 10.

use std::cmp::Ordering;

use super::following::After;
use super::restart::{self, Waiting};
use super::{Build, reason};
use crate::contract::exports::wardline::check::types::{
    Answer, Change, Comparison, Fact, FileInfo, FileTest, RegistryData, RegistryTest, TestResult, TestSubject,
    UpdateStatus, Verdict,
};
use crate::registry_data::RegistryDataExt;
use crate::version;

/// The facts about a file that a test needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Nothing,
    /// Its version, or whether it is present.
    Version,
    Checksum,
}

impl Wanted {
    pub(super) fn of(test: &FileTest, checksums: bool) -> Wanted {
        match test.change {
            Change::Unsupported => Wanted::Nothing,
            Change::Delete => Wanted::Version,
            _ if checksums && test.checksum.is_some() => Wanted::Checksum,
            _ if test.version.is_some() => Wanted::Version,
            // Neither its presence nor its absence would prove anything.
            Change::ReplaceIfPresent => Wanted::Nothing,
            Change::Add | Change::Replace => Wanted::Version,
        }
    }
}

/// The answer to the question that was asked for a test.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) answer: Option<&'a Answer>,
    pub(super) evidence: Option<u32>,
    /// The file that takes this one's place at the next restart.
    pub(super) waiting: Option<Waiting<'a>>,
}

/// The tests of one update on one product. Keeps the reason of the first test for each kind of outcome.
#[derive(Debug, Default)]
pub(super) struct Tally {
    tests: Vec<TestResult>,
    failed: Option<String>,
    failures: u32,
    /// The number of failures that are files.
    file_failures: u32,
    /// The first failure that the next restart resolves.
    pending: Option<String>,
    pending_count: u32,
    /// A file that passes now but will not after the next restart.
    undone: Option<String>,
    /// Whether a registry value says that the update is installed.
    recorded: bool,
    unknown: Option<String>,
    newer: Option<String>,
    /// Tests that match, and that only a patched machine is certain to match.
    proofs: u32,
    /// Files that would be replaced if they were present.
    nothing_to_replace: u32,
    /// Tests that prove nothing.
    silent: u32,
}

impl Tally {
    /// Returns the status, one sentence of reason, and the tests.
    pub(super) fn conclude(self) -> (UpdateStatus, String, Vec<TestResult>) {
        let only_pending = self.failures == self.pending_count && self.undone.is_none();
        let (status, reason) = if let Some(reason) = self.failed.filter(|_| !only_pending) {
            let reason = reason::failed(reason, self.failures);
            let only_recorded = self.recorded && self.failures == self.file_failures;
            (UpdateStatus::Missing, if only_recorded { reason::only_recorded(&reason) } else { reason })
        } else if let Some(reason) = self.unknown {
            (UpdateStatus::UnableToScan, reason)
        } else if let Some(reason) = self.pending {
            (UpdateStatus::PendingRestart, reason::pending(reason, self.pending_count))
        } else if let Some(reason) = self.undone {
            (UpdateStatus::Warning, reason)
        } else if let Some(reason) = self.newer {
            (UpdateStatus::Warning, reason)
        } else if self.proofs > 0 {
            (UpdateStatus::Installed, reason::installed(self.proofs))
        } else if self.nothing_to_replace > 0 && self.silent == 0 {
            (UpdateStatus::Installed, reason::NOTHING_TO_REPLACE.to_owned())
        } else {
            (UpdateStatus::Note, reason::nothing_to_test(self.tests.is_empty()).to_owned())
        };
        (status, reason, self.tests)
    }

    /// Tests the product's build against the first one that has the fix.
    pub(super) fn build(&mut self, at: u32, fixed: &str, build: Option<&Build>) {
        let subject = TestSubject::Build(at);
        let evidence = Build::evidence(build);
        match build.map(|build| (version::compare_dotted(&build.version, fixed), build)) {
            Some((Some(Ordering::Less), build)) => {
                self.fail(subject, evidence, || reason::build_older(&build.version, fixed));
            }
            Some((Some(_), _)) => self.prove(subject, evidence),
            Some((None, build)) => {
                self.unknown(subject, evidence, || reason::build_unreadable(&build.version, fixed));
            }
            None => self.unknown(subject, evidence, || reason::BUILD_UNKNOWN.to_owned()),
        }
    }

    /// Tests a registry value. If `counts` is false, the test is listed as skipped.
    pub(super) fn registry(&mut self, at: u32, test: &RegistryTest, counts: bool, found: Found<'_>) {
        let subject = TestSubject::Registry(at);
        let evidence = found.evidence;
        if !counts || test.change == Change::Unsupported {
            self.silent += u32::from(counts);
            return self.record(subject, None, Verdict::Skipped);
        }
        match (found.answer, test.change) {
            (Some(Answer::Absent), Change::Delete) => self.prove(subject, evidence),
            (Some(Answer::Absent), Change::ReplaceIfPresent) => self.allow_absence(subject, evidence),
            (Some(Answer::Absent), _) => self.fail(subject, evidence, || reason::value_absent(test)),
            (Some(Answer::Known(Fact::RegistryValue(_))), Change::Delete) => {
                self.fail(subject, evidence, || reason::value_still_there(test));
            }
            (Some(Answer::Known(Fact::RegistryValue(data))), _) => match registry_matches(test, data) {
                Some(true) => {
                    self.recorded = true;
                    self.prove(subject, evidence);
                }
                Some(false) => self.fail(subject, evidence, || reason::value_differs(test, data)),
                None => self.unknown(subject, evidence, || reason::value_incomparable(test, data)),
            },
            (other, _) => self.unknown(subject, evidence, || reason::value_unknown(test, other)),
        }
    }

    /// Tests a file's presence, version and checksum. `carried` says whether another update ships a version, by its sort key.
    pub(super) fn file(
        &mut self,
        at: u32,
        test: &FileTest,
        checksums: bool,
        carried: &dyn Fn(u64) -> bool,
        found: Found<'_>,
    ) {
        let evidence = found.evidence;
        let subject = match test {
            _ if test.change == Change::Delete => TestSubject::FilePresence(at),
            FileTest { version: Some(_), .. } => TestSubject::FileVersion(at),
            FileTest { checksum: Some(_), .. } => TestSubject::FileChecksum(at),
            _ => TestSubject::FilePresence(at),
        };
        match Wanted::of(test, checksums) {
            Wanted::Nothing => {
                self.silent += 1;
                return self.record(subject, None, Verdict::Skipped);
            }
            // If the checksum does not count, only presence is left to test.
            Wanted::Version if test.change != Change::Delete && test.version.is_none() => {
                if test.checksum.is_some() {
                    self.record(TestSubject::FileChecksum(at), None, Verdict::Skipped);
                }
                return self.presence(at, test, carried, found);
            }
            _ => {}
        }
        match (found.answer, test.change) {
            (Some(Answer::Absent), Change::Delete) => {
                self.outlast_restart(test, carried, found);
                self.prove(subject, evidence);
            }
            (Some(Answer::Absent), Change::ReplaceIfPresent) => {
                self.outlast_restart(test, carried, found);
                self.allow_absence(TestSubject::FilePresence(at), evidence);
            }
            (Some(Answer::Absent), _) => self.fail_file(subject, test, carried, found, || reason::file_absent(test)),
            (Some(Answer::Known(Fact::File(_))), Change::Delete) => {
                self.fail_file(subject, test, carried, found, || reason::file_still_there(test));
            }
            (Some(Answer::Known(Fact::File(info))), _) => self.content(at, test, checksums, carried, info, found),
            (other, _) => self.unknown(subject, evidence, || reason::file_unknown(test, other)),
        }
    }

    /// Tests a file that must be present and has nothing else to compare.
    fn presence(&mut self, at: u32, test: &FileTest, carried: &dyn Fn(u64) -> bool, found: Found<'_>) {
        let subject = TestSubject::FilePresence(at);
        match found.answer {
            Some(Answer::Absent) => self.fail_file(subject, test, carried, found, || reason::file_absent(test)),
            Some(Answer::Known(Fact::File(_))) if test.change == Change::Add => {
                self.outlast_restart(test, carried, found);
                self.prove(subject, found.evidence);
            }
            Some(Answer::Known(Fact::File(_))) => {
                self.silent += 1;
                self.record(subject, found.evidence, Verdict::Passed);
            }
            other => self.unknown(subject, found.evidence, || reason::file_unknown(test, other)),
        }
    }

    /// Handles a file that is as required now, but that the restart may change.
    fn outlast_restart(&mut self, test: &FileTest, carried: &dyn Fn(u64) -> bool, found: Found<'_>) {
        match found.waiting.and_then(|waiting| undoing(test, carried, found.answer, waiting)) {
            Some(Undoing::Certain(how)) => self.undone = self.undone.take().or(Some(how)),
            Some(Undoing::Unknown(why)) => self.unknown = self.unknown.take().or(Some(why)),
            None => {}
        }
    }

    fn content(
        &mut self,
        at: u32,
        test: &FileTest,
        checksums: bool,
        carried: &dyn Fn(u64) -> bool,
        info: &FileInfo,
        found: Found<'_>,
    ) {
        let evidence = found.evidence;
        let subject = TestSubject::FileVersion(at);
        let mut same_version = true;
        let mut older = false;
        if let Some(expected) = &test.version {
            match &info.version {
                None => {
                    (same_version, older) = (false, true);
                    self.fail_file(subject, test, carried, found, || reason::no_version(test, expected));
                }
                Some(version) => match version::compare(version, expected) {
                    Ordering::Equal => self.prove(subject, evidence),
                    ordering => {
                        same_version = false;
                        let newer = ordering == Ordering::Greater;
                        if test.alternates.contains(version) || newer && carried(version::sort_key(version)) {
                            self.prove(subject, evidence);
                        } else if newer {
                            self.newer.get_or_insert_with(|| reason::newer(test, version, expected));
                            self.record(subject, evidence, Verdict::Newer);
                        } else {
                            older = true;
                            self.fail_file(subject, test, carried, found, || reason::older(test, version, expected));
                        }
                    }
                },
            }
        }

        if !older {
            self.outlast_restart(test, carried, found);
        }

        let Some(expected) = test.checksum else { return };
        let subject = TestSubject::FileChecksum(at);
        match info.checksum {
            _ if !checksums => self.record(subject, None, Verdict::Skipped),
            Some(sum) if same_version && sum == expected => self.prove(subject, evidence),
            Some(sum) if same_version => {
                self.file_failures += 1;
                self.fail(subject, evidence, || reason::other_checksum(test, info, sum, expected));
            }
            None if same_version => self.unknown(subject, evidence, || reason::no_checksum(test)),
            // The version has already decided about this file.
            Some(sum) if older => {
                self.record(subject, evidence, if sum == expected { Verdict::Passed } else { Verdict::Failed });
            }
            _ => self.record(subject, evidence, Verdict::Skipped),
        }
    }

    /// Handles a file that is not as required now, but that the restart may replace with one that is.
    fn fail_file(
        &mut self,
        subject: TestSubject,
        test: &FileTest,
        carried: &dyn Fn(u64) -> bool,
        found: Found<'_>,
        reason: impl FnOnce() -> String,
    ) {
        self.file_failures += 1;
        match found.waiting.and_then(|waiting| outlook(test, carried, found.answer, waiting)) {
            None => self.fail(subject, found.evidence, reason),
            Some(Outlook::Fails(why)) => self.fail(subject, found.evidence, || format!("{}; {why}", reason())),
            Some(Outlook::Passes(how)) => {
                self.pending_count += 1;
                self.pending.get_or_insert(how);
                self.fail(subject, found.evidence, reason);
            }
        }
    }

    fn record(&mut self, subject: TestSubject, evidence: Option<u32>, verdict: Verdict) {
        self.tests.push(TestResult { subject, verdict, evidence });
    }

    fn prove(&mut self, subject: TestSubject, evidence: Option<u32>) {
        self.proofs += 1;
        self.record(subject, evidence, Verdict::Passed);
    }

    fn allow_absence(&mut self, subject: TestSubject, evidence: Option<u32>) {
        self.nothing_to_replace += 1;
        self.record(subject, evidence, Verdict::Passed);
    }

    fn fail(&mut self, subject: TestSubject, evidence: Option<u32>, reason: impl FnOnce() -> String) {
        self.failures += 1;
        self.failed.get_or_insert_with(reason);
        self.record(subject, evidence, Verdict::Failed);
    }

    fn unknown(&mut self, subject: TestSubject, evidence: Option<u32>, reason: impl FnOnce() -> String) {
        self.unknown.get_or_insert_with(reason);
        self.record(subject, evidence, Verdict::Unknown);
    }
}

/// The effect of a restart on a file test that fails now, in words.
enum Outlook {
    Passes(String),
    Fails(String),
}

/// Returns `None` if the restart does not change the test's outcome, as far as is known.
fn outlook(
    test: &FileTest,
    carried: &dyn Fn(u64) -> bool,
    now: Option<&Answer>,
    waiting: Waiting<'_>,
) -> Option<Outlook> {
    let change = waiting.change?;
    let passes_by = match (&change.after, &change.answer) {
        (After::Nothing, _) if test.change == Change::Delete => reason::waits_for_deletion(test),
        (After::Nothing | After::Unknown(_), _) => return None,
        (After::File { .. }, _) if test.change == Change::Delete => return None,
        // A rename that may not replace fails if the target exists.
        (After::File { unless_present: true, .. }, _) if !matches!(now, Some(Answer::Absent)) => return None,
        // Windows will not find anything to rename either.
        (After::File { .. }, Some(Answer::Absent)) => return None,
        (After::File { now: from, .. }, Some(Answer::Known(Fact::File(info)))) if passes(test, carried, info) => {
            reason::waits(test, info.version.as_ref(), from)
        }
        (After::File { now: from, .. }, Some(Answer::Known(Fact::File(info)))) => {
            return Some(Outlook::Fails(reason::waiting_older(info.version.as_ref(), from)));
        }
        (After::File { now: from, .. }, other) => {
            return Some(Outlook::Fails(reason::waiting_unknown(from, other.as_ref())));
        }
    };
    Some(match waiting.doubt {
        None => Outlook::Passes(passes_by),
        Some(why) => Outlook::Fails(reason::restart_doubtful(why)),
    })
}

/// The effect of a restart on a file that is as required now, in words.
enum Undoing {
    Certain(String),
    Unknown(String),
}

/// Returns `None` if the restart does not make the outcome worse.
fn undoing(
    test: &FileTest,
    carried: &dyn Fn(u64) -> bool,
    now: Option<&Answer>,
    waiting: Waiting<'_>,
) -> Option<Undoing> {
    let by_change = waiting.change.and_then(|change| undoing_by(test, carried, now, change));
    let by_others = || waiting.doubt.map(|why| Undoing::Unknown(reason::restart_unknown(test, why)));
    by_change.or_else(by_others)
}

fn undoing_by(
    test: &FileTest,
    carried: &dyn Fn(u64) -> bool,
    now: Option<&Answer>,
    change: &restart::Change,
) -> Option<Undoing> {
    let is_absent = matches!(now, Some(Answer::Absent));
    let unknown = |why: &str| Some(Undoing::Unknown(reason::restart_unknown(test, why)));
    match (&change.after, &change.answer) {
        (After::Nothing, _) if is_absent => None,
        (After::Nothing, _) => Some(Undoing::Certain(reason::undone_by_deletion(test))),
        (After::Unknown(why), _) => unknown(why),
        // The target of the rename exists.
        (After::File { unless_present: true, .. }, _) if !is_absent => None,
        // Windows will not find anything to rename.
        (After::File { only_change: true, .. }, Some(Answer::Absent)) => None,
        (After::File { now: from, .. }, Some(Answer::Absent)) => unknown(&reason::waiting_absent(from)),
        (After::File { now: from, .. }, Some(Answer::Known(Fact::File(_)))) if test.change == Change::Delete => {
            Some(Undoing::Certain(reason::brought_back(test, from)))
        }
        (After::File { now: from, .. }, Some(Answer::Known(Fact::File(info)))) => {
            (!passes(test, carried, info)).then(|| Undoing::Certain(reason::undone(test, info.version.as_ref(), from)))
        }
        (After::File { now: from, .. }, other) => unknown(&reason::waiting_unknown(from, other.as_ref())),
    }
}

/// Whether a waiting file is as new as the update's.
fn passes(test: &FileTest, carried: &dyn Fn(u64) -> bool, waiting: &FileInfo) -> bool {
    test.version.is_none_or(|expected| {
        waiting.version.is_some_and(|version| match version::compare(&version, &expected) {
            Ordering::Less => test.alternates.contains(&version) || carried(version::sort_key(&version)),
            Ordering::Equal | Ordering::Greater => true,
        })
    })
}

/// Applies rule 3 to a value that is present. `None` if the two cannot be compared, because their types differ or because of
/// their contents.
fn registry_matches(test: &RegistryTest, data: &RegistryData) -> Option<bool> {
    let Some(expected) = &test.expected else { return Some(true) };
    let expected = expected.trim();
    match (parse_number(expected), test.comparison) {
        (Some(number), Comparison::Equal) => Some(number_in(data, &test.key)? == number),
        (Some(least), Comparison::AtLeast) if data.as_text().is_none() => Some(number_in(data, &test.key)? >= least),
        (_, Comparison::AtLeast) => Some(version::compare_dotted(data.as_text()?.trim(), expected)?.is_ge()),
        (None, Comparison::Equal) => Some(data.as_text()?.trim().eq_ignore_ascii_case(expected)),
    }
}

/// Returns the number in a value that marks something as installed: a `REG_DWORD`.
///
/// Below `Active Setup\Installed Components` four bytes of `REG_BINARY` also count, because INF files of the time set
/// `IsInstalled` in this way: `IsInstalled,1,01,00,00,00`, where 1 is `FLG_ADDREG_BINVALUETYPE`.
fn number_in(data: &RegistryData, key: &str) -> Option<u32> {
    const ACTIVE_SETUP: &str = r"\active setup\installed components\";
    match data {
        RegistryData::Dword(number) => Some(*number),
        _ if !key.to_ascii_lowercase().contains(ACTIVE_SETUP) => None,
        RegistryData::Binary(bytes) => Some(u32::from_le_bytes(bytes.as_slice().try_into().ok()?)),
        _ => None,
    }
}

/// Decimal, or hexadecimal after `0x`.
fn parse_number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
