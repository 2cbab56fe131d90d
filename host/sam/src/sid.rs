//! Security identifiers (MS-DTYP 2.4.2).

use std::fmt;

use crate::bytes::{slice_at, u32_at};

/// The first byte of every SID.
const REVISION: u8 = 1;
/// The size of revision, number of sub-authorities and authority.
const HEAD_SIZE: usize = 8;

/// The reasons bytes are not a SID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SidError {
    #[error("a SID is truncated")]
    Truncated,
    #[error("a SID has revision {0}: expected 1")]
    Revision(u8),
    #[error("a SID has {0} sub-authorities: at most 15 are allowed")]
    SubAuthorities(u8),
}

/// A security identifier: the identity of an account, a group or a set of logons.
///
/// ```
/// use wardline_sam::Sid;
///
/// let (sid, length) = Sid::read(&[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0])?;
/// assert_eq!((sid.to_string().as_str(), length), ("S-1-5-32-544", 16));
/// # Ok::<(), wardline_sam::SidError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    authority: u64,
    sub_authorities: Vec<u32>,
}

impl Sid {
    /// The limit that `IsValidSid` enforces.
    pub const MAX_SUB_AUTHORITIES: usize = 15;

    /// `S-1-5-32`, the domain of the groups that every Windows has.
    pub fn builtin() -> Sid {
        Sid { authority: 5, sub_authorities: vec![32] }
    }

    /// Parses the SID at the start of these bytes, and returns it with its size in bytes.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn read(bytes: &[u8]) -> Result<(Sid, usize), SidError> {
        let (Some(&revision), Some(&count)) = (bytes.first(), bytes.get(1)) else { return Err(SidError::Truncated) };
        if revision != REVISION {
            return Err(SidError::Revision(revision));
        }
        if usize::from(count) > Self::MAX_SUB_AUTHORITIES {
            return Err(SidError::SubAuthorities(count));
        }
        let size = usize::from(count) * 4;
        let authority = slice_at(bytes, 2, 6).ok_or(SidError::Truncated)?;
        let sub_authorities = slice_at(bytes, HEAD_SIZE, size).ok_or(SidError::Truncated)?;
        let sid = Sid {
            authority: authority.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
            sub_authorities: sub_authorities.chunks_exact(4).filter_map(|number| u32_at(number, 0)).collect(),
        };
        Ok((sid, HEAD_SIZE + size))
    }

    /// The six bytes after the revision and count, as a number: 5 is Windows NT.
    pub fn authority(&self) -> u64 {
        self.authority
    }

    pub fn sub_authorities(&self) -> &[u32] {
        &self.sub_authorities
    }

    /// Returns the SID of a domain's account or group: this one followed by `rid`.
    #[must_use]
    pub fn with_rid(&self, rid: u32) -> Sid {
        let sub_authorities = self.sub_authorities.iter().copied().chain([rid]).collect();
        Sid { authority: self.authority, sub_authorities }
    }

    /// Returns the RID in `domain`, or `None` if the SID belongs to another domain.
    pub fn rid_in(&self, domain: &Sid) -> Option<u32> {
        let (rid, rest) = self.sub_authorities.split_last()?;
        (self.authority == domain.authority && rest == domain.sub_authorities).then_some(*rid)
    }

    /// Returns whether this is the SID of a computer or domain: three numbers after `S-1-5-21`.
    pub fn is_domain(&self) -> bool {
        self.authority == 5 && self.sub_authorities.len() == 4 && self.sub_authorities.first() == Some(&21)
    }
}

impl fmt::Display for Sid {
    /// Formats the SID as Windows does: authorities that do not fit in 32 bits are hexadecimal.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.authority > u64::from(u32::MAX) {
            write!(formatter, "S-1-0x{:012X}", self.authority)?;
        } else {
            write!(formatter, "S-1-{}", self.authority)?;
        }
        self.sub_authorities.iter().try_for_each(|number| write!(formatter, "-{number}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sids_are_written_as_windows_does() {
        for (bytes, text) in [
            (vec![1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], "S-1-1-0"),
            (vec![1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0], "S-1-5-32-544"),
            (vec![1, 0, 1, 2, 3, 4, 5, 6], "S-1-0x010203040506"),
        ] {
            let (sid, length) = Sid::read(&bytes).unwrap();
            assert_eq!((sid.to_string().as_str(), length), (text, bytes.len()));
        }
    }

    #[test]
    fn what_is_no_sid_says_why() {
        for (bytes, error) in [
            (&[][..], SidError::Truncated),
            (&[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0], SidError::Truncated),
            (&[2, 0, 0, 0, 0, 0, 0, 5], SidError::Revision(2)),
            (&[1, 16, 0, 0, 0, 0, 0, 5], SidError::SubAuthorities(16)),
        ] {
            assert_eq!(Sid::read(bytes), Err(error));
        }
    }
}
