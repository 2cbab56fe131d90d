//! Messages about files that name the path only once.

use std::fmt::Display;

/// Returns `path: message`, or the message alone if it already begins with the path, as most errors about files do.
pub fn about(path: impl Display, message: impl Display) -> String {
    let (path, message) = (path.to_string(), message.to_string());
    match message.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with([':', ',', ' '])) {
        true => message,
        false => format!("{path}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::about;

    #[test]
    fn a_path_is_said_once() {
        for (path, message, expected) in [
            ("/mnt/web01", "/mnt/web01: there is no such directory", "/mnt/web01: there is no such directory"),
            ("trust.toml", "trust.toml, line 3: no key", "trust.toml, line 3: no key"),
            ("a.json", "a.json is about another plugin", "a.json is about another plugin"),
            ("web01", "no such folder", "web01: no such folder"),
            // A different file whose name starts with the path.
            ("acme.wasm", "acme.wasm.minisig: cannot be read", "acme.wasm: acme.wasm.minisig: cannot be read"),
            ("a", "a", "a: a"),
            ("", "cannot be read", ": cannot be read"),
        ] {
            assert_eq!(about(path, message), expected);
        }
    }
}
