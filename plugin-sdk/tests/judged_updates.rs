//! Judged updates end to end on a bench: questions, findings and remedies.
#![cfg(feature = "testing")]

mod judging;

use judging::{UpdateExt, W2K, file, parse, update};
use wardline_plugin::judge::{Installed, Judge};
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};
use wardline_plugin::updates::judge_updates;

const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q000001";

/// A plugin that finds Windows 2000 Server with Service Pack 2 everywhere.
#[derive(Default)]
struct Patches(Judge);

impl Checker for Patches {
    fn describe() -> Description {
        describe("patches", "0.1.0", "").judges_updates([W2K]).into()
    }

    fn prepare(&mut self, updates: Vec<Update>) -> Result<(), String> {
        self.0 = Judge::new(updates);
        Ok(())
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let mut findings = Findings::new();
        findings.updates(judge_updates(&self.0, &[Installed::new(W2K, Some(20))], cx).await);
        findings
    }
}

/// An update that is detected by one registry value.
fn hotfix(number: u32) -> Update {
    let mut update = update(number).registry(RegistryTest {
        key: HOTFIX.to_owned(),
        name: "Installed".to_owned(),
        change: Change::Add,
        expected: Some("1".to_owned()),
        comparison: Comparison::Equal,
    });
    update.package = "Q000001_W2K_SP3_x86_en.EXE".to_owned();
    update.article = "Q000001".to_owned();
    update.restart = true;
    update
}

fn run(bench: Bench, update: Update) -> Run {
    bench.updates(vec![update]).run::<Patches>()
}

#[test]
fn a_missing_update_has_its_package_as_remedy() {
    let run = run(Bench::new(), hotfix(7));
    assert_eq!(run.update(7).map(|finding| finding.status), Some(UpdateStatus::Missing));
    let [action] = run.actions.as_slice() else { panic!("{:?}", run.actions) };
    assert_eq!(action.mends, FindingId::Update(0));
    assert!(action.restart);
    assert_eq!(action.article.as_deref(), Some("Q000001"));
    let Operation::InstallUpdate(install) = &action.operation else { panic!("{:?}", action.operation) };
    assert_eq!(install.update, 7);
    assert_eq!(install.package, "Q000001_W2K_SP3_x86_en.EXE");
    assert_eq!(install.switches, ["-q", "-z"]);
}

#[test]
fn evidence_is_numbered_as_the_conversation_asked() {
    let run = run(Bench::new().value(HOTFIX, "Installed", RegistryData::Dword(1)), hotfix(7));
    let finding = run.update(7).expect("a finding");
    assert_eq!(finding.status, UpdateStatus::Installed);
    let number = finding.tests.first().and_then(|test| test.evidence).expect("evidence");
    let (question, _) = &run.exchanges[number as usize];
    assert!(
        matches!(question, Question::RegistryValue(value) if value.key.eq_ignore_ascii_case(HOTFIX)),
        "{question:?}"
    );
    assert_eq!(run.actions, []);
}

#[test]
fn what_could_not_be_read_is_neither_missing_nor_mended() {
    let run = run(Bench::new().unreadable_by_default("damaged"), hotfix(7));
    assert_eq!(run.update(7).map(|finding| finding.status), Some(UpdateStatus::UnableToScan));
    assert_eq!(run.actions, []);
}

#[test]
fn without_a_package_there_is_a_step_for_people() {
    let mut update = hotfix(7);
    update.package.clear();
    let run = run(Bench::new(), update);
    let [action] = run.actions.as_slice() else { panic!("{:?}", run.actions) };
    assert!(matches!(&action.operation, Operation::ManualStep(step) if step.contains("Q000001")), "{action:?}");
}

const DLL: &str = r"%windir%\system32\ntdll.dll";

/// A file with this version.
fn info(version: &str) -> Fact {
    Fact::File(FileInfo { version: Some(parse(version)), checksum: None, size: 1, modified: None, language: None })
}

/// Windows 2000 with one file older than the update's, and the update's own file waiting.
fn waiting() -> (Bench, Update) {
    let system = SystemInfo {
        computer_name: None,
        product_name: "Microsoft Windows 2000".to_owned(),
        version: "5.0".to_owned(),
        build: 2195,
        revision: None,
        service_pack_name: None,
        service_pack: 2,
        role: Role::Server,
        suites: Vec::new(),
        architecture: None,
        language: None,
        windows_folder: r"C:\WINNT".to_owned(),
    };
    let operations = [r"\??\C:\old", "", r"\??\C:\WINNT\system32\SET1.tmp", r"!\??\C:\WINNT\system32\ntdll.dll"];
    let bench = Bench::new()
        .fact(Question::System, Fact::System(system))
        .fact(Question::FileVersion(DLL.to_owned()), info("5.0.2195.1"))
        .fact(Question::FileVersion(r"%windir%\system32\SET1.tmp".to_owned()), info("5.0.2195.3649"))
        .value(
            r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager",
            "PendingFileRenameOperations",
            RegistryData::MultiText(operations.map(str::to_owned).into()),
        );
    (bench, update(7).file(file(DLL, "5.0.2195.3649")))
}

#[test]
fn what_waits_for_a_restart_is_asked_about_in_one_round_more() {
    for mode in [ChecksumMode::SameLanguage, ChecksumMode::Never] {
        let (bench, update) = waiting();
        let run = run(bench.checksums(mode), update);
        let finding = run.update(7).expect("a finding");
        assert_eq!(finding.status, UpdateStatus::PendingRestart, "{finding:?}");
        assert_eq!(run.rounds, 3, "the system, the update's file, the waiting one");
        assert_eq!(run.actions, [], "it is installed already");
    }
    let (bench, update) = waiting();
    let nothing = RegistryData::MultiText(Vec::new());
    let nothing =
        bench.value(r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager", "PendingFileRenameOperations", nothing);
    let run = run(nothing, update);
    assert_eq!((run.update(7).map(|finding| finding.status), run.rounds), (Some(UpdateStatus::Missing), 2));
}

/// If the waiting files are not known, the restart may change anything: rule 8.
#[test]
fn operations_that_cannot_be_read_leave_open_what_the_restart_does() {
    const SESSION_MANAGER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager";
    let question = |name: &str| {
        Question::RegistryValue(RegistryValueName { key: SESSION_MANAGER.to_owned(), name: name.to_owned() })
    };
    let judged = |name: &str, answer: Answer, version: &str| {
        let bench =
            Bench::new().fact(Question::FileVersion(DLL.to_owned()), info(version)).answer(question(name), answer);
        let run = run(bench.checksums(ChecksumMode::Never), update(7).file(file(DLL, "5.0.2195.3649")));
        run.update(7).map(|finding| finding.status)
    };
    for name in ["PendingFileRenameOperations", "PendingFileRenameOperations2"] {
        for answer in [
            Answer::Unreadable("damaged".to_owned()),
            Answer::Denied("policy".to_owned()),
            Answer::Unsupported,
            Answer::Known(Fact::RegistryValue(RegistryData::Binary(vec![1]))),
        ] {
            let status = |version| judged(name, answer.clone(), version);
            assert_eq!(status("5.0.2195.3649"), Some(UpdateStatus::UnableToScan), "{name} {answer:?}");
            assert_eq!(status("5.0.2195.1"), Some(UpdateStatus::Missing), "{name} {answer:?}");
        }
        assert_eq!(judged(name, Answer::Absent, "5.0.2195.3649"), Some(UpdateStatus::Installed));
    }
}
