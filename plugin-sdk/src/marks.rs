//! Markers of incompleteness in the facts about accounts, groups and shares.
//!
//! One damaged record does not cost the others: the host lists it with what is known about it and marks it as the contract
//! describes under `account`, `group` and `share`.

use crate::contract::exports::wardline::check::types::{Account, Group, GroupMember, Share};

const UNREADABLE: &str = "(unreadable: ";
const TAMPERED: &str = "(tampered: ";
const CARRIES_RID: &str = "carries RID ";
const HIDDEN: &str = "hidden";
const UNREADABLE_NAME: &str = "(unreadable)";

/// Reads the markers in an account's comment.
///
/// ```
/// # use wardline_plugin::prelude::*;
/// # fn judge(account: &Account) -> Result<(), Unable> {
/// if let Some(reason) = account.damage() {
///     return Err(Unable::new(format!("The account {} cannot be read: {reason}.", account.name)));
/// }
/// # Ok(())
/// # }
/// ```
pub trait AccountExt {
    /// Why the account's record cannot be trusted. Conclude nothing good from such an account: fields that are not known have
    /// the worse value.
    fn damage(&self) -> Option<&str>;

    /// The RID of another account that this one's record carries. Logging on to this account grants that account's rights.
    fn foreign_rid(&self) -> Option<u32>;

    /// Whether the account was removed from the list of names, which hides it from Windows' own tools.
    fn is_hidden(&self) -> bool;
}

impl AccountExt for Account {
    fn damage(&self) -> Option<&str> {
        damage_in(&self.comment)
    }

    fn foreign_rid(&self) -> Option<u32> {
        tampering(self).find_map(|what| what.strip_prefix(CARRIES_RID)?.parse().ok())
    }

    fn is_hidden(&self) -> bool {
        tampering(self).any(|what| what == HIDDEN)
    }
}

/// Reports how complete a group is.
pub trait GroupExt {
    /// Whether the group may have members other than those listed.
    fn may_have_more_members(&self) -> bool;
}

impl GroupExt for Group {
    fn may_have_more_members(&self) -> bool {
        self.members.iter().any(GroupMemberExt::is_unreadable)
    }
}

/// Tells a member from the marker for members that cannot be read.
pub trait GroupMemberExt {
    /// Whether this is the marker for members that cannot be read rather than a member.
    fn is_unreadable(&self) -> bool;
}

impl GroupMemberExt for GroupMember {
    fn is_unreadable(&self) -> bool {
        // An account may really have this name; it then has a SID.
        self.sid.is_empty() && self.name.as_deref() == Some(UNREADABLE_NAME)
    }
}

/// Reads the marker in a share's remark.
pub trait ShareExt {
    /// Why the share cannot be read. Its permissions are then not its own: conclude nothing good from them, and do not
    /// conclude that the share is open.
    fn damage(&self) -> Option<&str>;
}

impl ShareExt for Share {
    fn damage(&self) -> Option<&str> {
        damage_in(self.remark.as_deref()?)
    }
}

enum Marker<'a> {
    Unreadable(&'a str),
    Tampered(&'a str),
}

fn tampering(account: &Account) -> impl Iterator<Item = &str> {
    markers(&account.comment).filter_map(|marker| match marker {
        Marker::Tampered(what) => Some(what),
        Marker::Unreadable(_) => None,
    })
}

fn damage_in(comment: &str) -> Option<&str> {
    markers(comment).find_map(|marker| match marker {
        Marker::Unreadable(reason) => Some(reason),
        Marker::Tampered(_) => None,
    })
}

/// Returns the markers at the start of a comment or remark.
fn markers(comment: &str) -> impl Iterator<Item = Marker<'_>> {
    let mut rest = comment;
    std::iter::from_fn(move || {
        let unreadable = rest.strip_prefix(UNREADABLE);
        let (content, after) = unreadable.or_else(|| rest.strip_prefix(TAMPERED))?.split_once(')')?;
        rest = after.strip_prefix(' ').unwrap_or(after);
        Some(if unreadable.is_some() { Marker::Unreadable(content) } else { Marker::Tampered(content) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::exports::wardline::check::types::PasswordQuality;

    fn account(comment: &str) -> Account {
        Account {
            name: "scott".to_owned(),
            rid: 1001,
            full_name: String::new(),
            comment: comment.to_owned(),
            disabled: false,
            locked: false,
            password_never_expires: false,
            password_not_required: false,
            password: PasswordQuality::Other,
            last_logon: None,
            password_set: None,
        }
    }

    #[test]
    fn markers_are_read_from_the_start_of_a_comment() {
        for (comment, damage, foreign_rid, hidden) in [
            ("", None, None, false),
            ("a comment", None, None, false),
            ("(unreadable: F is missing)", Some("F is missing"), None, false),
            ("(unreadable: F is missing) a comment", Some("F is missing"), None, false),
            ("(tampered: carries RID 500)", None, Some(500), false),
            ("(tampered: hidden) a comment", None, None, true),
            ("(tampered: carries RID 500) (tampered: hidden) (unreadable: x) y", Some("x"), Some(500), true),
            // Text that a person wrote, as the host passes it on.
            ("((unreadable: F is missing)", None, None, false),
            ("a (tampered: hidden)", None, None, false),
            ("(unreadable: without an end", None, None, false),
        ] {
            let account = account(comment);
            let read = (account.damage(), account.foreign_rid(), account.is_hidden());
            assert_eq!(read, (damage, foreign_rid, hidden), "{comment}");
        }
    }

    #[test]
    fn a_member_may_stand_for_others() {
        let member = |sid: &str, name: Option<&str>| GroupMember { sid: sid.to_owned(), name: name.map(str::to_owned) };
        let group = |members| Group { name: "g".to_owned(), rid: 1, sid: "S-1-5-32-1".to_owned(), members };
        let others = || vec![member("", None), member("S-1-5-18", Some("SYSTEM"))];
        let with = |odd| group(others().into_iter().chain([odd]).collect());
        assert!(!group(others()).may_have_more_members());
        assert!(with(member("", Some("(unreadable)"))).may_have_more_members());
        // An account with that name.
        assert!(!with(member("S-1-5-21-1-2-3-1000", Some("(unreadable)"))).may_have_more_members());
    }

    #[test]
    fn a_share_says_that_it_is_damaged() {
        for (remark, damage) in [
            (None, None),
            (Some(""), None),
            (Some("for all"), None),
            (Some("(unreadable: bad type)"), Some("bad type")),
            (Some("(unreadable: bad type) for all"), Some("bad type")),
            (Some("((unreadable: bad type)"), None),
        ] {
            let share = Share {
                name: "data".to_owned(),
                path: String::new(),
                remark: remark.map(str::to_owned),
                permissions: None,
            };
            assert_eq!(share.damage(), damage, "{remark:?}");
        }
    }
}
