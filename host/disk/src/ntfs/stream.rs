//! The contents of an attribute, decompressed, read by place.

use std::io;
use std::sync::Arc;

use super::data::{Data, Stored};
use super::volume::Volume;
use crate::bytes::{length, shorten};
use crate::compress::lznt1;
use crate::error::{Error, Result};
use crate::read_at::{Chunks, ReadAt};

/// The number of decompressed units kept per open file.
const KEPT: usize = 4;
/// The largest unit of compression, in bytes: 16 clusters of 4 KiB are usual.
const MAX_UNIT: u64 = 1 << 20;

/// An open attribute.
pub(super) struct Stream {
    volume: Arc<Volume>,
    data: Data,
    units: Chunks,
}

impl Stream {
    pub(super) fn new(volume: Arc<Volume>, data: Data) -> Result<Stream> {
        if let Data::Stored(Stored { unit: Some(unit), .. }) = &data
            && unit.saturating_mul(volume.cluster_size) > MAX_UNIT
        {
            return Err(Error::unsupported(format!("compression in units of {unit} clusters")));
        }
        Ok(Stream { volume, data, units: Chunks::new(KEPT) })
    }

    /// Reads a unit: stored as it is, not at all, or compressed in fewer clusters.
    fn unit(&self, stored: &Stored, number: u64, clusters: u64) -> io::Result<Vec<u8>> {
        let cluster_size = self.volume.cluster_size;
        let size = length(clusters * cluster_size);
        let first = number * clusters;
        let mut bytes = Vec::new();
        let mut at = first;
        while let Some(run) = stored.runs.from(at).filter(|_| at < first + clusters) {
            let count = run.count.min(first + clusters - at);
            let Some(cluster) = run.cluster else { break };
            let start = bytes.len();
            bytes.resize(start + length(count * cluster_size), 0);
            let place = cluster.checked_mul(cluster_size).ok_or(io::ErrorKind::UnexpectedEof)?;
            self.volume.device.read_exact_at(bytes.get_mut(start..).unwrap_or_default(), place)?;
            at += count;
        }
        if bytes.len() < size && !bytes.is_empty() {
            bytes = lznt1::decompress(&bytes, size)
                .map_err(|error| Error::damaged(format!("the compression unit {number}"), error.to_string()))?;
        }
        bytes.resize(size, 0);
        Ok(bytes)
    }
}

impl ReadAt for Stream {
    fn size(&self) -> u64 {
        self.data.size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let stored = match &self.data {
            Data::Resident(bytes) => return bytes.read_at(buffer, offset),
            Data::Stored(stored) => stored,
        };
        let Some(clusters) = stored.unit else {
            return stored.read_at(&self.volume.device, self.volume.cluster_size, buffer, offset);
        };
        let buffer = shorten(buffer, stored.size.saturating_sub(offset));
        if offset >= stored.initialised {
            buffer.fill(0);
            return Ok(buffer.len());
        }
        let buffer = shorten(buffer, stored.initialised - offset);
        let size = clusters * self.volume.cluster_size;
        let number = offset / size;
        let unit = self.units.get(number, || self.unit(stored, number, clusters))?;
        unit.read_at(buffer, offset % size)
    }
}
