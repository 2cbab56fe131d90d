//! Access rights to registry keys and folders.

use wardline_plugin::prelude::*;

pub(crate) const EVERYONE: &str = "S-1-1-0";

/// The answer to a question about permissions.
pub(crate) enum Access {
    Known(Permissions),
    /// There is no such key or folder.
    Absent,
    /// This kind of target has no permissions.
    Unsupported,
}

/// Asks about permissions, and returns the answer with the question's number.
///
/// # Errors
///
/// If the permissions exist but cannot be read.
pub(crate) async fn ask(evidence: &Evidence, question: Question) -> Result<(Access, u32), Unable> {
    let replies = evidence.ask_all(vec![question]).await;
    let number = replies.first;
    let unable = |reason: String| Err(Unable::new(reason).because(&number));
    match replies.answers.into_iter().next() {
        Some(Answer::Known(Fact::Permissions(permissions))) => Ok((Access::Known(permissions), number)),
        Some(Answer::Absent) => Ok((Access::Absent, number)),
        Some(Answer::Unsupported) => Ok((Access::Unsupported, number)),
        Some(Answer::Denied(reason)) => unable(format!("not allowed: {reason}")),
        Some(Answer::Unreadable(reason)) => unable(format!("cannot be read: {reason}")),
        Some(Answer::Known(_)) | None => unable("the answer does not fit the question".to_owned()),
    }
}

/// Returns the rights that a list grants to a SID itself, on the object or on its contents: the union of both, each computed
/// from the entries in order, because the first entry that mentions a right decides it.
pub(crate) fn granted(entries: &[AccessEntry], sid: &str) -> u32 {
    [false, true].into_iter().fold(0, |granted, inherit_only| {
        let of_sid = |entry: &&AccessEntry| entry.inherit_only == inherit_only && entry.sid.eq_ignore_ascii_case(sid);
        let (mut allowed, mut denied) = (0, 0);
        for entry in entries.iter().filter(of_sid) {
            match entry.access_type {
                AccessType::Allow => allowed |= entry.mask & !denied,
                AccessType::Deny => denied |= entry.mask & !allowed,
                AccessType::Audit => {}
            }
        }
        granted | allowed
    })
}
