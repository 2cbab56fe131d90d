//! Grants: scopes as text, `registry:HKLM\SOFTWARE\Acme\**`.

use wardline_contract::names::has_dot_segments;
use wardline_contract::{Escaped, Scope};

/// Why a text is not a grant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    #[error(
        "\"{0}\": unknown grant: expected one of registry:KEY, file:PATH, text:PATH, {words}",
        words = WHOLE.map(|(word, _)| word).join(", ")
    )]
    Unknown(String),
    #[error("\"{word}\": missing pattern: expected a form such as {example}")]
    MissingPattern { word: &'static str, example: &'static str },
    #[error("\"{0}\": unexpected pattern: it can only be granted as a whole")]
    UnexpectedPattern(&'static str),
    #[error("\"{0}\": paths with . or .. are never looked up")]
    DotSegments(String),
    #[error("\"{0}\": bad registry key: expected HKLM, HKU, HKCR or a wildcard at the beginning")]
    BadKey(String),
    #[error("\"{0}\": bad path: expected a drive (C:\\), a variable (%windir%) or a wildcard at the beginning")]
    BadPath(String),
}

/// Scopes without a pattern, by the contract's names.
const WHOLE: [(&str, Scope); 11] = [
    ("system", Scope::System),
    ("updates", Scope::Updates),
    ("services", Scope::Services),
    ("accounts", Scope::Accounts),
    ("groups", Scope::Groups),
    ("shares", Scope::Shares),
    ("volumes", Scope::Volumes),
    ("audit-policy", Scope::AuditPolicy),
    ("password-policy", Scope::PasswordPolicy),
    ("profiles", Scope::Profiles),
    ("permissions", Scope::Permissions),
];

/// Formats a scope as it is written in a policy.
///
/// ```
/// use wardline_contract::Scope;
/// use wardline_engine::policy::{grant_text, parse_grant};
///
/// let scope = Scope::File(r"%windir%\system32\inetsrv\*".into());
/// assert_eq!(grant_text(&scope), r"file:%windir%\system32\inetsrv\*");
/// assert_eq!(parse_grant("audit-policy"), Ok(Scope::AuditPolicy));
/// ```
pub fn grant_text(scope: &Scope) -> String {
    match scope {
        Scope::Registry(pattern) => format!("registry:{pattern}"),
        Scope::File(pattern) => format!("file:{pattern}"),
        Scope::Text(pattern) => format!("text:{pattern}"),
        whole => WHOLE.iter().find(|(_, scope)| scope == whole).map_or(String::new(), |(word, _)| (*word).to_owned()),
    }
}

/// Parses the output of [`grant_text`].
///
/// # Errors
///
/// If the text has another form, or its pattern could never match anything.
pub fn parse_grant(text: &str) -> Result<Scope, GrantError> {
    let shown = || Escaped(text).to_string();
    let (word, pattern) = match text.split_once(':') {
        Some((word, pattern)) => (word, Some(pattern)),
        None => (text, None),
    };
    if let Some((word, scope)) = WHOLE.into_iter().find(|(known, _)| *known == word) {
        return if pattern.is_none() { Ok(scope) } else { Err(GrantError::UnexpectedPattern(word)) };
    }
    let (word, example, make): (_, _, fn(String) -> Scope) = match word {
        "registry" => ("registry", r"registry:HKLM\SOFTWARE\Acme\**", Scope::Registry),
        "file" => ("file", r"file:%programfiles%\Acme\*", Scope::File),
        "text" => ("text", r"text:%programfiles%\Acme\agent.ini", Scope::Text),
        _ => return Err(GrantError::Unknown(shown())),
    };
    let Some(pattern) = pattern.filter(|pattern| !pattern.trim().is_empty()) else {
        return Err(GrantError::MissingPattern { word, example });
    };
    if has_dot_segments(pattern) {
        return Err(GrantError::DotSegments(shown()));
    }
    match word {
        "registry" if !begins_as_key(pattern) => Err(GrantError::BadKey(shown())),
        "file" | "text" if !begins_as_path(pattern) => Err(GrantError::BadPath(shown())),
        _ => Ok(make(pattern.to_owned())),
    }
}

fn begins_as_key(pattern: &str) -> bool {
    let root = pattern.split('\\').next().unwrap_or_default();
    root.contains('*') || ["HKLM", "HKU", "HKCR"].iter().any(|known| known.eq_ignore_ascii_case(root))
}

fn begins_as_path(pattern: &str) -> bool {
    let root = pattern.split(['\\', '/']).next().unwrap_or_default();
    let drive = root.len() == 2 && root.starts_with(|letter: char| letter.is_ascii_alphabetic()) && root.ends_with(':');
    let variable = root.len() > 2 && root.starts_with('%') && root.ends_with('%');
    drive || variable || root.contains('*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_scope_is_written_and_read_back() {
        let patterns = [
            Scope::Registry(r"HKLM\SOFTWARE\A:B\**".into()),
            Scope::Registry(r"hku\*\Software".into()),
            Scope::File(r"**\Binn\*.exe".into()),
            Scope::File(r"C:\Inetpub\**".into()),
            Scope::Text(r"%windir%\system32\inetsrv\MetaBase.xml".into()),
        ];
        for scope in WHOLE.map(|(_, scope)| scope).into_iter().chain(patterns) {
            assert_eq!(parse_grant(&grant_text(&scope)), Ok(scope));
        }
    }

    #[test]
    fn texts_that_are_no_grants_are_errors() {
        for (text, words) in [
            ("", "unknown grant"),
            ("System", "unknown grant"),
            ("registy:HKLM\\A", "expected one of registry:KEY"),
            ("registry", "missing pattern"),
            ("registry: ", "missing pattern"),
            ("accounts:*", "as a whole"),
            (r"file:%windir%\..\secret", ". or .."),
            (r"registry:HKML\SOFTWARE", "expected HKLM"),
            (r"registry:HKEY_LOCAL_MACHINE\SOFTWARE", "expected HKLM"),
            (r"file:windows\system32", "expected a drive"),
            (r"text:\Windows\a", "expected a drive"),
            ("file:%\\a", "expected a drive"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
        ] {
            let error = parse_grant(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_the_same(text in "(registry|file|text|accounts|\\PC{0,5})(:\\PC{0,20})?") {
            if let Ok(scope) = parse_grant(&text) {
                prop_assert_eq!(grant_text(&scope), text);
            }
        }
    }
}
