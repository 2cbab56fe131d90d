//! Tickets, and the names in them.

use std::fmt;

use smb2::auth::kerberos::messages::PrincipalName;

use crate::crypto::Key;

/// A user or service of a domain: `admin@CORP.EXAMPLE`, `cifs/web01@CORP.EXAMPLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The parts of the name, which `/` separates.
    pub parts: Vec<String>,
    /// The domain's name in DNS, in capitals.
    pub realm: String,
}

/// The type of the name of a user (RFC 4120 6.2).
const NT_PRINCIPAL: i32 = 1;

impl Principal {
    pub(crate) fn new(parts: &[&str], realm: &str) -> Principal {
        Principal { parts: parts.iter().map(|part| (*part).to_owned()).collect(), realm: realm.to_owned() }
    }

    /// The service that gives tickets to a realm: that of its own realm, or of another as a referral.
    pub(crate) fn is_for_tickets(&self, realm: &str) -> bool {
        self.for_tickets().is_some_and(|other| other.eq_ignore_ascii_case(realm))
    }

    /// The realm that this service gives tickets to, if it is one that gives tickets.
    pub(crate) fn for_tickets(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [service, realm] if service == "krbtgt" => Some(realm),
            _ => None,
        }
    }

    pub(crate) fn is(&self, service: &str, host: &str) -> bool {
        let same = |part: &str, other: &str| part.eq_ignore_ascii_case(other);
        matches!(self.parts.as_slice(), [one, other] if same(one, service) && same(other, host))
    }

    pub(crate) fn as_client(&self) -> PrincipalName {
        PrincipalName { name_type: NT_PRINCIPAL, name_string: self.parts.clone() }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.parts.join("/"), self.realm)
    }
}

/// A ticket to a service with the key to use it. `Debug` does not show the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    pub(crate) client: Principal,
    pub(crate) server: Principal,
    /// As the KDC wrote it (RFC 4120 5.3), which only the service can read.
    pub(crate) bytes: Vec<u8>,
    pub(crate) key: Key,
    /// In seconds since 1970.
    pub(crate) ends: u64,
}

impl Ticket {
    /// Who signs in with it.
    #[must_use]
    pub fn client(&self) -> &Principal {
        &self.client
    }

    /// The ticket itself, in DER.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The session key, with its encryption type: 17 or 18 (RFC 3962).
    #[must_use]
    pub fn key(&self) -> (u16, &[u8]) {
        (self.key.kind(), self.key.bytes())
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (client, server) = (self.client.to_string(), self.server.to_string());
        formatter.debug_struct("Ticket").field("client", &client).field("server", &server).finish_non_exhaustive()
    }
}
