//! A pass over an XML document that is in memory as a whole. Unlike [`Pass`](super::Pass), it gives access to texts, and it skips the
//! others without reading them.

use std::borrow::Cow;
use std::io::BufRead;
use std::path::Path;

use quick_xml::errors::{Error as XmlError, SyntaxError};
use quick_xml::events::{BytesStart, Event as XmlEvent};
use quick_xml::reader::Reader;

use crate::Limits;
use crate::error::{CatalogError, printable, printable_reason};

/// An event of a document. Comments, instructions and the DOCTYPE are passed over; entities that a DOCTYPE defines are never used.
pub(crate) enum Event<'a, K> {
    /// An element begins. Unless it is `empty`, [`DocumentPass::enter`] has to be called.
    Begin { tag: BytesStart<'a>, empty: bool },
    /// A piece of the text of an element that was entered with `text`.
    Text(Cow<'a, str>),
    /// The element that was entered with this meaning ends.
    End(K),
    /// The document ends, with all of its elements.
    Finished,
}

struct Open<K> {
    kind: K,
    /// The offset at which the element begins.
    byte: usize,
}

pub(crate) struct DocumentPass<'a, K> {
    xml: Reader<&'a [u8]>,
    text: &'a str,
    origin: &'a Path,
    limits: &'a Limits,
    open: Vec<Open<K>>,
    root_seen: bool,
    elements: u64,
    /// The offset of the current event.
    byte: usize,
    /// The beginning of the end tag that is looked for.
    end_tag: String,
}

impl<'a, K: Copy> DocumentPass<'a, K> {
    pub(crate) fn new(text: &'a str, origin: &'a Path, limits: &'a Limits) -> Self {
        let mut xml = Reader::from_str(text);
        xml.config_mut().allow_dangling_amp = true;
        Self {
            xml,
            text,
            origin,
            limits,
            open: Vec::new(),
            root_seen: false,
            elements: 0,
            byte: 0,
            end_tag: String::new(),
        }
    }

    pub(crate) fn step(&mut self) -> Result<Event<'a, K>, CatalogError> {
        loop {
            self.byte = usize::try_from(self.xml.buffer_position()).unwrap_or(usize::MAX);
            match self.xml.read_event() {
                Ok(XmlEvent::Start(tag)) => return self.element(tag, false),
                Ok(XmlEvent::Empty(tag)) => return self.element(tag, true),
                Ok(XmlEvent::End(_)) => {
                    if let Some(open) = self.open.pop() {
                        self.skip_text();
                        return Ok(Event::End(open.kind));
                    }
                }
                Ok(XmlEvent::Text(text)) => return Ok(Event::Text(text.into_inner())),
                Ok(XmlEvent::CData(text)) => return Ok(Event::Text(text.into_inner())),
                Ok(XmlEvent::GeneralRef(name)) => {
                    let resolved = match name.resolve_char_ref() {
                        Ok(Some(character)) => Cow::Owned(character.to_string()),
                        _ => match quick_xml::escape::resolve_predefined_entity(&name) {
                            Some(text) => Cow::Borrowed(text),
                            None => Cow::Owned(format!("&{};", &*name)),
                        },
                    };
                    return Ok(Event::Text(resolved));
                }
                Ok(XmlEvent::Eof) => return self.finish(),
                Ok(_) => self.skip_text(),
                Err(error) => return Err(self.failure(error)),
            }
        }
    }

    fn element(&mut self, tag: BytesStart<'a>, empty: bool) -> Result<Event<'a, K>, CatalogError> {
        if self.open.is_empty() && std::mem::replace(&mut self.root_seen, true) {
            return Err(self.malformed(format!("a second root <{}>", printable(tag.local_name().as_ref()))));
        }
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(self.too_large("more elements than allowed", self.limits.elements));
        }
        if empty {
            self.skip_text();
        }
        Ok(Event::Begin { tag, empty })
    }

    /// Opens an element that is not empty. Its own text is skipped unless it is wanted.
    pub(crate) fn enter(&mut self, kind: K, text_wanted: bool) -> Result<(), CatalogError> {
        if self.open.len() >= self.limits.depth {
            return Err(self.too_large("elements nested too deeply", self.limits.depth as u64));
        }
        self.open.push(Open { kind, byte: self.byte });
        if !text_wanted {
            self.skip_text();
        }
        Ok(())
    }

    /// Opens an element that is not empty, and passes over everything in it.
    ///
    /// The end is looked for as text, which is several times faster than reading what is in the element. An end tag of the same name in a
    /// comment or an inner element is taken for the element's own; the document is then not well-formed, and refused.
    pub(crate) fn skip(&mut self, tag: &BytesStart<'_>, kind: K) -> Result<(), CatalogError> {
        self.enter(kind, false)?;
        self.end_tag.clear();
        self.end_tag.push_str("</");
        self.end_tag.push_str(tag.name().as_ref());
        let mut rest = self.xml.stream();
        let length = rest.fill_buf().map_or(0, |rest| {
            let mut found = memchr::memmem::find_iter(rest, &self.end_tag);
            let ends = |at: &usize| rest.get(at + self.end_tag.len()).is_none_or(|byte| b"> \t\r\n".contains(byte));
            found.find(ends).unwrap_or(rest.len())
        });
        rest.consume(length);
        Ok(())
    }

    /// The meaning of the innermost open element.
    pub(crate) fn inside(&self) -> Option<K> {
        self.open.last().map(|open| open.kind)
    }

    /// The offset at which the current event begins.
    pub(crate) fn byte(&self) -> usize {
        self.byte
    }

    /// Returns an attribute's value with its references resolved; empty if the element has none of this name.
    pub(crate) fn attribute(&self, tag: &BytesStart<'_>, name: &str) -> Result<String, CatalogError> {
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.malformed(printable_reason(&error.to_string())))?;
            if attribute.key.local_name().as_ref() != name {
                continue;
            }
            if attribute.value.len() > self.limits.attribute_bytes {
                return Err(self.too_large("an attribute that is too long", self.limits.attribute_bytes as u64));
            }
            let value = attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0);
            return Ok(value.map_or_else(|_| attribute.value.to_string(), Cow::into_owned));
        }
        Ok(String::new())
    }

    pub(crate) fn too_large(&self, what: &'static str, limit: u64) -> CatalogError {
        CatalogError::TooLarge { path: self.origin.into(), what, limit, line: self.line() }
    }

    /// Moves to the next markup. Nothing but `<` ends a text.
    fn skip_text(&mut self) {
        let mut rest = self.xml.stream();
        let length = rest.fill_buf().map_or(0, |rest| memchr::memchr(b'<', rest).unwrap_or(rest.len()));
        rest.consume(length);
    }

    fn line(&self) -> u32 {
        let passed = self.text.as_bytes().get(..self.byte).unwrap_or_default();
        u32::try_from(memchr::memchr_iter(b'\n', passed).count()).unwrap_or(u32::MAX).saturating_add(1)
    }

    fn finish(&self) -> Result<Event<'a, K>, CatalogError> {
        match self.open.last() {
            Some(open) => Err(self.truncated(open)),
            None if !self.root_seen => Err(CatalogError::NotXml { path: self.origin.into(), byte: self.byte as u64 }),
            None => Ok(Event::Finished),
        }
    }

    fn truncated(&self, open: &Open<K>) -> CatalogError {
        let tag = self.text.get(open.byte..).unwrap_or_default().trim_start_matches('<');
        let name = tag.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next().unwrap_or_default();
        let byte = self.xml.buffer_position();
        CatalogError::Truncated { path: self.origin.into(), element: printable(name), byte }
    }

    fn malformed(&self, reason: String) -> CatalogError {
        CatalogError::Malformed { path: self.origin.into(), line: self.line(), byte: self.byte as u64, reason }
    }

    fn failure(&self, error: XmlError) -> CatalogError {
        match (error, self.open.last()) {
            (
                XmlError::Syntax(
                    SyntaxError::UnclosedTag
                    | SyntaxError::UnclosedSingleQuotedAttributeValue
                    | SyntaxError::UnclosedDoubleQuotedAttributeValue
                    | SyntaxError::UnclosedComment
                    | SyntaxError::UnclosedCData,
                ),
                Some(open),
            ) => self.truncated(open),
            (other, _) => self.malformed(printable_reason(&other.to_string())),
        }
    }
}

/// Counts lines at ascending offsets of a text, each byte once.
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    byte: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), byte: 0, line: 1 }
    }

    /// Returns the line of an offset that is not below the previous one, counted from 1.
    pub(crate) fn at(&mut self, byte: usize) -> u32 {
        let passed = self.text.get(self.byte..byte).unwrap_or_default();
        let lines = u32::try_from(memchr::memchr_iter(b'\n', passed).count()).unwrap_or(u32::MAX);
        self.byte = self.byte.max(byte);
        self.line = self.line.saturating_add(lines);
        self.line
    }
}
