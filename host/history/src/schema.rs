//! The tables of a history, and the migrations between their versions.

use rusqlite::{Connection, TransactionBehavior};

/// The number that marks an SQLite file as a history (`PRAGMA application_id`): "WDLH".
pub(crate) const APPLICATION: i64 = 0x5744_4c48;

/// The statements that lead from each version to the next; the first creates version 1.
///
/// `part` has the pieces of reports; `body` is compressed (raw DEFLATE) if it is shorter than `size`, the length of the piece.
/// `scan.head` and `scan.closing` are the report's parts before and after the machines. A scan is whole once it has `ended`; times
/// are seconds since 1970. `result.report` is the root of a machine's report, see `tree.rs`.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE part (
        id INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        size INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE machine (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        location TEXT NOT NULL,
        UNIQUE (name, location)
    ) STRICT;
    CREATE TABLE scan (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        begun INTEGER NOT NULL,
        touched INTEGER NOT NULL,
        ended INTEGER,
        tool TEXT NOT NULL,
        head INTEGER NOT NULL,
        closing INTEGER,
        totals TEXT
    ) STRICT;
    CREATE TABLE result (
        scan INTEGER NOT NULL,
        place INTEGER NOT NULL,
        machine INTEGER NOT NULL,
        opened INTEGER NOT NULL,
        report INTEGER NOT NULL,
        PRIMARY KEY (scan, place)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX result_of_machine ON result (machine, scan);
"];

/// The version that this program writes.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;

/// The version of a file: its application and the number of its migrations. Both are 0 for an empty file.
pub(crate) fn version(db: &Connection) -> rusqlite::Result<(i64, i64)> {
    let read = |pragma| db.pragma_query_value(None, pragma, |row| row.get(0));
    Ok((read("application_id")?, read("user_version")?))
}

/// Brings the tables to the newest version in one transaction.
pub(crate) fn migrate(db: &mut Connection) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have migrated the file since it was opened.
    let (_, from) = version(&transaction)?;
    for statements in MIGRATIONS.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
        transaction.execute_batch(statements)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
