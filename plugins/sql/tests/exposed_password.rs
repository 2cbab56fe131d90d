//! Check 205: passwords in the files of setups, none of which may get into a report.

mod support;

use support::*;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};
use wardline_sql::Sql;

const SECRET: &str = "hunter2";
const WINDOWS: &str = "%windir%";
const TEMP: &str = r"%windir%\temp";

fn with_listing(bench: Bench, folder: &str, names: &[&str], truncated: bool) -> Bench {
    let entries = names.iter().map(|&name| DirectoryEntry { name: name.to_owned(), directory: false }).collect();
    bench.fact(Question::Directory(folder.into()), Fact::Directory(DirectoryInfo { entries, truncated }))
}

fn with_text(mut bench: Bench, path: &str, text: &str) -> Bench {
    let size = text.len() as u64;
    let info = FileInfo { version: None, checksum: None, size, modified: Some(1_000_000_000), language: None };
    bench = bench.fact(Question::FileVersion(path.into()), Fact::File(info));
    for start in (0..text.len().max(1)).step_by(65_536) {
        let stretch = TextInfo { text: text[start..text.len().min(start + 65_536)].to_owned(), size };
        let range = TextRange { path: path.into(), offset: start as u64, length: 65_536 };
        bench = bench.fact(Question::Text(range), Fact::Text(stretch));
    }
    bench
}

/// An instance, with a file of a setup in one of the two folders.
fn setup_file(folder: &str, name: &str, text: &str) -> Bench {
    let bench = with_listing(sql7(Role::Server), folder, &["win.ini", name], false);
    with_text(bench, &format!(r"{folder}\{name}"), text)
}

/// Everything that a report contains: the findings, their remedies, and the answers that the findings cite.
fn told(run: &Run) -> String {
    let evidence = run.assessment.checks.iter().flat_map(|finding| &finding.evidence);
    let evidence: Vec<_> = evidence.map(|number| &run.exchanges[*number as usize]).collect();
    format!("{:?} {:?} {evidence:?}", run.assessment, run.actions)
}

#[test]
fn a_password_in_a_file_of_setup_fails_and_is_not_told() {
    for (folder, name, line, setting) in [
        (WINDOWS, "setup.iss", "szPWD=hunter2", "szPWD"),
        (WINDOWS, "SETUP.ISS", "SQLDomainPwd=hunter2", "SQLDomainPwd"),
        (TEMP, "setup.iss", "AgtDomainPwd=hunter2", "AgtDomainPwd"),
        (WINDOWS, "sqlstp.log", "server=.;UID=sa;PWD=hunter2;database=master", "PWD"),
        (TEMP, "sqlsp.log", "isql -Usa -Phunter2 -n", "-P"),
        (WINDOWS, "SQLSP12.LOG", "osql -U sa -P hunter2", "-P"),
    ] {
        let run = setup_file(folder, name, &format!("[DlgSQLSecurity-0]\r\n{line}\r\n")).run::<Sql>();
        let finding = run.check("exposed-password");
        assert_eq!(finding.grade, Grade::Critical, "{name}: {line}");
        assert_eq!(finding.rows[0].cells, [&format!(r"{folder}\{name}"), setting, "2"]);
        assert!(!told(&run).contains(SECRET));
        let [question] = finding.evidence.as_slice() else { panic!("{:?}", finding.evidence) };
        assert!(matches!(&run.exchanges[*question as usize].0, Question::FileVersion(_)));
        let actions = actions(&run, "exposed-password");
        let [Operation::RunTool(tool), Operation::ManualStep(_)] = [&actions[0].operation, &actions[1].operation]
        else {
            panic!("{actions:?}")
        };
        assert_eq!((tool.tool.as_str(), tool.article.as_deref()), ("KillPwd.exe", Some("Q263968")));
        assert!(actions.iter().all(|action| action.risk.is_some()));
        assert_eq!(run.undeclared, []);
    }
}

#[test]
fn files_without_a_password_pass() {
    for (name, text) in [
        ("setup.iss", "[DlgSQLSecurity-0]\r\nLoginMode=1\r\nszPWD=\r\n"),
        ("sqlstp.log", "server=.;UID=sa;PWD=;database=master\r\nosql -E -n\r\n"),
        ("sqlsp1.log", ""),
        ("sqlspam.txt", "PWD=hunter2"),
        ("setup.iss.bak", "PWD=hunter2"),
    ] {
        let run = setup_file(WINDOWS, name, text).run::<Sql>();
        let finding = run.check("exposed-password");
        assert_eq!(finding.grade, Grade::Passed, "{name}: {}", finding.summary);
        assert!(finding.evidence.len() >= 2);
        assert_eq!(actions(&run, "exposed-password"), []);
    }
    let run = sql7(Role::Server).run::<Sql>();
    assert_eq!(run.check("exposed-password").grade, Grade::Passed);
}

#[test]
fn a_password_far_into_a_long_log_is_found() {
    let text = "nothing of interest\r\n".repeat(10_000) + "PWD=hunter2\r\n";
    let run = setup_file(WINDOWS, "sqlstp.log", &text).run::<Sql>();
    assert_eq!(run.check("exposed-password").rows[0].cells[2], "10001");
    assert!(!told(&run).contains(SECRET));
}

#[test]
fn an_instance_has_a_copy_of_its_own() {
    let run = with_text(sql7(Role::Server), r"D:\MSSQL7\Install\setup.iss", "szPWD=hunter2").run::<Sql>();
    assert_eq!(run.check("exposed-password").rows[0].cells, [r"D:\MSSQL7\Install\setup.iss", "szPWD", "1"]);
    assert_eq!(run.undeclared, []);
}

#[test]
fn what_all_instances_share_is_read_once() {
    let bench = setup_file(WINDOWS, "setup.iss", "szPWD=hunter2");
    let names = RegistryData::MultiText(vec!["SHOP".into()]);
    let bench = with_key(bench, LISTS, &[("InstalledInstances", names)], &["SHOP"]);
    let run = with_instance(bench, &format!(r"{LISTS}\SHOP"), "8.00.194", None, "").run::<Sql>();
    let of_check = run.assessment.checks.iter().filter(|finding| finding.check == "exposed-password");
    let found: Vec<_> = of_check.map(|finding| (finding.subject.as_deref(), finding.grade)).collect();
    assert_eq!(found, [(Some("MSSQLSERVER"), Grade::Critical), (Some("SHOP"), Grade::Critical)]);
    let is_shared =
        |question: &Question| matches!(question, Question::Text(range) if range.path == r"%windir%\setup.iss");
    assert_eq!(run.exchanges.iter().filter(|(question, _)| is_shared(question)).count(), 1);
}

#[test]
fn what_cannot_be_read_never_passes() {
    let clean = || setup_file(WINDOWS, "setup.iss", "szPWD=");
    let range = |path: &str| Question::Text(TextRange { path: path.into(), offset: 0, length: 65_536 });
    let long = Fact::Text(TextInfo { text: String::new(), size: 2 << 20 });
    let many: Vec<_> = (0..70).map(|number| format!("sqlsp{number}.log")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    for bench in [
        clean().answer(Question::Directory(TEMP.into()), damaged()),
        clean().answer(range(r"%windir%\setup.iss"), damaged()),
        clean().answer(range(r"D:\MSSQL7\Install\setup.iss"), damaged()),
        clean().fact(range(r"%windir%\setup.iss"), long),
        with_listing(sql7(Role::Server), WINDOWS, &[], true),
        with_listing(sql7(Role::Server), WINDOWS, &many, false),
    ] {
        let run = bench.run::<Sql>();
        let finding = run.check("exposed-password");
        assert_eq!(finding.grade, Grade::UnableToScan, "{}", finding.summary);
        assert!(!finding.evidence.is_empty());
    }
    // A password that was found is reported all the same.
    let found = setup_file(WINDOWS, "setup.iss", "szPWD=hunter2").answer(Question::Directory(TEMP.into()), damaged());
    assert_eq!(found.run::<Sql>().check("exposed-password").grade, Grade::Critical);
}

#[test]
fn without_its_folder_an_instance_s_own_copy_is_not_taken_for_absent() {
    for setup in [Answer::Absent, damaged()] {
        let bench =
            setup_file(WINDOWS, "setup.iss", "").answer(Question::RegistryKey(format!(r"{DEFAULT}\Setup")), setup);
        let finding = with_service(bench, "MSSQLSERVER", None).run::<Sql>().check("exposed-password").clone();
        assert_eq!(finding.grade, Grade::UnableToScan, "{}", finding.summary);
    }
}

#[test]
fn what_was_not_told_of_a_file_is_no_evidence_that_it_is_clean() {
    let path = format!(r"{WINDOWS}\setup.iss");
    let run = setup_file(WINDOWS, "setup.iss", "").answer(Question::FileVersion(path), damaged()).run::<Sql>();
    let finding = run.check("exposed-password");
    assert_eq!(finding.grade, Grade::Passed);
    for number in &finding.evidence {
        assert!(!matches!(run.exchanges[*number as usize].1, Answer::Unreadable(_)), "{:?}", run.exchanges);
    }
}

mod hostile {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_tell(text in "[ -~é=;\r\n]{0,200}", at in 0_usize..200) {
            let mut text = text;
            let mut at = at.min(text.len());
            while !text.is_char_boundary(at) { at -= 1; }
            text.insert_str(at, "pwd=hunter2");
            let run = setup_file(WINDOWS, "setup.iss", &text).run::<Sql>();
            prop_assert!(!told(&run).contains(SECRET));
        }
    }
}
