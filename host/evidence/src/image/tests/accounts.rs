use wardline_contract::PasswordQuality;
use wardline_fixtures::{Account, Group, PasswordPolicy, SamProtection, Value, WindowsVolume};

use super::*;
use crate::State;

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

/// Windows uses the NT hash if there is one, else the LM hash; without either, the password is blank (MS-NLMP 3.3.1; `SAM_HASH` and
/// `SAM_HASH_AES` of impacket and mimikatz).
#[test]
fn a_password_is_blank_only_where_neither_hash_says_otherwise() {
    use PasswordQuality::{AccountName, Blank, CommonWord, ComputerName, Other, Unknown};
    let account = || Account::new("Operator", 1001);
    let cases = [
        ("neither hash", account().blank_password(), Blank),
        ("the hashes of the empty text", account().blank_password().both_hashes(), Blank),
        ("the LM hash of the empty text alone", account().blank_password().lm_hash_only(), Blank),
        ("an LM hash alone", account().password("k7-Wren").lm_hash_only(), Other),
        (
            "an LM hash alone, the account's name in other letters",
            account().password("oPeRaToR").lm_hash_only(),
            AccountName,
        ),
        ("an LM hash alone, the computer's name", account().password("web01").lm_hash_only(), ComputerName),
        ("an LM hash alone, a common word", account().password("Admin").lm_hash_only(), CommonWord),
        ("both hashes", account().password("k7-Wren").both_hashes(), Other),
        ("both hashes, the account's name", account().password("operator").both_hashes(), AccountName),
        ("no password is required, and there is one", account().password_not_required(), Other),
        ("disabled, neither hash", account().disabled().blank_password(), Blank),
    ];
    for protection in [SamProtection::RidOnly, SamProtection::Rc4, SamProtection::Aes] {
        for (what, account, expected) in &cases {
            let built = WindowsVolume::windows_2000_server().computer_name("WEB01").sam_protection(protection);
            let built = built.account(account.clone());
            let quality = |built: &WindowsVolume| {
                let accounts = known!(target(built).ask(Question::Accounts), Accounts);
                accounts.into_iter().find(|account| account.rid == 1001).unwrap().password
            };
            assert_eq!(quality(&built), *expected, "{protection:?}: {what}");
            // Without the boot key, only the absence of both hashes can be detected.
            let without_key = built.without_registry_key(r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa\JD");
            let none_stored = what.ends_with("neither hash");
            if protection != SamProtection::RidOnly {
                let expected = if none_stored { Blank } else { Unknown };
                assert_eq!(quality(&without_key), expected, "{protection:?} without the boot key: {what}");
            }
        }
    }
}

const USERS: &str = r"HKLM\SAM\SAM\Domains\Account\Users";
const BUILTIN: &str = r"HKLM\SAM\SAM\Domains\Builtin\Aliases";

/// Modifies a binary value of a volume.
fn patched(built: WindowsVolume, key: &str, name: &str, patch: impl FnOnce(&mut Vec<u8>)) -> WindowsVolume {
    let Some(Value::Binary(mut bytes)) = built.registry_value(key, name) else { panic!("{key} has no value {name}") };
    patch(&mut bytes);
    built.registry(key, name, bytes)
}

fn put_u32(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

/// Windows 2000 with two ordinary accounts, the first of which tests corrupt.
fn with_two_accounts() -> WindowsVolume {
    WindowsVolume::windows_2000_server()
        .account(Account::new("odd", 1001).comment("its comment"))
        .account(Account::new("sound", 1002).blank_password())
}

/// Returns the reason of the only condition, that of the SAM.
fn damage_of(target: &Target) -> String {
    let conditions = target.volume.conditions();
    let [condition] = conditions.as_slice() else { panic!("{conditions:?}") };
    assert_eq!(condition.part.to_lowercase(), r"winnt\system32\config\sam");
    let State::Damaged { reason } = &condition.state else { panic!("{condition:?}") };
    reason.clone()
}

/// The layout of `F` and `V` is that of impacket's `DOMAIN_ACCOUNT_F` and `USER_ACCOUNT_V` and RegRipper's samparse. Windows takes
/// the RID from `F`, and lists accounts by `Names`: "RID hijacking" and hidden accounts rely on that.
#[test]
fn an_odd_account_is_named_and_costs_no_other() {
    let user = |rid: u32| format!(r"{USERS}\{rid:08X}");
    let v = |patch: fn(&mut Vec<u8>)| patched(with_two_accounts(), &user(1001), "V", patch);
    let f = |patch: fn(&mut Vec<u8>)| patched(with_two_accounts(), &user(1001), "F", patch);
    let cases: Vec<(&str, WindowsVolume, &str)> = vec![
        ("V is missing", with_two_accounts().without_registry_value(&user(1001), "V"), "(unreadable: V is missing)"),
        ("V is empty", v(Vec::clear), "(unreadable: V is truncated at 0 bytes)"),
        ("V ends in its table", v(|bytes| bytes.truncate(100)), "(unreadable: V is truncated at 100 bytes)"),
        (
            "the name's offset is past the end",
            v(|bytes| put_u32(bytes, 12, 0xffff)),
            "(unreadable: the name is outside of V) its comment",
        ),
        (
            "the name's offset and length overflow",
            v(|bytes| (put_u32(bytes, 12, u32::MAX), put_u32(bytes, 16, u32::MAX)).0),
            "(unreadable: the name is outside of V) its comment",
        ),
        (
            "the comment is past the end",
            v(|bytes| put_u32(bytes, 40, 0xffff)),
            "(unreadable: the comment is outside of V)",
        ),
        (
            "the NT hash is past the end",
            v(|bytes| put_u32(bytes, 168, 0xffff)),
            "(unreadable: the NT hash is outside of V) its comment",
        ),
        (
            "F is missing",
            with_two_accounts().without_registry_value(&user(1001), "F"),
            "(unreadable: F is missing) its comment",
        ),
        ("F is short", f(|bytes| bytes.truncate(56)), "(unreadable: F is truncated at 56 bytes) its comment"),
        (
            "both values are missing",
            with_two_accounts().without_registry_value(&user(1001), "F").without_registry_value(&user(1001), "V"),
            "(unreadable: V is missing; F is missing)",
        ),
        (
            "F carries the Administrator's RID",
            f(|bytes| put_u32(bytes, 48, 500)),
            "(tampered: carries RID 500) its comment",
        ),
        (
            "F has the RID of nobody",
            f(|bytes| put_u32(bytes, 48, 4711)),
            "(unreadable: F has the RID 4711) its comment",
        ),
        (
            "F carries the Administrator's RID and V is missing",
            f(|bytes| put_u32(bytes, 48, 500)).without_registry_value(&user(1001), "V"),
            "(tampered: carries RID 500) (unreadable: V is missing)",
        ),
        (
            "Names does not list it",
            with_two_accounts().without_registry_key(&format!(r"{USERS}\Names\odd")),
            "(tampered: hidden) its comment",
        ),
        (
            "Names lists another name",
            with_two_accounts().registry(&format!(r"{USERS}\Names\even"), "", Value::Raw(1001, Vec::new())),
            "(unreadable: its name is odd in V and even in Names) its comment",
        ),
        (
            "Names lists a name without an account",
            WindowsVolume::windows_2000_server().account(Account::new("sound", 1002).blank_password()).registry(
                &format!(r"{USERS}\Names\odd"),
                "",
                Value::Raw(1001, Vec::new()),
            ),
            "(unreadable: its key is missing)",
        ),
    ];
    for (what, built, comment) in cases {
        let target = target(&built);
        let accounts = known!(target.ask(Question::Accounts), Accounts);
        assert_eq!(accounts.iter().map(|account| account.rid).collect::<Vec<_>>(), [500, 501, 1001, 1002], "{what}");
        let odd = &accounts[2];
        assert_eq!((odd.name.as_str(), odd.comment.as_str()), ("odd", comment), "{what}");
        let sound = &accounts[3];
        assert_eq!((sound.password, sound.comment.as_str()), (PasswordQuality::Blank, ""), "{what}");
        assert!(damage_of(&target).contains("odd"), "{what}: {}", damage_of(&target));
        // The groups are still listed, with the known names.
        assert!(!known!(target.ask(Question::Groups), Groups).is_empty(), "{what}");
    }
}

#[test]
fn what_is_not_known_of_an_account_is_not_good_news() {
    let key = format!(r"{USERS}\000003E9");
    let account = |built: &WindowsVolume| known!(target(built).ask(Question::Accounts), Accounts).remove(2);
    let built = WindowsVolume::windows_2000_server().account(Account::new("odd", 1001).disabled());
    let without_fixed = account(&built.clone().without_registry_value(&key, "F"));
    assert!(!without_fixed.disabled && without_fixed.password_never_expires && without_fixed.password_not_required);
    assert_eq!(without_fixed.password, PasswordQuality::Other);
    let without_variable = account(&built.clone().without_registry_value(&key, "V"));
    assert!(without_variable.disabled);
    assert_eq!(without_variable.password, PasswordQuality::Unknown);
    // No name is left anywhere.
    let nameless = built.without_registry_value(&key, "V").without_registry_key(&format!(r"{USERS}\Names\odd"));
    assert_eq!(account(&nameless).name, "RID 1001");
}

#[test]
fn a_comment_cannot_pretend_to_be_a_marker() {
    for comment in ["(unreadable: F is missing)", "(tampered: hidden)"] {
        let built = WindowsVolume::windows_2000_server().account(Account::new("joker", 1001).comment(comment));
        let target = target(&built);
        let accounts = known!(target.ask(Question::Accounts), Accounts);
        assert_eq!(accounts[2].comment, format!("({comment}"));
        assert!(target.volume.conditions().is_empty());
    }
}

#[test]
fn names_that_cannot_be_read_do_not_hide_accounts() {
    let target = target(&with_two_accounts().without_registry_key(&format!(r"{USERS}\Names")));
    let accounts = known!(target.ask(Question::Accounts), Accounts);
    assert!(accounts.iter().all(|account| !account.comment.starts_with('(')));
    assert_eq!(damage_of(&target), "the key Names is missing");
}

/// The record `C` is that of RegRipper's samparse; Windows determines the groups of a logon by the index `Members`.
#[test]
fn an_odd_group_is_named_and_costs_no_other() {
    let administrators = format!(r"{BUILTIN}\00000220");
    let built = || {
        let group = Group::builtin("Administrators", Group::ADMINISTRATORS).member(500).member_sid("S-1-5-4");
        WindowsVolume::windows_2000_server().group(group)
    };
    let c = |patch: fn(&mut Vec<u8>)| patched(built(), &administrators, "C", patch);
    let members_at = |bytes: &[u8]| 52 + u32::from_le_bytes(bytes[40..44].try_into().unwrap()) as usize;
    let without_index = |built: WindowsVolume| built.without_registry_key(&format!(r"{BUILTIN}\Members"));
    let unreadable = Some("(unreadable)");
    let (administrator, interactive) = (Some("Administrator"), Some("INTERACTIVE"));
    let first_revision = patched(built(), &administrators, "C", |bytes| {
        let at = members_at(bytes);
        bytes[at] = 9;
    });
    let cases: Vec<(&str, WindowsVolume, Vec<Option<&str>>, &str)> = vec![
        (
            "C is missing",
            built().without_registry_value(&administrators, "C"),
            vec![administrator, interactive, unreadable],
            "C is missing",
        ),
        (
            "C and the index are missing",
            without_index(built().without_registry_value(&administrators, "C")),
            vec![unreadable],
            "C is missing",
        ),
        (
            "the first member has another revision",
            first_revision.clone(),
            vec![interactive, administrator, unreadable],
            "revision 9",
        ),
        (
            "the first member has another revision and the index is missing",
            without_index(first_revision),
            vec![interactive, unreadable],
            "1 of the 2 members in C can be read",
        ),
        (
            "C counts more members than there are",
            c(|bytes| put_u32(bytes, 48, 3)),
            vec![administrator, interactive, unreadable],
            "2 of the 3 members in C are present",
        ),
        (
            "the list of members is past the end",
            c(|bytes| put_u32(bytes, 40, 0xffff)),
            vec![administrator, interactive, unreadable],
            "the list of members is outside of C",
        ),
        (
            "C carries another RID",
            c(|bytes| put_u32(bytes, 0, 545)),
            vec![administrator, interactive, unreadable],
            "C has the RID 545",
        ),
        (
            "the key is missing",
            built().without_registry_key(&administrators),
            vec![administrator, interactive, unreadable],
            "its key is missing",
        ),
        (
            "only the index knows of a member",
            built().registry(
                &format!(r"{BUILTIN}\Members\S-1-1\00000000"),
                "",
                Value::Raw(1, 544u32.to_le_bytes().to_vec()),
            ),
            vec![administrator, interactive, Some("Everyone")],
            "Members lists S-1-1-0, C does not",
        ),
    ];
    for (what, built, members, reason) in cases {
        let target = target(&built);
        let groups = known!(target.ask(Question::Groups), Groups);
        let group = groups.iter().find(|group| group.sid == "S-1-5-32-544").unwrap();
        assert_eq!(group.name, "Administrators", "{what}");
        let found = group.members.iter().map(|member| member.name.as_deref()).collect::<Vec<_>>();
        assert_eq!(found, members, "{what}");
        assert!(damage_of(&target).contains(reason), "{what}: {}", damage_of(&target));
        assert!(
            groups.iter().any(|group| group.name == "Users"
                && group.members.iter().all(|member| member.name.as_deref() != unreadable)),
            "{what}"
        );
    }
}

#[test]
fn without_the_computers_sid_the_built_in_groups_are_told() {
    let built = WindowsVolume::windows_2000_server().group(Group::local("Helpers", 1002).member(500));
    let target = target(&built.registry(r"HKLM\SAM\SAM\Domains\Account", "V", vec![0u8; 40]));
    let groups = known!(target.ask(Question::Groups), Groups);
    let sids = |name: &str| &groups.iter().find(|group| group.name == name).unwrap().sid;
    assert_eq!(sids("Administrators"), "S-1-5-32-544");
    assert_eq!(sids("Helpers"), "(unreadable)-1002");
    assert!(damage_of(&target).contains("the computer's SID"), "{}", damage_of(&target));
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
