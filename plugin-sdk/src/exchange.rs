//! The ledger of a conversation: questions waiting to be asked, and their answers.

use std::cell::RefCell;
use std::task::Waker;

use crate::contract::exports::wardline::check::types::{Answer, Question};

/// Where the futures of [`Evidence`](crate::evidence::Evidence) put their questions and pick up their answers.
#[derive(Default)]
pub(crate) struct Exchange(RefCell<Ledger>);

#[derive(Default)]
struct Ledger {
    /// Questions asked since the last round went out.
    questions: Vec<Question>,
    /// The number of questions in the last round that are still unanswered.
    outstanding: usize,
    /// Indexed by question number. The first `answers.len()` questions have been asked and answered.
    answers: Vec<Option<Answer>>,
    /// Questions that are asked once and whose answer every asker shares, with their numbers.
    shared: Vec<(Question, u32)>,
    /// Wakers of the futures that wait for this round. Joins that poll only woken futures depend on them.
    wakers: Vec<Waker>,
}

impl Exchange {
    /// Adds questions to the next round and returns the number of the first.
    ///
    /// Questions about a target as a whole, such as its accounts, are asked once: each check of a plugin asks for itself, and
    /// these answers are the largest of all.
    pub(crate) fn ask(&self, questions: Vec<Question>) -> u32 {
        let mut ledger = self.0.borrow_mut();
        let first = u32::try_from(ledger.answers.len() + ledger.questions.len())
            .expect("a conversation has fewer than 2^32 questions");
        if let [question] = questions.as_slice()
            && is_whole(question)
        {
            if let Some((_, number)) = ledger.shared.iter().find(|(asked, _)| asked == question) {
                return *number;
            }
            ledger.shared.push((question.clone(), first));
        }
        ledger.questions.extend(questions);
        first
    }

    /// Takes `count` answers, starting with number `first`, once they have arrived.
    pub(crate) fn take(&self, first: u32, count: usize, waker: &Waker) -> Option<Vec<Answer>> {
        let mut ledger = self.0.borrow_mut();
        let range = first as usize..first as usize + count;
        if ledger.answers.len() < range.end {
            ledger.wakers.push(waker.clone());
            return None;
        }
        if ledger.shared.iter().any(|(_, number)| *number == first) {
            return Some(ledger.answers[range].iter().flatten().cloned().collect());
        }
        ledger.answers[range].iter_mut().map(Option::take).collect()
    }

    /// Takes the questions of the next round.
    pub(crate) fn take_questions(&self) -> Vec<Question> {
        let mut ledger = self.0.borrow_mut();
        ledger.outstanding = ledger.questions.len();
        std::mem::take(&mut ledger.questions)
    }

    /// Hands the answers of the last round to the futures that wait for them.
    ///
    /// # Panics
    ///
    /// If the number of answers differs from the number of questions.
    pub(crate) fn take_answers(&self, answers: Vec<Answer>) {
        let wakers = {
            let mut ledger = self.0.borrow_mut();
            assert_eq!(answers.len(), ledger.outstanding, "as many answers are due as questions were asked");
            ledger.outstanding = 0;
            ledger.answers.extend(answers.into_iter().map(Some));
            std::mem::take(&mut ledger.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Whether a question names no particular object and so has a single answer.
fn is_whole(question: &Question) -> bool {
    matches!(
        question,
        Question::System
            | Question::Services
            | Question::Accounts
            | Question::Groups
            | Question::Shares
            | Question::Volumes
            | Question::AuditPolicy
            | Question::PasswordPolicy
            | Question::Profiles
    )
}
