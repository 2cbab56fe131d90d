//! The reasons a question is not answered with a fact.

use wardline_contract::{Answer, Fact, Passed};

/// The answers that are not facts, as an error type so that readers can use `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Absent,
    Denied(String),
    Unreadable(String),
    Unsupported,
    /// The deadline passed. It says nothing about the target, so it is not cached.
    OutOfTime,
}

pub(super) type Found<T> = Result<T, Failure>;

impl From<Passed> for Failure {
    fn from(_: Passed) -> Self {
        Failure::OutOfTime
    }
}

pub(super) fn answer(found: Found<Fact>) -> Answer {
    match found {
        Ok(fact) => Answer::Known(fact),
        Err(Failure::Absent) => Answer::Absent,
        Err(Failure::Denied(reason)) => Answer::Denied(reason),
        Err(Failure::Unreadable(reason)) => Answer::Unreadable(reason),
        Err(Failure::Unsupported) => Answer::Unsupported,
        Err(Failure::OutOfTime) => Answer::Unreadable(Passed.to_string()),
    }
}

/// Turns absence into `None`; it is not a failure here.
pub(super) fn optional<T>(found: Found<T>) -> Found<Option<T>> {
    match found {
        Ok(thing) => Ok(Some(thing)),
        Err(Failure::Absent) => Ok(None),
        Err(failure) => Err(failure),
    }
}
