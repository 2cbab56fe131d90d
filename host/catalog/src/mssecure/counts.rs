//! The figures of a catalog, for `catalog show`.

use serde::Serialize;

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
    /// The length of [`Catalog::unresolved`](crate::Catalog::unresolved).
    pub unresolved: u64,
}

impl Counts {
    pub(crate) fn labelled(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("bulletins", self.bulletins),
            ("Q numbers", self.qnumbers),
            ("patches", self.patches),
            ("affected products", self.affected_products),
            ("affected service packs", self.affected_service_packs),
            ("patches' file changes", self.patch_file_changes),
            ("patches' registry changes", self.patch_registry_changes),
            ("products", self.products),
            ("service packs", self.service_packs),
            ("files", self.files),
            ("file changes", self.file_changes),
            ("registry changes", self.registry_changes),
            ("locations", self.locations),
            ("superseding entries", self.superseded_by),
            ("unresolved", self.unresolved),
        ]
    }
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

impl Dirt {
    pub(crate) fn labelled(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("values with white space around", self.padded_values),
            ("file values not given", self.values_not_given),
            ("versions with commas", self.comma_versions),
            ("repeated identifiers", self.repeated_ids),
            ("contradicting registry keys", self.contradicting_registry_keys),
            ("bulletins without patches", self.bulletins_without_patches),
            ("bytes read as Windows-1252", self.guessed_bytes),
        ]
    }
}
