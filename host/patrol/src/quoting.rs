//! Words of a command line, quoted for the programs that read schedules.

/// Quotes a word for a POSIX shell.
pub(crate) fn shell(word: &str) -> String {
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Quotes a word for a line of a crontab: a `%` would end the command (crontab(5)).
pub(crate) fn cron(word: &str) -> String {
    shell(word).replace('%', r"\%")
}

/// Quotes a word for `ExecStart=` (systemd.service(5), "Command lines").
pub(crate) fn systemd(word: &str) -> String {
    let escaped = word.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    if !word.is_empty() && word.chars().all(is_plain) { escaped } else { format!("\"{escaped}\"") }
}

/// Quotes a word for a command line of Windows, as programs split it (`CommandLineToArgvW`).
pub(crate) fn windows(word: &str) -> String {
    if !word.is_empty() && word.chars().all(|character| is_plain(character) || character == '\\') {
        return word.to_owned();
    }
    let mut out = String::from("\"");
    let mut backslashes = 0;
    for character in word.chars() {
        if character == '"' {
            // Backslashes before a quote are escapes.
            out.push_str(&"\\".repeat(backslashes + 1));
        }
        backslashes = if character == '\\' { backslashes + 1 } else { 0 };
        out.push(character);
    }
    out.push_str(&"\\".repeat(backslashes));
    out.push('"');
    out
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_./:=,+@".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_reads_the_word_that_was_given() {
        for (word, in_shell, in_cron, in_systemd, in_windows) in [
            ("servers.txt", "servers.txt", "servers.txt", "servers.txt", "servers.txt"),
            ("", "''", "''", "\"\"", "\"\""),
            ("a b", "'a b'", "'a b'", "\"a b\"", "\"a b\""),
            ("it's", r"'it'\''s'", r"'it'\''s'", "\"it's\"", "\"it's\""),
            ("100%", "'100%'", r"'100\%'", "\"100%%\"", "\"100%\""),
            ("$HOME", "'$HOME'", "'$HOME'", "\"$$HOME\"", "\"$HOME\""),
            (r"C:\logs", r"'C:\logs'", r"'C:\logs'", r#""C:\\logs""#, r"C:\logs"),
            (r"C:\a b\", r"'C:\a b\'", r"'C:\a b\'", r#""C:\\a b\\""#, r#""C:\a b\\""#),
            (r#"a\"b"#, r#"'a\"b'"#, r#"'a\"b'"#, r#""a\\\"b""#, r#""a\\\"b""#),
        ] {
            assert_eq!((shell(word).as_str(), cron(word).as_str()), (in_shell, in_cron));
            assert_eq!((systemd(word).as_str(), windows(word).as_str()), (in_systemd, in_windows));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_gives_a_word_back() {
        for word in ["a b", "it's", "$(x) `y` \\ \" !", "*?[a]", "-n", "~"] {
            let printed = std::process::Command::new("sh").arg("-c").arg(format!("printf %s {}", shell(word))).output();
            assert_eq!(String::from_utf8(printed.unwrap().stdout).unwrap(), word);
        }
    }
}
