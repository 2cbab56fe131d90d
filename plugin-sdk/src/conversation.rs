//! Turns straight-line code that awaits its questions into the contract's rounds of questions and answers.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::checker::Checker;
use crate::context::{About, Context};
use crate::contract::exports::wardline::check::types::{Answer, Question};
use crate::evidence::Evidence;
use crate::exchange::Exchange;
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
    /// The questions of the next round.
    Ask(Vec<Question>),
    /// The checker's findings; the conversation is over.
    Done(Findings),
}

impl<'c> Conversation<'c> {
    /// Prepares a conversation. The checker does not run until [`resume`](Conversation::resume).
    pub fn new<C: Checker>(checker: &'c C, about: About) -> Conversation<'c> {
        let exchange = Rc::new(Exchange::default());
        let evidence = Evidence::new(Rc::clone(&exchange));
        let future = Box::pin(async move { checker.detect(Context::new(&about, &evidence)).await });
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
        match self.future.as_mut().poll(&mut std::task::Context::from_waker(Waker::noop())) {
            Poll::Ready(findings) => Turn::Done(findings),
            Poll::Pending => {
                let questions = self.exchange.take_questions();
                assert!(!questions.is_empty(), "the checker waits for something that is not evidence");
                Turn::Ask(questions)
            }
        }
    }
}
