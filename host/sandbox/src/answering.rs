//! The host's side of a conversation, bound by the plugin's limits.

use wardline_contract::{Answer, Ask, Deadline, Outcome, Passed, Question};

use super::{Failure, Limits, sizes};

/// The maximum length in bytes of a path or name that is looked up. Windows could have longer ones; its programs cannot.
const LONGEST_PATH: usize = 4096;

/// Answers the questions of one conversation.
pub(super) struct Answering<'a> {
    ask: &'a Ask<'a>,
    /// The deadline of the whole conversation.
    deadline: Deadline,
    /// The maximum number of bytes in answers, and the number returned so far.
    most: u64,
    returned: u64,
}

impl<'a> Answering<'a> {
    /// Begins a conversation and starts its clock.
    pub(super) fn begin(ask: &'a Ask<'a>, limits: &Limits) -> Self {
        Answering { ask, deadline: Deadline::after(limits.time), most: limits.answers, returned: 0 }
    }

    /// Returns one answer for each question, in order.
    pub(super) fn answer_all(&mut self, questions: &[Question]) -> Result<Vec<Answer>, Failure> {
        let mut answers = Vec::with_capacity(questions.len());
        self.deadline.check().map_err(too_late)?;
        for question in questions {
            let answer = self.answer(question);
            // The epoch clock interrupts guests but not the host's work for them. A late answer may be incomplete.
            self.deadline.check().map_err(too_late)?;
            self.returned = self.returned.saturating_add(sizes::of_answer(&answer));
            if self.returned > self.most {
                let detail = format!("asked for answers of more than {} bytes", self.most);
                return Err(Failure::new(Outcome::TooManyRounds, detail));
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    /// Answers one question. One that is too long is not looked up: the data it would be compared with may be long, too.
    fn answer(&self, question: &Question) -> Answer {
        match sizes::longest_text(question) {
            0..=LONGEST_PATH => self.ask.answer(question, self.deadline),
            length => Answer::Unreadable(format!(
                "a path of {length} bytes is too long: at most {LONGEST_PATH} are looked up"
            )),
        }
    }
}

fn too_late(_: Passed) -> Failure {
    Failure::new(Outcome::OutOfTime, "asked for more than could be answered within its time limit")
}
