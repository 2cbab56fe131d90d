//! The index of Microsoft's service for security updates (`GET /cvrf/v3.0/updates`).

use serde::Deserialize;

/// The maximum number of bytes of an index; the whole of 2016 to 2026 has some 50 KB.
pub(crate) const MAX_BYTES: u64 = 4 << 20;
/// The maximum number of documents of an index: eighty years of months.
const MAX_DOCUMENTS: usize = 1000;
/// The longest date: with fractions of seconds and a time zone.
const LONGEST_DATE: usize = 64;
/// The longest identifier of a document.
const LONGEST_ID: usize = 32;

/// A document of the index.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Listed {
    /// `2024-Mar`: the last part of the document's URL.
    #[serde(rename = "ID")]
    pub(crate) id: String,
    /// When the document last changed: `2024-03-12T07:00:00Z`.
    #[serde(rename = "CurrentReleaseDate", default)]
    pub(crate) released: Option<String>,
}

#[derive(Deserialize)]
struct Index {
    value: Vec<Listed>,
}

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("not an index of security updates: {0}")]
    Format(#[from] serde_json::Error),
    #[error("lists {0} documents, and at most {MAX_DOCUMENTS} are allowed")]
    TooMany(usize),
    #[error("lists no documents")]
    Empty,
    #[error("`{0}` is not the identifier of a document: expected letters, digits and hyphens (`2024-Mar`)")]
    Id(String),
}

/// Reads an index. Each identifier occurs once in the result: of several rows, the last counts.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Listed>, IndexError> {
    let Index { value } = serde_json::from_slice(bytes)?;
    if value.len() > MAX_DOCUMENTS {
        return Err(IndexError::TooMany(value.len()));
    }
    let mut listed: Vec<Listed> = Vec::new();
    for mut row in value {
        row.released = row.released.filter(|date| date.len() <= LONGEST_DATE);
        let is_valid = !row.id.is_empty()
            && row.id.len() <= LONGEST_ID
            && row.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_valid {
            return Err(IndexError::Id(row.id.chars().take(LONGEST_ID).flat_map(char::escape_debug).collect()));
        }
        listed.retain(|other| other.id != row.id);
        listed.push(row);
    }
    match listed.is_empty() {
        true => Err(IndexError::Empty),
        false => Ok(listed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_lists_documents() {
        let text = r#"{"@odata.context": "x", "value": [
            {"ID": "2024-Mar", "Alias": "2024-Mar", "CurrentReleaseDate": "2024-03-12T07:00:00Z", "CvrfUrl": "https://x"},
            {"ID": "2017-May-B", "CurrentReleaseDate": null},
            {"ID": "2024-Mar", "CurrentReleaseDate": "2024-04-01T07:00:00Z"}]}"#;
        let listed = parse(text.as_bytes()).unwrap();
        let listed: Vec<_> = listed.iter().map(|row| (row.id.as_str(), row.released.as_deref())).collect();
        assert_eq!(listed, [("2017-May-B", None), ("2024-Mar", Some("2024-04-01T07:00:00Z"))]);
    }

    #[test]
    fn an_index_that_names_other_paths_is_refused() {
        for id in ["../x", "a/b", "", "2024 Mar", "2024-Mar?x", &"x".repeat(33), "\u{1b}[2J"] {
            let index = serde_json::json!({"value": [{"ID": id}]}).to_string();
            assert!(matches!(parse(index.as_bytes()), Err(IndexError::Id(_))), "{id}");
        }
        assert!(matches!(parse(b"<html>"), Err(IndexError::Format(_))));
        assert!(matches!(parse(br#"{"value": []}"#), Err(IndexError::Empty)));
    }
}
