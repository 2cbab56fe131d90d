//! The measurements as a table for people.

use std::fmt;
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Table(Vec<(String, String)>);

impl Table {
    /// Adds a line, and says it on stderr at once: the whole takes minutes.
    pub(crate) fn row(&mut self, what: &str, figure: String) {
        eprintln!("{what}: {figure}");
        self.0.push((what.to_owned(), figure));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
        self.0.iter().try_for_each(|(what, figure)| writeln!(formatter, "{what:width$}  {figure}"))
    }
}

/// A time in the unit that suits it.
pub(crate) fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 1e-3 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{:.1} µs", seconds * 1e6),
    }
}

/// The ratio of a figure to the baseline's, to be appended to the figure.
pub(crate) fn ratio(current: f64, baseline: f64) -> String {
    format!(", {:.2} of the baseline's", current / baseline)
}
