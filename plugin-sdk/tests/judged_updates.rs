//! Judged updates end to end on a bench: what is asked, found, and to be done.
#![cfg(feature = "testing")]

mod judging;

use judging::{UpdateExt, W2K, update};
use wardline_plugin::judge::{Installed, Judge};
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};
use wardline_plugin::updates::judge_updates;

const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q000001";

/// A plugin that finds Windows 2000 Server with Service Pack 2 everywhere.
struct Patches(Judge);

impl Checker for Patches {
    fn describe() -> Description {
        describe("patches", "0.1.0", "").judges([W2K]).asks(Scope::Updates).asks(Scope::System).into()
    }

    fn prepare(updates: Vec<Update>) -> Result<Self, String> {
        Ok(Patches(Judge::new(updates)))
    }

    async fn detect(&self, about: &About, evidence: &Evidence) -> Findings {
        let mut findings = Findings::new();
        findings.updates(judge_updates(&self.0, &[Installed::new(W2K, Some(20))], about, evidence).await);
        findings
    }
}

/// An update of which one value in the registry tells.
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
