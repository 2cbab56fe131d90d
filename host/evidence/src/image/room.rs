//! The memory limit of one listing.

use wardline_contract::Deadline;

use super::failure::{Failure, Found};

/// The maximum size of one listing, in bytes: 16 MiB. Many members of a list may share one long text in the hive.
const MAX_BYTES: usize = 16 << 20;

/// The remaining room and time of one listing.
pub(super) struct Room {
    what: &'static str,
    left: usize,
    deadline: Deadline,
}

impl Room {
    /// Creates the room for one listing. `what` is a plural noun for its contents: "the texts of services".
    pub(super) fn new(what: &'static str, deadline: Deadline) -> Room {
        Room { what, left: MAX_BYTES, deadline }
    }

    /// Checks the deadline, for a member that takes no room.
    ///
    /// # Errors
    ///
    /// [`Failure::OutOfTime`] if the deadline has passed.
    pub(super) fn check_time(&self) -> Found<()> {
        Ok(self.deadline.check()?)
    }

    /// Takes `bytes` for a member. Called before the member is kept.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreadable`] if less than that is left, [`Failure::OutOfTime`] if the deadline has passed.
    pub(super) fn take(&mut self, bytes: usize) -> Found<()> {
        self.check_time()?;
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| Failure::Unreadable(format!("{} take more than {MAX_BYTES} bytes", self.what)))?;
        Ok(())
    }
}
