//! Times as Kerberos writes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Now, in seconds since 1970, and the microseconds after them.
pub(crate) fn now() -> (u64, u32) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs(), since.subsec_micros())
}

/// Writes a time as `KerberosTime` (RFC 4120 5.2.3): `20261127140000Z`.
pub(crate) fn written(seconds: u64) -> String {
    let time = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
    time.replace(['-', ':', 'T'], "")
}

/// Reads a `KerberosTime` as seconds since 1970.
pub(crate) fn read(time: &str) -> Option<u64> {
    let digits = time.strip_suffix('Z').filter(|digits| digits.len() == 14)?;
    let part = |from: usize| digits.get(from..from + 2);
    let (month, day, hour, minute, second) = (part(4)?, part(6)?, part(8)?, part(10)?, part(12)?);
    let time = format!("{}-{month}-{day}T{hour}:{minute}:{second}Z", digits.get(..4)?);
    Some(humantime::parse_rfc3339(&time).ok()?.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "19700101000000Z"),
            (951_782_400, "20000229000000Z"),
            (1_795_788_000, "20261127140000Z"),
            (2_147_483_647, "20380119031407Z"),
        ] {
            assert_eq!((written(seconds).as_str(), read(expected)), (expected, Some(seconds)));
        }
        for bad in ["", "Z", "20261127140000", "2026112714000xZ", "20261327140000Z", "00000101000000Z"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_time_is_read_as_it_was_written(seconds in 0u64..200_000_000_000, text in ".{0,20}") {
            prop_assert_eq!(read(&written(seconds)), Some(seconds));
            let _ = read(&text);
        }
    }
}
