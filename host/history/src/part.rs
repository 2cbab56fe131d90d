//! The pieces of reports, each stored once.

use std::collections::HashMap;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::HistoryError;
use crate::limits::MOST_OF_A_PART;
use crate::store::History;

/// Shorter pieces are not compressed: little is gained, and many of them are read for a comparison.
const LEAST_COMPRESSED: usize = 200;

/// miniz_oxide's default; higher levels take several times as long for a few percent.
const COMPRESSION: u8 = 6;

/// The number of digests whose rows a scan remembers, so that it does not have to look for them again.
const MOST_REMEMBERED: usize = 1 << 20;

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
    /// Returns the row of a piece, which is stored if it is not there.
    pub(crate) fn store(&mut self, db: &Connection, blob: &Blob) -> rusqlite::Result<i64> {
        if let Some(id) = self.0.get(&blob.digest) {
            return Ok(*id);
        }
        let found = db.query_row("SELECT id FROM part WHERE digest = ?1", [&blob.digest[..]], |row| row.get(0));
        let id = match found.optional()? {
            Some(id) => id,
            None => {
                let packed = (blob.bytes.len() >= LEAST_COMPRESSED).then(|| compress_to_vec(&blob.bytes, COMPRESSION));
                let body = packed.filter(|packed| packed.len() < blob.bytes.len());
                let body = body.as_deref().unwrap_or(&blob.bytes);
                let size = i64::try_from(blob.bytes.len()).unwrap_or(i64::MAX);
                db.execute(
                    "INSERT INTO part (digest, size, body) VALUES (?1, ?2, ?3)",
                    params![&blob.digest[..], size, body],
                )?;
                db.last_insert_rowid()
            }
        };
        if self.0.len() >= MOST_REMEMBERED {
            self.0.clear();
        }
        self.0.insert(blob.digest, id);
        Ok(id)
    }
}

impl History {
    /// Returns the bytes of a piece.
    pub(crate) fn part(&self, id: i64) -> Result<Vec<u8>, HistoryError> {
        let damaged = |what: &str| HistoryError::damaged(self.file(), format!("part {id}: {what}"));
        let row = self
            .db
            .query_row("SELECT digest, size, body FROM part WHERE id = ?1", [id], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?))
            })
            .optional()
            .map_err(|error| self.failed(error))?;
        let (digest, size, body) = row.ok_or_else(|| damaged("is missing"))?;
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size as u64 <= MOST_OF_A_PART)
            .ok_or_else(|| damaged("its size is out of range"))?;
        let bytes = match body.len() {
            length if length == size => body,
            _ => decompress_to_vec_with_limit(&body, size).map_err(|_| damaged("cannot be decompressed"))?,
        };
        if Sha256::digest(&bytes)[..] != digest[..] {
            return Err(damaged("its digest is not that of its contents"));
        }
        Ok(bytes)
    }
}
