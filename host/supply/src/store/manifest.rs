//! The manifest of a set: its catalogs, and where each of them is from.

use std::path::Path;

use serde::{Deserialize, Serialize};
use wardline_files::text_file;

use super::StoreError;
use crate::authenticode::Signature;

/// The name of the manifest in a set's folder.
pub(super) const NAME: &str = "manifest.json";
const MAX_BYTES: u64 = 8 << 20;
/// The version of the manifest's form; another one is not read.
const FORMAT: u32 = 1;

/// The catalogs of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    pub(super) documents: Vec<Document>,
}

/// A catalog that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Document {
    /// The file's name in the set's folder.
    pub file: String,
    pub bytes: u64,
    /// The SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    #[serde(flatten)]
    pub facts: Facts,
    /// The URL or path that it was fetched from, and for a file of a cabinet its name in there: `…/mssecure.cab!mssecure.xml`.
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// When the source's index says that it last changed, as the index writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<String>,
    /// When it was fetched: `2026-11-27T01:35:40Z`.
    pub fetched: String,
    /// Who signed the cabinet that it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signed>,
}

/// A catalog's own statements about what it is, as [`Recognise`](crate::update::Recognise) returns them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Facts {
    /// The format: `mssecure`, `cvrf`.
    pub kind: String,
    /// The name that later revisions of the same document have too: `mssecure`, `2024-Mar`.
    pub id: String,
    /// The ISO date or time of its last change: `2001-10-04`, `2024-03-12T07:00:00Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Numbers with dots: `1.0.1.148`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A signature that was checked when the catalog was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Signed {
    pub signer: String,
    /// The SHA-256 of the signer's certificate.
    pub fingerprint: String,
    pub root: String,
    pub digest: String,
    /// The time of the time stamp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

impl From<Signature> for Signed {
    fn from(signature: Signature) -> Signed {
        let Signature { signer, fingerprint, root, digest, time } = signature;
        Signed { signer, fingerprint, root, digest: digest.to_owned(), time }
    }
}

impl Facts {
    /// Whether this is an older revision than another one of the same document. By the date if both have one and they differ, else
    /// by the version.
    pub fn is_older_than(&self, other: &Facts) -> bool {
        let dates = self.date.as_deref().zip(other.date.as_deref());
        match dates.map(|(own, other)| cmp_dates(own, other)) {
            Some(order) if order.is_ne() => order.is_lt(),
            _ => {
                let versions = self.version.as_deref().zip(other.version.as_deref());
                versions.is_some_and(|(own, other)| numbers(own) < numbers(other))
            }
        }
    }
}

/// Compares ISO dates and times in UTC. A date without a time is equal to each of its times.
fn cmp_dates(one: &str, other: &str) -> std::cmp::Ordering {
    let (one, other) = (one.trim_end_matches('Z').as_bytes(), other.trim_end_matches('Z').as_bytes());
    let length = one.len().min(other.len());
    one.iter().take(length).cmp(other.iter().take(length))
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|number| number.trim().parse().unwrap_or(0)).collect()
}

impl Manifest {
    pub(super) fn new(documents: Vec<Document>) -> Manifest {
        Manifest { format: FORMAT, documents }
    }

    /// Reads the manifest of a set.
    pub(super) fn read(set: &Path) -> Result<Manifest, StoreError> {
        let path = set.join(NAME);
        let damaged = |reason: String| StoreError::Damaged { file: path.display().to_string(), reason };
        let text = text_file::read(&path, MAX_BYTES)?;
        let manifest: Manifest = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(damaged(format!("unsupported format {}: expected {FORMAT}", manifest.format)));
        }
        match manifest.documents.iter().find(|document| !is_file_name(&document.file)) {
            Some(document) => Err(damaged(format!("`{}` is not a file name", document.file.escape_debug()))),
            None => Ok(manifest),
        }
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }
}

/// Whether this is a name that the store gives files.
fn is_file_name(name: &str) -> bool {
    name != NAME && !name.is_empty() && !name.starts_with('.') && name.chars().all(is_plain)
}

/// Returns a name for a file of the store: what catalogs and operators call it, with anything but letters, digits, `-`, `_` and `.`
/// replaced, so that it is valid on every system.
pub(super) fn file_name(id: &str, original: &str) -> String {
    const LONGEST: usize = 60;
    let plain = |text: &str| -> String {
        text.chars().take(LONGEST).map(|character| if is_plain(character) { character } else { '_' }).collect()
    };
    let original = original.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let endings: Vec<&str> = original.rsplit('.').take(2).collect();
    let ending = match endings.as_slice() {
        ["gz", before] if before.len() <= 4 => format!("{before}.gz"),
        [ending, _] if ending.len() <= 4 => (*ending).to_owned(),
        _ => "catalog".to_owned(),
    };
    format!("c-{}.{}", plain(id), plain(&ending))
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_ordered_by_date_then_version() {
        let facts = |date: &str, version: &str| {
            let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            Facts { kind: "k".into(), id: "i".into(), date: given(date), version: given(version) }
        };
        for (own, other, expected) in [
            (("2001-10-03", "9"), ("2001-10-04", "1"), true),
            (("2001-10-04", "1"), ("2001-10-03", "9"), false),
            (("2001-10-04", "1.0.1.99"), ("2001-10-04", "1.0.1.148"), true),
            (("2001-10-04", "1.0.1.148"), ("2001-10-04", "1.0.1.148"), false),
            (("2024-03-12T07:00:00Z", ""), ("2024-03-12T08:00:00Z", ""), true),
            (("2024-03-12", ""), ("2024-03-12T08:00:00Z", ""), false),
            (("2024-03-12T08:00:00", ""), ("2024-03-12T08:00:00Z", ""), false),
            (("", "2.0"), ("2024-03-12", "10.0"), true),
            (("", ""), ("2024-03-12", ""), false),
        ] {
            let result = facts(own.0, own.1).is_older_than(&facts(other.0, other.1));
            assert_eq!(result, expected, "{own:?} {other:?}");
        }
    }

    #[test]
    fn files_have_names_that_every_system_allows() {
        for (id, original, expected) in [
            ("2024-Mar", "https://x/cvrf/2024-Mar", "c-2024-Mar.catalog"),
            ("2024-Mar", "C:\\m\\2024-Mar.XML.gz", "c-2024-Mar.xml.gz"),
            ("mssecure", "mssecure.xml", "c-mssecure.xml"),
            ("../../etc/passwd", "x.json", "c-.._.._etc_passwd.json"),
            ("con\u{202e}", "con", "c-con_.catalog"),
        ] {
            let name = file_name(id, original);
            assert_eq!(name, expected);
            assert!(is_file_name(&name));
        }
    }
}
