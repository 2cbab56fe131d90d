//! Properties of the judge for any catalog and any target.

mod judging;

use std::collections::{BTreeMap, BTreeSet};

use judging::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use wardline_plugin::contract::exports::wardline::check::types::*;
use wardline_plugin::judge::{Installed, Judge, JudgeOptions, PendingRenames};
use wardline_plugin::version::{compare_dotted, parse as parse_version, show};

/// Few values of each, so that updates share products, files and values, and supersede each other.
const PRODUCTS: [&str; 3] = [W2K, "internet information services 5.0", "Internet Information Services 5.0"];
const PATHS: [&str; 4] = [r"%windir%\a.dll", r"%WINDIR%\A.dll", r"%mssql7%\b.exe", ""];
const VERSIONS: [&str; 3] = ["1.0", "2.0", "3.0"];
const LEVELS: [u32; 3] = [0, 20, 30];
const MAX_UPDATES: u32 = 7;

fn changes() -> impl Strategy<Value = Change> {
    select(vec![Change::Add, Change::Replace, Change::ReplaceIfPresent, Change::Delete, Change::Unsupported])
}

fn versions() -> impl Strategy<Value = FileVersion> {
    select(VERSIONS.to_vec()).prop_map(parse)
}

fn file_tests() -> impl Strategy<Value = FileTest> {
    (select(PATHS.to_vec()), changes(), option::of(versions()), vec(versions(), 0..2), option::of(0..2u32)).prop_map(
        |(path, change, version, alternates, checksum)| FileTest {
            path: path.into(),
            change,
            version,
            alternates,
            checksum,
            size: None,
        },
    )
}

fn registry_tests() -> impl Strategy<Value = RegistryTest> {
    (changes(), option::of("[01a]{0,2}|0x1|2,0"), select(vec![Comparison::Equal, Comparison::AtLeast])).prop_map(
        |(change, expected, comparison)| RegistryTest {
            key: r"HKLM\SOFTWARE\Fix".into(),
            name: "Installed".into(),
            change,
            expected,
            comparison,
        },
    )
}

fn rows() -> impl Strategy<Value = Applicability> {
    let build = option::weighted(0.2, select(vec!["10.0.1", "10.0.2", "n/a"]));
    (select(PRODUCTS.to_vec()), vec(select(LEVELS.to_vec()), 0..3), option::of(select(LEVELS.to_vec())), build)
        .prop_map(|(product, levels, included_in, build)| Applicability {
            fixed_build: build.map(str::to_owned),
            ..applicability(product, &levels, included_in)
        })
}

fn supersedings() -> impl Strategy<Value = Superseding> {
    let numbers = vec(0..MAX_UPDATES + 1, 0..3);
    (0..MAX_UPDATES + 1, numbers, prop::bool::weighted(0.8)).prop_map(|(bulletin, updates, names_update)| Superseding {
        bulletin: format!("MS02-{bulletin:03}"),
        updates: if names_update { updates } else { Vec::new() },
        names_update,
    })
}

fn catalogs() -> impl Strategy<Value = Vec<Update>> {
    let parts = (
        vec(rows(), 0..3),
        vec(file_tests(), 0..3),
        vec(registry_tests(), 0..2),
        vec(supersedings(), 0..2),
        option::of(select(vec![0x0409, 0x0407])),
    );
    vec(parts, 0..MAX_UPDATES as usize).prop_map(|all| {
        (0..)
            .zip(all)
            .map(|(number, (applies_to, files, registry, superseded_by, language))| Update {
                applies_to,
                files,
                registry,
                superseded_by,
                language,
                ..update(number)
            })
            .collect()
    })
}

fn installations() -> impl Strategy<Value = Vec<Installed>> {
    let build = option::of(select(vec!["10.0.1", "10.0.2", "?"]));
    let one = (select(PRODUCTS.to_vec()), option::of(select(vec![0, 10, 20, 30, 41])), build, any::<bool>());
    vec(one, 0..4).prop_map(|all| {
        all.into_iter()
            .map(|(product, level, build, named)| {
                let mut installed = Installed::new(product, level);
                if let Some(build) = build {
                    installed = installed.with_build(build, None);
                }
                if named { installed.with_subject("A").with_path("%mssql7%", r"D:\SQL") } else { installed }
            })
            .collect()
    })
}

fn judge_options() -> impl Strategy<Value = JudgeOptions> {
    let modes = vec![ChecksumMode::SameLanguage, ChecksumMode::Always, ChecksumMode::Never];
    (select(modes), option::of(select(vec![0x0409, 0x0407])), any::<bool>())
        .prop_map(|(checksums, language, registry)| JudgeOptions { checksums, language, registry })
}

fn answers() -> impl Strategy<Value = Answer> {
    let data = prop_oneof![
        "[01a]{0,2}".prop_map(RegistryData::Text),
        (0..3u32).prop_map(RegistryData::Dword),
        vec(any::<u8>(), 0..10).prop_map(RegistryData::Binary),
        vec("[01]", 0..3).prop_map(RegistryData::MultiText),
        Just(RegistryData::None),
    ];
    prop_oneof![
        3 => (option::of(versions()), option::of(0..2u32))
            .prop_map(|(version, sum)| file_info(version.as_ref().map(show).as_deref(), sum)),
        2 => data.prop_map(registry),
        2 => Just(Answer::Absent),
        1 => Just(Answer::Unreadable("damaged".into())),
        1 => Just(Answer::Denied("scope".into())),
        1 => Just(Answer::Unsupported),
    ]
}

/// The answers of a target, assigned to questions by place, cyclically.
fn evidence() -> impl Strategy<Value = Vec<Answer>> {
    vec(answers(), 1..12)
}

/// Answers each question according to its subject, so that the order of questions does not matter.
fn answer_all(questions: &[Question], evidence: &[Answer]) -> Vec<Answer> {
    let place = |question: &Question| name_of(question).to_ascii_lowercase().bytes().map(usize::from).sum::<usize>();
    questions.iter().map(|question| evidence[place(question) % evidence.len()].clone()).collect()
}

/// The operations that wait for a restart, mostly on files of the catalogs.
fn operations() -> impl Strategy<Value = Vec<String>> {
    let texts = vec![
        r"\??\C:\WINNT\a.dll",
        r"!\??\C:\WINNT\a.dll",
        r"!\??\D:\SQL\b.exe",
        r"\??\C:\WINNT\SET1.tmp",
        r"\??\D:\new",
        "",
    ];
    vec(select(texts).prop_map(str::to_owned), 0..6)
}

type Key = (u32, String, Option<String>);

fn by_key(findings: &[UpdateFinding]) -> BTreeMap<Key, UpdateFinding> {
    let key = |it: &UpdateFinding| (it.update, it.product.to_ascii_lowercase(), it.subject.clone());
    findings.iter().map(|finding| (key(finding), finding.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_unknown_is_never_installed(
        updates in catalogs(), installed in installations(), options in judge_options(), evidence in evidence(), cut in 0..9usize,
    ) {
        let judge = Judge::new(updates);
        let case = judge.case(&installed, options);
        let mut answers = answer_all(case.questions(), &evidence);
        answers.truncate(cut);
        for finding in case.decide(&answers, 0) {
            let known = |test: &TestResult| {
                let answer = test.evidence.map(|number| answers.get(number as usize));
                matches!(answer, None | Some(Some(Answer::Known(_) | Answer::Absent)))
            };
            if finding.status == UpdateStatus::Installed {
                prop_assert!(finding.tests.iter().all(known), "{finding:?}");
                prop_assert!(finding.tests.iter().any(|test| test.verdict == Verdict::Passed), "{finding:?}");
            }
            for test in finding.tests.iter().filter(|test| !known(test)) {
                prop_assert!(matches!(test.verdict, Verdict::Unknown | Verdict::Skipped), "{finding:?}");
            }
            let worst = |verdict| finding.tests.iter().any(|test| test.verdict == verdict);
            prop_assert_eq!(finding.status == UpdateStatus::Missing, worst(Verdict::Failed), "{:?}", finding);
            prop_assert!(!worst(Verdict::Unknown) || matches!(finding.status, UpdateStatus::Missing | UpdateStatus::UnableToScan));
        }
    }

    #[test]
    fn a_restart_only_ever_explains_what_fails(
        updates in catalogs(), installed in installations(), options in judge_options(), evidence in evidence(),
        operations in operations(), waiting in evidence(),
    ) {
        let judge = Judge::new(updates);
        let case = judge.case(&installed, options);
        let answers = answer_all(case.questions(), &evidence);
        let before = case.decide(&answers, 0);
        let restart = case.restart(&PendingRenames::new(&operations), Some(r"C:\WINNT"));
        let after = case.decide_after(&answers, 0, &restart.settle(&answer_all(restart.questions(), &waiting)));
        prop_assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            prop_assert_eq!(&before.tests, &after.tests);
            let may_become: &[UpdateStatus] = match before.status {
                UpdateStatus::Missing => &[UpdateStatus::PendingRestart, UpdateStatus::UnableToScan],
                UpdateStatus::Installed | UpdateStatus::Note => &[UpdateStatus::Warning, UpdateStatus::UnableToScan],
                // The waiting files may not be readable.
                UpdateStatus::Warning => &[UpdateStatus::UnableToScan],
                _ => &[],
            };
            let explained = before.status == after.status || may_become.contains(&after.status);
            prop_assert!(explained, "{before:?} {after:?}");
        }
        // Missing knowledge about the waiting files improves nothing.
        let unknown = case.decide_after(&answers, 0, &restart.settle(&[]));
        for (before, unknown) in before.iter().zip(&unknown) {
            let deletes = unknown.reason.contains("next restart deletes");
            let same = before.status == unknown.status || unknown.status == UpdateStatus::UnableToScan;
            prop_assert!(same || deletes, "{before:?} {unknown:?}");
        }
    }

    #[test]
    fn operations_of_any_kind_are_followed_or_left(operations in vec("(\\*[0-9])?!?(\\\\\\?\\?\\\\)?[abC:%\\\\ ]{0,6}", 0..40)) {
        let pending = PendingRenames::new(&operations);
        let judge = Judge::new(vec![update(1).file(file(r"%windir%\a", "1.0")).file(file(r"%ProgramFiles%\b", "1.0"))]);
        let case = judge.case(&[Installed::new(W2K, Some(20))], JudgeOptions::default());
        for windows in [None, Some(""), Some("C:"), Some(r"a\b"), Some("ü")] {
            let restart = case.restart(&pending, windows);
            prop_assert!(restart.questions().len() <= 2 * operations.len() + 4);
        }
    }

    #[test]
    fn evidence_taken_away_never_improves_or_accuses(
        updates in catalogs(), installed in installations(), options in judge_options(), evidence in evidence(), taken in any::<prop::sample::Index>(),
    ) {
        let judge = Judge::new(updates);
        let case = judge.case(&installed, options);
        let mut answers = answer_all(case.questions(), &evidence);
        let before = case.decide(&answers, 0);
        if !answers.is_empty() {
            let taken = taken.index(answers.len());
            answers[taken] = Answer::Unreadable("damaged".into());
        }
        for (before, after) in before.iter().zip(case.decide(&answers, 0)) {
            let same = before.status == after.status;
            prop_assert!(same || after.status == UpdateStatus::UnableToScan, "{before:?} {after:?}");
        }
    }

    #[test]
    fn each_update_is_found_once_for_a_product_and_subject(
        updates in catalogs(), installed in installations(), options in judge_options(), evidence in evidence(), first in any::<u32>(),
    ) {
        let judge = Judge::new(updates.clone());
        let case = judge.case(&installed, options);
        let asked: BTreeSet<String> = case.questions().iter().map(|it| name_of(it).to_ascii_lowercase()).collect();
        prop_assert_eq!(asked.len(), case.questions().len());
        let findings = case.decide(&answer_all(case.questions(), &evidence), first);
        prop_assert_eq!(by_key(&findings).len(), findings.len());

        // Every update that names the product and its service pack is included.
        let found = by_key(&findings);
        for product in &installed {
            let Some(level) = product.service_pack else { continue };
            let earlier = installed.iter().find(|it| it.product.eq_ignore_ascii_case(&product.product) && it.subject == product.subject);
            if earlier != Some(product) {
                continue;
            }
            for update in &updates {
                let named = update.applies_to.iter().any(|row| {
                    row.product.name.eq_ignore_ascii_case(&product.product)
                        && (row.service_packs.is_empty() || row.service_packs.iter().any(|pack| pack.level == level))
                });
                let key = (update.number, product.product.to_ascii_lowercase(), product.subject.clone());
                prop_assert!(!named || found.contains_key(&key), "{key:?}");
            }
        }
    }

    #[test]
    fn something_is_always_judged_where_updates_supersede_each_other(updates in catalogs(), installed in installations()) {
        let judge = Judge::new(updates.clone());
        let findings = by_key(&judge.case(&installed, JudgeOptions::default()).decide(&[], 0));
        for (key, finding) in &findings {
            if finding.status != UpdateStatus::Superseded {
                prop_assert_eq!(&finding.superseded_by, &None);
                continue;
            }
            // Follow the superseding updates: the chain ends at an update that is not superseded, or at a bulletin as a
            // whole.
            let mut seen = BTreeSet::new();
            let mut open = vec![key.clone()];
            let mut ends = false;
            while let Some(at) = open.pop() {
                if !seen.insert(at.clone()) {
                    continue;
                }
                let update = judge.update(at.0).unwrap();
                for entry in &update.superseded_by {
                    ends |= !entry.names_update;
                    for number in &entry.updates {
                        let newer = (*number, at.1.clone(), at.2.clone());
                        match findings.get(&newer) {
                            Some(newer) if newer.status != UpdateStatus::Superseded => ends = true,
                            Some(_) => open.push(newer),
                            None => {}
                        }
                    }
                }
            }
            prop_assert!(ends, "{finding:?}");
        }
    }

    #[test]
    fn the_order_of_the_catalog_does_not_matter(
        (updates, shuffled) in catalogs().prop_flat_map(|updates| (Just(updates.clone()), Just(updates).prop_shuffle())),
        installed in installations(), options in judge_options(), evidence in evidence(),
    ) {
        let findings = |updates: Vec<Update>| {
            let judge = Judge::new(updates);
            let case = judge.case(&installed, options);
            by_key(&case.decide(&answer_all(case.questions(), &evidence), 0))
        };
        let reworded = |mut findings: BTreeMap<Key, UpdateFinding>| {
            findings.values_mut().for_each(|finding| finding.reason.make_ascii_lowercase());
            findings
        };
        prop_assert_eq!(reworded(findings(updates)), reworded(findings(shuffled)));
    }

    #[test]
    fn a_superseding_update_never_makes_the_superseded_one_missing(
        updates in catalogs(), newer in catalogs(), installed in installations(), options in judge_options(), evidence in evidence(),
    ) {
        let (Some(old), Some(mut newer)) = (updates.first().cloned(), newer.into_iter().next()) else { return Ok(()) };
        newer.number = MAX_UPDATES + 10;
        newer.bulletin = "MS02-100".into();
        newer.superseded_by.clear();
        let status = |updates: Vec<Update>| -> Vec<(Key, UpdateStatus)> {
            let judge = Judge::new(updates);
            let case = judge.case(&installed, options);
            let findings = case.decide(&answer_all(case.questions(), &evidence), 0);
            by_key(&findings).into_iter().filter(|(key, _)| key.0 == old.number).map(|(key, it)| (key, it.status)).collect()
        };
        let before = status(updates.clone());
        let mut with_newer = updates.clone();
        with_newer[0].superseded_by.push(Superseding { bulletin: newer.bulletin.clone(), updates: vec![newer.number], names_update: true });
        with_newer.push(newer);
        for ((key, before), (_, after)) in before.into_iter().zip(status(with_newer)) {
            let missing = UpdateStatus::Missing;
            // An update that drops out of a cycle is superseded; nothing becomes missing.
            prop_assert!(after != missing || before == missing, "{key:?} {before:?} {after:?}");
        }
    }

    #[test]
    fn any_version_text_is_read_or_refused(left in ".{0,24}", right in "[0-9., x]{0,24}") {
        let _ = (compare_dotted(&left, &right), parse_version(&left));
        if let Some(version) = parse_version(&right) {
            prop_assert_eq!(parse_version(&show(&version)), Some(version));
            prop_assert_eq!(compare_dotted(&right, &show(&version)), Some(std::cmp::Ordering::Equal));
        }
    }

    #[test]
    fn hostile_names_are_only_names(
        path in ".{0,20}", key in ".{0,20}", product in ".{0,20}", found in ".{0,200}", expected in ".{0,20}", folder in ".{0,9}",
    ) {
        let test = RegistryTest { comparison: Comparison::AtLeast, ..value(&key, &path, Some(&expected)) };
        let update = update(1).only_for(&product, &[], None).file(file(&path, "1.0")).registry(test);
        let judge = Judge::new(vec![update]);
        let variable: String = path.chars().take(2).collect();
        let case = judge.case(&[Installed::new(product, None).with_path(variable, folder)], JudgeOptions::default());
        let answers: Vec<Answer> = case.questions().iter().map(|question| match question {
            Question::RegistryValue(_) => text(&found),
            _ => version("0.9"),
        }).collect();
        let findings = case.decide(&answers, u32::MAX);
        prop_assert_eq!(findings.len(), 1);
        prop_assert_eq!(findings[0].status, UpdateStatus::Missing);
    }
}
