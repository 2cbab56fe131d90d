//! Run lists: the clusters of an attribute.

use crate::error::{Error, Result};

/// The maximum number of runs of one attribute, which take 24 bytes of memory each.
const MAX_RUNS: usize = 1 << 19;

/// Consecutive clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The number of the first one in the attribute.
    pub(super) first: u64,
    pub(super) count: u64,
    /// The number of the first one in the volume; `None` for clusters of zeros that are not stored.
    pub(super) cluster: Option<u64>,
}

/// The runs of an attribute without gaps, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Runs(Vec<Run>);

impl Runs {
    /// The number of clusters.
    pub(super) fn end(&self) -> u64 {
        self.0.last().map_or(0, |run| run.first + run.count)
    }

    /// Adds an extent, which has to begin where the previous one ends.
    pub(super) fn extend(&mut self, place: &str, first: u64, encoded: &[u8]) -> Result<()> {
        let damaged = |reason: &str| Error::damaged(place, format!("the run list is wrong: {reason}"));
        if first != self.end() {
            return Err(damaged(&format!("an extent begins at cluster {first}, expected {}", self.end())));
        }
        let mut cluster = 0i64;
        let mut rest = encoded;
        while let Some((header, after)) = rest.split_first().filter(|(header, _)| **header != 0) {
            let (count_size, offset_size) = (usize::from(header & 15), usize::from(header >> 4));
            let too_short = || damaged("it ends inside a run");
            let (count, after) = after.split_at_checked(count_size).ok_or_else(too_short)?;
            let (offset, after) = after.split_at_checked(offset_size).ok_or_else(too_short)?;
            rest = after;
            let count = signed(count).and_then(|count| u64::try_from(count).ok()).filter(|count| *count > 0);
            let count = count.ok_or_else(|| damaged("a run has no clusters"))?;
            let first = self.end();
            first
                .checked_add(count)
                .filter(|end| *end < 1 << 60)
                .ok_or_else(|| damaged("it is longer than any volume"))?;
            let stored = match offset_size {
                0 => None,
                _ => {
                    let next = signed(offset).and_then(|offset| cluster.checked_add(offset));
                    cluster = next.ok_or_else(|| damaged("a cluster has no number"))?;
                    Some(u64::try_from(cluster).map_err(|_| damaged("a cluster has a negative number"))?)
                }
            };
            if self.0.len() == MAX_RUNS {
                return Err(Error::unsupported(format!("a file in more than {MAX_RUNS} fragments ({place})")));
            }
            self.0.push(Run { first, count, cluster: stored });
        }
        Ok(())
    }

    /// Returns the part of a run from this cluster of the attribute on.
    pub(super) fn from(&self, cluster: u64) -> Option<Run> {
        let index = self.0.partition_point(|run| run.first + run.count <= cluster);
        let run = self.0.get(index)?;
        let skipped = cluster - run.first;
        let stored = run.cluster.map(|stored| stored.saturating_add(skipped));
        Some(Run { first: cluster, count: run.count - skipped, cluster: stored })
    }
}

/// Reads a little-endian number in two's complement of up to eight bytes.
fn signed(bytes: &[u8]) -> Option<i64> {
    let sign = if bytes.last()? & 0x80 != 0 { 0xff } else { 0 };
    let mut number = [sign; 8];
    number.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The first cluster of each extent, and its encoded runs.
    type Extents<'e> = &'e [(u64, &'e [u8])];

    fn runs(extents: Extents<'_>) -> Result<Runs> {
        let mut runs = Runs::default();
        for (first, encoded) in extents {
            runs.extend("a file", *first, encoded)?;
        }
        Ok(runs)
    }

    #[test]
    fn clusters_are_counted_from_the_run_before() {
        let run = |first, count, cluster| Run { first, count, cluster };
        let cases: [(Extents<'_>, Vec<Run>); 6] = [
            (&[(0, &[0])], vec![]),
            (
                &[(0, &[0x11, 0x30, 0x60, 0x21, 0x10, 0x00, 0x01, 0])],
                vec![run(0, 48, Some(96)), run(48, 16, Some(352))],
            ),
            // The second run is before the first.
            (&[(0, &[0x11, 2, 0x60, 0x11, 1, 0xe0, 0])], vec![run(0, 2, Some(96)), run(2, 1, Some(64))]),
            // A sparse run does not count.
            (
                &[(0, &[0x11, 2, 0x60, 0x01, 9, 0x11, 1, 1, 0])],
                vec![run(0, 2, Some(96)), run(2, 9, None), run(11, 1, Some(97))],
            ),
            // Without an end.
            (&[(0, &[0x11, 2, 0x60])], vec![run(0, 2, Some(96))]),
            // Each extent counts from 0.
            (&[(0, &[0x11, 2, 0x60, 0]), (2, &[0x11, 1, 0x10, 0])], vec![run(0, 2, Some(96)), run(2, 1, Some(16))]),
        ];
        for (extents, expected) in cases {
            assert_eq!(runs(extents).unwrap().0, expected, "{extents:x?}");
        }
    }

    #[test]
    fn wrong_lists_are_refused() {
        let cases: [(Extents<'_>, &str); 7] = [
            (&[(0, &[0x11, 2])], "ends inside a run"),
            (&[(0, &[0x10, 2])], "no clusters"),
            (&[(0, &[0x11, 0, 1])], "no clusters"),
            (&[(0, &[0x11, 0x80, 1])], "no clusters"),
            (&[(0, &[0x11, 1, 0x80])], "negative"),
            (&[(0, &[0x18, 0, 0, 0, 0, 0, 0, 0, 0x7f, 1])], "longer than any volume"),
            (&[(0, &[0x11, 2, 1, 0]), (3, &[0x11, 2, 1, 0])], "expected 2"),
        ];
        for (extents, expected) in cases {
            let error = runs(extents).unwrap_err().to_string();
            assert!(error.contains(expected), "{extents:x?}: {error}");
        }
    }

    #[test]
    fn a_cluster_is_found_in_its_run() {
        let runs = runs(&[(0, &[0x11, 2, 0x60, 0x01, 9, 0x11, 1, 1, 0])]).unwrap();
        let found = |cluster| runs.from(cluster).map(|run| (run.count, run.cluster));
        assert_eq!(found(0), Some((2, Some(96))));
        assert_eq!(found(1), Some((1, Some(97))));
        assert_eq!(found(5), Some((6, None)));
        assert_eq!(found(11), Some((1, Some(97))));
        assert_eq!(found(12), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_list_or_an_error(encoded in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = runs(&[(0, &encoded)]);
        }
    }
}
