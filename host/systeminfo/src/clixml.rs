//! Objects that PowerShell exported with `Export-Clixml`.
//!
//! Source: [MS-PSRP], 2.2.5 "Serialization of Primitive and Complex Objects". An `Obj` has its properties in `Props` or, if they were
//! selected or added, in `MS`; each is an element with the attribute `N`.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use crate::ReadError;
use crate::records::{Collector, Record};
use crate::told::Told;

/// The maximum depth of elements. The export of WMI objects has about eight.
const DEEPEST: usize = 64;

/// The maximum length of a property's value, in bytes; a longer one is cut off.
const LONGEST: usize = 1_000;

/// The maximum number of characters of an error's reason.
const LONGEST_REASON: usize = 200;

pub(crate) fn is_clixml(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches("#< CLIXML").trim_start();
    let text = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, rest)| rest).trim_start(),
        None => text,
    };
    text.starts_with("<Objs")
}

/// The error for malformed XML. Its reason may quote the text, so it is cut off.
fn invalid(reason: impl ToString) -> ReadError {
    ReadError::Xml(reason.to_string().chars().take(LONGEST_REASON).collect())
}

/// An element that has begun.
enum Open {
    Object(Record),
    /// `Props` or `MS`: the elements below are properties of the object around it.
    Properties,
    Property {
        name: String,
        value: String,
    },
    Other,
}

/// Reads objects of the classes `Win32_QuickFixEngineering` and `Win32_OperatingSystem`.
///
/// # Errors
///
/// If the XML is malformed or too deep, has neither of them, or describes more than one machine.
pub(crate) fn read(text: &str) -> Result<Told, ReadError> {
    // Before the XML there may be `#< CLIXML`, which PowerShell writes where it prints objects.
    let start = text.find("<?xml").or_else(|| text.find("<Objs")).unwrap_or_default();
    let xml = text.get(start..).unwrap_or_default();
    let mut reader = Reader::from_str(xml);
    let mut collector = Collector::default();
    let mut open: Vec<Open> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| invalid(&error))? {
            Event::Start(element) => {
                if open.len() == DEEPEST {
                    return Err(invalid(format_args!("more than {DEEPEST} elements inside each other")));
                }
                let element = begin(&element, open.last())?;
                open.push(element);
            }
            Event::Empty(element) => {
                let element = begin(&element, open.last())?;
                end(element, &mut open, &mut collector)?;
            }
            Event::Text(text) => append(&mut open, &text),
            Event::CData(text) => append(&mut open, &text),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => append(&mut open, character.encode_utf8(&mut [0; 4])),
                _ => append(&mut open, resolve_predefined_entity(&reference).unwrap_or("\u{fffd}")),
            },
            Event::End(_) => {
                if let Some(element) = open.pop() {
                    end(element, &mut open, &mut collector)?;
                }
            }
            Event::Eof if open.is_empty() => break,
            Event::Eof => return Err(invalid("it ends early")),
            Event::DocType(_) => return Err(invalid("document types are not allowed")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    collector.finish().ok_or(ReadError::UnknownForm)
}

fn begin(element: &BytesStart<'_>, parent: Option<&Open>) -> Result<Open, ReadError> {
    Ok(match element.local_name().as_ref() {
        "Obj" => Open::Object(Record::default()),
        "Props" | "MS" if matches!(parent, Some(Open::Object(_))) => Open::Properties,
        _ if matches!(parent, Some(Open::Properties)) => {
            let attribute = element.try_get_attribute("N").map_err(|error| invalid(&error))?;
            let name = attribute.map(|attribute| attribute.normalized_value(XmlVersion::Implicit1_0)).transpose();
            let name = name.map_err(|error| invalid(&error))?.unwrap_or_default();
            Open::Property { name: name.into_owned(), value: String::new() }
        }
        _ => Open::Other,
    })
}

fn append(open: &mut [Open], text: &str) {
    if let Some(Open::Property { value, .. }) = open.last_mut()
        && value.len() < LONGEST
    {
        value.extend(text.chars().take(LONGEST));
    }
}

/// Handles the end of an element. Its parents are in `open`.
fn end(element: Open, open: &mut [Open], collector: &mut Collector) -> Result<(), ReadError> {
    match element {
        Open::Object(record) => collector.add(&record)?,
        Open::Property { name, value } => {
            if let [.., Open::Object(record), Open::Properties] = open {
                record.set(&name, &unescaped(&value));
            }
        }
        Open::Properties | Open::Other => {}
    }
    Ok(())
}

/// Replaces `_x000D_`, the form in which CLIXML writes characters that XML does not allow.
fn unescaped(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(place) = rest.find("_x") {
        let (before, escape) = rest.split_at(place);
        plain.push_str(before);
        let code = escape.get(2..6).filter(|_| escape.get(6..7) == Some("_"));
        match code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32) {
            Some(character) => {
                plain.push(character);
                rest = escape.get(7..).unwrap_or_default();
            }
            None => {
                plain.push_str("_x");
                rest = escape.get(2..).unwrap_or_default();
            }
        }
    }
    plain + rest
}
