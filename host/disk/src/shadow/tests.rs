//! Shadow copies of volumes built here. The model of a volume keeps whole states; the structures are written as Windows does, by
//! copying a block before it is overwritten.

use std::collections::HashSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::store::{Data, Descriptor, Overlay, Store, Stored};
use super::*;

/// The number of blocks of the volume that hold data; the rest is for the lists and copies.
const BLOCKS: u64 = 8;
/// The first block has the header.
const FIRST: u64 = 1;
/// The first block of the lists.
const LISTS: u64 = FIRST + BLOCKS;

/// A volume with shadow copies, as Windows writes it.
struct Written {
    bytes: Vec<u8>,
    /// The next unused block.
    next: u64,
    /// The block list of each shadow copy, and the blocks that were copied into the newest one's store.
    lists: Vec<(u64, u64)>,
    copied: HashSet<u64>,
}

fn put(bytes: &mut Vec<u8>, at: u64, content: &[u8]) {
    let at = usize::try_from(at).unwrap();
    if bytes.len() < at + content.len() {
        bytes.resize(at + content.len(), 0);
    }
    bytes[at..at + content.len()].copy_from_slice(content);
}

fn header(record: Record, at: u64) -> Vec<u8> {
    let mut header = IDENTIFIER.to_vec();
    header.extend(1u32.to_le_bytes());
    header.extend((record as u32).to_le_bytes());
    header.extend(0u64.to_le_bytes());
    header.extend(at.to_le_bytes());
    header.resize(HEADER, 0);
    header
}

impl Written {
    fn new() -> Written {
        let mut bytes = vec![0; usize::try_from((LISTS + 1) * BLOCK).unwrap()];
        let mut volume = header(Record::Volume, 0x1e00);
        volume.splice(48..56, (LISTS * BLOCK).to_le_bytes());
        put(&mut bytes, 0x1e00, &volume);
        put(&mut bytes, LISTS * BLOCK, &header(Record::Catalog, LISTS * BLOCK));
        Written { bytes, next: LISTS + 1, lists: Vec::new(), copied: HashSet::new() }
    }

    fn take(&mut self) -> u64 {
        let at = self.next * BLOCK;
        self.next += 1;
        put(&mut self.bytes, at, &[0; BLOCK as usize]);
        at
    }

    fn make_copy(&mut self) {
        let list = self.take();
        put(&mut self.bytes, list, &header(Record::BlockList, list));
        let index = self.lists.len() as u64;
        self.lists.push((list, 0));
        self.copied.clear();
        let entries = LISTS * BLOCK + HEADER as u64 + index * 256;
        let identifier = [index as u8 + 1; 16];
        let mut made = [0; 128];
        made[..8].copy_from_slice(&2u64.to_le_bytes());
        made[8..16].copy_from_slice(&(LISTS * BLOCK).to_le_bytes());
        made[16..32].copy_from_slice(&identifier);
        made[48..56].copy_from_slice(&(1000 + index).to_le_bytes());
        let mut store = [0; 128];
        store[..8].copy_from_slice(&3u64.to_le_bytes());
        store[8..16].copy_from_slice(&list.to_le_bytes());
        store[16..32].copy_from_slice(&identifier);
        // The order of the two does not matter.
        let (first, second) = if index % 2 == 0 { (made, store) } else { (store, made) };
        put(&mut self.bytes, entries, &first);
        put(&mut self.bytes, entries + 128, &second);
    }

    fn write(&mut self, block: u64, fill: u8) {
        let at = (FIRST + block) * BLOCK;
        if let Some(&(list, count)) = self.lists.last()
            && self.copied.insert(block)
        {
            let old = self.bytes[usize::try_from(at).unwrap()..][..BLOCK as usize].to_vec();
            let copy = self.take();
            put(&mut self.bytes, copy, &old);
            let mut descriptor = at.to_le_bytes().to_vec();
            descriptor.extend(0u64.to_le_bytes());
            descriptor.extend(copy.to_le_bytes());
            descriptor.extend([0; 8]);
            put(&mut self.bytes, list + HEADER as u64 + count * 32, &descriptor);
            self.lists.last_mut().unwrap().1 += 1;
        }
        put(&mut self.bytes, at, &[fill; BLOCK as usize]);
    }

    fn volume(&self) -> Arc<dyn ReadAt> {
        Arc::new(self.bytes.clone())
    }
}

proptest! {
    #[test]
    fn each_shadow_copy_holds_the_state_at_which_it_was_made(
        steps in prop::collection::vec((0u64..=BLOCKS, any::<u8>()), 0..40),
        place in 0u64..BLOCKS * BLOCK,
        count in 0usize..40_000,
    ) {
        let mut written = Written::new();
        let mut now = [0u8; BLOCKS as usize];
        let mut states = Vec::new();
        for (block, fill) in steps {
            if block == BLOCKS {
                if states.len() < 6 {
                    written.make_copy();
                    states.push(now);
                }
            } else {
                written.write(block, fill);
                now[block as usize] = fill;
            }
        }
        let volume = written.volume();
        let listed = list(&volume).unwrap();
        let expected = (0..states.len() as u32).map(|index| ShadowCopy { number: index + 1, created: 1000 + u64::from(index) });
        prop_assert_eq!(&listed, &expected.collect::<Vec<_>>());
        for (copy, state) in listed.iter().zip(&states) {
            let shadow = open(&volume, copy.number).unwrap();
            let expected = state.iter().flat_map(|fill| vec![*fill; BLOCK as usize]).skip(place as usize).take(count);
            let end = usize::try_from(BLOCKS * BLOCK - place).unwrap();
            let read = shadow.bytes_at(FIRST * BLOCK + place, count.min(end)).unwrap();
            prop_assert_eq!(read, expected.collect::<Vec<_>>());
        }
    }

    /// Damage gives an error or other bytes, in bounded time.
    #[test]
    fn damaged_lists_do_no_harm(places in prop::collection::vec((0usize..64, any::<u8>()), 1..12), at in 0u64..200_000) {
        let mut written = Written::new();
        written.make_copy();
        written.write(1, 7);
        written.make_copy();
        written.write(1, 9);
        let structures = [0x1e00, LISTS * BLOCK, LISTS * BLOCK + 128, written.lists[0].0, written.lists[1].0 + 100];
        for (place, value) in places {
            let start = structures[place % structures.len()] as usize;
            written.bytes[start + place] = value;
        }
        let volume = written.volume();
        for copy in list(&volume).unwrap_or_default() {
            if let Ok(shadow) = open(&volume, copy.number) {
                let _ = shadow.bytes_at(at, 70_000);
            }
        }
    }
}

const fn descriptor(original: u64, relative: u64, at: u64, flags: u32, sectors: u32) -> Descriptor {
    Descriptor { original: original * BLOCK, relative, at: at * BLOCK, flags, sectors }
}

/// The rules for descriptors of the same block.
#[test]
fn later_descriptors_of_a_block_change_earlier_ones() {
    let stored = |list: &[Descriptor], block| {
        let mut store = Store::default();
        list.iter().for_each(|descriptor| store.add(*descriptor));
        store.get(block)
    };
    let volume = |at: u64| Some(Data::Volume(at * BLOCK));
    let plain = |data| Stored { data, overlay: None };
    let overlay = |at: u64, sectors| Some(Overlay { at: at * BLOCK, sectors });
    assert_eq!(stored(&[descriptor(3, 0, 9, 0, 0)], 3), plain(volume(9)));
    assert_eq!(stored(&[descriptor(3, 0, 9, 4, 0)], 3), plain(None), "unused");
    assert_eq!(stored(&[descriptor(3, 0, 9, 0, 0), descriptor(3, 0, 8, 0, 0)], 3), plain(volume(8)), "the last counts");
    let overlaid = [descriptor(3, 0, 9, 2, 0b1), descriptor(3, 1, 7, 2, 0b100)];
    assert_eq!(stored(&overlaid, 3), Stored { data: None, overlay: overlay(9, 0b101) }, "overlays are joined");
    let replaced = [descriptor(3, 0, 9, 2, 0b1), descriptor(3, 0, 8, 0, 0)];
    assert_eq!(stored(&replaced, 3), Stored { data: volume(8), overlay: overlay(9, 0b1) }, "an overlay stays");
    let forwarder = descriptor(3, 5 * BLOCK, 0, 1, 0);
    assert_eq!(stored(&[forwarder], 3), plain(Some(Data::Newer(5 * BLOCK))));
    let followed = [forwarder, descriptor(5, 0, 8, 0, 0)];
    assert_eq!(stored(&followed, 3), plain(volume(8)), "what a forwarder leads to replaces it");
    assert_eq!(stored(&followed, 5), plain(None));
    assert_eq!(stored(&[descriptor(3, 3 * BLOCK, 0, 1, 0)], 3), plain(None), "a forwarder to itself");
}

/// A volume with one shadow copy whose list has these descriptors; block n is filled with n.
fn with_list(descriptors: &[Descriptor]) -> Arc<dyn ReadAt> {
    let mut written = Written::new();
    for block in 0..BLOCKS {
        written.write(block, (FIRST + block) as u8);
    }
    written.make_copy();
    let list = written.lists[0].0;
    for (index, Descriptor { original, relative, at, flags, sectors }) in (0..).zip(descriptors) {
        let mut bytes = [original, relative, at].map(|number| number.to_le_bytes()).concat();
        bytes.extend(flags.to_le_bytes());
        bytes.extend(sectors.to_le_bytes());
        put(&mut written.bytes, list + HEADER as u64 + index * 32, &bytes);
    }
    written.volume()
}

#[test]
fn overlays_replace_sectors() {
    let volume = with_list(&[descriptor(2, 0, 5, 0, 0), descriptor(2, 0, 6, 2, 0b110)]);
    let read = open(&volume, 1).unwrap().bytes_at(2 * BLOCK, 2048).unwrap();
    assert_eq!(read, [[5; 512], [6; 512], [6; 512], [5; 512]].concat());
    let volume = with_list(&[descriptor(2, 0, 6, 2, 0b10)]);
    let read = open(&volume, 1).unwrap().bytes_at(2 * BLOCK, 1536).unwrap();
    assert_eq!(read, [[2; 512], [6; 512], [2; 512]].concat(), "elsewhere the volume counts");
}

#[test]
fn a_forwarder_of_the_newest_copy_leads_to_the_volume() {
    let volume = with_list(&[descriptor(2, 4 * BLOCK, 0, 1, 0)]);
    assert_eq!(open(&volume, 1).unwrap().bytes_at(2 * BLOCK + 100, 3).unwrap(), [4; 3]);
}

#[test]
fn chains_that_are_circles_end() {
    let mut written = Written::new();
    written.make_copy();
    let first = written.lists[0].0;
    put(&mut written.bytes, first + 40, &first.to_le_bytes());
    let error = open(&written.volume(), 1).unwrap_err().to_string();
    assert!(error.contains("circle"), "{error}");
    let mut written = Written::new();
    put(&mut written.bytes, LISTS * BLOCK + 40, &(LISTS * BLOCK).to_le_bytes());
    let error = list(&written.volume()).unwrap_err().to_string();
    assert_eq!(error, "the header of the shadow copies is damaged: more than 16 blocks");
}

#[test]
fn a_copy_that_does_not_exist_is_named() {
    let mut written = Written::new();
    let error = |written: &Written, number| open(&written.volume(), number).unwrap_err().to_string();
    assert_eq!(error(&written, 1), "shadow copy 1 does not exist: the volume has none");
    written.make_copy();
    assert_eq!(error(&written, 0), "shadow copy 0 does not exist: the volume has 1");
    assert_eq!(error(&written, 2), "shadow copy 2 does not exist: the volume has 1");
    let plain: Arc<dyn ReadAt> = Arc::new(vec![0u8; 100_000]);
    assert_eq!(list(&plain).unwrap(), []);
}
