//! The file operations that Windows carries out at its next start, as recorded in the registry.
//!
//! A file in use cannot be replaced. An installer leaves the new file next to it and has Windows rename it before the next
//! start: `MoveFileEx` with `MOVEFILE_DELAY_UNTIL_REBOOT` records this below `Session Manager`, in
//! `PendingFileRenameOperations` and `PendingFileRenameOperations2`. The session manager reads both, in that order.

use super::folders::{Expanded, expanded};
use crate::contract::exports::wardline::check::types::{Answer, Fact, Question, RegistryData, RegistryValueName};

/// The key that holds the operations of the next start.
pub const SESSION_MANAGER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager";

const VALUES: [&str; 2] = ["PendingFileRenameOperations", "PendingFileRenameOperations2"];

/// The maximum number of operations read from one value; Windows itself never gets close to that many.
const MAX_OPERATIONS: usize = 10_000;

/// Replaces the drive in a path that identifies its volume in another way.
const ANY_DRIVE: &str = "?:";

/// A file that the next start renames or deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingOperation {
    /// The file's current path, without the kernel's prefixes: `C:\WINNT\system32\SET1A.tmp`.
    pub from: String,
    /// Its new path; `None` if it is deleted.
    pub to: Option<String>,
    /// Whether it may replace an existing file.
    pub replaces: bool,
}

impl PendingOperation {
    /// The questions for all operations. [`read`](PendingOperation::read) takes the answers.
    pub fn questions() -> [Question; 2] {
        VALUES.map(|name| {
            Question::RegistryValue(RegistryValueName { key: SESSION_MANAGER.to_owned(), name: name.to_owned() })
        })
    }

    /// Returns the operations in one answer to [`questions`](PendingOperation::questions), in their order. Empty if the value
    /// is absent.
    ///
    /// The value's strings are pairs of source and target; the target is empty for a deletion. A target prefixed with `!`
    /// replaces an existing file. A pair with an empty source names no file, and Windows skips it.
    ///
    /// # Errors
    ///
    /// A clause that says why the waiting operations are not known: the answer is not known, the value is of a type that
    /// Windows does not write, or it contains more than 10,000 operations.
    pub fn read(answer: Option<&Answer>) -> Result<Vec<PendingOperation>, String> {
        let data = match answer {
            Some(Answer::Absent) => return Ok(Vec::new()),
            Some(Answer::Known(Fact::RegistryValue(data))) => data,
            other => return Err(super::gap::not_known(other)),
        };
        match data {
            RegistryData::MultiText(texts) if texts.len() > 2 * MAX_OPERATIONS => {
                Err(format!("the value holds more than {MAX_OPERATIONS} operations"))
            }
            RegistryData::MultiText(texts) => Ok(PendingOperation::of(texts)),
            RegistryData::Text(text) if text.is_empty() => Ok(Vec::new()),
            _ => Err("the value is no list of texts (REG_MULTI_SZ)".to_owned()),
        }
    }

    /// Returns the operations in a list of strings. The last string may be missing, because the empty one at the end of a
    /// list is easily lost.
    pub fn of<T: AsRef<str>>(texts: &[T]) -> Vec<PendingOperation> {
        let pairs = texts.chunks(2).filter_map(|pair| {
            let from = plain(pair.first()?.as_ref());
            let goal = uncounted(pair.get(1).map_or("", |goal| goal.as_ref()));
            let (replaces, goal) = goal.strip_prefix('!').map_or((false, goal), |goal| (true, goal));
            let to = Some(plain(goal)).filter(|to| !to.is_empty());
            (!from.is_empty()).then_some(PendingOperation { from, to, replaces })
        });
        pairs.collect()
    }

    /// Returns the operation with the variable for the Windows folder, which [`of`](PendingOperation::of) substitutes for
    /// `\SystemRoot\`, resolved as in [`resolved`](super::resolved). `windows` is `system-info.windows-folder`, if it is
    /// known.
    #[must_use]
    pub fn resolved(&self, windows: Option<&str>) -> PendingOperation {
        let resolved = |path: &str| super::resolved(path, windows);
        PendingOperation { from: resolved(&self.from), to: self.to.as_deref().map(resolved), replaces: self.replaces }
    }

    /// Whether one of its paths begins with the variable for the Windows folder.
    pub(super) fn is_below_windows(&self) -> bool {
        [Some(&self.from), self.to.as_ref()]
            .into_iter()
            .flatten()
            .any(|path| expanded(path, None) == Expanded::FolderUnknown)
    }
}

/// Returns a path without its kernel prefix, `\??\` and similar.
fn plain(path: &str) -> String {
    let path = uncounted(path);
    let prefixes = [r"\??\", r"\\?\", r"\\.\", r"\DosDevices\", r"\GLOBAL??\"];
    let path = prefixes.iter().find_map(|prefix| without_prefix(path, prefix)).unwrap_or(path);
    let path = without_prefix(path, "GLOBALROOT").unwrap_or(path);
    match (without_prefix(path, r"\SystemRoot\"), below_volume(path)) {
        (Some(rest), _) => format!(r"%SystemRoot%\{rest}"),
        (None, Some(rest)) => format!(r"{ANY_DRIVE}\{rest}"),
        (None, None) => path.to_owned(),
    }
}

/// Later versions of Windows put a counter before the path: `*1\??\C:\…`.
fn uncounted(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix('*') {
        Some(counted) => counted.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => text,
    }
}

/// Returns the rest of a path that begins with the name of a volume rather than a drive: `\Device\HarddiskVolume1\`,
/// `Volume{…}\`.
fn below_volume(path: &str) -> Option<&str> {
    let rest = without_prefix(path, r"\Device\HarddiskVolume").or_else(|| without_prefix(path, "Volume{"))?;
    rest.split_once('\\').map(|(_, rest)| rest)
}

fn without_prefix<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    let (beginning, rest) = path.split_at_checked(prefix.len())?;
    beginning.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether a path is ambiguous: one of its components is a short name (`PROGRA~1`), or its drive is not given. [`may_name`]
/// decides which files it may name.
pub fn is_loose(path: &str) -> bool {
    path.starts_with(ANY_DRIVE) || path.split('\\').any(|component| short_name(component).is_some())
}

/// Whether an ambiguous path may name the file `path`, or, if `path` begins with a `\`, a file whose path ends with it.
///
/// Accepts every short name that NTFS may make of a long name under [MS-FSCC] 2.1.5.2.1: which of several files with such a
/// name received it is not known.
pub fn may_name(loose: &str, path: &str) -> bool {
    let (loose, path) = (loose.trim(), path.trim());
    let whole = !path.starts_with('\\');
    let mut names = loose.rsplit('\\');
    let mut components = path.rsplit('\\').filter(|component| !component.is_empty());
    let all = components.all(|component| names.next().is_some_and(|name| is_name_of(name, component)));
    all && (!whole || names.next().is_none())
}

fn is_name_of(name: &str, component: &str) -> bool {
    if name == ANY_DRIVE {
        return component.ends_with(':');
    }
    // Most pairs already differ here, and there may be a million of them.
    let begins_as = |first: Option<char>| name.chars().next().zip(first).is_none_or(is_short_for);
    if !begins_as(component.chars().next()) && !begins_as(in_short_names(component).next()) {
        return false;
    }
    if name.eq_ignore_ascii_case(component) {
        return true;
    }
    let Some((beginning, extension)) = short_name(name) else { return false };
    // A name that fits into 8.3 has no other short name.
    if is_8_3(component) {
        return false;
    }
    let (stem, long_extension) = component.rsplit_once('.').unwrap_or((component, ""));
    // From the fifth file with the same prefix on, only the first two characters come from the long name.
    let alike = beginning.chars().zip(in_short_names(stem)).take(2).all(is_short_for);
    let extension_length = in_short_names(long_extension).take(3).count();
    let same_extension = extension.chars().zip(in_short_names(long_extension)).all(is_short_for);
    alike && extension.chars().count() == extension_length && same_extension
}

/// Returns the characters that are kept.
fn in_short_names(long: &str) -> impl Iterator<Item = char> {
    long.chars().filter(|&each| each != ' ' && each != '.')
}

/// A character that a short name may not contain becomes `_`.
fn is_short_for((short, long): (char, char)) -> bool {
    short == '_' || short.eq_ignore_ascii_case(&long)
}

/// Returns `PROGRA` and `` of `PROGRA~1`, `MSXML3` and `DLL` of `MSXML3~1.DLL`.
fn short_name(component: &str) -> Option<(&str, &str)> {
    let (stem, extension) = component.split_once('.').unwrap_or((component, ""));
    let (beginning, number) = stem.rsplit_once('~')?;
    let numbered = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    (numbered && !beginning.is_empty() && is_8_3(component)).then_some((beginning, extension))
}

fn is_8_3(component: &str) -> bool {
    let (stem, extension) = component.split_once('.').unwrap_or((component, ""));
    let fits = |part: &str, most: usize| part.chars().count() <= most && !part.contains([' ', '.']);
    !stem.is_empty() && fits(stem, 8) && fits(extension, 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_told_without_the_prefixes_of_the_kernel() {
        for (what, texts, expected) in [
            ("a renaming", [r"\??\C:\a", r"\??\C:\b"], Some((r"C:\a", Some(r"C:\b"), false))),
            ("one that replaces", [r"\??\C:\a", r"!\??\C:\b"], Some((r"C:\a", Some(r"C:\b"), true))),
            ("a deletion", [r"\??\C:\a", ""], Some((r"C:\a", None, false))),
            ("a counter", [r"*12\??\C:\a", r"*12!\??\C:\b"], Some((r"C:\a", Some(r"C:\b"), true))),
            ("the mark before the counter", [r"\??\C:\a", r"!*1\??\C:\b"], Some((r"C:\a", Some(r"C:\b"), true))),
            ("Win32's prefix", [r"\\?\C:\a", r"\DosDevices\C:\b"], Some((r"C:\a", Some(r"C:\b"), false))),
            (
                "Windows' folder",
                [r"\SystemRoot\a", r"\systemroot\b"],
                Some((r"%SystemRoot%\a", Some(r"%SystemRoot%\b"), false)),
            ),
            ("a volume", [r"\Device\HarddiskVolume1\a", ""], Some((r"?:\a", None, false))),
            ("a volume's identifier", [r"\??\Volume{1-2}\x\a", ""], Some((r"?:\x\a", None, false))),
            ("a device of everybody's", [r"\??\GLOBALROOT\Device\HarddiskVolume2\a", ""], Some((r"?:\a", None, false))),
            ("a mark at the wrong place", [r"!\??\C:\a", ""], Some((r"!\??\C:\a", None, false))),
            ("no file", ["", r"\??\C:\b"], None),
            ("nothing at all", ["", ""], None),
            ("only a prefix", [r"\??\", ""], None),
        ] {
            let expected = expected.map(|(from, to, replaces)| PendingOperation {
                from: from.to_owned(),
                to: to.map(str::to_owned),
                replaces,
            });
            assert_eq!(PendingOperation::of(&texts), Vec::from_iter(expected), "{what}");
        }
        let lost = PendingOperation::of(&[r"C:\a", r"C:\b", r"C:\c"]);
        assert_eq!(lost.last().map(|last| (last.from.as_str(), &last.to)), Some((r"C:\c", &None)));
    }

    #[test]
    fn windows_folder_is_resolved_where_it_is_known() {
        let operation =
            || PendingOperation::of(&[r"\SystemRoot\a", r"!\??\C:\b", r"\??\C:\a", r"\SystemRoot\b", r"C:\c", ""]);
        let resolved: Vec<_> = operation().into_iter().map(|it| it.resolved(Some(r"C:\WINNT\"))).collect();
        let expected = PendingOperation::of(&[r"C:\WINNT\a", r"!C:\b", r"C:\a", r"C:\WINNT\b", r"C:\c", ""]);
        assert_eq!(resolved, expected);
        let unknown: Vec<_> = operation().into_iter().map(|it| it.resolved(None)).collect();
        assert_eq!(unknown, operation());
        assert_eq!(operation().iter().map(PendingOperation::is_below_windows).collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn what_is_no_list_of_texts_is_not_known() {
        let value = |data| Answer::Known(Fact::RegistryValue(data));
        let many = vec![r"C:\a".to_owned(); 2 * MAX_OPERATIONS + 1];
        for (answer, known) in [
            (Some(Answer::Absent), true),
            (Some(value(RegistryData::MultiText(Vec::new()))), true),
            (Some(value(RegistryData::Text(String::new()))), true),
            (Some(value(RegistryData::Text(r"C:\a".to_owned()))), false),
            (Some(value(RegistryData::Binary(vec![0; 4]))), false),
            (Some(value(RegistryData::Other(7))), false),
            (Some(value(RegistryData::None)), false),
            (Some(value(RegistryData::MultiText(many))), false),
            (Some(Answer::Known(Fact::Volumes(Vec::new()))), false),
            (Some(Answer::Unreadable("damaged".to_owned())), false),
            (Some(Answer::Denied("policy".to_owned())), false),
            (Some(Answer::Unsupported), false),
            (None, false),
        ] {
            assert_eq!(PendingOperation::read(answer.as_ref()).is_ok(), known, "{answer:?}");
        }
    }

    /// Short names as NTFS generates them: [MS-FSCC] 2.1.5.2.1.
    #[test]
    fn a_short_name_may_be_that_of_a_long_one() {
        for (loose, path, expected) in [
            (r"C:\PROGRA~1\X\a.dll", r"C:\Program Files\X\a.dll", true),
            (r"C:\PROGRA~1\X\a.dll", r"\X\a.dll", true),
            (r"C:\PROGRA~1\X\a.dll", r"C:\Programme\X\a.dll", true),
            (r"C:\PROGRA~1\X\a.dll", r"C:\Other Files\X\a.dll", false),
            (r"C:\PROGRA~1\X\a.dll", r"C:\Progs\X\a.dll", false),
            (r"C:\x\longer~1.dll", r"C:\x\longername.dll", true),
            (r"C:\x\lo3F2A~1.dll", r"C:\x\longername.dll", true),
            (r"C:\x\longer~1.exe", r"C:\x\longername.dll", false),
            (r"C:\x\longer~1.htm", r"C:\x\longer.html", true),
            (r"C:\x\longer~1.ht", r"C:\x\longer.html", false),
            (r"C:\x\A_LONG~1.DLL", r"C:\x\a+longname.dll", true),
            (r"C:\x\A_LONG~1.DLL", r"C:\x\b+longname.dll", false),
            (r"?:\winnt\a.dll", r"C:\WINNT\a.dll", true),
            (r"?:\winnt\a.dll", r"C:\WINNT\system32\a.dll", false),
            (r"?:\x\winnt\a.dll", r"C:\WINNT\a.dll", false),
        ] {
            assert!(is_loose(loose), "{loose}");
            assert_eq!(may_name(loose, path), expected, "{loose} {path}");
        }
        for path in [r"C:\WINNT\a.dll", r"C:\~\a", r"C:\a~b\c", r"C:\a~1long\c", ""] {
            assert!(!is_loose(path), "{path}");
        }
    }
}
