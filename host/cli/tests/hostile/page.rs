//! The table in docs/security.md shows the results of the corpus.

use std::path::Path;
use std::time::Duration;

use wardline::contract::Outcome;
use wardline_hostile::named;

use crate::hostile::table::{Case, TABLE};

const BEGIN: &str =
    "<!-- The table is written by WARDLINE_ACCEPT=1 cargo test -p wardline --test all every_hostile -->\n";
const END: &str = "<!-- The end of the table. -->\n";

/// Compares docs/security.md with the measurements, ignoring times; with `WARDLINE_ACCEPT=1` it is rewritten.
pub(crate) fn compare(measured: &[Duration]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/security.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap_or_else(|| panic!("{}: no table", path.display()));
    let (table, after) = rest.split_once(END).unwrap_or_else(|| panic!("{}: the table has no end", path.display()));
    let new = table_of(measured);
    if std::env::var_os("WARDLINE_ACCEPT").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{new}{END}{after}")).unwrap();
        return;
    }
    let timeless = |table: &str| -> Vec<String> {
        table
            .lines()
            .map(|line| line.trim_end_matches('|').rsplit_once('|').map_or("", |(row, _)| row).to_owned())
            .collect()
    };
    assert_eq!(timeless(table), timeless(&new), "{}: WARDLINE_ACCEPT=1 rewrites it", path.display());
}

fn table_of(measured: &[Duration]) -> String {
    let mut text = String::from("\n| Promise | Component | What it does | Outcome | Time |\n|---|---|---|---|---|\n");
    let mut rows: Vec<(&Case, &Duration)> = TABLE.iter().zip(measured).collect();
    rows.sort_by_key(|(case, _)| case.promise);
    let mut last = None;
    for (case, time) in rows {
        let promise = if last == Some(case.promise) { "" } else { case.promise.words() };
        last = Some(case.promise);
        let hostile = named(case.component).unwrap();
        let link = format!("[{}](../tests/hostile/{})", case.component, hostile.file());
        let limits = case.limits.map_or_else(String::new, |(limits, _)| format!(" ({limits})"));
        let attack = hostile.attack().replace('|', "\\|").replace('<', "&lt;");
        let outcome = match case.outcome {
            Outcome::Ok => format!("`ok`: {}", case.words),
            outcome => format!("`{}`", outcome.word()),
        };
        let time = shown(*time);
        text += &format!("| {promise} | {link} | {attack}{limits} | {outcome} | {time} |\n");
    }
    text + "\n"
}

fn shown(time: Duration) -> String {
    match time.as_micros() {
        0..1_000 => "< 1 ms".to_owned(),
        1_000..1_000_000 => format!("{} ms", time.as_millis()),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}
