//! Where a machine is: `smb://host`, `smb://host:4450`, `smb://[fe80::1]`.

use std::fmt;
use std::net::IpAddr;

/// The port of SMB without NetBIOS.
const PORT: u16 = 445;

/// The longest name of a host in DNS.
const MAX_HOST: usize = 253;

const SCHEME: &str = "smb://";

/// The address of a machine: a name or an IP address, and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    host: String,
    port: u16,
}

/// The reason a text is not a machine's address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad address {text:?}: {reason}; expected smb://HOST or smb://HOST:PORT")]
pub struct AddressError {
    text: String,
    reason: &'static str,
}

impl Address {
    /// Whether a text has the form of an address with its scheme. It may still be a bad one.
    #[must_use]
    pub fn is_url(text: &str) -> bool {
        text.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
    }

    /// Parses `smb://HOST[:PORT]`, or the same without the scheme.
    ///
    /// # Errors
    ///
    /// If the text has a path, a user or characters that no host has.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let bad = |reason| AddressError { text: text.to_owned(), reason };
        let rest = if Self::is_url(text) { text.get(SCHEME.len()..).unwrap_or_default() } else { text };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err(bad("it contains a user; credentials are never given in an address"));
        }
        let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, after)) => {
                (host, if after.is_empty() { None } else { Some(after.strip_prefix(':').unwrap_or("")) })
            }
            // A bare IPv6 address has several colons.
            None if rest.matches(':').count() > 1 => (rest, None),
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let port = match port {
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| bad("the port is not a number from 1 to 65535"))?,
            None => PORT,
        };
        if host.is_empty() {
            return Err(bad("the host is missing"));
        }
        let is_name = |host: &str| {
            host.len() <= MAX_HOST
                && !host.starts_with('-')
                && host.chars().all(|character| character.is_alphanumeric() || matches!(character, '-' | '.' | '_'))
        };
        if host.parse::<IpAddr>().is_err() && !is_name(host) {
            return Err(bad("the host is neither a name nor an IP address"));
        }
        Ok(Address { host: host.to_owned(), port })
    }

    /// The name or IP address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The form that resolvers expect: `host:port`, with brackets around an IPv6 address.
    pub(crate) fn socket(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// `smb://host`, with the port unless it is the usual one.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let socket = self.socket();
        let shown =
            if self.port == PORT { socket.strip_suffix(&format!(":{PORT}")).unwrap_or(&socket) } else { &socket };
        write!(f, "{SCHEME}{shown}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_names_or_ip_addresses_with_an_optional_port() {
        for (text, expected) in [
            ("smb://server", Ok("smb://server")),
            ("SMB://server/", Ok("smb://server")),
            ("server.corp.example", Ok("smb://server.corp.example")),
            ("smb://10.0.0.1:4450", Ok("smb://10.0.0.1:4450")),
            ("smb://server:445", Ok("smb://server")),
            ("smb://[fe80::1]:139", Ok("smb://[fe80::1]:139")),
            ("fe80::1", Ok("smb://[fe80::1]")),
            ("smb://[fe80::1]x", Err("the port is not a number from 1 to 65535")),
            ("smb://", Err("the host is missing")),
            ("smb://server:0", Err("the port is not a number from 1 to 65535")),
            ("smb://server/share", Err("the host is neither a name nor an IP address")),
            ("smb://me:secret@server", Err("it contains a user; credentials are never given in an address")),
            ("-oProxy", Err("the host is neither a name nor an IP address")),
        ] {
            let parsed = Address::parse(text);
            let shown = parsed.as_ref().map(ToString::to_string).map_err(|error| error.reason);
            assert_eq!(shown.as_deref(), expected.as_ref().map(|text| *text), "{text}");
        }
    }
}
