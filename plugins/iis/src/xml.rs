//! Walks through the elements of a configuration file.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

/// The maximum nesting depth. No configuration that IIS writes is nested more deeply.
const DEEPEST: usize = 64;

/// The start or end of an element.
pub(crate) enum Tag<'e> {
    Start(&'e Element),
    End(&'e str),
}

/// The start of an element. An empty element ends immediately.
pub(crate) struct Element {
    pub(crate) name: String,
    /// The position of its end in the text, which is in the same range as its attributes or the next one.
    pub(crate) position: usize,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// Returns an attribute's value. Names are compared case-insensitively, as in the metabase.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Like [`attribute`](Element::attribute), for a switch.
    ///
    /// # Errors
    ///
    /// If the value is neither true nor false.
    pub(crate) fn switch(&self, name: &str) -> Result<Option<bool>, String> {
        self.attribute(name).map(|value| switch(name, value)).transpose()
    }
}

/// `TRUE` and `1` are on; `FALSE`, `0` and empty text are off.
pub(crate) fn switch(name: &str, value: &str) -> Result<bool, String> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" | "" => Ok(false),
        _ => Err(format!("{name} is neither TRUE nor FALSE but `{}`", value.chars().take(40).collect::<String>())),
    }
}

/// Calls `visit` for every element's start and end, in the order of the text.
///
/// # Errors
///
/// The error of `visit`, or an error if the text is not XML, is truncated, contains no element, or is nested too deeply.
pub(crate) fn walk(text: &str, mut visit: impl FnMut(Tag<'_>) -> Result<(), String>) -> Result<(), String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<String> = Vec::new();
    let mut elements = 0_usize;
    loop {
        let event = reader.read_event();
        let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = event.map_err(|error| format!("{error} (before byte {position})"))?;
        match event {
            Event::Start(start) => {
                let element = element(&start, position)?;
                if open.len() == DEEPEST {
                    return Err(format!("its elements are nested more than {DEEPEST} deep (byte {position})"));
                }
                elements += 1;
                visit(Tag::Start(&element))?;
                open.push(element.name);
            }
            Event::Empty(start) => {
                let element = element(&start, position)?;
                elements += 1;
                visit(Tag::Start(&element))?;
                visit(Tag::End(&element.name))?;
            }
            Event::End(_) => {
                if let Some(name) = open.pop() {
                    visit(Tag::End(&name))?;
                }
            }
            Event::Eof if open.is_empty() && elements > 0 => return Ok(()),
            Event::Eof if elements == 0 => return Err("it contains no elements".to_owned()),
            Event::Eof => return Err("it is cut off".to_owned()),
            _ => {}
        }
    }
}

fn element(start: &BytesStart<'_>, position: usize) -> Result<Element, String> {
    let mut attributes = Vec::new();
    // Duplicate attributes do no harm, and the check for them compares every name with every other.
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| format!("{error} (before byte {position})"))?;
        let value = unescape(&attribute.value).unwrap_or_else(|_| attribute.value.as_ref().into());
        attributes.push((attribute.key.into_inner().to_owned(), value.into_owned()));
    }
    Ok(Element { name: start.name().into_inner().to_owned(), position, attributes })
}
