//! The old format: a bitmap of the bins' pages, followed by the dirty pages in order.

use super::{Candidate, Obstacle};
use crate::header::SECTOR;
use crate::patches::{Patch, Patches, Source};

pub(super) const FILE_TYPE: u32 = 1;
pub(super) const OLDER_FILE_TYPE: u32 = 2;

/// The size of a page in this format, whatever the size of the disk's sectors.
const PAGE: u64 = 512;

/// Applies all of a log's pages.
///
/// Returns an error if the log does not hold all of them; the patches must not be used in that case.
pub(super) fn apply(log: &Candidate<'_>, patches: &mut Patches) -> Result<(), Obstacle> {
    let sector = SECTOR as u64 * u64::from(log.header.clustering_factor.clamp(1, 8));
    let mut signature = [0; 4];
    log.read(sector, &mut signature)?;
    if signature != *b"DIRT" {
        return Err(log.damaged("bad signature: expected `DIRT`"));
    }
    // At most 1 MiB, for bins of 4 GiB.
    let mut bitmap = vec![0; usize::try_from(u64::from(log.header.bins_size) / PAGE / 8).unwrap_or(usize::MAX)];
    let bitmap_at = sector + signature.len() as u64;
    log.read(bitmap_at, &mut bitmap)?;
    let mut from = (bitmap_at + bitmap.len() as u64).next_multiple_of(sector);
    let mut run: Option<(u64, Patch)> = None;
    let dirty = bitmap.iter().enumerate().flat_map(|(index, byte)| {
        (0..8).filter(move |bit| byte >> bit & 1 == 1).map(move |bit| (index as u64 * 8 + bit) * PAGE)
    });
    let mut put = |run: Option<(u64, Patch)>| match run {
        Some((start, patch)) if !patches.put(start, patch) => Err(log.damaged("it has too many pages")),
        _ => Ok(()),
    };
    for to in dirty {
        if from + PAGE > log.size {
            return Err(log.damaged("it is truncated"));
        }
        match &mut run {
            Some((start, patch)) if *start + patch.length == to => patch.length += PAGE,
            run => {
                let next = Patch { length: PAGE, source: Source { log: log.index, offset: from } };
                put(run.replace((to, next)))?;
            }
        }
        from += PAGE;
    }
    put(run)
}
