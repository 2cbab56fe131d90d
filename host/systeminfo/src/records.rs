//! Objects of WMI classes as `wmic` and PowerShell write them: tables, lists and CSV.
//!
//! The names of properties are the same in every language. Only those of interest are kept.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use crate::article;
use crate::language;
use crate::plain;
use crate::product::{self, Architecture, Role};
use crate::told::{COMPUTER, Conflict, Form, Hotfixes, System, Told, computer_name, hides_article};

/// The properties that are read, of `Win32_QuickFixEngineering`, `Win32_OperatingSystem` and `Get-ComputerInfo`.
const PROPERTIES: [&str; 20] = [
    HOTFIXES,
    REVISION,
    HOTFIX,
    SERVICE_PACK_IN_EFFECT,
    "CSName",
    "__SERVER",
    "PSComputerName",
    "Source",
    "Node",
    "Caption",
    VERSION,
    BUILD,
    "CSDVersion",
    "ServicePackMajorVersion",
    "ProductType",
    "SuiteMask",
    "OSArchitecture",
    "OSLanguage",
    "Locale",
    "WindowsDirectory",
];

const HOTFIX: &str = "HotFixID";
const SERVICE_PACK_IN_EFFECT: &str = "ServicePackInEffect";
const VERSION: &str = "Version";
const BUILD: &str = "BuildNumber";
/// Of `Get-ComputerInfo`, `{KB5034467, KB5012170}`. As other properties, it has four of them at most: `{KB5034467, …, KB5012170...}`.
const HOTFIXES: &str = "OsHotFixes";
const REVISION: &str = "WindowsUBR";

/// Properties of `Get-ComputerInfo`, and those of `Win32_OperatingSystem` that they repeat. Others, such as `CsName`, differ in case only.
const REPEATED: [(&str, &str); 7] = [
    ("OsName", "Caption"),
    ("OsVersion", VERSION),
    ("OsBuildNumber", BUILD),
    ("OsCSDVersion", "CSDVersion"),
    ("OsServicePackMajorVersion", "ServicePackMajorVersion"),
    ("OsProductType", "ProductType"),
    ("OsWindowsDirectory", "WindowsDirectory"),
];

/// The properties that name the computer, the most reliable first. `wmic` calls it `Node` in CSV, `Get-HotFix` `Source` in tables.
const COMPUTER_NAMES: [&str; 5] = ["CSName", "__SERVER", "PSComputerName", "Source", "Node"];

/// The maximum number of columns. The export of an operating system has about ninety.
const MAX_COLUMNS: usize = 200;

/// The properties of one object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    properties: Vec<(&'static str, String)>,
    /// Whether the last property is a list that goes on in the next line.
    is_list_open: bool,
}

impl Record {
    /// Keeps a property if it is one of interest. Returns whether there was already one of that name.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> bool {
        let Some(name) = property(name) else { return false };
        if self.get(name).is_some() {
            return true;
        }
        self.properties.push((name, value.trim().to_owned()));
        self.is_list_open = name == HOTFIXES && !value.contains('}');
        false
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.properties.is_empty()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Adds a line to a list that goes on in the next one. Returns whether there is such a list.
    fn continue_list(&mut self, line: &str) -> bool {
        let Some((_, list)) = self.properties.last_mut().filter(|_| self.is_list_open) else { return false };
        list.push(' ');
        list.push_str(line.trim());
        // Looking for it in the whole list would take the square of its lines.
        self.is_list_open = !line.contains('}');
        true
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.parse().ok()
    }
}

/// Returns the name of a property of interest.
fn property(name: &str) -> Option<&'static str> {
    let name = name.trim();
    let repeated = REPEATED.iter().find(|(repeated, _)| repeated.eq_ignore_ascii_case(name)).map(|(_, known)| *known);
    repeated.or_else(|| PROPERTIES.iter().find(|known| known.eq_ignore_ascii_case(name)).copied())
}

/// Collects the facts in records, without keeping the records.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    computer: Option<String>,
    system: Option<System>,
    articles: BTreeSet<String>,
    hidden: bool,
    lists_hotfixes: bool,
    is_computer_info: bool,
}

impl Collector {
    /// Adds the facts in a record.
    ///
    /// # Errors
    ///
    /// If the record is about another machine than those before.
    pub(crate) fn add(&mut self, record: &Record) -> Result<(), Conflict> {
        if let Some(entry) = record.get(HOTFIX) {
            self.lists_hotfixes = true;
            // Windows XP and 2003 have `File 1` there, and the article in the other property.
            let found = article::find(entry).or_else(|| article::find(record.get(SERVICE_PACK_IN_EFFECT)?));
            match found {
                Some(article) => drop(self.articles.insert(article)),
                None => self.hidden |= hides_article(entry),
            }
        }
        if let Some(list) = record.get(HOTFIXES) {
            (self.lists_hotfixes, self.is_computer_info) = (true, true);
            let entries = list.trim_matches(['{', '}', ' ']);
            let whole = entries.trim_end_matches(['.', '…']);
            self.hidden |= whole != entries;
            for entry in whole.split(',') {
                match article::find(entry) {
                    Some(article) => drop(self.articles.insert(article)),
                    None => self.hidden |= hides_article(entry.trim()),
                }
            }
        }
        if let Some(system) = system(record) {
            match &self.system {
                Some(known) if (known.version, known.build) != (system.version, system.build) => {
                    return Err(Conflict::of_builds(known, &system));
                }
                _ => self.system = Some(system),
            }
        } else if record.get(HOTFIX).is_none() {
            return Ok(());
        }
        let Some(name) = COMPUTER_NAMES.iter().find_map(|name| computer_name(record.get(name)?)) else { return Ok(()) };
        match &self.computer {
            Some(known) if !known.eq_ignore_ascii_case(&name) => Err(Conflict::new(COMPUTER, known, name)),
            Some(_) => Ok(()),
            None => {
                self.computer = Some(name);
                Ok(())
            }
        }
    }

    /// Returns what the records told, or `None` if none was of interest.
    pub(crate) fn finish(self) -> Option<Told> {
        let form = match (&self.system, self.lists_hotfixes) {
            (Some(_), true) if self.is_computer_info => Form::ComputerInfo,
            (_, true) => Form::Hotfixes,
            (Some(_), false) => Form::OperatingSystem,
            (None, false) => return None,
        };
        let hotfixes = match self.lists_hotfixes {
            true => Hotfixes::listed(self.articles, self.hidden),
            false => Hotfixes::Untold,
        };
        Some(Told { form, computer: self.computer, system: self.system, hotfixes })
    }
}

/// Reads an object of the class `Win32_OperatingSystem`.
fn system(record: &Record) -> Option<System> {
    let (version, build, revision) = plain::numbers(record.get(VERSION)?)?;
    if record.number(BUILD)? != build {
        return None;
    }
    let product_name = record.get("Caption").and_then(product::name);
    let from_name = || product_name.as_deref().and_then(|name| Role::of("", Some(name)));
    // `Get-ComputerInfo` has a tag, `en-US`.
    let tagged = || Some(language::by_tag(record.get("OSLanguage")?)?.identifier);
    let locale = || u16::from_str_radix(record.get("Locale")?, 16).ok();
    let unnamed = System::new(version, build);
    Some(System {
        revision: revision.or_else(|| record.number(REVISION).filter(|revision| *revision <= 0xffff)),
        service_pack: record
            .number("ServicePackMajorVersion")
            .filter(|number| *number <= 0xff)
            .unwrap_or(unnamed.service_pack),
        service_pack_name: record
            .get("CSDVersion")
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .or(unnamed.service_pack_name.clone()),
        role: record
            .get("ProductType")
            .and_then(Role::of_product_type)
            .map(|role| role.of_product(product_name.as_deref()))
            .or_else(from_name),
        suites: record.number("SuiteMask").map_or(Vec::new(), product::suites_of_mask),
        architecture: record.get("OSArchitecture").and_then(Architecture::of_bits),
        language: record
            .number("OSLanguage")
            .and_then(|language| u16::try_from(language).ok())
            .or_else(tagged)
            .or_else(locale),
        windows_folder: record.get("WindowsDirectory").filter(|folder| !folder.is_empty()).map(str::to_owned),
        product_name,
        ..unnamed
    })
}

/// How the lines after a header are read.
enum Layout {
    List,
    Csv { delimiter: char, columns: Vec<Option<&'static str>> },
    Table { starts: Vec<usize>, columns: Vec<Option<&'static str>> },
}

/// Reads the text if it holds objects of one of the two classes.
///
/// # Errors
///
/// If it describes more than one machine.
pub(crate) fn read(text: &str) -> Result<Option<Told>, Conflict> {
    let mut collector = Collector::default();
    let mut layout = Layout::List;
    let mut record = Record::default();
    for line in text.lines() {
        let line = line.trim_end();
        if line.trim().is_empty() || line.bytes().all(|byte| matches!(byte, b'-' | b' ')) {
            continue;
        }
        if let Some(header) = header(line) {
            if let Layout::Csv { columns, .. } | Layout::Table { columns, .. } = &header
                && columns.contains(&Some(HOTFIX))
            {
                // There may be no row below it.
                collector.lists_hotfixes = true;
            }
            layout = header;
            continue;
        }
        match &layout {
            Layout::List => {
                if line.starts_with(' ') && record.continue_list(line) {
                    continue;
                }
                let Some((name, value)) = line.split_once(['=', ':']) else { continue };
                if property(name).is_some() && record.set(name, value) {
                    collector.add(&std::mem::take(&mut record))?;
                    record.set(name, value);
                }
            }
            Layout::Csv { delimiter, columns } => {
                let fields = csv_fields(line, *delimiter);
                collector.add(&row(fields, columns, line, *delimiter))?;
            }
            Layout::Table { starts, columns } => {
                let fields = self::columns(line, starts);
                collector.add(&row(fields, columns, line, ' '))?;
            }
        }
    }
    collector.add(&record)?;
    Ok(collector.finish())
}

/// Reads one row. If a value shifted the columns, the article is the only word of its form.
fn row(fields: Vec<String>, columns: &[Option<&'static str>], line: &str, delimiter: char) -> Record {
    let mut record = Record::default();
    let shifted = fields.len() != columns.len();
    // All columns may have the name, and the line is long.
    let only_article = LazyCell::new(|| {
        let mut words = line.split([delimiter, ' ']).filter(|word| article::whole(word).is_some());
        words.next().filter(|_| words.next().is_none())
    });
    for (name, value) in columns.iter().zip(&fields) {
        let Some(name) = name else { continue };
        if *name == HOTFIX
            && (shifted || article::find(value).is_none())
            && let Some(word) = *only_article
        {
            record.set(HOTFIX, word);
            continue;
        }
        if !shifted {
            record.set(name, value);
        }
    }
    record
}

/// Recognizes the line that names the columns.
fn header(line: &str) -> Option<Layout> {
    let names = |fields: &[String]| -> Option<Vec<Option<&'static str>>> {
        let columns: Vec<_> = fields.iter().map(|name| property(name)).collect();
        let has = |name| columns.contains(&Some(name));
        (has(HOTFIX) || (has(BUILD) && has(VERSION))).then_some(columns)
    };
    for delimiter in [',', ';', '\t'] {
        if !line.contains(delimiter) {
            continue;
        }
        if let Some(columns) = names(&csv_fields(line, delimiter)) {
            return Some(Layout::Csv { delimiter, columns });
        }
    }
    if line.trim_matches('"').eq_ignore_ascii_case(HOTFIX) && line.starts_with('"') {
        return Some(Layout::Csv { delimiter: ',', columns: vec![Some(HOTFIX)] });
    }
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | ' ');
    if !line.chars().all(is_name) {
        return None;
    }
    let begins = |place: &usize| line.get(..*place).is_some_and(|before| before.is_empty() || before.ends_with(' '));
    let starts: Vec<usize> = line
        .char_indices()
        .filter(|(place, letter)| *letter != ' ' && begins(place))
        .map(|(place, _)| place)
        .take(MAX_COLUMNS)
        .collect();
    let columns = names(&columns(line, &starts))?;
    Some(Layout::Table { starts, columns })
}

/// Cuts a line into columns that start at these places. Programs count characters or, in Chinese, Japanese and Korean, the cells of a
/// console, of which a character may take two: whichever way there is a space before every column is the right one.
pub(crate) fn columns(line: &str, starts: &[usize]) -> Vec<String> {
    let cells = |letter: char| if is_wide(letter) { 2 } else { 1 };
    if !line.chars().any(is_wide) || is_cut_at_spaces(line, starts, |_| 1) || !is_cut_at_spaces(line, starts, cells) {
        cut(line, starts, |_| 1)
    } else {
        cut(line, starts, cells)
    }
}

/// Returns the characters of a line with their places, when each takes so many.
fn placed(line: &str, cells: impl Fn(char) -> usize) -> impl Iterator<Item = (usize, char)> {
    line.chars().scan(0, move |next, letter| {
        let place = *next;
        *next += cells(letter);
        Some((place, letter))
    })
}

fn is_cut_at_spaces(line: &str, starts: &[usize], cells: impl Fn(char) -> usize) -> bool {
    let mut starts = starts.iter().skip(1).peekable();
    for (place, letter) in placed(line, cells) {
        while starts.peek().is_some_and(|start| **start <= place) {
            starts.next();
        }
        if starts.peek().is_some_and(|start| **start == place + 1) && letter != ' ' {
            return false;
        }
    }
    true
}

/// Whether a character takes two cells of a console: `W` and `F` in Unicode's `EastAsianWidth.txt`, of the scripts of Windows' consoles.
fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}')
}

fn cut(line: &str, starts: &[usize], cells: impl Fn(char) -> usize) -> Vec<String> {
    let mut columns = vec![String::new(); starts.len()];
    let mut column = 0;
    for (place, letter) in placed(line, cells) {
        while starts.get(column + 1).is_some_and(|next| place >= *next) {
            column += 1;
        }
        if let Some(text) = columns.get_mut(column).filter(|_| starts.first().is_some_and(|first| place >= *first)) {
            text.push(letter);
        }
    }
    columns.iter().map(|text| text.trim().to_owned()).collect()
}

/// Splits a line of CSV. In quotation marks, delimiters are text and `""` is one mark.
pub(crate) fn csv_fields(line: &str, delimiter: char) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.trim_matches(['\r', '\n']).chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '"' {
            if quoted && letters.next_if_eq(&'"').is_some() {
                push(&mut fields, '"');
            } else {
                quoted = !quoted;
            }
        } else if letter == delimiter && !quoted {
            if fields.len() == MAX_COLUMNS {
                break;
            }
            fields.push(String::new());
        } else {
            push(&mut fields, letter);
        }
    }
    fields
}

fn push(fields: &mut [String], letter: char) {
    if let Some(field) = fields.last_mut() {
        field.push(letter);
    }
}
