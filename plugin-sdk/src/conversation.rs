//! Turns straight-line code that awaits its questions into the contract's rounds of questions and answers.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::checker::{About, Checker};
use crate::contract::exports::wardline::check::types::{Answer, Question};
use crate::evidence::Evidence;
use crate::finding::Findings;

/// A conversation about one target: the checker's future and the questions it is waiting on.
#[must_use = "a conversation does nothing until it is continued"]
pub struct Conversation<'c> {
    future: Pin<Box<dyn Future<Output = Findings> + 'c>>,
    exchange: Rc<Exchange>,
}

impl std::fmt::Debug for Conversation<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Conversation").finish_non_exhaustive()
    }
}

/// The outcome of resuming a conversation.
#[derive(Debug)]
pub enum Turn {
    Ask(Vec<Question>),
    Done(Findings),
}

impl<'c> Conversation<'c> {
    /// Prepares a conversation. The checker does not run until [`resume`](Conversation::resume).
    pub fn new<C: Checker>(checker: &'c C, about: About) -> Conversation<'c> {
        let exchange = Rc::new(Exchange::default());
        let evidence = Evidence::new(Rc::clone(&exchange));
        let future = Box::pin(async move { checker.detect(&about, &evidence).await });
        Conversation { future, exchange }
    }

    /// Resumes with the answers to the questions of the last [`Turn::Ask`], in their order. The first call takes no answers.
    ///
    /// # Panics
    ///
    /// If the number of answers differs from the number of questions, or if the checker awaits something that no answer can
    /// complete. Inside a component both are traps, which the host reports.
    pub fn resume(&mut self, answers: Vec<Answer>) -> Turn {
        self.exchange.take_answers(answers);
        match self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(findings) => Turn::Done(findings),
            Poll::Pending => {
                let questions = self.exchange.take_questions();
                assert!(!questions.is_empty(), "the checker waits for something that is not evidence");
                Turn::Ask(questions)
            }
        }
    }
}

/// Where the futures of [`Evidence`] put their questions and pick up their answers.
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

    fn take_questions(&self) -> Vec<Question> {
        let mut ledger = self.0.borrow_mut();
        ledger.outstanding = ledger.questions.len();
        std::mem::take(&mut ledger.questions)
    }

    fn take_answers(&self, answers: Vec<Answer>) {
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
