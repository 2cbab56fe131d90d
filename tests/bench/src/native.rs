//! The same checkers, compiled for this machine instead of for the sandbox, over the same recordings.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use wardline::contract::products::updates_for;
use wardline::contract::{Ask, Examiner as _, Grants, Question, Target, Update};
use wardline::evidence::Source as _;
use wardline::evidence::recording::Recording;
use wardline::sandbox::{Cache, Limits, Prepared, Sandbox};
use wardline_plugin::Checker;
use wardline_plugin::contract::exports::wardline::check::types as guest;
use wardline_plugin::testing::Bench;

use crate::fleet::{Fleet, options, prepare};
use crate::table::{Table, time};

/// Times that all recordings are gone through, sandboxed and native in turn.
const TURNS: usize = 41;

pub(crate) fn measure(fleet: &Fleet, table: &mut Table) -> Result<()> {
    let sandbox = Sandbox::new(Limits::default(), Cache::off(), 1)?;
    let sandboxed = prepare(&sandbox, &fleet.updates)?;
    let grants: Vec<Grants> = sandboxed
        .iter()
        .map(|plugin| Grants::declared(plugin.description(), &updates_for(plugin.description(), &fleet.updates)))
        .collect();
    let native = Native {
        os: prepared(&fleet.updates)?,
        iis: prepared(&fleet.updates)?,
        sql: prepared(&fleet.updates)?,
        ie: prepared(&fleet.updates)?,
    };
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let began = Instant::now();
        for json in &fleet.recordings {
            black_box(sandboxed_scan(json, &sandboxed, &grants)?);
        }
        inside.push(began.elapsed());
        let began = Instant::now();
        for json in &fleet.recordings {
            black_box(native.scan(json)?);
        }
        outside.push(began.elapsed());
    }
    let each = |times: &[Duration]| middle(times) / fleet.recordings.len() as u32;
    table.row("a recording judged in the sandbox, 1 thread", time(each(&inside)));
    table.row("the same by plugins compiled natively", time(each(&outside)));
    let mut ratios: Vec<f64> =
        inside.iter().zip(&outside).map(|(inside, outside)| inside.as_secs_f64() / outside.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    table.row("sandboxed to native", format!("{:.2} (goal: at most 1.5)", ratios[ratios.len() / 2]));
    Ok(())
}

fn middle(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

/// Parses a recording and lets all plugins judge it: findings and actions.
fn sandboxed_scan(json: &[u8], plugins: &[Prepared], grants: &[Grants]) -> Result<usize> {
    let recording = Recording::parse(json, Path::new("bench"))?;
    let target = Target { name: recording.name().to_owned() };
    let mut findings = 0;
    for (plugin, grants) in plugins.iter().zip(grants) {
        let answer = |question: &Question, _| recording.answer(question);
        let ask = Ask::new(grants, &answer);
        let examination = plugin.examine(&target, &options(), &ask);
        findings += black_box(&examination).assessment.updates.len();
    }
    Ok(findings)
}

struct Native {
    os: wardline_os::Os,
    iis: wardline_iis::Iis,
    sql: wardline_sql::Sql,
    ie: wardline_ie::Ie,
}

impl Native {
    fn scan(&self, json: &[u8]) -> Result<usize> {
        let bench = Bench::from_recording(std::str::from_utf8(json)?)?;
        let runs = [
            bench.run_prepared(&self.os),
            bench.run_prepared(&self.iis),
            bench.run_prepared(&self.sql),
            bench.run_prepared(&self.ie),
        ];
        Ok(black_box(&runs).iter().map(|run| run.assessment.updates.len()).sum())
    }
}

/// A checker prepared with the updates of the products that it declares. JSON is what the two sides' types have in common.
fn prepared<C: Checker>(updates: &[Update]) -> Result<C> {
    let description: wardline::contract::Description = serde_json::from_value(serde_json::to_value(C::describe())?)?;
    let updates: Vec<guest::Update> =
        serde_json::from_value(serde_json::to_value(updates_for(&description, updates))?)?;
    let mut checker = C::default();
    checker.prepare(updates).map_err(anyhow::Error::msg).context(description.name)?;
    Ok(checker)
}
