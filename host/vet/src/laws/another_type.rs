//! A registry value of another type is not the same value.

use std::collections::{BTreeMap, HashSet};

use wardline_contract::names::{folded, folded_name};
use wardline_contract::{
    Answer, CheckFinding, Examination, Fact, Grade, Outcome, Question, RegistryData, RegistryValue, RegistryValueName,
};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;
use wardline_report::question_in_words;

use super::attempt::{Attempt, distinct_questions, spread};
use super::words;
use crate::{Law, Trial, VettedPlugin};

/// The maximum number of values tried per target.
const MAX_VALUES: usize = 60;

/// A check must not pass because a registry value has its number or text in data of another type, if it passes neither without
/// the value nor with an empty one.
///
/// Such a check passes on what it read from data that a program looking for the value's own type does not read. A check that
/// passes without the value passes by a default, and one that passes with an empty value asks only whether the value exists.
/// The types that Windows treats as interchangeable, `REG_SZ` and `REG_EXPAND_SZ`, are not exchanged. Updates are not compared:
/// how a plugin compares an update's values is up to the plugin. The SDK's judge uses the type of the expected value.
#[derive(Clone, Copy, Debug)]
pub struct AnotherType;

impl Law for AnotherType {
    fn name(&self) -> &'static str {
        "another-type-is-not-the-value"
    }

    fn explanation(&self) -> &'static str {
        "A check never passes because of a registry value whose type the program that uses the value does not read: it reports \
         what holds without the value, or is unable to scan. A report that trusts a setting which Windows ignores calls open \
         machines closed."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let values = spread(values(&plain, target), MAX_VALUES);
        if values.is_empty() {
            return attempt.not_tried();
        }
        for value in values {
            let with = |data: Option<&RegistryData>| {
                let examination = attempt.converse(&|question| value.answer(question, target.answer(question), data));
                (examination.outcome == Outcome::Ok).then_some(examination)
            };
            // A plugin that fails breaks another law.
            let (Some(without), Some(empty)) = (with(None), with(Some(&RegistryData::None))) else { continue };
            for data in in_other_types(&value.data) {
                let Some(changed) = with(Some(&data)) else { continue };
                if let Some(finding) = passed_by_it(&without, &empty, &changed) {
                    let what = format!(
                        "With {} as {} in place of {}, {} is passed; without the value, it is not.",
                        value.words(),
                        type_in_words(&data),
                        type_in_words(&value.data),
                        words::check(finding),
                    );
                    return attempt.broken(what, vec![attempt.case(plain.clone()), attempt.case(changed.clone())]);
                }
            }
        }
        attempt.kept()
    }
}

/// A value that the plugin was told, on its own or as one of its key's values.
#[derive(Clone)]
struct Told {
    /// The first question asked.
    question: Question,
    /// The questions whose answers contain the value: the value alone, and its key. Both are folded.
    alone: Question,
    of_key: Question,
    name: String,
    data: RegistryData,
}

fn values(plain: &Examination, target: &Recording) -> Vec<Told> {
    let mut values = Vec::new();
    let mut seen = HashSet::new();
    for question in distinct_questions(plain) {
        let told = match (&question, target.answer(&question)) {
            (Question::RegistryValue(asked), Answer::Known(Fact::RegistryValue(data))) => {
                vec![(asked.key.clone(), asked.name.clone(), data)]
            }
            (Question::RegistryKey(path), Answer::Known(Fact::RegistryKey(key))) => {
                key.values.into_iter().map(|value| (path.clone(), value.name, value.data)).collect()
            }
            _ => continue,
        };
        for (key, name, data) in told {
            let alone = folded(&Question::RegistryValue(RegistryValueName { key: key.clone(), name: name.clone() }));
            if !in_other_types(&data).is_empty() && seen.insert(alone.clone()) {
                let of_key = folded(&Question::RegistryKey(key));
                values.push(Told { question: question.clone(), alone, of_key, name, data });
            }
        }
    }
    values
}

impl Told {
    /// The target's answer with other data for this value wherever it appears; without the value if `data` is None.
    fn answer(&self, question: &Question, answer: Answer, data: Option<&RegistryData>) -> Answer {
        match (folded(question), answer) {
            (asked, _) if asked == self.alone => {
                data.map_or(Answer::Absent, |data| Answer::Known(Fact::RegistryValue(data.clone())))
            }
            (asked, Answer::Known(Fact::RegistryKey(mut key))) if asked == self.of_key => {
                let place = key.values.iter().position(|value| folded_name(&value.name) == folded_name(&self.name));
                if let Some(place) = place {
                    let value = key.values.remove(place);
                    if let Some(data) = data {
                        key.values.insert(place, RegistryValue { data: data.clone(), ..value });
                    }
                }
                Answer::Known(Fact::RegistryKey(key))
            }
            (_, answer) => answer,
        }
    }

    fn words(&self) -> String {
        let asked = question_in_words(&self.question);
        match self.question {
            Question::RegistryKey(_) => format!("the value {} of {asked}", words::short(&self.name)),
            _ => asked,
        }
    }
}

/// The same number or text in other types, as far as they can represent it.
fn in_other_types(data: &RegistryData) -> Vec<RegistryData> {
    let bytes = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    match data {
        RegistryData::Dword(number) => vec![
            RegistryData::Text(number.to_string()),
            RegistryData::Qword(u64::from(*number)),
            RegistryData::Binary(number.to_le_bytes().to_vec()),
            RegistryData::MultiText(vec![number.to_string()]),
            RegistryData::ExpandText(number.to_string()),
            // REG_DWORD_BIG_ENDIAN, whose data the host does not hand out.
            RegistryData::Other(5),
        ],
        RegistryData::Qword(number) => {
            let mut others =
                vec![RegistryData::Text(number.to_string()), RegistryData::Binary(number.to_le_bytes().to_vec())];
            others.extend(u32::try_from(*number).ok().map(RegistryData::Dword));
            others
        }
        RegistryData::Text(text) | RegistryData::ExpandText(text) => {
            let mut others = vec![RegistryData::MultiText(vec![text.clone()]), RegistryData::Binary(bytes(text))];
            // To code that ignores the type, the bytes of the number 0 are an empty text.
            let number = text.trim().parse::<u64>().ok().filter(|number| *number != 0);
            others.extend(number.and_then(|number| u32::try_from(number).ok()).map(RegistryData::Dword));
            others.extend(number.map(RegistryData::Qword));
            others
        }
        RegistryData::MultiText(lines) => lines
            .first()
            .map(|line| vec![RegistryData::Text(line.clone()), RegistryData::Binary(bytes(line))])
            .unwrap_or_default(),
        RegistryData::Binary(bytes) => {
            let dword = bytes.as_slice().try_into().ok().map(u32::from_le_bytes).map(RegistryData::Dword);
            let qword = bytes.as_slice().try_into().ok().map(u64::from_le_bytes).map(RegistryData::Qword);
            dword.into_iter().chain(qword).collect()
        }
        RegistryData::None | RegistryData::Other(_) => Vec::new(),
    }
}

fn type_in_words(data: &RegistryData) -> &'static str {
    match data {
        RegistryData::None => "REG_NONE",
        RegistryData::Text(_) => "REG_SZ",
        RegistryData::ExpandText(_) => "REG_EXPAND_SZ",
        RegistryData::MultiText(_) => "REG_MULTI_SZ",
        RegistryData::Dword(_) => "REG_DWORD",
        RegistryData::Qword(_) => "REG_QWORD",
        RegistryData::Binary(_) => "REG_BINARY",
        RegistryData::Other(5) => "REG_DWORD_BIG_ENDIAN",
        RegistryData::Other(_) => "data of another type",
    }
}

/// Finds a check that passes more often with the changed value than both without it and with an empty one.
fn passed_by_it<'e>(without: &Examination, empty: &Examination, changed: &'e Examination) -> Option<&'e CheckFinding> {
    type Key<'k> = (&'k str, Option<&'k str>);
    fn passed(examination: &Examination) -> BTreeMap<Key<'_>, (usize, &CheckFinding)> {
        let mut passed = BTreeMap::new();
        for finding in examination.assessment.checks.iter().filter(|finding| finding.grade == Grade::Passed) {
            passed.entry((finding.check.as_str(), finding.subject.as_deref())).or_insert((0, finding)).0 += 1;
        }
        passed
    }
    let (without, empty) = (passed(without), passed(empty));
    fn count(passed: &BTreeMap<Key<'_>, (usize, &CheckFinding)>, key: &Key<'_>) -> usize {
        passed.get(key).map_or(0, |(count, _)| *count)
    }
    passed(changed)
        .into_iter()
        .find(|(key, (times, _))| *times > count(&without, key).max(count(&empty, key)))
        .map(|(_, (_, finding))| finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::RegistryKey;

    #[test]
    fn a_value_is_written_in_the_other_types_that_can_hold_it() {
        let text = |text: &str| RegistryData::Text(text.to_owned());
        for (data, expected) in [
            (RegistryData::Dword(2), 6),
            (RegistryData::Qword(2), 3),
            (RegistryData::Qword(u64::MAX), 2),
            (text("1"), 4),
            (text("4294967296"), 3),
            (text("0"), 2),
            (text("5.50.4807.2300"), 2),
            (RegistryData::MultiText(vec!["a".to_owned(), "b".to_owned()]), 2),
            (RegistryData::MultiText(Vec::new()), 0),
            (RegistryData::Binary(vec![1, 0, 0, 0]), 1),
            (RegistryData::Binary(vec![1; 8]), 1),
            (RegistryData::Binary(vec![1]), 0),
            (RegistryData::None, 0),
            (RegistryData::Other(5), 0),
        ] {
            let others = in_other_types(&data);
            assert_eq!(others.len(), expected, "{data:?}: {others:?}");
            assert!(!others.contains(&data));
        }
    }

    #[test]
    fn a_value_is_changed_wherever_it_is_told() {
        let value = |name: &str, number| RegistryValue { name: name.to_owned(), data: RegistryData::Dword(number) };
        let key = |values| {
            let key = RegistryKey { values, subkeys: vec![], truncated: false, last_written: 0 };
            Answer::Known(Fact::RegistryKey(key))
        };
        let alone =
            |key: &str, name: &str| Question::RegistryValue(RegistryValueName { key: key.into(), name: name.into() });
        let told = Told {
            question: folded(&alone(r"HKLM\A", "V")),
            alone: folded(&alone(r"HKLM\A", "V")),
            of_key: folded(&Question::RegistryKey(r"HKLM\A".into())),
            name: "v".into(),
            data: RegistryData::Dword(1),
        };
        let number = |number| Answer::Known(Fact::RegistryValue(RegistryData::Dword(number)));
        let of_key = || key(vec![value("other", 7), value("V", 1)]);
        for (question, before, changed, without) in [
            (alone(r"hklm\a", "v"), number(1), number(2), Answer::Absent),
            (
                Question::RegistryKey(r"hklm\A".into()),
                of_key(),
                key(vec![value("other", 7), value("V", 2)]),
                key(vec![value("other", 7)]),
            ),
            (alone(r"hklm\a", "other"), number(7), number(7), number(7)),
            (Question::RegistryKey(r"hklm\B".into()), of_key(), of_key(), of_key()),
        ] {
            let two = RegistryData::Dword(2);
            assert_eq!(told.answer(&question, before.clone(), Some(&two)), changed, "{question:?}");
            assert_eq!(told.answer(&question, before, None), without, "{question:?}");
        }
    }
}
