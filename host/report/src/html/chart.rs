//! Charts, drawn as SVG. The numbers are beside them as text.

use maud::{Markup, html};

/// The width of a bar in its own units.
const WIDTH: u64 = 1000;

/// A part of a bar.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The class that gives it its colour: `sr`, `pr`, `in`, `fy` or `st`, as for grades; `un`, `im` or `no`.
    pub class: &'static str,
    pub name: &'static str,
    /// How much of the whole it is.
    pub count: u64,
}

/// Draws a bar of parts with a legend.
pub fn stacked(title: &str, parts: &[Part]) -> Markup {
    let total: u64 = parts.iter().map(|part| part.count).sum();
    let shown: Vec<&Part> = parts.iter().filter(|part| part.count > 0).collect();
    let mut begin = 0;
    let mut places = Vec::new();
    for part in &shown {
        // The smallest part is visible, too.
        let width = (part.count * WIDTH / total.max(1)).max(6);
        places.push((part.class, begin, width));
        begin += width;
    }
    html! {
        figure {
            figcaption { (title) }
            svg.bar viewBox={ "0 0 " (begin.max(1)) " 16" } preserveAspectRatio="none" aria-hidden="true" {
                @for (class, begin, width) in places {
                    rect class=(class) x=(begin) y="0" width=(width) height="16" {}
                }
            }
            ul.legend {
                @for part in shown {
                    li {
                        span class={ "dot " (part.class) } {}
                        strong { (grouped(part.count)) } " " (part.name)
                        span.soft { " " (percent(part.count, total)) }
                    }
                }
            }
        }
    }
}

/// Draws how much of the whole a count is.
pub fn share(class: &str, count: u64, total: u64) -> Markup {
    let width = (count * 100 / total.max(1)).clamp(1, 100);
    html! {
        svg.share viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.ground x="0" y="0" width="100" height="6" {}
            rect class=(class) x="0" y="0" width=(width) height="6" {}
        }
    }
}

/// Formats a number: `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn percent(count: u64, total: u64) -> String {
    match (count * 100).checked_div(total) {
        None => String::new(),
        Some(0) => "under 1 %".to_owned(),
        Some(percent) => format!("{percent} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        assert_eq!([0, 12, 999, 1000, 1_234_567].map(grouped), ["0", "12", "999", "1,000", "1,234,567"]);
        assert_eq!([percent(1, 500), percent(250, 500), percent(0, 0)], ["under 1 %", "50 %", ""]);
    }
}
