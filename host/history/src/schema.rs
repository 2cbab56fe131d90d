//! The tables of a history, and the migrations between their versions.

/// The statements that lead from a version to the next one.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) sqlite: &'static str,
    pub(crate) postgresql: &'static str,
}

/// The migrations; the first creates version 1, the second adds tallies, the third the runs of scans.
///
/// `part` has the pieces of reports; `body` is compressed (raw DEFLATE) if it is shorter than `size`, the length of the piece.
/// `scan.head` and `scan.closing` are the report's parts before and after the machines. A scan is whole once it has `ended`; times
/// are seconds since 1970. `scan.run` identifies a scan that can be continued, so that it is added once. `result.report` is the root of a machine's report, see `tree.rs`. `tally` has what is derived from a
/// report, see `tally.rs`, and may lack any.
///
/// PostgreSQL's index of a machine's name is a hash because locations may be longer than its other indices allow. Names and
/// locations are unique in both databases: scans add them one after another.
pub(crate) const MIGRATIONS: [Migration; 3] = [
    Migration {
        sqlite: "
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
    ",
        postgresql: "
    CREATE TABLE part (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        digest BYTEA NOT NULL UNIQUE,
        size BIGINT NOT NULL,
        body BYTEA NOT NULL
    );
    ALTER TABLE part ALTER COLUMN body SET STORAGE EXTERNAL;
    CREATE TABLE machine (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name TEXT NOT NULL,
        location TEXT NOT NULL
    );
    CREATE INDEX machine_of_name ON machine USING hash (name);
    CREATE TABLE scan (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        begun BIGINT NOT NULL,
        touched BIGINT NOT NULL,
        ended BIGINT,
        tool TEXT NOT NULL,
        head BIGINT NOT NULL,
        closing BIGINT,
        totals TEXT
    );
    CREATE TABLE result (
        scan BIGINT NOT NULL,
        place BIGINT NOT NULL,
        machine BIGINT NOT NULL,
        opened BIGINT NOT NULL,
        report BIGINT NOT NULL,
        PRIMARY KEY (scan, place)
    );
    CREATE INDEX result_of_machine ON result (machine, scan);
    ",
    },
    Migration {
        sqlite: "
    CREATE TABLE tally (
        report INTEGER PRIMARY KEY,
        version INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    ",
        postgresql: "
    CREATE TABLE tally (
        report BIGINT PRIMARY KEY,
        version BIGINT NOT NULL,
        body BYTEA NOT NULL
    );
    ",
    },
    Migration { sqlite: "ALTER TABLE scan ADD COLUMN run TEXT;", postgresql: "ALTER TABLE scan ADD COLUMN run TEXT;" },
];

/// The version that this program writes.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;
