//! How the comment of an account or the remark of a share says that it is damaged or was tampered with, as `wit/types.wit`
//! describes it.

/// What is to be said of an account or share before its own comment or remark.
#[derive(Debug, Default)]
pub(super) struct Markers {
    /// Whose RID the record carries, where that is not its own.
    pub(super) foreign_rid: Option<u32>,
    /// Its name is not in the list of names.
    pub(super) hidden: bool,
    /// What of the record cannot be read.
    pub(super) damage: Vec<String>,
}

const UNREADABLE: &str = "(unreadable: ";
const TAMPERED: &str = "(tampered: ";

impl Markers {
    /// The markers, then the comment. A comment that begins as a marker does is given another bracket, so that nobody who may
    /// write comments can make or hide a marker.
    pub(super) fn before(&self, comment: &str) -> String {
        let tampered = |what: &str| format!("{TAMPERED}{what})");
        let foreign_rid = self.foreign_rid.map(|rid| tampered(&format!("carries RID {rid}")));
        let hidden = self.hidden.then(|| tampered("hidden"));
        // A bracket in a reason would end the marker.
        let damage = self.damage.join("; ").replace('(', "[").replace(')', "]");
        let damage = (!damage.is_empty()).then(|| format!("{UNREADABLE}{damage})"));
        let begins_as_marker = [UNREADABLE, TAMPERED].iter().any(|marker| comment.starts_with(marker.trim_end()));
        let comment = if begins_as_marker { format!("({comment}") } else { comment.to_owned() };
        let parts = [foreign_rid, hidden, damage, (!comment.is_empty()).then_some(comment)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_cannot_be_forged() {
        let none = Markers::default();
        let all = Markers { foreign_rid: Some(500), hidden: true, damage: vec!["V (is) missing".to_owned()] };
        for (markers, comment, expected) in [
            (&none, "a comment", "a comment"),
            (&none, "", ""),
            (&none, "(unreadable: F)", "((unreadable: F)"),
            (&none, "(tampered:hidden)", "((tampered:hidden)"),
            (&none, "((unreadable: F)", "((unreadable: F)"),
            (&all, "", "(tampered: carries RID 500) (tampered: hidden) (unreadable: V [is] missing)"),
            (
                &all,
                "(tampered: x)",
                "(tampered: carries RID 500) (tampered: hidden) (unreadable: V [is] missing) ((tampered: x)",
            ),
        ] {
            assert_eq!(markers.before(comment), expected);
        }
    }
}
