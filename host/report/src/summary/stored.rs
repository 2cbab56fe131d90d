//! A tally as numbers, so that those of many machines can be stored and added up again without reading their reports.

use super::share::Share;
use super::tally::Tally;
use super::work::WorkEntry;
use crate::grade::OverallGrade;
use crate::model::UpdatesKnown;

/// The numbers of the grades: their places here.
const GRADES: [OverallGrade; 5] = [
    OverallGrade::SevereRisk,
    OverallGrade::PotentialRisk,
    OverallGrade::Incomplete,
    OverallGrade::SecurityFyi,
    OverallGrade::StrongSecurity,
];
const KNOWN: [UpdatesKnown; 4] =
    [UpdatesKnown::All, UpdatesKnown::InPart, UpdatesKnown::Nothing, UpdatesKnown::NothingInstalled];

impl Tally {
    /// Takes the work out of the tally.
    pub fn take_work(&mut self) -> Vec<WorkEntry> {
        self.work.take_entries()
    }

    /// Returns all of the tally except its texts and its work. The meaning of each number depends on the version of this crate.
    pub fn numbers(&self) -> Vec<u64> {
        let mut numbers = Vec::with_capacity(64);
        // Nothing is changed here.
        self.clone().exchange(&mut |number| numbers.push(*number));
        numbers
    }

    /// Makes the tally of these numbers again, without its work. `None` if they are not those of a tally.
    pub fn from_numbers(name: String, error: Option<String>, numbers: &[u64]) -> Option<Tally> {
        let mut tally = Tally { name, error, ..Tally::empty() };
        let mut numbers = numbers.iter();
        let mut is_cut_off = false;
        tally.exchange(&mut |number| match numbers.next() {
            Some(next) => *number = *next,
            None => is_cut_off = true,
        });
        (!is_cut_off && numbers.next().is_none()).then_some(tally)
    }

    /// Passes each number to `number`, which reads it or sets it.
    fn exchange(&mut self, number: &mut dyn FnMut(&mut u64)) {
        for counted in
            [&mut self.doubtful_parts, &mut self.policy_denied, &mut self.waived_updates, &mut self.waived_checks]
        {
            number(counted);
        }
        self.levels.iter_mut().chain(&mut self.missing).for_each(&mut *number);
        self.checks.each(number);
        self.updates.each(number);
        for flag in
            [&mut self.complete, &mut self.opened, &mut self.not_judged, &mut self.texts_only, &mut self.work.truncated]
        {
            let mut value = u64::from(*flag);
            number(&mut value);
            *flag = value != 0;
        }
        let mut judged = self.judged.hundredths();
        number(&mut judged);
        self.judged = Share::from_hundredths(judged);
        choose(&mut self.grade, &GRADES, number);
        choose(&mut self.updates_known, &KNOWN, number);
    }
}

/// Passes the place of a value among all of its kind to `number`. A place that is not there changes nothing.
fn choose<T: Copy + PartialEq>(value: &mut T, all: &[T], number: &mut dyn FnMut(&mut u64)) {
    let mut place = all.iter().position(|other| other == value).unwrap_or_default() as u64;
    number(&mut place);
    if let Some(chosen) = usize::try_from(place).ok().and_then(|place| all.get(place)) {
        *value = *chosen;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_the_same_after_it_was_numbers() {
        let mut tally = Tally::empty();
        let mut next = 0;
        // The last two are the places of a grade and of what is known, and the five before the share are flags.
        tally.exchange(&mut |number| {
            next += 1;
            *number = next % 5;
        });
        let numbers = tally.numbers();
        let again = Tally::from_numbers(String::new(), None, &numbers);
        assert_eq!(again.map(|tally| format!("{tally:?}")), Some(format!("{tally:?}")));
        assert!(Tally::from_numbers(String::new(), None, &numbers[1..]).is_none());
        assert!(Tally::from_numbers(String::new(), None, &[&numbers[..], &[0]].concat()).is_none());
    }
}
