//! Which machines: ranges of addresses.

use std::net::Ipv4Addr;

use crate::Address;

/// The maximum number of addresses in one range: a /16 network.
const MAX_RANGE: u32 = 1 << 16;

/// The reasons a text names no machines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    #[error(
        "bad range {0:?}: expected FIRST-LAST or NETWORK/BITS with IPv4 addresses, such as 10.0.0.1-10.0.0.50 or 10.0.0.0/24"
    )]
    BadRange(String),
    #[error("the range {0:?} ends before it begins")]
    Backwards(String),
    #[error("the range {range:?} has {count} addresses: at most {MAX_RANGE} are scanned at once")]
    TooManyAddresses { range: String, count: u64 },
}

/// Returns the addresses of a range: `10.0.0.1-10.0.0.50` with both ends, or `10.0.0.0/24` without the network's own address and
/// that for broadcasts.
///
/// # Errors
///
/// If it is neither, or has too many addresses.
pub fn addresses_in(range: &str) -> Result<Vec<Address>, SelectionError> {
    let bad = || SelectionError::BadRange(range.to_owned());
    let ip = |text: &str| text.trim().parse::<Ipv4Addr>().map(u32::from).map_err(|_| bad());
    let (first, last) = if let Some((network, bits)) = range.split_once('/') {
        let bits = bits.trim().parse::<u32>().ok().filter(|bits| *bits <= 32).ok_or_else(bad)?;
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        let (network, broadcast) = (ip(network)? & mask, ip(network)? | !mask);
        // A network of one or two addresses has neither of its own (RFC 3021).
        if bits < 31 { (network + 1, broadcast - 1) } else { (network, broadcast) }
    } else {
        let (first, last) = range.split_once('-').ok_or_else(bad)?;
        (ip(first)?, ip(last)?)
    };
    let Some(others) = last.checked_sub(first) else { return Err(SelectionError::Backwards(range.to_owned())) };
    let count = u64::from(others) + 1;
    if count > u64::from(MAX_RANGE) {
        return Err(SelectionError::TooManyAddresses { range: range.to_owned(), count });
    }
    let addresses = (first..=last).map(|number| Address::parse(&Ipv4Addr::from(number).to_string()));
    addresses.collect::<Result<_, _>>().map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(addresses: Vec<Address>) -> Vec<String> {
        addresses.iter().map(|address| address.host().to_owned()).collect()
    }

    #[test]
    fn a_range_has_both_ends_and_a_network_its_hosts() {
        for (range, expected) in [
            ("10.0.0.254-10.0.1.1", Some((4, "10.0.0.254", "10.0.1.1"))),
            ("10.0.0.7 - 10.0.0.7", Some((1, "10.0.0.7", "10.0.0.7"))),
            ("192.168.5.9/24", Some((254, "192.168.5.1", "192.168.5.254"))),
            ("10.0.0.0/30", Some((2, "10.0.0.1", "10.0.0.2"))),
            ("10.0.0.0/31", Some((2, "10.0.0.0", "10.0.0.1"))),
            ("10.0.0.3/32", Some((1, "10.0.0.3", "10.0.0.3"))),
            ("10.0.0.0/16", Some((65_534, "10.0.0.1", "10.0.255.254"))),
            ("10.0.0.0/15", None),
            ("0.0.0.0/0", None),
            ("10.0.0.0/33", None),
            ("10.0.0.9-10.0.0.1", None),
            ("10.0.0.1", None),
            ("server-a", None),
            ("fe80::1/64", None),
        ] {
            let found = addresses_in(range).ok().map(shown);
            let found = found.as_ref().map(|found| (found.len(), found[0].as_str(), found[found.len() - 1].as_str()));
            assert_eq!(found, expected, "{range}");
        }
    }
}
