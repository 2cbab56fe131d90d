//! Each check on machines that pass, fail, and cannot be read.

mod support;

use support::*;
use wardline_iis::Iis;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};

fn run_as(role: Role, suites: &[&str]) -> Run {
    let mut system = system("5.0", 0, role);
    system.suites = suites.iter().map(|suite| (*suite).to_owned()).collect();
    with_system(server("5.0", 0, (5, 0)), system).run::<Iis>()
}

#[test]
fn iis_does_not_belong_on_a_domain_controller() {
    for (role, suites, grade) in [
        (Role::Workstation, &[][..], Grade::Passed),
        (Role::Server, &[], Grade::Passed),
        (Role::Server, &["Small Business"], Grade::Passed),
        (Role::DomainController, &[], Grade::Critical),
        (Role::DomainController, &["Enterprise"], Grade::Critical),
        (Role::DomainController, &["Terminal Server", "Small Business"], Grade::Passed),
        (Role::DomainController, &["Small Business(Restricted)"], Grade::Passed),
        (Role::Unknown, &[], Grade::UnableToScan),
    ] {
        let run = run_as(role, suites);
        let finding = run.check("domain-controller");
        assert_eq!(finding.grade, grade, "{role:?} {suites:?}: {}", finding.summary);
        assert!(!finding.evidence.is_empty());
        let steps = run.actions.iter().filter(|action| matches!(action.operation, Operation::ManualStep(_))).count();
        assert_eq!(steps, usize::from(grade == Grade::Critical));
    }
}

#[test]
fn a_role_that_cannot_be_read_is_unable_to_scan() {
    let bench = server("5.0", 0, (5, 0)).answer(Question::System, Answer::Unreadable("damaged".into()));
    assert_eq!(bench.run::<Iis>().check("domain-controller").grade, Grade::UnableToScan);
}

const SAMPLES: &str = r"%systemdrive%\Inetpub\iissamples";
const HELP: &str = r"%windir%\help\iishelp";
const MSADC: &str = r"%commonprogramfiles%\System\msadc";

#[test]
fn sample_folders_that_are_there_fail_and_are_to_be_removed() {
    for present in [&[SAMPLES][..], &[HELP], &[MSADC], &[SAMPLES, HELP, MSADC]] {
        let bench = present.iter().fold(server("5.0", 0, (5, 0)), |bench, folder| with_folder(bench, folder));
        let run = bench.run::<Iis>();
        let finding = run.check("sample-applications");
        assert_eq!(finding.grade, Grade::NonCritical);
        assert_eq!(finding.evidence.len(), present.len());
        let rows: Vec<_> = finding.rows.iter().map(|row| row.cells[0].as_str()).collect();
        assert_eq!(rows, present);
        let removed: Vec<_> = run
            .actions
            .iter()
            .filter_map(|action| match &action.operation {
                Operation::RemoveFolder(folder) => {
                    assert!(action.undo.is_empty() && action.risk.is_some());
                    Some(folder.path.as_str())
                }
                _ => None,
            })
            .collect();
        assert_eq!(removed, present);
    }
}

#[test]
fn no_sample_folder_passes_and_says_where_it_looked() {
    let run = server("5.0", 0, (5, 0)).run::<Iis>();
    let finding = run.check("sample-applications");
    assert_eq!(finding.grade, Grade::Passed);
    for folder in [SAMPLES, HELP, MSADC] {
        assert!(finding.summary.contains(folder), "{}", finding.summary);
    }
    assert_eq!(finding.evidence.len(), 3);
}

#[test]
fn samples_are_looked_for_beside_a_web_root_that_was_moved() {
    let bench = with_key(
        server("5.0", 0, (5, 0)),
        INETSTP,
        &[("MajorVersion", RegistryData::Dword(5)), ("PathWWWRoot", RegistryData::Text(r"D:\Web\wwwroot\".into()))],
    );
    assert_eq!(bench.run::<Iis>().check("sample-applications").grade, Grade::Passed);
    let run = with_folder(bench, r"D:\Web\iissamples").run::<Iis>();
    assert_eq!(run.check("sample-applications").rows[0].cells, [r"D:\Web\iissamples"]);
}

#[test]
fn msadc_belongs_to_windows_from_iis_6_on() {
    let bench = with_folder(server("5.2", 0, (6, 0)), MSADC);
    assert_eq!(bench.run::<Iis>().check("sample-applications").grade, Grade::Passed);
}

#[test]
fn a_folder_that_cannot_be_read_never_passes() {
    let damaged = |bench: Bench| bench.answer(Question::Directory(HELP.into()), Answer::Unreadable("damaged".into()));
    let run = damaged(server("5.0", 0, (5, 0))).run::<Iis>();
    let finding = run.check("sample-applications");
    assert_eq!(finding.grade, Grade::UnableToScan);
    assert!(finding.summary.contains(HELP));
    let run = with_folder(damaged(server("5.0", 0, (5, 0))), SAMPLES).run::<Iis>();
    assert_eq!(run.check("sample-applications").grade, Grade::NonCritical);
}

const LOCKDOWN_LOG: &str = r"%windir%\system32\inetsrv\oblt-log.log";
const UNDO_LOG: &str = r"%windir%\system32\inetsrv\oblt-undo.log";
const UNDONE_LOG: &str = r"%windir%\system32\inetsrv\oblt-undone.log";
const LOCKDOWN_KEY: &str = r"HKLM\SOFTWARE\Microsoft\IIS Lockdown Wizard";

fn with_file(bench: Bench, path: &str, modified: Option<i64>) -> Bench {
    let info = FileInfo { version: None, checksum: None, size: 900, modified, language: None };
    bench.fact(Question::FileVersion(path.into()), Fact::File(info))
}

#[test]
fn the_lockdown_tool_must_have_been_run_and_not_undone() {
    let server = || server("5.0", 0, (5, 0));
    let run_at = |time| with_file(server(), LOCKDOWN_LOG, time);
    for (bench, grade) in [
        (server(), Grade::Critical),
        (run_at(Some(100)), Grade::Passed),
        (run_at(None), Grade::Passed),
        (with_key(server(), LOCKDOWN_KEY, &[]), Grade::Passed),
        // Undoing takes the log away.
        (with_file(with_key(server(), LOCKDOWN_KEY, &[]), UNDONE_LOG, None), Grade::Critical),
        (
            with_key(server(), LOCKDOWN_KEY, &[]).answer(Question::FileVersion(UNDONE_LOG.into()), damaged()),
            Grade::UnableToScan,
        ),
        (with_file(run_at(Some(100)), UNDO_LOG, Some(50)), Grade::Passed),
        (with_file(run_at(Some(100)), UNDO_LOG, Some(200)), Grade::Critical),
        (with_file(run_at(Some(100)), UNDONE_LOG, Some(200)), Grade::Critical),
        (with_file(run_at(None), UNDONE_LOG, Some(200)), Grade::UnableToScan),
        (server().answer(Question::FileVersion(LOCKDOWN_LOG.into()), damaged()), Grade::UnableToScan),
        (run_at(Some(100)).answer(Question::FileVersion(UNDONE_LOG.into()), damaged()), Grade::UnableToScan),
        (server().answer(Question::RegistryKey(LOCKDOWN_KEY.into()), damaged()), Grade::UnableToScan),
    ] {
        let run = bench.run::<Iis>();
        let finding = run.check("lockdown-tool");
        assert_eq!(finding.grade, grade, "{}", finding.summary);
        assert!(!finding.evidence.is_empty());
        let operations = operations(&run, "lockdown-tool");
        match grade {
            Grade::Critical => {
                assert!(matches!(operations.as_slice(), [Operation::RunTool(run)] if run.tool == "iislockd.exe"));
            }
            _ => assert_eq!(operations, []),
        }
    }
}

#[test]
fn the_lockdown_tool_is_for_iis_4_and_5() {
    for (iis, grade) in [
        ((3, 0), Grade::NotPerformed),
        ((4, 0), Grade::Critical),
        ((5, 1), Grade::Critical),
        ((6, 0), Grade::NotPerformed),
        ((10, 0), Grade::NotPerformed),
    ] {
        let run = server("5.0", 0, iis).run::<Iis>();
        assert_eq!(run.check("lockdown-tool").grade, grade, "{iis:?}");
    }
}

fn damaged() -> Answer {
    Answer::Unreadable("damaged".into())
}

#[test]
fn the_status_says_which_services_are_installed() {
    let run = with_service(server("5.0", 0, (5, 0)), "SMTPSVC").run::<Iis>();
    let finding = run.check("status");
    assert_eq!(finding.grade, Grade::Informational);
    assert_eq!(
        finding.summary,
        "IIS 5.0 is installed: W3SVC starts with the machine, SMTPSVC starts with the machine."
    );
    let states: Vec<_> = finding.rows.iter().map(|row| (row.cells[0].as_str(), row.cells[2].as_str())).collect();
    let (starts, absent) = ("starts with the machine", "is not installed");
    assert_eq!(states, [("W3SVC", starts), ("MSFTPSVC", absent), ("SMTPSVC", starts), ("NNTPSVC", absent)]);
    assert_eq!(finding.evidence.len(), 4);

    let run = server("5.0", 0, (5, 0)).answer(Question::Service("NNTPSVC".into()), damaged()).run::<Iis>();
    assert_eq!(run.check("status").grade, Grade::UnableToScan);
}
