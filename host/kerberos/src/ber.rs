//! The encoding of the messages of Kerberos and LDAP (DER, and BER with definite lengths as in RFC 4511 5.1).

/// The reason an encoding is bad.
pub type Bad = &'static str;

/// The tags of elements.
pub const INTEGER: u8 = 0x02;
pub const OCTETS: u8 = 0x04;
pub const ENUMERATED: u8 = 0x0a;
pub const BOOLEAN: u8 = 0x01;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// Encodes an element.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let digits = length.to_be_bytes();
            let digits = digits.iter().copied().skip_while(|digit| *digit == 0).collect::<Vec<_>>();
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            bytes.extend(digits);
        }
    }
    bytes.extend(content);
    bytes
}

/// Encodes an element that is made of others.
pub fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// Encodes a number that is not negative.
pub fn integer(tag: u8, number: u32) -> Vec<u8> {
    // A leading zero keeps the number positive.
    let bytes = u64::from(number).to_be_bytes();
    let skip = bytes.iter().take(7).take_while(|byte| **byte == 0).count();
    let skip = if bytes.get(skip).is_some_and(|byte| *byte >= 0x80) { skip.saturating_sub(1) } else { skip };
    element(tag, bytes.get(skip..).unwrap_or_default())
}

/// Elements, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub fn new(bytes: &'b [u8]) -> Reader<'b> {
        Reader(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads an element of any tag.
    pub fn any(&mut self) -> Result<(u8, &'b [u8]), Bad> {
        let (tag, header, length) = header(self.0)?.ok_or("an element is truncated")?;
        let content =
            header.checked_add(length).and_then(|end| self.0.get(header..end)).ok_or("an element is truncated")?;
        self.0 = self.0.get(header + length..).unwrap_or_default();
        Ok((tag, content))
    }

    /// Reads an element of this tag.
    pub fn expect(&mut self, tag: u8) -> Result<&'b [u8], Bad> {
        match self.any()? {
            (found, content) if found == tag => Ok(content),
            _ => Err("an element has an unexpected tag"),
        }
    }

    /// Reads an element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'b [u8]>, Bad> {
        if self.0.first() == Some(&tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// Reads a number that is not negative.
    pub fn number(&mut self, tag: u8) -> Result<u32, Bad> {
        let bytes = self.expect(tag)?;
        match bytes {
            [] => Err("a number is empty"),
            [first, ..] if *first >= 0x80 => Err("a number is negative"),
            _ => {
                let digits = bytes.iter().skip_while(|byte| **byte == 0);
                let mut number = 0u32;
                for digit in digits {
                    number = number.checked_mul(256).ok_or("a number is too large")? | u32::from(*digit);
                }
                Ok(number)
            }
        }
    }
}

/// Parses the beginning of an element: its tag, and the lengths of its header and content. `None` if more bytes are needed.
pub fn header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, Bad> {
    let [tag, first, rest @ ..] = bytes else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err("a tag has several bytes");
    }
    let count = match *first {
        short @ 0..0x80 => return Ok(Some((*tag, 2, usize::from(short)))),
        0x80 => return Err("an element has no definite length"),
        long => usize::from(long & 0x7f),
    };
    if count > 4 {
        return Err("an element is too large");
    }
    let Some(digits) = rest.get(..count) else { return Ok(None) };
    let length = digits.iter().fold(0u64, |length, digit| length << 8 | u64::from(*digit));
    Ok(Some((*tag, 2 + count, usize::try_from(length).map_err(|_| "an element is too large")?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_encoded_in_as_few_bytes_as_possible() {
        for (number, expected) in [
            (0, &[2, 1, 0][..]),
            (127, &[2, 1, 127]),
            (128, &[2, 2, 0, 128]),
            (256, &[2, 2, 1, 0]),
            (u32::MAX, &[2, 5, 0, 255, 255, 255, 255]),
        ] {
            assert_eq!(integer(INTEGER, number), expected, "{number}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(tag in 0u8..0x1f, content: Vec<u8>, number: u32) {
            let long = content.repeat(40);
            for content in [content, long] {
                let encoded = element(tag, &content);
                prop_assert_eq!(Reader::new(&encoded).any(), Ok((tag, content.as_slice())));
            }
            prop_assert_eq!(Reader::new(&integer(INTEGER, number)).number(INTEGER), Ok(number));
        }

        #[test]
        fn any_bytes_are_elements_or_an_error(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while let Ok((_, content)) = reader.any() {
                prop_assert!(content.len() < bytes.len());
            }
        }
    }
}
