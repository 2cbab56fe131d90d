//! The reasons a machine, or something on it, cannot be read.

use wardline_kerberos::KerberosError;

use crate::status;

/// The reasons a machine cannot be opened. Each message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    #[error("no address is known for the name {host}; check its spelling, or give an address")]
    UnknownName { host: String },
    #[error(
        "{host} does not answer on TCP port {port} within {seconds} s; check that it is switched on and that its firewall admits \
         file sharing from here"
    )]
    NoAnswer { host: String, port: u16, seconds: u64 },
    #[error("{host} refuses connections to TCP port {port}; check that its service LanmanServer runs")]
    Refused { host: String, port: u16 },
    #[error("{host} cannot be reached: {reason}")]
    Unreachable { host: String, reason: String },
    #[error("{host} does not speak SMB 2.1 or later as expected: {reason}")]
    Protocol { host: String, reason: String },
    #[error("{host} offers only {dialect}; expected SMB 2.1 or later")]
    OldDialect { host: String, dialect: String },
    #[error("{host} does not accept the user name or password of {user}; check the credentials")]
    WrongPassword { host: String, user: String },
    #[error("no ticket for {host}: {reason}")]
    NoTicket { host: String, reason: KerberosError },
    #[error(
        "{host} does not accept the ticket of {user}; check that this is the machine's own name, and that its clock is right"
    )]
    TicketRefused { host: String, user: String },
    #[error("{host} does not let {user} log on: {reason}")]
    AccountBarred { host: String, user: String, reason: &'static str },
    #[error("{host} cannot sign its messages for {user}, so others could change them; it is not read")]
    NotSigned { host: String, user: String },
    #[error(
        "{user} has no administrator's rights on {host}, {what}; use an administrator's account (a local one other than \
         Administrator also needs LocalAccountTokenFilterPolicy = 1 there)"
    )]
    NoAdministrator { host: String, user: String, what: String },
    #[error(
        "{host} has no share {share}; check that its administrative shares are not disabled (AutoShareServer, AutoShareWks)"
    )]
    NoShare { host: String, share: String },
    #[error(
        "the remote registry service of {host} does not run; start it there (`sc.exe \\\\{host} start RemoteRegistry`), give \
         --start-remote-registry, or scan a recording that `wardline collect` made"
    )]
    NoRemoteRegistry { host: String },
    #[error(
        "the remote registry service of {host} is disabled, and stays so; enable it there (`sc.exe \\\\{host} config RemoteRegistry \
         start= demand`), or scan a recording that `wardline collect` made"
    )]
    RegistryDisabled { host: String },
    #[error("the remote registry service of {host} cannot be started: {reason}")]
    RegistryNotStarted { host: String, reason: String },
    #[error("the connection to {host} was lost: {reason}")]
    Lost { host: String, reason: String },
    /// This computer, not the machine, is at fault.
    #[error("no network runtime can be started: {0}")]
    Runtime(String),
}

/// The reasons something on a connected machine cannot be read. What does not exist is not an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The caller's deadline has passed.
    #[error("the time for this question is up")]
    OutOfTime,
    /// The connection is gone, and so is everything else on the machine.
    #[error("the connection is lost: {0}")]
    Lost(String),
    #[error("{}", status::describe(*.0))]
    Status(u32),
    #[error("{}", status::describe_win32(*.0))]
    Win32(u32),
    #[error("bad reply: {0}")]
    BadReply(String),
    #[error("it has {size} bytes: at most {limit} are read")]
    TooLarge { size: u64, limit: u64 },
    #[error("it is longer than {limit} characters: no such name is asked for")]
    LongName { limit: usize },
}

impl ReadError {
    /// Whether the machine denied access.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(
            self,
            ReadError::Status(status::nt::ACCESS_DENIED | status::nt::NETWORK_ACCESS_DENIED)
                | ReadError::Win32(status::win32::ACCESS_DENIED)
        )
    }

    pub(crate) fn bad(what: impl Into<String>) -> ReadError {
        ReadError::BadReply(what.into())
    }
}

impl From<smb2::Error> for ReadError {
    fn from(error: smb2::Error) -> Self {
        match error {
            smb2::Error::Protocol { status, .. } => ReadError::Status(status.0),
            smb2::Error::InvalidData { message } => ReadError::BadReply(message),
            other => ReadError::Lost(other.to_string()),
        }
    }
}
