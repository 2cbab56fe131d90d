//! The reasons the computers of a domain are not known.

use wardline_kerberos::KerberosError;

/// The reasons a domain controller does not list its computers. Each message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LdapError {
    #[error("no address is known for the name {0}; check its spelling, or name a domain controller with --ldap-server")]
    UnknownName(String),
    #[error("{server} cannot be reached: {reason}; check that it is a domain controller and admits LDAP from here")]
    Unreachable { server: String, reason: String },
    #[error(
        "{server} offers no TLS ({reason}), and credentials are not sent without it; give the domain controller a certificate, or \
         name another one with --ldap-server"
    )]
    NoTls { server: String, reason: String },
    #[error(
        "the certificate of {server} is not trusted: {reason}; name the certificate of its authority with --ldap-ca"
    )]
    Untrusted { server: String, reason: String },
    #[error("{server} does not accept the user name or password of {user}; check the credentials")]
    WrongPassword { server: String, user: String },
    #[error("no ticket for {server}: {reason}")]
    NoTicket { server: String, reason: KerberosError },
    #[error("{server} does not accept the ticket of {user}{text}; check that its clock is right")]
    TicketRefused { server: String, user: String, text: String },
    #[error(
        "with a ticket, {server} is asked without TLS, because Kerberos encrypts the messages; give --ldap-server ldap://{server}"
    )]
    TicketWithTls { server: String },
    #[error("the password is empty, which LDAP takes for a sign-in without one; check the credentials")]
    NoPassword,
    #[error("{server} refuses: {what} ended with the LDAP result {code}{text}")]
    Refused { server: String, what: &'static str, code: u32, text: String },
    #[error("{server} does not say which domain it serves; name a domain controller with --ldap-server")]
    NoDomain { server: String },
    #[error("{server} serves {found}, not {expected}; check --domain and --ldap-server")]
    OtherDomain { server: String, found: String, expected: String },
    #[error("{server} took more than {seconds} s")]
    OutOfTime { server: String, seconds: u64 },
    #[error("the connection to {server} was lost: {reason}")]
    Lost { server: String, reason: String },
    #[error("bad reply of {server}: {reason}")]
    BadReply { server: String, reason: &'static str },
    #[error("{server} lists more than {limit} computers")]
    TooMany { server: String, limit: usize },
}
