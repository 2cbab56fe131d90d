//! One plugin, one target: asking and answering until the findings are there.

use wasmtime::Store;

use super::answering::Answering;
use super::plugin::Prepared;
use super::store::{Holdings, limited};
use super::{Examination, Examiner, Failure, Limits, Outcome, sizes};
use crate::contract::{
    Action, Answer, Assessment, Description, FindingId, Options, Question, Step, Target, detection, remediation,
};

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
        let mut answering = Answering::begin(ask, limits, time);
        let ended = match limited(self.parts.pre.engine(), limits, fuel, time) {
            Ok(mut store) => {
                let ended = self.converse(&mut store, target, options, &mut answering, &mut examination);
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
        target: &Target,
        options: &Options,
        answering: &mut Answering<'_>,
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
        let assessment = self.detect(store, &guest, target, options, answering, examination)?;
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
        target: &Target,
        options: &Options,
        answering: &mut Answering<'_>,
        examination: &mut Examination,
    ) -> Result<Assessment, Failure> {
        let limits = &self.limits;
        let mut output = 0;
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
            let answers = answering.to(&questions)?;
            call = "resume";
            step = guest.call_resume(&mut *store, &answers);
            examination.exchanges.extend(questions.into_iter().zip(answers));
        }
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
