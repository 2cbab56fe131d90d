//! Ignore lists, as HFNetChk's `-fq`: updates whose findings are left out, one a line.

use std::path::Path;

use wardline_files::regular_file;
use wardline_files::text_file::TextFileError;
use wardline_report::{Waived, WaiverProblem, WaiverToReview};
use wardline_windows_words::update_names;

use crate::error::{LARGEST_FILE, MAX_ENTRIES, RulesError};
use crate::names::FindingName;
use crate::pattern::Pattern;
use crate::waivers::{Uses, Waiver, Waivers};

/// The maximum number of names listed of a list's unused lines.
const MAX_NAMED: usize = 20;

/// Reads a list: an article (`Q296441`, `KB5034441` or the number alone) or a bulletin a line; `#` and `;` begin comments.
pub(crate) fn read(path: &Path) -> Result<Waivers, RulesError> {
    let file = path.display().to_string();
    let bytes = regular_file::read(path, LARGEST_FILE)
        .map_err(|source| TextFileError::Unreadable { file: file.clone(), source })?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(TextFileError::TooLarge { file, most: LARGEST_FILE }.into());
    }
    parse(&file, &bytes)
}

pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Waivers, RulesError> {
    let invalid = |line: usize, reason: String| RulesError::Invalid { file: file.to_owned(), line, reason };
    let text = decoded(bytes).ok_or_else(|| invalid(1, "not text: expected UTF-8 or UTF-16".to_owned()))?;
    let mut waivers = Vec::new();
    for name in update_names(&text, &['#', ';']) {
        let (line, update) = name.map_err(|(line, found)| {
            invalid(line, format!("expected a number such as Q296441, KB5034441 or MS01-022, found `{found}`"))
        })?;
        if waivers.len() == MAX_ENTRIES {
            return Err(RulesError::TooMany { file: file.to_owned() });
        }
        waivers.push(Waiver {
            names: vec![FindingName::Update(update)],
            machines: vec![Pattern::all()],
            subject: Vec::new(),
            waived: Waived { source: format!("{file}, line {line}").into(), reason: None, owner: None, expires: None },
            in_force: true,
            uses: Uses::default(),
        });
    }
    Ok(Waivers::new(waivers))
}

/// Returns the lines that ignore nothing, as one remark.
pub(crate) fn to_review(file: &str, list: &Waivers) -> Option<WaiverToReview> {
    let unused = || list.waivers().iter().filter(|waiver| !waiver.is_used());
    let count = unused().count();
    let detail = match (count, list.waivers().len()) {
        (0, _) => return None,
        (1, 1) => "its only line ignores nothing: no machine of this scan has the finding".to_owned(),
        (count, all) => format!("{count} of {all} lines ignore nothing: no machine of this scan has the findings"),
    };
    Some(WaiverToReview {
        source: file.to_owned(),
        findings: unused().flat_map(|waiver| &waiver.names).take(MAX_NAMED).map(FindingName::to_string).collect(),
        owner: None,
        problem: WaiverProblem::Unused,
        detail,
    })
}

/// Decodes UTF-8, with or without a byte order mark, or UTF-16 with one, as Notepad writes it.
fn decoded(bytes: &[u8]) -> Option<String> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16(&units).ok().filter(|_| odd.is_empty())
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        rest => std::str::from_utf8(rest).ok().map(str::to_owned),
    }
}
