//! A FAT volume built by code. Those of other tools are in `real.rs`.

use std::sync::Arc;

use wardline_disk::{Contents, Counter, Image, ReadAt, Siblings};

struct Nowhere;

impl Siblings for Nowhere {
    fn open(&self, _: &[&str]) -> std::io::Result<Arc<dyn ReadAt>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

const SECTOR: usize = 512;
/// The sectors before the clusters: the boot sector, the table, and the root folder.
const TABLE_AT: usize = SECTOR;
const TABLE: usize = 12;
const ROOT_AT: usize = TABLE_AT + TABLE * SECTOR;
const DATA_AT: usize = ROOT_AT + SECTOR;
const CLUSTERS: u16 = 4000;

/// A volume of FAT12, in clusters of one sector. Its file `A` has this size, and the chain of all clusters, which ends in `last`.
fn volume(size: u32, last: u16) -> Vec<u8> {
    let mut bytes = vec![0; DATA_AT + usize::from(CLUSTERS) * SECTOR];
    let sectors = (bytes.len() / SECTOR) as u16;
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, &[0xeb, 0x3c, 0x90]);
    put(11, &512u16.to_le_bytes());
    put(13, &[1, 1, 0, 1]);
    put(17, &16u16.to_le_bytes());
    put(19, &sectors.to_le_bytes());
    put(22, &(TABLE as u16).to_le_bytes());
    put(510, &[0x55, 0xaa]);
    put(ROOT_AT, b"A          ");
    put(ROOT_AT + 26, &2u16.to_le_bytes());
    put(ROOT_AT + 28, &size.to_le_bytes());
    for cluster in 2..CLUSTERS + 2 {
        let next = if cluster == CLUSTERS + 1 { last } else { cluster + 1 };
        let at = TABLE_AT + usize::from(cluster) * 3 / 2;
        let shift = 4 * (cluster % 2);
        let pair = u16::from_le_bytes([bytes[at], bytes[at + 1]]) | next << shift;
        bytes[at..at + 2].copy_from_slice(&pair.to_le_bytes());
    }
    bytes
}

/// The size of the file `A`, as it is opened.
fn opened(volume: Vec<u8>) -> Result<u64, String> {
    let image = Image::open_in(&Nowhere, "image", Arc::new(volume), Counter::default()).expect("an image");
    let Contents::Readable(files) = image.volumes().expect("volumes")[0].open().expect("a volume") else {
        panic!("expected a volume of FAT");
    };
    let file = files.find(&files.root(), "a").expect("a folder").expect("a file");
    files.open(&file.node).map(|file| file.size()).map_err(|error| error.to_string())
}

#[test]
fn a_chain_is_not_longer_than_the_volume() {
    let whole = u32::from(CLUSTERS) * 512;
    assert_eq!(opened(volume(whole, 0xfff)), Ok(whole.into()));
    // Eight million clusters, again and again the same.
    let error = opened(volume(u32::MAX, 2)).unwrap_err();
    assert!(error.contains("more than the volume"), "{error}");
}
