//! Passwords of PostgreSQL servers, from where `libpq` takes them, too.

use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use crate::error::HistoryError;
use crate::server::Server;

/// The maximum size of a password file in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// Returns the password for a server whose URL has none: that of `PGPASSWORD`, else of the password file.
///
/// # Errors
/// If the password file cannot be read, or others can read it.
pub(super) fn of(server: &Server) -> Result<Option<String>, HistoryError> {
    if let Some(password) = std::env::var("PGPASSWORD").ok().filter(|password| !password.is_empty()) {
        return Ok(Some(password));
    }
    let Some(file) = password_file() else { return Ok(None) };
    let text = read(&file).map_err(|reason| HistoryError::PasswordFile { file: file.display().to_string(), reason })?;
    Ok(text.and_then(|text| find(&text, server)))
}

/// `PGPASSFILE`, else `~/.pgpass` or `%APPDATA%\postgresql\pgpass.conf`.
fn password_file() -> Option<PathBuf> {
    let variable = |name: &str| -> Option<OsString> { std::env::var_os(name).filter(|value| !value.is_empty()) };
    variable("PGPASSFILE").map(PathBuf::from).or_else(|| match cfg!(windows) {
        true => Some(Path::new(&variable("APPDATA")?).join("postgresql").join("pgpass.conf")),
        false => Some(Path::new(&variable("HOME")?).join(".pgpass")),
    })
}

/// Returns the text of a password file, or `None` if there is none.
fn read(file: &Path) -> Result<Option<String>, String> {
    let opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = opened.metadata().map_err(|error| error.to_string())?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err("others can read it: run `chmod 600` on it".to_owned());
        }
    }
    let mut text = String::new();
    opened.take(LARGEST_FILE).read_to_string(&mut text).map_err(|error| error.to_string())?;
    Ok(Some(text))
}

/// Returns the password of the first line that fits: `host:port:database:user:password`, where `*` fits anything and `\` is before
/// a `:` or `\` that belongs to a field. <https://www.postgresql.org/docs/current/libpq-pgpass.html>
fn find(text: &str, server: &Server) -> Option<String> {
    let host = server.host();
    let port = server.port().to_string();
    let hosts = [host.as_str(), if host.starts_with('/') { "localhost" } else { host.as_str() }];
    let fits = |field: &str, value: &str| field == "*" || field == value;
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let [host, of_port, database, user, password] = fields.as_slice() else { return None };
        let is_it = hosts.iter().any(|value| fits(host, value))
            && fits(of_port, &port)
            && fits(database, server.database())
            && fits(user, server.user());
        is_it.then(|| password.clone())
    })
}

/// The fields of a line; the password, which is the fifth, may have unescaped colons.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let is_last = fields.len() == 5;
        let Some(field) = fields.last_mut() else { break };
        match character {
            '\\' => field.extend(characters.next()),
            ':' if !is_last => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    // Tests report failures by panicking.
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let text = "# a comment\nshort:line\ndb:5432:other:audit:no\ndb:*:history:audit:a\\:b:c\\\\\n\
                    localhost:5432:*:local:socket\n*:*:*:audit:any\n";
        let table = [
            ("postgres://audit@db/history", Some("a:b:c\\")),
            ("postgres://audit@db:6432/history", Some("a:b:c\\")),
            ("postgres://audit@db/other", Some("no")),
            ("postgres://audit@elsewhere/history", Some("any")),
            ("postgres://local@/history?host=/run/pg", Some("socket")),
            ("postgres://local@elsewhere/history", None),
        ];
        for (url, password) in table {
            assert_eq!(find(text, &Server::parse(url).unwrap()).as_deref(), password, "{url}");
        }
    }

    proptest! {
        #[test]
        fn any_field_is_read_as_it_was_escaped(password in "[ -~]{0,20}", user in "[ -~]{1,20}") {
            let escaped = |text: &str| text.replace('\\', "\\\\").replace(':', "\\:");
            let line = format!("*:*:*:{}:{}", escaped(&user), escaped(&password));
            prop_assert_eq!(fields(&line), ["*", "*", "*", &user, &password]);
        }
    }
}
