//! A bounded pass over an XML file, one event at a time, whatever its encoding. The pass knows no vocabulary: the reader of a format
//! gives each element a meaning, `K`, by which it later finds the elements around another one.

mod document;
mod source;

use std::io::BufRead;
use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::errors::{Error as XmlError, SyntaxError};
use quick_xml::events::{BytesStart, Event as XmlEvent};
use quick_xml::reader::Reader as XmlReader;

pub(crate) use self::document::{DocumentPass, Event, Lines};
pub(crate) use self::source::{Fingerprint, decode};
use self::source::{Refused, Source};
use crate::error::{CatalogError, printable, printable_reason};
use crate::{Limits, Unresolved, UnresolvedKind};

/// The position at which an element begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) byte: u64,
}

/// An event of the file, as far as readers need it.
pub(crate) enum Step<'b> {
    /// An element begins; unless it is `empty`, [`Pass::enter`] has to be called.
    Element { tag: BytesStart<'b>, empty: bool },
    /// An element ends, or something without a meaning: text, a comment, an instruction, a DOCTYPE. Entities that a DOCTYPE
    /// defines are never used.
    Other,
    /// The file ends, with all of its elements.
    End,
}

/// Facts about the file that a pass collects besides the elements.
pub(crate) struct Summary {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) unresolved: Vec<Unresolved>,
    pub(crate) padded_values: u64,
}

/// An element that has begun but not ended yet.
struct Open<K> {
    kind: K,
    /// The offset of its name in [`Pass::names`].
    name: usize,
}

pub(crate) struct Pass<'a, R, K> {
    xml: XmlReader<Source<R>>,
    origin: &'a Path,
    limits: &'a Limits,
    root: &'static str,
    root_seen: bool,
    open: Vec<Open<K>>,
    /// The names of the open elements, one after the other.
    names: String,
    elements: u64,
    place: Place,
    unresolved: Vec<Unresolved>,
    /// The size of `unresolved`, in bytes.
    noted: u64,
    padded_values: u64,
}

impl<'a, R: BufRead, K: PartialEq> Pass<'a, R, K> {
    pub(crate) fn new(input: R, origin: &'a Path, limits: &'a Limits, root: &'static str) -> Self {
        let mut xml = XmlReader::from_reader(Source::new(input, limits.file_bytes, limits.markup_bytes));
        // Text has no meaning in catalogs, so a lone `&` in it does no harm.
        xml.config_mut().allow_dangling_amp = true;
        Self {
            xml,
            origin,
            limits,
            root,
            root_seen: false,
            open: Vec::new(),
            names: String::new(),
            elements: 0,
            place: Place::default(),
            unresolved: Vec::new(),
            noted: 0,
            padded_values: 0,
        }
    }

    /// Reads the next event into `buffer`.
    pub(crate) fn step<'b>(&mut self, buffer: &'b mut Vec<u8>) -> Result<Step<'b>, CatalogError> {
        buffer.clear();
        self.xml.get_mut().begin_event();
        self.place = Place { line: self.xml.get_ref().line(), byte: self.xml.buffer_position() };
        match self.xml.read_event_into(buffer) {
            Ok(XmlEvent::Start(tag)) => self.element(tag, false),
            Ok(XmlEvent::Empty(tag)) => self.element(tag, true),
            Ok(XmlEvent::End(_)) => {
                if let Some(open) = self.open.pop() {
                    self.names.truncate(open.name);
                }
                Ok(Step::Other)
            }
            Ok(XmlEvent::Text(text)) if !self.root_seen && !text.trim().is_empty() => {
                Err(CatalogError::NotXml { path: self.origin.into(), byte: self.place.byte })
            }
            Ok(XmlEvent::Eof) => self.end(),
            Ok(_) => Ok(Step::Other),
            Err(error) => Err(self.failure(error)),
        }
    }

    fn element<'b>(&mut self, tag: BytesStart<'b>, empty: bool) -> Result<Step<'b>, CatalogError> {
        let name = tag.local_name();
        if self.open.is_empty() {
            if self.root_seen {
                return Err(self.malformed(format!("a second root <{}>", printable(name.as_ref()))));
            }
            if name.as_ref() != self.root {
                return Err(CatalogError::WrongRoot { path: self.origin.into(), root: printable(name.as_ref()) });
            }
            self.root_seen = true;
        }
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(self.too_large("more elements than allowed", self.limits.elements));
        }
        Ok(Step::Element { tag, empty })
    }

    /// Opens an element that is not empty.
    pub(crate) fn enter(&mut self, tag: &BytesStart<'_>, kind: K) -> Result<(), CatalogError> {
        if self.open.len() >= self.limits.depth {
            return Err(self.too_large("elements nested too deeply", self.limits.depth as u64));
        }
        self.open.push(Open { kind, name: self.names.len() });
        self.names.push_str(tag.local_name().as_ref());
        Ok(())
    }

    /// The name of the innermost open element, fit for a message.
    fn innermost(&self) -> Option<String> {
        self.open.last().map(|open| printable(self.names.get(open.name..).unwrap_or_default()))
    }

    fn end(&self) -> Result<Step<'static>, CatalogError> {
        let path = self.origin.into();
        match self.innermost() {
            Some(element) => Err(CatalogError::Truncated { path, element, byte: self.xml.buffer_position() }),
            None if self.xml.get_ref().bytes() == 0 => Err(CatalogError::Empty { path }),
            None if !self.root_seen => Err(CatalogError::NotXml { path, byte: self.xml.buffer_position() }),
            None => Ok(Step::End),
        }
    }

    pub(crate) fn finish(self) -> Summary {
        Summary {
            fingerprint: self.xml.into_inner().finish(),
            unresolved: self.unresolved,
            padded_values: self.padded_values,
        }
    }

    /// The position of the current event.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn inside(&self, kind: K) -> bool {
        self.open.iter().any(|open| open.kind == kind)
    }

    /// Calls `take` with each attribute's name and trimmed text.
    pub(crate) fn attributes(
        &mut self,
        tag: &BytesStart<'_>,
        mut take: impl FnMut(&str, &str),
    ) -> Result<(), CatalogError> {
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.malformed(printable_reason(&error.to_string())))?;
            if attribute.value.len() > self.limits.attribute_bytes {
                return Err(self.too_large("an attribute that is too long", self.limits.attribute_bytes as u64));
            }
            let name = attribute.key.local_name();
            let text = match attribute.normalized_value(XmlVersion::Explicit1_0) {
                Ok(text) => text,
                // A lone `&`, or an entity that only a DOCTYPE could define: the text is kept as it is.
                Err(_) => {
                    let referrer = format!("<{}> {}", printable(tag.local_name().as_ref()), printable(name.as_ref()));
                    self.note(UnresolvedKind::Entity, printable(&attribute.value), referrer);
                    attribute.value.clone()
                }
            };
            if self.noted > self.limits.resolved_bytes {
                return Err(CatalogError::Overgrown { path: self.origin.into(), limit: self.limits.resolved_bytes });
            }
            let trimmed = text.trim();
            self.padded_values += u64::from(trimmed.len() < text.len());
            take(name.as_ref(), trimmed);
        }
        Ok(())
    }

    /// Notes an element outside the one it belongs to: it is counted, but cannot be used.
    pub(crate) fn misplaced(&mut self, tag: &BytesStart<'_>, id: &str) {
        let within = self.innermost().unwrap_or_default();
        let referrer = format!("<{}> in <{within}>", printable(tag.local_name().as_ref()));
        self.note(UnresolvedKind::Parent, id.to_owned(), referrer);
    }

    fn note(&mut self, kind: UnresolvedKind, id: String, referrer: String) {
        let Place { line, byte } = self.place;
        let item = Unresolved { kind, id, referrer, line, byte, document: None };
        self.noted = self.noted.saturating_add(item.cost());
        self.unresolved.push(item);
    }

    fn too_large(&self, what: &'static str, limit: u64) -> CatalogError {
        CatalogError::TooLarge { path: self.origin.into(), what, limit, line: self.place.line }
    }

    fn malformed(&self, reason: String) -> CatalogError {
        let Place { line, byte } = self.place;
        CatalogError::Malformed { path: self.origin.into(), line, byte, reason }
    }

    fn failure(&self, error: XmlError) -> CatalogError {
        let path = self.origin.into();
        match error {
            XmlError::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<Refused>()) {
                Some(Refused::Bytes) => self.too_large("more bytes than allowed", self.limits.file_bytes),
                Some(Refused::Markup) => {
                    self.too_large("a tag, comment or text that is too long", self.limits.markup_bytes as u64)
                }
                None => {
                    let source = std::io::Error::new(error.kind(), error.to_string());
                    CatalogError::Unreadable { path, source }
                }
            },
            XmlError::Syntax(
                SyntaxError::UnclosedTag
                | SyntaxError::UnclosedSingleQuotedAttributeValue
                | SyntaxError::UnclosedDoubleQuotedAttributeValue
                | SyntaxError::UnclosedComment
                | SyntaxError::UnclosedCData,
            ) if self.root_seen => {
                let element = self.innermost().unwrap_or_else(|| "?".to_owned());
                CatalogError::Truncated { path, element, byte: self.xml.buffer_position() }
            }
            XmlError::Syntax(_) | XmlError::IllFormed(_) if !self.root_seen => {
                CatalogError::NotXml { path, byte: self.xml.buffer_position() }
            }
            other => self.malformed(printable_reason(&other.to_string())),
        }
    }
}
