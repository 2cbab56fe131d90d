//! MBSA 122: how many individual accounts may administer the machine.
//!
//! Groups among the members are listed and do not count, as in MBSA. Of a domain's accounts only the SID is known here; the
//! groups that every domain has are told by its last number, everything else may be an account or a group.

use wardline_plugin::prelude::*;

use crate::release::keeps_accounts_in_directory;
use crate::settings::Number;
use crate::wording::{counted, listed, with_table};

pub(crate) const ID: &str = "administrators";
pub(crate) const TITLE: &str = "Administrators";
pub(crate) const COLUMNS: &[&str] = &["Member", "SID", "Kind"];
pub(crate) const EXPLANATION: &str =
    "Every account that may administer the machine is one more whose password gives the whole machine away.";

pub(crate) const MOST: Number = Number {
    name: "most-administrators",
    explanation: "How many individual accounts may be in the local group Administrators.",
    default: 2,
};

/// Implementing least-privilege administrative models.
const ARTICLE: &str = "https://learn.microsoft.com/windows-server/identity/ad-ds/plan/security-best-practices/\
                       implementing-least-privilege-administrative-models";

const ADMINISTRATORS: &str = "S-1-5-32-544";

/// The last numbers of the SIDs of groups that Windows makes in every domain (well-known security identifiers, Q243330).
const DOMAIN_GROUPS: [&str; 15] =
    ["498", "512", "513", "514", "515", "516", "517", "518", "519", "520", "521", "522", "525", "526", "527"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Account,
    Group,
    /// Of another machine or a domain, and not to be looked up here.
    Unknown,
}

pub(crate) async fn check(about: &About, evidence: &Evidence) -> Result<Finding, Unable> {
    let most = MOST.of(about)? as usize;
    let system = evidence.system().await.required()?;
    if keeps_accounts_in_directory(&system) {
        return Ok(Finding::not_performed(
            "A domain controller's own account database does not hold the domain's groups, so its administrators were not \
             looked at.",
        )
        .because(&system));
    }
    let groups = evidence.groups().await.required()?;
    let Some(group) = groups.iter().find(|group| group.sid == ADMINISTRATORS) else {
        return Err(Unable::new("There is no group Administrators, which every Windows has.").because(&groups));
    };
    let members: Vec<(&GroupMember, Kind)> =
        group.members.iter().map(|member| (member, kind(member, &groups))).collect();
    let of = |wanted: Kind| members.iter().filter(move |(_, kind)| *kind == wanted).map(|(member, _)| shown(member));
    let accounts: Vec<&str> = of(Kind::Account).collect();
    let unknown: Vec<&str> = of(Kind::Unknown).collect();
    let of_domain = match unknown.as_slice() {
        [] => String::new(),
        unknown => format!(" {} of a domain may be accounts or groups: {}.", unknown.len(), listed(unknown)),
    };
    let number = counted(accounts.len(), "individual account");
    let finding = if accounts.len() > most {
        Finding::non_critical(format!(
            "{number} in the group {}, {most} at most should be: {}.{of_domain}",
            group.name,
            listed(&accounts)
        ))
    } else if accounts.len() + unknown.len() > most {
        Finding::new(
            Grade::UnableToScan,
            format!(
                "Whether more than {most} individual accounts are in the group {} cannot be told.{of_domain}",
                group.name
            ),
        )
    } else if accounts.is_empty() {
        Finding::passed(format!("No individual account is in the group {}.{of_domain}", group.name))
    } else {
        Finding::passed(format!("{number} in the group {}: {}.{of_domain}", group.name, listed(&accounts)))
    };
    let fails = accounts.len() > most;
    let rows = members.iter().map(|(member, kind)| {
        let (kind, grade) = match kind {
            Kind::Account if fails => ("account", Grade::NonCritical),
            Kind::Account => ("account", Grade::Passed),
            Kind::Group => ("group", Grade::Informational),
            Kind::Unknown => ("account or group of a domain", Grade::Informational),
        };
        ([shown(member), member.sid.as_str(), kind].map(str::to_owned), grade)
    });
    let finding = with_table(finding, rows.collect()).because(&groups).because(&system);
    Ok(if fails { finding.mend(remove(&group.name, accounts.len() - most)) } else { finding })
}

fn kind(member: &GroupMember, groups: &[Group]) -> Kind {
    let is_of_a_machine_or_domain = member.sid.starts_with("S-1-5-21-");
    let last = member.sid.rsplit('-').next().unwrap_or_default();
    if !is_of_a_machine_or_domain {
        // Everyone, Interactive, the built-in groups: none of them is one person's account.
        Kind::Group
    } else if groups.iter().any(|group| group.sid == member.sid) || DOMAIN_GROUPS.contains(&last) {
        Kind::Group
    } else if member.name.is_some() || matches!(last, "500" | "501") {
        // Names are known of local accounts only; 500 and 501 are the built-in accounts of every domain.
        Kind::Account
    } else {
        Kind::Unknown
    }
}

fn shown(member: &GroupMember) -> &str {
    member.name.as_deref().unwrap_or(&member.sid)
}

/// Which of them to keep is for a person to say.
fn remove(group: &str, too_many: usize) -> Remedy {
    Remedy::manual(format!(
        "Remove {} from the group {group}: those that need not administer this machine.",
        counted(too_many, "account")
    ))
    .undo(Operation::ManualStep(format!("Add the accounts that were removed to the group {group} again.")))
    .risk(
        "Services, scheduled tasks and people that work through these accounts lose their rights; keep one that is known to \
         work.",
    )
    .article(ARTICLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::tests::actions_of;
    use crate::product::tests::machine;
    use wardline_plugin::testing::Bench;

    const MACHINE: &str = "S-1-5-21-1-2-3";
    const DOMAIN: &str = "S-1-5-21-7-8-9";

    fn member(domain: &str, rid: u32, name: Option<&str>) -> GroupMember {
        GroupMember { sid: format!("{domain}-{rid}"), name: name.map(str::to_owned) }
    }

    fn bench(version: &str, role: Role, members: Vec<GroupMember>) -> Bench {
        let group = |name: &str, rid, sid: String, members| Group { name: name.to_owned(), rid, sid, members };
        let groups = vec![
            group("Administratoren", 544, ADMINISTRATORS.to_owned(), members),
            group("Operators", 1010, format!("{MACHINE}-1010"), vec![]),
        ];
        Bench::new()
            .fact(Question::System, Fact::System(machine(version, 2195, 2, role, &[])))
            .fact(Question::Groups, Fact::Groups(groups))
    }

    #[test]
    fn individual_accounts_are_counted() {
        let administrator = || member(MACHINE, 500, Some("Administrator"));
        let scott = || member(MACHINE, 1000, Some("scott"));
        let tiger = || member(MACHINE, 1001, Some("tiger"));
        let domain_admins = || member(DOMAIN, 512, None);
        let someone = |rid| member(DOMAIN, rid, None);
        for (members, grade) in [
            (vec![], Grade::Passed),
            (vec![administrator(), scott()], Grade::Passed),
            (vec![administrator(), scott(), tiger()], Grade::NonCritical),
            (vec![administrator(), scott(), domain_admins()], Grade::Passed),
            (vec![administrator(), scott(), member(MACHINE, 1010, Some("Operators"))], Grade::Passed),
            (vec![administrator(), scott(), member("S-1-5", 4, Some("INTERACTIVE"))], Grade::Passed),
            (vec![administrator(), someone(1104)], Grade::Passed),
            (vec![administrator(), someone(1104), someone(1105)], Grade::UnableToScan),
            (vec![administrator(), scott(), tiger(), someone(1104)], Grade::NonCritical),
            (vec![administrator(), scott(), member(DOMAIN, 500, None)], Grade::NonCritical),
        ] {
            let run = bench("5.0", Role::Server, members.clone()).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{members:?}: {}", finding.summary);
            assert_eq!(finding.rows.len(), members.len());
            assert_eq!(actions_of(&run, ID).len(), usize::from(grade == Grade::NonCritical));
        }
    }

    #[test]
    fn the_operator_says_how_many() {
        let members = vec![member(MACHINE, 500, Some("Administrator")), member(MACHINE, 1000, Some("scott"))];
        for (setting, grade) in [
            (SettingValue::Number(1), Grade::NonCritical),
            (SettingValue::Number(2), Grade::Passed),
            (SettingValue::Number(-1), Grade::UnableToScan),
            (SettingValue::Flag(true), Grade::UnableToScan),
        ] {
            let run = bench("5.0", Role::Server, members.clone()).setting(MOST.name, setting.clone()).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{setting:?}");
        }
    }

    #[test]
    fn domain_controllers_differ_by_version() {
        for (version, grade) in [("4.0", Grade::Passed), ("5.0", Grade::NotPerformed)] {
            assert_eq!(bench(version, Role::DomainController, vec![]).run::<Os>().check(ID).grade, grade, "{version}");
        }
    }

    #[test]
    fn unread_groups_are_never_passed() {
        let read = bench("5.0", Role::Server, vec![]);
        for answer in [
            Answer::Unreadable("damaged".to_owned()),
            Answer::Unsupported,
            Answer::Absent,
            Answer::Known(Fact::Groups(vec![])),
        ] {
            let run = read.clone().answer(Question::Groups, answer).run::<Os>();
            assert_eq!(run.check(ID).grade, Grade::UnableToScan);
        }
    }
}
