//! Writes DER.

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const INTEGER: u8 = 0x02;

pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = value.len() as u32;
    let bytes = length.to_be_bytes();
    let significant = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(3)..];
    let mut element = vec![tag];
    if length < 0x80 {
        element.push(length as u8);
    } else {
        element.push(0x80 | significant.len() as u8);
        element.extend(significant);
    }
    [element, value].concat()
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, parts)
}

/// Encodes `1.2.840.…`.
pub(super) fn oid(text: &str) -> Vec<u8> {
    let numbers: Vec<u32> = text.split('.').map(|number| number.parse().unwrap()).collect();
    let mut value = vec![(numbers[0] * 40 + numbers[1]) as u8];
    for number in &numbers[2..] {
        let groups: Vec<u8> = (0..5).map(|group| (number >> (7 * group) & 0x7f) as u8).collect();
        let highest = groups.iter().rposition(|group| *group != 0).unwrap_or(0);
        value.extend((0..=highest).rev().map(|group| groups[group] | if group == 0 { 0 } else { 0x80 }));
    }
    element(0x06, &[&value])
}

/// `AlgorithmIdentifier` with parameters of NULL.
pub(super) fn algorithm(name: &str) -> Vec<u8> {
    sequence(&[&oid(name), &[5, 0]])
}

/// `UTCTime` of noon on the first of January.
pub(super) fn utc_time(year: u16) -> Vec<u8> {
    element(0x17, &[format!("{:02}0101120000Z", year % 100).as_bytes()])
}
