//! `-o openmetrics`: numbers for Prometheus, by machine. `# TYPE` and `# HELP` describe each metric.
//!
//! The format is OpenMetrics 1.0, <https://prometheus.io/docs/specs/om/open_metrics_spec/>. All samples of a metric have to be
//! together, so that the machines are only written at the end.

use std::collections::HashMap;

use wardline_contract::Escaped;

use crate::grade::OverallGrade;
use crate::model::{Head, TargetReport};
use crate::output::Render;
use crate::summary::{MachineLine, Summary};

/// Renders numbers for a monitoring system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenMetrics;

/// The number of machines in one piece of the output.
const PIECE: usize = 256;

struct Metric {
    name: &'static str,
    help: &'static str,
    /// The labels beside the machine, and the value of each.
    samples: fn(&MachineLine) -> Vec<(&'static str, u64)>,
}

static METRICS: [Metric; 6] = [
    Metric {
        name: "wardline_grade",
        help: "Overall grade: 0 severe risk, 1 potential risk, 2 incomplete scan, 3 security FYI, 4 strong security.",
        samples: |machine| {
            let grade = match machine.grade {
                OverallGrade::SevereRisk => 0,
                OverallGrade::PotentialRisk => 1,
                OverallGrade::Incomplete => 2,
                OverallGrade::SecurityFyi => 3,
                OverallGrade::StrongSecurity => 4,
            };
            vec![("", grade)]
        },
    },
    Metric {
        name: "wardline_complete",
        help: "Whether everything could be scanned.",
        samples: |machine| vec![("", u64::from(machine.complete))],
    },
    Metric {
        name: "wardline_updates_missing",
        help: "Missing security updates by rating.",
        samples: |machine| {
            let labels = [
                ",rating=\"critical\"",
                ",rating=\"important\"",
                ",rating=\"moderate\"",
                ",rating=\"low\"",
                ",rating=\"unrated\"",
            ];
            if machine.opened { labels.into_iter().zip(machine.missing).collect() } else { Vec::new() }
        },
    },
    Metric {
        name: "wardline_updates_pending_restart",
        help: "Security updates that wait for a restart.",
        samples: |machine| if machine.opened { vec![("", machine.pending_restart)] } else { Vec::new() },
    },
    Metric {
        name: "wardline_checks",
        help: "Checks of settings by grade.",
        samples: |machine| {
            let checks = &machine.checks;
            let by_grade = vec![
                (",grade=\"critical\"", checks.critical),
                (",grade=\"non-critical\"", checks.non_critical),
                (",grade=\"best-practice\"", checks.best_practice),
                (",grade=\"passed\"", checks.passed),
                (",grade=\"unable-to-scan\"", checks.unable_to_scan),
            ];
            if machine.opened { by_grade } else { Vec::new() }
        },
    },
    Metric {
        name: "wardline_findings_waived",
        help: "Findings that are waived. The other metrics are without them.",
        samples: |machine| machine.waived.map(|count| ("", count)).into_iter().collect(),
    },
];

impl Render for OpenMetrics {
    fn begin(&self, head: &Head) -> Vec<u8> {
        let mut out = described("wardline_build", "gauge", "The version of wardline and its catalogs.");
        let catalogs = head.catalog.iter().flat_map(|catalog| &catalog.sources);
        let dates: Vec<&str> = catalogs.filter_map(|source| source.date.as_deref()).collect();
        out.push_str(&format!(
            "wardline_build{{version=\"{}\",catalogs=\"{}\"}} 1\n",
            label(head.tool.version),
            label(&dates.join(" "))
        ));
        out.into_bytes()
    }

    fn target(&self, _: &TargetReport) -> Vec<u8> {
        Vec::new()
    }

    fn separator(&self) -> &'static [u8] {
        b""
    }

    fn end(&self, summary: &Summary) -> Vec<u8> {
        self.ending(summary).flatten().collect()
    }

    fn ending<'a>(&'a self, summary: &'a Summary) -> Box<dyn Iterator<Item = Vec<u8>> + 'a> {
        let labels = machine_labels(summary);
        let metrics = METRICS.iter().flat_map(move |metric| {
            let labels = labels.clone();
            let pieces = summary.machines.chunks(PIECE).enumerate().map(move |(piece, machines)| {
                let mut out = String::new();
                for (place, machine) in machines.iter().enumerate() {
                    let name = labels.get(&(piece * PIECE + place)).cloned().unwrap_or_else(|| label(&machine.name));
                    for (more, value) in (metric.samples)(machine) {
                        out.push_str(&format!("{}{{machine=\"{name}\"{more}}} {value}\n", metric.name));
                    }
                }
                out.into_bytes()
            });
            std::iter::once(described(metric.name, "gauge", metric.help).into_bytes()).chain(pieces)
        });
        let fleet = described("wardline_machines", "gauge", "Machines by overall grade.");
        let grades = &summary.grades;
        let by_grade = [
            ("severe-risk", grades.severe_risk),
            ("potential-risk", grades.potential_risk),
            ("incomplete", grades.incomplete),
            ("security-fyi", grades.security_fyi),
            ("strong-security", grades.strong_security),
        ];
        let fleet = by_grade
            .iter()
            .fold(fleet, |fleet, (grade, count)| fleet + &format!("wardline_machines{{grade=\"{grade}\"}} {count}\n"));
        Box::new(metrics.chain([fleet.into_bytes(), b"# EOF\n".to_vec()]))
    }
}

fn described(name: &str, kind: &str, help: &str) -> String {
    format!("# TYPE {name} {kind}\n# HELP {name} {help}\n")
}

/// Returns the labels of the machines whose name an earlier one has, by position: no two samples may have the same labels.
fn machine_labels(summary: &Summary) -> HashMap<usize, String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut again = HashMap::new();
    for (place, machine) in summary.machines.iter().enumerate() {
        let name = label(&machine.name);
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            let mut number = *count;
            let mut other = format!("{name} ({number})");
            while seen.contains_key(&other) {
                number += 1;
                other = format!("{name} ({number})");
            }
            seen.insert(other.clone(), 1);
            again.insert(place, other);
        }
    }
    again
}

/// Escapes the value of a label.
fn label(text: &str) -> String {
    Escaped(text).to_string().replace('\\', "\\\\").replace('"', "\\\"")
}
