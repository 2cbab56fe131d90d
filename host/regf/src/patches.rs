//! The changes that logs make to a hive: ranges of its bins, each with the place in a log that holds the new bytes.
//!
//! The bytes stay in the logs. The memory that recovery adds to a hive is bounded by the number of pages in its logs.

use std::collections::BTreeMap;

/// The maximum number of ranges. Windows changes a hive in pages of 4,096 bytes, so real logs have a few thousand at most.
const MAX_PATCHES: usize = 1 << 17;

/// Ranges in the bins, by their start. They do not overlap.
#[derive(Debug, Default)]
pub(crate) struct Patches(BTreeMap<u64, Patch>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patch {
    pub(crate) length: u64,
    pub(crate) source: Source,
}

/// The location of a patch's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The log's index in the hive's list of logs.
    pub(crate) log: usize,
    pub(crate) offset: u64,
}

impl Source {
    fn after(self, distance: u64) -> Source {
        Source { offset: self.offset.saturating_add(distance), ..self }
    }
}

/// The file that holds the current bytes at a place in the bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// The hive itself, for this number of bytes.
    Hive(u64),
    /// A log, for the patch's length.
    Log(Patch),
}

impl Patches {
    /// Replaces a range. Returns false, and changes nothing, if there are too many ranges.
    pub(crate) fn put(&mut self, start: u64, patch: Patch) -> bool {
        if patch.length == 0 {
            return true;
        }
        if !self.has_room_for(1) {
            return false;
        }
        let end = start.saturating_add(patch.length);
        if let Some((&before, old)) = self.0.range_mut(..start).next_back() {
            let old_end = before.saturating_add(old.length);
            let rest = Patch { length: old_end.saturating_sub(end), source: old.source.after(end - before) };
            old.length = old.length.min(start - before);
            if rest.length > 0 {
                self.0.insert(end, rest);
            }
        }
        while let Some((&covered, &old)) = self.0.range(start..end).next() {
            self.0.remove(&covered);
            let old_end = covered.saturating_add(old.length);
            if old_end > end {
                let distance = end - covered;
                self.0.insert(end, Patch { length: old.length - distance, source: old.source.after(distance) });
            }
        }
        self.0.insert(start, patch);
        true
    }

    /// Returns whether [`Patches::put`] accepts this many ranges.
    pub(crate) fn has_room_for(&self, count: usize) -> bool {
        // Each may split another in two.
        count.saturating_mul(2).saturating_add(self.0.len()) <= MAX_PATCHES
    }

    pub(crate) fn holder(&self, at: u64) -> Holder {
        if let Some((start, patch)) = self.0.range(..=at).next_back() {
            let distance = at - start;
            if distance < patch.length {
                return Holder::Log(Patch { length: patch.length - distance, source: patch.source.after(distance) });
            }
        }
        let next = self.0.range(at..).next().map_or(u64::MAX, |(start, _)| *start);
        Holder::Hive(next - at)
    }

    /// Returns the end of the contiguous ranges that start at `from`.
    pub(crate) fn covered_up_to(&self, from: u64) -> u64 {
        let mut at = from;
        while let Holder::Log(patch) = self.holder(at) {
            at = at.saturating_add(patch.length);
        }
        at
    }

    /// The number of bytes that the ranges cover.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.values().fold(0, |sum, patch| sum.saturating_add(patch.length))
    }

    /// The approximate size in memory, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        (self.0.len() * (size_of::<u64>() + size_of::<Patch>()) * 2) as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Compares with an array that records the last writer of each byte.
        #[test]
        fn the_last_range_put_in_a_place_holds_there(ranges in prop::collection::vec((0u64..100, 0u64..40), 0..30)) {
            let mut patches = Patches::default();
            let mut bytes = [None; 200];
            for (log, (start, length)) in ranges.into_iter().enumerate() {
                let patch = Patch { length, source: Source { log, offset: 1000 } };
                prop_assert!(patches.put(start, patch));
                for distance in 0..length {
                    bytes[(start + distance) as usize] = Some(Source { log, offset: 1000 + distance });
                }
            }
            let mut at = 0;
            while at < 200 {
                let length = match patches.holder(at) {
                    Holder::Hive(length) => {
                        let end = at.saturating_add(length).min(200);
                        prop_assert!(bytes[at as usize..end as usize].iter().all(Option::is_none));
                        end - at
                    }
                    Holder::Log(patch) => {
                        for distance in 0..patch.length {
                            prop_assert_eq!(bytes[(at + distance) as usize], Some(patch.source.after(distance)));
                        }
                        patch.length
                    }
                };
                prop_assert!(length > 0);
                at += length;
            }
        }
    }
}
