//! The machine's own accounts and groups, and the member that its Administrators group always has.

use wardline_windows_words::domain_and_rid;

use crate::contract::exports::wardline::check::types::{Group, GroupMember};

/// The SID of the built-in group Administrators, which may be renamed.
pub const ADMINISTRATORS: &str = "S-1-5-32-544";

/// The RID of the built-in Administrator, which may be renamed.
pub const BUILT_IN_ADMINISTRATOR: u32 = 500;

/// The prefix of the SIDs of the machine's own accounts and groups: `S-1-5-21-1-2-3`.
///
/// `None` if neither a group nor a named member reveals it: the host names only the machine's own accounts.
pub fn machine_sid(groups: &[Group]) -> Option<&str> {
    let of_groups = groups.iter().map(|group| group.sid.as_str());
    let members = groups.iter().flat_map(|group| &group.members);
    let of_named_members = members.filter(|member| member.name.is_some()).map(|member| member.sid.as_str());
    of_groups.chain(of_named_members).find_map(domain_and_rid).map(|(machine, _)| machine)
}

/// Whether the members of Administrators are not the list that Windows wrote, because the machine's built-in Administrator is
/// not among them: "The Administrator account can never be deleted or removed from the Administrators group" ("User and
/// computer accounts" in the documentation of Windows Server 2003).
///
/// `machine` is the result of [`machine_sid`]. If it is not known, the built-in Administrator of any computer or domain may
/// be the machine's.
pub fn lacks_built_in_administrator(administrators: &Group, machine: Option<&str>) -> bool {
    let is_built_in = |member: &GroupMember| {
        domain_and_rid(&member.sid).is_some_and(|(domain, rid)| {
            rid == BUILT_IN_ADMINISTRATOR && machine.is_none_or(|machine| machine.eq_ignore_ascii_case(domain))
        })
    };
    !administrators.members.iter().any(is_built_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "S-1-5-21-1-2-3";

    fn group(sid: &str, members: &[(&str, Option<&str>)]) -> Group {
        let member =
            |(sid, name): &(&str, Option<&str>)| GroupMember { sid: (*sid).to_owned(), name: name.map(str::to_owned) };
        let members = members.iter().map(member).collect();
        Group { name: "g".to_owned(), rid: 544, sid: sid.to_owned(), members }
    }

    #[test]
    fn the_machines_sid_is_that_of_its_groups_and_named_members() {
        const ELSEWHERE: &str = "S-1-5-21-7-8-9-512";
        for (what, groups, expected) in [
            ("nothing", vec![], None),
            ("a group", vec![group(ADMINISTRATORS, &[]), group("S-1-5-21-1-2-3-1010", &[])], Some(MACHINE)),
            ("a named member", vec![group(ADMINISTRATORS, &[("S-1-5-21-1-2-3-500", Some("root"))])], Some(MACHINE)),
            ("a member without a name", vec![group(ADMINISTRATORS, &[(ELSEWHERE, None)])], None),
            ("a group of no known domain", vec![group("(unreadable)-1010", &[])], None),
            ("a service", vec![group(ADMINISTRATORS, &[("S-1-5-18", Some("SYSTEM"))])], None),
        ] {
            assert_eq!(machine_sid(&groups), expected, "{what}");
        }
    }

    #[test]
    fn the_built_in_administrator_is_always_a_member() {
        for (members, machine, lacks) in [
            (&[][..], Some(MACHINE), true),
            (&[], None, true),
            (&[("S-1-5-21-1-2-3-500", None)], Some(MACHINE), false),
            (&[("S-1-5-21-1-2-3-500", None)], None, false),
            (&[("S-1-5-21-7-8-9-500", None)], Some(MACHINE), true),
            (&[("S-1-5-21-7-8-9-512", None)], None, true),
            (&[("S-1-5-21-1-2-3-1000", Some("Administrator"))], Some(MACHINE), true),
            (&[("500", None)], None, true),
        ] {
            let administrators = group(ADMINISTRATORS, members);
            assert_eq!(lacks_built_in_administrator(&administrators, machine), lacks, "{members:?} {machine:?}");
        }
    }
}
