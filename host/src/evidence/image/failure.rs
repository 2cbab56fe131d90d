//! Why a question has no fact for an answer.

use super::hive::HiveError;
use crate::contract::{Answer, Fact};

/// The four answers that are no fact, so that readers can give up with `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Absent,
    Denied(String),
    Unreadable(String),
    Unsupported,
}

pub(super) type Found<T> = Result<T, Failure>;

impl From<HiveError> for Failure {
    fn from(error: HiveError) -> Self {
        Failure::Unreadable(error.to_string())
    }
}

pub(super) fn answer(found: Found<Fact>) -> Answer {
    match found {
        Ok(fact) => Answer::Known(fact),
        Err(Failure::Absent) => Answer::Absent,
        Err(Failure::Denied(reason)) => Answer::Denied(reason),
        Err(Failure::Unreadable(reason)) => Answer::Unreadable(reason),
        Err(Failure::Unsupported) => Answer::Unsupported,
    }
}
