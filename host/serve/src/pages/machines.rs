//! The machines of a scan: filtered, sorted, and a page at a time.

use std::cmp::Ordering;

use maud::{Markup, html};
use wardline_report::OverallGrade;
use wardline_report::html::{grouped, overall_chip, text};

use super::layout::Section;
use super::{Failure, Page, about, has, origin, scan_named};
use crate::links;
use crate::listing::{Asked, Sheet};
use crate::reading::Reading;
use crate::view::{Row, View};

/// The columns by which machines can be sorted: the word in an address, the heading, and whether it is a number.
const COLUMNS: [(Column, &str, &str, bool); 6] = [
    (Column::Grade, "grade", "Grade", false),
    (Column::Name, "name", "Computer", false),
    (Column::System, "system", "System", false),
    (Column::Missing, "missing", "Missing", true),
    (Column::Failed, "failed", "Failed", true),
    (Column::Unable, "unable", "Unable", true),
];

/// The grades, the worst first, with their words in an address.
const GRADES: [(OverallGrade, &str); 5] = [
    (OverallGrade::SevereRisk, "severe-risk"),
    (OverallGrade::PotentialRisk, "potential-risk"),
    (OverallGrade::Incomplete, "incomplete"),
    (OverallGrade::SecurityFyi, "security-fyi"),
    (OverallGrade::StrongSecurity, "strong-security"),
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Column {
    #[default]
    Grade,
    Name,
    System,
    Missing,
    Failed,
    Unable,
}

/// How machines are sorted: by default, the worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    column: Column,
    is_reversed: bool,
}

impl Order {
    /// Parses the order that a request asks for: `name`, or `-name` for the other direction.
    fn of(asked: &Asked) -> Order {
        let word = asked.get("sort");
        let (word, is_reversed) = word.strip_prefix('-').map_or((word, false), |word| (word, true));
        let column = COLUMNS.iter().find(|(_, known, ..)| *known == word).map(|(column, ..)| *column);
        column.map_or(Order::default(), |column| Order { column, is_reversed })
    }

    /// Sorts machines. Equals are sorted by their number of problems, then by name.
    pub(crate) fn sort(self, rows: &mut [&Row]) {
        let problems = |row: &Row| std::cmp::Reverse(row.missing + row.failed);
        rows.sort_by(|one, other| {
            let order = self.column.compare(one, other);
            let order = if self.is_reversed { order.reverse() } else { order };
            order
                .then_with(|| one.grade.cmp(&other.grade))
                .then_with(|| problems(one).cmp(&problems(other)))
                .then_with(|| one.name.cmp(&other.name))
        });
    }
}

impl Column {
    /// Compares machines: names by the alphabet, the worst grade and the largest number first.
    fn compare(self, one: &Row, other: &Row) -> Ordering {
        match self {
            Column::Grade => one.grade.cmp(&other.grade),
            Column::Name => one.name.to_lowercase().cmp(&other.name.to_lowercase()),
            Column::System => one.system.cmp(&other.system),
            Column::Missing => other.missing.cmp(&one.missing),
            Column::Failed => other.failed.cmp(&one.failed),
            Column::Unable => {
                // Of a machine that could not be opened, nothing could be scanned.
                let unable = |row: &Row| if row.opened { row.unable } else { u64::MAX };
                unable(other).cmp(&unable(one))
            }
        }
    }
}

/// Makes the page of the machines of a scan.
pub(crate) fn list(reading: &Reading<'_>, scan: &str, asked: &Asked) -> Result<Page, Failure> {
    let scan = scan_named(reading, scan)?;
    let view = reading.view(&scan)?;
    let (mut rows, gap) = chosen(&view, asked);
    Order::of(asked).sort(&mut rows);
    let sheet = Sheet::of(rows.into_iter(), asked);
    let body = html! {
        (origin(reading, &scan, links::machines))
        h1 {
            @if sheet.total == view.rows.len() { (grouped(sheet.total as u64)) " computers" }
            @else { (grouped(sheet.total as u64)) " of " (grouped(view.rows.len() as u64)) " computers" }
        }
        @if let Some(reason) = gap { p { "Not looked at: " (text(&reason)) } }
        (form(asked))
        section {
            (table(scan.number, sheet.rows.iter().copied(), Some(asked)))
            @if sheet.rows.is_empty() { p.soft { "No computer fits." } }
            (sheet.pager(asked))
        }
    };
    let title = format!("Computers of scan {}", scan.number);
    Ok(Page { title, section: Section::Computers, scan: about(reading, &scan), body })
}

/// Returns the machines that a request asks for, and the reason of the gap, if it asks for those of one.
fn chosen<'v>(view: &'v View, asked: &Asked) -> (Vec<&'v Row>, Option<String>) {
    let gaps = view.summary.work.gaps();
    let gap = asked.number::<usize>("gap").and_then(|place| gaps.get(place.checked_sub(1)?));
    let mut rows: Vec<&Row> = match gap {
        Some(gap) => view.rows_at(gap.machines.places()),
        None => view.rows.iter().collect(),
    };
    if let Some((grade, _)) = GRADES.iter().find(|(_, word)| *word == asked.get("grade")) {
        rows.retain(|row| row.grade == *grade);
    }
    let typed = asked.get("q").trim().to_lowercase();
    rows.retain(|row| typed.is_empty() || has(&row.name, &typed) || has(&row.system, &typed));
    (rows, gap.map(|gap| gap.reason.to_string()))
}

fn form(asked: &Asked) -> Markup {
    html! {
        form.filter method="get" role="search" {
            @for (name, value) in asked.others(&["q", "grade"]) { input type="hidden" name=(name) value=(value); }
            input type="search" name="q" value=(asked.get("q")) placeholder="Name or system" aria-label="Name or system";
            select name="grade" aria-label="Grade" {
                option value="" { "All grades" }
                @for (grade, word) in GRADES {
                    option value=(word) selected[asked.get("grade") == word] { (grade.words()) }
                }
            }
            button type="submit" { "Filter" }
            @if !asked.get("q").is_empty() || !asked.get("grade").is_empty() || asked.has("gap") { a href="?" { "Show all" } }
        }
    }
}

/// Writes machines as a table. With `asked`, the headings sort the list that was asked for.
pub(super) fn table<'r>(scan: i64, rows: impl Iterator<Item = &'r Row>, asked: Option<&Asked>) -> Markup {
    let number = |words: &str, label| {
        html! { td class=(if words == "0" { "number zero" } else { "number" }) data-label=(label) { (words) } }
    };
    html! {
        div.scroll {
            table.machines {
                thead { tr {
                    @for (column, word, heading, is_number) in COLUMNS {
                        @match asked {
                            Some(asked) => { (sorting(asked, column, word, heading, is_number)) }
                            None => { th class=[is_number.then_some("number")] scope="col" { (heading) } }
                        }
                    }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            td { (overall_chip(row.grade)) }
                            td.name { a href=(links::machine(scan, &row.name)) { (text(&row.name)) } }
                            td.soft {
                                @if row.system.is_empty() { "unknown" } @else { (text(&row.system)) }
                                @if row.waived > 0 { " · " (row.waived) " waived" }
                            }
                            (number(&row.missing_in_words, "missing"))
                            (number(&if row.opened { row.failed.to_string() } else { "–".to_owned() }, "failed"))
                            (number(&if row.opened { row.unable.to_string() } else { "all".to_owned() }, "unable"))
                        }
                    }
                }
            }
        }
    }
}

/// Writes the heading of a column as a link that sorts by it, or turns the order around.
fn sorting(asked: &Asked, column: Column, word: &str, heading: &str, is_number: bool) -> Markup {
    let order = Order::of(asked);
    let is_here = order.column == column;
    let ascends = is_number == order.is_reversed;
    let next = if is_here && !order.is_reversed { format!("-{word}") } else { word.to_owned() };
    let direction = is_here.then_some(if ascends { "ascending" } else { "descending" });
    html! {
        th class=[is_number.then_some("number")] scope="col" aria-sort=[direction] { a.plain href=(asked.with("sort", &next)) { (heading) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, grade: OverallGrade, missing: u64, failed: u64) -> Row {
        let missing_in_words = missing.to_string().into();
        let (system, opened) = ("Windows".into(), true);
        Row { name: name.into(), system, grade, opened, missing, missing_in_words, failed, unable: 0, waived: 0 }
    }

    #[test]
    fn machines_are_sorted_as_the_address_says() {
        use OverallGrade::*;
        let rows = [
            row("b", StrongSecurity, 0, 0),
            row("C", SevereRisk, 1, 9),
            row("a", SevereRisk, 5, 0),
            row("d", PotentialRisk, 0, 2),
        ];
        for (sort, expected) in [
            ("", ["C", "a", "d", "b"]),
            ("nonsense", ["C", "a", "d", "b"]),
            ("-grade", ["b", "d", "C", "a"]),
            ("name", ["a", "b", "C", "d"]),
            ("-name", ["d", "C", "b", "a"]),
            ("missing", ["a", "C", "d", "b"]),
            ("-missing", ["d", "b", "C", "a"]),
            ("failed", ["C", "d", "a", "b"]),
        ] {
            let mut sorted: Vec<&Row> = rows.iter().collect();
            Order::of(&Asked::of(vec![("sort".to_owned(), sort.to_owned())])).sort(&mut sorted);
            assert_eq!(sorted.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), expected, "{sort}");
        }
    }
}
