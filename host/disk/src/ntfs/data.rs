//! The data of an attribute: in its record, or in clusters.

use std::io;

use super::runs::Runs;
use crate::bytes::shorten;
use crate::error::Error;
use crate::read_at::ReadAt;

/// An attribute that is stored in clusters.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) runs: Runs,
    pub(super) size: u64,
    /// The bytes after this are zeros, whatever is in the clusters.
    pub(super) initialised: u64,
    /// The number of clusters in a unit of compression; `None` if not compressed.
    pub(super) unit: Option<u64>,
}

impl Stored {
    /// Reads from an attribute that is not compressed.
    pub(super) fn read_at(
        &self,
        device: &dyn ReadAt,
        cluster_size: u64,
        buffer: &mut [u8],
        offset: u64,
    ) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size.saturating_sub(offset));
        if buffer.is_empty() {
            return Ok(0);
        }
        if offset >= self.initialised {
            buffer.fill(0);
            return Ok(buffer.len());
        }
        let buffer = shorten(buffer, self.initialised - offset);
        let within = offset % cluster_size;
        let run = self.runs.from(offset / cluster_size).ok_or_else(|| {
            let reason = format!("no cluster holds the byte {offset} of {}", self.size);
            Error::damaged("a run list", reason)
        })?;
        let buffer = shorten(buffer, run.count.saturating_mul(cluster_size) - within);
        match run.cluster {
            None => buffer.fill(0),
            Some(cluster) => {
                let place = cluster.checked_mul(cluster_size).and_then(|start| start.checked_add(within));
                let place = place.filter(|place| *place < device.size());
                let place = place.ok_or_else(|| {
                    Error::damaged("a run list", format!("the cluster {cluster} is outside the volume"))
                })?;
                device.read_exact_at(buffer, place)?;
            }
        }
        Ok(buffer.len())
    }
}

/// The contents of an attribute.
#[derive(Clone, Debug)]
pub(super) enum Data {
    Resident(Vec<u8>),
    Stored(Stored),
}

impl Data {
    pub(super) fn size(&self) -> u64 {
        match self {
            Data::Resident(bytes) => bytes.len() as u64,
            Data::Stored(stored) => stored.size,
        }
    }
}
