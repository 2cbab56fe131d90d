//! The URLs of PostgreSQL servers.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};

/// The schemes of a server's URL.
const SCHEMES: [&str; 2] = ["postgres", "postgresql"];

/// How long to wait for a server, unless the URL has another `connect_timeout`.
const CONNECT: Duration = Duration::from_secs(15);
/// After this time without an answer, a server is asked whether it is still there.
const IDLE: Duration = Duration::from_secs(60);

/// The port of a server that has no other.
pub(super) const PORT: u16 = 5432;

/// A database on a PostgreSQL server.
#[derive(Clone)]
pub struct Server {
    pub(super) config: Config,
    pub(super) trust: Trust,
}

/// Which servers are believed to be the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Any: the connection may be encrypted, but not to whom (`sslmode` up to `require`).
    Any,
    /// Those with a certificate for the host's name from an authority of the system, or of a file in PEM (`verify-full`).
    Authorities(Option<PathBuf>),
}

/// A URL is not one of a PostgreSQL server, or asks for what wardline does not have. The messages show nothing that may be part of a
/// password.
#[derive(Debug, thiserror::Error)]
pub enum ServerUrlError {
    #[error("`{0}://` is not supported: expected a file, or `postgres://USER@HOST/DATABASE`")]
    Scheme(String),
    #[error(
        "bad URL of a PostgreSQL server: {0}; expected `postgres://USER@HOST/DATABASE`, with options such as `?sslmode=verify-full`"
    )]
    Bad(String),
    #[error(
        "`sslmode={0}` is not supported: use `disable`, `prefer`, `require` (encrypted, to any server) or `verify-full` (encrypted, \
         to the server of that name)"
    )]
    Mode(String),
    #[error(
        "bad URL of a PostgreSQL server: a special character in the user, the password or an option has to be escaped: write `%40` \
         for `@`, `%3F` for `?`, `%3A` for `:`, `%25` for `%`"
    )]
    NotEscaped,
    #[error(
        "connection strings are not supported: expected a file, or `postgres://USER@HOST/DATABASE`; the password belongs to \
         PGPASSWORD or ~/.pgpass"
    )]
    ConnectionString,
    #[error("`sslrootcert` needs `sslmode=verify-full`: nothing else checks the server's certificate")]
    UnusedRoots,
}

/// The parameters that a connection string of `libpq` begins with: `host=db user=audit password=…`.
const PARAMETERS: [&str; 7] = ["host=", "hostaddr=", "port=", "dbname=", "user=", "password=", "service="];

/// Whether a text is a connection string rather than a file.
pub(crate) fn is_connection_string(text: &str) -> bool {
    PARAMETERS.iter().any(|parameter| text.starts_with(parameter))
}

/// Returns the scheme of a URL.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_scheme =
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then_some(scheme)
}

impl Server {
    /// Whether a text is meant as the URL of a server, of whatever kind. No file's name is so by accident.
    pub(crate) fn is_url(text: &str) -> bool {
        scheme(text).is_some()
    }

    /// Reads a URL as `libpq` does, <https://www.postgresql.org/docs/current/libpq-connect.html>, and completes it from the system:
    /// the host with the local server's socket, the user with `PGUSER` or who runs the program.
    ///
    /// # Errors
    /// If it is not such a URL, or has an option that is not known.
    pub(crate) fn parse(url: &str) -> Result<Server, ServerUrlError> {
        if let Some(other) = scheme(url).filter(|scheme| !SCHEMES.contains(scheme)) {
            return Err(ServerUrlError::Scheme(other.to_owned()));
        }
        let (place, options) = url.split_once('?').unwrap_or((url, ""));
        if options.contains('@') || place.matches('@').count() > 1 {
            return Err(ServerUrlError::NotEscaped);
        }
        let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => roots = Some(value),
                _ => rest.push(option),
            }
        }
        let rest = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        let mut config =
            Config::from_str(&format!("{place}{rest}")).map_err(|error| ServerUrlError::Bad(reason(&error)))?;
        let (mode, trust) = match mode {
            Some("disable") => (SslMode::Disable, Trust::Any),
            None | Some("prefer") => (SslMode::Prefer, Trust::Any),
            Some("require") => (SslMode::Require, Trust::Any),
            Some("verify-full") => {
                let roots = roots.filter(|roots| *roots != "system").map(|roots| unescaped(roots).into());
                (SslMode::Require, Trust::Authorities(roots))
            }
            Some(other) => return Err(ServerUrlError::Mode(other.to_owned())),
        };
        if trust == Trust::Any && roots.is_some() {
            return Err(ServerUrlError::UnusedRoots);
        }
        config.ssl_mode(mode);
        complete(&mut config);
        Ok(Server { config, trust })
    }

    pub(super) fn user(&self) -> &str {
        self.config.get_user().unwrap_or_default()
    }

    /// The name of the database: that of the user if there is no other.
    pub(super) fn database(&self) -> &str {
        self.config.get_dbname().unwrap_or_else(|| self.user())
    }

    /// The host's name, or the folder of its socket.
    pub(super) fn host(&self) -> String {
        match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => self.config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.config.get_ports().first().copied().unwrap_or(PORT)
    }
}

/// The URL without its password and options.
impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, host, database) = (self.user(), self.host(), self.database());
        let port = if self.port() == PORT { String::new() } else { format!(":{}", self.port()) };
        match host.starts_with('/') {
            true => write!(formatter, "postgres://{user}@/{database}?host={host}")?,
            false => return write!(formatter, "postgres://{user}@{host}{port}/{database}"),
        }
        if port.is_empty() { Ok(()) } else { write!(formatter, "&port={}", self.port()) }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Server({self}, {:?})", self.trust)
    }
}

/// Sets what a URL leaves out.
fn complete(config: &mut Config) {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        config.host(local_socket().unwrap_or("localhost"));
    }
    if config.get_user().is_none() {
        let names = ["PGUSER", "USER", "LOGNAME", "USERNAME"];
        if let Some(user) = names.iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty())) {
            config.user(&user);
        }
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    config.keepalives_idle(IDLE);
    config.application_name("wardline");
}

/// The folder of the local server's socket: Debian's and Fedora's, or that of PostgreSQL as it comes.
fn local_socket() -> Option<&'static str> {
    let folders = ["/var/run/postgresql", "/tmp"];
    folders.into_iter().find(|folder| Path::new(folder).join(format!(".s.PGSQL.{PORT}")).exists())
}

/// The most precise of an error's reasons.
pub(super) fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// Replaces `%41` by `A`. A `%` that is not followed by two hexadecimal digits is itself.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    // Tests report failures by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn urls_are_shown_without_their_password() {
        let table = [
            ("postgres://audit:secret@db.example/wardline", "postgres://audit@db.example/wardline"),
            ("postgresql://audit@db.example:6432", "postgres://audit@db.example:6432/audit"),
            ("postgres://a%40b@h/d?sslmode=require&connect_timeout=3", "postgres://a@b@h/d"),
            ("postgres://a@/d?host=/run/pg&port=6000", "postgres://a@/d?host=/run/pg&port=6000"),
            ("postgres://a@%2Frun%2Fpg/d", "postgres://a@/d?host=/run/pg"),
        ];
        for (url, shown) in table {
            let server = Server::parse(url).unwrap();
            assert_eq!(server.to_string(), shown);
            assert!(!format!("{server:?}").contains("secret"));
        }
    }

    #[test]
    fn the_modes_of_tls_are_supported_or_refused_by_name() {
        let mode = |options: &str| {
            Server::parse(&format!("postgres://a@h/d{options}"))
                .map(|server| (server.config.get_ssl_mode(), server.trust))
                .map_err(|error| error.to_string())
        };
        let roots = |file: Option<&str>| Trust::Authorities(file.map(PathBuf::from));
        assert_eq!(mode(""), Ok((SslMode::Prefer, Trust::Any)));
        assert_eq!(mode("?sslmode=disable"), Ok((SslMode::Disable, Trust::Any)));
        assert_eq!(mode("?sslmode=require"), Ok((SslMode::Require, Trust::Any)));
        assert_eq!(mode("?sslmode=verify-full"), Ok((SslMode::Require, roots(None))));
        assert_eq!(mode("?sslrootcert=system&sslmode=verify-full"), Ok((SslMode::Require, roots(None))));
        assert_eq!(mode("?sslmode=verify-full&sslrootcert=%2Fa%20b"), Ok((SslMode::Require, roots(Some("/a b")))));
        for refused in ["allow", "verify-ca", "sometimes"] {
            let error = mode(&format!("?sslmode={refused}")).unwrap_err();
            assert!(error.contains(&format!("`sslmode={refused}` is not supported")), "{error}");
        }
        assert!(mode("?sslrootcert=/a").unwrap_err().contains("needs `sslmode=verify-full`"));
        assert!(mode("?sslkey=/a").unwrap_err().contains("sslkey"));
    }

    #[test]
    fn the_url_of_another_server_is_no_file() {
        for (url, scheme) in
            [("mysql://a@h/d", "mysql"), ("Postgres://a@h/d", "Postgres"), ("sqlite+x://f", "sqlite+x")]
        {
            assert!(Server::is_url(url));
            let error = Server::parse(url).err().unwrap().to_string();
            assert!(error.contains(&format!("`{scheme}://` is not supported")), "{error}");
        }
        for file in ["history.sqlite", "/a/b", r"C:\a\b", "://a", "a b://c"] {
            assert!(!Server::is_url(file), "{file}");
        }
    }

    #[test]
    fn no_error_shows_a_password() {
        for url in [
            "postgres://audit:s3cret@db:port/wardline",
            "postgres://audit:s3cret",
            "postgres://audit:s3c@ret@db/wardline",
            "postgres://audit:s3c?ret=1@db/wardline",
            "postgres://audit:s3c%ret@db/wardline?what=1",
            "postgres://audit:s3cret@db/wardline?sslmode=sometimes",
            "mysql://audit:s3cret@db/wardline",
        ] {
            let error = Server::parse(url).unwrap_err();
            let (told, debug) = (error.to_string(), format!("{error:?}"));
            assert!(!told.contains("s3c") && !told.contains("ret"), "{told}");
            assert!(!debug.contains("s3c") && !debug.contains("ret"), "{debug}");
        }
        let error = crate::Store::parse("host=db password=s3cret".as_ref()).unwrap_err();
        assert!(matches!(error, ServerUrlError::ConnectionString), "{error}");
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescaped("%2Fa%20b%zz%"), "/a b%zz%");
        assert_eq!(unescaped("%c3%a9é"), "éé");
    }
}
