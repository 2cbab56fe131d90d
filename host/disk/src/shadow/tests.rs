//! Shadow copies of built volumes.

use std::sync::Arc;

use proptest::prelude::*;
use wardline_fixtures::shadow::{BLOCK as SIZE, Descriptor as Written, HEADER, ShadowVolume};

use super::store::{Data, Descriptor, Overlay, Store, Stored};
use super::*;

/// The number of blocks of the volumes.
const BLOCKS: usize = 8;

/// A state of the volume: the first block is empty, each other one is filled with one byte.
fn state(fills: &[u8]) -> Vec<u8> {
    [0].iter().chain(fills).flat_map(|fill| vec![*fill; SIZE]).collect()
}

fn device(volume: &ShadowVolume) -> Arc<dyn ReadAt> {
    Arc::new(volume.bytes.clone())
}

proptest! {
    #[test]
    fn each_shadow_copy_holds_the_state_at_which_it_was_made(
        states in prop::collection::vec(prop::collection::vec(0u8..3, BLOCKS - 1), 1..7),
        place in SIZE..BLOCKS * SIZE,
        count in 0usize..40_000,
    ) {
        let states = states.iter().map(|fills| state(fills)).collect::<Vec<_>>();
        let device = device(&ShadowVolume::new(&states, 1000));
        let listed = list(&device).unwrap();
        let expected = (1..states.len()).map(|number| ShadowCopy { number: number as u32, created: 999 + number as u64 });
        prop_assert_eq!(&listed, &expected.collect::<Vec<_>>());
        for (copy, state) in listed.iter().zip(&states) {
            let shadow = open(&device, copy.number).unwrap();
            let expected = &state[place..][..count.min(state.len() - place)];
            prop_assert_eq!(shadow.bytes_at(place as u64, count).unwrap(), expected);
        }
    }

    /// Damage gives an error or other bytes, in bounded time.
    #[test]
    fn damaged_lists_do_no_harm(places in prop::collection::vec((0usize..192, any::<u8>()), 1..12), at in 0u64..200_000) {
        let mut volume = ShadowVolume::new(&[state(&[1; 7]), state(&[2; 7]), state(&[3; 7])], 0);
        let structures = [0x1e00, volume.catalog, volume.catalog + HEADER, volume.lists[0], volume.lists[1] + HEADER];
        for (place, value) in places {
            volume.put(structures[place % structures.len()] + place, &[value]);
        }
        let device = device(&volume);
        for copy in list(&device).unwrap_or_default() {
            if let Ok(shadow) = open(&device, copy.number) {
                let _ = shadow.bytes_at(at, 70_000);
            }
        }
    }
}

/// A descriptor whose blocks are numbers.
const fn descriptor(original: u64, relative: u64, at: u64, flags: u32, sectors: u32) -> Descriptor {
    Descriptor { original: original * BLOCK, relative: relative * BLOCK, at: at * BLOCK, flags, sectors }
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
    let forwarder = descriptor(3, 5, 0, 1, 0);
    assert_eq!(stored(&[forwarder], 3), plain(Some(Data::Newer(5 * BLOCK))));
    let followed = [forwarder, descriptor(5, 0, 8, 0, 0)];
    assert_eq!(stored(&followed, 3), plain(volume(8)), "what a forwarder leads to replaces it");
    assert_eq!(stored(&followed, 5), plain(None));
    assert_eq!(stored(&[descriptor(3, 3, 0, 1, 0)], 3), plain(None), "a forwarder to itself");
}

/// A volume whose block n is filled with n, with one shadow copy whose list has these descriptors.
fn with_list(descriptors: &[Descriptor]) -> Arc<dyn ReadAt> {
    let now = state(&[1, 2, 3, 4, 5, 6, 7]);
    let mut volume = ShadowVolume::new(&[now.clone(), now], 0);
    let written = descriptors
        .iter()
        .map(|Descriptor { original, relative, at, flags, sectors }| Written {
            original: *original,
            relative: *relative,
            at: *at,
            flags: *flags,
            sectors: *sectors,
        })
        .collect::<Vec<_>>();
    volume.descriptors(volume.lists[0], &written);
    device(&volume)
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
    let volume = with_list(&[descriptor(2, 4, 0, 1, 0)]);
    assert_eq!(open(&volume, 1).unwrap().bytes_at(2 * BLOCK + 100, 3).unwrap(), [4; 3]);
}

#[test]
fn chains_that_are_circles_end() {
    let mut volume = ShadowVolume::new(&[state(&[1; 7]), state(&[1; 7])], 0);
    let list_place = volume.lists[0];
    volume.put(list_place + 40, &(list_place as u64).to_le_bytes());
    let error = open(&device(&volume), 1).unwrap_err().to_string();
    assert!(error.contains("circle"), "{error}");
    volume.put(volume.catalog + 40, &(volume.catalog as u64).to_le_bytes());
    let error = list(&device(&volume)).unwrap_err().to_string();
    assert_eq!(error, "the header of the shadow copies is damaged: more than 16 blocks");
}

#[test]
fn a_copy_that_does_not_exist_is_named() {
    let error = |states: usize, number| {
        let volume = device(&ShadowVolume::new(&vec![state(&[1; 7]); states], 0));
        open(&volume, number).unwrap_err().to_string()
    };
    assert_eq!(error(1, 1), "shadow copy 1 does not exist: the volume has none");
    assert_eq!(error(2, 0), "shadow copy 0 does not exist: the volume has 1");
    assert_eq!(error(2, 2), "shadow copy 2 does not exist: the volume has 1");
    let plain: Arc<dyn ReadAt> = Arc::new(vec![0u8; 100_000]);
    assert_eq!(list(&plain).unwrap(), []);
}
