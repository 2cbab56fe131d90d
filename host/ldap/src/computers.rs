//! The computers of a domain.

use crate::connection::{Connection, refused};
use crate::message::{self, Depth, Entry, Reply};
use crate::{LdapError, Limits, Server};

/// The results in a page. Domain controllers send at most 1,000.
const PAGE: u32 = 500;

/// The most computers that are listed, and pages that are asked for.
const MAX_COMPUTERS: usize = 100_000;
const MAX_PAGES: usize = 10_000;

/// `userAccountControl` of an account that is disabled (MS-ADTS 2.2.16).
const ACCOUNT_DISABLED: u32 = 2;

/// Classes derived from `computer` whose objects are accounts of services.
const SERVICES: [&str; 2] = ["msDS-GroupManagedServiceAccount", "msDS-ManagedServiceAccount"];

/// `invalidCredentials` (RFC 4511 4.1.9)
const INVALID_CREDENTIALS: u32 = 49;

/// Who signs in. `user` is a name as a domain controller takes it: `CORP\user`, `user@corp.example`, or a distinguished name.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    pub user: &'a str,
    pub password: &'a str,
}

impl std::fmt::Debug for SignIn<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SignIn").field("user", &self.user).finish_non_exhaustive()
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
    /// Its name in DNS, or else its own. Whatever the directory holds: not checked to be a name.
    pub name: String,
}

/// Lists the computers of a domain whose accounts are enabled, in the server's order.
///
/// # Errors
///
/// If the server cannot be reached, does not accept the user, or does not answer as it should within the limits.
pub fn computers(domain: &Domain<'_>, sign_in: SignIn<'_>, limits: Limits) -> Result<Vec<Computer>, LdapError> {
    if sign_in.password.is_empty() {
        return Err(LdapError::NoPassword);
    }
    let mut connection = Connection::open(domain.server, domain.roots, limits)?;
    bind(&mut connection, sign_in)?;
    let base = base(&mut connection, domain.name)?;
    let computers = search(&mut connection, &base);
    connection.close();
    computers
}

fn bind(connection: &mut Connection, sign_in: SignIn<'_>) -> Result<(), LdapError> {
    let id = connection.send(|id| message::bind(id, sign_in.user, sign_in.password))?;
    match connection.receive(id)? {
        Reply::Bind(outcome) if outcome.code == 0 => Ok(()),
        Reply::Bind(outcome) if outcome.code == INVALID_CREDENTIALS => {
            Err(LdapError::WrongPassword { server: connection.server(), user: sign_in.user.to_owned() })
        }
        Reply::Bind(outcome) => Err(refused(&connection.server(), "the sign-in", &outcome)),
        _ => Err(unexpected(connection)),
    }
}

/// Returns the distinguished name of the domain that the server serves.
fn base(connection: &mut Connection, expected: Option<&str>) -> Result<String, LdapError> {
    let attributes = ["defaultNamingContext", "namingContexts"];
    let id = connection.send(|id| message::search(id, "", Depth::Base, None, &attributes, None))?;
    let mut root = None;
    loop {
        match connection.receive(id)? {
            Reply::Entry(entry) if root.is_none() => root = Some(entry),
            Reply::Reference => {}
            Reply::Done { outcome, .. } if outcome.code == 0 => break,
            Reply::Done { outcome, .. } => {
                return Err(refused(&connection.server(), "the question for its domain", &outcome));
            }
            _ => return Err(unexpected(connection)),
        }
    }
    let root = root.unwrap_or_default();
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
