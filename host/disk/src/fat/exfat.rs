//! Folders of exFAT.

use std::ops::ControlFlow;

use super::chain::Chain;
use super::time::file_time;
use super::{Entry, Found};
use crate::bytes::{Fields, text, units};
use crate::error::Result;
use crate::read_at::ReadAt;

const ENTRY: usize = 32;
const BATCH: usize = 128 * ENTRY;

const FILE: u8 = 0x85;
const STREAM: u8 = 0xc0;
const NAME: u8 = 0xc1;
const FOLDER: u16 = 0x10;
const NO_CHAIN: u8 = 2;

/// A file whose entries have been read in part.
struct Begun {
    entry: Entry,
    name: Vec<u16>,
    /// The number of entries that follow.
    left: u8,
    name_length: usize,
}

pub(super) fn visit(folder: &Chain, visit: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<()> {
    let mut begun: Option<Begun> = None;
    let mut at = 0;
    loop {
        let batch = folder.bytes_at(at, BATCH)?;
        if batch.is_empty() {
            return Ok(());
        }
        at += batch.len() as u64;
        for bytes in batch.chunks_exact(ENTRY) {
            let fields = Fields::new("an entry of a folder", bytes);
            match (fields.u8(0)?, begun.as_mut()) {
                (0, _) => return Ok(()),
                (FILE, _) => begun = Some(file(fields)?),
                (STREAM, Some(file)) => file.add_stream(fields)?,
                (NAME, Some(file)) => {
                    file.name.extend(units(fields.slice(2, 30)?));
                    file.left = file.left.saturating_sub(1);
                }
                // Extensions of vendors.
                (0xc2.., Some(file)) => file.left = file.left.saturating_sub(1),
                _ => begun = None,
            }
            if let Some(file) = begun.take_if(|file| file.left == 0) {
                let name = text(file.name.into_iter().take(file.name_length));
                if visit(Found { name, short: None, entry: file.entry }).is_break() {
                    return Ok(());
                }
            }
        }
    }
}

fn file(fields: Fields<'_>) -> Result<Begun> {
    let modified = fields.u32(12)?.to_le_bytes();
    let [time_low, time_high, date_low, date_high] = modified;
    let time = file_time(u16::from_le_bytes([date_low, date_high]), u16::from_le_bytes([time_low, time_high]));
    let entry = Entry { is_folder: fields.u16(4)? & FOLDER != 0, modified: time, ..Entry::default() };
    Ok(Begun { entry, name: Vec::new(), left: fields.u8(1)?.max(1), name_length: 0 })
}

impl Begun {
    fn add_stream(&mut self, fields: Fields<'_>) -> Result<()> {
        self.entry.is_contiguous = fields.u8(1)? & NO_CHAIN != 0;
        self.entry.initialised = fields.u64(8)?;
        self.entry.first_cluster = fields.u32(20)?;
        self.entry.size = fields.u64(24)?;
        self.name_length = fields.u8(3)?.into();
        self.left = self.left.saturating_sub(1);
        Ok(())
    }
}
