//! Checks 213 and 216: who gets at an instance's keys and folders.

mod support;

use support::*;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};
use wardline_sql::Sql;

const EVERYONE: &str = "S-1-1-0";
const ADMINISTRATORS: &str = "S-1-5-32-544";
const USERS: &str = "S-1-5-32-545";
const READ: u32 = 0x0002_0019;
const FULL: u32 = 0x000f_003f;

fn allow(sid: &str, mask: u32) -> AccessEntry {
    AccessEntry { access_type: AccessType::Allow, sid: sid.into(), mask, inherit_only: false }
}

fn deny(sid: &str, mask: u32) -> AccessEntry {
    AccessEntry { access_type: AccessType::Deny, ..allow(sid, mask) }
}

fn inside(sid: &str, mask: u32) -> AccessEntry {
    AccessEntry { inherit_only: true, ..allow(sid, mask) }
}

fn permissions(access: Option<Vec<AccessEntry>>) -> Fact {
    Fact::Permissions(Permissions { owner: None, access })
}

fn key(bench: Bench, key: &str, access: Option<Vec<AccessEntry>>) -> Bench {
    bench.fact(Question::RegistryPermissions(key.into()), permissions(access))
}

/// The restricted object, the mask that is left, and what a person is told to allow again.
fn limited(action: &Action) -> (&str, u32, &str) {
    let (Operation::RestrictRegistryKey(limit) | Operation::RestrictFolder(limit)) = &action.operation else {
        panic!("{action:?}")
    };
    let [Operation::ManualStep(undo)] = action.undo.as_slice() else { panic!("{action:?}") };
    assert!(undo.contains(&limit.object) && undo.contains(&limit.sids[0]), "{undo}");
    assert!(action.risk.is_some() && !action.restart);
    (limit.object.as_str(), limit.keep_mask, undo)
}

#[test]
fn everyone_may_read_the_keys_and_no_more() {
    for (entries, failing) in [
        (vec![], None),
        (vec![allow(EVERYONE, READ), allow(ADMINISTRATORS, FULL)], None),
        (vec![allow(EVERYONE, 0x8000_0000)], None),
        (vec![deny(EVERYONE, 0x6), allow(EVERYONE, READ | 0x6)], None),
        (vec![allow(USERS, FULL)], None),
        (vec![allow(EVERYONE, FULL)], Some(FULL)),
        (vec![allow(EVERYONE, READ), allow(EVERYONE, 0x2)], Some(READ | 0x2)),
        (vec![allow(EVERYONE, READ), inside(EVERYONE, FULL)], Some(FULL)),
        (vec![allow(EVERYONE, 0x1000_0000)], Some(0x1000_0000)),
        (vec![allow(EVERYONE, READ | 0x2), deny(EVERYONE, 0x2)], Some(READ | 0x2)),
    ] {
        let run = key(sql7(Role::Server), DEFAULT, Some(entries.clone())).run::<Sql>();
        let finding = run.check("registry-permissions");
        assert_eq!(finding.evidence.len(), 1);
        let actions = actions(&run, "registry-permissions");
        match failing {
            None => {
                assert_eq!(finding.grade, Grade::Passed, "{entries:?}");
                assert_eq!(actions, []);
            }
            Some(mask) => {
                assert_eq!(finding.grade, Grade::Critical, "{entries:?}");
                let [place, rights] = finding.rows[0].cells.as_slice() else { panic!("{:?}", finding.rows) };
                assert!(place == DEFAULT && rights.contains(&format!("{mask:#010x}")), "{place}: {rights}");
                let (object, keep, undo) = limited(&actions[0]);
                assert_eq!((object, keep), (DEFAULT, READ));
                assert!(undo.contains(&format!("{mask:#010x}")), "{undo}");
            }
        }
    }
}

#[test]
fn a_key_without_a_list_is_open_to_all() {
    let run = key(sql7(Role::Server), DEFAULT, None).run::<Sql>();
    assert_eq!(run.check("registry-permissions").grade, Grade::Critical);
    let [action] = &actions(&run, "registry-permissions")[..] else { panic!() };
    assert!(matches!(action.operation, Operation::ManualStep(_)));
    assert!(matches!(action.undo.as_slice(), [Operation::ManualStep(_)]));
}

#[test]
fn all_keys_of_an_instance_count() {
    let shop = format!(r"{LISTS}\SHOP");
    let names = RegistryData::MultiText(vec!["SHOP".into()]);
    let bench = with_key(machine(Role::Server), LISTS, &[("InstalledInstances", names)], &["SHOP"]);
    let bench = with_instance(bench, &shop, "8.00.194", None, "");
    let sound = || Some(vec![allow(EVERYONE, READ)]);
    let bench = key(key(key(bench, LISTS, sound()), DEFAULT, sound()), &shop, sound());
    let run = bench.run::<Sql>();
    assert_eq!(run.check("registry-permissions").grade, Grade::Passed);
    assert_eq!(run.check("registry-permissions").evidence.len(), 3);
    for open in [LISTS, DEFAULT, shop.as_str()] {
        let run = key(bench.clone(), open, Some(vec![allow(EVERYONE, FULL)])).run::<Sql>();
        assert_eq!(run.check("registry-permissions").grade, Grade::Critical);
        assert_eq!(limited(&actions(&run, "registry-permissions")[0]).0, open);
    }
}

#[test]
fn keys_that_cannot_be_read_never_pass() {
    let question = |key: &str| Question::RegistryPermissions(key.into());
    let sound = || key(sql7(Role::Server), DEFAULT, Some(vec![allow(EVERYONE, READ)]));
    let open = || key(sql7(Role::Server), DEFAULT, Some(vec![allow(EVERYONE, FULL)]));
    for (bench, grade) in [
        (sql7(Role::Server), Grade::UnableToScan),
        (sql7(Role::Server).answer(question(DEFAULT), damaged()), Grade::UnableToScan),
        (sound().answer(question(LISTS), damaged()), Grade::UnableToScan),
        (sound().answer(question(LISTS), Answer::Denied("policy".into())), Grade::UnableToScan),
        (open().answer(question(LISTS), damaged()), Grade::Critical),
        (sql7(Role::Server).answer(question(DEFAULT), Answer::Unsupported), Grade::NotPerformed),
    ] {
        let run = bench.run::<Sql>();
        let finding = run.check("registry-permissions");
        assert_eq!(finding.grade, grade, "{}", finding.summary);
        assert!(!finding.evidence.is_empty());
    }
}

const BINN: &str = r"D:\MSSQL7\Binn";
const DATA: &str = r"D:\MSSQL7\Data";
const SERVICE: &str = "S-1-5-21-1-2-3-1005";

/// An instance whose service runs as `account`, and whose folders have these entries beside the usual ones.
fn folders(account: &str, entries: &[AccessEntry]) -> Bench {
    let mut access = vec![allow(ADMINISTRATORS, 0x001f_01ff), allow("S-1-5-18", 0x001f_01ff)];
    access.extend(entries.iter().cloned());
    let account_1005 = Account {
        name: "sqlrun".into(),
        rid: 1005,
        full_name: String::new(),
        comment: String::new(),
        disabled: false,
        locked: false,
        password_never_expires: false,
        password_not_required: false,
        password: PasswordQuality::Other,
        last_logon: None,
        password_set: None,
    };
    let bench = with_service(sql7(Role::Server), "MSSQLSERVER", Some(account));
    let bench = bench.fact(Question::Accounts, Fact::Accounts(vec![account_1005]));
    let group = Group {
        name: "SQLServer2005MSSQLUser$DB1$MSSQLSERVER".into(),
        rid: 1010,
        sid: "S-1-5-21-1-2-3-1010".into(),
        members: Vec::new(),
    };
    let bench = bench.fact(Question::Groups, Fact::Groups(vec![group]));
    let question = |path: &str| Question::FilePermissions(path.into());
    bench.fact(question(BINN), permissions(Some(access.clone()))).fact(question(DATA), permissions(Some(access)))
}

fn grade(run: &Run) -> Grade {
    run.check("folder-permissions").grade
}

#[test]
fn only_administrators_and_the_services_get_at_the_folders() {
    let full = 0x001f_01ff;
    for (account, entries, expected) in [
        ("LocalSystem", vec![], Grade::Passed),
        (r".\sqlrun", vec![allow(SERVICE, full)], Grade::Passed),
        (r"DB1\SQLRUN", vec![allow(SERVICE, full)], Grade::Passed),
        (r"LocalSystem", vec![allow(SERVICE, full)], Grade::Critical),
        (r".\sqlrun", vec![allow(SERVICE, full), allow(USERS, 0x0012_00a9)], Grade::Critical),
        ("LocalSystem", vec![inside("S-1-3-0", full)], Grade::Passed),
        ("LocalSystem", vec![deny(USERS, full)], Grade::Passed),
        ("LocalSystem", vec![inside(USERS, 0x1)], Grade::Critical),
        (r"NT AUTHORITY\NetworkService", vec![allow("S-1-5-20", full)], Grade::Passed),
        (r"NT AUTHORITY\Network Service", vec![allow("S-1-5-19", full)], Grade::Critical),
        ("LocalService", vec![allow("S-1-5-19", full)], Grade::Passed),
        ("NetworkService", vec![allow("S-1-5-19", full)], Grade::Critical),
        (r"DB1\LocalSystem", vec![allow("S-1-5-19", full)], Grade::Critical),
        (r".\gone", vec![], Grade::Passed),
        // Of an account that was deleted, or that the list of accounts lacks, no SID is known.
        (r".\gone", vec![allow(SERVICE, full)], Grade::UnableToScan),
        (r".\gone", vec![allow(USERS, full)], Grade::Critical),
        (r"NT SERVICE\MSSQLSERVER", vec![allow("S-1-5-80-1-2-3-4-5", full)], Grade::Passed),
        // The group of all services is more than the instance's.
        (r"NT SERVICE\MSSQLSERVER", vec![allow("S-1-5-80-0", full)], Grade::Critical),
        // The same number in another domain is somebody else.
        (r".\sqlrun", vec![allow("S-1-5-21-9-9-9-1005", full)], Grade::Critical),
        (r"DB1\sqlrun", vec![allow("S-1-5-21-1-2-4-1005", full)], Grade::Critical),
        (r".\sqlrun", vec![allow("S-1-5-21-1005", full)], Grade::Critical),
        ("LocalSystem", vec![allow("S-1-5-21-1-2-3-1010", full)], Grade::Passed),
        (r"CORP\sql", vec![], Grade::Passed),
        (r"CORP\sql", vec![allow("S-1-5-21-9-9-9-2000", full)], Grade::UnableToScan),
        (r"CORP\sql", vec![allow("S-1-5-21-9-9-9-2000", full), allow(EVERYONE, full)], Grade::Critical),
    ] {
        let run = folders(account, &entries).run::<Sql>();
        let finding = run.check("folder-permissions");
        assert_eq!(finding.grade, expected, "{account} {entries:?}: {}", finding.summary);
        assert_eq!(finding.evidence.len(), if expected == Grade::UnableToScan { 1 } else { 2 });
        let actions = actions(&run, "folder-permissions");
        assert_eq!(actions.len(), if expected == Grade::Critical { 2 } else { 0 });
        for (action, folder) in actions.iter().zip([BINN, DATA]) {
            let (object, keep, undo) = limited(action);
            assert_eq!((object, keep), (folder, 0));
            assert!(entries.iter().any(|entry| undo.contains(&format!("{:#010x}", entry.mask))), "{undo}");
        }
    }
    let run = folders("LocalSystem", &[allow(USERS, 0x0012_00a9)]).run::<Sql>();
    assert_eq!(run.check("folder-permissions").rows[0].cells, [BINN, "Users", "read (0x001200a9)"]);
}

/// A SID is the machine's own where it begins as those of the machine's groups do ("How security identifiers work", Microsoft). Where
/// no group tells that, the last number alone proves nothing.
#[test]
fn an_account_is_told_by_its_whole_sid() {
    let full = 0x001f_01ff;
    let built_in = |members| {
        let group = Group { name: "Users".into(), rid: 545, sid: "S-1-5-32-545".into(), members };
        Answer::Known(Fact::Groups(vec![group]))
    };
    let member = |name: Option<&str>| GroupMember { sid: "S-1-5-21-1-2-3-1006".into(), name: name.map(str::to_owned) };
    for (groups, sid, expected) in [
        (built_in(vec![member(Some("scott"))]), SERVICE, Grade::Passed),
        (built_in(vec![member(Some("scott"))]), "S-1-5-21-9-9-9-1005", Grade::Critical),
        // A member without a name may be of any domain.
        (built_in(vec![member(None)]), SERVICE, Grade::UnableToScan),
        (built_in(vec![]), SERVICE, Grade::UnableToScan),
        (built_in(vec![]), "S-1-5-21-9-9-9-1005", Grade::UnableToScan),
        (built_in(vec![]), "S-1-5-21-1-2-3-1006", Grade::Critical),
        (damaged(), SERVICE, Grade::UnableToScan),
    ] {
        let run = folders(r".\sqlrun", &[allow(sid, full)]).answer(Question::Groups, groups.clone()).run::<Sql>();
        assert_eq!(grade(&run), expected, "{groups:?} {sid}");
    }
    // The accounts on a domain controller's disk are those of its repair mode.
    let controller = with_service(sql7(Role::DomainController), "MSSQLSERVER", Some(r".\sqlrun"));
    let facts = folders(r".\sqlrun", &[allow(SERVICE, full)]);
    let system = controller.run::<Sql>().exchanges.into_iter().find(|(question, _)| *question == Question::System);
    let (_, answer) = system.expect("the machine is asked about");
    assert_eq!(grade(&facts.answer(Question::System, answer).run::<Sql>()), Grade::UnableToScan);
}

#[test]
fn folders_that_cannot_be_read_never_pass() {
    let question = |path: &str| Question::FilePermissions(path.into());
    let sound = || folders("LocalSystem", &[]);
    for (bench, expected) in [
        (sound().answer(question(BINN), Answer::Unsupported), Grade::NotPerformed),
        (sound().answer(question(DATA), damaged()), Grade::UnableToScan),
        (sound().answer(question(DATA), Answer::Absent), Grade::UnableToScan),
        (sound().answer(Question::Service("SQLSERVERAGENT".into()), damaged()), Grade::UnableToScan),
        (folders(r".\sqlrun", &[]).answer(Question::Accounts, damaged()), Grade::UnableToScan),
        (sound().fact(question(DATA), permissions(None)), Grade::Critical),
        (with_key(sound(), &format!(r"{DEFAULT}\Setup"), &[], &[]), Grade::UnableToScan),
    ] {
        assert_eq!(grade(&bench.run::<Sql>()), expected);
    }
    let run = sound().answer(question(BINN), Answer::Unsupported).run::<Sql>();
    assert_eq!(run.check("folder-permissions").summary, "A plain directory does not hold NTFS permissions.");
    let asked = run.exchanges.iter().any(|(question, _)| *question == Question::Accounts);
    assert!(!asked, "accounts are asked about only where there are permissions to compare them with");
}

#[test]
fn nothing_is_asked_that_is_not_declared() {
    let run = folders(r".\sqlrun", &[]).run::<Sql>();
    assert_eq!(run.undeclared, []);
}
