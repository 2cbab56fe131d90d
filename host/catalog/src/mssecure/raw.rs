//! The tables of an mssecure.xml file as they are, collected while streaming: references point forward, so nothing can be resolved
//! before the end.

pub(super) use crate::xml::Place;

/// A trimmed text; empty if the attribute is missing or empty.
pub(super) type Text = Box<str>;

/// An element that is a row of a table.
pub(super) trait Row {
    const ELEMENT: &'static str;
    fn at(place: Place) -> Self;
    /// Takes an attribute, if the row has it.
    fn set(&mut self, attribute: &str, text: &str);
    fn id(&self) -> &str;
    /// The position at which the element begins.
    fn place(&self) -> Place;
}

/// A reference to a row of another table.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) id: Text,
    pub(super) place: Place,
}

/// Another state of a file that contains the same fix (schema 1.1).
#[derive(Debug)]
pub(super) enum Alternate {
    Version(Reference),
    /// A `FileChangeID`.
    Change(Reference),
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
        pub(super) struct $row {
            pub(super) place: Place,
            pub(super) $id: Text,
            $(pub(super) $text: Text,)*
            $($($(#[$about_added])* pub(super) $added: $type,)*)?
        }

        impl Row for $row {
            const ELEMENT: &'static str = $element;

            fn at(place: Place) -> Self {
                Self { place, ..Self::default() }
            }

            fn set(&mut self, attribute: &str, text: &str) {
                match attribute {
                    $id_attribute => self.$id = text.into(),
                    $($($attribute)|+ => self.$text = text.into(),)*
                    _ => {}
                }
            }

            fn id(&self) -> &str {
                &self.$id
            }

            fn place(&self) -> Place {
                self.place
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
        articles: Vec<Reference>,
        comments: Vec<Reference>,
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
        comments: Vec<Reference>,
        products: Vec<AffectedProduct>,
        files: Vec<FileReference>,
        registry: Vec<Reference>,
    }
    AffectedProduct = "AffectedProduct" {
        product: "ProductID",
        fixed_in: "FixedInSP",
        severity: "MSSeverityID",
        cves: "CVEID",
        ;
        service_packs: Vec<Reference>,
    }
    FileReference = "FileChg" {
        id: "FileChangeID",
        ;
        alternates: Vec<Alternate>,
    }
    Product = "Product" {
        id: "ProductID",
        name: "Name",
        minimum: "MinimumSupportedServicePackID",
        current: "CurrentServicePackID",
        ;
        available: Vec<Reference>,
        families: Vec<Reference>,
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
        alternates: Vec<Alternate>,
    }
    /// A folder, a registry key or a URL.
    Location = "Location" { id: "LocationID", path: "Path", }
    Comment = "Comment" { id: "CommentID", text: "Text", }
    Rating = "MSSeverity" { id: "MSSeverityID", word: "Name" | "Description" | "Severity" | "MSSeverity", }
    SupersededBy = "SupercededBy" {
        id: "SBID",
        description: "Description",
        ;
        bulletins: Vec<SupersedingBulletin>,
    }
    SupersedingBulletin = "SupercededBulletin" {
        id: "BulletinID",
        ;
        packages: Vec<Reference>,
    }
}

#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) datastore: Datastore,
    pub(super) bulletins: Vec<Bulletin>,
    pub(super) patches: Vec<Patch>,
    pub(super) products: Vec<Product>,
    pub(super) families: Vec<ProductFamily>,
    pub(super) service_packs: Vec<ServicePack>,
    pub(super) reg_keys: Vec<RegKey>,
    pub(super) reg_changes: Vec<RegChange>,
    pub(super) files: Vec<File>,
    pub(super) file_changes: Vec<FileChange>,
    pub(super) locations: Vec<Location>,
    pub(super) comments: Vec<Comment>,
    pub(super) ratings: Vec<Rating>,
    pub(super) superseded_by: Vec<SupersededBy>,
}
