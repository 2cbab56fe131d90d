//! Which SIDs are the machine's own.

use wardline_plugin::prelude::*;

/// `S-1-5-21-1-2-3`, which the SIDs of the machine's own accounts and groups begin with. None where no group and no named member
/// tells it: the host names the machine's own accounts only.
pub(crate) fn domain_of_machine(groups: &[Group]) -> Option<&str> {
    let of_groups = groups.iter().map(|group| group.sid.as_str());
    let members = groups.iter().flat_map(|group| &group.members);
    let of_named_members = members.filter(|member| member.name.is_some()).map(|member| member.sid.as_str());
    of_groups.chain(of_named_members).find_map(domain)
}

/// The domain of `S-1-5-21-1-2-3-500`. None for a SID of no domain.
pub(crate) fn domain(sid: &str) -> Option<&str> {
    let (domain, rid) = sid.rsplit_once('-')?;
    let numbers = domain.strip_prefix("S-1-5-21-")?;
    (numbers.split('-').count() == 3 && rid.parse::<u32>().is_ok()).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sid_of_four_numbers_is_of_a_domain() {
        for (sid, expected) in [
            ("S-1-5-21-1-2-3-500", Some("S-1-5-21-1-2-3")),
            ("S-1-5-21-1-2-3", None),
            ("S-1-5-21-1-2-3-4-500", None),
            ("S-1-5-21-1-2-3-x", None),
            ("S-1-5-32-544", None),
            ("(unreadable)-1000", None),
            ("", None),
        ] {
            assert_eq!(domain(sid), expected, "{sid}");
        }
    }
}
