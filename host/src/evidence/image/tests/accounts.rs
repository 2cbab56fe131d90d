use wardline_fixtures::{Account, Group, PasswordPolicy, SamProtection, WindowsVolume};

use super::*;
use crate::contract::PasswordQuality;

fn volume_with_passwords(protection: SamProtection) -> WindowsVolume {
    WindowsVolume::windows_2000_server()
        .computer_name("WEB01")
        .sam_protection(protection)
        .account(Account::new("blank", 1001).blank_password())
        .account(Account::new("Operator", 1002).password("operator"))
        .account(Account::new("service", 1003).password("WEB01"))
        .account(Account::new("common", 1004).password("password"))
        .account(Account::new("good", 1005))
}

#[test]
fn passwords_are_judged_whatever_protects_them() {
    for protection in [SamProtection::RidOnly, SamProtection::Rc4, SamProtection::Aes] {
        let target = target(&volume_with_passwords(protection));
        let accounts = known!(target.ask(Question::Accounts), Accounts);
        let quality = |rid| accounts.iter().find(|account| account.rid == rid).unwrap().password;
        let found = [1001, 1002, 1003, 1004, 1005].map(quality);
        let expected = [
            PasswordQuality::Blank,
            PasswordQuality::AccountName,
            PasswordQuality::ComputerName,
            PasswordQuality::CommonWord,
            PasswordQuality::Other,
        ];
        assert_eq!(found, expected, "{protection:?}");
    }
}

#[test]
fn without_the_boot_key_only_the_lack_of_a_hash_is_known() {
    for protection in [SamProtection::Rc4, SamProtection::Aes] {
        let target = target(
            &volume_with_passwords(protection).without_registry_key(r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa\JD"),
        );
        let accounts = known!(target.ask(Question::Accounts), Accounts);
        assert!(
            accounts
                .iter()
                .filter(|account| account.rid > 1001)
                .all(|account| account.password == PasswordQuality::Unknown)
        );
    }
}

#[test]
fn accounts_have_names_flags_and_times() {
    let target = target(
        &WindowsVolume::windows_2000_server().account(
            Account::new("locked out", 1010)
                .full_name("Löckéd Out")
                .comment("a comment")
                .disabled()
                .locked()
                .password_never_expires()
                .password_not_required()
                .last_logon(wardline_fixtures::hive::FileTime::from_unix(1_000_000_000))
                .password_set(None),
        ),
    );
    let accounts = known!(target.ask(Question::Accounts), Accounts);
    let rids = accounts.iter().map(|account| account.rid).collect::<Vec<_>>();
    assert_eq!(rids, [500, 501, 1010]);
    let account = accounts.iter().find(|account| account.rid == 1010).unwrap();
    assert_eq!(
        (account.name.as_str(), account.full_name.as_str(), account.comment.as_str()),
        ("locked out", "Löckéd Out", "a comment")
    );
    assert!(account.disabled && account.locked && account.password_never_expires && account.password_not_required);
    assert_eq!((account.last_logon, account.password_set), (Some(1_000_000_000), None));
    let administrator = &accounts[0];
    assert!(!administrator.disabled && !administrator.locked && !administrator.password_never_expires);
    assert!(accounts[1].disabled);
}

#[test]
fn a_damaged_account_makes_the_accounts_unreadable() {
    let target = target(&WindowsVolume::windows_2000_server().account(Account::new("broken", 1010).damaged()));
    let Answer::Unreadable(reason) = target.ask(Question::Accounts) else { panic!("read") };
    assert!(reason.contains("1010"), "{reason}");
}

#[test]
fn groups_have_members_with_names() {
    let target = target(
        &WindowsVolume::windows_2000_server()
            .account(Account::new("admin2", 1001))
            .group(Group::local("Helpers", 1002).member(1001).member_sid("S-1-1-0").member_sid("S-1-5-21-9-9-9-1"))
            .group(Group::local("Nobody", 1003)),
    );
    let groups = known!(target.ask(Question::Groups), Groups);
    let members = |name: &str| {
        let group = groups.iter().find(|group| group.name == name).unwrap();
        group.members.iter().map(|member| member.name.as_deref()).collect::<Vec<_>>()
    };
    assert_eq!(members("Administrators"), [Some("Administrator")]);
    assert_eq!(members("Helpers"), [Some("admin2"), Some("Everyone"), None]);
    assert!(members("Nobody").is_empty());
    assert!(groups.iter().any(|group| group.sid == "S-1-5-32-544" && group.rid == 544));
    assert!(groups.iter().any(|group| group.sid == "S-1-5-21-1078081533-842925246-1202660629-1002"));
}

#[test]
fn the_password_policy_is_the_one_in_the_sam() {
    let policy = PasswordPolicy {
        minimum_length: 8,
        history: 12,
        maximum_age: Some(42),
        complexity: true,
        lockout_threshold: 5,
    };
    let target_with = |policy| target(&WindowsVolume::windows_2000_server().password_policy(policy));
    let found = known!(target_with(policy).ask(Question::PasswordPolicy), PasswordPolicy);
    assert_eq!((found.minimum_length, found.history, found.maximum_age), (8, 12, Some(42)));
    assert_eq!((found.complexity, found.lockout_threshold), (true, 5));
    let never = PasswordPolicy { maximum_age: None, ..policy };
    assert_eq!(known!(target_with(never).ask(Question::PasswordPolicy), PasswordPolicy).maximum_age, None);
}
