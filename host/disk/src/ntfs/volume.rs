//! The volume: the boot sector, the master file table, and the attributes of files.

use std::sync::{Arc, OnceLock};

use super::data::{Data, Stored};
use super::record::{self, ATTRIBUTE_LIST, Attribute, Content, DATA, Listed, Record};
use super::runs::Runs;
use crate::bytes::{Fields, length};
use crate::error::{Error, Result};
use crate::place::Reference;
use crate::read_at::ReadAt;

const BOOT: &str = "the boot sector (NTFS)";
const BOOT_SIZE: usize = 512;
const OEM: &[u8] = b"NTFS    ";
const TABLE: &str = "the master file table";

/// The records with fixed numbers.
pub(super) const MFT: u64 = 0;
pub(super) const VOLUME: u64 = 3;
pub(super) const ROOT: u64 = 5;
pub(super) const SECURE: u64 = 9;
pub(super) const UPCASE: u64 = 10;

const MAX_CLUSTER: u64 = 2 << 20;
const MIN_RECORD: u64 = 512;
const MAX_RECORD: u64 = 64 << 10;
/// The largest attribute list, in bytes; Windows has the limit 256 KiB.
const MAX_LIST: u64 = 1 << 20;

/// Attribute flags: the kind of compression, and encryption.
const COMPRESSION: u16 = 0x00ff;
const LZNT1: u16 = 1;
const ENCRYPTED: u16 = 0x4000;

pub(super) struct Volume {
    pub(super) device: Arc<dyn ReadAt>,
    pub(super) cluster_size: u64,
    record_size: u64,
    table: Stored,
    /// The capitals of all code units, read when a name needs them.
    pub(super) capitals: OnceLock<Vec<u16>>,
}

/// A file, with the list of attributes in its other records.
pub(super) struct File {
    pub(super) reference: Reference,
    record: Record,
    list: Option<Vec<Listed>>,
}

impl File {
    pub(super) fn is_folder(&self) -> bool {
        self.record.is_folder()
    }

    pub(super) fn damaged(&self, reason: impl Into<String>) -> Error {
        self.record.damaged(reason)
    }
}

impl Volume {
    pub(super) fn open(device: Arc<dyn ReadAt>) -> Result<Volume> {
        let boot = device.bytes_at(0, BOOT_SIZE)?;
        let fields = Fields::new(BOOT, &boot);
        fields.signature(3, OEM)?;
        let sector = u64::from(fields.u16(11)?);
        if !sector.is_power_of_two() || !(256..=4096).contains(&sector) {
            return Err(fields.damaged(format!("a sector has {sector} bytes, expected a power of 2 from 256 to 4096")));
        }
        // Above 128, the number is the negative of a power of 2.
        let per_cluster = match fields.u8(13)? {
            count @ ..=128 => u64::from(count),
            power => 1u64.checked_shl(256 - u32::from(power)).unwrap_or(0),
        };
        let cluster_size = per_cluster.saturating_mul(sector);
        if !cluster_size.is_power_of_two() || cluster_size > MAX_CLUSTER {
            return Err(
                fields.damaged(format!("a cluster has {cluster_size} bytes, expected a power of 2 up to 2 MiB"))
            );
        }
        let [record] = fields.array::<1>(64)?.map(|byte| i8::from_le_bytes([byte]));
        let record_size = match u64::try_from(record) {
            Ok(clusters) => clusters * cluster_size,
            Err(_) => 1u64.checked_shl(record.unsigned_abs().into()).unwrap_or(0),
        };
        if !record_size.is_power_of_two() || !(MIN_RECORD..=MAX_RECORD).contains(&record_size) {
            return Err(fields.damaged(format!("a file record has {record_size} bytes, expected 512 to 65536")));
        }
        let mut failed = None;
        // The copy has the first four records.
        for field in [48, 56] {
            let start = fields.u64(field)?.saturating_mul(cluster_size);
            match read_table(&device, start, cluster_size, record_size) {
                Ok(table) => {
                    return Ok(Volume { device, cluster_size, record_size, table, capitals: OnceLock::new() });
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Err(failed.unwrap_or_else(|| Error::damaged(TABLE, "it is missing")))
    }

    fn record(&self, number: u64) -> Result<Record> {
        read_record(&self.device, &self.table, self.cluster_size, self.record_size, number)
    }

    /// Opens a file by its reference.
    pub(super) fn file(&self, reference: Reference) -> Result<File> {
        let record = self.record(reference.number())?;
        if !record.is_in_use() {
            return Err(record.damaged("it is not in use"));
        }
        if ![0, record.sequence].contains(&reference.sequence()) {
            let reason = format!("it is in use number {}, expected {}", record.sequence, reference.sequence());
            return Err(record.damaged(reason));
        }
        if record.base.number() != 0 {
            return Err(record.damaged("it is an extension of another one"));
        }
        let list = list_of(&record, |extents| {
            let data = stored(&record, extents)?;
            let mut bytes = vec![0; length(data.size.min(MAX_LIST))];
            let mut done = 0;
            while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
                match data.read_at(&self.device, self.cluster_size, rest, done as u64)? {
                    0 => break,
                    count => done += count,
                }
            }
            Ok(bytes)
        })?;
        Ok(File { reference, record, list })
    }

    /// Reads an attribute by type and name, wherever its parts are; `None` if the file has none.
    pub(super) fn attribute(&self, file: &File, kind: u32, name: &str) -> Result<Option<Data>> {
        let name = name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let of_name = |attribute: &Attribute| attribute.name == name;
        let Some(list) = &file.list else {
            let parts = file.record.attributes(kind)?;
            return assemble(&file.record, parts.into_iter().filter(of_name).collect());
        };
        let mut listed = list.iter().filter(|one| one.kind == kind && one.name == name).collect::<Vec<_>>();
        listed.sort_by_key(|one| one.first);
        let mut parts = Vec::new();
        for one in listed {
            let own = one.record.number() == file.reference.number();
            let other = if own { None } else { Some(self.extension(file, one.record)?) };
            let found = other.as_ref().unwrap_or(&file.record).attributes(kind)?;
            let part = found.into_iter().find(|attribute| attribute.id == one.id && of_name(attribute));
            parts.push(part.ok_or_else(|| file.damaged(format!("the listed attribute {kind:#x} is missing")))?);
        }
        assemble(&file.record, parts)
    }

    /// Reads a record that extends a file's first one.
    fn extension(&self, file: &File, reference: Reference) -> Result<Record> {
        let record = self.record(reference.number())?;
        match record.is_in_use() && record.base.number() == file.reference.number() {
            true => Ok(record),
            false => Err(record.damaged(format!("it does not extend the record {}", file.reference.number()))),
        }
    }
}

/// Reads the entries of a record's attribute list; `read` reads one that is stored in clusters.
fn list_of(record: &Record, read: impl FnOnce(Vec<Attribute>) -> Result<Vec<u8>>) -> Result<Option<Vec<Listed>>> {
    let lists = record.attributes(ATTRIBUTE_LIST)?;
    let bytes = match lists.first().map(|list| &list.content) {
        None => return Ok(None),
        Some(Content::Resident(bytes)) => bytes.clone(),
        Some(Content::Extent(_)) => read(lists)?,
    };
    record::attribute_list("an attribute list", &bytes).map(Some)
}

/// Puts the parts of an attribute together.
fn assemble(record: &Record, parts: Vec<Attribute>) -> Result<Option<Data>> {
    match parts.first().map(|part| &part.content) {
        None => Ok(None),
        Some(Content::Resident(bytes)) => Ok(Some(Data::Resident(bytes.clone()))),
        Some(Content::Extent(_)) => stored(record, parts).map(|stored| Some(Data::Stored(stored))),
    }
}

fn stored(record: &Record, parts: Vec<Attribute>) -> Result<Stored> {
    let place = format!("an attribute {:#x}", parts.first().map_or(0, |part| part.kind));
    let mut whole = Stored { runs: Runs::default(), size: 0, initialised: 0, unit: None };
    for part in parts {
        let Content::Extent(extent) = part.content else {
            return Err(record.damaged("an attribute is partly in the record and partly in clusters"));
        };
        if extent.first == 0 {
            if part.flags & ENCRYPTED != 0 {
                return Err(Error::unsupported("a file encrypted with EFS"));
            }
            let is_compressed = part.flags & COMPRESSION != 0 && extent.unit != 0;
            if is_compressed && part.flags & COMPRESSION != LZNT1 {
                return Err(Error::unsupported(format!("the NTFS compression {}", part.flags & COMPRESSION)));
            }
            let unit = 1u64.checked_shl(extent.unit.into()).filter(|_| is_compressed);
            (whole.size, whole.initialised, whole.unit) = (extent.size, extent.initialised, unit);
        }
        whole.runs.extend(&place, extent.first, &extent.runs)?;
    }
    Ok(whole)
}

fn read_record(
    device: &dyn ReadAt,
    table: &Stored,
    cluster_size: u64,
    record_size: u64,
    number: u64,
) -> Result<Record> {
    let offset = number.checked_mul(record_size).filter(|offset| *offset < table.size);
    let offset = offset.ok_or_else(|| Error::damaged(TABLE, format!("it has no record {number}")))?;
    let mut bytes = vec![0; length(record_size)];
    let mut done = 0;
    // A record may be in two runs.
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match table.read_at(device, cluster_size, rest, offset + done as u64)? {
            0 => return Err(Error::damaged(TABLE, format!("it ends inside the record {number}"))),
            count => done += count,
        }
    }
    Record::read(number, bytes)
}

/// Reads the place of the table from its own first record.
///
/// If the table has several records itself, each of them is in the part that the previous ones describe.
fn read_table(device: &Arc<dyn ReadAt>, start: u64, cluster_size: u64, record_size: u64) -> Result<Stored> {
    let bytes = device.bytes_at(start, length(record_size))?;
    let record = Record::read(MFT, bytes)?;
    let mut table = stored(&record, record.attributes(DATA)?)?;
    let list = list_of(&record, |parts| {
        let list = stored(&record, parts)?;
        let mut bytes = vec![0; length(list.size.min(MAX_LIST))];
        list.read_at(device, cluster_size, &mut bytes, 0).map(|_| bytes).map_err(Error::from)
    })?;
    let mut parts = list.unwrap_or_default();
    parts.retain(|part| part.kind == DATA && part.name.is_empty() && part.record.number() != MFT);
    parts.sort_by_key(|part| part.first);
    for part in parts {
        let extension = read_record(device, &table, cluster_size, record_size, part.record.number())?;
        let found = extension.attributes(DATA)?.into_iter().find(|attribute| attribute.id == part.id);
        let Some(Content::Extent(extent)) = found.map(|attribute| attribute.content) else {
            return Err(extension.damaged("it has no part of the master file table"));
        };
        table.runs.extend(TABLE, extent.first, &extent.runs)?;
    }
    if table.unit.is_some() {
        return Err(Error::damaged(TABLE, "it is compressed"));
    }
    Ok(table)
}
