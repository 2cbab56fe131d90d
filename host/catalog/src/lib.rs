//! Reads catalogs into lists of updates.
//!
//! A catalog says which updates exist, what they apply to and how to detect that they are installed. The supported format is
//! Microsoft's `mssecure.xml` (schemas 1.0 and 1.1), the file used by HFNetChk and MBSA 1.x.
//!
//! ```
//! use std::path::Path;
//! use wardline_catalog::Limits;
//!
//! let xml = r#"<BulletinDatastore SchemaVersion="1.0.0.11" LastDataUpdate="10/04/2001">
//!   <Bulletins><Bulletin BulletinID="MS01-001" Supported="Yes"><Patches>
//!     <Patch PatchName="Q280001.exe " SBID="0"/>
//!   </Patches></Bulletin></Bulletins>
//! </BulletinDatastore>"#;
//! let catalog = wardline_catalog::parse(xml.as_bytes(), Path::new("demo.xml"), &Limits::default())?;
//! assert_eq!(catalog.counts.patches, 1);
//! assert_eq!(catalog.updates[0].package, "Q280001.exe");
//! assert_eq!(catalog.info.date.as_deref(), Some("2001-10-04"));
//! # Ok::<(), wardline_catalog::CatalogError>(())
//! ```

mod error;
mod merge;
mod mssecure;
pub mod show;
#[cfg(test)]
mod tests;
mod xml;

use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Serialize;

pub use self::error::CatalogError;
pub use self::merge::{Merged, merge};
use wardline_contract::Update;

/// US English: the language of the checksums in Microsoft's first catalogs. The file itself does not state it.
pub const DEFAULT_LANGUAGE: u16 = 0x0409;

/// Limits for reading a catalog. A catalog is untrusted; without limits one file could fill the memory.
///
/// The defaults are twenty times what the largest published catalogs (some 10 MB) need.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The size of the file, in bytes.
    pub file_bytes: u64,
    /// The size of one tag, comment or text, in bytes. Slightly more than this is buffered before it is rejected.
    pub markup_bytes: usize,
    /// The size of one attribute's value, in bytes.
    pub attribute_bytes: usize,
    pub elements: u64,
    /// The nesting depth of elements.
    pub depth: usize,
    /// The size of the updates after references have been followed, in bytes. Many references to one long text make a small file a
    /// large catalog.
    pub resolved_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 256 << 20,
            markup_bytes: 1 << 20,
            attribute_bytes: 64 << 10,
            elements: 2_000_000,
            depth: 64,
            resolved_bytes: 512 << 20,
        }
    }
}

/// A catalog with its references followed.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub info: CatalogInfo,
    /// One update per `Patch` of a supported bulletin, in the catalog's order; `number` is the index in this list.
    pub updates: Vec<Update>,
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
    /// `mssecure`.
    pub format: &'static str,
    /// `1.0.0.11`; empty if the catalog does not say.
    pub schema_version: String,
    /// `1.0.1.148`; empty if the catalog does not say.
    pub data_version: String,
    /// The ISO date of the last change to the data, `2001-10-04`.
    pub date: Option<String>,
    /// The SHA-256 of the file's bytes, in lower-case hexadecimal.
    pub digest: String,
    /// The path as given.
    pub location: String,
    /// The file's size in bytes.
    pub bytes: u64,
    /// The encoding used to read the file, by its name in the WHATWG Encoding Standard.
    pub encoding: &'static str,
}

/// The numbers of elements of each kind in the file, wherever they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub bulletins: u64,
    pub qnumbers: u64,
    pub patches: u64,
    pub affected_products: u64,
    pub affected_service_packs: u64,
    /// `FileChg`, the references from a patch.
    pub patch_file_changes: u64,
    /// `RegChg`, the references from a patch.
    pub patch_registry_changes: u64,
    pub products: u64,
    pub service_packs: u64,
    pub files: u64,
    pub file_changes: u64,
    pub registry_changes: u64,
    pub locations: u64,
    pub superseded_by: u64,
    /// The length of [`Catalog::unresolved`].
    pub unresolved: u64,
}

/// Irregularities that were corrected or ignored while reading, without any loss of information.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dirt {
    /// Attributes with white space around their value.
    pub padded_values: u64,
    /// Versions, sizes and checksums of files that are empty, `na`, or a checksum of 0.
    pub values_not_given: u64,
    /// Versions written with commas.
    pub comma_versions: u64,
    /// Rows with the same identifier as an earlier row of the same table. References resolve to the first one.
    pub repeated_ids: u64,
    /// Registry changes whose `RegKeyID` names another key than the one that contains them. The containing key is used.
    pub contradicting_registry_keys: u64,
    /// Bulletins without patches.
    pub bulletins_without_patches: u64,
    /// Bytes that are not valid UTF-8 and were read as Windows-1252.
    pub guessed_bytes: u64,
}

/// The kind of thing that an unresolved reference should have pointed to, or that an unreadable value should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnresolvedKind {
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
    SupersededBy,
    /// The name of a package that is not a patch of the superseding bulletin, or the superseded package's own name.
    SupersedingPatch,
    Version,
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
}

/// Opens and reads the catalog at `path`.
///
/// # Errors
///
/// [`CatalogError`] if the file cannot be opened, is not a catalog, is incomplete, or exceeds `limits`.
pub fn read(path: &Path, limits: &Limits) -> Result<Catalog, CatalogError> {
    let unreadable = |source| CatalogError::Unreadable { path: path.into(), source };
    let file = wardline_files::regular_file::open_also_from_a_shell(path).map_err(unreadable)?;
    parse(BufReader::with_capacity(64 << 10, file), path, limits)
}

/// Reads a catalog in one pass; `origin` is its name in errors and in [`CatalogInfo::location`].
///
/// # Errors
///
/// Same as [`read`].
pub fn parse(input: impl BufRead, origin: &Path, limits: &Limits) -> Result<Catalog, CatalogError> {
    mssecure::parse(input, origin, limits)
}
