//! Words for access masks.

/// The object that a mask grants access to: the same bit has different meanings for different objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// A folder, a file, or a share: a share's mask uses the rights of its folder.
    File,
    /// A registry key.
    RegistryKey,
}

/// A right or a set of rights, with its name in Windows' dialogs.
type Right = (u32, &'static str);

/// The levels in the dialogs for shares and folders, widest first (winnt.h, `FILE_ALL_ACCESS` and the generic rights).
const FILE_LEVELS: [Right; 6] = [
    (0x001f_01ff, "full control"),
    (0x0013_01bf, "change"),
    (0x0012_00a9, "read"),
    // Without the right to run programs, which the levels above include.
    (0x0012_0089, "read without running"),
    (0x0012_0116, "write"),
    (0x0010_0116, "write"),
];

/// MS-DTYP 2.4.3, and winnt.h for the lower 16 bits.
const FILE_RIGHTS: [Right; 9] = [
    (0x0001, "list or read data"),
    (0x0002, "create files or write data"),
    (0x0004, "create folders or append data"),
    (0x0008, "read extended attributes"),
    (0x0010, "write extended attributes"),
    (0x0020, "traverse or run"),
    (0x0040, "delete what lies inside"),
    (0x0080, "read attributes"),
    (0x0100, "write attributes"),
];

const KEY_LEVELS: [Right; 3] = [(0x000f_003f, "full control"), (0x0002_0019, "read"), (0x0002_0006, "write")];

const KEY_RIGHTS: [Right; 6] = [
    (0x0001, "query values"),
    (0x0002, "set values"),
    (0x0004, "create subkeys"),
    (0x0008, "list subkeys"),
    (0x0010, "be notified"),
    (0x0020, "create links"),
];

const STANDARD_RIGHTS: [Right; 5] = [
    (0x0001_0000, "delete"),
    (0x0002_0000, "read permissions"),
    (0x0004_0000, "change permissions"),
    (0x0008_0000, "take ownership"),
    (0x0010_0000, "synchronize"),
];

const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const GENERIC_EXECUTE: u32 = 0x2000_0000;
const GENERIC_ALL: u32 = 0x1000_0000;

/// A mask with more single rights than this is shown as a number only.
const MAX_RIGHTS: usize = 4;

/// Formats a mask as `read (0x001200a9)`: the widest level that it includes, the rights beyond that, and the mask as stored.
pub fn access(object: Object, mask: u32) -> String {
    let mut rights = specific(object, mask);
    let (levels, own): (&[Right], &[Right]) = match object {
        Object::File => (&FILE_LEVELS, &FILE_RIGHTS),
        Object::RegistryKey => (&KEY_LEVELS, &KEY_RIGHTS),
    };
    let mut words = Vec::new();
    for &(level, word) in levels {
        if rights & level == level {
            words.push(word);
            rights &= !level;
            break;
        }
    }
    let single: Vec<&str> =
        own.iter().chain(&STANDARD_RIGHTS).filter(|(right, _)| rights & right != 0).map(|(_, word)| *word).collect();
    words.extend(single.iter().take(MAX_RIGHTS));
    if single.len() > MAX_RIGHTS {
        words.push("and more");
    }
    match words.as_slice() {
        [] if mask == 0 => "nothing".to_owned(),
        [] => format!("other rights ({mask:#010x})"),
        words => format!("{} ({mask:#010x})", words.join(", ")),
    }
}

/// Maps the generic rights to the specific ones (the generic mappings for files and for the registry).
fn specific(object: Object, mask: u32) -> u32 {
    let mapping = match object {
        Object::File => [
            (GENERIC_ALL, 0x001f_01ff),
            (GENERIC_READ, 0x0012_0089),
            (GENERIC_WRITE, 0x0012_0116),
            (GENERIC_EXECUTE, 0x0012_00a0),
        ],
        Object::RegistryKey => [
            (GENERIC_ALL, 0x000f_003f),
            (GENERIC_READ, 0x0002_0019),
            (GENERIC_WRITE, 0x0002_0006),
            (GENERIC_EXECUTE, 0x0002_0019),
        ],
    };
    mapping
        .into_iter()
        .fold(mask, |mask, (generic, own)| if mask & generic == 0 { mask } else { mask & !generic | own })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_have_the_words_of_windows_dialogues() {
        use Object::{File, RegistryKey};
        for (object, mask, expected) in [
            (File, 0x001f_01ff, "full control (0x001f01ff)"),
            (File, 0x1000_0000, "full control (0x10000000)"),
            (File, 0x0013_01bf, "change (0x001301bf)"),
            (File, 0x0012_00a9, "read (0x001200a9)"),
            (File, 0xa000_0000, "read (0xa0000000)"),
            (File, 0x0012_0089, "read without running (0x00120089)"),
            (File, 0x8000_0000, "read without running (0x80000000)"),
            (File, 0x0012_0116, "write (0x00120116)"),
            (File, 0x0012_00ab, "read, create files or write data (0x001200ab)"),
            (File, 0x0000_0006, "create files or write data, create folders or append data (0x00000006)"),
            (File, 0x0001_0000, "delete (0x00010000)"),
            (File, 0, "nothing"),
            (File, 0x0100_0000, "other rights (0x01000000)"),
            (
                File,
                0x0000_00bf,
                "list or read data, create files or write data, create folders or append data, read extended attributes, \
                 and more (0x000000bf)",
            ),
            (RegistryKey, 0x000f_003f, "full control (0x000f003f)"),
            (RegistryKey, 0x0002_0019, "read (0x00020019)"),
            (RegistryKey, 0x8000_0000, "read (0x80000000)"),
            (RegistryKey, 0x0002_001b, "read, set values (0x0002001b)"),
            (RegistryKey, 0x0003_001f, "read, set values, create subkeys, delete (0x0003001f)"),
            (RegistryKey, 0x4000_0000, "write (0x40000000)"),
            (RegistryKey, u32::MAX, "full control, synchronize (0xffffffff)"),
        ] {
            assert_eq!(access(object, mask), expected, "{object:?} {mask:#x}");
        }
    }
}
