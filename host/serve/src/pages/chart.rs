//! Curves over the scans, drawn as SVG. The numbers are beside them as text.

use maud::{Markup, html};
use wardline_history::Scan;
use wardline_report::html::grouped;

use super::when;
use crate::links;

/// The size of a curve in its own units.
const WIDTH: i64 = 320;
const HEIGHT: i64 = 80;
/// The room around it, for the dots.
const EDGE: i64 = 6;

/// Draws how a number went on from scan to scan, oldest first. `class` gives it its colour.
pub(super) fn curve(title: &str, class: &str, points: &[(&Scan, u64)]) -> Markup {
    let (Some((first, from)), Some((last, now))) = (points.first(), points.last()) else { return html! {} };
    let highest = points.iter().map(|(_, value)| *value).max().unwrap_or_default().max(1);
    let duration = last.ended.saturating_sub(first.ended).max(1);
    let places: Vec<(i64, i64)> = points
        .iter()
        .map(|(scan, value)| {
            let x = scaled(scan.ended.saturating_sub(first.ended), duration, WIDTH);
            let y = HEIGHT - scaled(clamped(*value), clamped(highest), HEIGHT);
            (x, y)
        })
        .collect();
    let line: Vec<String> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let viewed = format!("{} {} {} {}", -EDGE, -EDGE, WIDTH + 2 * EDGE, HEIGHT + 2 * EDGE);
    html! {
        figure.curve {
            figcaption { (title) }
            p { strong { (grouped(*now)) } " " span.soft { (difference(*from, *now, points.len())) } }
            svg viewBox=(viewed) role="img" aria-label={ (title) ": " (now) " in the last scan" } {
                line.axis x1="0" y1=(HEIGHT) x2=(WIDTH) y2=(HEIGHT) {}
                g class=(class) {
                    polyline points=(line.join(" ")) {}
                    @for ((x, y), (scan, value)) in places.iter().zip(points) {
                        a href=(links::scan(scan.number)) {
                            circle cx=(x) cy=(y) r=(if points.len() > 40 { 2 } else { 3 }) {
                                title { "Scan " (scan.number) " of " (when(scan)) ": " (grouped(*value)) }
                            }
                        }
                    }
                }
            }
            p.ends.soft { span { (day(first)) } span { (day(last)) } }
        }
    }
}

fn scaled(value: i64, of: i64, to: i64) -> i64 {
    let scaled = i128::from(value.max(0)) * i128::from(to) / i128::from(of.max(1));
    i64::try_from(scaled).unwrap_or(to).clamp(0, to)
}

fn clamped(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Formats how a number changed: `12 fewer than 29 scans ago`.
fn difference(from: u64, now: u64, scans: usize) -> String {
    let since = match scans {
        0 | 1 => return "in the only scan".to_owned(),
        2 => "in the scan before".to_owned(),
        scans => format!("{} scans ago", scans - 1),
    };
    match now.abs_diff(from) {
        0 => format!("as many as {since}"),
        by if now > from => format!("{} more than {since}", grouped(by)),
        by => format!("{} fewer than {since}", grouped(by)),
    }
}

fn day(scan: &Scan) -> String {
    scan.date().get(..10).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_in_words() {
        assert_eq!(difference(5, 5, 1), "in the only scan");
        assert_eq!(difference(5, 7, 2), "2 more than in the scan before");
        assert_eq!(difference(1_500, 7, 30), "1,493 fewer than 29 scans ago");
        assert_eq!(difference(7, 7, 3), "as many as 2 scans ago");
    }

    #[test]
    fn any_number_is_inside_the_curve() {
        for (value, of) in [(0, 0), (i64::MAX, 1), (-5, 3), (i64::MAX, i64::MAX), (3, -1)] {
            assert!((0..=WIDTH).contains(&scaled(value, of, WIDTH)), "{value} {of}");
        }
    }
}
