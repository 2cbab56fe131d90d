//! NTFS, versions 1.2 (NT 4) to 3.1: "NTFS Documentation" by Richard Russon and Yuval Fledel, and "New Technologies File System
//! (NTFS)" by Joachim Metz.

mod data;
mod index;
mod record;
mod reparse;
mod runs;
mod stream;
mod volume;
mod wof;

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

use self::data::Data;
use self::index::Index;
use self::record::{
    DATA, INDEX_ALLOCATION, INDEX_ROOT, REPARSE_POINT, SECURITY_DESCRIPTOR, STANDARD_INFORMATION, VOLUME_INFORMATION,
};
use self::reparse::Reparse;
use self::stream::Stream;
use self::volume::{File, ROOT, SECURE, UPCASE, VOLUME, Volume};
use crate::bytes::{Fields, length, text, units};
use crate::error::{Error, Result};
use crate::file_system::{Doubt, Entry, FileSystem, Kind, Metadata, Node, Target};
use crate::place::{Place, Reference};
use crate::read_at::ReadAt;

pub(crate) const OEM: &[u8] = b"NTFS    ";

/// The records below this are the file system's own files.
const FIRST_FILE: u64 = 16;
const NAMES: &str = "$I30";
const SECURITY_IDS: &str = "$SII";
const DESCRIPTORS: &str = "$SDS";

/// Flags in the name of a file.
const IS_FOLDER: u32 = 0x1000_0000;
const IS_REPARSE: u32 = 0x400;
/// The namespace of a short name that has a long one beside it.
const SHORT: u8 = 2;

/// File attributes: the contents are on another medium, or on a server.
const OFFLINE: u32 = 0x1000;
const RECALL_ON_OPEN: u32 = 0x4_0000;
const RECALL_ON_READ: u32 = 0x40_0000;

/// The largest value read into memory at once, in bytes: reparse data has at most 16 KiB, a security descriptor 64 KiB, and the
/// table of capitals 128 KiB.
const MAX_VALUE: u64 = 128 << 10;

/// Volume flag: Windows wants to check the volume.
const IS_DIRTY: u16 = 1;
const HIBERNATION_FILE: &str = "hiberfil.sys";
const HIBERNATED: [&[u8]; 4] = [b"hibr", b"HIBR", b"wake", b"WAKE"];

/// An NTFS volume.
pub(crate) struct Ntfs(Arc<Volume>);

/// The key of a folder's index: a name and what is known of the file.
struct Name<'k> {
    fields: Fields<'k>,
    units: &'k [u8],
}

impl<'k> Name<'k> {
    fn read(key: &'k [u8]) -> Result<Name<'k>> {
        let fields = Fields::new("a name in a folder", key);
        let units = fields.slice(66, usize::from(fields.u8(64)?) * 2)?;
        Ok(Name { fields, units })
    }

    fn kind(&self) -> Result<Kind> {
        let flags = self.fields.u32(56)?;
        Ok(match flags & IS_REPARSE != 0 && reparse::is_link(self.fields.u32(60)?) {
            true => Kind::Link,
            false if flags & IS_FOLDER != 0 => Kind::Folder,
            false => Kind::File,
        })
    }

    fn is_short(&self) -> Result<bool> {
        self.fields.u8(65).map(|namespace| namespace == SHORT)
    }
}

impl Ntfs {
    pub(crate) fn open(device: Arc<dyn ReadAt>) -> Result<Ntfs> {
        Volume::open(device).map(|volume| Ntfs(Arc::new(volume)))
    }

    fn file(&self, node: &Node) -> Result<File> {
        match &node.0 {
            Place::Ntfs(reference) => self.0.file(*reference),
            Place::Fat(_) => Err(Error::damaged("a file", "it is on another volume")),
        }
    }

    /// Reads a small attribute as a whole.
    fn value(&self, file: &File, kind: u32, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(data) = self.0.attribute(file, kind, name)? else { return Ok(None) };
        if data.size() > MAX_VALUE {
            return Err(file
                .damaged(format!("the attribute {kind:#x} has {} bytes, expected at most {MAX_VALUE}", data.size())));
        }
        let stream = Stream::new(Arc::clone(&self.0), data)?;
        Ok(Some(stream.bytes_at(0, length(MAX_VALUE))?))
    }

    fn index(&self, file: &File, name: &str) -> Result<Index> {
        let root =
            self.value(file, INDEX_ROOT, name)?.ok_or_else(|| file.damaged(format!("it has no index {name}")))?;
        let blocks = self.0.attribute(file, INDEX_ALLOCATION, name)?;
        Index::open(&self.0, format!("the index {name} of the file record {}", file.reference.number()), root, blocks)
    }

    /// The index of a folder; `None` if the file is not a folder.
    fn names(&self, node: &Node) -> Result<Option<Index>> {
        let file = self.file(node)?;
        file.is_folder().then(|| self.index(&file, NAMES)).transpose()
    }

    /// The capital of a code unit in the volume's own table.
    fn capital(&self, unit: u16) -> Result<u16> {
        let capitals = match self.0.capitals.get() {
            Some(capitals) => capitals,
            None => {
                let bytes = self.value(&self.0.file(Reference::to(UPCASE))?, DATA, "")?.unwrap_or_default();
                if bytes.len() as u64 != MAX_VALUE {
                    let reason = format!("it has {} bytes, expected {MAX_VALUE}", bytes.len());
                    return Err(Error::damaged("the table of capitals ($UpCase)", reason));
                }
                self.0.capitals.get_or_init(|| units(&bytes).collect())
            }
        };
        Ok(capitals.get(usize::from(unit)).copied().unwrap_or(unit))
    }

    /// Compares two names as NTFS sorts them.
    fn compare(&self, one: &[u16], other: &[u8]) -> Result<Ordering> {
        let mut others = units(other);
        for one in one {
            let Some(other) = others.next() else { return Ok(Ordering::Greater) };
            if *one == other {
                continue;
            }
            let order = match (ascii_capital(*one), ascii_capital(other)) {
                (Some(one), Some(other)) => one.cmp(&other),
                // Letters outside ASCII have capitals outside ASCII.
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => self.capital(*one)?.cmp(&self.capital(other)?),
            };
            if order != Ordering::Equal {
                return Ok(order);
            }
        }
        Ok(if others.next().is_some() { Ordering::Less } else { Ordering::Equal })
    }

    fn reparse(&self, file: &File) -> Result<Option<Reparse>> {
        let value = self.value(file, REPARSE_POINT, "")?;
        value.map(|value| reparse::read(&value)).transpose()
    }

    /// Reads the fixed properties; older volumes have a shorter form.
    fn standard_information(&self, file: &File) -> Result<Vec<u8>> {
        self.value(file, STANDARD_INFORMATION, "")?.ok_or_else(|| file.damaged("it has no standard information"))
    }

    /// Reads a security descriptor from the volume's common store.
    fn stored_descriptor(&self, id: u32) -> Result<Option<Vec<u8>>> {
        let secure = self.0.file(Reference::to(SECURE))?;
        let compare = |key: &[u8]| Fields::new("a security identifier", key).u32(0).map(|other| id.cmp(&other));
        let mut found = None;
        self.index(&secure, SECURITY_IDS)?.visit(&compare, &mut |entry| {
            let data = Fields::new("an entry of the security index", entry.data()?);
            found = Some((data.u64(8)?, data.u32(16)?));
            Ok(ControlFlow::Break(()))
        })?;
        let Some((offset, size)) = found else { return Ok(None) };
        let damaged = |reason: String| Error::damaged(format!("the security descriptor {id}"), reason);
        if u64::from(size) > MAX_VALUE {
            return Err(damaged(format!("it has {size} bytes, expected at most {MAX_VALUE}")));
        }
        let data =
            self.0.attribute(&secure, DATA, DESCRIPTORS)?.ok_or_else(|| damaged("$SDS is missing".to_owned()))?;
        let stream = Stream::new(Arc::clone(&self.0), data)?;
        let mut bytes = stream.bytes_at(offset, length(size.into()))?;
        let header = Fields::new("the security descriptors ($SDS)", &bytes);
        if header.u32(4)? != id || bytes.len() as u64 != u64::from(size) {
            return Err(damaged(format!("$SDS has another one at {offset}")));
        }
        Ok(Some(bytes.split_off(20)))
    }
}

fn ascii_capital(unit: u16) -> Option<u8> {
    u8::try_from(unit).ok().filter(u8::is_ascii).map(|byte| byte.to_ascii_uppercase())
}

impl FileSystem for Ntfs {
    fn name(&self) -> &'static str {
        "NTFS"
    }

    fn root(&self) -> Node {
        Node(Place::Ntfs(Reference::to(ROOT)))
    }

    fn find(&self, folder: &Node, name: &str) -> Result<Option<Entry>> {
        let Some(index) = self.names(folder)? else { return Ok(None) };
        let mut found: Option<Entry> = None;
        // A name that is not valid text is known by the text that shows it.
        if name.contains(char::REPLACEMENT_CHARACTER) {
            self.list(folder, &mut |entry| {
                if entry.name == name {
                    found = Some(entry);
                }
                if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            return Ok(found);
        }
        let wanted = name.encode_utf16().collect::<Vec<_>>();
        let compare = |key: &[u8]| self.compare(&wanted, Name::read(key)?.units);
        index.visit(&compare, &mut |entry| {
            let stored = Name::read(entry.key)?;
            let file = entry.file()?;
            if file.number() < FIRST_FILE {
                return Ok(ControlFlow::Continue(()));
            }
            // In folders with regard to case, several names may match; the exact one takes precedence.
            let is_exact = units(stored.units).eq(wanted.iter().copied());
            if is_exact || found.is_none() {
                let name = text(units(stored.units));
                found = Some(Entry { name, kind: stored.kind()?, node: Node(Place::Ntfs(file)) });
            }
            Ok(if is_exact { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }

    fn list(&self, folder: &Node, visit: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<()> {
        let index = self.names(folder)?.ok_or_else(|| Error::damaged("a folder", "it is a file"))?;
        index.visit(&|_| Ok(Ordering::Equal), &mut |entry| {
            let (name, file) = (Name::read(entry.key)?, entry.file()?);
            if file.number() < FIRST_FILE || name.is_short()? {
                return Ok(ControlFlow::Continue(()));
            }
            let entry = Entry { name: text(units(name.units)), kind: name.kind()?, node: Node(Place::Ntfs(file)) };
            Ok(visit(entry))
        })
    }

    fn metadata(&self, node: &Node) -> Result<Metadata> {
        let file = self.file(node)?;
        let information = self.standard_information(&file)?;
        let modified = Some(Fields::new("the standard information", &information).u64(8)?);
        let is_link = self.reparse(&file)?.is_some_and(|reparse| reparse::is_link(reparse.tag));
        let (kind, size) = match (is_link, file.is_folder()) {
            (true, _) => (Kind::Link, 0),
            (false, true) => (Kind::Folder, 0),
            (false, false) => (Kind::File, self.0.attribute(&file, DATA, "")?.map_or(0, |data| data.size())),
        };
        Ok(Metadata { kind, size, modified })
    }

    fn open(&self, node: &Node) -> Result<Box<dyn ReadAt>> {
        let file = self.file(node)?;
        let data = self.0.attribute(&file, DATA, "")?.unwrap_or(Data::Resident(Vec::new()));
        match self.reparse(&file)? {
            Some(Reparse { tag: reparse::WOF, data: reparse }) => {
                return wof::open(&self.0, &file, &reparse, data.size());
            }
            Some(Reparse { tag: reparse::DEDUPLICATED, .. }) => {
                return Err(Error::unsupported("a file whose contents are deduplicated (Data Deduplication)"));
            }
            _ => {}
        }
        let information = self.standard_information(&file)?;
        let attributes = Fields::new("the standard information", &information).u32(32)?;
        if attributes & (OFFLINE | RECALL_ON_OPEN | RECALL_ON_READ) != 0 {
            return Err(Error::unsupported("a file whose contents are stored elsewhere (offline or in the cloud)"));
        }
        Ok(Box::new(Stream::new(Arc::clone(&self.0), data)?))
    }

    fn link(&self, node: &Node) -> Result<Option<Target>> {
        self.reparse(&self.file(node)?)?.map_or(Ok(None), |reparse| reparse.target())
    }

    fn security(&self, node: &Node) -> Result<Option<Vec<u8>>> {
        let file = self.file(node)?;
        // NT 4 stores a descriptor with each file.
        if let Some(own) = self.value(&file, SECURITY_DESCRIPTOR, "")? {
            return Ok(Some(own));
        }
        let information = self.standard_information(&file)?;
        match Fields::new("the standard information", &information).u32(52) {
            Ok(id) if id != 0 => self.stored_descriptor(id),
            _ => Ok(None),
        }
    }

    fn doubts(&self) -> Result<Vec<Doubt>> {
        let mut doubts = Vec::new();
        let volume = self.0.file(Reference::to(VOLUME))?;
        if let Some(information) = self.value(&volume, VOLUME_INFORMATION, "")? {
            let flags = Fields::new("the volume information", &information).u16(10)?;
            if flags & IS_DIRTY != 0 {
                doubts.push(Doubt::MarkedDamaged);
            }
        }
        if let Some(file) = self.find(&self.root(), HIBERNATION_FILE)? {
            let start = self.open(&file.node)?.bytes_at(0, 4)?;
            if HIBERNATED.contains(&start.as_slice()) {
                doubts.push(Doubt::Hibernated);
            }
        }
        Ok(doubts)
    }
}
