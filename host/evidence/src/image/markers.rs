//! The markers by which an account's comment or a share's remark says that it is damaged or was tampered with, as `types.wit`
//! describes them.

/// The markers of an account or share, shown before its comment or remark.
#[derive(Debug, Default)]
pub(super) struct Markers {
    /// The RID in the record, if it is another account's.
    pub(super) foreign_rid: Option<u32>,
    /// Whether the account's name is missing from the list of names.
    pub(super) hidden: bool,
    /// The parts of the record that cannot be read.
    pub(super) damage: Vec<String>,
}

const UNREADABLE: &str = "(unreadable: ";
const TAMPERED: &str = "(tampered: ";

impl Markers {
    /// Returns the markers followed by the comment. A comment that begins like a marker gets another bracket, so that markers
    /// cannot be forged or hidden by writing comments.
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
