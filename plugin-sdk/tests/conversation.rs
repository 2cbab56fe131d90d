//! Which questions share a round, and the effect of missing evidence.
#![cfg(feature = "testing")]

use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};

const KEY: &str = r"HKLM\SOFTWARE\Example";

/// A checker with one check, which runs the type parameter's function.
struct Probe<S>(std::marker::PhantomData<S>);

trait Script: 'static {
    fn run(evidence: &Evidence) -> impl Future<Output = Result<Finding, Unable>>;
}

impl<S: Script> Check for Probe<S> {
    const INFO: CheckInfo = CheckInfo::new("probe", "Probe");
    const ASKS: &'static [Asks] = &[Asks::Registry("**"), Asks::File("**"), Asks::Services, Asks::Accounts];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        S::run(cx.evidence).await
    }
}

impl<S> Default for Probe<S> {
    fn default() -> Self {
        Probe(std::marker::PhantomData)
    }
}

impl<S: Script> Probe<S> {
    const CHECKS: Suite = suite![Self];
}

impl<S: Script> Checker for Probe<S> {
    fn describe() -> Description {
        describe("probe", "0.1.0", "").checks(Self::CHECKS).into()
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        Self::CHECKS.run(cx).await.into()
    }
}

fn run<S: Script>(bench: &Bench) -> Run {
    bench.run::<Probe<S>>()
}

#[test]
fn what_is_awaited_one_after_the_other_takes_a_round_each() {
    struct OneByOne;
    impl Script for OneByOne {
        async fn run(evidence: &Evidence) -> Result<Finding, Unable> {
            let first = evidence.registry_value(KEY, "First").await.optional()?;
            let second = evidence.registry_value(KEY, "Second").await.optional()?;
            Ok(Finding::passed("").because(&second).because(&first))
        }
    }
    let run = run::<OneByOne>(&Bench::new());
    assert_eq!(run.rounds, 2);
    assert_eq!(run.check("probe").evidence, [1, 0]);
}

#[test]
fn what_is_joined_travels_in_one_round_and_keeps_its_order() {
    struct Joined;
    impl Script for Joined {
        async fn run(evidence: &Evidence) -> Result<Finding, Unable> {
            let (both, many) = join(
                join(evidence.registry_value(KEY, "A"), evidence.service("B")),
                // More than futures-util polls as a plain list: it then relies on wakers being called.
                join_all((0..100).map(|number| evidence.registry_value(KEY, number.to_string()))),
            )
            .await;
            let numbers: Vec<_> = many.iter().map(|reply| reply.known().and_then(|data| data.as_dword())).collect();
            assert_eq!(numbers[42], Some(4200));
            assert_eq!(numbers.iter().flatten().count(), 1);
            Ok(Finding::passed("").because(&both.1).because(&many[0]))
        }
    }
    let run = run::<Joined>(&Bench::new().value(KEY, "42", RegistryData::Dword(4200)));
    assert_eq!(run.rounds, 1);
    assert_eq!(run.exchanges.len(), 102);
    assert_eq!(run.check("probe").evidence, [1, 2]);
}

#[test]
fn what_is_asked_for_as_a_whole_is_asked_once() {
    struct Twice;
    impl Script for Twice {
        async fn run(evidence: &Evidence) -> Result<Finding, Unable> {
            let (one, other) = join(evidence.services(), evidence.services()).await;
            let later = evidence.services().await;
            assert_eq!(later.known().map(Vec::len), Some(0));
            Ok(Finding::passed("").because(&one).because(&other).because(&later))
        }
    }
    let run = run::<Twice>(&Bench::new().fact(Question::Services, Fact::Services(Vec::new())));
    assert_eq!((run.rounds, run.exchanges.len()), (1, 1));
    assert_eq!(run.check("probe").evidence, [0, 0, 0]);
}

#[test]
fn asking_nothing_needs_no_round() {
    struct Nothing;
    impl Script for Nothing {
        async fn run(evidence: &Evidence) -> Result<Finding, Unable> {
            assert_eq!(evidence.ask_all(Vec::new()).await.answers.len(), 0);
            Ok(Finding::passed(""))
        }
    }
    assert_eq!(run::<Nothing>(&Bench::new()).rounds, 0);
}

#[test]
fn missing_evidence_is_unable_to_scan_and_names_the_question() {
    struct Required;
    impl Script for Required {
        async fn run(evidence: &Evidence) -> Result<Finding, Unable> {
            let accounts = evidence.accounts().await.required()?;
            Ok(Finding::passed(format!("{} accounts", accounts.len())))
        }
    }
    for (answer, words) in [
        (Answer::Absent, "holds no such thing"),
        (Answer::Denied("policy".into()), "not allowed: policy"),
        (Answer::Unreadable("SAM ends early".into()), "cannot be read: SAM ends early"),
        (Answer::Unsupported, "does not tell"),
        (Answer::Known(Fact::Services(Vec::new())), "does not fit"),
    ] {
        let run = run::<Required>(&Bench::new().answer(Question::Accounts, answer));
        let finding = run.check("probe");
        assert_eq!(finding.grade, Grade::UnableToScan);
        assert!(finding.summary.contains(words), "{}", finding.summary);
        assert_eq!(finding.evidence, [0]);
    }
}

#[test]
#[should_panic(expected = "not evidence")]
fn waiting_for_anything_else_is_a_bug_that_shows() {
    struct Forever;
    impl Script for Forever {
        async fn run(_evidence: &Evidence) -> Result<Finding, Unable> {
            std::future::pending().await
        }
    }
    run::<Forever>(&Bench::new());
}

#[test]
fn actions_follow_their_findings() {
    struct Mended;
    impl Script for Mended {
        async fn run(evidence: &Evidence) -> Result<Finding, Unable> {
            let value = evidence.registry_value(KEY, "Weak").await.optional()?;
            let before = value.as_ref().cloned();
            Ok(Finding::critical("It is weak.").because(&value).mend(Remedy::set_registry_value(
                KEY,
                "Weak",
                before,
                RegistryData::Dword(0),
            )))
        }
    }
    let run = run::<Mended>(&Bench::new().value(KEY, "weak", RegistryData::Dword(1)));
    let [action] = run.actions.as_slice() else { panic!("{:?}", run.actions) };
    assert_eq!(action.mends, FindingId::Check(0));
    let [Operation::SetRegistryValue(undo)] = action.undo.as_slice() else { panic!("{:?}", action.undo) };
    assert_eq!(undo.after, RegistryData::Dword(1));
}
