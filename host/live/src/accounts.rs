//! The local accounts of a machine, from its own account database (MS-SAMR, over the pipe `samr`).

use std::sync::Arc;
use std::time::Instant;

use smb2::types::TreeId;

use crate::ndr::Handle;
use crate::registry::PIPES;
use crate::rpc::Pipe;
use crate::samr::{self, DomainSid, Entry, Listed, PasswordRules, User, function};
use crate::{ConnectError, Machine, ReadError};

const PIPE: &str = "samr";

/// The domain that is the same on every machine; the other one is the machine's own.
const BUILTIN: &str = "Builtin";

/// The maximum number of users or groups, and of members of all groups together.
const MAX_ENTRIES: usize = 65_536;
const MAX_MEMBERS: usize = 131_072;

/// A local group with the SIDs of its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    pub name: String,
    pub rid: u32,
    pub sid: String,
    pub members: Vec<String>,
}

/// The policy for passwords and logons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountPolicy {
    pub passwords: PasswordRules,
    /// Failed attempts until an account is locked; 0 for never.
    pub lockout_threshold: u16,
}

/// The account database of a machine. Nothing in it is changed.
#[derive(Debug)]
pub struct AccountDatabase {
    machine: Arc<Machine>,
    tree: TreeId,
}

impl AccountDatabase {
    /// Connects to the machine's named pipes.
    ///
    /// # Errors
    ///
    /// If the user may not open them.
    pub fn open(machine: &Arc<Machine>) -> Result<AccountDatabase, ConnectError> {
        Ok(AccountDatabase { machine: Arc::clone(machine), tree: machine.connect_share(PIPES)? })
    }

    /// Reads the local users, in the database's order.
    ///
    /// # Errors
    ///
    /// If the machine denies access, does not answer in time, or has too many.
    pub fn users(&self, until: Option<Instant>) -> Result<Vec<User>, ReadError> {
        self.ask(until, |session| {
            let own = session.own_domain()?;
            let domain = session.open_domain(&own)?;
            let entries = session.list(&domain, function::ENUM_USERS, samr::enum_users)?;
            let mut users = Vec::new();
            for Entry { rid, .. } in entries {
                let user = samr::parse_opened(&session.call(function::OPEN_USER, &samr::open_user(&domain, rid))?)?;
                let told = session.call(function::QUERY_USER, &samr::query_user(&user));
                session.close(&user)?;
                users.push(samr::parse_user(&told?)?);
            }
            Ok(users)
        })
    }

    /// Reads the local groups with their members: those that every Windows has, and the machine's own.
    ///
    /// # Errors
    ///
    /// If the machine denies access, does not answer in time, or has too many.
    pub fn groups(&self, until: Option<Instant>) -> Result<Vec<Alias>, ReadError> {
        self.ask(until, |session| {
            let (mut groups, mut count) = (Vec::new(), 0usize);
            for sid in [session.domain(BUILTIN)?, session.own_domain()?] {
                let domain = session.open_domain(&sid)?;
                for Entry { rid, name } in session.list(&domain, function::ENUM_ALIASES, samr::enum_aliases)? {
                    let alias = session.call(function::OPEN_ALIAS, &samr::open_alias(&domain, rid))?;
                    let alias = samr::parse_opened(&alias)?;
                    let told = session.call(function::MEMBERS_IN_ALIAS, &samr::only_handle(&alias));
                    session.close(&alias)?;
                    let members = samr::parse_members(&told?)?;
                    count += members.len();
                    if count > MAX_MEMBERS {
                        return Err(ReadError::bad(format!("the groups have more than {MAX_MEMBERS} members")));
                    }
                    groups.push(Alias { name, rid, sid: format!("{sid}-{rid}"), members });
                }
            }
            Ok(groups)
        })
    }

    /// Reads the policy for passwords and logons.
    ///
    /// # Errors
    ///
    /// If the machine denies access or does not answer in time.
    pub fn policy(&self, until: Option<Instant>) -> Result<AccountPolicy, ReadError> {
        self.ask(until, |session| {
            let own = session.own_domain()?;
            let domain = session.open_domain(&own)?;
            let passwords = session.call(function::QUERY_DOMAIN, &samr::query_passwords(&domain))?;
            let lockout = session.call(function::QUERY_DOMAIN, &samr::query_lockout(&domain))?;
            let passwords = samr::parse_passwords(&passwords)?;
            Ok(AccountPolicy { passwords, lockout_threshold: samr::parse_lockout(&lockout)? })
        })
    }

    /// Opens a pipe for one question, and closes it afterwards, and with it every handle.
    fn ask<T>(
        &self,
        until: Option<Instant>,
        question: impl FnOnce(&mut Session<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let connection = self.machine.connection().clone();
        let pipe = self.machine.call(until, Pipe::open(connection, self.tree, PIPE, &samr::INTERFACE))?;
        let mut session = Session { machine: &self.machine, pipe, server: [0; 20], until };
        let connected = session.call(function::CONNECT, &samr::connect());
        let answer = connected.and_then(|results| samr::parse_connected(&results)).and_then(|server| {
            session.server = server;
            question(&mut session)
        });
        self.machine.spawn(session.pipe.close());
        answer
    }
}

/// A pipe to the database with the handle of its server.
struct Session<'m> {
    machine: &'m Machine,
    pipe: Pipe,
    server: Handle,
    until: Option<Instant>,
}

impl Session<'_> {
    fn call(&mut self, function: u16, parameters: &[u8]) -> Result<Vec<u8>, ReadError> {
        let results = self.machine.call(self.until, self.pipe.call(function, parameters))?;
        self.machine.count(results.len());
        Ok(results)
    }

    fn close(&mut self, handle: &Handle) -> Result<(), ReadError> {
        self.call(function::CLOSE_HANDLE, &samr::only_handle(handle)).map(|_| ())
    }

    fn domain(&mut self, name: &str) -> Result<DomainSid, ReadError> {
        let parameters = samr::lookup_domain(&self.server, name)?;
        samr::parse_domain_sid(&self.call(function::LOOKUP_DOMAIN, &parameters)?)
    }

    /// The domain of the machine's own accounts.
    fn own_domain(&mut self) -> Result<DomainSid, ReadError> {
        let server = self.server;
        let domains = self.list(&server, function::ENUM_DOMAINS, samr::enum_domains)?;
        let own = domains.into_iter().find(|domain| !domain.name.eq_ignore_ascii_case(BUILTIN));
        let own = own.ok_or_else(|| ReadError::bad("the machine has no accounts of its own"))?;
        self.domain(&own.name)
    }

    fn open_domain(&mut self, sid: &DomainSid) -> Result<Handle, ReadError> {
        let parameters = samr::open_domain(&self.server, sid);
        samr::parse_opened(&self.call(function::OPEN_DOMAIN, &parameters)?)
    }

    /// Reads a list to its end.
    fn list(
        &mut self,
        of: &Handle,
        function: u16,
        ask: impl Fn(&Handle, u32) -> Vec<u8>,
    ) -> Result<Vec<Entry>, ReadError> {
        let mut all = Vec::new();
        let mut from = 0;
        loop {
            let Listed { entries, next } = samr::parse_listed(&self.call(function, &ask(of, from))?)?;
            all.extend(entries);
            if all.len() > MAX_ENTRIES {
                return Err(ReadError::bad(format!("there are more than {MAX_ENTRIES} accounts or groups")));
            }
            match next {
                Some(next) => from = next,
                None => return Ok(all),
            }
        }
    }
}
