//! How old the held catalogs are.

use std::time::{Duration, SystemTime};

use der::DateTime;

use crate::store::{Set, Store, StoreError};

/// How current a set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The latest date that one of the catalogs gives itself.
    pub dated: Option<DateTime>,
    /// When a source of the set that has the newest catalogs was last asked.
    pub checked: Option<DateTime>,
}

/// The catalogs are older than the operator allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the catalogs are {age} days old, and at most {most} are allowed; run `wardline catalog update`")]
pub struct TooOld {
    /// In days.
    pub age: u64,
    /// In days.
    pub most: u64,
}

const DAY: u64 = 24 * 60 * 60;

impl Freshness {
    /// Returns the freshness of a set of this store.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store's file with the times is damaged.
    pub fn of(store: &Store, set: &Set) -> Result<Freshness, StoreError> {
        let dates = set.documents().iter().filter_map(|document| document.facts.date.as_deref());
        let checked = store.checked()?;
        let is_from = |source: &str| {
            set.documents().iter().any(|document| {
                document.source.strip_prefix(source).is_some_and(|rest| rest.is_empty() || rest.starts_with(['!', '/']))
            })
        };
        let times = checked.iter().filter(|(source, _)| is_from(source)).map(|(_, time)| time.as_str());
        Ok(Freshness { dated: dates.filter_map(time).max(), checked: times.filter_map(time).max() })
    }

    /// Returns the freshness of catalogs of unknown origin with these ISO dates. Any other text is left out.
    pub fn of_dates<'a>(dates: impl IntoIterator<Item = &'a str>) -> Freshness {
        Freshness { dated: dates.into_iter().filter_map(time).max(), checked: None }
    }

    /// Returns the time since which something newer may exist: `None` if nothing is known about it.
    pub fn current_until(&self) -> Option<DateTime> {
        self.dated.max(self.checked)
    }

    /// Returns the age at a time; zero for catalogs from the future.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        let until = self.current_until()?.to_system_time();
        Some(now.duration_since(until).unwrap_or_default())
    }

    /// Checks the age against the operator's limit (`--max-catalog-age`). Catalogs of unknown age are too old.
    ///
    /// # Errors
    ///
    /// [`TooOld`].
    pub fn check(&self, most: Duration, now: SystemTime) -> Result<(), TooOld> {
        let age = self.age(now).unwrap_or(Duration::MAX);
        match age <= most {
            true => Ok(()),
            false => Err(TooOld { age: age.as_secs() / DAY, most: most.as_secs() / DAY }),
        }
    }
}

/// Reads `2001-10-04` or `2024-03-12T07:00:00Z`; a date is its first second.
pub(crate) fn time(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let date = text.get(..10)?;
    let time = text.get(10..19).unwrap_or("T00:00:00");
    format!("{date}{time}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_of_date_and_check_counts() {
        let freshness = |dated: &str, checked: &str| Freshness { dated: time(dated), checked: time(checked) };
        let now = time("2026-11-27T12:00:00Z").unwrap().to_system_time();
        for (dated, checked, days) in [
            ("2001-10-04", "", Some(9185)),
            ("2026-11-10T08:00:00Z", "2026-11-26T12:00:00Z", Some(1)),
            ("2026-11-27", "2020-01-01T00:00:00Z", Some(0)),
            ("2027-01-01", "", Some(0)),
            ("", "", None),
            ("not a date", "2026-11-20T12:00:00Z", Some(7)),
        ] {
            let freshness = freshness(dated, checked);
            let age = freshness.age(now).map(|age| age.as_secs() / DAY);
            assert_eq!(age, days, "{dated} {checked}");
            let month = Duration::from_secs(30 * DAY);
            assert_eq!(freshness.check(month, now).is_ok(), days.is_some_and(|days| days < 30), "{dated} {checked}");
        }
        let exactly = freshness("2026-11-26T12:00:00Z", "");
        assert!(exactly.check(Duration::from_secs(DAY), now).is_ok());
        assert_eq!(exactly.check(Duration::from_secs(DAY - 1), now), Err(TooOld { age: 1, most: 0 }));
    }
}
