//! Reads a report one target at a time.
//!
//! A report may cover a thousand machines, and may come from anywhere. Only one target is held in memory at a time, and none that
//! is larger than [`MAX_TARGET`] or takes more memory than the limit for a target.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, BufReader, Read};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use wardline_contract::FindingId;
use wardline_contract::products::NotCovered;
use wardline_evidence::budget::{Budget, DEFAULT_TARGET_MEMORY};
use wardline_evidence::metered::{Meter, Metered};
use wardline_files::regular_file;

use super::model::{Head, SCHEMA, TargetReport, Tool};
use super::summary::{GateResult, WaiverToReview};

/// The maximum size in bytes of the JSON of one target, or of everything besides the targets. A machine judged by a catalog of
/// 8,000 updates has some ten million.
pub const MAX_TARGET: u64 = 64 << 20;

/// A report could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{file}: cannot be read: {source}")]
    Io { file: String, source: io::Error },
    #[error("{file}: not a JSON report of `wardline scan`: {detail}")]
    NotAReport { file: String, detail: String },
    /// `place` is empty outside of the targets.
    #[error("{file}: {place}{detail}")]
    Malformed { file: String, place: String, detail: String },
}

/// Passes each target of the report in `file` to `sink`, in report order, until it breaks.
///
/// # Errors
/// If the file cannot be read, is not a report, is truncated, or contains a target that does not conform to
/// `docs/report.schema.json`. Targets before the error have already been passed to `sink`.
pub fn read(file: &Path, sink: &mut dyn FnMut(TargetReport) -> ControlFlow<()>) -> Result<(), ReadError> {
    let name = file.display().to_string();
    let opened =
        regular_file::open_also_from_a_shell(file).map_err(|source| ReadError::Io { file: name.clone(), source })?;
    read_from(BufReader::with_capacity(64 * 1024, opened), MAX_TARGET, &name, sink)
}

/// A part of a report, in the order in which it is read.
#[derive(Clone, Debug)]
pub enum ReportPart {
    /// The catalogs and the policy of the scan. The version of wardline is this one's.
    Head(Box<Head>),
    Target(Box<TargetReport>),
    End(SavedSummary),
}

/// The parts of a report's summary that do not follow from its targets.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct SavedSummary {
    pub not_covered: NotCovered,
    pub plugins_not_loaded: u64,
    pub waivers_to_review: Vec<WaiverToReview>,
    pub gates: Vec<GateResult>,
}

/// Passes each part of the report in `file` to `sink`, until it breaks: the head, the targets in report order, the end.
///
/// # Errors
/// Like those of [`read`], and if the head or the summary does not conform to the schema.
pub fn read_parts(file: &Path, sink: &mut dyn FnMut(ReportPart) -> ControlFlow<()>) -> Result<(), ReadError> {
    let name = file.display().to_string();
    let opened =
        regular_file::open_also_from_a_shell(file).map_err(|source| ReadError::Io { file: name.clone(), source })?;
    read_any(BufReader::with_capacity(64 * 1024, opened), MAX_TARGET, &name, true, sink)
}

/// Like [`read`], from any input. `most` is the maximum size in bytes, as [`MAX_TARGET`]; `name` is the input's, for errors.
///
/// # Errors
/// Like those of [`read`].
pub fn read_from(
    input: impl Read,
    most: u64,
    name: &str,
    sink: &mut dyn FnMut(TargetReport) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    read_any(input, most, name, false, &mut |part| match part {
        ReportPart::Target(target) => sink(*target),
        ReportPart::Head(_) | ReportPart::End(_) => ControlFlow::Continue(()),
    })
}

/// Reads a report. If it is not read whole, what is outside of the targets may be anything.
fn read_any(
    input: impl Read,
    most: u64,
    name: &str,
    whole: bool,
    sink: &mut dyn FnMut(ReportPart) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let progress = Progress { most, left: Cell::new(most), target: Cell::new(None), end: Cell::new(End::NotAReport) };
    let mut json = serde_json::Deserializer::from_reader(Rationed { input, progress: &progress });
    let report = Report { progress: &progress, whole, sink: RefCell::new(sink) };
    let error = match report.deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    let file = name.to_owned();
    Err(match progress.end.get() {
        End::Stopped => return Ok(()),
        _ if error.is_io() && progress.left.get() > 0 => ReadError::Io { file, source: error.into() },
        End::NotAReport => ReadError::NotAReport { file, detail: error.to_string() },
        End::Whole => {
            let place = progress.target.get().map(|number| format!("target {number}: ")).unwrap_or_default();
            ReadError::Malformed { file, place, detail: error.to_string() }
        }
    })
}

/// The position of the reader in the report.
struct Progress {
    most: u64,
    /// Bytes that may still be read before the next target begins.
    left: Cell<u64>,
    /// The target that is being read, counted from 1.
    target: Cell<Option<usize>>,
    end: Cell<End>,
}

/// The meaning of an error.
#[derive(Clone, Copy)]
enum End {
    /// It came from the reader.
    Whole,
    /// The sink broke.
    Stopped,
    /// Nothing of a report has been read, or what was read is of another document.
    NotAReport,
}

impl Progress {
    fn begin(&self, target: Option<usize>) {
        self.target.set(target);
        self.left.set(self.most);
    }
}

/// A reader that stops at the limit.
struct Rationed<'a, R> {
    input: R,
    progress: &'a Progress,
}

impl<R: Read> Read for Rationed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.progress.left.get();
        if left == 0 {
            return Err(io::Error::other(format!("exceeds the limit of {} bytes", self.progress.most)));
        }
        let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.input.read(&mut buffer[..room])?;
        self.progress.left.set(left - read as u64);
        Ok(read)
    }
}

type Sink<'s> = dyn FnMut(ReportPart) -> ControlFlow<()> + 's;

struct Report<'a, 's> {
    progress: &'a Progress,
    /// Whether the head and the end are wanted, too.
    whole: bool,
    sink: RefCell<&'a mut Sink<'s>>,
}

impl Report<'_, '_> {
    /// Passes a part to the sink. An error ends the reading, if the sink does.
    fn pass<E: serde::de::Error>(&self, part: ReportPart) -> Result<(), E> {
        if (self.sink.borrow_mut())(part).is_break() {
            self.progress.end.set(End::Stopped);
            return Err(E::custom("stopped"));
        }
        Ok(())
    }

    fn not_a_report<E: serde::de::Error>(&self, detail: impl fmt::Display) -> E {
        self.progress.end.set(End::NotAReport);
        E::custom(detail)
    }
}

impl<'de> DeserializeSeed<'de> for &Report<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &Report<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.progress.end.set(End::Whole);
        let (mut schema, mut targets) = (false, false);
        let mut head = Head { tool: Tool::default(), catalog: None, policy: None };
        let mut end = SavedSummary::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "schema" => {
                    let found: String = map.next_value()?;
                    if found != SCHEMA {
                        return Err(self.not_a_report(format_args!("schema {found:?}: expected {SCHEMA:?}")));
                    }
                    schema = true;
                }
                "targets" if !schema => {
                    return Err(self.not_a_report("`targets` before `schema`"));
                }
                "targets" if targets => return Err(A::Error::duplicate_field("targets")),
                "catalog" if self.whole => head.catalog = metered(|seed| map.next_value_seed(seed))?,
                "policy" if self.whole => head.policy = metered(|seed| map.next_value_seed(seed))?,
                "summary" if self.whole => end = metered(|seed| map.next_value_seed(seed))?,
                "targets" => {
                    if self.whole {
                        self.pass(ReportPart::Head(Box::new(head.clone())))?;
                    }
                    map.next_value_seed(Targets(self))?;
                    targets = true;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            self.progress.begin(None);
        }
        match (schema, targets) {
            (true, true) if self.whole => self.pass(ReportPart::End(end)),
            (true, true) => Ok(()),
            (false, _) => Err(self.not_a_report("missing field `schema`")),
            (true, false) => Err(self.not_a_report("missing field `targets`")),
        }
    }
}

/// Reads a value within the memory for a target: a few bytes of JSON can expand to very many in memory.
fn metered<T, R, E: serde::de::Error>(read: impl FnOnce(Metered<'_, PhantomData<T>>) -> Result<R, E>) -> Result<R, E> {
    let budget = Budget::new(DEFAULT_TARGET_MEMORY);
    let meter = Meter::new(&budget);
    read(Metered::new(PhantomData, &meter)).map_err(|error| match meter.over() {
        Some(over) => E::custom(format_args!("exceeds the limit of {} bytes of memory", over.limit)),
        None => error,
    })
}

struct Targets<'r, 'a, 's>(&'r Report<'a, 's>);

impl<'de> DeserializeSeed<'de> for Targets<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Targets<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of targets")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut targets: A) -> Result<(), A::Error> {
        let Targets(report) = self;
        for number in 1.. {
            report.progress.begin(Some(number));
            let read = metered::<TargetReport, _, _>(|seed| targets.next_element_seed(seed));
            let Some(target) = read? else { break };
            consistent(&target).map_err(A::Error::custom)?;
            report.pass(ReportPart::Target(Box::new(target)))?;
        }
        Ok(())
    }
}

/// Checks that actions remedy existing findings.
fn consistent(target: &TargetReport) -> Result<(), String> {
    for (place, action) in target.actions.iter().enumerate() {
        let (list, index, of) = match action.mends {
            FindingId::Check(index) => ("checks", index, target.checks.len()),
            FindingId::Update(index) => ("updates", index, target.updates.len()),
        };
        if index as usize >= of {
            return Err(format!("actions[{place}].mends: {list}[{index}] is out of range: the length is {of}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TARGET: &str = r#"{"name": "web01", "source": {"kind": "volume", "location": "/v"},
        "system": {"product": null, "suites": []}, "grade": "severe-risk", "complete": true, "error": null,
        "coverage": {"questions": 0, "known": 0, "absent": 0, "denied": 0, "unreadable": 0, "unsupported": 0},
        "plugins": [], "products": [], "checks": [{"id": "os.a", "mbsa": null, "family": "os", "title": "A",
        "subject": null, "grade": "critical", "summary": "", "columns": [], "rows": [{"grade": "critical", "cells": []}],
        "evidence": []}], "updates": [], "actions": [{"plugin": "os", "mends": {"check": 0}, "operation": {"manual-step": "Do."},
        "undo": [], "restart": false, "risk": null, "article": null}], "denied": []}"#;

    fn report(targets: &[&str]) -> String {
        let targets = targets.join(",\n");
        format!("{{\"schema\": \"wardline.report/1\", \"tool\": {{}},\n\"targets\": [{targets}], \"summary\": {{}}}}")
    }

    fn names(text: &str, most: u64) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        read_from(text.as_bytes(), most, "r.json", &mut |target| {
            names.push(target.name);
            ControlFlow::Continue(())
        })
        .map(|()| names)
        .map_err(|error| error.to_string())
    }

    #[test]
    fn targets_come_out_in_order_until_enough_are_seen() {
        let text = report(&[TARGET, &TARGET.replace("web01", "web02")]);
        assert_eq!(names(&text, 10_000).unwrap(), ["web01", "web02"]);
        assert_eq!(names(&report(&[]), 10_000).unwrap(), [""; 0]);
        let mut seen = 0;
        read_from(text.as_bytes(), 10_000, "", &mut |_| {
            seen += 1;
            ControlFlow::Break(())
        })
        .unwrap();
        assert_eq!(seen, 1);
    }

    /// Everything around the targets is held in memory as a whole.
    #[test]
    fn a_summary_takes_no_more_memory_than_a_target() {
        let findings = "\"\",".repeat(12_000_000);
        let waiver = format!("{{\"source\": \"\", \"findings\": [{findings}\"\"]}}");
        let text =
            report(&[]).replace("\"summary\": {}", &format!("\"summary\": {{\"waivers_to_review\": [{waiver}]}}"));
        let read = read_any(text.as_bytes(), MAX_TARGET, "r.json", true, &mut |_| ControlFlow::Continue(()));
        let error = read.unwrap_err().to_string();
        assert!(error.contains("bytes of memory"), "{error}");
    }

    #[test]
    fn what_is_no_report_is_told_with_file_and_place() {
        let broken = |from: &str, to: &str| report(&[TARGET, &TARGET.replace(from, to)]);
        for (text, words) in [
            (
                String::new(),
                "r.json: not a JSON report of `wardline scan`: EOF while parsing a value at line 1 column 0",
            ),
            ("[]".into(), "r.json: not a JSON report of `wardline scan`: invalid type: sequence, expected a report"),
            ("<?xml?>".into(), "r.json: not a JSON report of `wardline scan`: expected value at line 1"),
            ("{}".into(), "not a JSON report of `wardline scan`: missing field `schema`"),
            (
                r#"{"schema": "wardline.report/2", "targets": []}"#.into(),
                "schema \"wardline.report/2\": expected \"wardline.report/1\"",
            ),
            (r#"{"targets": [], "schema": "wardline.report/1"}"#.into(), "`targets` before `schema`"),
            (r#"{"schema": "wardline.report/1"}"#.into(), "missing field `targets`"),
            (report(&[TARGET]) + "x", "trailing characters"),
            (report(&[TARGET]).replace(r#""summary": {}"#, r#""targets": []"#), "duplicate field `targets`"),
            (report(&[TARGET, "7"]), "r.json: target 2: invalid type: integer `7`"),
            (broken(r#""complete": true,"#, ""), "r.json: target 2: missing field `complete` at line"),
            (broken("manual-step", "explode"), "target 2: unknown variant `explode`"),
            (
                broken(r#"{"check": 0}"#, r#"{"check": 1}"#),
                "target 2: actions[0].mends: checks[1] is out of range: the length is 1",
            ),
            (broken(r#"{"check": 0}"#, r#"{"check": -1}"#), "target 2: invalid value: integer `-1`"),
            (report(&[&"[".repeat(100_000)]), "target 1: invalid type: sequence"),
            (broken("\"mbsa\": null", &format!("\"later\": {}", "[".repeat(1000))), "target 2: expected value at line"),
        ] {
            let error = names(&text, 200_000).unwrap_err();
            assert!(error.contains(words), "{error}\nfor {words}");
        }
        let error = read(Path::new("/no/such/report"), &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(matches!(&error, ReadError::Io { file, .. } if file == "/no/such/report"), "{error}");
    }

    #[test]
    fn no_target_takes_more_than_its_share_of_memory() {
        let size = TARGET.len() as u64;
        let many = report(&[TARGET; 50]);
        assert_eq!(names(&many, size + 100).unwrap().len(), 50, "each has a share of its own");
        let large = report(&[TARGET, &TARGET.replace("web01", &"x".repeat(5000))]);
        let error = names(&large, size + 100).unwrap_err();
        assert!(error.contains("target 2: exceeds the limit of"), "{error}");
        // Each takes three bytes here and 24 in memory, besides the allocation.
        let suites = format!(r#""suites": [{}""]"#, r#""","#.repeat(5_000_000));
        let text = report(&[&TARGET.replace(r#""suites": []"#, &suites)]);
        let error = names(&text, text.len() as u64).unwrap_err();
        assert!(error.contains("target 1: exceeds the limit of"), "{error}");
    }

    proptest! {
        #[test]
        fn damage_ends_in_an_error_or_in_a_report(at in 0usize..1500, byte in any::<u8>(), cut in 0usize..1500) {
            let mut bytes = report(&[TARGET, TARGET]).into_bytes();
            bytes.truncate(bytes.len().saturating_sub(cut / 10));
            let at = at % bytes.len().max(1);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = read_from(bytes.as_slice(), 3000, "", &mut |_| ControlFlow::Continue(()));
        }
    }
}
