//! The tables of an mssecure.xml file as they are, collected while streaming: references point forward, so nothing can be resolved
//! before the end.

pub(super) use crate::xml::Place;

/// A trimmed text; empty if the attribute is missing or empty. All of them are in one arena: a catalog has tens of thousands, and
/// allocating and freeing each would be a fifth of the work.
pub(super) type Text<'t> = &'t str;

/// An element that is a row of a table.
pub(super) trait Row {
    const ELEMENT: &'static str;
    fn at(place: Place) -> Self;
    fn id(&self) -> &str;
    /// The position at which the element begins.
    fn place(&self) -> Place;
}

/// A row whose texts are in an arena.
pub(super) trait WithTexts<'t>: Row {
    /// Takes an attribute, if the row has it.
    fn set(&mut self, attribute: &str, text: impl FnOnce() -> Text<'t>);
}

/// A reference to a row of another table.
#[derive(Debug)]
pub(super) struct Reference<'t> {
    pub(super) id: Text<'t>,
    pub(super) place: Place,
}

/// Another state of a file that contains the same fix (schema 1.1).
#[derive(Debug)]
pub(super) enum Alternate<'t> {
    Version(Reference<'t>),
    /// A `FileChangeID`.
    Change(Reference<'t>),
}

/// Defines rows: the element, the attribute or attributes from which each text is read, then what other elements add. The first text
/// identifies the row.
macro_rules! rows {
    ($(
        $(#[$about:meta])*
        $row:ident = $element:literal {
            $id:ident: $id_attribute:literal,
            $($text:ident: $($attribute:literal)|+,)*
            $(; $($(#[$about_added:meta])* $added:ident: $type:ty,)*)?
        }
    )*) => {$(
        $(#[$about])*
        #[derive(Debug, Default)]
        pub(super) struct $row<'t> {
            pub(super) place: Place,
            pub(super) $id: Text<'t>,
            $(pub(super) $text: Text<'t>,)*
            $($($(#[$about_added])* pub(super) $added: $type,)*)?
        }

        impl Row for $row<'_> {
            const ELEMENT: &'static str = $element;

            fn at(place: Place) -> Self {
                Self { place, ..Self::default() }
            }

            fn id(&self) -> &str {
                self.$id
            }

            fn place(&self) -> Place {
                self.place
            }
        }

        impl<'t> WithTexts<'t> for $row<'t> {
            fn set(&mut self, attribute: &str, text: impl FnOnce() -> Text<'t>) {
                match attribute {
                    $id_attribute => self.$id = text(),
                    $($($attribute)|+ => self.$text = text(),)*
                    _ => {}
                }
            }
        }
    )*};
}

rows! {
    Datastore = "BulletinDatastore" {
        data_version: "DataVersion",
        schema_version: "SchemaVersion",
        updated: "LastDataUpdate",
    }
    Bulletin = "Bulletin" {
        id: "BulletinID",
        title: "Title",
        posted: "DatePosted",
        supported: "Supported",
        location: "BulletinLocationID",
        questions_location: "FAQLocationID",
        severity: "MSSeverityID",
        cves: "CVEID",
        ;
        articles: Vec<Reference<'t>>,
        comments: Vec<Reference<'t>>,
    }
    Patch = "Patch" {
        name: "PatchName",
        location: "PatchLocationID",
        superseded_by: "SBID",
        article: "SQNumber",
        no_reboot: "NoReboot",
        severity: "MSSeverityID",
        cves: "CVEID",
        note: "ShavlikPatchComment",
        ;
        /// The index in [`Tables::bulletins`].
        bulletin: usize,
        comments: Vec<Reference<'t>>,
        products: Vec<AffectedProduct<'t>>,
        files: Vec<FileReference<'t>>,
        registry: Vec<Reference<'t>>,
    }
    AffectedProduct = "AffectedProduct" {
        product: "ProductID",
        fixed_in: "FixedInSP",
        severity: "MSSeverityID",
        cves: "CVEID",
        ;
        service_packs: Vec<Reference<'t>>,
    }
    FileReference = "FileChg" {
        id: "FileChangeID",
        ;
        alternates: Vec<Alternate<'t>>,
    }
    Product = "Product" {
        id: "ProductID",
        name: "Name",
        minimum: "MinimumSupportedServicePackID",
        current: "CurrentServicePackID",
        ;
        available: Vec<Reference<'t>>,
        families: Vec<Reference<'t>>,
    }
    ProductFamily = "ProductFamily" { id: "ProductFamilyID", }
    ServicePack = "ServicePack" { id: "ServicePackID", name: "Name", released: "ReleaseDate", }
    RegKey = "RegKey" { id: "RegKeyID", name: "Name", }
    RegChange = "RegChange" {
        id: "RegChangeID",
        value: "RegChangeValue",
        command: "CommandID",
        // Sometimes contradicts the containing element.
        key_id: "RegKeyID",
        location: "LocationID",
        ;
        /// The index in [`Tables::reg_keys`] of the containing element.
        key: Option<usize>,
    }
    File = "File" { id: "FileID", name: "Name", location: "LocationID", }
    FileChange = "FileChange" {
        id: "FileChangeID",
        date: "Date",
        version: "Version",
        size: "Size",
        command: "CommandID",
        checksum: "Checksum",
        ;
        /// The index in [`Tables::files`] of the containing element.
        file: Option<usize>,
        alternates: Vec<Alternate<'t>>,
    }
    /// A folder, a registry key or a URL.
    Location = "Location" { id: "LocationID", path: "Path", }
    Comment = "Comment" { id: "CommentID", text: "Text", }
    Rating = "MSSeverity" { id: "MSSeverityID", word: "Name" | "Description" | "Severity" | "MSSeverity", }
    SupersededBy = "SupercededBy" {
        id: "SBID",
        description: "Description",
        ;
        bulletins: Vec<SupersedingBulletin<'t>>,
    }
    SupersedingBulletin = "SupercededBulletin" {
        id: "BulletinID",
        ;
        packages: Vec<Reference<'t>>,
    }
}

#[derive(Debug, Default)]
pub(super) struct Tables<'t> {
    pub(super) datastore: Datastore<'t>,
    pub(super) bulletins: Vec<Bulletin<'t>>,
    pub(super) patches: Vec<Patch<'t>>,
    pub(super) products: Vec<Product<'t>>,
    pub(super) families: Vec<ProductFamily<'t>>,
    pub(super) service_packs: Vec<ServicePack<'t>>,
    pub(super) reg_keys: Vec<RegKey<'t>>,
    pub(super) reg_changes: Vec<RegChange<'t>>,
    pub(super) files: Vec<File<'t>>,
    pub(super) file_changes: Vec<FileChange<'t>>,
    pub(super) locations: Vec<Location<'t>>,
    pub(super) comments: Vec<Comment<'t>>,
    pub(super) ratings: Vec<Rating<'t>>,
    pub(super) superseded_by: Vec<SupersededBy<'t>>,
}
