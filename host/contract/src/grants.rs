//! The questions a plugin may ask, and the one gate that they pass through.

use std::sync::Arc;

use crate::scopes::Scopes;
use crate::{Answer, Deadline, Description, Question, Update};

/// Decides whether a plugin may ask a question; the error is the reason and reaches the plugin as `denied`.
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
pub struct Grants(Arc<Permit>);

impl std::fmt::Debug for Grants {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Grants")
    }
}

impl Grants {
    /// Creates grants that decide each question with `permit`.
    pub fn new(permit: impl Fn(&Question) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Grants(Arc::new(permit))
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
        (self.0)(question)
    }
}

/// A target as one plugin may see it: questions outside its grants are denied before anything looks at the target.
///
/// Every conversation requires one, and one cannot be constructed without grants.
pub struct Ask<'a> {
    grants: &'a Grants,
    answer: &'a (dyn Fn(&Question, Deadline) -> Answer + 'a),
}

impl std::fmt::Debug for Ask<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ask")
    }
}

impl<'a> Ask<'a> {
    /// Creates the view of a target. `answer` is called only for granted questions and must answer by the deadline.
    pub fn new(grants: &'a Grants, answer: &'a (dyn Fn(&Question, Deadline) -> Answer + 'a)) -> Self {
        Ask { grants, answer }
    }

    /// Answers one question of a plugin by the deadline of its conversation.
    pub fn answer(&self, question: &Question, deadline: Deadline) -> Answer {
        match self.grants.check(question) {
            Ok(()) => (self.answer)(question, deadline),
            Err(reason) => Answer::Denied(reason),
        }
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
}
