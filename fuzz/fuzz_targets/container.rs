//! Containers of disks: opens the image, and reads its ends and its partition table. The files that it names do not exist.
#![no_main]

use std::io;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use wardline_disk::{Counter, Image, ReadAt, Siblings};

struct Nowhere;

impl Siblings for Nowhere {
    fn open(&self, _: &[&str]) -> io::Result<Arc<dyn ReadAt>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(image) = Image::open_in(&Nowhere, "image.E01", Arc::new(data.to_vec()), Counter::default()) else { return };
    let disk = image.disk();
    for at in [0, disk.size() / 2, disk.size().saturating_sub(5000)] {
        // Through the cache and past it.
        for size in [5000, 50_000] {
            if let Ok(bytes) = disk.bytes_at(at, size) {
                assert_eq!(bytes.len() as u64, (disk.size() - at).min(size as u64));
            }
        }
    }
    let _ = image.volumes();
});
