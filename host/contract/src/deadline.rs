//! Deadlines for answers.
//!
//! The target controls how much there is to read: a file of terabytes, a folder of millions of names. Code that walks through such
//! data checks the deadline as it goes.

use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

/// The number of bytes that may be read between two checks of the clock.
const STRIDE: usize = 1 << 20;

/// A point in time by which an answer is due, or no limit.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

/// The deadline passed before the answer was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of time")]
pub struct Passed;

impl Deadline {
    /// Returns a deadline that never passes, for sources whose answers are in memory.
    pub fn never() -> Deadline {
        Deadline(None)
    }

    /// Returns the deadline `time` from now, or none if that is beyond the range of the clock.
    pub fn after(time: Duration) -> Deadline {
        Deadline(Instant::now().checked_add(time))
    }

    /// The point in time, if there is a limit: for calls that wait themselves.
    pub fn instant(self) -> Option<Instant> {
        self.0
    }

    /// Checks that there is still time.
    ///
    /// # Errors
    ///
    /// If the deadline has passed.
    pub fn check(self) -> Result<(), Passed> {
        match self.0 {
            Some(end) if Instant::now() >= end => Err(Passed),
            _ => Ok(()),
        }
    }

    /// Wraps a reader so that it reads until the deadline, then fails with an error that [`Deadline::is_passed`] recognises.
    pub fn reading<R>(self, source: R) -> Reading<R> {
        Reading { source, deadline: self }
    }

    /// Whether a read error means that the deadline passed.
    pub fn is_passed(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Passed>())
    }
}

/// A reader that fails once a deadline has passed.
#[derive(Debug)]
pub struct Reading<R> {
    source: R,
    deadline: Deadline,
}

impl<R: Read> Read for Reading<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.deadline.check().map_err(|passed| io::Error::new(io::ErrorKind::TimedOut, passed))?;
        let length = buffer.len().min(STRIDE);
        match buffer.get_mut(..length) {
            Some(buffer) => self.source.read(buffer),
            None => Ok(0),
        }
    }
}

impl<R: Seek> Seek for Reading<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.source.seek(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_without_an_end_ends_in_time() {
        for time in [Duration::ZERO, Duration::from_millis(50)] {
            let error = io::copy(&mut Deadline::after(time).reading(io::repeat(0)), &mut io::sink()).unwrap_err();
            assert!(Deadline::is_passed(&error), "{error}");
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
        assert!(!Deadline::is_passed(&io::ErrorKind::TimedOut.into()));
    }

    #[test]
    fn a_time_beyond_the_clock_is_no_deadline() {
        assert_eq!(Deadline::after(Duration::MAX).check(), Ok(()));
        assert_eq!(Deadline::never().check(), Ok(()));
        assert_eq!(Deadline::after(Duration::ZERO).check(), Err(Passed));
    }
}
