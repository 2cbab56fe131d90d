//! `-o cyclonedx`: which machines are open to which vulnerabilities (VEX), for programs that track them.
//!
//! The format is CycloneDX 1.6 in JSON, <https://cyclonedx.org/docs/1.6/json/>. A component is a machine; a vulnerability is one
//! that a missing update fixes, or an older update that it replaces. One that is open on many machines is that of a component on
//! which these depend.

mod groups;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wardline_contract::{Escaped, Severity};

use self::groups::{Groups, group_reference, places};
use crate::decision::Waived;
use crate::links::is_plain_url;
use crate::model::{Head, TargetReport};
use crate::output::Render;
use crate::summary::{Install, MachineLine, Machines, Summary, WorkItem};
use crate::terms::{severity_rank, update_name};

/// Renders a bill of materials with vulnerabilities.
#[derive(Clone, Debug)]
pub(crate) struct CycloneDx {
    /// When the scan was made, in UTC.
    pub(crate) date: Option<String>,
}

impl Render for CycloneDx {
    fn begin(&self, head: &Head) -> Vec<u8> {
        let mut metadata = json!({"tools": {"components": [
            {"type": "application", "name": head.tool.name, "version": head.tool.version}
        ]}});
        if let Some(date) = &self.date {
            metadata["timestamp"] = json!(date);
        }
        format!("{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"version\":1,\"metadata\":{metadata},\"components\":[\n")
            .into_bytes()
    }

    fn target(&self, _: &TargetReport) -> Vec<u8> {
        // A component is named by its position, which is not known here.
        Vec::new()
    }

    fn separator(&self) -> &'static [u8] {
        b""
    }

    fn end(&self, summary: &Summary) -> Vec<u8> {
        self.ending(summary).flatten().collect()
    }

    fn ending<'a>(&'a self, summary: &'a Summary) -> Box<dyn Iterator<Item = Vec<u8>> + 'a> {
        let mut number = 0;
        let open = vulnerabilities(&summary.work.installs(), &mut number);
        let waived = summary.work.waived.iter().filter_map(|waived| match &waived.item {
            WorkItem::Install(install) => Some((install, &waived.waived)),
            WorkItem::Change(_) => None,
        });
        let waived: Vec<_> =
            waived.map(|(install, waived)| (vulnerabilities(&[install], &mut number), waived)).collect();
        let mut groups = Groups::default();
        let all = open.iter().chain(waived.iter().flat_map(|(vulnerabilities, _)| vulnerabilities));
        all.for_each(|(_, parts)| groups.add(parts));

        let machines =
            summary.machines.iter().enumerate().map(|(place, machine)| component(place, machine).to_string());
        let components = machines.chain(groups.components());
        let dependencies = groups.dependencies();
        let written = open.into_iter().map(|(cve, parts)| (cve, parts, None));
        let written_waived = waived.into_iter().flat_map(|(vulnerabilities, waived)| {
            vulnerabilities.into_iter().map(move |(cve, parts)| (cve, parts, Some(waived)))
        });
        let vulnerabilities =
            written.chain(written_waived).map(move |(cve, parts, waived)| vulnerability(cve, &parts, &groups, waived));
        Box::new(
            separated(components)
                .chain([b"\n],\"vulnerabilities\":[\n".to_vec()])
                .chain(separated(vulnerabilities))
                .chain([b"\n],\"dependencies\":[\n".to_vec()])
                .chain(separated(dependencies.into_iter()))
                .chain([b"\n]}\n".to_vec()]),
        )
    }
}

/// Machines that lack an update, and on which the same vulnerabilities are open because of it.
#[derive(Clone, Copy)]
struct Part<'s> {
    /// Its number in this file.
    number: usize,
    install: &'s Install,
    machines: &'s Machines,
}

/// Collects the vulnerabilities that updates close, by their names. `number` is that of the next part.
fn vulnerabilities<'s>(installs: &[&'s Install], number: &mut usize) -> BTreeMap<&'s str, Vec<Part<'s>>> {
    let mut found: BTreeMap<&str, Vec<Part<'_>>> = BTreeMap::new();
    for install in installs {
        for (cves, machines) in install.open() {
            for cve in cves {
                found.entry(cve).or_default().push(Part { number: *number, install, machines });
            }
            *number += 1;
        }
    }
    found
}

fn separated(values: impl Iterator<Item = String>) -> impl Iterator<Item = Vec<u8>> {
    values.enumerate().map(|(place, value)| {
        let before = if place == 0 { "" } else { ",\n" };
        format!("{before}{value}").into_bytes()
    })
}

fn component(place: usize, machine: &MachineLine) -> Value {
    json!({
        "type": "device",
        "bom-ref": reference(place),
        "name": Escaped(&machine.name).to_string(),
        "properties": [
            {"name": "wardline:grade", "value": machine.grade.words()},
            {"name": "wardline:complete", "value": machine.complete.to_string()},
        ],
    })
}

fn reference(place: usize) -> String {
    format!("machine-{place}")
}

/// Formats a vulnerability and the machines that are open to it. If they are because of a waiver, they are apart from the others.
fn vulnerability(cve: &str, parts: &[Part<'_>], groups: &Groups, waived: Option<&Waived>) -> String {
    let mut installs: Vec<&Install> = parts.iter().map(|part| part.install).collect();
    installs.dedup_by(|one, other| std::ptr::eq(*one, *other));
    let severity = installs.iter().map(|install| install.severity).min_by_key(|severity| severity_rank(*severity));
    let severity = match severity {
        Some(Severity::Critical) => "critical",
        Some(Severity::Important) => "high",
        Some(Severity::Moderate) => "medium",
        Some(Severity::Low) => "low",
        Some(Severity::Unrated) | None => "unknown",
    };
    let mut updates: Vec<String> =
        installs.iter().map(|install| update_name(&install.bulletin, install.kb.as_ref())).collect();
    updates.dedup();
    let (response, detail) = match waived {
        None => ("update", "No update that fixes it is installed.".to_owned()),
        Some(waived) => {
            ("will_not_fix", format!("No update that fixes it is installed: waived {}.", waived.in_words()))
        }
    };
    let mut value = json!({
        "id": Escaped(cve).to_string(),
        "ratings": [{"source": {"name": "Microsoft"}, "severity": severity, "method": "other"}],
        "recommendation": Escaped(&format!("Install {}.", updates.join(", "))).to_string(),
        "analysis": {
            "state": "exploitable",
            "response": [response],
            "detail": Escaped(&detail).to_string(),
        },
    });
    if is_cve(cve) {
        value["source"] = json!({"name": "NVD", "url": format!("https://nvd.nist.gov/vuln/detail/{cve}")});
    }
    let mut advisories: Vec<Value> = Vec::new();
    for install in installs {
        if let Some(url) = install.url.as_deref().filter(|url| is_plain_url(url)) {
            let advisory = json!({"title": Escaped(&install.title).to_string(), "url": url});
            if !advisories.contains(&advisory) {
                advisories.push(advisory);
            }
        }
    }
    if !advisories.is_empty() {
        value["advisories"] = Value::Array(advisories);
    }
    // As a text, the list takes a fraction of the memory of its values.
    let affects: Vec<String> = match groups.of(parts) {
        Some(group) => vec![format!("{{\"ref\":\"{}\"}}", group_reference(group))],
        None => {
            places(parts).into_iter().map(|place| format!("{{\"ref\":\"{}\"}}", reference(place as usize))).collect()
        }
    };
    let members = value.to_string();
    format!("{{\"affects\":[{}],{}", affects.join(","), &members[1..])
}

/// Whether it is a number such as `CVE-2024-21338`, and not something else that a catalog lists there.
fn is_cve(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(year, number)| year.len() == 4 && digits(year) && digits(number))
}
