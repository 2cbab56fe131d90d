//! The limits of a history.

use std::time::Duration;

use wardline_report::MAX_TARGET;

/// How long to wait for another process that is writing. Writes take less than a second each.
pub(crate) const BUSY: Duration = Duration::from_secs(60);

/// The number of machines whose pieces are read ahead together.
pub(crate) const GROUP: usize = 64;

/// The maximum size in bytes of a piece.
pub(crate) const MAX_PART: u64 = MAX_TARGET;
