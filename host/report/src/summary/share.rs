//! How much of what should be judged was judged.

use std::fmt;
use std::str::FromStr;

use wardline_contract::{Grade, UpdateStatus};

use crate::model::{TargetReport, UpdatesState};

/// A share, in hundredths of a percent, rounded down: only a whole is shown as 100 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u64);

/// A hundred percent.
const WHOLE: u64 = 10_000;

impl Share {
    /// Returns the share that `part` is of `whole`; nothing of nothing is everything.
    pub fn new(part: u64, whole: u64) -> Share {
        Share(part.saturating_mul(WHOLE).checked_div(whole).unwrap_or(WHOLE).min(WHOLE))
    }

    /// Returns the share of a machine's checks and product families that were judged. A family counts as judged if the state of
    /// each of its updates is known; a check that is not performed does not count at all. A machine that could not be opened
    /// has nothing judged.
    pub(super) fn judged(report: &TargetReport) -> Share {
        if report.source.kind.is_none() {
            return Share(0);
        }
        let checks = report.checks.iter().filter(|check| check.grade != Grade::NotPerformed);
        let (mut part, mut whole) = (0, 0);
        for check in checks {
            whole += 1;
            part += u64::from(check.grade != Grade::UnableToScan);
        }
        for family in report.updates_judged() {
            let mut updates = report.updates.iter().filter(|update| update.family == family.family);
            let known = updates.all(|update| update.status != UpdateStatus::UnableToScan);
            whole += 1;
            part += u64::from(known && family.state != UpdatesState::NotJudged);
        }
        if whole == 0 { Share(0) } else { Share::new(part, whole) }
    }

    /// Returns the average of `count` shares of which this is the sum.
    pub(super) fn average(sum: u64, count: u64) -> Share {
        Share(sum.checked_div(count).unwrap_or(WHOLE))
    }

    /// The share of as many hundredths of a percent.
    pub(super) fn from_hundredths(hundredths: u64) -> Share {
        Share(hundredths.min(WHOLE))
    }

    /// Returns hundredths of a percent.
    pub(super) fn hundredths(self) -> u64 {
        self.0
    }
}

/// A text is not a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a percentage: expected a number from 0 to 100, such as 95 or 99.5")]
pub struct ShareError;

impl FromStr for Share {
    type Err = ShareError;

    /// Reads a percentage with at most two decimals: `95`, `99.5`.
    fn from_str(text: &str) -> Result<Share, ShareError> {
        let (percent, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(percent, 3) || !is_number(decimals, 2) {
            return Err(ShareError);
        }
        let hundredths = format!("{percent}{decimals:0<2}").parse().map_err(|_| ShareError)?;
        Some(Share(hundredths)).filter(|share| share.0 <= WHOLE).ok_or(ShareError)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (percent, 0) => write!(formatter, "{percent} %"),
            (percent, rest) => write!(formatter, "{percent}.{} %", format!("{rest:02}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_everything_is_a_hundred_percent() {
        for (part, whole, expected) in [
            (0, 3, "0 %"),
            (1, 3, "33.33 %"),
            (9_999, 10_000, "99.99 %"),
            (99_999, 100_000, "99.99 %"),
            (19, 20, "95 %"),
            (191, 200, "95.5 %"),
            (3, 3, "100 %"),
            (0, 0, "100 %"),
        ] {
            assert_eq!(Share::new(part, whole).to_string(), expected, "{part} of {whole}");
        }
        assert_eq!(Share::average(15_000, 2).to_string(), "75 %");
    }

    #[test]
    fn a_percentage_is_read() {
        for (text, expected) in
            [("95", "95 %"), ("99.5", "99.5 %"), ("0.05", "0.05 %"), ("100.00", "100 %"), ("0", "0 %")]
        {
            assert_eq!(text.parse::<Share>().map(|share| share.to_string()).as_deref(), Ok(expected));
        }
        for text in ["", "-1", "100.01", "1e2", "95 %", "95%", ".5", "5.", "1.234", "1000"] {
            assert_eq!(text.parse::<Share>(), Err(ShareError), "{text}");
        }
    }
}
