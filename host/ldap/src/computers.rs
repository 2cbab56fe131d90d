//! The computers of a domain.

use std::net::IpAddr;

use wardline_kerberos::{Initiator, Login};

use crate::connection::{Connection, refused, shown};
use crate::message::{self, Depth, Entry, Reply};
use crate::{LdapError, Limits, Server};

/// The results in a page. Domain controllers send at most 1,000.
const PAGE: u32 = 500;

/// The maximum number of computers that are listed, and pages that are asked for.
const MAX_COMPUTERS: usize = 100_000;
const MAX_PAGES: usize = 10_000;

/// `userAccountControl` of an account that is disabled (MS-ADTS 2.2.16).
const ACCOUNT_DISABLED: u32 = 2;

/// Classes derived from `computer` whose objects are accounts of services.
const SERVICES: [&str; 2] = ["msDS-GroupManagedServiceAccount", "msDS-ManagedServiceAccount"];

/// The name of LDAP in tickets.
const SERVICE: &str = "ldap";

/// `invalidCredentials` (RFC 4511 4.1.9)
const INVALID_CREDENTIALS: u32 = 49;

/// Who signs in.
#[derive(Clone, Copy)]
pub enum SignIn<'a> {
    /// A name as a domain controller takes it, `CORP\user`, `user@corp.example`, or a distinguished name; with its password.
    Password { user: &'a str, password: &'a str },
    /// Somebody with a ticket of the domain.
    Ticket(&'a Login),
}

impl std::fmt::Debug for SignIn<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SignIn::Password { user, .. } => {
                formatter.debug_struct("Password").field("user", user).finish_non_exhaustive()
            }
            SignIn::Ticket(login) => formatter.debug_tuple("Ticket").field(login).finish(),
        }
    }
}

/// A domain, and the server that is asked about it.
#[derive(Clone, Debug)]
pub struct Domain<'a> {
    /// Its name in DNS, `corp.example`, which must be that of the server's domain. `None` for whichever the server serves.
    pub name: Option<&'a str>,
    pub server: &'a Server,
    /// Certificates in DER that are trusted in addition to the system's.
    pub roots: &'a [Vec<u8>],
}

/// A computer whose account is enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computer {
    /// Its name in DNS, or else its own, as the directory has it: it is not checked to be a valid name.
    pub name: String,
}

/// Lists the computers of a domain whose accounts are enabled, in the server's order.
///
/// # Errors
///
/// If the server cannot be reached, does not accept the user, or does not answer as it should within the limits.
pub fn computers(domain: &Domain<'_>, sign_in: SignIn<'_>, limits: Limits) -> Result<Vec<Computer>, LdapError> {
    let mut connection = match sign_in {
        SignIn::Password { password: "", .. } => return Err(LdapError::NoPassword),
        SignIn::Password { user, password } => {
            let mut connection = Connection::open(domain.server, domain.roots, limits)?;
            bind(&mut connection, user, password)?;
            connection
        }
        SignIn::Ticket(login) => {
            let mut connection = Connection::open_unprotected(domain.server, limits)?;
            bind_with_ticket(&mut connection, domain, login)?;
            connection
        }
    };
    let base = base(&mut connection, domain.name)?;
    let computers = search(&mut connection, &base);
    connection.close();
    computers
}

fn bind(connection: &mut Connection, user: &str, password: &str) -> Result<(), LdapError> {
    let id = connection.send(|id| message::bind(id, user, password))?;
    match connection.receive(id)? {
        Reply::Bind { outcome, .. } if outcome.code == 0 => Ok(()),
        Reply::Bind { outcome, .. } if outcome.code == INVALID_CREDENTIALS => {
            Err(LdapError::WrongPassword { server: connection.server(), user: user.to_owned() })
        }
        Reply::Bind { outcome, .. } => Err(refused(&connection.server(), "the sign-in", &outcome)),
        _ => Err(unexpected(connection)),
    }
}

/// Signs in with a ticket for the server, which proves that it is the server, and encrypts everything afterwards.
fn bind_with_ticket(connection: &mut Connection, domain: &Domain<'_>, login: &Login) -> Result<(), LdapError> {
    let server = connection.server();
    let no_ticket = |reason| LdapError::NoTicket { server: server.clone(), reason };
    let host = own_name(connection, domain)?;
    let ticket = login.ticket(SERVICE, &host).map_err(no_ticket)?;
    let (initiator, token) = Initiator::new(ticket).map_err(no_ticket)?;
    let id = connection.send(|id| message::bind_with_token(id, &token))?;
    match connection.receive(id)? {
        Reply::Bind { outcome, token } if outcome.code == 0 => {
            let seal = initiator.accepted(&token.unwrap_or_default()).map_err(no_ticket)?;
            connection.seal(seal);
            Ok(())
        }
        Reply::Bind { outcome, .. } if outcome.code == INVALID_CREDENTIALS => {
            let text = shown(&outcome);
            Err(LdapError::TicketRefused { server, user: login.client().to_string(), text })
        }
        Reply::Bind { outcome, .. } => Err(refused(&server, "the sign-in", &outcome)),
        _ => Err(unexpected(connection)),
    }
}

/// The server's own name, which a ticket needs: as it was given, or as the server says if it is the domain's or an address.
fn own_name(connection: &mut Connection, domain: &Domain<'_>) -> Result<String, LdapError> {
    const OWN_NAME: &str = "dnsHostName";
    let given = domain.server.host.as_str();
    let is_of_domain = domain.name.is_some_and(|name| name.eq_ignore_ascii_case(given));
    if !is_of_domain && given.parse::<IpAddr>().is_err() {
        return Ok(given.to_owned());
    }
    let root = root(connection, &[OWN_NAME])?;
    let name = root.values(OWN_NAME).first().cloned();
    // A server that is none of the domain's must not choose whose ticket it is shown.
    let is_within = |name: &String| {
        let lower = name.to_ascii_lowercase();
        domain.name.is_none_or(|domain| lower.ends_with(&format!(".{}", domain.to_ascii_lowercase())))
    };
    name.filter(is_within).ok_or_else(|| LdapError::NoDomain { server: connection.server() })
}

/// Reads attributes of the server itself.
fn root(connection: &mut Connection, attributes: &[&str]) -> Result<Entry, LdapError> {
    let id = connection.send(|id| message::search(id, "", Depth::Base, None, attributes, None))?;
    let mut root = None;
    loop {
        match connection.receive(id)? {
            Reply::Entry(entry) if root.is_none() => root = Some(entry),
            Reply::Reference => {}
            Reply::Done { outcome, .. } if outcome.code == 0 => return Ok(root.unwrap_or_default()),
            Reply::Done { outcome, .. } => {
                return Err(refused(&connection.server(), "the question for its domain", &outcome));
            }
            _ => return Err(unexpected(connection)),
        }
    }
}

/// Returns the distinguished name of the domain that the server serves.
fn base(connection: &mut Connection, expected: Option<&str>) -> Result<String, LdapError> {
    let attributes = ["defaultNamingContext", "namingContexts"];
    let root = root(connection, &attributes)?;
    let [default, contexts] = attributes.map(|name| root.values(name));
    // Servers other than Windows' have no default.
    let base = default.first().or_else(|| contexts.first());
    let base = base.ok_or_else(|| LdapError::NoDomain { server: connection.server() })?;
    if let Some(expected) = expected
        && let Some(found) = dns_name(base)
        && !found.eq_ignore_ascii_case(expected)
        // The name before Windows 2000: `CORP`.
        && !found.split('.').next().is_some_and(|first| first.eq_ignore_ascii_case(expected))
    {
        let (server, expected) = (connection.server(), expected.to_owned());
        return Err(LdapError::OtherDomain { server, found, expected });
    }
    Ok(base.clone())
}

/// `corp.example` for `DC=corp,DC=example`; `None` if other components are in it.
fn dns_name(base: &str) -> Option<String> {
    let labels = base.split(',').map(|part| {
        let (name, label) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("dc").then(|| label.trim().to_owned())
    });
    Some(labels.collect::<Option<Vec<_>>>()?.join("."))
}

fn search(connection: &mut Connection, base: &str) -> Result<Vec<Computer>, LdapError> {
    const ATTRIBUTES: [&str; 5] = ["dNSHostName", "name", "cn", "userAccountControl", "objectClass"];
    let mut computers = Vec::new();
    let mut cookie = Vec::new();
    for _ in 0..MAX_PAGES {
        let page = Some((PAGE, cookie.as_slice()));
        let id =
            connection.send(|id| message::search(id, base, Depth::Subtree, Some("computer"), &ATTRIBUTES, page))?;
        let mut entries = 0;
        cookie = loop {
            match connection.receive(id)? {
                Reply::Entry(entry) => {
                    entries += 1;
                    computers.extend(computer(&entry));
                }
                Reply::Reference => entries += 1,
                Reply::Done { outcome, cookie } if outcome.code == 0 => break cookie,
                Reply::Done { outcome, .. } => return Err(refused(&connection.server(), "the search", &outcome)),
                _ => return Err(unexpected(connection)),
            }
            if computers.len() > MAX_COMPUTERS || entries > MAX_COMPUTERS {
                return Err(LdapError::TooMany { server: connection.server(), limit: MAX_COMPUTERS });
            }
        };
        if cookie.is_empty() {
            return Ok(computers);
        }
    }
    Err(LdapError::BadReply { server: connection.server(), reason: "its pages do not end" })
}

/// Returns the computer of an entry, unless its account is disabled or belongs to a service.
fn computer(entry: &Entry) -> Option<Computer> {
    let first = |name: &str| entry.values(name).first().filter(|value| !value.trim().is_empty());
    let control = first("userAccountControl").and_then(|number| number.trim().parse::<i64>().ok()).unwrap_or_default();
    let is_service = |class: &String| SERVICES.iter().any(|service| service.eq_ignore_ascii_case(class));
    if control & i64::from(ACCOUNT_DISABLED) != 0 || entry.values("objectClass").iter().any(is_service) {
        return None;
    }
    let name = ["dNSHostName", "name", "cn"].iter().find_map(|name| first(name))?;
    Some(Computer { name: name.trim().to_owned() })
}

fn unexpected(connection: &Connection) -> LdapError {
    LdapError::BadReply { server: connection.server(), reason: "a message answers something else" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[(&str, &[&str])]) -> Entry {
        let values = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>();
        Entry { attributes: attributes.iter().map(|(name, list)| ((*name).to_owned(), values(list))).collect() }
    }

    #[test]
    fn only_enabled_computers_are_listed() {
        for (attributes, expected) in [
            (&[("dNSHostName", &["web01.corp.example"][..]), ("name", &["WEB01"])][..], Some("web01.corp.example")),
            (&[("name", &["WEB01"]), ("userAccountControl", &["4096"])], Some("WEB01")),
            (&[("dNSHostName", &[""]), ("cn", &["WEB01"])], Some("WEB01")),
            (&[("name", &["OLD"]), ("userAccountControl", &["4098"])], None),
            (&[("name", &["svc"]), ("objectClass", &["top", "computer", "MSDS-GroupManagedServiceAccount"])], None),
            (&[("objectClass", &["computer"])], None),
        ] {
            let found = computer(&entry(attributes)).map(|computer| computer.name);
            assert_eq!(found.as_deref(), expected, "{attributes:?}");
        }
    }

    #[test]
    fn the_base_names_the_domain() {
        for (base, expected) in [
            ("DC=corp,DC=example", Some("corp.example")),
            ("dc=corp, dc=example", Some("corp.example")),
            ("o=corp", None),
            ("", None),
        ] {
            assert_eq!(dns_name(base).as_deref(), expected, "{base}");
        }
    }
}
