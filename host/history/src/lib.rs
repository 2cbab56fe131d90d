//! The scans of earlier days, in one SQLite file, or in a database of a PostgreSQL server.
//!
//! Every scan is kept whole: its report can be written again in each format. What did not change between two scans, or is the same
//! on two machines, is stored once: a machine's report is a tree of parts, each found by the SHA-256 of its bytes.
//!
//! Several scans may write at the same time. A scan becomes part of the history in one transaction, at its end; one that is killed
//! before that leaves nothing but rows that [`History::prune`] removes.

mod baseline;
mod browse;
mod compare;
mod database;
mod date;
mod diff;
mod error;
mod finding;
mod findings;
mod history;
mod limits;
mod numbers;
mod overview;
mod part;
mod prune;
mod read;
mod scans;
mod schema;
mod seen;
mod server;
mod store;
mod tally;
mod text;
mod tree;
mod trend;
mod write;

pub use baseline::KnownProblems;
pub use browse::PastScan;
pub use compare::ChangeKind;
pub use date::Date;
pub use diff::{ChangeCounts, Diff, FindingChange, Machine, MachineChanges};
pub use error::HistoryError;
pub use finding::{FindingKey, State};
pub use history::History;
pub use overview::Overview;
pub use prune::{Keep, Pruned};
pub use read::ScannedMachine;
pub use scans::{Scan, ScanChoice, Totals};
pub use seen::LastSeen;
pub use server::{Server, ServerUrlError};
pub use store::Store;
pub use text::{diff_text, list_text, trend_text};
pub use tree::Prepared;
pub use trend::{TrendLine, TrendStep};
pub use write::ScanWriter;
