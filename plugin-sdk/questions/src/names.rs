//! Windows names in a form that can be compared.

use wardline_upcase::{fold_to_lower, lower};

/// Folds a single name to lowercase, using the table with which Windows compares names. Two names fold to the same string exactly
/// when Windows considers them equal.
pub fn folded_name(name: &str) -> String {
    fold_to_lower(name)
}

/// Folds a file path: its names as [`folded_name`] does, a single `\` between components, and `%windir%` instead of `%systemroot%`.
pub fn folded_path(path: &str) -> String {
    let folded = fold(path, |letter| matches!(letter, '\\' | '/'));
    match folded.strip_prefix("%systemroot%") {
        Some(rest) => format!("%windir%{rest}"),
        None => folded,
    }
}

/// Folds a registry key path: its names as [`folded_name`] does, with a single `\` between them. A `/` is kept because it may be
/// part of a key's name, as in `Ciphers\RC4 128/128`.
pub fn folded_key(path: &str) -> String {
    fold(path, |letter| letter == '\\')
}

fn fold(path: &str, is_separator: impl Fn(char) -> bool) -> String {
    let mut folded = String::with_capacity(path.len());
    if path.is_ascii() {
        // The fast path for nearly all paths: bytes are cheaper than characters, and this runs for every question of every target.
        let mut after_separator = false;
        for letter in path.bytes().map(char::from) {
            let separator = is_separator(letter);
            if !separator {
                folded.push(letter.to_ascii_lowercase());
            } else if !after_separator {
                folded.push('\\');
            }
            after_separator = separator;
        }
    } else {
        for letter in path.chars() {
            match is_separator(letter) {
                true if folded.ends_with('\\') => {}
                true => folded.push('\\'),
                false => folded.push(lower(letter)),
            }
        }
    }
    if folded.ends_with('\\') {
        folded.pop();
    }
    folded
}

/// Whether a path contains `.` or `..` components, so that its text does not say where it leads.
pub fn has_dot_segments(path: &str) -> bool {
    // A dot component begins the path or follows a separator; checking only for that avoids splitting nearly all paths.
    let bytes = path.as_bytes();
    let begins = |place: usize| place == 0 || matches!(bytes[place - 1], b'\\' | b'/');
    let is_component = |place: usize| {
        let rest = &bytes[place..];
        let dots = if rest.starts_with(b"..") { 2 } else { 1 };
        matches!(rest.get(dots), None | Some(b'\\' | b'/'))
    };
    bytes.iter().enumerate().any(|(place, byte)| *byte == b'.' && begins(place) && is_component(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_folds_to_the_same() {
        for (path, expected) in [
            (r"HKLM\SOFTWARE\Microsoft\", r"hklm\software\microsoft"),
            (r"C:/WINNT//System32\\drivers/", r"c:\winnt\system32\drivers"),
            (r"%SystemRoot%\System32\NTDLL.dll", r"%windir%\system32\ntdll.dll"),
            (r"C:\\ÄRGER//ÉTÉ/", r"c:\ärger\été"),
            // Windows has no capital for the final sigma, and Unicode's rule for it depends on the adjacent letters.
            (r"C:\ΠΩΛΗΤΉΣ", r"c:\πωλητήσ"),
            (r"C:\Πωλητής", r"c:\πωλητής"),
            ("C:\\ᲐᲑ\\İ\\\u{212a}", "c:\\ᲐᲑ\\İ\\\u{212a}"),
            ("", ""),
            (r"\\", ""),
        ] {
            assert_eq!(folded_path(path), expected, "{path}");
        }
    }

    #[test]
    fn a_slash_is_part_of_a_keys_name() {
        for (key, expected) in [
            (r"HKLM\SOFTWARE\\Acme/Secret\", r"hklm\software\acme/secret"),
            (r"HKLM\Ciphers\RC4 128/128", r"hklm\ciphers\rc4 128/128"),
            (r"HKLM\ÄRGER//É", r"hklm\ärger//é"),
        ] {
            assert_eq!(folded_key(key), expected, "{key}");
            assert_ne!(folded_key(key), folded_key(&key.replace('/', r"\")));
        }
    }

    #[test]
    fn only_components_of_dots_are_devious() {
        for path in [".", "..", r"a\..\b", "a/./b", r"a\..", r"..\a", "./a", r"a\."] {
            assert!(has_dot_segments(path), "{path}");
        }
        for path in ["", "a.b", r"a\.b\c", r"a\..b", r"...\a", r"a\b.", r".config\x", r"a..\b"] {
            assert!(!has_dot_segments(path), "{path}");
        }
    }
}
