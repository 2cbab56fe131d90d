//! Finds passwords in a setup file, without exposing them.

use std::collections::BTreeMap;

use wardline_plugin::prelude::*;

/// The places of passwords: names of settings, each with its lines, counted from 1.
pub(crate) type Traces = BTreeMap<String, Vec<usize>>;

/// The maximum length of one answer, in bytes.
const STRETCH: u32 = 65_536;
/// The maximum size of a file, in bytes. Setup logs are smaller.
const LARGEST: u64 = 1024 * 1024;
/// The maximum number of settings to report, and of lines for each.
const TOLD: usize = 16;

/// Reads a file and finds the places of passwords. `None` if the file does not exist.
///
/// # Errors
///
/// Why it cannot be read, in words.
pub(crate) async fn read(evidence: &Evidence, path: &str) -> Result<Option<Traces>, String> {
    let reason = |unable: Unable| unable.reason;
    let first = evidence.text(path, 0, STRETCH).await.optional().map_err(reason)?;
    let Some(start) = first.as_ref() else { return Ok(None) };
    if start.size > LARGEST {
        return Err(format!("it is {} bytes long; more than {LARGEST} are not read", start.size));
    }
    let offsets = (u64::from(STRETCH)..start.size).step_by(STRETCH as usize);
    let rest = join_all(offsets.map(|offset| evidence.text(path, offset, STRETCH))).await;
    let mut text = start.text.clone();
    for reply in rest {
        text.push_str(&reply.required().map_err(reason)?.text);
    }
    Ok(Some(find(&text)))
}

/// Finds the places of passwords: as a setting (`szPWD=…`, also in a connection string), or as the option `-P` of the command
/// line tools.
fn find(text: &str) -> Traces {
    let mut traces = Traces::new();
    for (number, line) in text.lines().enumerate() {
        let setting = setting(line).or_else(|| option(line).map(str::to_owned));
        if let Some(setting) = setting
            && (traces.len() < TOLD || traces.contains_key(&setting))
        {
            let lines = traces.entry(setting).or_default();
            if lines.len() < TOLD {
                lines.push(number + 1);
            }
        }
    }
    traces
}

/// Returns the first setting of a line whose name ends in `pwd` or `password` and that has a value.
fn setting(line: &str) -> Option<String> {
    line.match_indices('=').find_map(|(at, _)| {
        let before = line.get(..at)?.trim_end();
        let in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let name = before.get(before.trim_end_matches(in_name).len()..)?;
        let folded = name.to_ascii_lowercase();
        let is_password = folded.ends_with("pwd") || folded.ends_with("password");
        // `BlankSaPwd=1` means that there is no password.
        if !is_password || folded.contains("blank") || name.len() > 40 {
            return None;
        }
        let after = line.get(at + 1..)?;
        let value = after.split([';', ',']).next().unwrap_or_default();
        is_password_text(value).then(|| name.to_owned())
    })
}

/// Returns `-P` with an argument, on a line that calls one of the tools that accept it.
fn option(line: &str) -> Option<&'static str> {
    let folded = line.to_ascii_lowercase();
    if !folded.contains("isql") && !folded.contains("osql") {
        return None;
    }
    let mut words = line.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let Some(attached) = word.strip_prefix("-P").or_else(|| word.strip_prefix("/P")) else { continue };
        let value = if attached.is_empty() {
            words.peek().copied().filter(|next| !next.starts_with(['-', '/'])).unwrap_or_default()
        } else {
            attached
        };
        if is_password_text(value) {
            return Some("-P");
        }
    }
    None
}

/// Neither empty nor masked with asterisks.
fn is_password_text(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']).trim();
    !value.is_empty() && !value.chars().all(|letter| letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_found_and_not_told() {
        for (line, setting) in [
            ("szPWD=secret", Some("szPWD")),
            ("SQLDomainPwd = 0x41aa97", Some("SQLDomainPwd")),
            ("svPassword=secret", Some("svPassword")),
            ("driver={sql server};server=DB1;UID=sa;PWD=secret;database=master", Some("PWD")),
            (r#"isql.exe -Usa -Psecret -S DB1"#, Some("-P")),
            (r#"C:\MSSQL7\BINN\OSQL -U sa -P "secret" -n"#, Some("-P")),
            ("é=1; größePWD=secret", Some("ePWD")),
            ("szPWD=", None),
            ("szPWD=   ", None),
            (r#"Password="""#, None),
            ("Password=********", None),
            ("driver={sql server};server=DB1;UID=sa;PWD=;database=master", None),
            ("BlankSAPwd=1", None),
            ("isql -E -n -i x.sql", None),
            ("osql -U sa -P -n", None),
            ("osql -U sa -p", None),
            ("copy -Pfoo", None),
            ("PasswordPolicy=strict", None),
            ("[DlgSQLSecurity-0]", None),
        ] {
            let found = find(line);
            assert_eq!(found.keys().map(String::as_str).next(), setting, "{line}");
            assert!(!format!("{found:?}").contains("secret"));
        }
    }

    #[test]
    fn lines_are_counted_and_bounded() {
        let text = "x\r\n".to_owned() + &"PWD=secret\r\n".repeat(50);
        assert_eq!(find(&text)["PWD"], (2..18).collect::<Vec<_>>());
        let many: String = (0..50).map(|number| format!("a{number}pwd=x\n")).collect();
        assert_eq!(find(&many).len(), TOLD);
    }
}
