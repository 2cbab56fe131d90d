//! Volumes of NTFS, FAT and exFAT, and their shadow copies: lists every folder, looks up every name, and reads the ends of every
//! file.
#![no_main]

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use wardline_disk::{Contents, Counter, Error, FileSystem, Image, Kind, Node, ReadAt, Siblings};

/// The number of files visited, and the depth of folders.
const MAX_FILES: usize = 500;
const MAX_DEPTH: usize = 8;

struct Nowhere;

impl Siblings for Nowhere {
    fn open(&self, _: &[&str]) -> io::Result<Arc<dyn ReadAt>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn visit(files: &dyn FileSystem, folder: &Node, depth: usize, left: &mut usize) {
    let mut entries = Vec::new();
    let listed = files.list(folder, &mut |entry| {
        entries.push(entry);
        if entries.len() < MAX_FILES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let _ = listed;
    for entry in entries {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        let _ = files.find(folder, &entry.name);
        let _ = files.metadata(&entry.node);
        let _ = files.security(&entry.node);
        let _ = files.link(&entry.node);
        match entry.kind {
            Kind::Folder if depth < MAX_DEPTH => visit(files, &entry.node, depth + 1, left),
            Kind::File => {
                if let Ok(file) = files.open(&entry.node) {
                    let _ = file.bytes_at(0, 5000);
                    let _ = file.bytes_at(file.size().saturating_sub(5000), 5000);
                }
            }
            _ => {}
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(image) = Image::open_in(&Nowhere, "image", Arc::new(data.to_vec()), Counter::default()) else { return };
    let Ok(volumes) = image.volumes() else { return };
    for volume in volumes.into_iter().take(2) {
        visit_all(volume.open());
        for copy in volume.shadow_copies().unwrap_or_default().into_iter().take(2) {
            if let Ok(shadow) = volume.shadow_copy(copy.number) {
                visit_all(shadow.open());
            }
        }
    }
});

fn visit_all(contents: Result<Contents, Error>) {
    if let Ok(Contents::Readable(files)) = contents {
        let _ = files.doubts();
        visit(&*files, &files.root(), 0, &mut MAX_FILES.clone());
    }
}
