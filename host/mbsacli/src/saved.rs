//! Reports that were saved as MBSA's XML, by wardline or by MBSA itself.
//!
//! They may come from anywhere: size, depth and texts are bounded, and document types are refused.

use std::path::Path;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape::resolve_predefined_entity};
use wardline_files::text_file::{self, TextFileError};

/// The maximum number of bytes of a report. A machine judged by 8,000 updates has some five million.
const MAX_BYTES: u64 = 64 << 20;

/// The maximum depth of elements. Reports have six.
const DEEPEST: usize = 16;

/// The maximum number of bytes of a text; a longer one is cut off.
const LONGEST: usize = 16 << 10;

/// The maximum number of characters of an error's reason.
const LONGEST_REASON: usize = 200;

/// The report of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The machine's name in the report.
    pub display_name: String,
    /// The computer's own name.
    pub machine: String,
    /// Empty if it is not known.
    pub domain: String,
    /// Empty if it is not known.
    pub address: String,
    pub date: String,
    /// MBSA's grade of the machine, 1 to 5.
    pub grade: u32,
    /// The version of the data that updates were judged by.
    pub data_version: String,
    pub tool: String,
    /// In the order of the file.
    pub checks: Vec<SavedCheck>,
}

/// One check, or the updates of one family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedCheck {
    pub name: String,
    /// MBSA's grade of the check, 0 to 8.
    pub grade: u32,
    /// MBSA's section: 1 Windows, 2 IIS, 3 SQL Server, 4 desktop applications, 5 security updates.
    pub section: u32,
    /// The result in a sentence.
    pub advice: String,
    /// How to mend it; empty if the report does not say so.
    pub remedy: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub updates: Vec<SavedUpdate>,
}

/// One update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedUpdate {
    pub bulletin: String,
    /// The number of the article, without a prefix.
    pub article: String,
    pub title: String,
    pub installed: bool,
    /// 0 not rated, 1 low to 4 critical.
    pub severity: u32,
}

/// A file is not a saved report.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    #[error(transparent)]
    Unreadable(#[from] TextFileError),
    #[error("{file}: not a report of mbsacli: {reason}")]
    Malformed { file: String, reason: String },
}

/// Reads a report. If `only_head`, its checks are left out, which is faster.
///
/// # Errors
///
/// [`SavedError`] if it cannot be read, or is not the report of one machine.
pub fn read(path: &Path, only_head: bool) -> Result<Saved, SavedError> {
    let text = text_file::read(path, MAX_BYTES)?;
    parse(&text, only_head).map_err(|reason| SavedError::Malformed { file: path.display().to_string(), reason })
}

/// Whether this text is the report of one machine.
pub fn is_report(text: &str) -> bool {
    parse(text, false).is_ok()
}

fn reason(error: impl ToString) -> String {
    error.to_string().chars().take(LONGEST_REASON).flat_map(char::escape_debug).collect()
}

fn parse(text: &str, only_head: bool) -> Result<Saved, String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<String> = Vec::new();
    let mut saved: Option<Saved> = None;
    let mut content = String::new();
    loop {
        match reader.read_event().map_err(reason)? {
            Event::Start(element) => {
                if open.len() == DEEPEST {
                    return Err(format!("more than {DEEPEST} elements inside each other"));
                }
                begin(&mut saved, &open, &element)?;
                open.push(element.local_name().as_ref().to_owned());
                content.clear();
            }
            Event::Empty(element) => {
                begin(&mut saved, &open, &element)?;
                open.push(element.local_name().as_ref().to_owned());
                content.clear();
                end(&mut saved, &open, &content);
                open.pop();
            }
            Event::Text(text) => append(&mut content, &text),
            Event::CData(text) => append(&mut content, &text),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => append(&mut content, character.encode_utf8(&mut [0; 4])),
                _ => append(&mut content, resolve_predefined_entity(&reference).unwrap_or("\u{fffd}")),
            },
            Event::End(_) => {
                end(&mut saved, &open, &content);
                open.pop();
                content.clear();
            }
            Event::Eof if open.is_empty() => break,
            Event::Eof => return Err("it ends early".to_owned()),
            Event::DocType(_) => return Err("document types are not allowed".to_owned()),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
        if only_head && saved.is_some() {
            break;
        }
    }
    saved.ok_or_else(|| "expected the element `SecScan`".to_owned())
}

fn append(content: &mut String, text: &str) {
    let left = LONGEST.saturating_sub(content.len());
    content.extend(text.chars().take(left));
}

/// Handles the beginning of an element inside `open`.
fn begin(saved: &mut Option<Saved>, open: &[String], element: &BytesStart<'_>) -> Result<(), String> {
    let attribute = |name: &str| -> Result<String, String> {
        let attribute = element.try_get_attribute(name).map_err(reason)?;
        let value = attribute.map(|attribute| attribute.normalized_value(XmlVersion::Implicit1_0)).transpose();
        let value = value.map_err(reason)?.unwrap_or_default();
        Ok(value.chars().take(LONGEST).collect())
    };
    let number = |name: &str| Ok::<u32, String>(attribute(name)?.parse().unwrap_or(0));
    let name = element.local_name();
    let Some(saved) = saved else {
        if name.as_ref() != "SecScan" || !open.is_empty() {
            let found: String = name.as_ref().chars().take(40).collect();
            return Err(format!("expected the element `SecScan`, found `{}`", reason(found)));
        }
        *saved = Some(Saved {
            display_name: attribute("DisplayName")?,
            machine: attribute("Machine")?,
            domain: attribute("Domain")?,
            address: attribute("IP")?,
            date: attribute("Date")?,
            grade: number("Grade")?,
            data_version: attribute("HotfixDataVersion")?,
            tool: attribute("MbsaToolVersion")?,
            checks: Vec::new(),
        });
        return Ok(());
    };
    match name.as_ref() {
        "Check" if open.len() == 1 => saved.checks.push(SavedCheck {
            name: attribute("Name")?,
            grade: number("Grade")?,
            section: number("Type")?,
            ..SavedCheck::default()
        }),
        other => {
            let Some(check) = saved.checks.last_mut() else { return Ok(()) };
            match other {
                "Detail" => check.remedy = attribute("text")?,
                "Row" => check.rows.push(Vec::new()),
                "UpdateData" => check.updates.push(SavedUpdate {
                    bulletin: attribute("BulletinID")?,
                    article: attribute("KBID")?,
                    title: String::new(),
                    installed: attribute("IsInstalled")?.eq_ignore_ascii_case("true"),
                    severity: number("Severity")?,
                }),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Handles the end of the last element of `open`, whose text is `content`.
fn end(saved: &mut Option<Saved>, open: &[String], content: &str) {
    let Some(check) = saved.as_mut().and_then(|saved| saved.checks.last_mut()) else { return };
    let text = content.trim();
    match open {
        [.., parent, own] if own == "Advice" && parent == "Check" => text.clone_into(&mut check.advice),
        [.., parent, own] if own == "Col" && parent == "Head" => check.columns.push(text.to_owned()),
        [.., parent, own] if own == "Col" && parent == "Row" => {
            if let Some(row) = check.rows.last_mut() {
                row.push(text.to_owned());
            }
        }
        [.., parent, own] if own == "Title" && parent == "UpdateData" => {
            if let Some(update) = check.updates.last_mut() {
                text.clone_into(&mut update.title);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// In the form of MBSA 2.
    const REPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?><SecScan ID="0" DisplayName="CONTOSO\WEB01" Machine="WEB01"
        Date="2026-11-27 06:10:00" LDate="x" Domain="CONTOSO" IP="10.0.0.5" Grade="2" HotfixDataVersion="2001.11.1" MbsaToolVersion="2.0">
        <Check ID="115" Grade="2" Type="5" Cat="1" Rank="1" Name="Windows Security Updates" URL1="" URL2=""><Advice>1 is missing.</Advice>
        <Detail><UpdateData ID="MS01-030" BulletinID="MS01-030" KBID="300000" IsInstalled="false" Severity="4"><Title>A &lt;b&gt; &#x41;</Title>
        <References><BulletinURL/></References></UpdateData></Detail></Check>
        <Check ID="107" Grade="5" Type="1" Cat="1" Rank="1" Name="Guest"><Advice>Disabled.</Advice><Detail text="none"><Head><Col>User</Col></Head>
        <Row Grade="5"><Col>Guest</Col></Row></Detail></Check></SecScan>"#;

    #[test]
    fn a_report_of_mbsa_is_read() {
        let saved = parse(REPORT, false).unwrap();
        assert_eq!((saved.machine.as_str(), saved.grade, saved.checks.len()), ("WEB01", 2, 2));
        let update = &saved.checks[0].updates[0];
        assert_eq!((update.title.as_str(), update.article.as_str(), update.severity), ("A <b> A", "300000", 4));
        let guest = &saved.checks[1];
        assert_eq!((guest.advice.as_str(), guest.remedy.as_str(), guest.section), ("Disabled.", "none", 1));
        assert_eq!(
            (guest.columns.as_slice(), guest.rows.as_slice()),
            (&["User".to_owned()][..], &[vec!["Guest".to_owned()]][..])
        );
        assert_eq!(parse(REPORT, true).unwrap(), Saved { checks: Vec::new(), ..saved });
    }

    #[test]
    fn other_documents_are_refused() {
        for (text, expected) in [
            ("", "expected the element `SecScan`"),
            ("<SecScans><SecScan/></SecScans>", "expected the element `SecScan`, found `SecScans`"),
            ("<!DOCTYPE a><SecScan/>", "document types are not allowed"),
            ("<SecScan><Check>", "it ends early"),
            (&"<SecScan>".repeat(20), "more than 16 elements inside each other"),
        ] {
            assert_eq!(parse(text, false).unwrap_err(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(<SecScan( Grade=\"[0-9]{0,12}\")?>|</SecScan>|<Check Type=\"5\">|</Check>|<Detail>|<Row>|<Col>|<UpdateData/>|&[a-z#]{0,4};|.){0,40}") {
            let _ = parse(&text, false);
        }

        #[test]
        fn a_broken_report_is_read_or_refused(cut in 0..REPORT.len(), byte in any::<char>()) {
            let mut text: String = REPORT.chars().take(cut).collect();
            text.push(byte);
            text.extend(REPORT.chars().skip(cut + 1));
            let _ = parse(&text, false);
        }
    }
}
