//! One plugin, one target: asking and answering until the findings are there.

use std::time::{Duration, Instant};

use wasmtime::Store;

use super::plugin::Prepared;
use super::store::{Holdings, limited};
use super::{Examination, Examiner, Failure, Limits, Outcome, sizes};
use crate::contract::{
    Action, Answer, Assessment, Description, FindingId, Options, Question, Step, Target, detection, remediation,
};

/// Bytes of the longest path or name that is looked up. Windows could have longer ones, its programs cannot.
const LONGEST_PATH: usize = 4096;

impl Examiner for Prepared {
    fn description(&self) -> &Description {
        &self.description
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn fuel_limit(&self) -> Option<u64> {
        let of = |limits: &Limits| match &self.unprepared {
            None => limits.fuel,
            Some(_) => limits.fuel.saturating_add(limits.prepare_fuel),
        };
        Some(of(&self.limits)).filter(|fuel| *fuel != of(&Limits::default()))
    }

    /// Creates an instance, which no other conversation ever shares, and drops it in the end.
    fn examine(&self, target: &Target, options: &Options, ask: &dyn Fn(&Question) -> Answer) -> Examination {
        let mut examination = Examination::nothing(Outcome::Ok, None);
        let limits = &self.limits;
        // Only a snapshot is free of the work of preparing.
        let (fuel, time) = match &self.unprepared {
            None => (limits.fuel, limits.time),
            Some(_) => (limits.fuel.saturating_add(limits.prepare_fuel), limits.time + limits.prepare_time),
        };
        let deadline = Deadline { begun: Instant::now(), time };
        let ended = match limited(self.parts.pre.engine(), limits, fuel, time) {
            Ok(mut store) => {
                let ended = self.converse(&mut store, &deadline, target, options, ask, &mut examination);
                examination.fuel = fuel.saturating_sub(store.get_fuel().unwrap_or(0));
                examination.memory = store.data().peak();
                ended
            }
            Err(error) => Err(Failure::of_call("instantiate", &error)),
        };
        match ended {
            Ok((assessment, actions)) => {
                examination.assessment = assessment;
                examination.actions = actions;
            }
            Err(Failure { outcome, detail }) => {
                examination.outcome = outcome;
                examination.detail = Some(detail);
            }
        }
        examination
    }
}

impl Prepared {
    fn converse(
        &self,
        store: &mut Store<Holdings>,
        deadline: &Deadline,
        target: &Target,
        options: &Options,
        ask: &dyn Fn(&Question) -> Answer,
        examination: &mut Examination,
    ) -> Result<(Assessment, Vec<Action>), Failure> {
        let failed = |call: &'static str| move |error: wasmtime::Error| Failure::of_call(call, &error);
        let instance = self.parts.pre.instantiate(&mut *store).map_err(failed("instantiate"))?;
        let guest = self.parts.detection.load(&mut *store, &instance).map_err(failed("instantiate"))?;
        if let Some(updates) = &self.unprepared {
            guest
                .call_prepare(&mut *store, updates)
                .map_err(failed("prepare"))?
                .map_err(|reason| Failure::new(Outcome::Incompatible, format!("prepare: {reason}")))?;
        }
        let assessment = self.detect(store, &guest, deadline, target, options, ask, examination)?;
        self.vocabulary.assessment(&assessment, examination.exchanges.len())?;

        let actions = match &self.parts.remediation {
            Some(remediation) => {
                let guest = remediation.load(&mut *store, &instance).map_err(failed("instantiate"))?;
                remedies(store, &guest, &assessment)?
            }
            None => Vec::new(),
        };
        self.vocabulary.actions(&actions, &assessment)?;
        Ok((assessment, actions))
    }

    fn detect(
        &self,
        store: &mut Store<Holdings>,
        guest: &detection::Guest,
        deadline: &Deadline,
        target: &Target,
        options: &Options,
        ask: &dyn Fn(&Question) -> Answer,
        examination: &mut Examination,
    ) -> Result<Assessment, Failure> {
        let limits = &self.limits;
        let (mut output, mut told) = (0, 0);
        let mut call = "detect";
        let mut step = guest.call_detect(&mut *store, target, options);
        loop {
            let questions = match step.map_err(|error| Failure::of_call(call, &error))? {
                Step::Done(assessment) => return Ok(assessment),
                Step::Ask(questions) => questions,
            };
            examination.rounds += 1;
            if examination.rounds > limits.rounds {
                return Err(Failure::new(
                    Outcome::TooManyRounds,
                    format!("asked in more than {} rounds", limits.rounds),
                ));
            }
            if examination.exchanges.len() + questions.len() > limits.questions as usize {
                return Err(Failure::new(
                    Outcome::TooManyRounds,
                    format!("asked more than {} questions", limits.questions),
                ));
            }
            output += questions.iter().map(sizes::of_question).sum::<u64>();
            if output > limits.output {
                return Err(Failure::new(
                    Outcome::OutputTooLarge,
                    format!("asked questions of more than {} bytes", limits.output),
                ));
            }
            let mut answers = Vec::with_capacity(questions.len());
            for question in &questions {
                // The guest's clock stands still for as long as the host works for it.
                deadline.check()?;
                let answer = answer(question, ask);
                told += sizes::of_answer(&answer);
                if told > limits.answers {
                    return Err(Failure::new(
                        Outcome::TooManyRounds,
                        format!("asked for answers of more than {} bytes", limits.answers),
                    ));
                }
                answers.push(answer);
            }
            call = "resume";
            step = guest.call_resume(&mut *store, &answers);
            examination.exchanges.extend(questions.into_iter().zip(answers));
        }
    }
}

/// When a conversation has to be over, the host's own part in it included.
struct Deadline {
    begun: Instant,
    time: Duration,
}

impl Deadline {
    fn check(&self) -> Result<(), Failure> {
        if self.begun.elapsed() > self.time {
            return Err(Failure::new(Outcome::OutOfTime, "asked for more than could be answered in its time"));
        }
        Ok(())
    }
}

/// Answers a question, unless it is too long to be looked at: what it is compared with may be long, too.
fn answer(question: &Question, ask: &dyn Fn(&Question) -> Answer) -> Answer {
    match sizes::longest_text(question) {
        0..=LONGEST_PATH => ask(question),
        length => Answer::Unreadable(format!("a path of {length} bytes is not looked up, only up to {LONGEST_PATH}")),
    }
}

/// Asks what mends each of the findings.
fn remedies(
    store: &mut Store<Holdings>,
    guest: &remediation::Guest,
    assessment: &Assessment,
) -> Result<Vec<Action>, Failure> {
    let checks = (0..).zip(&assessment.checks).map(|(place, _)| FindingId::Check(place));
    let updates = (0..).zip(&assessment.updates).map(|(place, _)| FindingId::Update(place));
    let findings: Vec<FindingId> = checks.chain(updates).collect();
    guest.call_remediate(store, &findings).map_err(|error| Failure::of_call("remediate", &error))
}
