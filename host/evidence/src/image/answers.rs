//! The answers of a running machine, kept for as long as it is examined.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use wardline_contract::{Answer, Question};

use crate::budget::{Budget, Charge, OverBudget};

/// The memory of a question and an answer beside the answer's own text.
const OVERHEAD: u64 = 512;

/// Answers by question, with the question's names folded. Several plugins ask for the same facts, the machine is slow to ask, and it
/// changes meanwhile.
pub(super) struct Answers(Mutex<Kept>);

struct Kept {
    answers: HashMap<Question, Answer>,
    charge: Charge,
}

impl Answers {
    pub(super) fn new(budget: &Arc<Budget>) -> Result<Answers, OverBudget> {
        Ok(Answers(Mutex::new(Kept { answers: HashMap::new(), charge: budget.charge(0)? })))
    }

    pub(super) fn find(&self, folded: &Question) -> Option<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answers.get(folded).cloned()
    }

    /// Keeps an answer if there is room for it, and returns the one that is kept: another thread may have been faster.
    pub(super) fn keep(&self, folded: &Question, answer: Answer) -> Answer {
        let size = serde_json::to_vec(&answer).map_or(0, |text| text.len() as u64);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = kept.answers.get(folded) {
            return earlier.clone();
        }
        if kept.charge.grow(size + OVERHEAD).is_ok() {
            kept.answers.insert(folded.clone(), answer.clone());
        }
        answer
    }
}
