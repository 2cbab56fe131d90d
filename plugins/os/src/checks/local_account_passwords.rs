//! MBSA 104: whether local accounts have a password, and one that is not the first guess.
//!
//! The host compares the stored data with a few words; unlike MBSA, it does not try to log on or to change
//! a password. A disabled account cannot be used whatever its password, so it is listed but not counted; a locked-out one
//! counts, because lockouts end. On a Windows XP where every network logon becomes Guest, blank passwords work only at the
//! console, and MBSA does not count them. Nothing is reported about the password of an account with a damaged record.

use wardline_plugin::prelude::*;

use super::guest_account::{LSA, TCPIP, simple_file_sharing};
use crate::accounts::{accounts, damage};
use crate::wording::{counted, listed, with_remedies, with_table};

const ARTICLE: &str =
    "https://learn.microsoft.com/windows/security/threat-protection/security-policy-settings/password-policy";

pub(crate) struct LocalAccountPasswords;

impl Check for LocalAccountPasswords {
    const INFO: CheckInfo = CheckInfo::new("local-account-passwords", "Local account passwords")
        .mbsa(104)
        .columns(&["Account", "Password", "Disabled", "Locked out"])
        .explanation("Worms and intruders try blank passwords, names and the word \"password\" first.");
    const ASKS: &'static [Asks] = &[Asks::System, Asks::Accounts, Asks::Registry(LSA), Asks::Registry(TCPIP)];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let system = evidence.system().await.required()?;
        if system.role == Role::DomainController {
            return Ok(Finding::not_performed("The passwords of a domain controller's accounts are not checked.")
                .because(&system));
        }
        let accounts = accounts(evidence).await?;
        let is_open = |account: &Account| !account.disabled && account.password == PasswordQuality::Blank;
        let sharing = if accounts.iter().any(is_open) { simple_file_sharing(&system, evidence).await? } else { None };
        let graded: Vec<(&Account, Grade)> =
            accounts.iter().map(|account| (account, grade(account, sharing.is_some()))).collect();
        let of = |wanted: Grade| graded.iter().filter(move |(_, grade)| *grade == wanted).map(|(account, _)| *account);
        let names = |wanted: Grade| of(wanted).map(|account| account.name.as_str()).collect::<Vec<_>>();
        let (blank, simple, unknown) = (names(Grade::Critical), names(Grade::NonCritical), names(Grade::UnableToScan));
        let damage = damage(&accounts).map_or_else(String::new, |damage| format!(" {damage}"));
        let not_told = if unknown.is_empty() {
            String::new()
        } else {
            format!(" The passwords of {} could not be checked.{damage}", listed(&unknown))
        };
        let all = counted(accounts.len(), "account");
        let mut finding = match (blank.as_slice(), simple.as_slice()) {
            ([], []) if !unknown.is_empty() => Finding::new(
                Grade::UnableToScan,
                format!(
                    "The passwords of {} of {all} could not be checked: {}.{damage}",
                    unknown.len(),
                    listed(&unknown)
                ),
            ),
            ([], []) => Finding::passed(passed(&accounts, sharing.is_some())),
            ([], simple) => Finding::non_critical(format!(
                "{} of {all} can be used with an easily guessed password: {}.{not_told}",
                simple.len(),
                listed(simple)
            )),
            (blank, []) => Finding::critical(format!(
                "{} of {all} can be used with a blank password: {}.{not_told}",
                blank.len(),
                listed(blank)
            )),
            (blank, simple) => Finding::critical(format!(
                "{} of {all} can be used with a blank password: {}; {} more with an easily guessed one: {}.{not_told}",
                blank.len(),
                listed(blank),
                simple.len(),
                listed(simple)
            )),
        };
        finding = with_table(finding, graded.iter().map(|(account, grade)| (cells(account), *grade)).collect())
            .because(&accounts)
            .because(&system);
        if let Some(sharing) = &sharing {
            finding = finding.because(sharing);
        }
        Ok(with_remedies(finding, of(Grade::Critical).chain(of(Grade::NonCritical)).flat_map(remedies)))
    }
}

fn grade(account: &Account, simple_file_sharing: bool) -> Grade {
    match account.password {
        _ if account.damage().is_some() => Grade::UnableToScan,
        PasswordQuality::Other => Grade::Passed,
        _ if account.disabled => Grade::Informational,
        PasswordQuality::Blank if simple_file_sharing => Grade::Informational,
        PasswordQuality::Blank => Grade::Critical,
        PasswordQuality::Unknown => Grade::UnableToScan,
        PasswordQuality::AccountName | PasswordQuality::ComputerName | PasswordQuality::CommonWord => {
            Grade::NonCritical
        }
    }
}

fn passed(accounts: &[Account], simple_file_sharing: bool) -> String {
    let disabled = accounts.iter().filter(|account| account.disabled).count();
    let enabled = accounts.len() - disabled;
    let seen = format!("{} checked, {disabled} of them disabled", counted(accounts.len(), "account"));
    if enabled == 0 {
        format!("No account is enabled ({seen}).")
    } else if simple_file_sharing {
        format!("No enabled account can be used over the network with a blank or easily guessed password ({seen}).")
    } else {
        format!("No enabled account has a blank or easily guessed password ({seen}).")
    }
}

fn cells(account: &Account) -> [String; 4] {
    let password = match account.password {
        _ if account.damage().is_some() => "unreadable",
        PasswordQuality::Blank => "blank",
        PasswordQuality::AccountName => "the account's name",
        PasswordQuality::ComputerName => "the computer's name",
        PasswordQuality::CommonWord => "password, admin or administrator",
        PasswordQuality::Other => "not one of those tried",
        PasswordQuality::Unknown => "not known",
    };
    let yes_or_no = |yes| if yes { "yes" } else { "no" };
    [account.name.as_str(), password, yes_or_no(account.disabled), yes_or_no(account.locked)].map(str::to_owned)
}

/// A person has to choose the password; whether Windows asks for one can be set.
fn remedies(account: &Account) -> Vec<Remedy> {
    let choose =
        Remedy::manual(format!("Give the account \"{}\" a strong password, or disable the account.", account.name))
            .risk("Services, scheduled tasks and people that use the account need the new password.")
            .article(ARTICLE);
    let mut remedies = vec![choose];
    if account.password_not_required {
        let flag = |before, after| {
            Operation::SetAccountFlag(SetAccountFlag {
                account: account.name.clone(),
                rid: account.rid,
                flag: AccountFlag::PasswordNotRequired,
                before,
                after,
            })
        };
        let require = Remedy::new(flag(true, false))
            .undo(flag(false, true))
            .risk("The account can no longer be given a blank password.");
        remedies.push(require);
    }
    remedies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::tests::{account, actions_of};
    use crate::product::tests::machine;
    use wardline_plugin::testing::Bench;

    const ID: &str = LocalAccountPasswords::INFO.id;

    fn with_password(name: &str, password: PasswordQuality, disabled: bool) -> Account {
        Account { password, disabled, ..account(name, 1000) }
    }

    fn bench(version: &str, role: Role, accounts: Vec<Account>) -> Bench {
        Bench::new()
            .fact(Question::System, Fact::System(machine(version, 2195, 2, role, &[])))
            .fact(Question::Accounts, Fact::Accounts(accounts))
    }

    #[test]
    fn the_weakest_password_of_an_enabled_account_decides() {
        use PasswordQuality::{AccountName, Blank, CommonWord, ComputerName, Other, Unknown};
        for (accounts, grade) in [
            // Every Windows has accounts, so a list without any is not Windows' own.
            (vec![], Grade::UnableToScan),
            (vec![(Other, false)], Grade::Passed),
            (vec![(Other, false), (Blank, true)], Grade::Passed),
            (vec![(Unknown, true)], Grade::Passed),
            (vec![(Blank, false)], Grade::Critical),
            (vec![(AccountName, false)], Grade::NonCritical),
            (vec![(ComputerName, false)], Grade::NonCritical),
            (vec![(CommonWord, false), (Unknown, false)], Grade::NonCritical),
            (vec![(CommonWord, false), (Blank, false)], Grade::Critical),
            (vec![(Unknown, false), (Other, false)], Grade::UnableToScan),
            (vec![(Unknown, false), (Blank, false)], Grade::Critical),
        ] {
            let all = accounts.iter().map(|&(password, disabled)| with_password("scott", password, disabled)).collect();
            let run = bench("5.0", Role::Server, all).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{accounts:?}: {}", finding.summary);
            assert_eq!(finding.rows.len(), accounts.len());
            assert!(!finding.evidence.is_empty());
        }
    }

    #[test]
    fn a_damaged_account_is_named_and_the_others_are_judged() {
        use PasswordQuality::{Blank, Other, Unknown};
        for (password, disabled, other, grade) in [
            (Unknown, false, Other, Grade::UnableToScan),
            (Unknown, true, Other, Grade::UnableToScan),
            (Other, false, Other, Grade::UnableToScan),
            (Unknown, false, Blank, Grade::Critical),
        ] {
            let comment = "(unreadable: V is missing)".to_owned();
            let odd = Account { comment, ..with_password("odd", password, disabled) };
            let run = bench("5.0", Role::Server, vec![odd, with_password("scott", other, false)]).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{}", finding.summary);
            assert!(finding.summary.contains("odd (V is missing)"), "{}", finding.summary);
        }
    }

    #[test]
    fn a_lock_does_not_excuse_and_is_listed() {
        let locked = Account { locked: true, ..with_password("scott", PasswordQuality::Blank, false) };
        let run = bench("5.0", Role::Workstation, vec![locked]).run::<Os>();
        assert_eq!(run.check(ID).grade, Grade::Critical);
        assert_eq!(run.check(ID).rows[0].cells, ["scott", "blank", "no", "yes"]);
    }

    #[test]
    fn versions_and_roles_differ() {
        use Role::{DomainController, Workstation};
        for (version, role, force_guest, domain, grade) in [
            ("4.0", DomainController, None, None, Grade::NotPerformed),
            ("5.2", DomainController, None, None, Grade::NotPerformed),
            ("4.0", Workstation, None, None, Grade::Critical),
            ("5.1", Workstation, None, None, Grade::Critical),
            ("5.1", Workstation, Some(1), None, Grade::Passed),
            ("5.1", Workstation, Some(1), Some("corp.example"), Grade::Critical),
            ("6.1", Workstation, Some(1), None, Grade::Critical),
        ] {
            let blank = with_password("scott", PasswordQuality::Blank, false);
            let mut bench = bench(version, role, vec![blank]);
            if let Some(force) = force_guest {
                bench = bench.value(LSA, "ForceGuest", RegistryData::Dword(force));
            }
            if let Some(domain) = domain {
                bench = bench.value(TCPIP, "Domain", RegistryData::Text(domain.to_owned()));
            }
            let run = bench.run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{version} {role:?}: {}", run.check(ID).summary);
        }
    }

    #[test]
    fn a_password_can_be_asked_for_again() {
        let free = Account { password_not_required: true, ..with_password("scott", PasswordQuality::Blank, false) };
        let run = bench("5.0", Role::Server, vec![free]).run::<Os>();
        let flags =
            actions_of(&run, ID).into_iter().filter_map(|action| match (&action.operation, action.undo.as_slice()) {
                (Operation::SetAccountFlag(set), [Operation::SetAccountFlag(undo)]) => {
                    Some((set.flag, set.after, undo.after))
                }
                _ => None,
            });
        assert_eq!(flags.collect::<Vec<_>>(), [(AccountFlag::PasswordNotRequired, false, true)]);
        assert!(
            run.actions
                .iter()
                .any(|action| matches!(&action.operation, Operation::ManualStep(step) if step.contains("scott")))
        );
    }

    #[test]
    fn unread_accounts_are_never_passed() {
        let system = Fact::System(machine("5.0", 2195, 2, Role::Server, &[]));
        let unread = Bench::new().unreadable_by_default("damaged").fact(Question::System, system);
        assert_eq!(unread.run::<Os>().check(ID).grade, Grade::UnableToScan);
    }
}
