//! Reparse points: [MS-FSCC] 2.1.2.

use crate::bytes::{Fields, text, units};
use crate::error::Result;
use crate::file_system::Target;

pub(super) const MOUNT_POINT: u32 = 0xa000_0003;
pub(super) const SYMBOLIC_LINK: u32 = 0xa000_000c;
/// System files that are compressed (Windows Overlay Filter).
pub(super) const WOF: u32 = 0x8000_0017;
pub(super) const DEDUPLICATED: u32 = 0x8000_0013;
/// Any tag of something that leads to another name.
const NAME_SURROGATE: u32 = 0x2000_0000;

const IS_RELATIVE: u32 = 1;

pub(super) struct Reparse {
    pub(super) tag: u32,
    pub(super) data: Vec<u8>,
}

/// Whether opening a file with this tag opens another one.
pub(super) fn is_link(tag: u32) -> bool {
    tag & NAME_SURROGATE != 0
}

pub(super) fn read(value: &[u8]) -> Result<Reparse> {
    let fields = Fields::new("a reparse point", value);
    let data = fields.slice(8, fields.u16(4)?.into())?.to_vec();
    Ok(Reparse { tag: fields.u32(0)?, data })
}

impl Reparse {
    /// The target of a link; `None` for other reparse points.
    pub(super) fn target(&self) -> Result<Option<Target>> {
        let fields = Fields::new("a reparse point", &self.data);
        let path = |start: usize| -> Result<String> {
            let offset = start.saturating_add(fields.u16(0)?.into());
            Ok(text(units(fields.slice(offset, fields.u16(2)?.into())?)))
        };
        Ok(match self.tag {
            MOUNT_POINT => Some(absolute(path(8)?)),
            SYMBOLIC_LINK => {
                let target = path(12)?;
                Some(if fields.u32(8)? & IS_RELATIVE != 0 { Target::Relative(target) } else { absolute(target) })
            }
            tag if is_link(tag) => Some(Target::Elsewhere(format!("(reparse tag {tag:#x})"))),
            _ => None,
        })
    }
}

/// Reads a path of the object manager: `\??\C:\Users`.
fn absolute(path: String) -> Target {
    let rest = path.strip_prefix(r"\??\").or_else(|| path.strip_prefix(r"\\?\")).unwrap_or(&path);
    let mut characters = rest.chars();
    match (characters.next(), characters.next(), characters.as_str()) {
        (Some(drive), Some(':'), rest)
            if drive.is_ascii_alphabetic() && (rest.is_empty() || rest.starts_with('\\')) =>
        {
            Target::Drive(drive.to_ascii_uppercase(), rest.to_owned())
        }
        _ => Target::Elsewhere(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(tag: u32, flags: Option<u32>, path: &str) -> Option<Target> {
        let path = path.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let size = (path.len() as u16).to_le_bytes();
        let numbers = [[0, 0], size, size, [0, 0]].concat();
        let flags = flags.map_or(Vec::new(), |flags| flags.to_le_bytes().to_vec());
        let data = [numbers, flags, path].concat();
        let value = [&tag.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), &[0, 0], &data].concat();
        read(&value).unwrap().target().unwrap()
    }

    #[test]
    fn targets_by_tag_and_form() {
        let drive = |path: &str| Some(Target::Drive('C', path.to_owned()));
        let elsewhere = |path: &str| Some(Target::Elsewhere(path.to_owned()));
        assert_eq!(target(MOUNT_POINT, None, r"\??\c:\Users"), drive(r"\Users"));
        assert_eq!(target(MOUNT_POINT, None, r"\??\C:"), drive(""));
        assert_eq!(target(MOUNT_POINT, None, r"\??\Volume{1}\"), elsewhere(r"\??\Volume{1}\"));
        assert_eq!(target(SYMBOLIC_LINK, Some(0), r"\??\C:\a"), drive(r"\a"));
        assert_eq!(target(SYMBOLIC_LINK, Some(0), r"\??\UNC\server\share"), elsewhere(r"\??\UNC\server\share"));
        assert_eq!(target(SYMBOLIC_LINK, Some(1), r"..\a"), Some(Target::Relative(r"..\a".to_owned())));
        assert_eq!(target(0xa000_001d, None, "x"), elsewhere("(reparse tag 0xa000001d)"));
        assert_eq!(target(WOF, None, "x"), None);
        assert_eq!(target(DEDUPLICATED, None, "x"), None);
    }

    #[test]
    fn a_target_outside_its_data_is_damage() {
        for size in 0..20 {
            let data = vec![0xff; size];
            let reparse = |tag| Reparse { tag, data: data.clone() };
            assert!(reparse(MOUNT_POINT).target().is_err());
            assert!(reparse(SYMBOLIC_LINK).target().is_err());
        }
    }
}
