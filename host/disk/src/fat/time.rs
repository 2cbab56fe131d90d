//! The time stamps of FAT: local time in steps of two seconds.

/// Days from 1601 to 1970, and to the first of March in the year 0.
const DAYS_TO_1970: u64 = 134_774;
const DAYS_TO_MARCH_0: u64 = 719_468;

/// Converts a date and time to 100 ns since 1601; `None` if there is no such date.
pub(super) fn file_time(date: u16, time: u16) -> Option<u64> {
    let (year, month, day) = (1980 + u64::from(date >> 9), u64::from(date >> 5 & 15), u64::from(date & 31));
    let (hour, minute, second) = (u64::from(time >> 11), u64::from(time >> 5 & 63), u64::from(time & 31) * 2);
    if !(1..=12).contains(&month) || day == 0 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // "days from civil" by Howard Hinnant: years begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - DAYS_TO_MARCH_0 + DAYS_TO_1970;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 10_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times() {
        let unix = |date, time| file_time(date, time).map(|found| found / 10_000_000 - 11_644_473_600);
        assert_eq!(unix(1 << 5 | 1, 0), Some(315_532_800), "1980-01-01");
        assert_eq!(unix(20 << 9 | 2 << 5 | 29, 23 << 11 | 59 << 5 | 29), Some(951_868_798), "2000-02-29 23:59:58");
        assert_eq!(unix(40 << 9 | 3 << 5 | 1, 12 << 11), Some(1_583_064_000), "2020-03-01 12:00");
        for (date, time) in [(0, 0), (13 << 5 | 1, 0), (1 << 5, 0), (1 << 5 | 1, 24 << 11), (1 << 5 | 1, 60 << 5)] {
            assert_eq!(file_time(date, time), None, "{date:x} {time:x}");
        }
    }
}
