//! The same checkers, compiled for this machine instead of for the sandbox, over the same recordings.

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use wardline::contract::products::updates_for;
use wardline::contract::{Ask, Examination, Examiner as _, Grants, Target, Update};
use wardline::evidence::recording::Recording;
use wardline::evidence::{Source as _, SourceAnswers};
use wardline::sandbox::{Cache, Limits, Prepared, Sandbox};
use wardline_plugin::Checker;
use wardline_plugin::component::State;
use wardline_plugin::contract::exports::wardline::check::types as guest;

use crate::Bench;
use crate::fleet::{options, prepare};
use crate::table::{Table, time};

/// Times that all recordings are gone through, sandboxed and native in turn.
const TURNS: usize = 41;

pub(crate) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    let fleet = &bench.fleet;
    let sandbox = Sandbox::new(Limits::default(), Cache::at(bench.folder.join("cache")), 1)?;
    let sandboxed = prepare(&sandbox, &fleet.updates)?;
    let grants: Vec<Grants> = sandboxed
        .iter()
        .map(|plugin| Grants::declared(plugin.description(), &updates_for(plugin.description(), &fleet.updates)))
        .collect();
    // In the order of the stock plugins.
    let native: Vec<Box<dyn Native>> = vec![
        NativePlugin::<wardline_os::Os>::prepared(&fleet.updates)?,
        NativePlugin::<wardline_iis::Iis>::prepared(&fleet.updates)?,
        NativePlugin::<wardline_sql::Sql>::prepared(&fleet.updates)?,
        NativePlugin::<wardline_exchange::Exchange>::prepared(&fleet.updates)?,
        NativePlugin::<wardline_dotnet::Dotnet>::prepared(&fleet.updates)?,
        NativePlugin::<wardline_ie::Ie>::prepared(&fleet.updates)?,
        NativePlugin::<wardline_office::Office>::prepared(&fleet.updates)?,
        NativePlugin::<wardline_edge::Edge>::prepared(&fleet.updates)?,
    ];
    ensure!(
        findings_inside(&sandboxed_scan(&fleet.recordings, &sandboxed, &grants)?)?
            == findings_outside(&native_scan(&fleet.recordings, &native)?)?,
        "the plugins find something else when they are compiled natively"
    );
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for _ in 0..bench.times(TURNS, 9) {
        let began = Instant::now();
        black_box(sandboxed_scan(&fleet.recordings, &sandboxed, &grants)?);
        inside.push(began.elapsed());
        let began = Instant::now();
        black_box(native_scan(&fleet.recordings, &native)?);
        outside.push(began.elapsed());
    }
    let each = |times: &[Duration]| middle(times) / fleet.recordings.len() as u32;
    table.row("a recording judged in the sandbox, 1 thread", time(each(&inside)));
    table.row("the same by plugins compiled natively", time(each(&outside)));
    let mut ratios: Vec<f64> =
        inside.iter().zip(&outside).map(|(inside, outside)| inside.as_secs_f64() / outside.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    table.row("sandboxed to native", format!("{:.2} (bar: 1.5)", ratios[ratios.len() / 2]));
    Ok(())
}

fn middle(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

/// Parses recordings and lets all plugins judge them: findings and actions. The order is that of a scan, whose workers let each plugin
/// judge several recordings before the next one.
fn sandboxed_scan(recordings: &[Vec<u8>], plugins: &[Prepared], grants: &[Grants]) -> Result<Vec<Examination>> {
    let parsed: Vec<Recording> =
        recordings.iter().map(|json| Recording::parse(json, Path::new("bench"))).collect::<Result<_, _>>()?;
    let mut judged = Vec::new();
    for (plugin, grants) in plugins.iter().zip(grants) {
        judged.extend(parsed.iter().map(|recording| {
            let target = Target { name: recording.name().to_owned() };
            plugin.examine(&target, &options(), &Ask::new(grants, &SourceAnswers(recording)))
        }));
    }
    Ok(judged)
}

/// The same natively: recordings are parsed, questions are checked against the plugin's scopes, exchanges are kept.
fn native_scan(recordings: &[Vec<u8>], plugins: &[Box<dyn Native>]) -> Result<Vec<Judged>> {
    let mut parsed = Vec::new();
    for json in recordings {
        let recording: GuestRecording = serde_json::from_slice(json)?;
        let answers: Answers =
            recording.answers.into_iter().map(|(question, answer)| (rules::folded(&question), answer)).collect();
        parsed.push((recording.name, answers));
    }
    let mut judged = Vec::new();
    for plugin in plugins {
        for (name, answers) in &parsed {
            judged.push(plugin.examine(name, answers)?);
        }
    }
    Ok(judged)
}

fn findings_inside(examined: &[Examination]) -> Result<Vec<[Value; 2]>> {
    let values = |examined: &Examination| {
        Ok([serde_json::to_value(&examined.assessment)?, serde_json::to_value(&examined.actions)?])
    };
    examined.iter().map(values).collect()
}

fn findings_outside(judged: &[Judged]) -> Result<Vec<[Value; 2]>> {
    let values =
        |judged: &Judged| Ok([serde_json::to_value(&judged.assessment)?, serde_json::to_value(&judged.actions)?]);
    judged.iter().map(values).collect()
}

/// The host's rules for names and scopes, for the SDK's types.
mod rules {
    wardline_questions::for_contract!(wardline_plugin::contract::exports::wardline::check::types);
}

/// The parts of a recording that a plugin needs, in the SDK's types.
#[derive(serde::Deserialize)]
struct GuestRecording {
    name: String,
    answers: Vec<(guest::Question, guest::Answer)>,
}

type Answers = HashMap<guest::Question, guest::Answer>;

/// The result of a native conversation. The exchanges are kept as the host keeps them.
struct Judged {
    assessment: guest::Assessment,
    actions: Vec<guest::Action>,
    _exchanges: Vec<(guest::Question, guest::Answer)>,
}

trait Native {
    fn examine(&self, name: &str, answers: &Answers) -> Result<Judged>;
}

/// A plugin's exports without a component around them.
struct NativePlugin<C: 'static> {
    state: State<C>,
    scopes: wardline_questions::Scopes,
    options: guest::Options,
}

impl<C: Checker> NativePlugin<C> {
    /// Prepares a checker with the updates of the products that it declares. JSON is what the two sides' types have in common.
    fn prepared(updates: &[Update]) -> Result<Box<dyn Native>> {
        let described = C::describe();
        let description: wardline::contract::Description = serde_json::from_value(serde_json::to_value(&described)?)?;
        let updates: Vec<guest::Update> =
            serde_json::from_value(serde_json::to_value(updates_for(&description, updates))?)?;
        let scopes = rules::scopes(&described.scopes, &updates);
        let state = State::new();
        // It installs a hook for panics that writes where only a host would look.
        let hook = std::panic::take_hook();
        state.prepare(updates).map_err(anyhow::Error::msg).context(description.name)?;
        std::panic::set_hook(hook);
        let options = serde_json::from_value(serde_json::to_value(options())?)?;
        Ok(Box::new(NativePlugin::<C> { state, scopes, options }))
    }

    fn answer(&self, question: &guest::Question, answers: &Answers) -> guest::Answer {
        if let Err(reason) = self.scopes.check(rules::asked(question)) {
            return guest::Answer::Denied(reason);
        }
        let folded = rules::folded(question);
        if let Some(answer) = answers.get(&folded) {
            return answer.clone();
        }
        if let guest::Question::FileVersion(path) = folded
            && let Some(answer) = answers.get(&guest::Question::File(path))
        {
            let mut answer = answer.clone();
            if let guest::Answer::Known(guest::Fact::File(file)) = &mut answer {
                file.checksum = None;
            }
            return answer;
        }
        guest::Answer::Unreadable(wardline::evidence::recording::NOT_RECORDED.to_owned())
    }
}

impl<C: Checker> Native for NativePlugin<C> {
    fn examine(&self, name: &str, answers: &Answers) -> Result<Judged> {
        let mut exchanges = Vec::new();
        let mut step = self.state.detect(guest::Target { name: name.to_owned() }, self.options.clone());
        let assessment = loop {
            match step {
                guest::Step::Ask(questions) => {
                    let answered: Vec<_> = questions.iter().map(|question| self.answer(question, answers)).collect();
                    exchanges.extend(questions.into_iter().zip(answered.iter().cloned()));
                    step = self.state.resume(answered);
                }
                guest::Step::Done(assessment) => break assessment,
            }
            if exchanges.len() > Limits::default().questions as usize {
                bail!("a native plugin asks more than a sandboxed one may");
            }
        };
        let checks = (0..).zip(&assessment.checks).map(|(place, _)| guest::FindingId::Check(place));
        let updates = (0..).zip(&assessment.updates).map(|(place, _)| guest::FindingId::Update(place));
        let actions = self.state.remediate(checks.chain(updates).collect());
        Ok(Judged { assessment, actions, _exchanges: exchanges })
    }
}
