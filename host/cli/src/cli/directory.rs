//! The computers of a domain as targets.

use std::io;
use std::path::Path;

use super::access::HostArgs;
use super::{Fatal, warn};
use crate::contract::Escaped;
use crate::evidence::live::{Address, SignIn};
use crate::ldap::{self, Domain, Limits, Server};
use crate::regular_file;

/// The largest file with certificates, in bytes. The lists of whole systems are smaller.
const MAX_CERTIFICATES: u64 = 4 << 20;

/// Returns the computers of a domain whose accounts are enabled. One with a bad name is left out, with a message.
///
/// # Errors
///
/// If no domain controller lists them.
pub(super) fn computers_of(domain: &str, selected: &HostArgs, who: &SignIn) -> Result<Vec<Address>, Fatal> {
    let server = Server::parse(selected.ldap_server.as_deref().unwrap_or(domain))?;
    let roots = match &selected.ldap_ca {
        Some(file) => certificates(file).map_err(|error| format!("{}: {error}", file.display()))?,
        None => Vec::new(),
    };
    let user;
    let sign_in = match who {
        SignIn::Ntlm(credentials) => {
            user = credentials.directory_name();
            ldap::SignIn::Password { user: &user, password: credentials.password() }
        }
        SignIn::Kerberos(login) => {
            user = login.client().to_string();
            ldap::SignIn::Ticket(login)
        }
    };
    let asked = Domain { name: Some(domain), server: &server, roots: &roots };
    let computers =
        ldap::computers(&asked, sign_in, Limits::default()).map_err(|error| format!("--domain {domain}: {error}"))?;
    let mut addresses = Vec::new();
    for computer in &computers {
        // A name alone: a directory does not choose the port that credentials are sent to.
        match Address::parse(&computer.name).ok().filter(|_| !computer.name.contains([':', '/'])) {
            Some(address) => addresses.push(address),
            None => warn(&format!("--domain {domain}: bad name of a computer: {}; left out", Escaped(&computer.name))),
        }
    }
    if addresses.is_empty() {
        let found = match computers.len() {
            0 => format!("it has no enabled computers that {user} may see"),
            found => format!("none of its {found} computers has a name that can be addressed"),
        };
        return Err(format!("--domain {domain}: {found}").into());
    }
    Ok(addresses)
}

fn certificates(file: &Path) -> io::Result<Vec<Vec<u8>>> {
    let text = regular_file::read(file, MAX_CERTIFICATES)?;
    let certificates = ldap::certificates(&text);
    if certificates.is_empty() {
        return Err(io::Error::other("no certificate in it: expected `-----BEGIN CERTIFICATE-----`"));
    }
    Ok(certificates)
}
