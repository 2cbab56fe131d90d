//! One plugin, one target: questions and answers until the plugin returns its findings.

use wardline_contract::{
    Action, Ask, Assessment, Description, Examination, Examiner, FindingId, Options, Outcome, Step, Target, Update,
};
use wasmtime::Store;

use super::answering::Answering;
use super::exports::Functions;
use super::prepared::Prepared;
use super::store::{Holdings, grant, limited};
use super::{Failure, Limits, sizes};

impl Examiner for Prepared {
    fn description(&self) -> &Description {
        &self.description
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn fuel_limit(&self) -> Option<u64> {
        Some(self.limits.fuel).filter(|fuel| *fuel != Limits::default().fuel)
    }

    /// Creates an instance, which is never shared with another conversation, and drops it at the end.
    fn examine(&self, target: &Target, options: &Options, ask: &Ask<'_>) -> Examination {
        let mut examination = Examination::nothing(Outcome::Ok, None);
        let limits = &self.limits;
        // Without a snapshot the instance has to prepare first, which has separate limits.
        let (fuel, time) = match &self.unprepared {
            None => (limits.fuel, limits.time),
            Some(_) => (limits.prepare_fuel, limits.prepare_time),
        };
        let ended = match limited(self.parts.pre.engine(), limits, fuel, time) {
            Ok(mut store) => {
                let ended = self.begin(&mut store).and_then(|functions| {
                    let mut answering = Answering::begin(ask, limits);
                    let assessment =
                        self.detect(&mut store, &functions, target, options, &mut answering, &mut examination)?;
                    self.vocabulary.assessment(&assessment, examination.exchanges.len())?;
                    let actions = self.remedies(&mut store, &functions, &assessment)?;
                    Ok((assessment, actions))
                });
                examination.fuel = limits.fuel.saturating_sub(store.get_fuel().unwrap_or(0));
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
            Err(failure) => {
                let Failure { outcome, detail } = self.first_failure.noted(failure);
                examination.outcome = outcome;
                examination.detail = Some(detail);
            }
        }
        examination
    }
}

impl Prepared {
    /// Returns the functions of a prepared instance, and resets the store to the limits of the conversation itself.
    fn begin(&self, store: &mut Store<Holdings>) -> Result<Functions, Failure> {
        let begun = self.instance(store);
        if self.unprepared.is_some() {
            // Fuel and time left over from preparing would let a plugin without a snapshot run for far longer than others.
            grant(store, self.limits.fuel, self.limits.time)
                .map_err(|error| Failure::of_call("instantiate", &error))?;
        }
        begun
    }

    fn instance(&self, store: &mut Store<Holdings>) -> Result<Functions, Failure> {
        let failed = |call: &'static str| move |error: wasmtime::Error| Failure::of_call(call, &error);
        let instance = self.parts.pre.instantiate(&mut *store).map_err(failed("instantiate"))?;
        if let Some(updates) = &self.unprepared {
            let updates: Vec<&Update> = updates.iter().collect();
            self.parts
                .exports
                .prepare(store, &instance, &updates)
                .map_err(|error| Failure::of_guest("prepare", &error, &*store))?
                .map_err(|reason| Failure::new(Outcome::Incompatible, format!("prepare: {reason}")))?;
        }
        self.parts.exports.functions(store, &instance).map_err(failed("instantiate"))
    }

    fn detect(
        &self,
        store: &mut Store<Holdings>,
        functions: &Functions,
        target: &Target,
        options: &Options,
        answering: &mut Answering<'_>,
        examination: &mut Examination,
    ) -> Result<Assessment, Failure> {
        let limits = &self.limits;
        let mut output = 0;
        let mut call = "detect";
        let mut step = functions.detect(store, target, options);
        loop {
            let questions = match step.map_err(|error| Failure::of_guest(call, &error, &*store))? {
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
            let answers = answering.answer_all(&questions)?;
            call = "resume";
            step = functions.resume(store, &answers);
            examination.exchanges.extend(questions.into_iter().zip(answers));
        }
    }

    /// Asks the plugin for the actions that remedy each finding.
    fn remedies(
        &self,
        store: &mut Store<Holdings>,
        functions: &Functions,
        assessment: &Assessment,
    ) -> Result<Vec<Action>, Failure> {
        let checks = (0..).zip(&assessment.checks).map(|(place, _)| FindingId::Check(place));
        let updates = (0..).zip(&assessment.updates).map(|(place, _)| FindingId::Update(place));
        let findings: Vec<FindingId> = checks.chain(updates).collect();
        let Some(actions) = functions.remediate(store, &findings) else { return Ok(Vec::new()) };
        let actions = actions.map_err(|error| Failure::of_guest("remediate", &error, &*store))?;
        self.vocabulary.actions(&actions, assessment)?;
        Ok(actions)
    }
}
