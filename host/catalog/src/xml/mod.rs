//! A bounded pass over an XML file, one event at a time, whatever its encoding. The pass knows no vocabulary: the reader of a format
//! gives each element a meaning, `K`, by which it later finds the elements around another one.

mod document;
mod source;
mod tag;

use std::io::BufRead;
use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::errors::{Error as XmlError, IllFormedError, SyntaxError};
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event as XmlEvent};
use quick_xml::name::QName;
use quick_xml::reader::Reader as XmlReader;

pub(crate) use self::document::{DocumentPass, Event, Lines};
pub(crate) use self::source::{Fingerprint, decode};
use self::source::{Source, SourceError};
use self::tag::{Parts, Split};
use crate::error::{CatalogError, printable, printable_reason};
use crate::{Limits, Unresolved, UnresolvedKind};

/// The position at which an element begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) byte: u64,
}

/// An event of the file, as far as readers need it. They are passed over: ends of elements, texts, comments, instructions, and the
/// DOCTYPE. Entities that a DOCTYPE defines are never used.
pub(crate) enum Step<'b> {
    /// An element begins; unless it is `empty`, [`Pass::enter`] has to be called.
    Element { tag: Tag<'b>, empty: bool },
    /// The file ends, with all of its elements.
    End,
}

/// The tag that begins an element.
#[derive(Clone, Copy)]
pub(crate) struct Tag<'b> {
    /// The text between `<` and `>` or `/>`.
    content: &'b str,
    /// The name with its prefix.
    name: &'b str,
    /// Whether its parts are those in [`Pass::parts`].
    is_split: bool,
}

impl<'b> Tag<'b> {
    pub(crate) fn local_name(&self) -> &'b str {
        if self.is_split { self.name } else { QName(self.name).local_name().into_inner() }
    }
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

/// Markup that the rest of the text begins with.
enum Markup {
    Tag { content: usize, name: usize, empty: bool, is_split: bool },
    End { name: String },
    Other,
}

pub(crate) struct Pass<'a, R, K> {
    source: Source<R>,
    origin: &'a Path,
    limits: &'a Limits,
    root: &'static str,
    root_seen: bool,
    open: Vec<Open<K>>,
    /// The names of the open elements with their prefixes, one after the other.
    names: String,
    elements: u64,
    place: Place,
    /// The parts of the current element's tag.
    parts: Parts,
    unresolved: Vec<Unresolved>,
    /// The size of `unresolved`, in bytes.
    noted: u64,
    padded_values: u64,
}

impl<'a, R: BufRead, K: PartialEq> Pass<'a, R, K> {
    pub(crate) fn new(input: R, origin: &'a Path, limits: &'a Limits, root: &'static str) -> Self {
        Self {
            source: Source::new(input, limits.file_bytes),
            origin,
            limits,
            root,
            root_seen: false,
            open: Vec::new(),
            names: String::new(),
            elements: 0,
            place: Place::default(),
            parts: Parts::default(),
            unresolved: Vec::new(),
            noted: 0,
            padded_values: 0,
        }
    }

    /// Goes to the next element, and copies the content of its tag into `buffer`.
    pub(crate) fn step<'b>(&mut self, buffer: &'b mut String) -> Result<Step<'b>, CatalogError> {
        loop {
            if !self.skip_text()? {
                return self.end();
            }
            if self.at_expected_end() {
                continue;
            }
            self.place = self.here();
            let (markup, length) = self.markup()?;
            if length > self.limits.markup_bytes {
                return Err(self.too_long());
            }
            match markup {
                Markup::Tag { content, name, empty, is_split } => {
                    buffer.clear();
                    buffer.push_str(self.source.rest().get(1..=content).unwrap_or_default());
                    self.source.advance(length);
                    let content = buffer.as_str();
                    let tag = Tag { content, name: content.get(..name).unwrap_or_default(), is_split };
                    return self.element(tag, empty);
                }
                Markup::End { name } => {
                    self.end_of_element(name, length)?;
                    self.source.advance(length);
                }
                Markup::Other => self.source.advance(length),
            }
        }
    }

    /// Moves to the next markup. Returns `false` if there is none. What is in texts has no meaning in catalogs.
    fn skip_text(&mut self) -> Result<bool, CatalogError> {
        let (length, found) = loop {
            let rest = self.source.rest();
            match memchr::memchr(b'<', rest.as_bytes()) {
                Some(length) => break (length, true),
                None if self.extend()? => {}
                None => break (self.source.rest().len(), false),
            }
        };
        if length > self.limits.markup_bytes {
            self.place = self.here();
            return Err(self.too_long());
        }
        if !self.root_seen && !self.source.rest().get(..length).unwrap_or_default().trim().is_empty() {
            return Err(CatalogError::NotXml { path: self.origin.into(), byte: self.source.position() });
        }
        self.source.advance(length);
        Ok(found)
    }

    /// Passes over the end tag of the innermost element, if it comes next and is written as usual.
    fn at_expected_end(&mut self) -> bool {
        let Some(open) = self.open.last() else { return false };
        let name = self.names.get(open.name..).unwrap_or_default();
        let tag = self.source.rest().strip_prefix("</").and_then(|rest| rest.strip_prefix(name));
        if !tag.is_some_and(|rest| rest.starts_with('>')) {
            return false;
        }
        self.source.advance("</>".len() + name.len());
        self.names.truncate(open.name);
        self.open.pop();
        true
    }

    /// Returns the markup that comes next, and its length.
    fn markup(&mut self) -> Result<(Markup, usize), CatalogError> {
        loop {
            match tag::split(self.source.rest().as_bytes(), &mut self.parts) {
                Split::Tag { content, empty } => {
                    let length = content + if empty { "</>".len() } else { "<>".len() };
                    return Ok((Markup::Tag { content, name: self.parts.name, empty, is_split: true }, length));
                }
                Split::Incomplete if self.extend()? => {}
                Split::Incomplete | Split::Other => return self.other_markup(),
            }
        }
    }

    /// Like [`Pass::markup`], for anything.
    fn other_markup(&mut self) -> Result<(Markup, usize), CatalogError> {
        loop {
            let rest = self.source.rest();
            let mut xml = XmlReader::from_str(rest);
            // Which elements are open is known here only.
            xml.config_mut().allow_unmatched_ends = true;
            let tag = |tag: &BytesStart<'_>, empty| {
                let name = tag.name().as_ref().len();
                Markup::Tag { content: tag.len(), name, empty, is_split: false }
            };
            let markup = match xml.read_event() {
                Ok(XmlEvent::Start(start)) => Ok(tag(&start, false)),
                Ok(XmlEvent::Empty(start)) => Ok(tag(&start, true)),
                Ok(XmlEvent::End(end)) => Ok(Markup::End { name: end.name().as_ref().to_owned() }),
                Ok(_) => Ok(Markup::Other),
                Err(error) => Err(error),
            };
            let length = usize::try_from(xml.buffer_position()).unwrap_or(usize::MAX);
            let is_hopeless = rest.len() > "<!".len();
            match markup {
                Ok(markup) => return Ok((markup, length)),
                Err(XmlError::Syntax(SyntaxError::InvalidBangMarkup)) if is_hopeless => {
                    return Err(self.failure(SyntaxError::InvalidBangMarkup.into(), length));
                }
                Err(error @ XmlError::Syntax(_)) => {
                    if !self.extend()? {
                        return Err(self.failure(error, length));
                    }
                }
                Err(error) => return Err(self.failure(error, length)),
            }
        }
    }

    /// Ends the innermost element by a tag of this name.
    fn end_of_element(&mut self, found: String, length: usize) -> Result<(), CatalogError> {
        let Some(open) = self.open.pop() else {
            return Err(self.failure(IllFormedError::UnmatchedEndTag(found).into(), length));
        };
        let expected = self.names.split_off(open.name);
        if found == expected {
            return Ok(());
        }
        Err(self.failure(IllFormedError::MismatchedEndTag { expected, found }.into(), length))
    }

    /// Makes the rest of the text longer, so that markup or text in it ends. Returns `false` if nothing follows it.
    fn extend(&mut self) -> Result<bool, CatalogError> {
        let known = self.source.rest().len();
        if known > self.limits.markup_bytes {
            self.place = self.here();
            return Err(self.too_long());
        }
        // Twice as much each time, because what is there is looked through again.
        let length = known.saturating_mul(2).min(self.limits.markup_bytes.saturating_add(1));
        self.source.extend_to(length).map_err(|error| match error {
            SourceError::TooLarge => {
                self.place = self.here();
                self.too_large("more bytes than allowed", self.limits.file_bytes)
            }
            SourceError::Io(source) => CatalogError::Unreadable { path: self.origin.into(), source },
        })
    }

    /// The position of the rest of the text.
    fn here(&mut self) -> Place {
        Place { line: self.source.line(), byte: self.source.position() }
    }

    fn element<'b>(&mut self, tag: Tag<'b>, empty: bool) -> Result<Step<'b>, CatalogError> {
        if self.open.is_empty() {
            let name = tag.local_name();
            if self.root_seen {
                return Err(self.malformed(format!("a second root <{}>", printable(name))));
            }
            if name != self.root {
                return Err(CatalogError::WrongRoot { path: self.origin.into(), root: printable(name) });
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
    pub(crate) fn enter(&mut self, tag: Tag<'_>, kind: K) -> Result<(), CatalogError> {
        if self.open.len() >= self.limits.depth {
            return Err(self.too_large("elements nested too deeply", self.limits.depth as u64));
        }
        self.open.push(Open { kind, name: self.names.len() });
        self.names.push_str(tag.name);
        Ok(())
    }

    /// The name of the innermost open element, fit for a message.
    fn innermost(&self) -> Option<String> {
        let name = self.names.get(self.open.last()?.name..)?;
        Some(printable(QName(name).local_name().as_ref()))
    }

    fn end(&self) -> Result<Step<'static>, CatalogError> {
        let path = self.origin.into();
        match self.innermost() {
            Some(element) => Err(CatalogError::Truncated { path, element, byte: self.source.position() }),
            None if self.source.bytes() == 0 => Err(CatalogError::Empty { path }),
            None if !self.root_seen => Err(CatalogError::NotXml { path, byte: self.source.position() }),
            None => Ok(Step::End),
        }
    }

    pub(crate) fn finish(self) -> Summary {
        Summary { fingerprint: self.source.finish(), unresolved: self.unresolved, padded_values: self.padded_values }
    }

    /// The position of the current event.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn inside(&self, kind: K) -> bool {
        self.open.iter().any(|open| open.kind == kind)
    }

    /// Calls `take` with each attribute's name and trimmed text.
    pub(crate) fn attributes(&mut self, tag: Tag<'_>, mut take: impl FnMut(&str, &str)) -> Result<(), CatalogError> {
        if tag.is_split {
            let parts = std::mem::take(&mut self.parts);
            for part in &parts.attributes {
                let (name, value) = (tag.content.get(part.name.clone()), tag.content.get(part.value.clone()));
                self.attribute(tag, name.unwrap_or_default(), value.unwrap_or_default(), &mut take)?;
            }
            self.parts = parts;
            return Ok(());
        }
        for attribute in BytesStart::from_content(tag.content, tag.name.len()).attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.malformed(printable_reason(&error.to_string())))?;
            self.attribute(tag, attribute.key.local_name().as_ref(), &attribute.value, &mut take)?;
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        tag: Tag<'_>,
        name: &str,
        value: &str,
        take: &mut impl FnMut(&str, &str),
    ) -> Result<(), CatalogError> {
        if value.len() > self.limits.attribute_bytes {
            return Err(self.too_large("an attribute that is too long", self.limits.attribute_bytes as u64));
        }
        if !may_change(value) {
            self.take(name, value, take);
            return Ok(());
        }
        match (Attribute { key: QName(name), value: value.into() }).normalized_value(XmlVersion::Explicit1_0) {
            Ok(text) => self.take(name, &text, take),
            // A lone `&`, or an entity that only a DOCTYPE could define: the text is kept as it is.
            Err(_) => {
                let referrer = format!("<{}> {}", printable(tag.local_name()), printable(name));
                self.note(UnresolvedKind::Entity, printable(value), referrer);
                if self.noted > self.limits.resolved_bytes {
                    return Err(CatalogError::Overgrown {
                        path: self.origin.into(),
                        limit: self.limits.resolved_bytes,
                    });
                }
                self.take(name, value, take);
            }
        }
        Ok(())
    }

    fn take(&mut self, name: &str, text: &str, take: &mut impl FnMut(&str, &str)) {
        let trimmed = trimmed(text);
        self.padded_values += u64::from(trimmed.len() < text.len());
        take(name, trimmed);
    }

    /// Notes an element outside the one it belongs to: it is counted, but cannot be used.
    pub(crate) fn misplaced(&mut self, tag: Tag<'_>, id: &str) {
        let within = self.innermost().unwrap_or_default();
        let referrer = format!("<{}> in <{within}>", printable(tag.local_name()));
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

    fn too_long(&self) -> CatalogError {
        self.too_large("a tag, comment or text that is too long", self.limits.markup_bytes as u64)
    }

    fn malformed(&self, reason: String) -> CatalogError {
        let Place { line, byte } = self.place;
        CatalogError::Malformed { path: self.origin.into(), line, byte, reason }
    }

    /// Describes an error in the markup that comes next, of which the XML reader has read `length` bytes.
    fn failure(&self, error: XmlError, length: usize) -> CatalogError {
        let path = self.origin.into();
        let byte = self.source.position() + length as u64;
        match error {
            XmlError::Syntax(
                SyntaxError::UnclosedTag
                | SyntaxError::UnclosedSingleQuotedAttributeValue
                | SyntaxError::UnclosedDoubleQuotedAttributeValue
                | SyntaxError::UnclosedComment
                | SyntaxError::UnclosedCData,
            ) if self.root_seen => {
                let element = self.innermost().unwrap_or_else(|| "?".to_owned());
                CatalogError::Truncated { path, element, byte }
            }
            XmlError::Syntax(_) | XmlError::IllFormed(_) if !self.root_seen => CatalogError::NotXml { path, byte },
            other => self.malformed(printable_reason(&other.to_string())),
        }
    }
}

/// Whether normalizing may change an attribute's value: whether it has a reference or white space other than spaces.
fn may_change(value: &str) -> bool {
    // Without a branch for each byte, several bytes are looked at together.
    value.bytes().fold(false, |found, byte| found | (byte < b' ') | (byte == b'&'))
}

/// Trims a text. Hardly any needs it, and checking the first and last byte is enough to tell.
pub(crate) fn trimmed(text: &str) -> &str {
    let is_visible = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if is_visible(bytes.first()) && is_visible(bytes.last()) { text } else { text.trim() }
}
