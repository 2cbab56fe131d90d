//! The reasons there is no ticket.

/// The reasons a user cannot sign in by Kerberos. Each message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KerberosError {
    #[error("no ticket: {cache} does not exist; run `kinit USER@DOMAIN`")]
    NoCache { cache: String },
    #[error("the ticket cache {cache} cannot be read: {reason}")]
    UnreadableCache { cache: String, reason: String },
    #[error("the ticket cache {cache} is not a file; run `kinit -c FILE:PATH`, and set KRB5CCNAME=FILE:PATH")]
    CacheKind { cache: String },
    #[error("no ticket: {cache} has none for signing in to {realm}; run `kinit`")]
    NoTicket { cache: String, realm: String },
    #[error("the ticket of {user} has expired; run `kinit`")]
    Expired { user: String },
    #[error("the domain of the user {user} is not known; give the user as user@corp.example")]
    NoRealm { user: String },
    #[error(
        "Kerberos knows machines by their names, and {host} is an address; give the name, or credentials without --kerberos"
    )]
    NeedsName { host: String },
    #[error(
        "no key distribution centre of {realm} can be reached: {reason}; name one in krb5.conf ([realms], kdc = HOST)"
    )]
    Unreachable { realm: String, reason: String },
    #[error("{realm} does not know {service}; check the machine's name, or give its full name in DNS")]
    UnknownMachine { realm: String, service: String },
    #[error("{realm} does not know the user {user}; check its name")]
    UnknownUser { realm: String, user: String },
    #[error("{realm} does not accept the password of {user}; check the credentials")]
    WrongPassword { realm: String, user: String },
    #[error("{realm} does not let {user} log on: {reason}")]
    AccountBarred { realm: String, user: String, reason: &'static str },
    #[error("the clock of this computer and that of {realm} differ by more than five minutes; set the clock")]
    ClockSkew { realm: String },
    #[error(
        "{realm} offers no AES key for {name}; reset the password of that account, or give credentials without --kerberos"
    )]
    OldCipher { realm: String, name: String },
    #[error("{realm} refuses a ticket for {service}: Kerberos error {code}{text}")]
    Refused { realm: String, service: String, code: i32, text: String },
    #[error("bad reply of {of}: {reason}")]
    BadReply { of: String, reason: &'static str },
    /// This computer, not the domain, is at fault.
    #[error("the system provides no random numbers: {0}")]
    Random(String),
}
