//! Texts from targets, catalogs and plugins are inert in every format: whatever they say, the document has the same structure.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use wardline_report::Format;

use crate::poison::{HOSTILE, rendered};

#[path = "../examples/fleet/generator.rs"]
mod generator;
mod poison;

const BENIGN: &str = "benign";

fn cells(format: Format, text: &str) -> Vec<Vec<String>> {
    let delimiter = if format == Format::Csv { b',' } else { b'\t' };
    let page = rendered(format, text);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(page.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn check_table(format: Format, text: &str) {
    let (found, benign) = (cells(format, text), cells(format, BENIGN));
    assert_eq!(found.len(), benign.len(), "rows for {text:?}");
    for cell in found.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']), "{cell:?}");
        assert!(!cell.contains(['\n', '\r', '\t', '\0', '\u{1b}']), "{cell:?}");
    }
}

/// The elements of a document in their order.
fn elements(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut elements = Vec::new();
    loop {
        use quick_xml::events::Event;
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                let attributes: Vec<String> =
                    tag.attributes().map(|attribute| attribute.unwrap().key.as_ref().to_owned()).collect();
                elements.push(format!("{} {}", tag.name().as_ref(), attributes.join(" ")));
            }
            Event::Eof => return elements,
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => panic!("not written by us"),
            _ => {}
        }
    }
}

fn check_xml(format: Format, text: &str) {
    let page = rendered(format, text);
    assert_eq!(elements(&page), elements(&rendered(format, BENIGN)), "{text:?}");
    let bad = |c: &char| matches!(c, '\0'..='\x08' | '\x0b'..='\x1f' | '\u{fffe}' | '\u{ffff}' | '\u{202e}');
    assert_eq!(page.chars().find(bad), None, "{text:?}");
}

/// The tags of a page, without the values of attributes. `<` and `>` outside of tags are always escaped.
fn tags(page: &str) -> Vec<String> {
    let page = page.split("<script>").next().unwrap();
    page.split('<')
        .skip(1)
        .map(|tag| {
            let tag = tag.split('>').next().unwrap();
            tag.split('"').step_by(2).collect::<Vec<_>>().join("\"")
        })
        .collect()
}

fn check_html(text: &str) {
    let page = rendered(Format::Html, text);
    assert_eq!(tags(&page), tags(&rendered(Format::Html, BENIGN)), "{text:?}");
    assert!(!page.contains("href=\"javascript"), "{text:?}");
    let bad = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
    assert_eq!(page.chars().find(bad), None, "{text:?}");
}

/// The markup of a document, without its texts.
fn markup(page: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser};
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES | Options::ENABLE_GFM;
    Parser::new_ext(page, options)
        .filter(|event| !matches!(event, Event::Text(_)))
        .map(|event| format!("{event:?}"))
        .collect()
}

fn check_markdown(text: &str) {
    assert_eq!(markup(&rendered(Format::Markdown, text)), markup(&rendered(Format::Markdown, BENIGN)), "{text:?}");
}

/// Names of metrics and of their labels, line by line.
fn check_openmetrics(text: &str) {
    let lines = |page: &str| -> Vec<String> {
        page.lines().map(|line| line.split('"').next().unwrap_or_default().to_owned()).collect()
    };
    let page = rendered(Format::OpenMetrics, text);
    assert_eq!(lines(&page).len(), lines(&rendered(Format::OpenMetrics, BENIGN)).len(), "{text:?}");
    assert!(page.ends_with("# EOF\n"));
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        // Name, labels in braces with escaped quotes, a space, a number.
        let value = line.rsplit(' ').next().unwrap();
        assert!(value.parse::<u64>().is_ok(), "{line}");
        let mut quoted = false;
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => assert!(matches!(letters.next(), Some('\\' | '"' | 'n')), "{line}"),
                '"' => quoted = !quoted,
                _ => {}
            }
        }
        assert!(!quoted, "{line}");
    }
}

fn check_json(format: Format, text: &str) {
    let page: serde_json::Value = serde_json::from_str(&rendered(format, text)).unwrap();
    let mut texts = Vec::new();
    collect(&page, &mut texts);
    for text in texts {
        assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
    }
}

fn collect(value: &serde_json::Value, texts: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => texts.push(text.clone()),
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        serde_json::Value::Object(members) => members.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}

fn check_text(text: &str) {
    let page = rendered(Format::Text, text);
    let bad = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
    assert_eq!(page.chars().find(bad), None, "{text:?}");
}

fn check(text: &str) {
    check_table(Format::Csv, text);
    check_table(Format::Tab, text);
    check_xml(Format::MbsaXml, text);
    check_xml(Format::Junit, text);
    check_html(text);
    check_markdown(text);
    check_openmetrics(text);
    check_json(Format::Sarif, text);
    check_json(Format::CycloneDx, text);
    check_text(text);
    serde_json::from_str::<serde_json::Value>(&rendered(Format::Json, text)).unwrap();
}

#[test]
fn known_tricks_are_inert_in_every_format() {
    HOSTILE.iter().for_each(|text| check(text));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_text_is_inert_in_every_format(text in "\\PC{1,12}|[\\x00-\\x7f]{1,16}|[<>&\"'=+@|`*_\\[\\](){}#!~:;,.\\\\ \n\t-]{1,16}") {
        // A text of spaces alone may leave out an element of a page.
        prop_assume!(!text.trim().is_empty());
        check(&text);
    }
}
