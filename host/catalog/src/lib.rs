//! Reads catalogs into lists of updates.
//!
//! A catalog says which updates exist, what they apply to and how to detect that they are installed. These formats are read, plain or
//! compressed with gzip:
//!
//! * Microsoft's `mssecure.xml` (schemas 1.0 and 1.1), the file used by HFNetChk and MBSA 1.x;
//! * the documents of the Microsoft Security Response Center, in CVRF 1.1 and CSAF 2.0, and WES-NG's definitions. They complete each
//!   other, and all of them together become one catalog ([`read_all`]).
//!
//! ```
//! use std::path::Path;
//! use wardline_catalog::{Counts, Limits};
//!
//! let xml = r#"<BulletinDatastore SchemaVersion="1.0.0.11" LastDataUpdate="10/04/2001">
//!   <Bulletins><Bulletin BulletinID="MS01-001" Supported="Yes"><Patches>
//!     <Patch PatchName="Q280001.exe " SBID="0"/>
//!   </Patches></Bulletin></Bulletins>
//! </BulletinDatastore>"#;
//! let catalog = wardline_catalog::parse(xml.as_bytes(), Path::new("demo.xml"), &Limits::default())?;
//! assert!(matches!(catalog.counts, Counts::Mssecure(counts) if counts.patches == 1));
//! assert_eq!(catalog.updates[0].package, "Q280001.exe");
//! assert_eq!(catalog.info.date.as_deref(), Some("2001-10-04"));
//! # Ok::<(), wardline_catalog::CatalogError>(())
//! ```

pub mod advisory;
mod ahead;
mod error;
mod input;
mod merge;
pub mod mssecure;
mod parallel;
pub mod prepared;
pub mod show;
mod sources;
#[cfg(test)]
mod tests;
mod xml;

use std::io::BufRead;
use std::path::Path;

use serde::Serialize;

pub use self::error::CatalogError;
pub use self::merge::{Merged, merge};
pub use self::sources::{Identity, Sources, identify, read_all};
use wardline_contract::Update;

/// US English: the language of the checksums in Microsoft's first catalogs. The file itself does not state it.
pub const DEFAULT_LANGUAGE: u16 = 0x0409;

/// Limits for reading a catalog. A catalog is untrusted; without limits one file could fill the memory.
///
/// The defaults are twenty times what the largest published catalogs (some 10 MB) and documents (some 4 MB) need.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The size of the file, in bytes, decompressed.
    pub file_bytes: u64,
    /// The size of a document that describes vulnerabilities, in bytes, decompressed.
    pub document_bytes: u64,
    /// The size of one tag, comment or text, in bytes. Slightly more than this is buffered before it is rejected.
    pub markup_bytes: usize,
    /// The size of one attribute's value, in bytes.
    pub attribute_bytes: usize,
    pub elements: u64,
    /// The number of statements in a document that a fix removes a vulnerability from a product, and of ratings.
    pub statements: u64,
    /// The size of the CSV files in an archive of WES-NG's definitions, in bytes. They are not kept in memory.
    pub definition_bytes: u64,
    /// The nesting depth of elements.
    pub depth: usize,
    /// The size of the updates after references have been followed, in bytes, with everything that is unresolved. Many references to
    /// one long text make a small file a large catalog. Also the size of the texts of one document's fixes.
    pub resolved_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 256 << 20,
            document_bytes: 96 << 20,
            markup_bytes: 1 << 20,
            attribute_bytes: 64 << 10,
            elements: 2_000_000,
            statements: 12_000_000,
            definition_bytes: 2 << 30,
            depth: 64,
            resolved_bytes: 512 << 20,
        }
    }
}

/// A catalog with its references followed.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub info: CatalogInfo,
    /// For mssecure.xml, one update per `Patch` of a supported bulletin, in the catalog's order; for documents, one per article and group
    /// of products for which it closes the same vulnerabilities. `number` is the index in this list.
    pub updates: Vec<Update>,
    /// The documents that the catalog was folded from, without those that later revisions replace; empty if its format is not one
    /// of documents.
    pub documents: Vec<CatalogInfo>,
    pub counts: Counts,
    pub dirt: Dirt,
    /// Every reference that points nowhere and every value that cannot be read, in the catalog's order.
    pub unresolved: Vec<Unresolved>,
    /// The patches of bulletins that the publisher no longer supports: shown, but not judged. Their numbers continue after those of
    /// `updates`.
    pub unsupported: Vec<Update>,
    /// References to superseding packages that this catalog does not contain; another catalog of the same scan may.
    dangling: Vec<Dangling>,
}

/// The packages that entry `superseding` of update `update` (see [`Superseding`](wardline_contract::Superseding)) names but that do
/// not exist in the catalog.
#[derive(Clone, Debug)]
struct Dangling {
    update: u32,
    superseding: usize,
    packages: Vec<String>,
}

impl Catalog {
    /// Returns the catalog with `language` as the one its checksums were computed for; `None` if unknown.
    #[must_use]
    pub fn with_language(mut self, language: Option<u16>) -> Self {
        for update in self.updates.iter_mut().chain(&mut self.unsupported) {
            update.language = language;
        }
        self
    }
}

/// A catalog's identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CatalogInfo {
    /// `mssecure`, `cvrf`, `csaf` or `wesng`; `advisories` for documents of several formats.
    pub format: &'static str,
    /// `1.0.0.11`; empty if the catalog does not say.
    pub schema_version: String,
    /// `1.0.1.148`; empty if the catalog does not say.
    pub data_version: String,
    /// The ISO date of the last change to the data, `2001-10-04`.
    pub date: Option<String>,
    /// The SHA-256 of the file's bytes as they are stored, in lower-case hexadecimal. For a set of documents, that of their digests,
    /// sorted and each followed by a line feed.
    pub digest: String,
    /// The path as given.
    pub location: String,
    /// The file's size in bytes.
    pub bytes: u64,
    /// The encoding used to read the file, by its name in the WHATWG Encoding Standard.
    pub encoding: &'static str,
}

/// The figures of a catalog, by format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Counts {
    Mssecure(mssecure::Counts),
    Advisories(advisory::Counts),
}

impl Counts {
    /// Each figure with its name in words, in a fixed order.
    fn labelled(&self) -> Vec<(&'static str, u64)> {
        match self {
            Self::Mssecure(counts) => counts.labelled(),
            Self::Advisories(counts) => counts.labelled(),
        }
    }
}

/// Irregularities that were corrected or ignored while reading, without any loss of information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Dirt {
    Mssecure(mssecure::Dirt),
    Advisories(advisory::Dirt),
}

impl Dirt {
    fn labelled(&self) -> Vec<(&'static str, u64)> {
        match self {
            Self::Mssecure(dirt) => dirt.labelled(),
            Self::Advisories(dirt) => dirt.labelled(),
        }
    }
}

/// The kind of thing that an unresolved reference should have pointed to, or that an unreadable value should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnresolvedKind {
    /// The build of another product's branch.
    Branch,
    /// A build that cannot be read, or several of which none is certainly the product's.
    Build,
    Bulletin,
    Checksum,
    Command,
    Comment,
    Date,
    /// `&name;` without an XML definition, or a lone `&`.
    Entity,
    FileChange,
    Location,
    /// An element outside the one that it belongs to.
    Parent,
    /// A folder that begins with a variable that no target can resolve, or a registry key without a known root.
    Path,
    Product,
    ProductFamily,
    RegistryChange,
    RegistryKey,
    ServicePack,
    Severity,
    Size,
    /// An article that no document defines, or a text that should list articles.
    SupersededArticle,
    SupersededBy,
    /// Articles that supersede each other in a circle.
    SupersedenceCycle,
    /// A superseded article with a higher build than the one that is said to replace it.
    SupersedesHigherBuild,
    SupersedesItself,
    /// The name of a package that is not a patch of the superseding bulletin, or the superseded package's own name.
    SupersedingPatch,
    Version,
    /// The identifier of a vulnerability.
    Vulnerability,
}

/// A reference or value in the catalog that cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unresolved {
    pub kind: UnresolvedKind,
    /// The identifier, or the text that cannot be read.
    pub id: String,
    /// The element that refers to it: `MS01-022 Rbupdate.exe`, `RegChange 63`.
    pub referrer: String,
    /// The line on which the referring element begins, counted from 1.
    pub line: u32,
    /// The offset of the element's first byte, in the file as UTF-8 without byte order mark.
    pub byte: u64,
    /// The document, in a catalog that was folded from several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

impl Unresolved {
    /// The size in bytes.
    fn cost(&self) -> u64 {
        /// The memory that an allocation takes beyond its bytes.
        const ALLOCATION: usize = 16;
        let texts = [&self.id, &self.referrer].into_iter().chain(&self.document);
        (size_of::<Self>() + texts.map(|text| text.len() + ALLOCATION).sum::<usize>()) as u64
    }
}

/// Opens and reads the catalog in the file at `path`, in any format. A document is a catalog by itself; documents that belong together
/// are read with [`read_all`].
///
/// # Errors
///
/// [`CatalogError`] if the file cannot be opened, is not a catalog, is incomplete, or exceeds `limits`.
pub fn read(path: &Path, limits: &Limits) -> Result<Catalog, CatalogError> {
    sources::catalog(input::open(path, limits)?, path, limits)
}

/// Reads a catalog in one pass; `origin` is its name in errors and in [`CatalogInfo::location`].
///
/// # Errors
///
/// Same as [`read`].
pub fn parse(input: impl BufRead + Send, origin: &Path, limits: &Limits) -> Result<Catalog, CatalogError> {
    sources::catalog(input::parse(input, origin, limits)?, origin, limits)
}
