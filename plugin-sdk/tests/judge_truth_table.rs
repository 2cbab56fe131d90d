//! The judge's truth table: each rule of `wardline_plugin::judge` has rows that pass and rows that fail.

mod judging;

use judging::*;
use wardline_plugin::contract::exports::wardline::check::types::*;
use wardline_plugin::judge::{Installed, JudgeOptions};

/// One row of the table: updates on Windows 2000 Server, answers, and the expected findings.
struct Row {
    what: &'static str,
    updates: Vec<Update>,
    installed: Vec<Installed>,
    options: JudgeOptions,
    facts: Vec<(&'static str, Answer)>,
    /// `PendingFileRenameOperations`.
    pending: Vec<&'static str>,
    /// Number of the update, status, part of the reason.
    expected: Vec<(u32, UpdateStatus, &'static str)>,
}

fn row(what: &'static str, updates: Vec<Update>) -> Row {
    Row {
        what,
        updates,
        installed: vec![Installed::new("windows 2000 SERVER", Some(20))],
        options: JudgeOptions { language: Some(0x0409), ..JudgeOptions::default() },
        facts: Vec::new(),
        pending: Vec::new(),
        expected: Vec::new(),
    }
}

impl Row {
    fn on(mut self, installed: Installed) -> Row {
        self.installed = vec![installed];
        self
    }

    fn at(self, level: u32) -> Row {
        self.on(Installed::new(W2K, Some(level)))
    }

    fn fact(mut self, name: &'static str, answer: Answer) -> Row {
        self.facts.push((name, answer));
        self
    }

    fn options(mut self, change: impl FnOnce(&mut JudgeOptions)) -> Row {
        change(&mut self.options);
        self
    }

    /// Adds a file that waits to take another's place and may replace it.
    fn waits(mut self, from: &'static str, goal: &'static str) -> Row {
        self.pending.extend([from, goal]);
        self
    }

    fn is(mut self, number: u32, status: UpdateStatus, reason: &'static str) -> Row {
        self.expected.push((number, status, reason));
        self
    }
}

fn check(rows: Vec<Row>) {
    for row in rows {
        let findings = judge_before_restart(&row.updates, &row.installed, row.options, &row.facts, &row.pending);
        let found: Vec<_> = findings.iter().map(|finding| (finding.update, finding.status)).collect();
        let expected: Vec<_> = row.expected.iter().map(|&(number, status, _)| (number, status)).collect();
        assert_eq!(found, expected, "{}: {findings:#?}", row.what);
        for (finding, (_, _, reason)) in findings.iter().zip(&row.expected) {
            assert!(finding.reason.contains(reason), "{}: {:?} lacks {reason:?}", row.what, finding.reason);
        }
    }
}

use UpdateStatus::{Included, Installed as Found, Missing, Note, PendingRestart, Superseded, UnableToScan, Warning};

const DLL: &str = r"%windir%\system32\ntdll.dll";
const EXE: &str = r"%windir%\system32\smss.exe";
const KEY: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q296441";
const INSTALLED: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q296441\Installed";

fn ntdll(number: u32) -> Update {
    update(number).file(file(DLL, "5.0.2195.3649"))
}

#[test]
fn rule_1_product_and_service_pack() {
    let for_sp2 = || ntdll(1).only_for(W2K, &[10, 20], None);
    check(vec![
        row("product and service pack are named", vec![for_sp2()]).fact(DLL, version("5.0.2195.1")).is(
            1,
            Missing,
            "ntdll.dll is 5.0.2195.1, older than 5.0.2195.3649",
        ),
        row("the service pack is not named", vec![for_sp2()]).at(30),
        row("a lower service pack is not named either", vec![for_sp2()]).at(0),
        row("another product", vec![for_sp2()]).on(Installed::new("Windows 2000 Professional", Some(20))),
        row("no service pack named: all of them", vec![ntdll(1).only_for(W2K, &[], None)])
            .at(35)
            .fact(DLL, version("5.0.2195.3649"))
            .is(1, Found, "The one test matches"),
        row("fixed in this service pack", vec![ntdll(1).only_for(W2K, &[10, 20], Some(30))]).at(30).is(
            1,
            Included,
            "holds the fix",
        ),
        row("fixed in an earlier one", vec![ntdll(1).only_for(W2K, &[10, 20], Some(30))]).at(41).is(
            1,
            Included,
            "Service Pack 3",
        ),
        row("fixed in a later one only", vec![ntdll(1).only_for(W2K, &[10, 20], Some(30))])
            .fact(DLL, Answer::Absent)
            .is(1, Missing, "ntdll.dll is not there"),
        row("named twice, judged once", vec![for_sp2().also_for(W2K, &[20], None)])
            .fact(DLL, Answer::Absent)
            .is(1, Missing, ""),
        row(
            "one row includes it, another wants it",
            vec![ntdll(1).only_for(W2K, &[0], Some(20)).also_for(W2K, &[20], None)],
        )
        .fact(DLL, Answer::Absent)
        .is(1, Missing, ""),
        row("service pack unknown, and it matters", vec![for_sp2()]).on(Installed::new(W2K, None)).is(
            1,
            UnableToScan,
            "service pack of Windows 2000 Server is not known",
        ),
        row("service pack unknown, and it does not matter", vec![ntdll(1).only_for(W2K, &[], None)])
            .on(Installed::new(W2K, None))
            .fact(DLL, Answer::Absent)
            .is(1, Missing, ""),
    ]);
}

#[test]
fn rule_2_supersedence() {
    let old = || ntdll(1).superseded_by("MS02-002", &[2]);
    let new = || update(2).file(file(EXE, "5.0.2195.4000"));
    check(vec![
        row("the newer one is judged instead", vec![old(), new()])
            .fact(EXE, Answer::Absent)
            .is(1, Superseded, "Superseded by MS02-002, which is judged instead")
            .is(2, Missing, "smss.exe"),
        row("the newer one does not apply at this service pack", vec![old(), new().only_for(W2K, &[30], None)])
            .fact(DLL, Answer::Absent)
            .is(1, Missing, "ntdll.dll"),
        row("the newer one does not apply to this product", vec![old(), new().only_for("Windows NT 4.0", &[20], None)])
            .fact(DLL, version("5.0.2195.3649"))
            .is(1, Found, ""),
        row("the newer one is included", vec![old(), new().only_for(W2K, &[10], Some(20))])
            .is(1, Superseded, "which the installed service pack holds")
            .is(2, Included, ""),
        row("the newer one cannot be judged", vec![old(), update(2)]).is(1, Superseded, "MS02-002").is(
            2,
            Note,
            "neither file nor registry data",
        ),
        row("the catalog does not hold the newer one", vec![old()]).fact(DLL, Answer::Absent).is(1, Missing, ""),
        row("only a bulletin is named", vec![ntdll(1).superseded_by_bulletin("MS01-999")]).is(
            1,
            Superseded,
            "Superseded by MS01-999",
        ),
        row("its own bulletin is named", vec![ntdll(1).superseded_by_bulletin("ms02-001")])
            .fact(DLL, Answer::Absent)
            .is(1, Missing, ""),
        row(
            "two bulletins name each other",
            vec![ntdll(1).superseded_by_bulletin("MS02-002"), new().superseded_by_bulletin("MS02-001")],
        )
        .fact(DLL, Answer::Absent)
        .fact(EXE, Answer::Absent)
        .is(1, Missing, "")
        .is(2, Missing, ""),
        row("a chain of three", vec![old(), new().superseded_by("MS02-003", &[3]), update(3).file(file(DLL, "5.1"))])
            .fact(DLL, version("5.1"))
            .is(1, Superseded, "MS02-002, which is superseded in turn")
            .is(2, Superseded, "MS02-003, which is judged instead")
            .is(3, Found, ""),
        row(
            "the chain's middle does not apply",
            vec![
                old(),
                new().superseded_by("MS02-003", &[3]).only_for(W2K, &[30], None),
                update(3).file(file(EXE, "5.1")),
            ],
        )
        .fact(DLL, Answer::Absent)
        .fact(EXE, version("5.1"))
        .is(1, Missing, "")
        .is(3, Found, ""),
        row("a circle of two: each is judged", vec![old(), new().superseded_by("MS02-001", &[1])])
            .fact(DLL, Answer::Absent)
            .fact(EXE, version("5.0.2195.4000"))
            .is(1, Missing, "")
            .is(2, Found, ""),
        row(
            "a circle through one that does not apply here is none",
            vec![
                old(),
                new().superseded_by("MS02-003", &[3]),
                update(3).only_for(W2K, &[30], None).superseded_by("MS02-001", &[1]),
            ],
        )
        .fact(EXE, Answer::Absent)
        .is(1, Superseded, "")
        .is(2, Missing, ""),
        row(
            "a circle that a third one supersedes",
            vec![
                old(),
                new().superseded_by("MS02-001", &[1]).superseded_by("MS02-003", &[3]),
                update(3).file(file(EXE, "5.1")),
            ],
        )
        .fact(DLL, Answer::Absent)
        .fact(EXE, version("5.1"))
        .is(1, Missing, "")
        .is(2, Superseded, "MS02-003")
        .is(3, Found, ""),
        row("superseded by itself", vec![ntdll(1).superseded_by("MS02-001", &[1])])
            .fact(DLL, Answer::Absent)
            .is(1, Missing, ""),
        row(
            "several, of which one applies",
            vec![
                ntdll(1).superseded_by("MS02-002", &[9, 2]).superseded_by("MS02-003", &[3]),
                new().only_for(W2K, &[30], None),
                update(3).file(file(EXE, "5.1")),
            ],
        )
        .fact(EXE, version("5.1"))
        .is(1, Superseded, "MS02-003")
        .is(3, Found, ""),
        row("service pack unknown, and the newer one is for all of them", vec![old(), new().only_for(W2K, &[], None)])
            .on(Installed::new(W2K, None))
            .fact(EXE, Answer::Absent)
            .is(1, Superseded, "MS02-002")
            .is(2, Missing, ""),
        row("service pack unknown, and the newer one may not apply", vec![old().only_for(W2K, &[], None), new()])
            .on(Installed::new(W2K, None))
            .fact(DLL, version("5.0.2195.3649"))
            .is(1, Found, "")
            .is(2, UnableToScan, ""),
        row("included counts before superseded", vec![old().only_for(W2K, &[10], Some(20)), new()])
            .fact(EXE, Answer::Absent)
            .is(1, Included, "")
            .is(2, Missing, ""),
    ]);
    let findings = judge(&[old(), update(2)], &[Installed::new(W2K, Some(20))], JudgeOptions::default(), &[]);
    assert_eq!(findings[0].superseded_by.as_deref(), Some("MS02-002"));
    assert_eq!(findings[1].superseded_by, None);
}

#[test]
fn rules_3_and_4_three_tests_or_none() {
    let three = || {
        update(1).file(file(DLL, "5.0.2195.3649").sum(77)).registry(value(KEY, "Installed", Some("1"))).registry(value(
            KEY,
            "Fix Description",
            None,
        ))
    };
    let described = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q296441\Fix Description";
    let row = |what| {
        row(what, vec![three()])
            .fact(DLL, file_info(Some("5.0.2195.3649"), Some(77)))
            .fact(INSTALLED, dword(1))
            .fact(described, text(""))
    };
    check(vec![
        row("all match").is(1, Found, "All 4 tests match"),
        row("a version differs").fact(DLL, file_info(Some("5.0.2195.3648"), Some(77))).is(1, Missing, "older than"),
        row("a file without version").fact(DLL, file_info(None, Some(77))).is(1, Missing, "bears no version"),
        row("a checksum differs").fact(DLL, file_info(Some("5.0.2195.3649"), Some(78))).is(
            1,
            Missing,
            "ntdll.dll 5.0.2195.3649 has the checksum 78 instead of 77",
        ),
        row("a value differs").fact(INSTALLED, dword(0)).is(1, Missing, r"Q296441\Installed is 0, not "),
        row("a value is not there").fact(INSTALLED, Answer::Absent).is(1, Missing, "is not there"),
        row("a value that must only exist is not there").fact(described, Answer::Absent).is(1, Missing, ""),
        row("all of them differ")
            .fact(INSTALLED, Answer::Absent)
            .fact(described, Answer::Absent)
            .fact(DLL, Answer::Absent)
            .is(1, Missing, "Installed is not there; 2 more tests fail"),
    ]);
    check(vec![
        self::row("nothing to test", vec![update(1)]).is(1, Note, "neither file nor registry data"),
        self::row("only a size", vec![update(1).file(bare(DLL, Change::Replace))]).fact(DLL, version("5.0")).is(
            1,
            Note,
            "None of the catalog's tests can tell",
        ),
        self::row("only a size, and absent", vec![update(1).file(bare(DLL, Change::Replace))])
            .fact(DLL, Answer::Absent)
            .is(1, Missing, "ntdll.dll is not there"),
        self::row("a file that is new, and there", vec![update(1).file(bare(DLL, Change::Add))])
            .fact(DLL, file_info(None, None))
            .is(1, Found, ""),
        self::row("a file without version, by its checksum", vec![update(1).file(bare(DLL, Change::Replace).sum(5))])
            .fact(DLL, file_info(None, Some(5)))
            .is(1, Found, ""),
        self::row("a file without version, another checksum", vec![update(1).file(bare(DLL, Change::Replace).sum(5))])
            .fact(DLL, file_info(Some("4.0"), Some(6)))
            .is(1, Missing, "has the checksum 6"),
    ]);
}

#[test]
fn rule_3_registry_comparison() {
    let rows: Vec<(&str, Comparison, Answer, UpdateStatus)> = vec![
        // The catalog's type 0x10001, FLG_ADDREG_TYPE_DWORD: only a REG_DWORD is compared.
        ("1", Comparison::Equal, dword(1), Found),
        ("0x10", Comparison::Equal, dword(16), Found),
        ("1", Comparison::Equal, dword(2), Missing),
        ("1", Comparison::Equal, text("1"), UnableToScan),
        ("1", Comparison::Equal, text("0x00000001"), UnableToScan),
        ("1", Comparison::Equal, text("one"), UnableToScan),
        ("1", Comparison::Equal, registry(RegistryData::ExpandText("1".into())), UnableToScan),
        ("1", Comparison::Equal, registry(RegistryData::MultiText(vec!["1".into()])), UnableToScan),
        ("1", Comparison::Equal, registry(RegistryData::Qword(1)), UnableToScan),
        ("1", Comparison::Equal, registry(RegistryData::Binary(vec![1, 0, 0, 0])), UnableToScan),
        ("1", Comparison::Equal, registry(RegistryData::Binary(vec![1])), UnableToScan),
        ("1", Comparison::Equal, registry(RegistryData::Other(5)), UnableToScan),
        ("1", Comparison::Equal, registry(RegistryData::None), UnableToScan),
        // The catalog's type 0: only a string is compared.
        ("Update", Comparison::Equal, text(" UPDATE "), Found),
        ("Update", Comparison::Equal, registry(RegistryData::ExpandText("Update".into())), Found),
        ("Update", Comparison::Equal, text("Hotfix"), Missing),
        ("Update", Comparison::Equal, text(""), Missing),
        ("Update", Comparison::Equal, dword(1), UnableToScan),
        ("Update", Comparison::Equal, registry(RegistryData::MultiText(vec!["update".into()])), UnableToScan),
        ("Update", Comparison::Equal, registry(RegistryData::Binary(b"U\0p\0".to_vec())), UnableToScan),
        ("Q1", Comparison::Equal, registry(RegistryData::MultiText(vec!["Q1".into(), "Q2".into()])), UnableToScan),
        ("7,0,0,1956", Comparison::AtLeast, text("7,0,0,1956"), Found),
        ("7,0,0,1956", Comparison::AtLeast, text("7.0.0.1957"), Found),
        ("7,0,0,1956", Comparison::AtLeast, text("10"), Found),
        ("7,0,0,1956", Comparison::AtLeast, text("7,0,0,999"), Missing),
        ("7,0,0,1956", Comparison::AtLeast, text("six"), UnableToScan),
        ("7,0,0,1956", Comparison::AtLeast, dword(8), UnableToScan),
        // A version without dots may be kept in either type.
        ("5", Comparison::AtLeast, dword(6), Found),
        ("5", Comparison::AtLeast, dword(4), Missing),
        ("5", Comparison::AtLeast, text("5.1"), Found),
        ("5", Comparison::AtLeast, text("4.9"), Missing),
        ("5", Comparison::AtLeast, registry(RegistryData::Qword(6)), UnableToScan),
    ];
    for (expected, comparison, answer, status) in rows {
        let update = update(1).registry(RegistryTest { comparison, ..value(KEY, "Installed", Some(expected)) });
        check(vec![row("comparison", vec![update]).fact(INSTALLED, answer).is(1, status, "")]);
    }
}

/// INF files set `IsInstalled` as a number or as its bytes (`IsInstalled,1,01,00,00,00`).
#[test]
fn rule_3_active_setup() {
    const COMPONENT: &str = r"HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{ABC}";
    const FACT: &str = r"HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{ABC}\IsInstalled";
    let expected = || vec![update(1).registry(value(COMPONENT, "IsInstalled", Some("1")))];
    let rows: Vec<(RegistryData, UpdateStatus)> = vec![
        (RegistryData::Dword(1), Found),
        (RegistryData::Dword(0), Missing),
        (RegistryData::Binary(vec![1, 0, 0, 0]), Found),
        (RegistryData::Binary(vec![0, 0, 0, 0]), Missing),
        (RegistryData::Binary(vec![1]), UnableToScan),
        (RegistryData::Binary(vec![1; 9]), UnableToScan),
        (RegistryData::Text("1".into()), UnableToScan),
        (RegistryData::Qword(1), UnableToScan),
        (RegistryData::MultiText(vec!["1".into()]), UnableToScan),
    ];
    for (data, status) in rows {
        check(vec![row("Active Setup", expected()).fact(FACT, registry(data)).is(1, status, "")]);
    }
}

#[test]
fn rule_5_newer_than_expected() {
    let row = |what, update: Update| row(what, vec![update]);
    let newer = || file_info(Some("5.0.2195.5000"), Some(99));
    let mut patched = ntdll(1);
    patched.files[0].alternates = vec![parse("5.0.2195.5000"), parse("5.0.2195.3000")];
    let summed = || update(1).file(file(DLL, "5.0.2195.3649").sum(77));
    check(vec![
        row("newer", ntdll(1)).fact(DLL, newer()).is(1, Warning, "ntdll.dll is 5.0.2195.5000, newer than"),
        row("newer, and its checksum is no second fault", summed()).fact(DLL, newer()).is(1, Warning, ""),
        row("an alternate", patched.clone()).fact(DLL, newer()).is(1, Found, ""),
        row("an alternate that is older", patched.clone()).fact(DLL, version("5.0.2195.3000")).is(1, Found, ""),
        row("neither expected nor alternate", patched).fact(DLL, version("5.0.2195.5001")).is(1, Warning, ""),
        row("one newer, one older", ntdll(1).file(file(EXE, "5.0")))
            .fact(DLL, newer())
            .fact(EXE, version("4.0"))
            .is(1, Missing, "smss.exe"),
        row("one newer, one as expected", ntdll(1).file(file(EXE, "5.0")))
            .fact(DLL, newer())
            .fact(EXE, version("5.0"))
            .is(1, Warning, ""),
    ]);
    let findings = judge(
        &[summed()],
        &[Installed::new(W2K, Some(20))],
        JudgeOptions { language: Some(0x0409), ..Default::default() },
        &[(DLL, file_info(Some("5.0.2195.5000"), Some(77)))],
    );
    let verdicts: Vec<_> = findings[0].tests.iter().map(|test| test.verdict).collect();
    assert_eq!(
        verdicts,
        [Verdict::Newer, Verdict::Skipped],
        "a newer file's checksum does not count, even if it is the same"
    );

    let later = || update(2).file(file(r"%WINDIR%\System32\NTDLL.DLL", "5.0.2195.5000"));
    let both = |later: Update| self::row("with a later update", vec![ntdll(1), later]).fact(DLL, newer());
    check(vec![
        both(later()).is(1, Found, "").is(2, Found, ""),
        both(later().only_for(W2K, &[0], Some(20))).is(1, Found, "").is(2, Included, ""),
        both(later().only_for("Windows NT 4.0", &[], None)).is(1, Warning, ""),
        both(update(2).file(file(DLL, "5.0.2195.4999"))).is(1, Warning, "").is(2, Warning, ""),
        both(update(2).file(file(r"%windir%\system32\dllcache\ntdll.dll", "5.0.2195.5000")))
            .fact(r"%windir%\system32\dllcache\ntdll.dll", Answer::Absent)
            .is(1, Warning, "")
            .is(2, Missing, ""),
    ]);
}

#[test]
fn rule_6_commands() {
    let with = |change| row("command", vec![update(1).file(FileTest { change, ..file(DLL, "5.0") })]);
    let value_with = |change| {
        row("command on a value", vec![update(1).registry(RegistryTest { change, ..value(KEY, "Installed", None) })])
    };
    check(vec![
        with(Change::Add).fact(DLL, Answer::Absent).is(1, Missing, ""),
        with(Change::Add).fact(DLL, version("5.0")).is(1, Found, ""),
        with(Change::Replace).fact(DLL, Answer::Absent).is(1, Missing, ""),
        with(Change::Replace).fact(DLL, version("5.0")).is(1, Found, ""),
        with(Change::ReplaceIfPresent).fact(DLL, Answer::Absent).is(1, Found, "Nothing that it replaces is here"),
        with(Change::ReplaceIfPresent).fact(DLL, version("4.9")).is(1, Missing, ""),
        with(Change::ReplaceIfPresent).fact(DLL, version("5.0")).is(1, Found, "The one test matches"),
        with(Change::Delete).fact(DLL, Answer::Absent).is(1, Found, ""),
        with(Change::Delete).fact(DLL, version("5.0")).is(1, Missing, "ntdll.dll is still there"),
        with(Change::Unsupported).is(1, Note, ""),
        value_with(Change::Add).fact(INSTALLED, Answer::Absent).is(1, Missing, ""),
        value_with(Change::Add).fact(INSTALLED, dword(0)).is(1, Found, ""),
        value_with(Change::ReplaceIfPresent).fact(INSTALLED, Answer::Absent).is(1, Found, ""),
        value_with(Change::Delete).fact(INSTALLED, Answer::Absent).is(1, Found, ""),
        value_with(Change::Delete).fact(INSTALLED, dword(0)).is(1, Missing, "is still there"),
        value_with(Change::Unsupported).is(1, Note, ""),
        row(
            "what cannot be judged hides nothing",
            vec![ntdll(1).file(FileTest { change: Change::Unsupported, ..file(EXE, "5.0") })],
        )
        .fact(DLL, version("1.0"))
        .is(1, Missing, ""),
        row(
            "an absent file tells nothing about one that cannot be judged",
            vec![
                update(1)
                    .file(FileTest { change: Change::ReplaceIfPresent, ..file(DLL, "5.0") })
                    .file(FileTest { change: Change::Unsupported, ..file(EXE, "5.0") }),
            ],
        )
        .fact(DLL, Answer::Absent)
        .is(1, Note, ""),
    ]);
}

#[test]
fn rule_7_checksums_and_languages() {
    let rows = [
        (ChecksumMode::SameLanguage, Some(0x0409), Some(0x0409), true),
        (ChecksumMode::SameLanguage, Some(0x0809), Some(0x0409), true),
        (ChecksumMode::SameLanguage, Some(0x0407), Some(0x0409), false),
        (ChecksumMode::SameLanguage, Some(0x0416), Some(0x0816), false),
        (ChecksumMode::SameLanguage, Some(0x0404), Some(0x0804), false),
        (ChecksumMode::SameLanguage, Some(0x0007), Some(0x0407), true),
        (ChecksumMode::SameLanguage, None, Some(0x0409), false),
        (ChecksumMode::SameLanguage, Some(0x0409), None, false),
        (ChecksumMode::Always, Some(0x0407), Some(0x0409), true),
        (ChecksumMode::Always, None, None, true),
        (ChecksumMode::Never, Some(0x0409), Some(0x0409), false),
    ];
    for (mode, target, catalog, counts) in rows {
        let mut update = update(1).file(file(DLL, "5.0").sum(77));
        update.language = catalog;
        let options = JudgeOptions { checksums: mode, language: target, registry: true };
        let judge = wardline_plugin::judge::Judge::new(vec![update.clone()]);
        let case = judge.case(&[Installed::new(W2K, Some(20))], options);
        let question = if counts { Question::File(DLL.into()) } else { Question::FileVersion(DLL.into()) };
        assert_eq!(case.questions(), [question], "{mode:?} {target:?} {catalog:?}");
        let findings = case.decide(&[file_info(Some("5.0"), Some(78))], 0);
        assert_eq!(findings[0].status, if counts { Missing } else { Found }, "{mode:?} {target:?} {catalog:?}");
        let verdict = if counts { Verdict::Failed } else { Verdict::Skipped };
        assert_eq!(findings[0].tests[1].verdict, verdict);
        assert_eq!(findings[0].tests[1].subject, TestSubject::FileChecksum(0));
    }
}

#[test]
fn rule_7_registry_turned_off() {
    let registry_only = || vec![update(1).registry(value(KEY, "Installed", Some("1")))];
    let with_file = || vec![ntdll(1).registry(value(KEY, "Installed", Some("1")))];
    check(vec![
        row("on", registry_only()).fact(INSTALLED, Answer::Absent).is(1, Missing, ""),
        row("off, and nothing else", registry_only()).options(|it| it.registry = false).is(1, Note, "none counts"),
        row("off, and a file", with_file()).options(|it| it.registry = false).fact(DLL, version("5.0.2195.3649")).is(
            1,
            Found,
            "The one test matches",
        ),
    ]);
}

#[test]
fn rule_8_unknown_is_never_passed() {
    let two = || ntdll(1).file(file(EXE, "5.0")).registry(value(KEY, "Installed", Some("1")));
    let unknowns = [
        (Answer::Unreadable("the file is cut short".into()), "ntdll.dll could not be judged: the file is cut short"),
        (Answer::Denied("outside the scopes".into()), "not allowed, outside the scopes"),
        (Answer::Unsupported, "this target cannot tell"),
        (dword(1), "another question"),
    ];
    for (unknown, reason) in unknowns {
        let row = |what| {
            row(what, vec![two()]).fact(DLL, unknown.clone()).fact(EXE, version("5.0")).fact(INSTALLED, dword(1))
        };
        check(vec![
            row("all else matches").is(1, UnableToScan, reason),
            row("another file is newer").fact(EXE, version("6.0")).is(1, UnableToScan, reason),
            row("another test fails").fact(EXE, version("4.0")).is(1, Missing, "smss.exe"),
        ]);
    }
    check(vec![
        row("a value that cannot be read", vec![two()])
            .fact(DLL, version("5.0.2195.3649"))
            .fact(EXE, version("5.0"))
            .fact(INSTALLED, Answer::Unreadable("the hive is damaged".into()))
            .is(1, UnableToScan, r"Hotfix\Q296441\Installed could not be judged: the hive is damaged"),
        row("a variable that nobody knows", vec![update(1).file(file(r"%EXCHSRVR%\bin\store.exe", "5.5"))])
            .fact(r"%EXCHSRVR%\bin\store.exe", Answer::Unsupported)
            .is(1, UnableToScan, r"%EXCHSRVR%\bin\store.exe could not be judged"),
        row("a checksum that the host did not tell", vec![update(1).file(file(DLL, "5.0").sum(7))])
            .fact(DLL, file_info(Some("5.0"), None))
            .is(1, UnableToScan, "The checksum of ntdll.dll was not told"),
        row(
            "a file to be deleted that cannot be looked for",
            vec![update(1).file(FileTest { change: Change::Delete, ..file(DLL, "5.0") })],
        )
        .fact(DLL, Answer::Unsupported)
        .is(1, UnableToScan, ""),
    ]);
    let judge = wardline_plugin::judge::Judge::new(vec![two()]);
    let case = judge.case(&[Installed::new(W2K, Some(20))], JudgeOptions::default());
    assert_eq!(case.decide(&[], 0)[0].status, UnableToScan, "no answers at all");
}

const WAITING: &str = r"%windir%\system32\SET1A.tmp";
const FROM: &str = r"\??\C:\WINNT\system32\SET1A.tmp";
const OVER_DLL: &str = r"!\??\C:\WINNT\system32\NTDLL.DLL";

#[test]
fn rule_9_files_that_wait_for_a_restart() {
    let old = || version("5.0.2195.1");
    let new = || version("5.0.2195.3649");
    let waits = |what| row(what, vec![ntdll(1)]).fact(DLL, old()).waits(FROM, OVER_DLL);
    let recorded = || ntdll(1).registry(value(KEY, "Installed", Some("1")));
    let alternates = FileTest { alternates: vec![parse("5.0.2195.3000")], ..file(DLL, "5.0.2195.3649") };
    let deleted = || update(1).file(FileTest { change: Change::Delete, ..file(DLL, "5.0") });
    let if_present = || FileTest { change: Change::ReplaceIfPresent, ..file(DLL, "5.0.2195.3649") };
    let added = FileTest { change: Change::Add, version: None, ..file(DLL, "5.0") };
    const LONG: &str = r"%windir%\longfolder\a.dll";
    check(vec![
        waits("as the update brings it").fact(WAITING, new()).is(
            1,
            PendingRestart,
            r#"The next restart puts ntdll.dll 5.0.2195.3649 in place, which waits as "C:\WINNT\system32\SET1A.tmp""#,
        ),
        waits("newer still").fact(WAITING, version("5.0.2195.5000")).is(1, PendingRestart, "ntdll.dll 5.0.2195.5000"),
        waits("older").fact(WAITING, version("5.0.2195.3648")).is(
            1,
            Missing,
            r#"older than 5.0.2195.3649; "C:\WINNT\system32\SET1A.tmp", which waits for a restart to take its place, is 5.0.2195.3648"#,
        ),
        waits("without a version").fact(WAITING, file_info(None, None)).is(1, Missing, "bears no version"),
        waits("gone itself").fact(WAITING, Answer::Absent).is(1, Missing, "ntdll.dll is 5.0.2195.1, older"),
        waits("not to be read").fact(WAITING, Answer::Unreadable("cut short".into())).is(1, Missing, "cut short"),
        waits("not allowed").fact(WAITING, Answer::Denied("scope".into())).is(1, Missing, "not allowed, scope"),
        row("the file is not there yet", vec![ntdll(1)])
            .fact(DLL, Answer::Absent)
            .fact(WAITING, new())
            .waits(FROM, OVER_DLL)
            .is(1, PendingRestart, ""),
        row("and nothing may be replaced", vec![ntdll(1)])
            .fact(DLL, Answer::Absent)
            .fact(WAITING, new())
            .waits(FROM, r"\??\C:\WINNT\system32\ntdll.dll")
            .is(1, PendingRestart, ""),
        row("what may not replace does not", vec![ntdll(1)])
            .fact(DLL, old())
            .fact(WAITING, new())
            .waits(FROM, r"\??\C:\WINNT\system32\ntdll.dll")
            .is(1, Missing, ""),
        row("the older one is put in place last", vec![ntdll(1)])
            .fact(DLL, old())
            .fact(WAITING, new())
            .fact(r"%windir%\Temp\old.dll", old())
            .waits(FROM, OVER_DLL)
            .waits(r"\??\C:\WINNT\Temp\old.dll", OVER_DLL)
            .is(1, Missing, "old.dll"),
        row("another file waits", vec![ntdll(1)])
            .fact(DLL, old())
            .fact(WAITING, new())
            .waits(FROM, r"!\??\C:\WINNT\system32\dllcache\ntdll.dll")
            .is(1, Missing, ""),
        row("it waits for a file that is as it should be", vec![ntdll(1)])
            .fact(DLL, new())
            .fact(WAITING, new())
            .waits(FROM, OVER_DLL)
            .is(1, Found, ""),
        row("an older file is put back", vec![ntdll(1)])
            .fact(DLL, new())
            .fact(WAITING, old())
            .waits(FROM, OVER_DLL)
            .is(1, Warning, "The next restart puts an older ntdll.dll in place, 5.0.2195.1, which waits as"),
        row("one that may not replace is not", vec![ntdll(1)])
            .fact(DLL, new())
            .fact(WAITING, old())
            .waits(FROM, r"\??\C:\WINNT\system32\ntdll.dll")
            .is(1, Found, ""),
        row("the file is deleted", vec![ntdll(1)])
            .fact(DLL, new())
            .waits(r"\??\C:\WINNT\system32\ntdll.dll", "")
            .is(1, Warning, "the next restart deletes ntdll.dll"),
        row("what is put in its place cannot be read", vec![ntdll(1)])
            .fact(DLL, new())
            .fact(WAITING, Answer::Unreadable("cut short".into()))
            .waits(FROM, OVER_DLL)
            .is(1, UnableToScan, "what the next restart does to it cannot be told"),
        row("what is put in its place is gone", vec![ntdll(1)])
            .fact(DLL, new())
            .fact(WAITING, Answer::Absent)
            .waits(FROM, OVER_DLL)
            .is(1, Found, ""),
        row("the file is renamed away, if nothing has the new name", vec![ntdll(1)])
            .fact(DLL, new())
            .waits(r"\??\C:\WINNT\system32\ntdll.dll", r"\??\C:\WINNT\system32\ntdll.bak")
            .is(1, UnableToScan, "it becomes"),
        row("the file is renamed away over another", vec![ntdll(1)])
            .fact(DLL, new())
            .waits(r"\??\C:\WINNT\system32\ntdll.dll", r"!\??\C:\WINNT\system32\ntdll.bak")
            .is(1, Warning, "the next restart deletes ntdll.dll"),
        row("a chain whose first step may fail", vec![ntdll(1)])
            .fact(DLL, new())
            .fact(r"%windir%\system32\old.tmp", old())
            .waits(r"\??\C:\WINNT\system32\old.tmp", r"\??\C:\WINNT\system32\SET1A.tmp")
            .waits(FROM, OVER_DLL)
            .is(1, UnableToScan, r"C:\WINNT\system32\SET1A.tmp may be put in its place"),
        row("deleted, and what replaces it is gone", vec![ntdll(1)])
            .fact(DLL, new())
            .fact(WAITING, Answer::Absent)
            .waits(r"\??\C:\WINNT\system32\ntdll.dll", "")
            .waits(FROM, OVER_DLL)
            .is(1, UnableToScan, "is not there, but other operations change the file too"),
        row("deleted by the kernel's name of Windows' folder", vec![ntdll(1)])
            .fact(DLL, new())
            .waits(r"\SystemRoot\system32\ntdll.dll", "")
            .is(1, Warning, "the next restart deletes ntdll.dll"),
        row("an older one is put back by that name", vec![ntdll(1)])
            .fact(DLL, new())
            .fact(WAITING, old())
            .waits(r"\SystemRoot\system32\SET1A.tmp", r"!\SystemRoot\system32\ntdll.dll")
            .is(1, Warning, "The next restart puts an older ntdll.dll in place"),
        row("the update's own comes by that name", vec![ntdll(1)])
            .fact(DLL, old())
            .fact(WAITING, new())
            .waits(r"\SystemRoot\system32\SET1A.tmp", r"!\SystemRoot\system32\ntdll.dll")
            .is(1, PendingRestart, ""),
        row("its folder is renamed", vec![ntdll(1)])
            .fact(DLL, new())
            .waits(r"\??\C:\WINNT\system32", r"\??\C:\WINNT\system32.old")
            .is(1, UnableToScan, "its folder"),
        row("the new one comes, and its folder is renamed", vec![ntdll(1)])
            .fact(DLL, old())
            .fact(WAITING, new())
            .waits(FROM, OVER_DLL)
            .waits(r"\??\C:\WINNT\system32", r"\??\C:\WINNT\system32.old")
            .is(1, Missing, "its folder"),
        row("what must be absent comes back", vec![deleted()])
            .fact(DLL, Answer::Absent)
            .fact(WAITING, old())
            .waits(FROM, r"\??\C:\WINNT\system32\ntdll.dll")
            .is(1, Warning, "brings ntdll.dll back"),
        row("what must be absent is deleted once more", vec![deleted()])
            .fact(DLL, Answer::Absent)
            .waits(r"\??\C:\WINNT\system32\ntdll.dll", "")
            .is(1, Found, ""),
        row("an older one comes where none need be", vec![update(1).file(if_present())])
            .fact(DLL, Answer::Absent)
            .fact(WAITING, old())
            .waits(FROM, OVER_DLL)
            .is(1, Warning, "puts an older ntdll.dll in place"),
        row("one as new comes where none need be", vec![update(1).file(if_present())])
            .fact(DLL, Answer::Absent)
            .fact(WAITING, new())
            .waits(FROM, OVER_DLL)
            .is(1, Found, ""),
        row("a short name is deleted that may be its folder's", vec![update(1).file(file(LONG, "5.0"))])
            .fact(LONG, version("5.0"))
            .waits(r"\??\C:\WINNT\LONGFO~1\a.dll", "")
            .is(1, UnableToScan, r"C:\WINNT\LONGFO~1\a.dll may be this file"),
        row("a short name that cannot be", vec![update(1).file(file(LONG, "5.0"))])
            .fact(LONG, version("5.0"))
            .waits(r"\??\C:\WINNT\OTHERF~1\a.dll", "")
            .waits(r"\??\C:\DOCUME~1\ADMINI~1\LOCALS~1\Temp\a.dll", "")
            .is(1, Found, ""),
        row("a short name does not excuse an older file", vec![update(1).file(file(LONG, "5.0"))])
            .fact(LONG, version("4.0"))
            .waits(r"\??\C:\WINNT\LONGFO~1\a.dll", "")
            .is(1, Missing, ""),
        row("the file is deleted on a volume that is not told", vec![ntdll(1)])
            .fact(DLL, new())
            .waits(r"\Device\HarddiskVolume1\WINNT\system32\ntdll.dll", "")
            .is(1, UnableToScan, "may be this file"),
        row("a file that is only added is deleted again", vec![update(1).file(added)])
            .fact(DLL, new())
            .waits(r"\??\C:\WINNT\system32\ntdll.dll", "")
            .is(1, Warning, "the next restart deletes ntdll.dll"),
        row("one file comes, another is put back", vec![ntdll(1).file(file(EXE, "5.0"))])
            .fact(DLL, old())
            .fact(EXE, version("5.0"))
            .fact(WAITING, new())
            .fact(r"%windir%\system32\SET2.tmp", version("4.0"))
            .waits(FROM, OVER_DLL)
            .waits(r"\??\C:\WINNT\system32\SET2.tmp", r"!\??\C:\WINNT\system32\smss.exe")
            .is(1, Missing, "ntdll.dll is 5.0.2195.1, older"),
        row("an alternate", vec![update(1).file(alternates)])
            .fact(DLL, old())
            .fact(WAITING, version("5.0.2195.3000"))
            .waits(FROM, OVER_DLL)
            .is(1, PendingRestart, ""),
        row("a checksum does not count before the restart", vec![update(1).file(file(DLL, "5.0.2195.3649").sum(77))])
            .fact(DLL, file_info(Some("5.0.2195.1"), Some(1)))
            .fact(WAITING, new())
            .waits(FROM, OVER_DLL)
            .is(1, PendingRestart, ""),
        row("a checksum that differs is no older file", vec![update(1).file(file(DLL, "5.0.2195.3649").sum(77))])
            .fact(DLL, file_info(Some("5.0.2195.3649"), Some(1)))
            .fact(WAITING, new())
            .waits(FROM, OVER_DLL)
            .is(1, Missing, "checksum"),
        row("a file that waits for its deletion", vec![deleted()]).fact(DLL, version("5.0")).waits(OVER_DLL, "").is(
            1,
            Missing,
            "",
        ),
        row("a file that waits for its deletion, named rightly", vec![deleted()])
            .fact(DLL, version("5.0"))
            .waits(r"\??\C:\WINNT\system32\ntdll.dll", "")
            .is(1, PendingRestart, "The next restart deletes ntdll.dll"),
        row("deleted where it is wanted", vec![ntdll(1)])
            .fact(DLL, old())
            .waits(r"\??\C:\WINNT\system32\ntdll.dll", "")
            .is(1, Missing, ""),
        row("it is recorded already", vec![recorded()])
            .fact(DLL, old())
            .fact(INSTALLED, dword(1))
            .fact(WAITING, new())
            .waits(FROM, OVER_DLL)
            .is(1, PendingRestart, ""),
        row("its record is missing", vec![recorded()])
            .fact(DLL, old())
            .fact(INSTALLED, Answer::Absent)
            .fact(WAITING, new())
            .waits(FROM, OVER_DLL)
            .is(1, Missing, "Installed is not there"),
        row("another file fails", vec![ntdll(1).file(file(EXE, "5.0"))])
            .fact(DLL, old())
            .fact(EXE, version("4.0"))
            .fact(WAITING, new())
            .waits(FROM, OVER_DLL)
            .is(1, Missing, "one more test fails"),
        row("another file cannot be read", vec![ntdll(1).file(file(EXE, "5.0"))])
            .fact(DLL, old())
            .fact(WAITING, new())
            .waits(FROM, OVER_DLL)
            .is(1, UnableToScan, "smss.exe"),
        row("two files wait", vec![ntdll(1).file(file(EXE, "5.0"))])
            .fact(DLL, old())
            .fact(EXE, version("4.0"))
            .fact(WAITING, new())
            .fact(r"%windir%\system32\SET2.tmp", version("5.0"))
            .waits(FROM, OVER_DLL)
            .waits(r"\??\C:\WINNT\system32\SET2.tmp", r"!\??\C:\WINNT\system32\smss.exe")
            .is(1, PendingRestart, "; one more file waits"),
    ]);
}

#[test]
fn rule_9_folders_of_programs() {
    const PROGRAM: &str = r"%ProgramFiles%\Product\a.dll";
    const FOLDER: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\ProgramFilesDir";
    let row = |what, folder: Answer| {
        row(what, vec![update(1).file(file(PROGRAM, "2.0"))])
            .fact(PROGRAM, version("1.0"))
            .fact(FOLDER, folder)
            .fact(r"%ProgramFiles%\Product\new.tmp", version("2.0"))
            .waits(r"\??\D:\Programs\Product\new.tmp", r"!\??\D:\Programs\Product\a.dll")
    };
    check(vec![
        row("the folder is this one", text(r"D:\programs\")).is(1, PendingRestart, "a.dll 2.0"),
        row("the folder is another one", text(r"C:\Program Files")).is(1, Missing, ""),
        row("the folder is not known", Answer::Absent).is(1, Missing, ""),
        row("the folder cannot be read", Answer::Unreadable("damaged".into())).is(1, Missing, ""),
        row("an older file is put in place, perhaps", Answer::Unreadable("damaged".into()))
            .fact(PROGRAM, version("2.0"))
            .is(1, UnableToScan, "damaged"),
        row("an older file is put in place elsewhere", text(r"C:\Program Files"))
            .fact(PROGRAM, version("2.0"))
            .is(1, Found, ""),
    ]);
}

#[test]
fn rule_10_recorded_without_being_in_force() {
    let recorded = || ntdll(1).registry(value(KEY, "Installed", Some("1")));
    let row = |what| row(what, vec![recorded()]).fact(INSTALLED, dword(1));
    check(vec![
        row("the file is older").fact(DLL, version("5.0.2195.1")).is(
            1,
            Missing,
            "Recorded as installed, but ntdll.dll is 5.0.2195.1, older than 5.0.2195.3649: install it again",
        ),
        row("the file is gone").fact(DLL, Answer::Absent).is(
            1,
            Missing,
            "Recorded as installed, but ntdll.dll is not there: install it again",
        ),
        row("not recorded either").fact(DLL, version("5.0.2195.1")).fact(INSTALLED, Answer::Absent).is(
            1,
            Missing,
            "Installed is not there; one more test fails",
        ),
        row("the file is right").fact(DLL, version("5.0.2195.3649")).is(1, Found, ""),
        row("the registry does not count").options(|it| it.registry = false).fact(DLL, version("5.0.2195.1")).is(
            1,
            Missing,
            "ntdll.dll is 5.0.2195.1, older than 5.0.2195.3649",
        ),
    ]);
    let deleted = RegistryTest { change: Change::Delete, ..value(KEY, "Installed", None) };
    let findings = judge(
        &[ntdll(1).registry(deleted)],
        &[Installed::new(W2K, Some(20))],
        JudgeOptions::default(),
        &[(INSTALLED, Answer::Absent), (DLL, version("5.0.2195.1"))],
    );
    assert_eq!(
        findings[0].reason, "ntdll.dll is 5.0.2195.1, older than 5.0.2195.3649",
        "a value taken away is no record"
    );
}

#[test]
fn builds_of_cumulative_updates() {
    let cumulative = || update(1).fixed_in_build("10.0.19045.4170");
    let build = |version: &str| Installed::new(W2K, Some(0)).with_build(version, Some(3));
    check(vec![
        row("at the build", vec![cumulative()]).on(build("10.0.19045.4170")).is(1, Found, ""),
        row("above", vec![cumulative()]).on(build("10.0.19045.70000")).is(1, Found, ""),
        row("below", vec![cumulative()]).on(build("10.0.19045.999")).is(
            1,
            Missing,
            "The product's build is 10.0.19045.999, older than 10.0.19045.4170",
        ),
        row("unknown", vec![cumulative()]).on(Installed::new(W2K, Some(0))).is(1, UnableToScan, "build is not known"),
        row("no version", vec![cumulative()]).on(build("newest")).is(1, UnableToScan, "newest"),
        row("the catalog's is no version", vec![update(1).fixed_in_build("n/a")]).on(build("10.0")).is(
            1,
            UnableToScan,
            "n/a",
        ),
        row(
            "superseded by the next month's",
            vec![cumulative().superseded_by("2024-04", &[2]), update(2).fixed_in_build("10.0.19045.4291")],
        )
        .on(build("10.0.19045.999"))
        .is(1, Superseded, "")
        .is(2, Missing, ""),
    ]);
    let findings = judge(&[cumulative()], &[build("10.0.19045.1")], JudgeOptions::default(), &[]);
    let expected = TestResult { subject: TestSubject::Build(0), verdict: Verdict::Failed, evidence: Some(3) };
    assert_eq!(findings[0].tests, [expected]);
}

#[test]
fn questions_are_asked_once_and_only_where_needed() {
    let judge = wardline_plugin::judge::Judge::new(vec![
        ntdll(1).superseded_by("MS02-002", &[2]),
        update(2).file(file(EXE, "5.0")).registry(value(KEY, "Installed", Some("1"))),
        update(3).file(file(&EXE.to_uppercase(), "5.1").sum(4)).registry(value(&KEY.to_lowercase(), "INSTALLED", None)),
        update(4).only_for(W2K, &[10], Some(20)).file(file(r"C:\included.dll", "1.0")),
        update(5).only_for(W2K, &[30], None).file(file(r"C:\elsewhere.dll", "1.0")),
        update(6).file(bare(r"C:\tells-nothing.dll", Change::ReplaceIfPresent)),
    ]);
    let twice = [Installed::new(W2K, Some(20)), Installed::new(W2K.to_uppercase(), Some(20))];
    let options = JudgeOptions { language: Some(0x0409), ..JudgeOptions::default() };
    let case = judge.case(&twice, options);
    let questions: Vec<String> = case.questions().iter().map(name_of).collect();
    assert_eq!(questions.len(), 2, "{questions:?}");
    assert!(matches!(&case.questions()[0], Question::File(path) if path.eq_ignore_ascii_case(EXE)));
    assert!(matches!(&case.questions()[1], Question::RegistryValue(value) if value.key.eq_ignore_ascii_case(KEY)));

    let findings = case.decide(&[file_info(Some("5.1"), Some(4)), dword(1)], 10);
    let numbers: Vec<u32> = findings.iter().map(|finding| finding.update).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 6], "each once");
    let evidence: Vec<_> = findings[2].tests.iter().map(|test| test.evidence).collect();
    assert_eq!(evidence, [Some(11), Some(10), Some(10)]);
    assert_eq!(findings[4].tests[0].verdict, Verdict::Skipped);
    assert_eq!(findings[4].tests[0].evidence, None);

    let silent = judge.case(&twice, JudgeOptions { checksums: ChecksumMode::Never, registry: false, language: None });
    assert!(matches!(silent.questions(), [Question::FileVersion(_)]), "{:?}", silent.questions());
}

#[test]
fn instances_are_judged_by_their_own_files() {
    let path = r"%Mssql7%\binn\sqlservr.exe";
    let updates = [update(1).file(file(path, "7.0.996")).file(file(r"%mssql7%2\x.dll", "1.0")).file(file(DLL, "5.0"))];
    let instance =
        |name: &str, folder: &str| Installed::new(W2K, Some(20)).with_subject(name).with_path("%MSSQL7%", folder);
    let facts = [
        (r"D:\MSSQL7\binn\sqlservr.exe", version("7.0.996")),
        (r"E:\Second\binn\sqlservr.exe", version("7.0.961")),
        (r"%mssql7%2\x.dll", version("1.0")),
        (DLL, version("5.0")),
    ];
    let installed =
        [instance("A", r"D:\MSSQL7"), instance("B", r"E:\Second\"), instance("C", r"d:\mssql7\"), instance("D", r"F:")];
    let findings = judge(&updates, &installed, JudgeOptions::default(), &facts);
    let found: Vec<_> = findings.iter().map(|it| (it.subject.as_deref().unwrap_or_default(), it.status)).collect();
    assert_eq!(found, [("A", Found), ("B", Missing), ("C", Found), ("D", UnableToScan)]);

    let unknown = Installed::new(W2K, Some(20)).with_unknown_path("%mssql7%");
    let findings = judge(&updates, std::slice::from_ref(&unknown), JudgeOptions::default(), &facts);
    assert_eq!((findings[0].status, findings[0].tests[0].evidence), (UnableToScan, None));

    let judge = wardline_plugin::judge::Judge::new(updates.to_vec());
    assert_eq!(judge.case(&[unknown], JudgeOptions::default()).questions().len(), 2, "where it lies is not known");
    let case = judge.case(&installed[..3], JudgeOptions::default());
    assert_eq!(case.questions().len(), 4, "one folder is asked about once: {:?}", case.questions());
}

#[test]
fn updates_are_found_by_number() {
    let judge = wardline_plugin::judge::Judge::new(vec![ntdll(7), update(3), update(7)]);
    assert_eq!(judge.updates().len(), 2, "the second update 7 is left out");
    assert_eq!(judge.update(7), Some(&ntdll(7)));
    assert_eq!(judge.update(4), None);
}

#[test]
fn a_catalog_may_be_one_long_circle_or_chain() {
    const UPDATES: u32 = 20_000;
    let chain = || (0..UPDATES).map(|number| ntdll(number).superseded_by("MS02-000", &[number + 1]));
    let statuses = |updates: Vec<Update>| {
        let findings = judge(&updates, &[Installed::new(W2K, Some(20))], JudgeOptions::default(), &[]);
        findings.into_iter().map(|finding| finding.status).collect::<Vec<_>>()
    };
    let ended = statuses(chain().collect());
    assert_eq!(ended.iter().filter(|status| **status == UnableToScan).count(), 1, "the last one is judged");
    let circle = statuses(chain().chain([ntdll(UPDATES).superseded_by("MS02-000", &[0])]).collect());
    assert!(circle.iter().all(|status| *status == UnableToScan), "all are judged");
}
