//! Shrinking a counter-example while it remains one.

use wardline_contract::{Answer, Question};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::law::{CounterExample, Law, VettedPlugin};

/// A target's answers in a fixed order.
pub(super) fn answers(target: &Recording) -> Vec<(Question, Answer)> {
    let mut answers: Vec<(String, (Question, Answer))> = target
        .answers()
        .map(|(question, answer)| (format!("{question:?}"), (question.clone(), answer.clone())))
        .collect();
    answers.sort_by(|a, b| a.0.cmp(&b.0));
    answers.into_iter().map(|(_, exchange)| exchange).collect()
}

/// Removes from the target everything that breaking the law does not need: by halves, then quarters, and so on (delta
/// debugging), with at most `tries` trials of the law. Returns the smallest target found, together with the way in which it
/// breaks the law.
pub(super) fn smaller_target(
    law: &dyn Law,
    plugin: &VettedPlugin<'_>,
    target: &Recording,
    broken: CounterExample,
    tries: &mut u32,
) -> (Recording, CounterExample) {
    let location = target.origin().location;
    let mut best = (target.clone(), broken);
    // Answers that were not asked for go first; they make up most of a recording.
    let all = answers(target);
    let asked: Vec<_> = all
        .iter()
        .filter(|(question, _)| {
            let conversations = best.1.cases.iter().flat_map(|case| &case.conversation.asked);
            conversations.map(wardline_contract::names::folded).any(|asked| asked == *question)
        })
        .cloned()
        .collect();
    let start = if asked.len() < all.len() { asked } else { all };
    let attempt = |kept: &[(Question, Answer)]| {
        let smaller = Recording::new(target.name(), location.clone(), kept.iter().cloned());
        let broken = law.try_on(plugin, &smaller).broken?;
        Some((smaller, broken))
    };
    let mut kept = answers(&best.0);
    if start.len() < kept.len() && *tries > 0 {
        *tries -= 1;
        if let Some(found) = attempt(&start) {
            (best, kept) = (found, start);
        }
    }
    fewer(kept, tries, &mut |fewer| match attempt(fewer) {
        Some(found) => {
            best = found;
            true
        }
        None => false,
    });
    best
}

/// The smallest list found for which `still` returns true, by removing smaller and smaller parts.
pub(super) fn fewer<T: Clone>(items: Vec<T>, tries: &mut u32, still: &mut dyn FnMut(&[T]) -> bool) -> Vec<T> {
    let mut kept = items;
    let mut part = kept.len().div_ceil(2);
    while part > 0 && !kept.is_empty() {
        let mut begin = 0;
        let mut any = false;
        while begin < kept.len() {
            if *tries == 0 {
                return kept;
            }
            *tries -= 1;
            let end = (begin + part).min(kept.len());
            let without: Vec<T> = kept[..begin].iter().chain(&kept[end..]).cloned().collect();
            if still(&without) {
                kept = without;
                any = true;
            } else {
                begin = end;
            }
        }
        if part == 1 && !any {
            return kept;
        }
        part = if part == 1 { 1 } else { part.div_ceil(2).min(kept.len().max(1)) };
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_is_needed() {
        let mut tries = 200;
        let needed = |items: &[u32]| items.contains(&3) && items.contains(&41);
        let left = fewer((0..64).collect(), &mut tries, &mut |items: &[u32]| needed(items));
        assert_eq!(left, [3, 41]);
        assert!(tries > 0);
    }

    #[test]
    fn tries_are_bounded_and_what_was_found_by_then_still_holds() {
        for bound in 0..30 {
            let mut tries = bound;
            let left = fewer((0..64).collect(), &mut tries, &mut |items: &[u32]| items.contains(&41));
            assert!(left.contains(&41));
        }
    }

    #[test]
    fn everything_goes_where_nothing_is_needed() {
        assert!(fewer(vec![1, 2, 3], &mut 100, &mut |_: &[i32]| true).is_empty());
    }
}
