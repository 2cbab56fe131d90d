//! Who signs in on a machine, and how.

use std::sync::Arc;

use smb2::Session;
use smb2::auth::kerberos::KerberosCredentials;
use smb2::auth::kerberos::ccache::{CCache, CcacheCredential, CcachePrincipal};
use smb2::client::connection::Connection;
use wardline_kerberos::{Login, Ticket};

use crate::Credentials;

/// The service of files and named pipes.
pub(crate) const SERVICE: &str = "cifs";

/// Who signs in, and how.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// With a user name and a password, by NTLMv2.
    Ntlm(Credentials),
    /// With tickets of a domain.
    Kerberos(Arc<Login>),
}

impl SignIn {
    /// The user's name for messages.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            SignIn::Ntlm(credentials) => credentials.name(),
            SignIn::Kerberos(login) => login.client().to_string(),
        }
    }
}

impl From<&Credentials> for SignIn {
    fn from(credentials: &Credentials) -> Self {
        SignIn::Ntlm(credentials.clone())
    }
}

impl From<&SignIn> for SignIn {
    fn from(sign_in: &SignIn) -> Self {
        sign_in.clone()
    }
}

/// Signs in with a ticket to a machine's files.
pub(crate) async fn show_ticket(
    connection: &mut Connection,
    ticket: &Ticket,
    host: &str,
) -> Result<Session, smb2::Error> {
    let client = ticket.client();
    let of = |parts: Vec<String>| CcachePrincipal { name_type: 1, realm: client.realm.clone(), components: parts };
    let (key_etype, key) = ticket.key();
    // The library looks for the ticket by the user's realm, and shows it as it is.
    let held = CcacheCredential {
        client: of(client.parts.clone()),
        server: of(vec![SERVICE.to_owned(), host.to_owned()]),
        key_etype,
        key_data: key.to_vec(),
        authtime: 0,
        starttime: 0,
        endtime: u32::MAX,
        renew_till: 0,
        ticket: ticket.bytes().to_vec(),
    };
    let cache = CCache { version: 4, default_principal: held.client.clone(), credentials: vec![held] };
    let user = KerberosCredentials {
        username: client.parts.join("/"),
        password: String::new(),
        realm: client.realm.clone(),
        // Nothing is asked for.
        kdc_address: String::new(),
    };
    Session::setup_kerberos_from_ccache(connection, &user, host, &cache).await
}
