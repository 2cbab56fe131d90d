//! Until when an answer has to be there.
//!
//! How much there is to read is for the target to say: a file of terabytes, a folder of millions of names. Whatever goes through
//! such a thing looks at the deadline as it goes.

use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

/// Bytes that are read without a look at the clock.
const STRIDE: usize = 1 << 20;

/// A point in time by which an answer has to be there, or none.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

/// The deadline passed before the answer was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of time")]
pub struct Passed;

impl Deadline {
    /// For what has its answers at hand.
    pub fn never() -> Deadline {
        Deadline(None)
    }

    /// So long from now. A time longer than the clock can tell is none.
    pub fn after(time: Duration) -> Deadline {
        Deadline(Instant::now().checked_add(time))
    }

    /// Whether there is still time.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn check(self) -> Result<(), Passed> {
        match self.0 {
            Some(end) if Instant::now() >= end => Err(Passed),
            _ => Ok(()),
        }
    }

    /// Reads from a source as long as there is time. Then reading fails with an error that [`Deadline::is_passed`] knows.
    pub fn reading<R>(self, source: R) -> Reading<R> {
        Reading { source, deadline: self }
    }

    /// Whether an error of reading says that the deadline passed.
    pub fn is_passed(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Passed>())
    }
}

/// A source that is read until a deadline.
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
