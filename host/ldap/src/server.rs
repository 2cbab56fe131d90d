//! The servers that are asked, as the operator names them.

use std::fmt;

/// The ports of LDAP and of LDAP over TLS.
pub(crate) const LDAP: u16 = 389;
const LDAPS: u16 = 636;

/// Where a server is, and how the connection to it is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) starts_tls: bool,
    /// Whether LDAP with StartTLS is tried if nothing listens at the port.
    pub(crate) tries_both: bool,
}

/// The reason a text is not a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad LDAP server {0:?}: expected HOST, ldaps://HOST[:PORT], or ldap://HOST[:PORT] for StartTLS")]
pub struct ServerError(String);

impl Server {
    /// Parses `HOST` (LDAPS, or StartTLS if that is not offered), `ldaps://HOST[:PORT]` or `ldap://HOST[:PORT]` (StartTLS).
    ///
    /// # Errors
    ///
    /// If the text is none of these.
    pub fn parse(text: &str) -> Result<Server, ServerError> {
        let bad = || ServerError(text.to_owned());
        let scheme = |scheme: &str| {
            let begins = text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
            begins.then(|| text.get(scheme.len()..).unwrap_or_default())
        };
        let (rest, starts_tls, tries_both) = match (scheme("ldaps://"), scheme("ldap://")) {
            (Some(rest), _) => (rest, false, false),
            (None, Some(rest)) => (rest, true, false),
            (None, None) => (text, false, true),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !tries_both => (host, port.parse().ok().filter(|port| *port != 0).ok_or_else(bad)?),
            _ => (rest, if starts_tls { LDAP } else { LDAPS }),
        };
        let is_host = !host.is_empty()
            && host.len() <= 253
            && host.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_'));
        if !is_host {
            return Err(bad());
        }
        Ok(Server { host: host.to_owned(), port, starts_tls, tries_both })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_named_with_or_without_a_scheme() {
        for (text, expected) in [
            ("dc1.corp.example", Some(("dc1.corp.example", 636, false, true))),
            ("ldaps://dc1:3269/", Some(("dc1", 3269, false, false))),
            ("LDAP://dc1", Some(("dc1", 389, true, false))),
            ("ldap://10.0.0.1:1389", Some(("10.0.0.1", 1389, true, false))),
            ("dc1:636", None),
            ("ldaps://", None),
            ("ldap://dc1:0", None),
            ("ldap://user@dc1", None),
            ("http://dc1", None),
            ("", None),
        ] {
            let server = Server::parse(text).ok();
            let found =
                server.as_ref().map(|server| (server.host.as_str(), server.port, server.starts_tls, server.tries_both));
            assert_eq!(found, expected, "{text}");
        }
    }
}
