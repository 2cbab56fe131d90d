//! MBSA 107: whether the built-in Guest account can be used.

use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;

use crate::accounts::accounts;
use crate::release::{keeps_accounts_in_directory, parse_version};

pub(crate) const LSA: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa";
pub(crate) const TCPIP: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";

/// The RID of the built-in Guest account, which may be renamed.
const GUEST: u32 = 501;

/// The RID of an account whose RID cannot be read.
const UNKNOWN_RID: u32 = 0;

pub(crate) struct GuestAccount;

impl Check for GuestAccount {
    const INFO: CheckInfo = CheckInfo::new("guest-account", "Guest account")
        .mbsa(107)
        .columns(&["Account", "Enabled"])
        .explanation("Anyone without an account can log on as Guest, and has the access that is granted to Everyone.");
    const ASKS: &'static [Asks] = &[Asks::System, Asks::Accounts, Asks::Registry(LSA), Asks::Registry(TCPIP)];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let system = evidence.system().await.required()?;
        if keeps_accounts_in_directory(&system) {
            return Ok(Finding::not_performed(
                "A domain controller's own account database does not contain the domain's accounts, so its Guest account \
                 was not checked.",
            )
            .because(&system));
        }
        let accounts = accounts(evidence).await?;
        let Some(guest) = accounts.iter().find(|account| account.rid == GUEST) else {
            if accounts.iter().any(|account| account.rid == UNKNOWN_RID) {
                return Err(Unable::new("An account that may be the built-in Guest account could not be read.")
                    .because(&accounts));
            }
            return Ok(Finding::passed("There is no built-in Guest account.").because(&accounts));
        };
        if let Some(rid) = guest.foreign_rid() {
            return Ok(as_another(guest, rid).because(&accounts));
        }
        if let Some(reason) = guest.damage() {
            let unable =
                Unable::new(format!("The built-in Guest account \"{}\" could not be read: {reason}.", guest.name));
            return Err(unable.because(&accounts));
        }
        if guest.disabled {
            return Ok(Finding::passed(format!("The built-in Guest account \"{}\" is disabled.", guest.name))
                .row([guest.name.as_str(), "no"], Grade::Passed)
                .because(&accounts));
        }
        if let Some(sharing) = simple_file_sharing(&system, evidence).await? {
            return Ok(Finding::informational(format!(
                "The built-in Guest account \"{}\" is enabled because simple file sharing needs it.",
                guest.name
            ))
            .row([guest.name.as_str(), "yes"], Grade::Informational)
            .because(&accounts)
            .because(&sharing)
            .because(&system));
        }
        let flag = |before, after| {
            Operation::SetAccountFlag(SetAccountFlag {
                account: guest.name.clone(),
                rid: guest.rid,
                flag: AccountFlag::Disabled,
                before,
                after,
            })
        };
        Ok(Finding::critical(format!("The built-in Guest account \"{}\" is enabled.", guest.name))
            .row([guest.name.as_str(), "yes"], Grade::Critical)
            .because(&accounts)
            .mend(
                Remedy::new(flag(false, true))
                    .undo(flag(true, false))
                    .risk("Anyone who connects as Guest loses access to this machine's shares and printers."),
            ))
    }
}

/// Judged as critical whether or not it is enabled: its record was changed on purpose.
fn as_another(guest: &Account, rid: u32) -> Finding {
    let enabled = if guest.disabled { "no" } else { "yes" };
    Finding::critical(format!(
        "The built-in Guest account \"{}\" carries the RID {rid} of another account: anyone who logs on as Guest has \
         that account's rights.",
        guest.name
    ))
    .row([guest.name.as_str(), enabled], Grade::Critical)
    .mend(
        Remedy::manual(format!(
            "Disable the account \"{}\", and treat this machine as compromised: find out who changed its account database \
             and what else was changed, or reinstall it.",
            guest.name
        ))
        .risk("Anyone who connects as Guest loses access to this machine's shares and printers."),
    )
}

/// Returns the number of the question that shows that every network logon becomes Guest: on a Windows XP that is not in a
/// domain and has `ForceGuest` set. In a domain XP ignores the value; a machine that names a domain is assumed to be in one.
pub(crate) async fn simple_file_sharing(system: &SystemInfo, evidence: &Evidence) -> Result<Option<u32>, Unable> {
    if parse_version(&system.version) != Some((5, 1)) {
        return Ok(None);
    }
    let force = evidence.registry_value(LSA, "ForceGuest").await.optional()?;
    if force.as_ref().and_then(|value| value.as_dword()) != Some(1) {
        return Ok(None);
    }
    let domain = evidence.registry_value(TCPIP, "Domain").await.optional()?;
    let in_domain = match domain.as_ref().map(|data| data.as_text().ok_or_else(|| data.instead_of("REG_SZ"))) {
        None => false,
        Some(Ok(name)) => !name.trim().is_empty(),
        Some(Err(held)) => {
            let reason = format!("Whether the machine is in a domain could not be determined: Domain holds {held}.");
            return Err(Unable::new(reason).because(&domain));
        }
    };
    Ok((!in_domain).then(|| force.question_number()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::tests::actions_of;
    use crate::product::tests::machine;
    use wardline_plugin::testing::Bench;

    const ID: &str = GuestAccount::INFO.id;

    fn guest(disabled: bool) -> Account {
        Account {
            name: "Gast".to_owned(),
            rid: GUEST,
            full_name: String::new(),
            comment: String::new(),
            disabled,
            locked: false,
            password_never_expires: true,
            password_not_required: true,
            password: PasswordQuality::Blank,
            last_logon: None,
            password_set: None,
        }
    }

    fn bench(version: &str, role: Role, accounts: Vec<Account>) -> Bench {
        Bench::new()
            .fact(Question::System, Fact::System(machine(version, 2195, 0, role, &[])))
            .fact(Question::Accounts, Fact::Accounts(accounts))
    }

    #[test]
    fn guest_is_judged_by_its_number_not_its_name() {
        let mut impostor = guest(false);
        impostor.rid = 1005;
        impostor.name = "Guest".to_owned();
        use Role::{DomainController, Server};
        for (version, role, accounts, grade) in [
            ("5.0", Server, vec![guest(true)], Grade::Passed),
            ("5.0", Server, vec![impostor.clone(), guest(true)], Grade::Passed),
            ("5.0", Server, vec![impostor], Grade::Passed),
            ("5.0", Server, vec![guest(false)], Grade::Critical),
            ("5.0", DomainController, vec![guest(false)], Grade::NotPerformed),
            ("4.0", DomainController, vec![guest(false)], Grade::Critical),
        ] {
            let run = bench(version, role, accounts).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{version}: {}", finding.summary);
            assert!(!finding.evidence.is_empty());
        }
    }

    #[test]
    fn a_guest_that_cannot_be_read_or_is_another_is_not_passed() {
        let marked = |rid: u32, disabled: bool, comment: &str| {
            let comment = comment.to_owned();
            vec![Account { rid, comment, ..guest(disabled) }, crate::checks::tests::account("Administrator", 500)]
        };
        for (accounts, grade) in [
            (marked(GUEST, true, "(unreadable: V is missing)"), Grade::UnableToScan),
            (marked(GUEST, false, "(unreadable: F is missing)"), Grade::UnableToScan),
            (marked(GUEST, true, "(tampered: carries RID 500)"), Grade::Critical),
            (marked(GUEST, false, "(tampered: carries RID 500) (unreadable: V is missing)"), Grade::Critical),
            (marked(UNKNOWN_RID, false, "(unreadable: damaged)"), Grade::UnableToScan),
            (marked(1005, false, "(unreadable: F is missing)"), Grade::Passed),
            (marked(GUEST, true, "((tampered: carries RID 500)"), Grade::Passed),
            (vec![], Grade::UnableToScan),
        ] {
            let run = bench("5.0", Role::Server, accounts.clone()).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{accounts:?}: {}", run.check(ID).summary);
        }
    }

    #[test]
    fn an_enabled_guest_can_be_disabled_and_enabled_again() {
        let run = bench("5.0", Role::Server, vec![guest(false)]).run::<Os>();
        let flags: Vec<_> = actions_of(&run, ID)
            .into_iter()
            .filter_map(|action| match (&action.operation, action.undo.as_slice()) {
                (Operation::SetAccountFlag(set), [Operation::SetAccountFlag(undo)]) => Some((set, undo)),
                _ => None,
            })
            .collect();
        let [(set, undo)] = flags.as_slice() else { panic!("{:?}", run.actions) };
        assert_eq!((set.rid, set.flag, set.before, set.after), (501, AccountFlag::Disabled, false, true));
        assert_eq!((undo.before, undo.after), (true, false));
    }

    #[test]
    fn simple_file_sharing_needs_guest() {
        for (version, force, domain, grade) in [
            ("5.1", Some(1), None, Grade::Informational),
            ("5.1", Some(1), Some(""), Grade::Informational),
            ("5.1", Some(1), Some("corp.example"), Grade::Critical),
            ("5.1", Some(0), None, Grade::Critical),
            ("5.1", None, None, Grade::Critical),
            ("5.0", Some(1), None, Grade::Critical),
        ] {
            let mut bench = bench(version, Role::Workstation, vec![guest(false)]);
            if let Some(force) = force {
                bench = bench.value(LSA, "ForceGuest", RegistryData::Dword(force));
            }
            if let Some(domain) = domain {
                bench = bench.value(TCPIP, "Domain", RegistryData::Text(domain.to_owned()));
            }
            assert_eq!(bench.run::<Os>().check(ID).grade, grade, "{version} {force:?} {domain:?}");
        }
    }

    /// `ForceGuest` is a `REG_DWORD` and `Domain` a `REG_SZ`; values of another type do not excuse an enabled Guest.
    #[test]
    fn values_of_another_type_excuse_nothing() {
        let bench = || bench("5.1", Role::Workstation, vec![guest(false)]);
        for data in [RegistryData::Text("1".to_owned()), RegistryData::Qword(1), RegistryData::Binary(vec![1, 0, 0, 0])]
        {
            let run = bench().value(LSA, "ForceGuest", data.clone()).run::<Os>();
            assert_eq!(run.check(ID).grade, Grade::Critical, "{data:?}");
        }
        for data in
            [RegistryData::Dword(0), RegistryData::MultiText(vec!["corp.example".to_owned()]), RegistryData::None]
        {
            let forced = bench().value(LSA, "ForceGuest", RegistryData::Dword(1));
            let run = forced.value(TCPIP, "Domain", data.clone()).run::<Os>();
            assert_eq!(run.check(ID).grade, Grade::UnableToScan, "{data:?}");
        }
    }

    #[test]
    fn unknown_is_never_passed() {
        let unreadable = Bench::new().unreadable_by_default("the hive is damaged");
        let system = Fact::System(machine("5.0", 2195, 0, Role::Server, &[]));
        for bench in [unreadable.clone(), unreadable.fact(Question::System, system), Bench::new()] {
            assert_eq!(bench.run::<Os>().check(ID).grade, Grade::UnableToScan);
        }
    }
}
