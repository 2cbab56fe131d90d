//! Updates of today's catalogs, which name builds, articles and CVEs, and no files.

use wardline_plugin::contract::exports::wardline::check::types::*;
use wardline_plugin::judge::{AfterRestart, Branch, Installed, Judge, JudgeOptions, PACKAGES, UpdateRecord};

use super::{applicability, update};

pub const PRODUCT: &str = "Windows 10 Version 22H2 for x64-based Systems";

/// An update by its article, with its build and CVEs.
pub fn fix(article: u32, build: Option<&str>, cves: &[&str]) -> Update {
    let mut row = applicability(PRODUCT, &[], None);
    row.fixed_build = build.map(str::to_owned);
    Update {
        bulletin: format!("KB{article}"),
        article: format!("KB{article}"),
        applies_to: vec![row],
        cves: cves.iter().map(|&cve| cve.to_owned()).collect(),
        ..update(article)
    }
}

pub fn branch() -> Branch {
    Branch::new(["10.0.19041", "10.0.19044", "10.0.19045"])
}

/// A package of an article, or of a rollup if its name has a version.
pub fn package(name: &str, state: u32) -> (String, u32) {
    let name = match name.contains('.') {
        true => format!("Package_for_RollupFix~31bf3856ad364e35~amd64~~{name}"),
        false => format!("Package_for_KB{name}~31bf3856ad364e35~amd64~~1.0.0.0"),
    };
    (name, state)
}

/// What a machine records; `None` if its record cannot be read.
pub type Packages<'a> = Option<&'a [(&'a str, u32)]>;

pub fn judge(updates: &[Update], build: &str, branch: Branch, packages: Packages<'_>) -> Vec<UpdateFinding> {
    judge_by(&Judge::new(updates.to_vec()), build, branch, packages)
}

pub fn judge_by(judge: &Judge, build: &str, branch: Branch, packages: Packages<'_>) -> Vec<UpdateFinding> {
    judge_names(judge, &[PRODUCT], build, branch, packages)
}

/// Judges a product that has several names.
pub fn judge_names(
    judge: &Judge,
    names: &[&str],
    build: &str,
    branch: Branch,
    packages: Packages<'_>,
) -> Vec<UpdateFinding> {
    let installed = names.iter().map(|&name| {
        Installed::new(name, Some(0))
            .with_build(build, Some(0))
            .with_branch(branch.clone())
            .with_record(UpdateRecord::Packages)
    });
    let case = judge.case(&installed.collect::<Vec<_>>(), JudgeOptions::default());
    let packages =
        packages.map(|packages| packages.iter().map(|&(name, state)| package(name, state)).collect::<Vec<_>>());
    let answers: Vec<Answer> = case
        .record_questions()
        .iter()
        .map(|question| {
            assert_eq!(*question, Question::RegistryKey(PACKAGES.to_owned()));
            match &packages {
                None => Answer::Unreadable("the hive is damaged".to_owned()),
                Some(packages) => Answer::Known(Fact::RegistryKey(RegistryKey {
                    values: Vec::new(),
                    subkeys: packages.iter().map(|package| package.0.clone()).collect(),
                    truncated: false,
                    last_written: 0,
                })),
            }
        })
        .collect();
    let names = case.recorded(&answers, 1);
    let states: Vec<Answer> = names
        .questions()
        .iter()
        .map(|question| match question {
            Question::RegistryValue(value) => {
                let name = value.key.rsplit('\\').next().expect("a name");
                let found = packages.iter().flatten().find(|package| package.0 == name).expect("a recorded package");
                Answer::Known(Fact::RegistryValue(RegistryData::Dword(found.1)))
            }
            other => panic!("{other:?}"),
        })
        .collect();
    case.decide_with(&[], 0, &AfterRestart::default(), &names.settle(&states, 2))
}

pub fn statuses(updates: &[Update], build: &str, packages: Packages<'_>) -> Vec<UpdateStatus> {
    judge(updates, build, branch(), packages).into_iter().map(|finding| finding.status).collect()
}

pub const INSTALLED: u32 = 0x70;

/// As many CVEs as only cumulative updates close.
pub fn many(first: u32) -> Vec<String> {
    (first..first + 8).map(|number| format!("CVE-{number}")).collect()
}

pub fn closing(article: u32, build: Option<&str>, cves: &[String]) -> Update {
    fix(article, build, &cves.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The same updates with the months of their publication.
pub fn posted<const N: usize>(updates: [(Update, &str); N]) -> Vec<Update> {
    updates.map(|(update, posted)| Update { posted: Some(posted.to_owned()), ..update }).into()
}
