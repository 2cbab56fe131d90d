//! The pieces of reports, each stored once.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::database::{Column, Database, Each, Row};
use crate::error::HistoryError;
use crate::limits::MAX_PART;

/// Shorter pieces are not compressed: little is gained, and many of them are read for a comparison.
const LEAST_COMPRESSED: usize = 200;

/// miniz_oxide's default; higher levels take several times as long for a few percent.
const COMPRESSION: u8 = 6;

/// The number of digests whose rows a scan remembers, so that it does not have to look for them again.
const MAX_REMEMBERED: usize = 1 << 20;

/// The size in bytes of the pieces that are kept in memory while reports are read: most are the same on many machines.
const MAX_KEPT: usize = 16 << 20;

const FIND: Each = Each {
    one: "SELECT id, digest FROM part WHERE digest = ?1",
    all: "SELECT id, digest FROM part WHERE digest = ANY(?1)",
};
const ADD: Each = Each {
    one: "INSERT INTO part (digest, size, body) VALUES (?1, ?2, ?3) RETURNING id, digest",
    all: "INSERT INTO part (digest, size, body) SELECT * FROM unnest(?1::bytea[], ?2::bigint[], ?3::bytea[])
          RETURNING id, digest",
};
const READ: Each = Each {
    one: "SELECT id, digest, size, body FROM part WHERE id = ?1",
    all: "SELECT id, digest, size, body FROM part WHERE id = ANY(?1)",
};

/// A piece, and the digest by which it is found.
#[derive(Debug)]
pub(crate) struct Blob {
    pub(crate) digest: [u8; 32],
    pub(crate) bytes: Vec<u8>,
}

impl Blob {
    pub(crate) fn new(bytes: Vec<u8>) -> Blob {
        Blob { digest: Sha256::digest(&bytes).into(), bytes }
    }

    pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Blob {
        let mut bytes = Vec::with_capacity(1024);
        // Writing to memory cannot fail, and the model has only string keys.
        let written = serde_json::to_writer(&mut bytes, value);
        debug_assert!(written.is_ok(), "{written:?}");
        Blob::new(bytes)
    }
}

/// The rows of pieces that a scan has already stored or found.
#[derive(Debug, Default)]
pub(crate) struct Remembered(HashMap<[u8; 32], i64>);

impl Remembered {
    /// Forgets what it remembers if that has become too much.
    pub(crate) fn limit(&mut self) {
        if self.0.len() >= MAX_REMEMBERED {
            self.0.clear();
        }
    }

    /// Stores the pieces that are not there.
    pub(crate) fn store<'b>(
        &mut self,
        db: &Database,
        blobs: impl IntoIterator<Item = &'b Blob>,
    ) -> Result<(), HistoryError> {
        let mut seen = HashSet::new();
        let new = |blob: &&Blob| !self.0.contains_key(&blob.digest) && seen.insert(blob.digest);
        let mut unknown: Vec<&Blob> = blobs.into_iter().filter(new).collect();
        let numbered = |row: &Row<'_>| {
            let digest = row.bytes(1)?.try_into();
            Ok((digest.map_err(|_| damaged(db, "a digest of another length"))?, row.number(0)?))
        };
        let digests: Vec<&[u8]> = unknown.iter().map(|blob| &blob.digest[..]).collect();
        self.0.extend(db.each(FIND, &[Column::Bytes(&digests)], numbered)?);
        unknown.retain(|blob| !self.0.contains_key(&blob.digest));
        let packed: Vec<Option<Vec<u8>>> = unknown.iter().map(|blob| blob.packed()).collect();
        let digests: Vec<&[u8]> = unknown.iter().map(|blob| &blob.digest[..]).collect();
        let sizes: Vec<i64> = unknown.iter().map(|blob| i64::try_from(blob.bytes.len()).unwrap_or(i64::MAX)).collect();
        let bodies: Vec<&[u8]> =
            unknown.iter().zip(&packed).map(|(blob, packed)| packed.as_deref().unwrap_or(&blob.bytes)).collect();
        let columns = [Column::Bytes(&digests), Column::Numbers(&sizes), Column::Bytes(&bodies)];
        self.0.extend(db.each(ADD, &columns, numbered)?);
        Ok(())
    }

    /// Returns the row of a piece that was stored.
    pub(crate) fn row(&self, db: &Database, blob: &Blob) -> Result<i64, HistoryError> {
        self.0.get(&blob.digest).copied().ok_or_else(|| damaged(db, "it did not store a piece"))
    }
}

impl Blob {
    /// Returns the bytes compressed, if that is shorter.
    fn packed(&self) -> Option<Vec<u8>> {
        let packed = (self.bytes.len() >= LEAST_COMPRESSED).then(|| compress_to_vec(&self.bytes, COMPRESSION));
        packed.filter(|packed| packed.len() < self.bytes.len())
    }
}

fn damaged(db: &Database, detail: impl Into<String>) -> HistoryError {
    HistoryError::Damaged { store: db.name().to_owned(), detail: detail.into() }
}

/// Reads pieces, many at once if they are asked for in time, and each only once as long as there is room.
pub(crate) struct PartReader<'h> {
    db: &'h Database,
    kept: HashMap<i64, Rc<[u8]>>,
    size: usize,
}

impl<'h> PartReader<'h> {
    pub(crate) fn new(db: &'h Database) -> Self {
        PartReader { db, kept: HashMap::new(), size: 0 }
    }

    /// Reads the pieces of these rows ahead, as far as there is room. Row 0 is none.
    pub(crate) fn load(&mut self, rows: impl IntoIterator<Item = i64>) -> Result<(), HistoryError> {
        if self.size >= MAX_KEPT {
            self.kept.clear();
            self.size = 0;
        }
        let mut wanted: Vec<i64> = rows.into_iter().filter(|row| *row != 0 && !self.kept.contains_key(row)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let (db, kept, size) = (self.db, &mut self.kept, &mut self.size);
        db.each(READ, &[Column::Numbers(&wanted)], |row| {
            if *size < MAX_KEPT {
                let (number, bytes) = unpacked(db, row)?;
                *size += bytes.len();
                kept.insert(number, bytes.into());
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Returns the bytes of a piece.
    pub(crate) fn get(&mut self, row: i64) -> Result<Rc<[u8]>, HistoryError> {
        if let Some(bytes) = self.kept.get(&row) {
            return Ok(Rc::clone(bytes));
        }
        let db = self.db;
        let mut found = db.each(READ, &[Column::Numbers(&[row])], |row| unpacked(db, row))?;
        let (_, bytes) = found.pop().ok_or_else(|| self.damaged(row, "is missing"))?;
        let bytes: Rc<[u8]> = bytes.into();
        if self.size < MAX_KEPT {
            self.size += bytes.len();
            self.kept.insert(row, Rc::clone(&bytes));
        }
        Ok(bytes)
    }

    /// Reads a piece that is JSON.
    pub(crate) fn json<T: for<'de> Deserialize<'de>>(&mut self, row: i64) -> Result<T, HistoryError> {
        serde_json::from_slice(&self.get(row)?).map_err(|error| self.damaged(row, error))
    }

    /// The error for a piece that is not as it should be.
    pub(crate) fn damaged(&self, row: i64, detail: impl std::fmt::Display) -> HistoryError {
        damaged(self.db, format!("part {row}: {detail}"))
    }
}

/// Returns number and bytes of a piece.
fn unpacked(db: &Database, row: &Row<'_>) -> Result<(i64, Vec<u8>), HistoryError> {
    let number = row.number(0)?;
    let damaged = |what: &str| damaged(db, format!("part {number}: {what}"));
    let (digest, size, body) = (row.bytes(1)?, row.number(2)?, row.bytes(3)?);
    let size = usize::try_from(size)
        .ok()
        .filter(|size| *size as u64 <= MAX_PART)
        .ok_or_else(|| damaged("its size is out of range"))?;
    let bytes = match body.len() {
        length if length == size => body,
        _ => decompress_to_vec_with_limit(&body, size).map_err(|_| damaged("cannot be decompressed"))?,
    };
    if Sha256::digest(&bytes)[..] != digest[..] {
        return Err(damaged("its digest is not that of its contents"));
    }
    Ok((number, bytes))
}
