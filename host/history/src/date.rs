//! Days and times in UTC.

use std::fmt;

const DAY: i64 = 86_400;

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// Parses `2026-11-27`.
    pub(crate) fn parse(text: &str) -> Option<Date> {
        let fields: Vec<&str> = text.split('-').collect();
        let [year, month, day] = fields.as_slice() else { return None };
        let field = |text: &str, length| {
            let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<i64>().ok()).flatten()
        };
        let date = Date { year: field(year, 4)?, month: field(month, 2)?, day: field(day, 2)? };
        // A day that the calendar does not have is another day when it is counted.
        (Date::of(date.number()) == date).then_some(date)
    }

    /// Returns the first second after the day, counted from 1970.
    pub(crate) fn end(self) -> i64 {
        (self.number() + 1) * DAY
    }

    /// Returns the number of days since 1970-01-01.
    ///
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`; likewise [`Date::of`].
    fn number(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    fn of(number: i64) -> Date {
        let shifted = number + 719_468;
        let era = shifted.div_euclid(146_097);
        let day = shifted.rem_euclid(146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Date { year: year + era * 400 + i64::from(month <= 2), month, day: of_year - (153 * shifted_month + 2) / 5 + 1 }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The last second of the year 9999: times in a damaged history may be any number.
const LAST: i64 = 253_402_300_799;

/// Formats seconds since 1970: `2026-11-27T01:33:19Z`.
pub(crate) fn timestamp(seconds: i64) -> String {
    let seconds = seconds.clamp(0, LAST);
    let of_day = seconds % DAY;
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", Date::of(seconds / DAY))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_formatted_in_utc() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_743_199, "2026-11-27T01:33:19Z"),
            (LAST, "9999-12-31T23:59:59Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
            (-1, "1970-01-01T00:00:00Z"),
        ];
        for (seconds, expected) in table {
            assert_eq!(timestamp(seconds), expected);
        }
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-11", "+026-01-01", "27-11-2026", "x"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert_eq!(Date::parse("1970-01-01").map(Date::end), Some(DAY));
    }

    proptest! {
        #[test]
        fn every_day_is_counted_back(number in -100_000_i64..2_900_000) {
            prop_assert_eq!(Date::of(number).number(), number);
        }
    }
}
