//! The questions a plugin may ask, and the one gate that they pass through.

use std::sync::Arc;

use crate::known::{Known, KnownQuestions};
use crate::scopes::Scopes;
use crate::{Answer, Deadline, Description, Question, Update, names};

/// Decides whether a plugin may ask a question; the error is the reason and reaches the plugin as `denied`.
///
/// The decision depends on nothing but the question: it is made once for many targets.
pub type Permit = dyn Fn(&Question) -> Result<(), String> + Send + Sync;

/// The questions a plugin may ask of a target: those it declared, as far as the operator grants them.
///
/// ```
/// use wardline_contract::{Grants, Question, Scope, scopes::Scopes};
///
/// let grants = Grants::scopes(Scopes::from_scopes(&[Scope::Services], &[]));
/// assert!(grants.check(&Question::Services).is_ok());
/// assert!(grants.check(&Question::Accounts).is_err());
/// ```
#[derive(Clone)]
pub struct Grants {
    permit: Arc<Permit>,
    known: Arc<KnownQuestions>,
}

impl std::fmt::Debug for Grants {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Grants")
    }
}

impl Grants {
    /// Creates grants that decide each question with `permit`.
    pub fn new(permit: impl Fn(&Question) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Grants { permit: Arc::new(permit), known: Arc::default() }
    }

    /// Grants everything that a plugin declared, given the updates it was prepared with.
    pub fn declared(description: &Description, updates: &[Update]) -> Self {
        Grants::scopes(Scopes::new(description, updates))
    }

    /// Grants everything within these scopes.
    pub fn scopes(scopes: Scopes) -> Self {
        Grants::new(move |question| scopes.check(question))
    }

    /// Checks whether a question is granted.
    ///
    /// # Errors
    ///
    /// The reason why it is not, for people.
    pub fn check(&self, question: &Question) -> Result<(), String> {
        (self.permit)(question)
    }
}

/// Something that answers questions about one target.
pub trait Answers {
    /// Answers a question by the deadline. `folded` is the same question with its names folded, see [`names::folded`].
    fn answer(&self, question: &Question, folded: &Question, deadline: Deadline) -> Answer;
}

impl<F: Fn(&Question, Deadline) -> Answer> Answers for F {
    fn answer(&self, question: &Question, _folded: &Question, deadline: Deadline) -> Answer {
        self(question, deadline)
    }
}

/// A target as one plugin may see it in one conversation: questions outside its grants are denied before anything looks at the target.
///
/// Every conversation requires one, and one cannot be constructed without grants.
pub struct Ask<'a> {
    grants: &'a Grants,
    answers: &'a (dyn Answers + 'a),
}

impl std::fmt::Debug for Ask<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ask")
    }
}

impl<'a> Ask<'a> {
    /// Creates the view of a target. `answers` is asked only granted questions.
    pub fn new(grants: &'a Grants, answers: &'a (dyn Answers + 'a)) -> Self {
        Ask { grants, answers }
    }

    /// Answers one question of a plugin by the deadline of its conversation.
    pub fn answer(&self, question: &Question, deadline: Deadline) -> Answer {
        if let Some(known) = self.grants.known.get(question) {
            return self.answer_known(question, known, deadline);
        }
        let known = Known { folded: names::folded(question), verdict: self.grants.check(question) };
        let answer = self.answer_known(question, &known, deadline);
        self.grants.known.note(question, known);
        answer
    }

    fn answer_known(&self, question: &Question, known: &Known, deadline: Deadline) -> Answer {
        match &known.verdict {
            Ok(()) => self.answers.answer(question, &known.folded, deadline),
            Err(reason) => Answer::Denied(reason.clone()),
        }
    }
}

impl Drop for Ask<'_> {
    /// Ends the conversation.
    fn drop(&mut self) {
        self.grants.known.end_conversation();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::Scope;

    #[test]
    fn nothing_looks_at_the_target_for_a_question_that_is_not_granted() {
        let grants = Grants::scopes(Scopes::from_scopes(&[Scope::Services], &[]));
        let looks = Cell::new(0);
        let answer = |_: &Question, _: Deadline| {
            looks.set(looks.get() + 1);
            Answer::Absent
        };
        let ask = Ask::new(&grants, &answer);
        for question in [Question::Accounts, Question::RegistryKey(r"HKLM\SAM".into()), Question::System] {
            assert!(matches!(ask.answer(&question, Deadline::never()), Answer::Denied(_)), "{question:?}");
        }
        assert_eq!(looks.get(), 0);
        assert_eq!(ask.answer(&Question::Services, Deadline::never()), Answer::Absent);
        assert_eq!(looks.get(), 1);
    }

    #[test]
    fn what_is_known_from_earlier_conversations_changes_no_answer() {
        struct Folded;
        impl Answers for Folded {
            fn answer(&self, question: &Question, folded: &Question, _: Deadline) -> Answer {
                assert_eq!(*folded, names::folded(question));
                Answer::Absent
            }
        }
        let grants = Grants::scopes(Scopes::from_scopes(&[Scope::Registry(r"HKLM\SOFTWARE\Acme\**".into())], &[]));
        let key = |key: &str| Question::RegistryKey(key.into());
        for conversation in 0..10 {
            let ask = Ask::new(&grants, &Folded);
            for _ in 0..2 {
                let granted = ask.answer(&key(r"HKLM\Software\ACME\Agent"), Deadline::never());
                let denied = ask.answer(&key(r"HKLM\SOFTWARE\Other"), Deadline::never());
                assert_eq!(granted, Answer::Absent, "{conversation}");
                assert!(matches!(denied, Answer::Denied(reason) if reason.contains("declare")), "{conversation}");
            }
        }
    }
}
