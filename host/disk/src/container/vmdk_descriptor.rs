//! The text that describes a VMware disk: "Virtual Disk Format 5.0" (VMware, 2011).

use crate::error::{Error, Result};

const DESCRIPTOR: &str = "the descriptor of the VMDK";
/// The longest descriptor, in bytes.
pub(super) const MAX_DESCRIPTOR: usize = 1 << 20;
/// The maximum number of extents: a disk of 2 TB in extents of 2 GB has 1,024.
const MAX_EXTENTS: usize = 4096;
const SECTOR: u64 = 512;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) extents: Vec<Extent>,
    /// The path of the parent, for a snapshot.
    pub(super) parent: Option<String>,
    pub(super) parent_id: Option<String>,
    pub(super) id: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// The length in bytes.
    pub(super) size: u64,
    pub(super) kind: ExtentKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExtentKind {
    Zero,
    /// A file, and the offset in it.
    Flat(String, u64),
    Sparse(String),
}

pub(super) fn is_descriptor(start: &[u8]) -> bool {
    let start = start.trim_ascii_start();
    start.get(..21).is_some_and(|start| start.eq_ignore_ascii_case(b"# Disk DescriptorFile"))
}

/// Reads a descriptor; it ends at the first NUL.
pub(super) fn read(bytes: &[u8]) -> Result<Descriptor> {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    let mut descriptor = Descriptor::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if ["RW ", "RDONLY ", "NOACCESS "].iter().any(|access| line.starts_with(access)) {
            if descriptor.extents.len() == MAX_EXTENTS {
                return Err(Error::damaged(DESCRIPTOR, format!("it has more than {MAX_EXTENTS} extents")));
            }
            descriptor.extents.push(extent(line)?);
        } else if let Some((key, value)) = line.split_once('=') {
            let value = value.trim().trim_matches('"').to_owned();
            match key.trim().to_ascii_lowercase().as_str() {
                "cid" => descriptor.id = Some(value.to_ascii_lowercase()),
                "parentcid" if !value.eq_ignore_ascii_case("ffffffff") => {
                    descriptor.parent_id = Some(value.to_ascii_lowercase());
                }
                "parentfilenamehint" => descriptor.parent = Some(value),
                _ => {}
            }
        }
    }
    Ok(descriptor)
}

/// Reads `RW 4192256 SPARSE "disk-s001.vmdk"` or `RW 8192 FLAT "disk-flat.vmdk" 0`.
fn extent(line: &str) -> Result<Extent> {
    let damaged = || Error::damaged(DESCRIPTOR, format!("bad extent: `{}`", line.escape_debug()));
    let mut quoted = line.splitn(3, '"');
    let before = quoted.next().unwrap_or_default();
    let name = quoted.next().map(str::to_owned);
    let after = quoted.next().unwrap_or_default().trim();
    let mut words = before.split_whitespace().skip(1);
    let bytes = |sectors: &str| sectors.parse::<u64>().ok()?.checked_mul(SECTOR);
    let size = words.next().and_then(bytes).ok_or_else(damaged)?;
    let kind = match words.next().ok_or_else(damaged)?.to_ascii_uppercase().as_str() {
        "ZERO" => ExtentKind::Zero,
        "FLAT" | "VMFS" => {
            let offset = if after.is_empty() { Some(0) } else { after.split_whitespace().next().and_then(bytes) };
            ExtentKind::Flat(name.ok_or_else(damaged)?, offset.ok_or_else(damaged)?)
        }
        "SPARSE" | "VMFSSPARSE" => ExtentKind::Sparse(name.ok_or_else(damaged)?),
        kind => return Err(Error::unsupported(format!("the extent type {} (VMDK)", kind.escape_debug()))),
    };
    Ok(Extent { size, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_of_every_kind() {
        let found = read(
            b"# Disk DescriptorFile\nversion=1\nCID=ABCDEF01\nparentCID=ffffffff\n\n# Extent description\n\
              RW 16 SPARSE \"a b-s001.vmdk\"\nRDONLY 8 FLAT \"flat.vmdk\" 4\r\nRW 1 ZERO\nRW 8 VMFS \"x-flat.vmdk\"\n\0junk",
        )
        .unwrap();
        let extent = |size, kind| Extent { size, kind };
        let expected = vec![
            extent(8192, ExtentKind::Sparse("a b-s001.vmdk".to_owned())),
            extent(4096, ExtentKind::Flat("flat.vmdk".to_owned(), 2048)),
            extent(512, ExtentKind::Zero),
            extent(4096, ExtentKind::Flat("x-flat.vmdk".to_owned(), 0)),
        ];
        let id = Some("abcdef01".to_owned());
        assert_eq!(found, Descriptor { extents: expected, id, parent: None, parent_id: None });
    }

    #[test]
    fn bad_extents_are_named() {
        for (line, expected) in [
            ("RW 99999999999999999999 FLAT \"a\" 0", "bad extent"),
            ("RW 18446744073709551615 FLAT \"a\" 0", "bad extent"),
            ("RW 1 FLAT", "bad extent"),
            ("RW 1 FLAT \"a\" x", "bad extent"),
            ("RW", "bad extent"),
            ("RW 1 VMFSRDM \"a\"", "VMFSRDM"),
        ] {
            let found = read(format!("{line}\n").as_bytes());
            // A bare access word is not an extent line.
            if line == "RW" {
                assert!(found.unwrap().extents.is_empty());
            } else {
                assert!(found.unwrap_err().to_string().contains(expected), "{line}");
            }
        }
    }
}
