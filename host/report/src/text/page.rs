//! A page of plain text: indented, wrapped, and optionally coloured.
//!
//! All text is escaped here and nowhere else, so that no caller can forget it.

use anstyle::Style;
use wardline_contract::Escaped;

/// The width of a page in columns unless another is given: that of files and pipes, so that a report has the same bytes
/// regardless of the terminal.
const WIDTH: usize = 110;
/// The widths that a page may have. Text in narrower columns, or in longer lines, is hard to read.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=180;

/// Lines under construction.
#[derive(Debug)]
pub struct Page {
    out: String,
    colour: bool,
    width: usize,
}

/// A part of a line in one style.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a>(pub Style, pub &'a str);

impl Page {
    pub fn new(colour: bool) -> Self {
        Page { out: String::new(), colour, width: WIDTH }
    }

    /// Like [`Page::new`], as wide as a terminal. Very narrow or wide ones are treated as less so.
    pub fn with_width(colour: bool, width: usize) -> Self {
        Page { out: String::new(), colour, width: width.clamp(*WIDTHS.start(), *WIDTHS.end()) }
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// Writes one line without wrapping.
    pub fn line(&mut self, indent: usize, spans: &[Span<'_>]) {
        self.indent(indent);
        for Span(style, text) in spans {
            self.styled(*style, &Escaped(text).to_string());
        }
        self.end_line();
    }

    /// Writes a paragraph, with all lines indented equally.
    pub fn paragraph(&mut self, indent: usize, style: Style, text: &str) {
        self.hanging(indent, &[], indent, style, text);
    }

    /// Writes a paragraph that begins after `head`, at `column` if there is room, and continues at `column`.
    pub fn hanging(&mut self, indent: usize, head: &[Span<'_>], column: usize, style: Style, text: &str) {
        self.indent(indent);
        let mut at = indent;
        for Span(style, text) in head {
            let text = Escaped(text).to_string();
            at += width(&text);
            self.styled(*style, &text);
        }
        if !head.is_empty() && at < column {
            self.indent(column - at);
            at = column;
        }
        let room = self.width.saturating_sub(column).max(20);
        let used = (at.max(column) - column).min(room - 1);
        for (number, line) in wrap(&Escaped(text).to_string(), room, used).iter().enumerate() {
            if number > 0 {
                self.end_line();
                self.indent(column);
            }
            self.styled(style, line);
        }
        self.end_line();
    }

    /// Writes a table. Each column is as wide as its widest cell, up to its share of the page; longer cells are truncated.
    pub fn table(&mut self, indent: usize, heads: &[impl AsRef<str>], rows: &[Vec<String>]) {
        let columns = rows.iter().map(Vec::len).chain([heads.len()]).max().unwrap_or(0);
        let room = self.width.saturating_sub(indent);
        let mut widths = vec![0; columns];
        let heads = escaped(heads);
        let rows: Vec<Vec<String>> = rows.iter().map(|row| escaped(row)).collect();
        for cells in rows.iter().chain([&heads]) {
            cells.iter().zip(&mut widths).for_each(|(cell, widest)| *widest = width(cell).max(*widest));
        }
        // Space that short columns do not use goes to the long ones.
        let share = room / columns.max(1);
        let spare: usize = widths.iter().map(|width| share.saturating_sub(width + 2)).sum();
        let long = widths.iter().filter(|width| **width + 2 > share).count().max(1);
        widths.iter_mut().for_each(|width| *width = (*width).min((share + spare / long).saturating_sub(2).max(4)));
        if heads.iter().any(|head| !head.is_empty()) {
            self.cells(indent, &heads, &widths, Style::new().underline());
        }
        rows.iter().for_each(|row| self.cells(indent, row, &widths, Style::new()));
    }

    fn cells(&mut self, indent: usize, cells: &[String], widths: &[usize], style: Style) {
        self.indent(indent);
        for (number, (cell, room)) in cells.iter().zip(widths).enumerate() {
            let cut = cut(cell, *room);
            self.styled(style, &cut);
            if number + 1 < cells.len() {
                (width(&cut)..room + 2).for_each(|_| self.out.push(' '));
            }
        }
        self.end_line();
    }

    fn indent(&mut self, columns: usize) {
        (0..columns).for_each(|_| self.out.push(' '));
    }

    fn styled(&mut self, style: Style, text: &str) {
        if self.colour && style != Style::new() && !text.is_empty() {
            self.out.push_str(&format!("{style}{text}{style:#}"));
        } else {
            self.out.push_str(text);
        }
    }

    fn end_line(&mut self) {
        let end = self.out.trim_end_matches(' ').len();
        self.out.truncate(end);
        self.out.push('\n');
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Shortens a text to `room` columns, but never an address: half of one leads nowhere.
fn cut(text: &str, room: usize) -> String {
    if width(text) <= room || is_address(text) {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

fn is_address(word: &str) -> bool {
    word.contains("://")
}

fn escaped(cells: &[impl AsRef<str>]) -> Vec<String> {
    cells.iter().map(|cell| Escaped(cell.as_ref()).to_string()).collect()
}

/// Breaks at spaces, and inside words that are longer than a line, but never inside an address, which has to be copied or
/// clicked whole. `used` columns of the first line are already taken.
fn wrap(text: &str, room: usize, used: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut length) = (String::new(), used);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut rest = word;
        if length > 0 && length + 1 + width(word) > room {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        while width(rest) > room && !is_address(rest) {
            let end = rest.char_indices().nth(room).map_or(rest.len(), |(end, _)| end);
            lines.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        if !line.is_empty() {
            line.push(' ');
            length += 1;
        }
        line.push_str(rest);
        length += width(rest);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_within_endless_ones() {
        assert_eq!(wrap("one two three", 7, 0), ["one two", "three"]);
        assert_eq!(wrap("one two three", 7, 4), ["", "one two", "three"]);
        assert_eq!(wrap("one two three", 7, 3), ["one", "two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4, 0), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("at https://a.example/bcdef now", 8, 0), ["at", "https://a.example/bcdef", "now"]);
        assert_eq!(wrap("", 4, 0), [""]);
        assert_eq!(wrap("a  b", 4, 0), ["a b"]);
    }

    #[test]
    fn a_table_fits_the_page_whatever_its_cells_hold() {
        let mut page = Page::new(false);
        let long = "x".repeat(500);
        page.table(4, &["A", "B", "C"], &[vec!["1".into(), long.clone(), long], vec!["2".into()]]);
        let text = String::from_utf8(page.into_bytes()).unwrap();
        assert!(text.lines().all(|line| width(line) <= WIDTH), "{text}");
        assert_eq!(text.lines().count(), 3);
    }
}
