//! The reason, in words, for which an answer is not the fact that was asked for.

use crate::contract::exports::wardline::check::types::Answer;

/// Returns the reason why an answer is not the fact that was asked for.
pub(super) fn not_known(answer: Option<&Answer>) -> String {
    match answer {
        Some(Answer::Denied(why)) => format!("not allowed, {why}"),
        Some(Answer::Unreadable(why)) => why.clone(),
        Some(Answer::Unsupported) => "this target cannot tell".to_owned(),
        Some(Answer::Known(_) | Answer::Absent) => "the answer is to another question".to_owned(),
        None => "it was not asked about, for where it lies is not known".to_owned(),
    }
}
