//! `wardline catalog status` and `wardline catalog verify`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::exit::ExitStatus;
use crate::cli::held::{days, in_a_line, store};
use crate::cli::output::{OutputFormat, print};
use crate::cli::{Fatal, warn};
use crate::contract::Escaped;
use crate::scan::one_line;
use crate::supply::age::Freshness;
use crate::supply::store::{Check, Document, Set};

const NOTHING: &str = "no catalogs are held; run `wardline catalog update`";

/// The catalogs held.
#[derive(Debug, Serialize)]
struct Status<'a> {
    set: u64,
    /// The latest date that a catalog gives itself, ISO.
    dated: Option<String>,
    /// When a source was last asked, ISO.
    checked: Option<String>,
    /// In days.
    age: Option<u64>,
    documents: &'a [Document],
}

pub(super) fn status(format: OutputFormat) -> Result<ExitStatus, Fatal> {
    let store = store().ok_or(NOTHING)?;
    let Some(set) = store.newest(Check::Sizes)? else { return Err(NOTHING.into()) };
    for damaged in &set.damaged {
        warn(&format!("{}; the catalogs of an earlier update are used", one_line(damaged)));
    }
    let freshness = Freshness::of(&store, &set)?;
    let status = Status {
        set: set.number(),
        dated: freshness.dated.map(|time| time.to_string()),
        checked: freshness.checked.map(|time| time.to_string()),
        age: days(&freshness),
        documents: set.documents(),
    };
    print(&status, format, |status, _| text(status, &set, &freshness).into_bytes())?;
    Ok(ExitStatus::Success)
}

pub(super) fn verify() -> Result<ExitStatus, Fatal> {
    let store = store().ok_or(NOTHING)?;
    let Some(set) = store.newest(Check::Sizes)? else { return Err(NOTHING.into()) };
    let mut faults = set.faults();
    let sound = set.documents().len() - faults.len();
    let Some(first) = faults.pop() else {
        println!("{sound} catalogs are as they were fetched");
        return Ok(ExitStatus::Success);
    };
    for fault in &faults {
        warn(&one_line(fault));
    }
    Err(first.into())
}

fn text(status: &Status<'_>, set: &Set, freshness: &Freshness) -> String {
    let mut lines = vec![in_a_line(set, freshness)];
    let or_unknown = |time: &Option<String>| time.clone().unwrap_or_else(|| "unknown".to_owned());
    lines.push(format!("Newest date in them    {}", or_unknown(&status.dated)));
    lines.push(format!("Source last asked      {}", or_unknown(&status.checked)));
    let mut by_kind: BTreeMap<&str, Vec<&Document>> = BTreeMap::new();
    for document in status.documents {
        by_kind.entry(&document.facts.kind).or_default().push(document);
    }
    for (kind, documents) in by_kind {
        lines.push(String::new());
        lines.push(format!("{kind}: {}", documents.len()));
        for document in documents {
            let date = document.facts.date.as_deref().unwrap_or("no date");
            let signature = document.signature.as_ref().map(|signed| format!(", signed by {}", signed.signer));
            let line = format!(
                "  {}  {date}  fetched {} from {}{}",
                document.facts.id,
                document.fetched,
                document.source,
                signature.unwrap_or_default()
            );
            lines.push(line);
        }
    }
    lines.iter().map(|line| format!("{}\n", Escaped(line))).collect()
}
