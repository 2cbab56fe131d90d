//! The names of parts of a disk image.

use std::fmt;
use std::path::{Path, PathBuf};

/// The part of a disk image that a target names after its path: `disk.vhdx#2@vss1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The number of the partition; `None` for the one that has Windows.
    pub partition: Option<u32>,
    /// The number of a volume shadow copy; `None` for the volume as it is now.
    pub shadow_copy: Option<u32>,
}

impl Part {
    /// Splits a target into the path of the image and the part, unless a file has the whole as its name.
    pub fn split(target: &Path) -> (PathBuf, Part) {
        let whole = (target.to_owned(), Part::default());
        let (false, Some(text)) = (target.exists(), target.to_str()) else { return whole };
        let (rest, shadow_copy) = number_after(text, "@vss");
        let (path, partition) = if Path::new(rest).exists() { (rest, None) } else { number_after(rest, "#") };
        (PathBuf::from(path), Part { partition, shadow_copy })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.partition {
            write!(formatter, "#{number}")?;
        }
        if let Some(number) = self.shadow_copy {
            write!(formatter, "@vss{number}")?;
        }
        Ok(())
    }
}

/// Splits a number with a prefix off the end of a text.
fn number_after<'t>(text: &'t str, prefix: &str) -> (&'t str, Option<u32>) {
    let split = text.rsplit_once(prefix).and_then(|(rest, number)| Some((rest, number.parse().ok()?)));
    split.map_or((text, None), |(rest, number)| (rest, Some(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_split_off_unless_it_is_in_the_name_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["disk.raw", "b#2", "c@vss1"] {
            std::fs::write(path(name), "").unwrap();
        }
        let part = |partition, shadow_copy| Part { partition, shadow_copy };
        for (target, file, expected) in [
            ("disk.raw", "disk.raw", part(None, None)),
            ("disk.raw#2", "disk.raw", part(Some(2), None)),
            ("disk.raw@vss3", "disk.raw", part(None, Some(3))),
            ("disk.raw#2@vss3", "disk.raw", part(Some(2), Some(3))),
            ("b#2", "b#2", part(None, None)),
            ("b#2@vss1", "b#2", part(None, Some(1))),
            ("b#2#5", "b#2", part(Some(5), None)),
            ("c@vss1", "c@vss1", part(None, None)),
            ("c@vss1#4", "c@vss1", part(Some(4), None)),
            ("disk.raw@vssx", "disk.raw@vssx", part(None, None)),
            ("none", "none", part(None, None)),
        ] {
            let split = Part::split(&path(target));
            assert_eq!(split, (path(file), expected), "{target}");
        }
        assert_eq!(part(Some(2), Some(3)).to_string(), "#2@vss3");
    }
}
