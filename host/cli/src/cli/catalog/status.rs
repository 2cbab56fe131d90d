//! `wardline catalog status` and `wardline catalog verify`.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;

use crate::cli::catalogs::store;
use crate::cli::exit::ExitStatus;
use crate::cli::output::{OutputFormat, print};
use crate::cli::{Fatal, warn};
use crate::contract::Escaped;
use crate::scan::one_line;
use crate::supply::age::Freshness;
use crate::supply::store::{Check, Document, Set};

const DAY: u64 = 24 * 60 * 60;
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

fn days(freshness: &Freshness) -> Option<u64> {
    freshness.age(SystemTime::now()).map(|age| age.as_secs() / DAY)
}

/// The catalogs of a set in one line: how many, from where, how old, signed by whom.
pub(in crate::cli) fn in_a_line(set: &Set, freshness: &Freshness) -> String {
    let mut sources: Vec<&str> = set.documents().iter().map(|document| base(&document.source)).collect();
    sources.sort_unstable();
    sources.dedup();
    let mut signers: Vec<&str> = set
        .documents()
        .iter()
        .filter_map(|document| document.signature.as_ref())
        .map(|signed| signed.signer.as_str())
        .collect();
    signers.sort_unstable();
    signers.dedup();
    let signed = if signers.is_empty() { "not signed".to_owned() } else { format!("signed by {}", signers.join("; ")) };
    let age = days(freshness).map_or("of unknown age".to_owned(), |days| match days {
        0 => "current today".to_owned(),
        1 => "1 day old".to_owned(),
        days => format!("{days} days old"),
    });
    let count = set.documents().len();
    let catalogs = if count == 1 { "1 catalog".to_owned() } else { format!("{count} catalogs") };
    format!("{catalogs} from {}, {age}, {signed}", sources.join(", "))
}

/// The service or folder that a document is from.
fn base(source: &str) -> &str {
    let file = source.split('!').next().unwrap_or(source);
    file.split_once("/cvrf/").filter(|_| file.starts_with("http")).map_or(file, |(base, _)| base)
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
