//! FAT12, FAT16, FAT32 ("Microsoft FAT Specification", 2005) and exFAT ("exFAT file system specification", Microsoft, 2019).

mod boot;
mod chain;
mod exfat;
mod names;
mod time;

use std::ops::ControlFlow;
use std::sync::Arc;

use wardline_upcase::same;

use self::boot::{Layout, Width};
use self::chain::Chain;
use crate::error::{Error, Result};
use crate::file_system::{self, Doubt, FileSystem, Kind, Metadata, Node, Target};
use crate::place::{FatEntry as Entry, Place};
use crate::read_at::ReadAt;

pub(crate) use self::boot::is_boot_sector;

/// A FAT or exFAT volume.
pub(crate) struct Fat(Arc<Layout>);

/// A name in a folder and its short form.
struct Found {
    name: String,
    short: Option<String>,
    entry: Entry,
}

impl Fat {
    pub(crate) fn open(device: Arc<dyn ReadAt>) -> Result<Fat> {
        Layout::read(device).map(|layout| Fat(Arc::new(layout)))
    }

    fn entry<'n>(&self, node: &'n Node) -> Result<&'n Entry> {
        match &node.0 {
            Place::Fat(entry) => Ok(entry),
            Place::Ntfs(_) => Err(Error::damaged("a file", "it is on another volume")),
        }
    }

    fn visit(&self, folder: &Node, visit: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<()> {
        let contents = Chain::of_folder(&self.0, self.entry(folder)?)?;
        match self.0.width {
            Width::ExFat => exfat::visit(&contents, visit),
            _ => names::visit(&contents, visit),
        }
    }
}

fn listed(found: Found) -> file_system::Entry {
    let kind = if found.entry.is_folder { Kind::Folder } else { Kind::File };
    file_system::Entry { name: found.name, kind, node: Node(Place::Fat(found.entry)) }
}

impl FileSystem for Fat {
    fn name(&self) -> &'static str {
        match self.0.width {
            // Windows has one name for both.
            Width::Fat12 | Width::Fat16 => "FAT",
            Width::Fat32 => "FAT32",
            Width::ExFat => "exFAT",
        }
    }

    fn root(&self) -> Node {
        Node(Place::Fat(Entry { is_folder: true, first_cluster: self.0.root, ..Entry::default() }))
    }

    fn find(&self, folder: &Node, name: &str) -> Result<Option<file_system::Entry>> {
        if !self.entry(folder)?.is_folder {
            return Ok(None);
        }
        let mut found = None;
        self.visit(folder, &mut |one| {
            let is_wanted = same(&one.name, name) || one.short.as_ref().is_some_and(|short| same(short, name));
            if is_wanted {
                found = Some(listed(one));
            }
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(found)
    }

    fn list(&self, folder: &Node, visit: &mut dyn FnMut(file_system::Entry) -> ControlFlow<()>) -> Result<()> {
        if !self.entry(folder)?.is_folder {
            return Err(Error::damaged("a folder", "it is a file"));
        }
        self.visit(folder, &mut |found| visit(listed(found)))
    }

    fn metadata(&self, node: &Node) -> Result<Metadata> {
        let entry = self.entry(node)?;
        let (kind, size) = if entry.is_folder { (Kind::Folder, 0) } else { (Kind::File, entry.size) };
        Ok(Metadata { kind, size, modified: entry.modified })
    }

    fn open(&self, file: &Node) -> Result<Box<dyn ReadAt>> {
        Ok(Box::new(Chain::of_file(&self.0, self.entry(file)?)?))
    }

    fn link(&self, _: &Node) -> Result<Option<Target>> {
        Ok(None)
    }

    fn security(&self, _: &Node) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn doubts(&self) -> Result<Vec<Doubt>> {
        Ok(Vec::new())
    }
}
