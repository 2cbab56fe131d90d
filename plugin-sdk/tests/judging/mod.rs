//! Updates, answers and a target for tests of the judge.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

pub mod today;

use wardline_plugin::contract::exports::wardline::check::types::*;
use wardline_plugin::judge::{Installed, Judge, JudgeOptions, PendingRenames};

pub const W2K: &str = "Windows 2000 Server";

/// An update for Windows 2000 Server at Service Pack 2, of the bulletin `MS02-` plus its number, with nothing to test.
pub fn update(number: u32) -> Update {
    Update {
        number,
        bulletin: format!("MS02-{number:03}"),
        article: String::new(),
        title: String::new(),
        package: String::new(),
        url: None,
        posted: None,
        severity: Severity::Unrated,
        cves: Vec::new(),
        restart: false,
        applies_to: vec![applicability(W2K, &[20], None)],
        files: Vec::new(),
        registry: Vec::new(),
        superseded_by: Vec::new(),
        notes: Vec::new(),
        language: Some(0x0409),
    }
}

pub trait UpdateExt: Sized {
    fn file(self, test: FileTest) -> Self;
    fn registry(self, test: RegistryTest) -> Self;
    fn only_for(self, product: &str, levels: &[u32], included_in: Option<u32>) -> Self;
    fn also_for(self, product: &str, levels: &[u32], included_in: Option<u32>) -> Self;
    fn superseded_by(self, bulletin: &str, updates: &[u32]) -> Self;
    fn superseded_by_bulletin(self, bulletin: &str) -> Self;
    fn fixed_in_build(self, build: &str) -> Self;
}

impl UpdateExt for Update {
    fn file(mut self, test: FileTest) -> Update {
        self.files.push(test);
        self
    }

    fn registry(mut self, test: RegistryTest) -> Update {
        self.registry.push(test);
        self
    }

    fn only_for(mut self, product: &str, levels: &[u32], included_in: Option<u32>) -> Update {
        self.applies_to.clear();
        self.also_for(product, levels, included_in)
    }

    fn also_for(mut self, product: &str, levels: &[u32], included_in: Option<u32>) -> Update {
        self.applies_to.push(applicability(product, levels, included_in));
        self
    }

    fn superseded_by(mut self, bulletin: &str, updates: &[u32]) -> Update {
        self.superseded_by.push(Superseding {
            bulletin: bulletin.into(),
            updates: updates.to_vec(),
            names_update: true,
        });
        self
    }

    fn superseded_by_bulletin(mut self, bulletin: &str) -> Update {
        self.superseded_by.push(Superseding { bulletin: bulletin.into(), updates: Vec::new(), names_update: false });
        self
    }

    fn fixed_in_build(mut self, build: &str) -> Update {
        let mut row = applicability(W2K, &[], None);
        row.fixed_build = Some(build.into());
        self.applies_to = vec![row];
        self
    }
}

pub fn applicability(product: &str, levels: &[u32], included_in: Option<u32>) -> Applicability {
    let pack = |level: u32| ServicePack {
        id: level.to_string(),
        name: format!("Windows 2000 Service Pack {}", level / 10),
        level,
    };
    Applicability {
        product: Product { id: product.into(), name: product.into() },
        service_packs: levels.iter().copied().map(pack).collect(),
        included_in: included_in.map(pack),
        severity: None,
        fixed_build: None,
    }
}

pub fn parse(version: &str) -> FileVersion {
    wardline_plugin::version::parse(version).expect("a version of four numbers")
}

/// A file that is replaced.
pub fn file(path: &str, version: &str) -> FileTest {
    FileTest { version: Some(parse(version)), ..bare(path, Change::Replace) }
}

/// A file of which the catalog has only the size.
pub fn bare(path: &str, change: Change) -> FileTest {
    FileTest { path: path.into(), change, version: None, alternates: Vec::new(), checksum: None, size: Some(1) }
}

pub trait FileTestExt {
    fn sum(self, checksum: u32) -> Self;
}

impl FileTestExt for FileTest {
    fn sum(self, checksum: u32) -> FileTest {
        FileTest { checksum: Some(checksum), ..self }
    }
}

pub fn value(key: &str, name: &str, expected: Option<&str>) -> RegistryTest {
    RegistryTest {
        key: key.into(),
        name: name.into(),
        change: Change::Replace,
        expected: expected.map(str::to_owned),
        comparison: Comparison::Equal,
    }
}

pub fn file_info(version: Option<&str>, checksum: Option<u32>) -> Answer {
    let version = version.map(parse);
    Answer::Known(Fact::File(FileInfo { version, checksum, size: 1, modified: None, language: None }))
}

pub fn version(version: &str) -> Answer {
    file_info(Some(version), None)
}

pub fn registry(data: RegistryData) -> Answer {
    Answer::Known(Fact::RegistryValue(data))
}

pub fn dword(number: u32) -> Answer {
    registry(RegistryData::Dword(number))
}

pub fn text(text: &str) -> Answer {
    registry(RegistryData::Text(text.into()))
}

/// The subject of a question: a path, or a key and a value's name.
pub fn name_of(question: &Question) -> String {
    match question {
        Question::File(path) | Question::FileVersion(path) => path.clone(),
        Question::RegistryValue(value) => format!("{}\\{}", value.key, value.name),
        other => panic!("the judge asks {other:?}"),
    }
}

/// Judges a target with these facts, the last one for each question; every other answer is `unsupported`.
pub fn judge(
    updates: &[Update],
    installed: &[Installed],
    options: JudgeOptions,
    facts: &[(&str, Answer)],
) -> Vec<UpdateFinding> {
    judge_before_restart(updates, installed, options, facts, &[])
}

/// Like [`judge`], with the contents of `PendingFileRenameOperations`; Windows is in `C:\WINNT`.
pub fn judge_before_restart(
    updates: &[Update],
    installed: &[Installed],
    options: JudgeOptions,
    facts: &[(&str, Answer)],
    pending: &[&str],
) -> Vec<UpdateFinding> {
    let judge = Judge::new(updates.to_vec());
    let case = judge.case(installed, options);
    let known = |questions: &[Question]| -> Vec<Answer> {
        let answer = |question: &Question| {
            let name = name_of(question);
            let known = facts.iter().rev().find(|(fact, _)| fact.eq_ignore_ascii_case(&name));
            known.map_or(Answer::Unsupported, |(_, answer)| answer.clone())
        };
        questions.iter().map(answer).collect()
    };
    let restart = case.restart(&PendingRenames::new(pending), Some(r"C:\WINNT"));
    case.decide_after(&known(case.questions()), 0, &restart.settle(&known(restart.questions())))
}
