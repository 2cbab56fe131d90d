//! MBSA 106: accounts whose passwords never expire.
//!
//! MBSA's list of exceptions is the file NoExpireOk.txt; here it is a setting. A disabled account cannot be used, so it is
//! listed but not counted: from Windows 7 on the built-in Administrator is disabled by default.

use wardline_plugin::prelude::*;

use crate::accounts::{accounts, damage};
use crate::release::keeps_accounts_in_directory;
use crate::wording::{counted, listed, with_remedies, with_table};

/// The accounts that Microsoft says not to change, because Windows or a service manages their passwords itself.
const EXCEPTIONS: Setting<&[&str]> = Setting::new(
    "accounts-that-never-expire",
    "Accounts whose passwords may never expire; a final * stands for any ending.",
    &[
        "IUSR_*",
        "IWAM_*",
        "SUPPORT_*",
        "SMSCli*",
        "ACTUser",
        "ASPNET",
        "SQLDebugger",
        "HelpAssistant",
        "TsInternetUser",
    ],
);

const ARTICLE: &str =
    "https://learn.microsoft.com/windows/security/threat-protection/security-policy-settings/maximum-password-age";

pub(crate) struct PasswordExpiration;

impl Check for PasswordExpiration {
    const INFO: CheckInfo = CheckInfo::new("password-expiration", "Password expiration")
        .mbsa(106)
        .columns(&["Account", "Password never expires", "Disabled", "May never expire"])
        .explanation(
            "Anyone who learns a password can use it until it is changed, and one that never expires may never be \
             changed.",
        );
    const ASKS: &'static [Asks] = &[Asks::System, Asks::Accounts];
    const SETTINGS: &'static [&'static dyn DeclaredSetting] = &[&EXCEPTIONS];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let exceptions = cx.setting(EXCEPTIONS)?;
        let system = evidence.system().await.required()?;
        if keeps_accounts_in_directory(&system) {
            return Ok(Finding::not_performed(
                "A domain controller's own account database does not contain the domain's accounts, so they were not \
                 checked.",
            )
            .because(&system));
        }
        let accounts = accounts(evidence).await?;
        let excepted = |account: &Account| is_named(&account.name, &exceptions);
        let fails = |account: &&Account| {
            account.damage().is_none() && account.password_never_expires && !account.disabled && !excepted(account)
        };
        let failing: Vec<&Account> = accounts.iter().filter(fails).collect();
        let all = counted(accounts.len(), "account");
        let damage = damage(&accounts);
        let finding = if let (true, Some(damage)) = (failing.is_empty(), &damage) {
            Finding::new(
                Grade::UnableToScan,
                format!("Whether every password expires could not be determined: {damage}"),
            )
        } else if failing.is_empty() {
            let may = accounts.iter().filter(|account| account.password_never_expires).count();
            Finding::passed(match may {
                0 => format!("None of {all} has a password that never expires."),
                may => format!("Only exempt or disabled accounts have a password that never expires ({may} of {all})."),
            })
        } else {
            let names: Vec<&str> = failing.iter().map(|account| account.name.as_str()).collect();
            let damage = damage.map_or_else(String::new, |damage| format!(" {damage}"));
            Finding::non_critical(format!(
                "The password of {} of {all} never expires: {}.{damage}",
                failing.len(),
                listed(&names)
            ))
        };
        let rows = accounts.iter().map(|account| {
            let grade = match account.password_never_expires {
                _ if account.damage().is_some() => Grade::UnableToScan,
                true if fails(&account) => Grade::NonCritical,
                true => Grade::Informational,
                false => Grade::Passed,
            };
            let yes_or_no = |yes| if yes { "yes" } else { "no" };
            let told = |yes| if account.damage().is_some() { "unreadable" } else { yes_or_no(yes) };
            let cells = [
                account.name.as_str(),
                told(account.password_never_expires),
                told(account.disabled),
                yes_or_no(excepted(account)),
            ];
            (cells.map(str::to_owned), grade)
        });
        let finding = with_table(finding, rows.collect()).because(&accounts).because(&system);
        Ok(with_remedies(finding, failing.into_iter().map(let_expire)))
    }
}

fn let_expire(account: &Account) -> Remedy {
    let flag = |before, after| {
        Operation::SetAccountFlag(SetAccountFlag {
            account: account.name.clone(),
            rid: account.rid,
            flag: AccountFlag::PasswordNeverExpires,
            before,
            after,
        })
    };
    Remedy::new(flag(true, false))
        .undo(flag(false, true))
        .risk("A service or scheduled task that runs as this account stops when the password expires.")
        .article(ARTICLE)
}

/// Whether a name matches one of these, case-insensitively. A final `*` matches any ending.
fn is_named(name: &str, patterns: &[&str]) -> bool {
    let name = name.to_lowercase();
    patterns.iter().any(|pattern| {
        let pattern = pattern.to_lowercase();
        match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::tests::{account, actions_of};
    use crate::product::tests::machine;
    use wardline_plugin::testing::Bench;

    const ID: &str = PasswordExpiration::INFO.id;

    fn named(name: &str, password_never_expires: bool, disabled: bool) -> Account {
        Account { password_never_expires, disabled, ..account(name, 1000) }
    }

    fn bench(version: &str, role: Role, accounts: Vec<Account>) -> Bench {
        Bench::new()
            .fact(Question::System, Fact::System(machine(version, 2195, 2, role, &[])))
            .fact(Question::Accounts, Fact::Accounts(accounts))
    }

    #[test]
    fn enabled_accounts_without_leave_fail() {
        use Grade::{NonCritical, Passed};
        for (accounts, grade) in [
            (vec![("scott", false, false)], Passed),
            (vec![("scott", true, true)], Passed),
            (vec![("IUSR_WEB01", true, false), ("aspnet", true, false)], Passed),
            (vec![("scott", true, false)], NonCritical),
            (vec![("scott", false, false), ("Administrator", true, false)], NonCritical),
        ] {
            let all = accounts.iter().map(|&(name, never, disabled)| named(name, never, disabled)).collect();
            let run = bench("5.0", Role::Server, all).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{accounts:?}: {}", run.check(ID).summary);
            assert_eq!(run.check(ID).rows.len(), accounts.len());
        }
    }

    #[test]
    fn a_damaged_account_is_named_and_the_others_are_judged() {
        for (never_expires, other_never_expires, grade) in
            [(true, false, Grade::UnableToScan), (false, false, Grade::UnableToScan), (true, true, Grade::NonCritical)]
        {
            let comment = "(unreadable: F is missing)".to_owned();
            let odd = Account { comment, ..named("odd", never_expires, false) };
            let accounts = vec![odd, named("scott", other_never_expires, false)];
            let run = bench("5.0", Role::Server, accounts).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{}", finding.summary);
            assert!(finding.summary.contains("odd (F is missing)"), "{}", finding.summary);
            assert_eq!(actions_of(&run, ID).len(), usize::from(other_never_expires));
        }
    }

    #[test]
    fn the_operator_names_who_may() {
        let texts = |names: &[&str]| SettingValue::Texts(names.iter().map(|&name| name.to_owned()).collect());
        for (setting, grade) in [
            (texts(&["Backup*"]), Grade::Passed),
            (texts(&["backup"]), Grade::NonCritical),
            (texts(&[]), Grade::NonCritical),
            (SettingValue::Text("backupuser".to_owned()), Grade::UnableToScan),
        ] {
            let run = bench("5.0", Role::Server, vec![named("backupuser", true, false)])
                .setting(EXCEPTIONS.name, setting.clone())
                .run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{setting:?}: {}", run.check(ID).summary);
        }
    }

    #[test]
    fn domain_controllers_differ_by_version() {
        for (version, grade) in
            [("4.0", Grade::NonCritical), ("5.0", Grade::NotPerformed), ("10.0", Grade::NotPerformed)]
        {
            let run = bench(version, Role::DomainController, vec![named("scott", true, false)]).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{version}");
        }
    }

    #[test]
    fn the_flag_is_cleared_and_can_be_set_again() {
        let run = bench("5.0", Role::Server, vec![named("scott", true, false)]).run::<Os>();
        let flags =
            actions_of(&run, ID).into_iter().filter_map(|action| match (&action.operation, action.undo.as_slice()) {
                (Operation::SetAccountFlag(set), [Operation::SetAccountFlag(undo)]) => {
                    Some((set.account.as_str(), set.flag, set.before, set.after, undo.after))
                }
                _ => None,
            });
        assert_eq!(flags.collect::<Vec<_>>(), [("scott", AccountFlag::PasswordNeverExpires, true, false, true)]);
    }

    #[test]
    fn unread_accounts_are_never_passed() {
        let system = Fact::System(machine("5.0", 2195, 2, Role::Server, &[]));
        let unread = Bench::new().unreadable_by_default("damaged").fact(Question::System, system);
        assert_eq!(unread.run::<Os>().check(ID).grade, Grade::UnableToScan);
    }

    #[test]
    fn names_are_compared_as_windows_does() {
        for (name, pattern, expected) in [
            ("IUSR_WEB01", "iusr_*", true),
            ("iusr", "IUSR_*", false),
            ("ASPNET", "aspnet", true),
            ("ASPNET2", "aspnet", false),
            ("Ünal", "ünAL", true),
            ("anyone", "*", true),
            ("", "x", false),
        ] {
            assert_eq!(is_named(name, &[pattern]), expected, "{name} {pattern}");
        }
    }
}
