//! The contents of files and folders: chains of clusters.

use std::io;
use std::sync::Arc;

use super::Entry;
use super::boot::Layout;
use crate::bytes::shorten;
use crate::error::{Error, Result};
use crate::read_at::ReadAt;

/// The largest folder, in bytes: exFAT has the limit 256 MiB, and FAT 2 MiB.
const MAX_FOLDER: u64 = 256 << 20;
/// The maximum number of links followed for one file.
const MAX_LINKS: u64 = 1 << 24;
/// The maximum number of fragments, which take 16 bytes of memory each.
const MAX_RUNS: usize = 1 << 20;

/// The contents of a file or folder.
pub(super) struct Chain {
    layout: Arc<Layout>,
    /// The end of each run in the contents, and its offset in the volume.
    runs: Vec<(u64, u64)>,
    size: u64,
    initialised: u64,
}

impl Chain {
    pub(super) fn of_file(layout: &Arc<Layout>, entry: &Entry) -> Result<Chain> {
        let mut chain = Chain::empty(layout);
        (chain.size, chain.initialised) = (entry.size, entry.initialised);
        if entry.size == 0 {
            return Ok(chain);
        }
        if entry.is_contiguous {
            chain.push_contiguous(entry)?;
        } else {
            let needed = entry.size.div_ceil(layout.cluster_size);
            if needed > MAX_LINKS {
                return Err(Error::unsupported(format!("a file of {needed} clusters in a chain")));
            }
            if chain.follow(entry.first_cluster, needed)? < needed {
                let reason = format!("its chain of clusters ends before its {} bytes", entry.size);
                return Err(Error::damaged("a file", reason));
            }
        }
        Ok(chain)
    }

    pub(super) fn of_folder(layout: &Arc<Layout>, entry: &Entry) -> Result<Chain> {
        let mut chain = Chain::empty(layout);
        if entry.first_cluster == 0 {
            // The folder `..` of a folder in the root has the cluster 0 too.
            let (at, size) = layout.fixed_root;
            chain.runs.push((size, at));
            chain.size = size;
        } else if entry.is_contiguous {
            if entry.size > MAX_FOLDER {
                return Err(Error::damaged("a folder", format!("it has {} bytes", entry.size)));
            }
            chain.push_contiguous(entry)?;
            chain.size = entry.size;
        } else {
            let count = chain.follow(entry.first_cluster, MAX_FOLDER / layout.cluster_size + 1)?;
            chain.size = count * layout.cluster_size;
            if chain.size > MAX_FOLDER {
                return Err(Error::damaged(
                    "a folder",
                    format!("its chain has more than {MAX_FOLDER} bytes or is a circle"),
                ));
            }
        }
        chain.initialised = chain.size;
        Ok(chain)
    }

    fn empty(layout: &Arc<Layout>) -> Chain {
        Chain { layout: Arc::clone(layout), runs: Vec::new(), size: 0, initialised: 0 }
    }

    fn push_contiguous(&mut self, entry: &Entry) -> Result<()> {
        let count = entry.size.div_ceil(self.layout.cluster_size);
        let last = u64::from(entry.first_cluster).saturating_add(count.saturating_sub(1));
        let start = self.layout.offset(entry.first_cluster);
        let end = u32::try_from(last).ok().and_then(|last| self.layout.offset(last));
        let (Some(start), Some(_)) = (start, end) else {
            return Err(Error::damaged(
                "a file",
                format!("its clusters from {} are outside the volume", entry.first_cluster),
            ));
        };
        self.runs.push((entry.size, start));
        Ok(())
    }

    /// Adds up to `most` clusters and returns their number.
    fn follow(&mut self, first: u32, most: u64) -> Result<u64> {
        let mut cluster = Some(first);
        let mut count = 0;
        while let Some(number) = cluster.filter(|_| count < most) {
            let offset = self.layout.offset(number);
            let offset =
                offset.ok_or_else(|| Error::damaged("a chain of clusters", format!("it has the cluster {number}")))?;
            if count == self.layout.clusters {
                return Err(Error::damaged("a chain of clusters", "it has more than the volume, or is a circle"));
            }
            let end = count * self.layout.cluster_size;
            count += 1;
            let new_end = count * self.layout.cluster_size;
            let start =
                self.runs.len().checked_sub(2).and_then(|index| self.runs.get(index)).map_or(0, |(end, _)| *end);
            let is_full = self.runs.len() == MAX_RUNS;
            match self.runs.last_mut() {
                Some((run_end, run_at)) if *run_at + (end - start) == offset => *run_end = new_end,
                _ if is_full => {
                    return Err(Error::unsupported(format!("a file in more than {MAX_RUNS} fragments")));
                }
                _ => self.runs.push((new_end, offset)),
            }
            cluster = self.layout.next(number)?;
        }
        Ok(count)
    }
}

impl ReadAt for Chain {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size.saturating_sub(offset));
        if buffer.is_empty() {
            return Ok(0);
        }
        if offset >= self.initialised {
            buffer.fill(0);
            return Ok(buffer.len());
        }
        let buffer = shorten(buffer, self.initialised - offset);
        let index = self.runs.partition_point(|(end, _)| *end <= offset);
        let Some((end, at)) = self.runs.get(index) else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        let start = index.checked_sub(1).and_then(|index| self.runs.get(index)).map_or(0, |(end, _)| *end);
        let buffer = shorten(buffer, end - offset);
        self.layout.device.read_exact_at(buffer, at + (offset - start))?;
        Ok(buffer.len())
    }
}
