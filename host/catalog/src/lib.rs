//! Catalogs in, updates out.
//!
//! A catalog says which updates there are, what they apply to and how they are recognised once installed. Read is Microsoft's
//! `mssecure.xml` (schemas 1.0 and 1.1), the file that HFNetChk and MBSA 1.x judge by.
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
mod source;
#[cfg(test)]
mod tests;

use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Serialize;

pub use self::error::CatalogError;
pub use self::merge::{Merged, merge};
use wardline_contract::Update;

/// US English, the language of the checksums in the catalogs that Microsoft published first and that nothing in the file
/// itself states.
pub const DEFAULT_LANGUAGE: u16 = 0x0409;

/// How much of a catalog is taken in. A catalog comes from outside; without bounds one file could fill the memory.
///
/// The defaults leave twenty times the room that the largest published catalogs (some 10 MB) need.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of one tag, comment or stretch of text. Somewhat more than this is held before it is refused.
    pub markup_bytes: usize,
    /// Bytes of one attribute's value.
    pub attribute_bytes: usize,
    pub elements: u64,
    /// Elements within one another.
    pub depth: usize,
    /// Bytes of the updates once references have been followed. Many references to one long text are a small file and a
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

/// A catalog as read, references followed.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub info: CatalogInfo,
    /// One for each `Patch` of a supported bulletin, in the catalog's order; `number` is the place in this list.
    pub updates: Vec<Update>,
    pub counts: Counts,
    pub dirt: Dirt,
    /// Every reference that points nowhere and every value that cannot be read, in the catalog's order.
    pub unresolved: Vec<Unresolved>,
    /// The patches of bulletins that the publisher no longer supports: shown, not judged. Their numbers go on after those of
    /// `updates`.
    pub unsupported: Vec<Update>,
    /// Superseding packages that this catalog does not hold; another one of the same scan may.
    dangling: Vec<Dangling>,
}

/// Packages that [`Superseding`](wardline_contract::Superseding) number `superseding` of update `update` names in vain.
#[derive(Clone, Debug)]
struct Dangling {
    update: u32,
    superseding: usize,
    packages: Vec<String>,
}

impl Catalog {
    /// The same catalog, with `language` as the one for which its checksums were taken; none where it is unknown.
    #[must_use]
    pub fn with_language(mut self, language: Option<u16>) -> Self {
        for update in self.updates.iter_mut().chain(&mut self.unsupported) {
            update.language = language;
        }
        self
    }
}

/// Which catalog it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CatalogInfo {
    /// `mssecure`.
    pub format: &'static str,
    /// `1.0.0.11`; empty where the catalog does not say.
    pub schema_version: String,
    /// `1.0.1.148`; empty where the catalog does not say.
    pub data_version: String,
    /// ISO date of the last change to the data, `2001-10-04`.
    pub date: Option<String>,
    /// SHA-256 of the file's bytes, in lower case hexadecimal digits.
    pub digest: String,
    /// The path as it was given.
    pub location: String,
    /// The file's size.
    pub bytes: u64,
    /// The encoding that it was read as, by its name in the WHATWG Encoding Standard.
    pub encoding: &'static str,
}

/// How many elements of each kind the file holds, wherever they stand.
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

/// What was put right or left out of account while reading: nothing is lost by any of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dirt {
    /// Attributes with white space around their value.
    pub padded_values: u64,
    /// Versions, sizes and checksums of files that are empty, `na`, or a checksum of 0.
    pub values_not_given: u64,
    /// Versions written with commas.
    pub comma_versions: u64,
    /// Rows whose identifier an earlier row of the same table bears. The first is the one referred to.
    pub repeated_ids: u64,
    /// Registry changes whose `RegKeyID` names another key than the one that they stand in. Where they stand counts.
    pub contradicting_registry_keys: u64,
    /// Bulletins without any patch.
    pub bulletins_without_patches: u64,
    /// Bytes that are no UTF-8 and were read as Windows-1252.
    pub guessed_bytes: u64,
}

/// What a reference that points nowhere should have pointed to, or what a value that cannot be read should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnresolvedKind {
    Bulletin,
    Checksum,
    Command,
    Comment,
    Date,
    /// `&name;` that XML does not define, or a lone `&`.
    Entity,
    FileChange,
    Location,
    /// An element outside the one that it belongs to.
    Parent,
    /// A folder that begins with a variable that no target can resolve, or a registry key of no known root.
    Path,
    Product,
    ProductFamily,
    RegistryChange,
    RegistryKey,
    ServicePack,
    Severity,
    Size,
    SupersededBy,
    /// The name of a package that no patch of the superseding bulletin bears, or the superseded one's own.
    SupersedingPatch,
    Version,
}

/// Something in the catalog that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unresolved {
    pub kind: UnresolvedKind,
    /// The identifier, or the text that cannot be read.
    pub id: String,
    /// Who says so: `MS01-022 Rbupdate.exe`, `RegChange 63`.
    pub referrer: String,
    /// The line on which the referring element begins, counted from 1.
    pub line: u32,
    /// Its first byte, counted in the file as UTF-8 without byte order mark.
    pub byte: u64,
}

/// Opens and reads the catalog at `path`.
///
/// # Errors
///
/// [`CatalogError`], for a file that cannot be opened, is no catalog, is incomplete, or passes `limits`.
pub fn read(path: &Path, limits: &Limits) -> Result<Catalog, CatalogError> {
    let unreadable = |source| CatalogError::Unreadable { path: path.into(), source };
    let file = wardline_files::regular_file::open_also_from_a_shell(path).map_err(unreadable)?;
    parse(BufReader::with_capacity(64 << 10, file), path, limits)
}

/// Reads a catalog in one pass; `origin` is what it is called in errors and in [`CatalogInfo::location`].
///
/// # Errors
///
/// As [`read`].
pub fn parse(input: impl BufRead, origin: &Path, limits: &Limits) -> Result<Catalog, CatalogError> {
    mssecure::parse(input, origin, limits)
}
