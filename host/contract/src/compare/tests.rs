use super::*;
use crate::{Answer, Grade, InstalledProduct, Operation, Row, TestResult, TestSubject, UpdateStatus, Verdict};

fn finding(check: &str, grade: Grade) -> CheckFinding {
    CheckFinding {
        check: check.to_owned(),
        subject: None,
        grade,
        summary: "It is on.".to_owned(),
        rows: vec![Row { cells: vec!["a".to_owned(), "b".to_owned()], grade }],
        evidence: vec![0],
    }
}

fn action(mends: FindingId) -> Action {
    let operation = Operation::ManualStep("Turn it off.".to_owned());
    Action { mends, operation, undo: Vec::new(), restart: false, risk: None, article: None }
}

fn examination() -> Examination {
    let product = InstalledProduct {
        name: "Example".to_owned(),
        version: None,
        service_pack: None,
        subject: Some("A".to_owned()),
    };
    let update = UpdateFinding {
        update: 7,
        product: "Example".to_owned(),
        subject: None,
        status: UpdateStatus::Missing,
        reason: "Its file is old.".to_owned(),
        tests: vec![TestResult { subject: TestSubject::FileVersion(0), verdict: Verdict::Failed, evidence: Some(1) }],
        superseded_by: None,
    };
    Examination {
        assessment: Assessment {
            products: vec![product],
            checks: vec![finding("one", Grade::Passed), finding("two", Grade::Critical)],
            updates: vec![update],
        },
        actions: vec![action(FindingId::Check(1)), action(FindingId::Update(0))],
        exchanges: vec![(Question::System, Answer::Absent), (Question::Shares, Answer::Absent)],
        ..Examination::nothing(Outcome::Ok, None)
    }
}

fn updates() -> [Update; 1] {
    [Update { bulletin: "EX-1".to_owned(), article: "Q1".to_owned(), ..Update::numbered(7) }]
}

fn differences(before: &Examination, after: &Examination, closeness: Closeness) -> Vec<String> {
    let updates = updates();
    let found = compare(&before.into(), &after.into(), &Names::new(&updates), closeness);
    found.iter().map(Difference::to_string).collect()
}

/// Each kind of difference once, and whether it counts exactly, in any order, and among conclusions.
#[test]
fn each_difference_counts_where_it_should() {
    type Change = fn(&mut Examination);
    let all = [true; 3];
    let exact = [true, false, false];
    let evidence = [true, true, false];
    let table: [(Change, [bool; 3], &str); 20] = [
        (|_| {}, [false; 3], ""),
        (|now| now.fuel += 1, [false; 3], ""),
        (|now| now.outcome = Outcome::Trapped, all, r#"outcome is "trapped", was "ok""#),
        (
            |now| now.exchanges.push((Question::Groups, Answer::Absent)),
            exact,
            "question 2, of 2 before and 3 after is new",
        ),
        (|now| now.exchanges.truncate(1), evidence, "question 1, of 2 before and 1 after is gone"),
        (
            |now| {
                now.exchanges.reverse();
                now.assessment.checks.iter_mut().for_each(|finding| finding.evidence = vec![1]);
                now.assessment.updates[0].tests[0].evidence = Some(0);
            },
            exact,
            r#"question 0, of 2 before and 2 after is "shares", was "system""#,
        ),
        (
            |now| now.assessment.products[0].version = Some("2".to_owned()),
            all,
            r#"product Example about A: version is "2", was null"#,
        ),
        (|now| now.assessment.products.clear(), all, "product Example about A is gone"),
        (|now| now.assessment.checks[1].grade = Grade::Passed, all, r#"check two: grade is "passed", was "critical""#),
        (
            |now| now.assessment.checks[1].summary = "On.".to_owned(),
            all,
            r#"check two: summary is "On.", was "It is on.""#,
        ),
        (
            |now| now.assessment.checks[1].rows[0].cells[1] = "c".to_owned(),
            all,
            r#"check two: rows[0].cells[1] is "c", was "b""#,
        ),
        (|now| now.assessment.checks[1].rows.clear(), all, "check two: rows[0] is nothing, was {"),
        (|now| now.assessment.checks[1].evidence.push(1), evidence, "check two: evidence[1] is 1, was nothing"),
        (|now| now.assessment.checks[0].subject = Some("B".to_owned()), all, "check one is gone"),
        (|now| now.assessment.checks.push(finding("three", Grade::Passed)), all, "check three is new"),
        (
            |now| {
                now.assessment.checks.reverse();
                now.actions[0].mends = FindingId::Check(0);
            },
            exact,
            r#"the order of checks' findings is "check two", was "check one""#,
        ),
        (
            |now| now.assessment.updates[0].status = UpdateStatus::Installed,
            all,
            r#"update EX-1 Q1 (Example): status is "installed", was "missing""#,
        ),
        (
            |now| now.assessment.updates[0].tests[0].verdict = Verdict::Passed,
            all,
            r#"update EX-1 Q1 (Example): tests[0]"#,
        ),
        (|now| now.actions[1].restart = true, all, "action for update EX-1 Q1 (Example): restart is true, was false"),
        (
            |now| now.actions[0].risk = Some("Some.".to_owned()),
            evidence,
            r#"action for check two: risk is "Some.", was null"#,
        ),
    ];
    for (row, (change, counts, words)) in table.into_iter().enumerate() {
        let mut now = examination();
        change(&mut now);
        let levels = [Closeness::Exact, Closeness::AnyOrder, Closeness::Conclusions];
        let found = levels.map(|closeness| differences(&examination(), &now, closeness));
        assert_eq!(found.each_ref().map(|found| !found.is_empty()), counts, "row {row}: {found:#?}");
        assert!(found[0].first().map_or(words.is_empty(), |first| first.starts_with(words)), "row {row}: {found:#?}");
    }
}

#[test]
fn an_action_is_a_field_of_its_finding_among_conclusions() {
    let now = Examination { actions: vec![action(FindingId::Update(0))], ..examination() };
    let found = differences(&examination(), &now, Closeness::Conclusions);
    assert!(matches!(&found[..], [one] if one.starts_with("check two: remedy is nothing, was [{")), "{found:?}");
}

#[test]
fn only_the_order_of_the_same_names_is_compared() {
    let mut now = examination();
    now.actions.reverse();
    let order = r#"the order of actions is "action for update EX-1 Q1 (Example)", was "action for check two""#;
    assert_eq!(differences(&examination(), &now, Closeness::Exact), [order]);
    now.actions.pop();
    assert_eq!(differences(&examination(), &now, Closeness::Exact), ["action for check two is gone"]);
}

#[test]
fn an_expectation_may_leave_out_fields_and_findings_but_not_expect_others() {
    let entry = |name: &str, value: Value| Entry { part: Part::Check, name: name.to_owned(), value };
    let found = [entry("a", json!({"grade": "passed", "summary": "x"})), entry("b", json!({"grade": "critical"}))];
    for (expected, differs) in [
        (entry("a", json!({"grade": "passed"})), &["b is new"][..]),
        (entry("a", json!({"grade": "critical"})), &[r#"a: grade is "passed", was "critical""#, "b is new"]),
        (entry("c", json!({})), &["c is gone", "a is new", "b is new"]),
    ] {
        let found = compare_entries(&[expected], &found, Closeness::Partial);
        assert_eq!(found.iter().map(Difference::to_string).collect::<Vec<_>>(), differs);
    }
}

#[test]
fn findings_of_one_name_belong_together_in_their_order_or_where_they_are_equal() {
    use Grade::{Critical, NonCritical, Passed};
    let with = |grades: &[Grade]| {
        let mut examination = examination();
        examination.actions.clear();
        examination.assessment.checks = grades.iter().map(|grade| finding("one", *grade)).collect();
        examination
    };
    let table: [(&[Grade], &[Grade], [usize; 3]); 6] = [
        (&[Passed, Critical], &[Passed, Critical], [0, 0, 0]),
        (&[Passed, Critical], &[Critical, Passed], [2, 0, 0]),
        (&[Passed, Passed], &[Passed], [1, 1, 1]),
        (&[Passed, Critical], &[Critical, NonCritical], [2, 1, 1]),
        (&[Passed], &[Critical, Critical], [2, 2, 2]),
        (&[], &[Passed, Passed], [2, 2, 2]),
    ];
    for (before, after, counts) in table {
        let levels = [Closeness::Exact, Closeness::AnyOrder, Closeness::Conclusions];
        let found = levels.map(|closeness| differences(&with(before), &with(after), closeness).len());
        assert_eq!(found, counts, "{before:?} {after:?}");
    }
}

#[test]
fn each_of_thousands_of_entries_of_one_name_is_looked_at_once() {
    let entries = |count: usize, first: usize| -> Vec<Entry> {
        let numbers = first..first + count;
        numbers.map(|number| Entry { part: Part::Check, name: "check one".to_owned(), value: json!(number) }).collect()
    };
    let (before, after) = (entries(30_000, 0), entries(30_001, 20_000));
    for (closeness, expected) in [(Closeness::Exact, 30_001), (Closeness::AnyOrder, 20_001)] {
        assert_eq!(compare_entries(&before, &after, closeness).len(), expected);
    }
    let mut pairs = Pairs { partners: vec![None; before.len()], taken: HashSet::new() };
    let looked_at = std::cell::Cell::new(0);
    pairs.add_by(&before, &after, |entry| {
        looked_at.set(looked_at.get() + 1);
        entry.name.as_str()
    });
    assert_eq!(looked_at.get(), before.len() + after.len());
    assert_eq!(pairs.taken.len(), before.len());
}

#[test]
fn names_and_values_are_short_in_words_and_places_outside_of_lists_are_no_findings() {
    let mut now = examination();
    now.assessment.checks[0].subject = Some("x".repeat(100_000));
    now.assessment.checks[1].summary = "x".repeat(100_000);
    now.assessment.checks[1].evidence = vec![u32::MAX];
    now.actions[0].mends = FindingId::Check(u32::MAX);
    for closeness in [Closeness::Exact, Closeness::AnyOrder, Closeness::Conclusions] {
        let found = differences(&examination(), &now, closeness);
        assert!(found.iter().all(|words| words.len() < 1_000), "{found:?}");
        assert_eq!(
            found.iter().any(|words| words == "action for no finding is new"),
            closeness != Closeness::Conclusions
        );
    }
}

#[test]
fn names_leave_out_what_is_not_known() {
    for (bulletin, article, product, subject, name) in [
        ("EX-1", "Q1", "Example", Some("A"), "update EX-1 Q1 (Example) about A"),
        ("EX-1", "", "Example", None, "update EX-1 (Example)"),
        ("EX-1", "", "", None, "update EX-1"),
    ] {
        assert_eq!(update_name(bulletin, article, product, subject), name);
    }
    let finding = &examination().assessment.updates[0];
    assert_eq!(Names::default().update(finding), "update number 7 (Example)");
    assert_eq!(check_name("logging", Some("A")), "check logging about A");
}
