//! Reads a whole configuration file, range by range: one answer contains only a part of it.

use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;

/// The maximum length of one answer, in bytes.
const STRETCH: u32 = 65_536;

/// The maximum size of a file, in bytes. Configuration files of servers with thousands of sites are smaller.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A file's text, with the question that returned each part of it.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) text: String,
    /// The end of each answer's part of `text`, and the question's number.
    stretches: Vec<(usize, u32)>,
}

/// Reads a file in two rounds: the first answer contains its length, the rest is requested at once. `None` if the file does
/// not exist.
///
/// # Errors
///
/// If part of it cannot be read, it is larger than 4 MiB, or it is not text in UTF-8 or a one-byte encoding.
pub(crate) async fn read(evidence: &Evidence, path: &str) -> Result<Option<TextFile>, Unable> {
    let first = evidence.text(path, 0, STRETCH).await.optional().map_err(|unable| about(path, unable))?;
    let Some(start) = first.as_ref() else { return Ok(None) };
    if start.size > LARGEST {
        let reason = format!("{path} is {} bytes long; more than {LARGEST} are not read.", start.size);
        return Err(Unable::new(reason).because(&first));
    }
    let offsets = (u64::from(STRETCH)..start.size).step_by(STRETCH as usize);
    let rest = join_all(offsets.map(|offset| evidence.text(path, offset, STRETCH))).await;

    let mut text = start.text.trim_start_matches('\u{feff}').to_owned();
    let mut stretches = vec![(text.len(), first.question_number())];
    for reply in rest {
        let stretch = reply.required().map_err(|unable| about(path, unable))?;
        text.push_str(&stretch.text);
        stretches.push((text.len(), stretch.question_number()));
    }
    // Only the first range of a UTF-16 file begins with the byte order mark; the others decode as bytes with NULs.
    if text.contains('\0') {
        return Err(Unable::new(format!("{path} is not UTF-8 text.")).because(&first));
    }
    Ok(Some(TextFile { text, stretches }))
}

impl TextFile {
    /// Returns the question whose answer contains this position in the text.
    pub(crate) fn question_at(&self, position: usize) -> u32 {
        let stretch = self.stretches.partition_point(|(end, _)| *end <= position);
        self.stretches.get(stretch).or(self.stretches.last()).map_or(0, |(_, question)| *question)
    }
}

fn about(path: &str, mut unable: Unable) -> Unable {
    unable.reason = format!("{path}: {}", unable.reason);
    unable
}
