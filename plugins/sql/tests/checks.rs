//! Each check on machines that pass, fail, and cannot be read.

mod support;

use support::*;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;
use wardline_sql::Sql;

#[test]
fn sql_server_does_not_belong_on_a_domain_controller() {
    for (role, grade) in [
        (Role::Workstation, Grade::Passed),
        (Role::Server, Grade::Passed),
        (Role::DomainController, Grade::Critical),
        (Role::Unknown, Grade::UnableToScan),
    ] {
        let run = sql7(role).run::<Sql>();
        let finding = run.check("domain-controller");
        assert_eq!(finding.grade, grade);
        assert_eq!(finding.subject.as_deref(), Some("MSSQLSERVER"));
        assert!(!finding.evidence.is_empty());
        assert_eq!(actions(&run, "domain-controller").len(), usize::from(grade == Grade::Critical));
    }
    let bench = sql7(Role::Server).answer(Question::System, Answer::Unreadable("damaged".into()));
    assert_eq!(bench.run::<Sql>().check("domain-controller").grade, Grade::UnableToScan);
}

#[test]
fn mixed_mode_fails_and_is_mended_in_the_registry() {
    let key = format!(r"{DEFAULT}\MSSQLServer");
    for (data, grade) in [
        (RegistryData::Dword(1), Grade::Passed),
        (RegistryData::Dword(0), Grade::NonCritical),
        (RegistryData::Dword(2), Grade::NonCritical),
        (RegistryData::Dword(9), Grade::UnableToScan),
        (RegistryData::Text("mixed".into()), Grade::UnableToScan),
        // Setup writes LoginMode as a REG_DWORD; a 1 in another type is none that the server reads.
        (RegistryData::Text("1".into()), Grade::UnableToScan),
        (RegistryData::ExpandText("1".into()), Grade::UnableToScan),
        (RegistryData::MultiText(vec!["1".into()]), Grade::UnableToScan),
        (RegistryData::Qword(1), Grade::UnableToScan),
        (RegistryData::Binary(vec![1, 0, 0, 0]), Grade::UnableToScan),
        (RegistryData::Binary(vec![1, 0]), Grade::UnableToScan),
        (RegistryData::Other(5), Grade::UnableToScan),
        (RegistryData::None, Grade::UnableToScan),
    ] {
        let run = sql7(Role::Server).value(&key, "LoginMode", data.clone()).run::<Sql>();
        let finding = run.check("security-mode");
        assert_eq!(finding.grade, grade, "{data:?}");
        assert_eq!(finding.evidence.len(), 1);
        if grade == Grade::NonCritical {
            let actions = actions(&run, "security-mode");
            let [action] = actions.as_slice() else { panic!("{actions:?}") };
            let Operation::SetRegistryValue(set) = &action.operation else { panic!("{action:?}") };
            assert_eq!((&set.before, &set.after), (&Some(data.clone()), &RegistryData::Dword(1)));
            let [Operation::SetRegistryValue(undo)] = action.undo.as_slice() else { panic!("{action:?}") };
            assert_eq!(undo.after, data);
            assert!(action.risk.as_ref().is_some_and(|risk| risk.contains("MSSQLSERVER")));
        } else {
            assert_eq!(actions(&run, "security-mode"), []);
        }
    }
    for answer in [Answer::Absent, Answer::Unreadable("damaged".into()), Answer::Denied("policy".into())] {
        let name = RegistryValueName { key: key.clone(), name: "LoginMode".into() };
        let run = sql7(Role::Server).answer(Question::RegistryValue(name), answer).run::<Sql>();
        assert_eq!(run.check("security-mode").grade, Grade::UnableToScan);
    }
}

/// An account has the rights of Administrators where the group lists its SID, or a group that is in its token. SIDs are those of
/// MS-DTYP 2.4.2.4 and of Microsoft's list of well-known security identifiers.
#[test]
fn each_account_has_its_standing() {
    const SERVICE: &str = "S-1-5-80-3880718306-3832830129-1677859214-2598158968-1052248003";
    for (account, members, grade) in [
        (Some("LocalSystem"), &[][..], Grade::NonCritical),
        (Some(r".\LocalSystem"), &[], Grade::NonCritical),
        (Some(r"NT AUTHORITY\SYSTEM"), &[], Grade::NonCritical),
        (Some(r".\sqlrun"), &["Administrator"], Grade::Passed),
        (Some(r".\sqlrun"), &["Administrator", "SQLRUN"], Grade::NonCritical),
        (Some(r"db1\sqlrun"), &[r"DB1\sqlrun"], Grade::NonCritical),
        (Some(r"db1\sqlrun"), &["Administrator"], Grade::Passed),
        (Some(r"CORP\sqlrun"), &["Administrator"], Grade::UnableToScan),
        (Some("sqlrun@corp.example"), &["Administrator"], Grade::UnableToScan),
        (Some(r"NT AUTHORITY\NetworkService"), &["Administrator"], Grade::Passed),
        (Some(r"NT AUTHORITY\LOCAL SERVICE"), &["Administrator"], Grade::Passed),
        (Some(r"DB1\LocalSystem"), &[], Grade::NonCritical),
        (Some("LocalService"), &["Administrator"], Grade::Passed),
        (Some(r"NT AUTHORITY\Network Service"), &["NETWORK SERVICE"], Grade::NonCritical),
        // As the registry writes it, and as Windows shows it.
        (Some(r"NT AUTHORITY\NetworkService"), &["NETWORK SERVICE"], Grade::NonCritical),
        (Some(r"NT AUTHORITY\LocalService"), &["LOCAL SERVICE"], Grade::NonCritical),
        (Some("NetworkService"), &["NETWORK SERVICE"], Grade::NonCritical),
        (Some(r"NT AUTHORITY\NetworkService"), &["Administrator", "S-1-5-20"], Grade::NonCritical),
        (Some(r"NT AUTHORITY\NetworkService"), &["Administrator", "LOCAL SERVICE"], Grade::Passed),
        (Some(r"NT SERVICE\MSSQLSERVER"), &["Administrator"], Grade::Passed),
        // The host has no names for the SIDs of services.
        (Some(r"NT SERVICE\MSSQLSERVER"), &["Administrator", SERVICE], Grade::UnableToScan),
        (Some(r"NT SERVICE\MSSQLSERVER"), &["Administrator", "S-1-5-80-0"], Grade::NonCritical),
        (Some(r".\sqlrun"), &["Administrator", SERVICE], Grade::UnableToScan),
        (Some(r"NT AUTHORITY\NetworkService"), &["Administrator", SERVICE], Grade::UnableToScan),
        // Groups that every service is in, and one of every local account.
        (Some(r".\sqlrun"), &["Administrator", "S-1-1-0"], Grade::NonCritical),
        (Some(r".\sqlrun"), &["Administrator", "S-1-5-6"], Grade::NonCritical),
        (Some(r"NT SERVICE\MSSQLSERVER"), &["Administrator", "S-1-5-6"], Grade::NonCritical),
        (Some(r"NT AUTHORITY\NetworkService"), &["Administrator", "S-1-5-11"], Grade::NonCritical),
        (Some(r"CORP\sqlrun"), &["Administrator", "S-1-5-11"], Grade::NonCritical),
        (Some(r".\sqlrun"), &["Administrator", "S-1-5-113"], Grade::NonCritical),
        (Some(r"NT SERVICE\MSSQLSERVER"), &["Administrator", "S-1-5-113"], Grade::Passed),
        // Only who logs on interactively is in this one.
        (Some(r".\sqlrun"), &["Administrator", "S-1-5-4"], Grade::Passed),
        // A member without a name may be the account, unless it is of a domain.
        (Some(r".\sqlrun"), &["Administrator", "S-1-5-21-1-2-3-1005"], Grade::UnableToScan),
        (Some(r".\sqlrun"), &["S-1-5-21-1-2-3-500", "S-1-5-21-9-9-9-512"], Grade::UnableToScan),
        (Some(r".\sqlrun"), &["Administrator", "S-1-5-21-9-9-9-512"], Grade::Passed),
        (Some(r"NT SERVICE\MSSQLSERVER"), &["Administrator", "S-1-5-21-1-2-3-1005"], Grade::Passed),
        // Windows compares names without regard to case, in every script.
        (Some(".\\müller"), &["Administrator", "MÜLLER"], Grade::NonCritical),
        // A list of members that is damaged, or not Windows' own: the built-in Administrator is always one.
        (Some(r".\sqlrun"), &["Administrator", "(unreadable)"], Grade::UnableToScan),
        (Some(r".\sqlrun"), &["sqlrun", "(unreadable)"], Grade::NonCritical),
        (Some(r"NT SERVICE\MSSQLSERVER"), &["Administrator", "(unreadable)"], Grade::UnableToScan),
        (Some(r".\sqlrun"), &["scott"], Grade::UnableToScan),
        (Some(r".\sqlrun"), &["scott", "sqlrun"], Grade::NonCritical),
        (Some(r".\sqlrun"), &["S-1-5-21-9-9-9-512"], Grade::UnableToScan),
        (Some(r".\sqlrun"), &["scott", "S-1-5-21-9-9-9-500"], Grade::UnableToScan),
        (Some(r"NT SERVICE\MSSQLSERVER"), &["scott"], Grade::UnableToScan),
        (Some(r"NT AUTHORITY\NetworkService"), &["LOCAL SERVICE"], Grade::UnableToScan),
        (Some(r".\sqlrun"), &[], Grade::UnableToScan),
        (Some(""), &[], Grade::UnableToScan),
        (None, &[], Grade::UnableToScan),
    ] {
        let bench = with_administrators(with_service(sql7(Role::Server), "MSSQLSERVER", account), members);
        let run = bench.run::<Sql>();
        let finding = run.check("service-account");
        assert_eq!(finding.grade, grade, "{account:?} {members:?}: {}", finding.summary);
        assert!(!finding.evidence.is_empty());
        assert_eq!(actions(&run, "service-account").len(), usize::from(grade == Grade::NonCritical));
    }
}

#[test]
fn the_agent_of_an_instance_counts_as_well() {
    let key = format!(r"{LISTS}\SHOP");
    let names = RegistryData::MultiText(vec!["SHOP".into()]);
    let bench = with_key(machine(Role::Server), LISTS, &[("InstalledInstances", names)], &["SHOP"]);
    let bench = with_instance(bench, &key, "8.00.194", None, "");
    let bench = with_service(bench, "MSSQL$SHOP", Some(r".\sqlrun"));
    let bench = with_administrators(with_service(bench, "SQLAgent$SHOP", Some("LocalSystem")), &["Administrator"]);
    let run = bench.run::<Sql>();
    let finding = run.check("service-account");
    assert_eq!(finding.grade, Grade::NonCritical);
    assert!(finding.summary.starts_with("SQLAgent$SHOP runs"), "{}", finding.summary);
    let grades: Vec<_> = finding.rows.iter().map(|row| (row.cells[0].as_str(), row.grade)).collect();
    assert_eq!(grades, [("MSSQL$SHOP", Grade::Passed), ("SQLAgent$SHOP", Grade::NonCritical)]);
    assert!(
        matches!(&actions(&run, "service-account")[0].operation, Operation::ManualStep(step) if step.contains("SQLAgent$SHOP"))
    );
}

#[test]
fn accounts_that_cannot_be_read_never_pass() {
    let unreadable = || Answer::Unreadable("damaged".into());
    let ordinary = || with_service(sql7(Role::Server), "MSSQLSERVER", Some(r".\sqlrun"));
    let benches: [Bench; 4] = [
        ordinary().answer(Question::Groups, unreadable()),
        ordinary(),
        with_administrators(ordinary(), &[]).answer(Question::Service("SQLSERVERAGENT".into()), unreadable()),
        with_administrators(sql7(Role::Server), &[]).answer(Question::Service("MSSQLSERVER".into()), unreadable()),
    ];
    for bench in benches {
        assert_eq!(bench.run::<Sql>().check("service-account").grade, Grade::UnableToScan);
    }
    // Its stored groups are not those that count.
    let controller = with_service(sql7(Role::DomainController), "MSSQLSERVER", Some(r".\sqlrun"));
    let run = with_administrators(controller, &[]).run::<Sql>();
    assert_eq!(run.check("service-account").grade, Grade::UnableToScan);
}

#[test]
fn without_its_service_an_instance_has_no_account() {
    let run = with_administrators(sql7(Role::Server), &[]).run::<Sql>();
    assert_eq!(run.check("service-account").grade, Grade::NotPerformed);
}

#[test]
fn the_status_says_what_is_installed_and_how_it_starts() {
    let bench = with_service(sql7(Role::Server), "MSSQLSERVER", Some("LocalSystem"));
    let run = bench.clone().run::<Sql>();
    let finding = run.check("status");
    assert_eq!(finding.grade, Grade::Informational);
    assert_eq!(
        finding.summary,
        "SQL Server 7.0, 7.00.623, Standard Edition, Gold is installed; MSSQLSERVER starts with the machine."
    );
    let rows: Vec<_> = finding.rows.iter().map(|row| row.cells.as_slice()).collect();
    assert_eq!(
        rows,
        [["MSSQLSERVER", "starts with the machine", "LocalSystem"], ["SQLSERVERAGENT", "is not installed", ""]]
    );
    assert_eq!(finding.evidence.len(), 3);
    let run = bench.answer(Question::Service("SQLSERVERAGENT".into()), damaged()).run::<Sql>();
    assert_eq!(run.check("status").grade, Grade::UnableToScan);
}

#[test]
fn what_only_the_server_can_tell_is_not_performed() {
    let run = sql7(Role::Server).run::<Sql>();
    for id in ["sysadmin-members", "database-guests", "cmdexec", "builtin-administrators", "login-passwords"] {
        let finding = run.check(id);
        assert_eq!(finding.grade, Grade::NotPerformed);
        assert_eq!(finding.summary, "Needs a live SQL connection.");
        assert_eq!(finding.subject.as_deref(), Some("MSSQLSERVER"));
        assert_eq!(finding.evidence.len(), 1);
    }
}
