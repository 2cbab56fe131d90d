//! Lists of numbers as bytes.

/// The maximum size in bytes of a root or list; 10,000 updates take some 70,000.
const MAX_LIST: usize = 8 << 20;

/// Numbers in LEB128, seven bits a byte, the lowest first.
#[derive(Debug, Default)]
pub(crate) struct Numbers(Vec<u8>);

impl Numbers {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Appends a number, which is not negative.
    pub(crate) fn push(&mut self, number: i64) {
        let mut rest = number.unsigned_abs();
        loop {
            let low = (rest & 0x7f) as u8;
            rest >>= 7;
            if rest == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }
}

/// Returns `None` if the bytes are too many or cut off, or a number exceeds 63 bits.
pub(crate) fn numbers(bytes: &[u8]) -> Option<Vec<i64>> {
    if bytes.len() > MAX_LIST {
        return None;
    }
    let mut numbers = Vec::with_capacity(bytes.len() / 2);
    let (mut number, mut shift) = (0_u64, 0);
    for byte in bytes {
        let low = u64::from(byte & 0x7f);
        if shift > 56 {
            return None;
        }
        number |= low << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            numbers.push(i64::try_from(number).ok()?);
            (number, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_written(written in prop::collection::vec(0..i64::MAX, 0..50)) {
            let mut bytes = Numbers::default();
            written.iter().for_each(|number| bytes.push(*number));
            prop_assert_eq!(numbers(&bytes.0), Some(written));
        }

        #[test]
        fn any_bytes_are_numbers_or_damaged(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            if let Some(numbers) = numbers(&bytes) {
                prop_assert!(numbers.iter().all(|number| *number >= 0));
            }
        }
    }

    #[test]
    fn cut_off_and_endless_numbers_are_damage() {
        for bytes in [&[0x80][..], &[1, 0xff], &[0xff; 12]] {
            assert_eq!(numbers(bytes), None, "{bytes:?}");
        }
    }
}
