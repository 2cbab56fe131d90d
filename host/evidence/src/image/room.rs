//! How much one listing may hold.

use wardline_contract::Deadline;

use super::failure::{Failure, Found};

/// What one listing may hold, in bytes: 16 MiB. Many members of a list may share one long text in the hive.
const MAX_BYTES: usize = 16 << 20;

/// What is left of a listing's room, and of its time.
pub(super) struct Room {
    what: &'static str,
    left: usize,
    deadline: Deadline,
}

impl Room {
    /// Room for one listing. `what` names in the plural what takes it: "the texts of services".
    pub(super) fn new(what: &'static str, deadline: Deadline) -> Room {
        Room { what, left: MAX_BYTES, deadline }
    }

    /// Makes sure that there is time left, for a member that takes no room.
    ///
    /// # Errors
    ///
    /// [`Failure::OutOfTime`] where the deadline has passed.
    pub(super) fn check_time(&self) -> Found<()> {
        Ok(self.deadline.check()?)
    }

    /// Takes `bytes` for a member, before the member is kept.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreadable`] where there is not so much left, [`Failure::OutOfTime`] where the deadline has passed.
    pub(super) fn take(&mut self, bytes: usize) -> Found<()> {
        self.check_time()?;
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| Failure::Unreadable(format!("{} take more than {MAX_BYTES} bytes", self.what)))?;
        Ok(())
    }
}
