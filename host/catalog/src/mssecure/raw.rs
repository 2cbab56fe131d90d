//! The tables of an mssecure.xml file as they are, collected while streaming: references point forward, so nothing can be resolved
//! before the end.

/// A trimmed text; empty if the attribute is missing or empty.
pub(super) type Text = Box<str>;

/// The position at which an element begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) byte: u64,
}

/// A reference to a row of another table.
#[derive(Debug, Default)]
pub(super) struct Reference {
    pub(super) id: Text,
    pub(super) place: Place,
}

#[derive(Debug, Default)]
pub(super) struct Bulletin {
    pub(super) place: Place,
    pub(super) id: Text,
    pub(super) title: Text,
    pub(super) posted: Text,
    pub(super) supported: Text,
    pub(super) location: Text,
    pub(super) questions_location: Text,
    pub(super) severity: Text,
    pub(super) cves: Text,
    pub(super) articles: Vec<Text>,
    pub(super) comments: Vec<Reference>,
}

#[derive(Debug, Default)]
pub(super) struct Patch {
    pub(super) place: Place,
    /// The index in [`Tables::bulletins`].
    pub(super) bulletin: usize,
    pub(super) name: Text,
    pub(super) location: Text,
    pub(super) superseded_by: Text,
    pub(super) article: Text,
    pub(super) no_reboot: Text,
    pub(super) severity: Text,
    pub(super) cves: Text,
    pub(super) note: Text,
    pub(super) comments: Vec<Reference>,
    pub(super) products: Vec<AffectedProduct>,
    pub(super) files: Vec<FileReference>,
    pub(super) registry: Vec<Reference>,
}

#[derive(Debug, Default)]
pub(super) struct AffectedProduct {
    pub(super) place: Place,
    pub(super) product: Text,
    pub(super) fixed_in: Text,
    pub(super) severity: Text,
    pub(super) cves: Text,
    pub(super) service_packs: Vec<Reference>,
}

#[derive(Debug, Default)]
pub(super) struct FileReference {
    pub(super) change: Reference,
    pub(super) alternates: Vec<Alternate>,
}

/// Another state of a file that contains the same fix (schema 1.1).
#[derive(Debug)]
pub(super) enum Alternate {
    Version(Reference),
    /// A `FileChangeID`.
    Change(Reference),
}

#[derive(Debug, Default)]
pub(super) struct Product {
    pub(super) place: Place,
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) minimum: Text,
    pub(super) current: Text,
    pub(super) available: Vec<Reference>,
    pub(super) families: Vec<Reference>,
}

#[derive(Debug, Default)]
pub(super) struct ServicePack {
    pub(super) place: Place,
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) released: Text,
}

#[derive(Debug, Default)]
pub(super) struct RegKey {
    pub(super) id: Text,
    pub(super) name: Text,
}

#[derive(Debug, Default)]
pub(super) struct RegChange {
    pub(super) place: Place,
    pub(super) id: Text,
    /// The index in [`Tables::reg_keys`] of the containing element.
    pub(super) key: Option<usize>,
    /// Its own `RegKeyID`, which sometimes contradicts the containing element.
    pub(super) key_id: Text,
    pub(super) value: Text,
    pub(super) command: Text,
    pub(super) location: Text,
}

#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) place: Place,
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) location: Text,
}

#[derive(Debug, Default)]
pub(super) struct FileChange {
    pub(super) place: Place,
    pub(super) id: Text,
    /// The index in [`Tables::files`] of the containing element.
    pub(super) file: Option<usize>,
    pub(super) date: Text,
    pub(super) version: Text,
    pub(super) size: Text,
    pub(super) command: Text,
    pub(super) checksum: Text,
    pub(super) alternates: Vec<Alternate>,
}

/// A row that only has a name: `Location`, `Comment`, `MSSeverity`, `ProductFamily`.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) place: Place,
    pub(super) id: Text,
    pub(super) text: Text,
}

#[derive(Debug, Default)]
pub(super) struct SupersededBy {
    pub(super) place: Place,
    pub(super) id: Text,
    pub(super) description: Text,
    pub(super) bulletins: Vec<SupersedingBulletin>,
}

#[derive(Debug, Default)]
pub(super) struct SupersedingBulletin {
    pub(super) place: Place,
    pub(super) id: Text,
    pub(super) packages: Vec<Reference>,
}

#[derive(Debug, Default)]
pub(super) struct Datastore {
    pub(super) place: Place,
    pub(super) data_version: Text,
    pub(super) schema_version: Text,
    pub(super) tool_version: Text,
    pub(super) updated: Text,
}

#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) datastore: Datastore,
    pub(super) bulletins: Vec<Bulletin>,
    pub(super) patches: Vec<Patch>,
    pub(super) products: Vec<Product>,
    pub(super) families: Vec<Named>,
    pub(super) service_packs: Vec<ServicePack>,
    pub(super) reg_keys: Vec<RegKey>,
    pub(super) reg_changes: Vec<RegChange>,
    pub(super) files: Vec<File>,
    pub(super) file_changes: Vec<FileChange>,
    pub(super) locations: Vec<Named>,
    pub(super) comments: Vec<Named>,
    pub(super) severities: Vec<Named>,
    pub(super) superseded_by: Vec<SupersededBy>,
}
