//! Times as Kerberos writes them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in seconds since 1970, and the microseconds after them.
pub(crate) fn now() -> (u64, u32) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs(), since.subsec_micros())
}

/// Writes a time as `KerberosTime` (RFC 4120 5.2.3): `20261127140000Z`.
pub(crate) fn written(seconds: u64) -> String {
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // The calendar repeats after 400 years of 146,097 days, counted here from March of the year 0.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}Z", time / 3600, time / 60 % 60, time % 60)
}

/// Reads a `KerberosTime` as seconds since 1970.
pub(crate) fn read(time: &str) -> Option<u64> {
    let digits = time.strip_suffix('Z').filter(|digits| digits.len() == 14)?;
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = year - u64::from(month <= 2);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let (era, of_era) = (year / 400, year % 400);
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some(days.checked_sub(719_468)? * 86_400 + part(8, 10)? * 3600 + part(10, 12)? * 60 + part(12, 14)?)
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
