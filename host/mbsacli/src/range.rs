//! Ranges of IPv4 addresses.

use std::net::Ipv4Addr;
use std::str::FromStr;

/// An inclusive range of addresses, `10.0.0.1-10.0.0.50`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    first: Ipv4Addr,
    last: Ipv4Addr,
}

/// The text is not a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRange {
    #[error("expected two IPv4 addresses, such as 10.0.0.1-10.0.0.50")]
    Form,
    #[error("the first address is higher than the last")]
    Reversed,
}

impl AddressRange {
    /// Whether an address is in the range.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&address)
    }
}

impl FromStr for AddressRange {
    type Err = BadRange;

    fn from_str(text: &str) -> Result<Self, BadRange> {
        let (first, last) = text.split_once('-').ok_or(BadRange::Form)?;
        let address = |text: &str| text.trim().parse::<Ipv4Addr>().map_err(|_| BadRange::Form);
        let range = AddressRange { first: address(first)?, last: address(last)? };
        if range.first > range.last { Err(BadRange::Reversed) } else { Ok(range) }
    }
}

impl std::fmt::Display for AddressRange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_includes_both_ends() {
        let range: AddressRange = "10.0.0.9-10.0.1.1".parse().unwrap();
        for (address, inside) in
            [("10.0.0.8", false), ("10.0.0.9", true), ("10.0.0.200", true), ("10.0.1.1", true), ("10.0.1.2", false)]
        {
            assert_eq!(range.contains(address.parse().unwrap()), inside, "{address}");
        }
        assert_eq!("10.0.0.2-10.0.0.1".parse::<AddressRange>(), Err(BadRange::Reversed));
        for bad in ["", "10.0.0.1", "10.0.0.1-", "10.0.0.1-10.0.0.256", "a-b", "10.0.0.1-10.0.0.2-10.0.0.3"] {
            assert_eq!(bad.parse::<AddressRange>(), Err(BadRange::Form), "{bad}");
        }
    }
}
