//! Each law is broken by a plugin written to break it, and kept by an honest one.

use wardline::contract::{
    Action, Answer, Fact, FindingId, Grade, Operation, Outcome, Question, RegistryData, UpdateStatus,
};

use crate::laws::builds::OF_BUILDS;
use crate::laws::double::{Behaviour, Talk, broken, honest, is_known, key, text, trials};

#[test]
fn an_honest_plugin_keeps_every_law_and_every_law_is_tried() {
    for (law, trial) in trials(honest) {
        assert!(trial.broken.is_none(), "{law}: {:?}", trial.broken);
        assert_eq!(trial.cases > 1, !OF_BUILDS.contains(&law), "{law} was tried {} times", trial.cases);
    }
}

#[test]
fn a_plugin_that_fails_on_a_forged_answer_is_caught() {
    let ways: [(Behaviour, &str); 4] = [
        (|talk| trapped_if(talk, |answer| matches!(answer, Answer::Known(Fact::Volumes(_)))), "another kind"),
        (|talk| trapped_if(talk, |answer| *answer == Answer::Unsupported), "unsupported"),
        (
            |talk| {
                let binary =
                    |answer: &Answer| matches!(answer, Answer::Known(Fact::RegistryValue(RegistryData::Binary(_))));
                trapped_if(talk, binary)
            },
            "another type",
        ),
        (|talk| trapped_if(talk, |answer| *answer == text("")), "empty texts"),
    ];
    for (behaviour, words) in ways {
        let found = broken(behaviour);
        assert_eq!(found[0].0, "never-fails", "{found:?}");
        assert!(found[0].1.contains(words), "{found:?}");
    }
}

/// Honest, except that these answers make it trap.
fn trapped_if(talk: &mut Talk<'_>, fells: impl Fn(&Answer) -> bool) -> Outcome {
    let (_, answer) = talk.value("Switch");
    if fells(&answer) { Outcome::Trapped } else { honest(talk) }
}

/// Honest, except that these texts end it with this outcome.
fn ended_if(talk: &mut Talk<'_>, by: impl Fn(&str) -> bool, outcome: Outcome) -> Outcome {
    match talk.value("Switch").1 {
        Answer::Known(Fact::RegistryValue(RegistryData::Text(text))) if by(&text) => outcome,
        _ => honest(talk),
    }
}

#[test]
fn a_plugin_that_says_something_though_it_was_ended_is_caught() {
    let found = broken(|talk| {
        let starved = std::mem::replace(&mut talk.starved, false);
        let outcome = honest(talk);
        if starved { Outcome::OutOfFuel } else { outcome }
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "ended-by-fuel-says-nothing");

    let found = broken(|talk| if talk.starved { Outcome::Ok } else { honest(talk) });
    assert!(found[0].1.contains("other findings"), "{found:?}");
}

#[test]
fn a_plugin_that_asks_outside_where_it_is_led_there_is_caught() {
    let found = broken(|talk| {
        if matches!(talk.value("Switch").1, Answer::Absent) {
            talk.ask(Question::Accounts);
        }
        honest(talk)
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "asks-only-what-it-declares");
}

#[test]
fn a_plugin_that_says_nothing_about_a_check_is_caught() {
    let ways: [(Behaviour, &str); 2] = [
        // The check is declared but forgotten.
        (
            |talk| {
                let outcome = honest(talk);
                talk.so_far.assessment.checks.clear();
                outcome
            },
            "On the unmodified target, it reports nothing about its check switch.",
        ),
        // If the product is not installed, it reports nothing instead of *not performed*.
        (
            |talk| {
                let outcome = honest(talk);
                if matches!(talk.value("Switch").1, Answer::Absent) {
                    talk.so_far.assessment.checks.clear();
                }
                outcome
            },
            "If every answer is absent, it reports nothing about its check switch.",
        ),
    ];
    for (behaviour, words) in ways {
        let found = broken(behaviour);
        assert!(found.contains(&("reports-every-check", words.to_owned())), "{found:?}");
    }
}

#[test]
fn every_way_of_calling_the_unknown_good_is_caught() {
    let ways: [(Behaviour, &str); 6] = [
        // Treats unreadable as absent.
        (
            |talk| {
                let (evidence, answer) = talk.value("Switch");
                let grade = if matches!(answer, Answer::Known(_)) { Grade::Critical } else { Grade::Passed };
                let evidence = [evidence];
                talk.check(grade, if is_known(&answer) { &evidence } else { &[] });
                Outcome::Ok
            },
            "missing-evidence-is-never-passed",
        ),
        // A finding disappears.
        (
            |talk| {
                let (evidence, answer) = talk.value("Switch");
                if is_known(&answer) {
                    talk.check(Grade::Critical, &[evidence]);
                }
                Outcome::Ok
            },
            "missing-evidence-is-never-passed",
        ),
        // Reports *not performed* although it could not read the value.
        (
            |talk| {
                let (evidence, answer) = talk.value("Switch");
                let grade = if is_known(&answer) { Grade::Critical } else { Grade::NotPerformed };
                talk.check(grade, &[evidence]);
                Outcome::Ok
            },
            "missing-evidence-is-never-passed",
        ),
        // Names evidence that was not answered.
        (
            |talk| {
                let (first, switch) = talk.value("Switch");
                let (second, other) = talk.value("Other");
                let unknown = !is_known(&switch) && !is_known(&other);
                talk.check(if unknown { Grade::UnableToScan } else { Grade::Passed }, &[first, second]);
                Outcome::Ok
            },
            "missing-evidence-is-never-passed",
        ),
        // A missing update becomes installed.
        (
            |talk| {
                let update = talk.updates[0].clone();
                let (_, answer) = talk.value("Other");
                let status = if answer == Answer::Absent { UpdateStatus::Missing } else { UpdateStatus::Installed };
                talk.report(&update, status, vec![]);
                talk.check(if is_known(&answer) { Grade::Critical } else { Grade::UnableToScan }, &[]);
                Outcome::Ok
            },
            "missing-evidence-is-never-passed",
        ),
        // Always passes, as long as anything at all is known.
        (
            |talk| {
                let (evidence, switch) = talk.value("Switch");
                let known = is_known(&switch) || is_known(&talk.value("Other").1);
                let evidence = [evidence];
                let named: &[u32] = if is_known(&switch) { &evidence } else { &[] };
                talk.check(if known { Grade::Passed } else { Grade::UnableToScan }, named);
                Outcome::Ok
            },
            "removed-evidence-gives-unknown",
        ),
    ];
    for (place, (behaviour, law)) in ways.into_iter().enumerate() {
        let found = broken(behaviour);
        assert!(found.iter().any(|(broken, _)| *broken == law), "{place}: {found:?}");
    }
}

/// The switch is a text. A check that also accepts a number, or the text's bytes, passes on data that no other program reads.
#[test]
fn a_plugin_that_reads_a_value_of_another_type_is_caught() {
    let ways: [(Behaviour, &str); 2] = [
        (|talk| passed_if(talk, |data| *data == RegistryData::Dword(1)), "as REG_DWORD in place of REG_SZ"),
        (
            |talk| passed_if(talk, |data| matches!(data, RegistryData::MultiText(lines) if lines[0] == "1")),
            "as REG_MULTI_SZ",
        ),
    ];
    for (behaviour, words) in ways {
        let found = broken(behaviour);
        let law = found.iter().find(|(law, _)| *law == "another-type-is-not-the-value");
        assert!(law.is_some_and(|(_, what)| what.contains(words)), "{found:?}");
    }
}

/// A value that only has to exist may have any type, and so may one whose default is good.
#[test]
fn a_plugin_that_does_not_read_the_value_may_pass_with_any_type() {
    let ways: [Behaviour; 2] = [
        |talk| {
            let (evidence, answer) = talk.value("Switch");
            let grade = match answer {
                Answer::Known(_) => Grade::Passed,
                Answer::Absent => Grade::Critical,
                _ => Grade::UnableToScan,
            };
            talk.check(grade, &[evidence]);
            Outcome::Ok
        },
        |talk| {
            let (evidence, answer) = talk.value("Switch");
            let grade = match answer {
                Answer::Known(Fact::RegistryValue(RegistryData::Text(_))) => Grade::Critical,
                Answer::Known(_) | Answer::Absent => Grade::Passed,
                _ => Grade::UnableToScan,
            };
            talk.check(grade, &[evidence]);
            Outcome::Ok
        },
    ];
    for behaviour in ways {
        let found = broken(behaviour);
        assert!(found.iter().all(|(law, _)| *law != "another-type-is-not-the-value"), "{found:?}");
    }
}

/// Passes if the switch is the text 1, or anything else that it accepts as that.
fn passed_if(talk: &mut Talk<'_>, takes: impl Fn(&RegistryData) -> bool) -> Outcome {
    let (evidence, answer) = talk.value("Switch");
    let grade = match &answer {
        Answer::Known(Fact::RegistryValue(RegistryData::Text(text))) if text == "1" => Grade::Passed,
        Answer::Known(Fact::RegistryValue(data)) if takes(data) => Grade::Passed,
        answer if is_known(answer) => Grade::Critical,
        _ => Grade::UnableToScan,
    };
    talk.check(grade, &[evidence]);
    Outcome::Ok
}

#[test]
fn a_plugin_that_draws_conclusions_without_a_hive_is_caught() {
    let ways: [Behaviour; 2] = [
        // Reports *not performed* although it could not read the value.
        |talk| {
            let (evidence, answer) = talk.value("Switch");
            talk.check(if is_known(&answer) { Grade::Passed } else { Grade::NotPerformed }, &[evidence]);
            Outcome::Ok
        },
        // A check that had passed is no longer reported.
        |talk| {
            let (evidence, answer) = talk.value("Switch");
            if is_known(&answer) {
                talk.check(Grade::Passed, &[evidence]);
            }
            Outcome::Ok
        },
    ];
    for (place, behaviour) in ways.into_iter().enumerate() {
        let found = broken(behaviour);
        assert!(found.iter().any(|(law, _)| *law == "missing-hive-leaves-nothing-passed"), "{place}: {found:?}");
    }
}

#[test]
fn a_plugin_that_one_odd_value_blinds_is_caught() {
    /// The numbers in the key's values, and whether there are values without data.
    fn numbers(talk: &mut Talk<'_>) -> Option<(u32, Vec<u32>, bool)> {
        let (evidence, Answer::Known(Fact::RegistryKey(key))) = talk.ask(key()) else { return None };
        let numbers = key.values.iter().filter_map(|value| match value.data {
            RegistryData::Dword(number) => Some(number),
            _ => None,
        });
        let numbers: Vec<_> = numbers.collect();
        Some((evidence, numbers.clone(), key.truncated || numbers.len() < key.values.len()))
    }
    fn judged(talk: &mut Talk<'_>, judge: fn(&[u32], bool) -> Grade) -> Outcome {
        match numbers(talk) {
            Some((evidence, numbers, odd)) => talk.check(judge(&numbers, odd), &[evidence]),
            None => talk.check(Grade::UnableToScan, &[]),
        }
        Outcome::Ok
    }
    let ways: [(Behaviour, bool, &str); 4] = [
        // Ignores values without data.
        (
            |talk| judged(talk, |numbers, _| if numbers.contains(&0) { Grade::Critical } else { Grade::Passed }),
            true,
            "fails if the member is weak",
        ),
        // A value without data hides the others.
        (
            |talk| {
                judged(talk, |numbers, odd| match (odd, numbers.contains(&1)) {
                    (true, _) => Grade::UnableToScan,
                    (false, true) => Grade::Critical,
                    (false, false) => Grade::Passed,
                })
            },
            true,
            "although it fails without the member",
        ),
        // Two weak values are needed, and one without data does not count.
        (
            |talk| {
                judged(talk, |numbers, _| {
                    if numbers.iter().filter(|number| **number == 1).count() > 1 {
                        Grade::Critical
                    } else {
                        Grade::Passed
                    }
                })
            },
            true,
            "it failed",
        ),
        (
            |talk| {
                judged(talk, |numbers, odd| match (numbers.contains(&1), odd) {
                    (true, _) => Grade::Critical,
                    (false, true) => Grade::UnableToScan,
                    (false, false) => Grade::Passed,
                })
            },
            false,
            "",
        ),
    ];
    for (place, (behaviour, caught, words)) in ways.into_iter().enumerate() {
        let found = broken(behaviour);
        let law = found.iter().find(|(law, _)| *law == "odd-member-hides-nothing");
        assert_eq!(law.is_some(), caught, "{place}: {found:?}");
        assert!(law.is_none_or(|(_, what)| what.contains(words)), "{place}: {found:?}");
    }
}

#[test]
fn a_plugin_that_looks_at_the_name_is_caught_and_one_that_repeats_it_is_not() {
    let found = broken(|talk| {
        if talk.name.len() > 40 {
            return Outcome::Ok;
        }
        honest(talk)
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "renaming-changes-nothing");
}

#[test]
fn a_plugin_that_depends_on_the_catalog_s_order_is_caught() {
    let orders: [Behaviour; 2] = [
        |talk| {
            if let Some(first) = talk.updates.first().cloned() {
                talk.judge(&first);
            }
            Outcome::Ok
        },
        // The updates' numbers are not its concern either.
        |talk| {
            for update in talk.updates.iter().filter(|update| update.number < 4).cloned().collect::<Vec<_>>() {
                talk.judge(&update);
            }
            Outcome::Ok
        },
    ];
    for behaviour in orders {
        let found = broken(behaviour);
        assert!(found.iter().any(|(law, _)| *law == "order-of-updates-changes-nothing"), "{found:?}");
    }
}

#[test]
fn a_plugin_that_names_an_update_beside_its_successor_or_neither_is_caught() {
    let ways: [(Behaviour, &str); 2] = [
        (
            |talk| {
                talk.updates.iter().for_each(|update| talk.judge(update));
                Outcome::Ok
            },
            "missing 2 times",
        ),
        (
            |talk| {
                for update in talk.updates {
                    match update.superseded_by.is_empty() && update.number < 4 {
                        true => talk.judge(update),
                        false => talk.report(update, UpdateStatus::Superseded, vec![]),
                    }
                }
                Outcome::Ok
            },
            "any more",
        ),
    ];
    for (behaviour, words) in ways {
        let found = broken(behaviour);
        let law = found.iter().find(|(law, _)| *law == "superseding-adds-nothing-missing");
        assert!(law.is_some_and(|(_, what)| what.contains(words)), "{found:?}");
    }
}

#[test]
fn a_plugin_that_hostile_text_fells_is_caught_and_a_long_text_may_meet_a_limit() {
    let ways: [(Behaviour, bool); 4] = [
        (|talk| ended_if(talk, |text| text.contains('\0'), Outcome::Trapped), true),
        (|talk| ended_if(talk, |text| text.contains('\0'), Outcome::OutputTooLarge), true),
        (|talk| ended_if(talk, |text| text.len() > 1000, Outcome::OutputTooLarge), false),
        (|talk| ended_if(talk, |text| text.len() > 1000, Outcome::Trapped), true),
    ];
    for (place, (behaviour, caught)) in ways.into_iter().enumerate() {
        let found = broken(behaviour);
        let laws: Vec<_> = found.iter().map(|(law, _)| *law).collect();
        assert_eq!(laws, if caught { &["hostile-text-stays-text"][..] } else { &[] }, "{place}: {found:?}");
    }
}

#[test]
fn what_an_action_says_counts_as_well() {
    let found = broken(|talk| {
        let outcome = honest(talk);
        if outcome == Outcome::Ok {
            talk.so_far.actions.push(Action {
                mends: FindingId::Check(0),
                operation: Operation::ManualStep(format!("Look at it {} times.", talk.name.len())),
                undo: vec![],
                restart: false,
                risk: None,
                article: None,
            });
        }
        outcome
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("action for check switch: operation.manual-step is "), "{found:?}");
}
