//! Converts XML events to [`Tables`]. Elements are recognized by name wherever they are, since real catalogs put some of them
//! outside the element that should contain them.

use std::borrow::Cow;
use std::io::BufRead;
use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::errors::{Error as XmlError, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader as XmlReader;

use super::raw::*;
use crate::error::{CatalogError, printable};
use crate::source::{Fingerprint, Refused, Source};
use crate::{Counts, Dirt, Limits, Unresolved, UnresolvedKind};

/// The result of a pass over the file.
pub(super) struct Reading {
    pub(super) tables: Tables,
    pub(super) counts: Counts,
    pub(super) dirt: Dirt,
    pub(super) unresolved: Vec<Unresolved>,
    pub(super) fingerprint: Fingerprint,
}

pub(super) fn read(input: impl BufRead, origin: &Path, limits: &Limits) -> Result<Reading, CatalogError> {
    let mut pass = Pass {
        xml: XmlReader::from_reader(Source::new(input, limits.file_bytes, limits.markup_bytes)),
        origin,
        limits,
        open: Vec::new(),
        elements: 0,
        tables: Tables::default(),
        counts: Counts::default(),
        dirt: Dirt::default(),
        unresolved: Vec::new(),
        place: Place::default(),
    };
    pass.run()?;
    let Pass { xml, tables, counts, mut dirt, unresolved, .. } = pass;
    let fingerprint = xml.into_inner().finish();
    dirt.guessed_bytes = fingerprint.guessed;
    Ok(Reading { tables, counts, dirt, unresolved, fingerprint })
}

/// An element that has begun but not ended yet.
struct Open {
    kind: Kind,
    name: Box<str>,
}

/// The elements that contain others, which refer to them by being inside them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bulletin,
    Patch,
    AffectedProduct,
    FileChg,
    Product,
    RegKey,
    File,
    FileChange,
    SupersededBy,
    SupersedingBulletin,
    Other,
}

struct Pass<'a, R: BufRead> {
    xml: XmlReader<Source<R>>,
    origin: &'a Path,
    limits: &'a Limits,
    open: Vec<Open>,
    elements: u64,
    tables: Tables,
    counts: Counts,
    dirt: Dirt,
    unresolved: Vec<Unresolved>,
    /// The position of the current event.
    place: Place,
}

impl<R: BufRead> Pass<'_, R> {
    fn run(&mut self) -> Result<(), CatalogError> {
        // Text has no meaning in this format, so a lone `&` in it does no harm.
        self.xml.config_mut().allow_dangling_amp = true;
        let mut buffer = Vec::new();
        let mut root_seen = false;
        loop {
            buffer.clear();
            self.xml.get_mut().begin_event();
            self.place = Place { line: self.xml.get_ref().line(), byte: self.xml.buffer_position() };
            let event = self.xml.read_event_into(&mut buffer);
            match event {
                Ok(Event::Start(tag)) => {
                    self.root(&tag, root_seen)?;
                    root_seen = true;
                    let kind = self.element(&tag)?;
                    if self.open.len() >= self.limits.depth {
                        return Err(self.too_large("elements nested too deeply", self.limits.depth as u64));
                    }
                    self.open.push(Open { kind, name: tag.local_name().as_ref().into() });
                }
                Ok(Event::Empty(tag)) => {
                    self.root(&tag, root_seen)?;
                    root_seen = true;
                    self.element(&tag)?;
                }
                Ok(Event::End(_)) => {
                    self.open.pop();
                }
                Ok(Event::Text(text)) if !root_seen && !text.trim().is_empty() => {
                    return Err(CatalogError::NotXml { path: self.origin.into(), byte: self.place.byte });
                }
                Ok(Event::Eof) => return self.end(root_seen),
                // Text, comments and processing instructions have no meaning in this format; a DOCTYPE's entities are never used.
                Ok(_) => {}
                Err(error) => return Err(self.failure(error, root_seen)),
            }
        }
    }

    fn end(&self, root_seen: bool) -> Result<(), CatalogError> {
        let path = self.origin.into();
        match self.open.last() {
            Some(open) => {
                Err(CatalogError::Truncated { path, element: printable(&open.name), byte: self.xml.buffer_position() })
            }
            None if self.xml.get_ref().bytes() == 0 => Err(CatalogError::Empty { path }),
            None if !root_seen => Err(CatalogError::NotXml { path, byte: self.xml.buffer_position() }),
            None => Ok(()),
        }
    }

    fn root(&self, tag: &BytesStart<'_>, root_seen: bool) -> Result<(), CatalogError> {
        if !self.open.is_empty() {
            return Ok(());
        }
        let root = tag.local_name();
        if root_seen {
            return Err(self.malformed(format!("a second root <{}>", printable(root.as_ref()))));
        }
        if root.as_ref() != "BulletinDatastore" {
            return Err(CatalogError::WrongRoot { path: self.origin.into(), root: printable(root.as_ref()) });
        }
        Ok(())
    }

    fn too_large(&self, what: &'static str, limit: u64) -> CatalogError {
        CatalogError::TooLarge { path: self.origin.into(), what, limit, line: self.place.line }
    }

    fn malformed(&self, reason: String) -> CatalogError {
        let Place { line, byte } = self.place;
        CatalogError::Malformed { path: self.origin.into(), line, byte, reason }
    }

    fn failure(&self, error: XmlError, root_seen: bool) -> CatalogError {
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
            ) if root_seen => {
                let element = self.open.last().map_or_else(|| "?".to_owned(), |open| printable(&open.name));
                CatalogError::Truncated { path, element, byte: self.xml.buffer_position() }
            }
            XmlError::Syntax(_) | XmlError::IllFormed(_) if !root_seen => {
                CatalogError::NotXml { path, byte: self.xml.buffer_position() }
            }
            other => self.malformed(printable_reason(&other.to_string())),
        }
    }

    /// Calls `take` with each attribute's name and trimmed text.
    fn attributes(
        &mut self,
        tag: &BytesStart<'_>,
        mut take: impl FnMut(&str, Cow<'_, str>),
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
                    self.note(UnresolvedKind::Entity, &printable(&attribute.value), referrer);
                    attribute.value.clone()
                }
            };
            let trimmed = text.trim();
            if trimmed.len() == text.len() {
                take(name.as_ref(), text);
            } else {
                self.dirt.padded_values += 1;
                take(name.as_ref(), Cow::Borrowed(trimmed));
            }
        }
        Ok(())
    }

    fn note(&mut self, kind: UnresolvedKind, id: &str, referrer: String) {
        let Place { line, byte } = self.place;
        self.unresolved.push(Unresolved { kind, id: id.to_owned(), referrer, line, byte });
    }

    fn inside(&self, kind: Kind) -> bool {
        self.open.iter().any(|open| open.kind == kind)
    }

    /// Records an element outside the one it belongs to: it is counted, but cannot be used.
    fn misplaced(&mut self, name: &str, id: &str) {
        let within = self.open.last().map_or_else(String::new, |open| printable(&open.name));
        self.note(UnresolvedKind::Parent, id, format!("<{name}> in <{within}>"));
    }

    /// Reads a single attribute that refers to a row elsewhere.
    fn reference(&mut self, tag: &BytesStart<'_>, attribute: &str) -> Result<Reference, CatalogError> {
        let mut id = Text::default();
        self.attributes(tag, |name, text| {
            if name == attribute {
                id = text.into();
            }
        })?;
        Ok(Reference { id, place: self.place })
    }

    fn named(&mut self, tag: &BytesStart<'_>, id_attribute: &str, texts: &[&str]) -> Result<Named, CatalogError> {
        let mut row = Named { place: self.place, ..Named::default() };
        self.attributes(tag, |name, text| {
            if name == id_attribute {
                row.id = text.into();
            } else if texts.contains(&name) {
                row.text = text.into();
            }
        })?;
        Ok(row)
    }

    fn element(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(self.too_large("more elements than allowed", self.limits.elements));
        }
        let name = tag.local_name();
        match name.as_ref() {
            "Bulletin" => return self.bulletin(tag),
            "Patch" => return self.patch(tag),
            "AffectedProduct" => return self.affected_product(tag),
            "FileChg" => return self.file_chg(tag),
            "Product" => return self.product(tag),
            "RegKey" => return self.reg_key(tag),
            "File" => return self.file(tag),
            "FileChange" => return self.file_change(tag),
            "SupercededBy" => return self.superseded_by(tag),
            "SupercededBulletin" => return self.superseding_bulletin(tag),
            "QNumber" => self.qnumber(tag)?,
            "BulletinComment" | "PatchComment" => self.comment_reference(tag)?,
            "AffectedServicePack" => self.affected_service_pack(tag)?,
            "RegChg" => self.reg_chg(tag)?,
            "AvailableSP" => self.available_service_pack(tag)?,
            "ProductFamily" => self.product_family(tag)?,
            "ServicePack" => self.service_pack(tag)?,
            "RegChange" => self.reg_change(tag)?,
            "SupercededPatch" => self.superseding_patch(tag)?,
            "Location" => {
                self.counts.locations += 1;
                let mut row = self.named(tag, "LocationID", &["Path"])?;
                // Folders and keys occur both with and without a trailing `\`.
                row.text = row.text.trim_end_matches('\\').into();
                self.tables.locations.push(row);
            }
            "Comment" => {
                let row = self.named(tag, "CommentID", &["Text"])?;
                self.tables.comments.push(row);
            }
            "MSSeverity" => {
                let row = self.named(tag, "MSSeverityID", &["Name", "Description", "Severity", "MSSeverity"])?;
                self.tables.severities.push(row);
            }
            "BulletinDatastore" => self.datastore(tag)?,
            other if other.starts_with("Alternate") => self.alternate(tag, other)?,
            _ => {}
        }
        Ok(Kind::Other)
    }

    fn datastore(&mut self, tag: &BytesStart<'_>) -> Result<(), CatalogError> {
        let mut row = Datastore { place: self.place, ..Datastore::default() };
        self.attributes(tag, |name, text| match name {
            "DataVersion" => row.data_version = text.into(),
            "SchemaVersion" => row.schema_version = text.into(),
            "ToolVersion" => row.tool_version = text.into(),
            "LastDataUpdate" => row.updated = text.into(),
            _ => {}
        })?;
        // Another major version may use the same names with other meanings; judging by it could wrongly report a machine as
        // patched.
        let major = row.schema_version.split('.').next().unwrap_or_default();
        if major.parse::<u32>().is_ok_and(|major| major != 1) {
            let version = printable(&row.schema_version);
            return Err(CatalogError::UnsupportedSchema { path: self.origin.into(), version });
        }
        self.tables.datastore = row;
        Ok(())
    }

    fn bulletin(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        self.counts.bulletins += 1;
        let mut row = Bulletin { place: self.place, ..Bulletin::default() };
        self.attributes(tag, |name, text| match name {
            "BulletinID" => row.id = text.into(),
            "Title" => row.title = text.into(),
            "DatePosted" => row.posted = text.into(),
            "Supported" => row.supported = text.into(),
            "BulletinLocationID" => row.location = text.into(),
            "FAQLocationID" => row.questions_location = text.into(),
            "MSSeverityID" => row.severity = text.into(),
            "CVEID" => row.cves = text.into(),
            _ => {}
        })?;
        self.tables.bulletins.push(row);
        Ok(Kind::Bulletin)
    }

    fn qnumber(&mut self, tag: &BytesStart<'_>) -> Result<(), CatalogError> {
        self.counts.qnumbers += 1;
        let Reference { id, .. } = self.reference(tag, "QNumber")?;
        match self.tables.bulletins.last_mut() {
            Some(bulletin) if self.open.iter().any(|open| open.kind == Kind::Bulletin) => bulletin.articles.push(id),
            _ => self.misplaced("QNumber", &id),
        }
        Ok(())
    }

    fn comment_reference(&mut self, tag: &BytesStart<'_>) -> Result<(), CatalogError> {
        let reference = self.reference(tag, "CommentID")?;
        let (in_patch, in_bulletin) = (self.inside(Kind::Patch), self.inside(Kind::Bulletin));
        match (self.tables.patches.last_mut(), self.tables.bulletins.last_mut()) {
            (Some(patch), _) if in_patch => patch.comments.push(reference),
            (_, Some(bulletin)) if in_bulletin => bulletin.comments.push(reference),
            _ => self.misplaced("Comment", &reference.id),
        }
        Ok(())
    }

    fn patch(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        self.counts.patches += 1;
        let mut row = Patch { place: self.place, ..Patch::default() };
        self.attributes(tag, |name, text| match name {
            "PatchName" => row.name = text.into(),
            "PatchLocationID" => row.location = text.into(),
            "SBID" => row.superseded_by = text.into(),
            "SQNumber" => row.article = text.into(),
            "NoReboot" => row.no_reboot = text.into(),
            "MSSeverityID" => row.severity = text.into(),
            "CVEID" => row.cves = text.into(),
            "ShavlikPatchComment" => row.note = text.into(),
            _ => {}
        })?;
        if !self.inside(Kind::Bulletin) {
            self.misplaced("Patch", &row.name);
            return Ok(Kind::Other);
        }
        row.bulletin = self.tables.bulletins.len().saturating_sub(1);
        self.tables.patches.push(row);
        Ok(Kind::Patch)
    }

    /// Returns the patch that contains the current element.
    fn current_patch(&mut self) -> Option<&mut Patch> {
        if self.inside(Kind::Patch) { self.tables.patches.last_mut() } else { None }
    }

    fn affected_product(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        self.counts.affected_products += 1;
        let mut row = AffectedProduct { place: self.place, ..AffectedProduct::default() };
        self.attributes(tag, |name, text| match name {
            "ProductID" => row.product = text.into(),
            "FixedInSP" => row.fixed_in = text.into(),
            "MSSeverityID" => row.severity = text.into(),
            "CVEID" => row.cves = text.into(),
            _ => {}
        })?;
        let Some(patch) = self.current_patch() else {
            self.misplaced("AffectedProduct", &row.product);
            return Ok(Kind::Other);
        };
        patch.products.push(row);
        Ok(Kind::AffectedProduct)
    }

    fn affected_service_pack(&mut self, tag: &BytesStart<'_>) -> Result<(), CatalogError> {
        self.counts.affected_service_packs += 1;
        let reference = self.reference(tag, "ServicePackID")?;
        let inside = self.inside(Kind::AffectedProduct);
        match self.current_patch().and_then(|patch| patch.products.last_mut()) {
            Some(product) if inside => product.service_packs.push(reference),
            _ => self.misplaced("AffectedServicePack", &reference.id),
        }
        Ok(())
    }

    fn file_chg(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        self.counts.patch_file_changes += 1;
        let mut row = FileReference::default();
        let place = self.place;
        self.attributes(tag, |name, text| match name {
            "FileChangeID" => row.change = Reference { id: text.into(), place },
            _ if name.starts_with("Alternate") => row.alternates.extend(alternate(name, &text, place)),
            _ => {}
        })?;
        row.change.place = place;
        let Some(patch) = self.current_patch() else {
            self.misplaced("FileChg", &row.change.id);
            return Ok(Kind::Other);
        };
        patch.files.push(row);
        Ok(Kind::FileChg)
    }

    fn reg_chg(&mut self, tag: &BytesStart<'_>) -> Result<(), CatalogError> {
        self.counts.patch_registry_changes += 1;
        let reference = self.reference(tag, "RegChangeID")?;
        match self.current_patch() {
            Some(patch) => patch.registry.push(reference),
            None => self.misplaced("RegChg", &reference.id),
        }
        Ok(())
    }

    fn product(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        self.counts.products += 1;
        let mut row = Product { place: self.place, ..Product::default() };
        self.attributes(tag, |name, text| match name {
            "ProductID" => row.id = text.into(),
            "Name" => row.name = text.into(),
            "MinimumSupportedServicePackID" => row.minimum = text.into(),
            "CurrentServicePackID" => row.current = text.into(),
            _ => {}
        })?;
        self.tables.products.push(row);
        Ok(Kind::Product)
    }

    fn available_service_pack(&mut self, tag: &BytesStart<'_>) -> Result<(), CatalogError> {
        let reference = self.reference(tag, "ServicePackID")?;
        let inside = self.inside(Kind::Product);
        match self.tables.products.last_mut() {
            Some(product) if inside => product.available.push(reference),
            _ => self.misplaced("AvailableSP", &reference.id),
        }
        Ok(())
    }

    /// Inside a product this is a reference, elsewhere the definition of a family.
    fn product_family(&mut self, tag: &BytesStart<'_>) -> Result<(), CatalogError> {
        let row = self.named(tag, "ProductFamilyID", &["Name"])?;
        let inside = self.inside(Kind::Product);
        match self.tables.products.last_mut() {
            Some(product) if inside => product.families.push(Reference { id: row.id, place: row.place }),
            _ => self.tables.families.push(row),
        }
        Ok(())
    }

    fn service_pack(&mut self, tag: &BytesStart<'_>) -> Result<(), CatalogError> {
        self.counts.service_packs += 1;
        let mut row = ServicePack { place: self.place, ..ServicePack::default() };
        self.attributes(tag, |name, text| match name {
            "ServicePackID" => row.id = text.into(),
            "Name" => row.name = text.into(),
            "ReleaseDate" => row.released = text.into(),
            _ => {}
        })?;
        self.tables.service_packs.push(row);
        Ok(())
    }

    fn reg_key(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        let row = self.named(tag, "RegKeyID", &["Name"])?;
        self.tables.reg_keys.push(RegKey { id: row.id, name: row.text });
        Ok(Kind::RegKey)
    }

    fn reg_change(&mut self, tag: &BytesStart<'_>) -> Result<(), CatalogError> {
        self.counts.registry_changes += 1;
        let mut row = RegChange { place: self.place, ..RegChange::default() };
        self.attributes(tag, |name, text| match name {
            "RegChangeID" => row.id = text.into(),
            "RegChangeValue" => row.value = text.into(),
            "CommandID" => row.command = text.into(),
            "RegKeyID" => row.key_id = text.into(),
            "LocationID" => row.location = text.into(),
            _ => {}
        })?;
        if self.inside(Kind::RegKey) {
            row.key = self.tables.reg_keys.len().checked_sub(1);
        }
        self.tables.reg_changes.push(row);
        Ok(())
    }

    fn file(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        self.counts.files += 1;
        let mut row = File { place: self.place, ..File::default() };
        self.attributes(tag, |name, text| match name {
            "FileID" => row.id = text.into(),
            "Name" => row.name = text.into(),
            "LocationID" => row.location = text.into(),
            _ => {}
        })?;
        self.tables.files.push(row);
        Ok(Kind::File)
    }

    fn file_change(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        self.counts.file_changes += 1;
        let mut row = FileChange { place: self.place, ..FileChange::default() };
        let place = self.place;
        self.attributes(tag, |name, text| match name {
            "FileChangeID" => row.id = text.into(),
            "Date" => row.date = text.into(),
            "Version" => row.version = text.into(),
            "Size" => row.size = text.into(),
            "CommandID" => row.command = text.into(),
            "Checksum" => row.checksum = text.into(),
            _ if name.starts_with("Alternate") => row.alternates.extend(alternate(name, &text, place)),
            _ => {}
        })?;
        if self.inside(Kind::File) {
            row.file = self.tables.files.len().checked_sub(1);
        } else {
            self.misplaced("FileChange", &row.id);
        }
        self.tables.file_changes.push(row);
        Ok(Kind::FileChange)
    }

    /// Reads `AlternateFileChange`, `AlternateVersion` and similar elements, by their attributes: schema 1.1 lists other states of
    /// a file in addition to the one that the update installs.
    fn alternate(&mut self, tag: &BytesStart<'_>, element: &str) -> Result<(), CatalogError> {
        let mut found = Vec::new();
        let place = self.place;
        self.attributes(tag, |name, text| found.extend(alternate(name, &text, place)))?;
        if found.is_empty() {
            return Ok(());
        }
        let (in_reference, in_change) = (self.inside(Kind::FileChg), self.inside(Kind::FileChange));
        let reference = if in_reference { self.current_patch().and_then(|patch| patch.files.last_mut()) } else { None };
        if let Some(reference) = reference {
            reference.alternates.extend(found);
        } else if let Some(change) = self.tables.file_changes.last_mut().filter(|_| in_change) {
            change.alternates.extend(found);
        } else {
            self.misplaced(element, "");
        }
        Ok(())
    }

    fn superseded_by(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        self.counts.superseded_by += 1;
        let mut row = SupersededBy { place: self.place, ..SupersededBy::default() };
        self.attributes(tag, |name, text| match name {
            "SBID" => row.id = text.into(),
            "Description" => row.description = text.into(),
            _ => {}
        })?;
        self.tables.superseded_by.push(row);
        Ok(Kind::SupersededBy)
    }

    fn superseding_bulletin(&mut self, tag: &BytesStart<'_>) -> Result<Kind, CatalogError> {
        let Reference { id, place } = self.reference(tag, "BulletinID")?;
        let inside = self.inside(Kind::SupersededBy);
        match self.tables.superseded_by.last_mut() {
            Some(entry) if inside => {
                entry.bulletins.push(SupersedingBulletin { id, place, packages: Vec::new() });
                Ok(Kind::SupersedingBulletin)
            }
            _ => {
                self.misplaced("SupercededBulletin", &id);
                Ok(Kind::Other)
            }
        }
    }

    fn superseding_patch(&mut self, tag: &BytesStart<'_>) -> Result<(), CatalogError> {
        let reference = self.reference(tag, "PatchName")?;
        let inside = self.inside(Kind::SupersedingBulletin);
        match self.tables.superseded_by.last_mut().and_then(|entry| entry.bulletins.last_mut()) {
            Some(bulletin) if inside => bulletin.packages.push(reference),
            _ => self.misplaced("SupercededPatch", &reference.id),
        }
        Ok(())
    }
}

/// Parses an attribute of an alternate: either a version, or a reference to another `FileChange`.
fn alternate(attribute: &str, text: &str, place: Place) -> Option<Alternate> {
    let reference = Reference { id: text.into(), place };
    if attribute.ends_with("Version") {
        Some(Alternate::Version(reference))
    } else if attribute.ends_with("FileChangeID") {
        Some(Alternate::Change(reference))
    } else {
        None
    }
}

/// Makes a message of the XML library, which may quote the file, fit for display: one line, no control characters, limited length.
fn printable_reason(reason: &str) -> String {
    reason.chars().take(200).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}
