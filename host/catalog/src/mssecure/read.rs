//! Converts elements to [`Tables`]. Elements are recognized by name wherever they are, since real catalogs put some of them outside
//! the element that should contain them.

use std::io::BufRead;
use std::path::Path;

use bumpalo::Bump;

use super::counts::{Counts, Dirt};
use super::raw::*;
use crate::error::{CatalogError, printable};
use crate::xml::{Fingerprint, Pass, Step, Summary, Tag};
use crate::{Limits, Unresolved};

/// The result of a pass over the file.
pub(super) struct Reading<'t> {
    pub(super) tables: Tables<'t>,
    pub(super) counts: Counts,
    pub(super) dirt: Dirt,
    pub(super) unresolved: Vec<Unresolved>,
    pub(super) fingerprint: Fingerprint,
}

/// Reads the rows; their texts go into `texts`.
pub(super) fn read<'t>(
    input: impl BufRead,
    texts: &'t Bump,
    origin: &Path,
    limits: &Limits,
) -> Result<Reading<'t>, CatalogError> {
    let pass = Pass::new(input, origin, limits, Datastore::ELEMENT);
    let mut reader = Reader { pass, origin, texts, tables: Tables::default(), counts: Counts::default() };
    let mut buffer = String::new();
    while let Step::Element { tag, empty } = reader.pass.step(&mut buffer)? {
        let kind = reader.element(tag)?;
        if !empty {
            reader.pass.enter(tag, kind)?;
        }
    }
    let Summary { fingerprint, unresolved, padded_values } = reader.pass.finish();
    let dirt = Dirt { padded_values, guessed_bytes: fingerprint.guessed, ..Dirt::default() };
    Ok(Reading { tables: reader.tables, counts: reader.counts, dirt, unresolved, fingerprint })
}

struct Reader<'a, 't, R> {
    /// Knows the elements around the current one by their names; those outside the element that they belong to have none.
    pass: Pass<'a, R, &'static str>,
    origin: &'a Path,
    texts: &'t Bump,
    tables: Tables<'t>,
    counts: Counts,
}

impl<'t, R: BufRead> Reader<'_, 't, R> {
    fn element(&mut self, tag: Tag<'_>) -> Result<&'static str, CatalogError> {
        let name = tag.local_name();
        if let Some(count) = count_of(&mut self.counts, name) {
            *count += 1;
        }
        match name {
            Datastore::ELEMENT => self.datastore(tag)?,

            Bulletin::ELEMENT => return self.row(tag, |it| Some(&mut it.tables.bulletins)),
            "QNumber" => self.reference(tag, "QNumber", |it| Some(&mut it.bulletin()?.articles))?,
            "BulletinComment" | "PatchComment" => self.reference(tag, "CommentID", |it| {
                if it.pass.inside(Patch::ELEMENT) {
                    Some(&mut it.patch()?.comments)
                } else {
                    Some(&mut it.bulletin()?.comments)
                }
            })?,

            Patch::ELEMENT => {
                let mut row: Patch = self.read(tag)?;
                row.bulletin = self.tables.bulletins.len().saturating_sub(1);
                let inside = self.pass.inside(Bulletin::ELEMENT);
                return Ok(self.put(tag, row, |it| inside.then_some(&mut it.tables.patches)));
            }
            "RegChg" => self.reference(tag, "RegChangeID", |it| Some(&mut it.patch()?.registry))?,
            FileReference::ELEMENT => {
                let (mut row, alternates) = self.read_with_alternates::<FileReference>(tag)?;
                row.alternates = alternates;
                return Ok(self.put(tag, row, |it| Some(&mut it.patch()?.files)));
            }
            AffectedProduct::ELEMENT => {
                return self.row(tag, |it| Some(&mut it.patch()?.products));
            }
            "AffectedServicePack" => self.reference(tag, "ServicePackID", |it| {
                let inside = it.pass.inside(AffectedProduct::ELEMENT);
                Some(&mut it.patch()?.products.last_mut().filter(|_| inside)?.service_packs)
            })?,

            Product::ELEMENT => return self.row(tag, |it| Some(&mut it.tables.products)),
            "AvailableSP" => self.reference(tag, "ServicePackID", |it| Some(&mut it.product()?.available))?,
            // Inside a product this is a reference, elsewhere the definition of a family.
            ProductFamily::ELEMENT => {
                let row: ProductFamily = self.read(tag)?;
                match self.product() {
                    Some(product) => product.families.push(Reference { id: row.id, place: row.place }),
                    None => self.tables.families.push(row),
                }
            }
            ServicePack::ELEMENT => return self.row(tag, |it| Some(&mut it.tables.service_packs)),

            RegKey::ELEMENT => return self.row(tag, |it| Some(&mut it.tables.reg_keys)),
            RegChange::ELEMENT => {
                let mut row: RegChange = self.read(tag)?;
                if self.pass.inside(RegKey::ELEMENT) {
                    row.key = self.tables.reg_keys.len().checked_sub(1);
                }
                self.tables.reg_changes.push(row);
            }

            File::ELEMENT => return self.row(tag, |it| Some(&mut it.tables.files)),
            FileChange::ELEMENT => {
                let (mut row, alternates) = self.read_with_alternates::<FileChange>(tag)?;
                row.alternates = alternates;
                if self.pass.inside(File::ELEMENT) {
                    row.file = self.tables.files.len().checked_sub(1);
                } else {
                    self.pass.misplaced(tag, row.id);
                }
                self.tables.file_changes.push(row);
                return Ok(FileChange::ELEMENT);
            }
            _ if name.starts_with("Alternate") => self.alternate(tag)?,

            Location::ELEMENT => {
                let mut row: Location = self.read(tag)?;
                // Folders and keys occur both with and without a trailing `\`.
                row.path = row.path.trim_end_matches('\\');
                self.tables.locations.push(row);
            }
            Comment::ELEMENT => return self.row(tag, |it| Some(&mut it.tables.comments)),
            Rating::ELEMENT => return self.row(tag, |it| Some(&mut it.tables.ratings)),

            SupersededBy::ELEMENT => return self.row(tag, |it| Some(&mut it.tables.superseded_by)),
            SupersedingBulletin::ELEMENT => {
                return self.row(tag, |it| {
                    let inside = it.pass.inside(SupersededBy::ELEMENT);
                    Some(&mut it.tables.superseded_by.last_mut().filter(|_| inside)?.bulletins)
                });
            }
            "SupercededPatch" => self.reference(tag, "PatchName", |it| {
                let inside = it.pass.inside(SupersedingBulletin::ELEMENT);
                let entry = it.tables.superseded_by.last_mut().filter(|_| inside)?;
                Some(&mut entry.bulletins.last_mut()?.packages)
            })?,
            _ => {}
        }
        Ok("")
    }

    /// Returns the bulletin that contains the current element.
    fn bulletin(&mut self) -> Option<&mut Bulletin<'t>> {
        if self.pass.inside(Bulletin::ELEMENT) { self.tables.bulletins.last_mut() } else { None }
    }

    /// Returns the patch that contains the current element.
    fn patch(&mut self) -> Option<&mut Patch<'t>> {
        if self.pass.inside(Patch::ELEMENT) { self.tables.patches.last_mut() } else { None }
    }

    /// Returns the product that contains the current element.
    fn product(&mut self) -> Option<&mut Product<'t>> {
        if self.pass.inside(Product::ELEMENT) { self.tables.products.last_mut() } else { None }
    }

    fn read<T: WithTexts<'t>>(&mut self, tag: Tag<'_>) -> Result<T, CatalogError> {
        self.read_with_alternates(tag).map(|(row, _)| row)
    }

    fn read_with_alternates<T: WithTexts<'t>>(
        &mut self,
        tag: Tag<'_>,
    ) -> Result<(T, Vec<Alternate<'t>>), CatalogError> {
        let (place, texts) = (self.pass.place(), self.texts);
        let (mut row, mut alternates) = (T::at(place), Vec::new());
        self.pass.attributes(tag, |name, text| {
            row.set(name, || texts.alloc_str(text));
            if name.starts_with("Alternate") {
                alternates.extend(alternate(name, text, place, texts));
            }
        })?;
        Ok((row, alternates))
    }

    /// Adds `row` to the list that `list` returns; `None` means that it is outside the element that it belongs to.
    fn put<T: Row>(
        &mut self,
        tag: Tag<'_>,
        row: T,
        list: impl FnOnce(&mut Self) -> Option<&mut Vec<T>>,
    ) -> &'static str {
        if let Some(list) = list(self) {
            list.push(row);
            return T::ELEMENT;
        }
        self.pass.misplaced(tag, row.id());
        ""
    }

    fn row<T: WithTexts<'t>>(
        &mut self,
        tag: Tag<'_>,
        list: impl FnOnce(&mut Self) -> Option<&mut Vec<T>>,
    ) -> Result<&'static str, CatalogError> {
        let row = self.read(tag)?;
        Ok(self.put(tag, row, list))
    }

    /// Reads an element whose `attribute` refers to a row elsewhere.
    fn reference(
        &mut self,
        tag: Tag<'_>,
        attribute: &str,
        list: impl FnOnce(&mut Self) -> Option<&mut Vec<Reference<'t>>>,
    ) -> Result<(), CatalogError> {
        let texts = self.texts;
        let mut reference = Reference { id: Text::default(), place: self.pass.place() };
        self.pass.attributes(tag, |name, text| {
            if name == attribute {
                reference.id = texts.alloc_str(text);
            }
        })?;
        match list(self) {
            Some(list) => list.push(reference),
            None => self.pass.misplaced(tag, reference.id),
        }
        Ok(())
    }

    fn datastore(&mut self, tag: Tag<'_>) -> Result<(), CatalogError> {
        let row: Datastore = self.read(tag)?;
        // Another major version may use the same names with other meanings; judging by it could wrongly report a machine as
        // patched.
        let major = row.schema_version.split('.').next().unwrap_or_default();
        if major.parse::<u32>().is_ok_and(|major| major != 1) {
            let version = printable(row.schema_version);
            return Err(CatalogError::UnsupportedSchema { path: self.origin.into(), version });
        }
        self.tables.datastore = row;
        Ok(())
    }

    /// Reads `AlternateFileChange`, `AlternateVersion` and similar elements, by their attributes: schema 1.1 lists other states of
    /// a file in addition to the one that the update installs.
    fn alternate(&mut self, tag: Tag<'_>) -> Result<(), CatalogError> {
        let mut found = Vec::new();
        let (place, texts) = (self.pass.place(), self.texts);
        self.pass.attributes(tag, |name, text| found.extend(alternate(name, text, place, texts)))?;
        if found.is_empty() {
            return Ok(());
        }
        let (in_reference, in_change) =
            (self.pass.inside(FileReference::ELEMENT), self.pass.inside(FileChange::ELEMENT));
        if let Some(reference) = self.patch().and_then(|patch| patch.files.last_mut()).filter(|_| in_reference) {
            reference.alternates.extend(found);
        } else if let Some(change) = self.tables.file_changes.last_mut().filter(|_| in_change) {
            change.alternates.extend(found);
        } else {
            self.pass.misplaced(tag, "");
        }
        Ok(())
    }
}

fn count_of<'a>(counts: &'a mut Counts, element: &str) -> Option<&'a mut u64> {
    Some(match element {
        Bulletin::ELEMENT => &mut counts.bulletins,
        "QNumber" => &mut counts.qnumbers,
        Patch::ELEMENT => &mut counts.patches,
        AffectedProduct::ELEMENT => &mut counts.affected_products,
        "AffectedServicePack" => &mut counts.affected_service_packs,
        FileReference::ELEMENT => &mut counts.patch_file_changes,
        "RegChg" => &mut counts.patch_registry_changes,
        Product::ELEMENT => &mut counts.products,
        ServicePack::ELEMENT => &mut counts.service_packs,
        File::ELEMENT => &mut counts.files,
        FileChange::ELEMENT => &mut counts.file_changes,
        RegChange::ELEMENT => &mut counts.registry_changes,
        Location::ELEMENT => &mut counts.locations,
        SupersededBy::ELEMENT => &mut counts.superseded_by,
        _ => return None,
    })
}

/// Parses an attribute of an alternate: either a version, or a reference to another `FileChange`.
fn alternate<'t>(attribute: &str, text: &str, place: Place, texts: &'t Bump) -> Option<Alternate<'t>> {
    let reference = Reference { id: texts.alloc_str(text), place };
    if attribute.ends_with("Version") {
        Some(Alternate::Version(reference))
    } else if attribute.ends_with("FileChangeID") {
        Some(Alternate::Change(reference))
    } else {
        None
    }
}
