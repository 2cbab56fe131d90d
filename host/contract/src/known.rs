//! Facts about questions that depend only on their text, worked out once for all targets.
//!
//! A plugin asks nearly the same questions about every machine: they come from its code and from the catalog. Whether it may ask
//! them, and how their names compare, depends on nothing but their text.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::{Question, names};

/// After how many conversations each table is completed. Plugins ask most of their questions in the first; what other machines
/// bring up comes later.
const CONVERSATIONS: [u32; 4] = [1, 8, 64, 512];

/// The maximum number of questions in a table, and of bytes in their texts. A plugin may ask something else about every machine.
const MAX_QUESTIONS: usize = 8192;
const MAX_TEXT: usize = 1 << 20;

type Table = HashMap<Question, Known, foldhash::quality::RandomState>;

/// The facts about one question that depend only on its text.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The question with its names folded, see [`names::folded`].
    pub(crate) folded: Question,
    /// Whether it is granted, or the reason why not.
    pub(crate) verdict: Result<(), String>,
}

/// The questions that conversations have brought up so far.
///
/// Every question of every target is looked up, by all workers at once. Tables are therefore complete before anyone reads them,
/// and reading takes no lock. Each table has what the one before has, so that one look-up is enough.
#[derive(Debug, Default)]
pub(crate) struct KnownQuestions {
    complete: [OnceLock<Table>; CONVERSATIONS.len()],
    next: Mutex<Next>,
}

/// The table that is being made.
#[derive(Debug, Default)]
struct Next {
    table: Table,
    text: usize,
    conversations: u32,
}

impl KnownQuestions {
    pub(crate) fn get(&self, question: &Question) -> Option<&Known> {
        self.complete.iter().rev().find_map(OnceLock::get)?.get(question)
    }

    /// Notes a question for the table that is being made, if it has room.
    pub(crate) fn note(&self, question: &Question, known: Known) {
        if self.is_complete() {
            return;
        }
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let text = names::text_length(question);
        if next.table.len() >= MAX_QUESTIONS || next.text + text > MAX_TEXT {
            return;
        }
        if next.table.insert(question.clone(), known).is_none() {
            next.text += text;
        }
    }

    /// Counts a conversation that has ended, and completes a table when it is time.
    pub(crate) fn end_conversation(&self) {
        if self.is_complete() {
            return;
        }
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.conversations += 1;
        if let Some(place) = CONVERSATIONS.iter().position(|due| *due == next.conversations)
            && let Some(table) = self.complete.get(place)
        {
            let complete = std::mem::take(&mut next.table);
            if place + 1 < CONVERSATIONS.len() {
                next.table = complete.clone();
            }
            let _ = table.set(complete);
        }
    }

    /// Whether no table is being made any more.
    fn is_complete(&self) -> bool {
        self.complete.last().is_some_and(|table| table.get().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(number: usize) -> Question {
        Question::RegistryKey(format!(r"HKLM\SOFTWARE\{number}"))
    }

    fn known(question: &Question) -> Known {
        Known { folded: names::folded(question), verdict: Ok(()) }
    }

    #[test]
    fn questions_are_known_once_their_table_is_complete() {
        let questions = KnownQuestions::default();
        let mut ended = 0;
        for (place, due) in CONVERSATIONS.into_iter().enumerate() {
            questions.note(&question(place), known(&question(place)));
            while ended < due {
                assert!(questions.get(&question(place)).is_none(), "{place}");
                questions.end_conversation();
                ended += 1;
            }
            assert_eq!(questions.get(&question(place)).unwrap().folded, names::folded(&question(place)));
            assert!(questions.get(&question(0)).is_some(), "earlier tables stay");
        }
        // From here on nothing is noted.
        questions.note(&question(9), known(&question(9)));
        assert!(questions.next.lock().unwrap().table.is_empty());
    }

    #[test]
    fn a_plugin_that_always_asks_something_else_takes_no_more_memory() {
        let questions = KnownQuestions::default();
        for number in 0..2 * MAX_QUESTIONS {
            questions.note(&question(number), known(&question(number)));
        }
        assert_eq!(questions.next.lock().unwrap().table.len(), MAX_QUESTIONS);
        questions.end_conversation();
        let long = Question::File("x".repeat(MAX_TEXT + 1));
        questions.note(&long, known(&long));
        assert_eq!(questions.next.lock().unwrap().table.len(), MAX_QUESTIONS);
        assert!(questions.get(&long).is_none());
    }
}
