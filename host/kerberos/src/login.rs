//! A signed-in user, and their tickets to services.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cache::{self, Cached};
use crate::exchange;
use crate::{CacheName, KerberosError, Principal, Settings, Ticket, clock};

/// The maximum number of realms that a ticket is looked for in.
const MAX_REFERRALS: usize = 8;

/// The tickets that are kept, for as many machines.
const MAX_KEPT: usize = 100_000;

/// A user who has signed in to a domain. Each ticket is requested once, and kept.
pub struct Login {
    client: Principal,
    settings: Settings,
    /// Where the tickets are from, for messages.
    origin: String,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    tickets: Vec<Ticket>,
    /// The realms that did not answer: many machines must not each wait for them.
    unreachable: HashMap<String, KerberosError>,
}

impl fmt::Debug for Login {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Login").field("client", &self.client.to_string()).finish_non_exhaustive()
    }
}

impl Login {
    /// Takes the tickets of the cache that the settings name.
    ///
    /// # Errors
    ///
    /// If there is no cache, or no ticket in it that is still valid.
    pub fn from_cache(settings: Settings) -> Result<Login, KerberosError> {
        let path = match &settings.cache {
            Some(CacheName::File(path)) => path.clone(),
            Some(CacheName::Other(name)) => return Err(KerberosError::CacheKind { cache: name.clone() }),
            None => return Err(KerberosError::NoCache { cache: "the file that KRB5CCNAME names".to_owned() }),
        };
        let cache = path.display().to_string();
        let unreadable = |reason: String| KerberosError::UnreadableCache { cache: cache.clone(), reason };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(KerberosError::NoCache { cache }),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let mut bytes = Vec::new();
        file.take(cache::MAX_FILE).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
        let Cached { client, tickets, has_old_ciphers } =
            cache::parse(&bytes).map_err(|reason| unreadable(reason.to_owned()))?;
        let realm = client.realm.clone();
        let (now, _) = clock::now();
        let (valid, expired) = tickets.into_iter().partition::<Vec<_>, _>(|ticket| ticket.ends > now);
        if !valid.iter().any(|ticket| ticket.server.is_for_tickets(&realm)) {
            return Err(match expired.iter().any(|ticket| ticket.server.is_for_tickets(&realm)) {
                true => KerberosError::Expired { user: client.to_string() },
                false if has_old_ciphers => KerberosError::OldCipher { realm, name: client.to_string() },
                false => KerberosError::NoTicket { cache, realm },
            });
        }
        let kept = Mutex::new(Kept { tickets: valid, ..Kept::default() });
        Ok(Login { client, settings, origin: cache, kept })
    }

    /// Signs in with a password. Without a realm the user is one of the usual domain.
    ///
    /// # Errors
    ///
    /// If the domain does not accept them, or does not answer.
    pub fn with_password(
        settings: Settings,
        user: &str,
        realm: Option<&str>,
        password: &str,
    ) -> Result<Login, KerberosError> {
        let realm = realm.or(settings.default_realm.as_deref());
        let realm = realm.ok_or_else(|| KerberosError::NoRealm { user: user.to_owned() })?.to_uppercase();
        let ticket = exchange::sign_in(&settings, &Principal::new(&[user], &realm), password)?;
        let client = ticket.client.clone();
        let kept = Mutex::new(Kept { tickets: vec![ticket], ..Kept::default() });
        Ok(Login { client, settings, origin: "the password".to_owned(), kept })
    }

    /// Who has signed in.
    #[must_use]
    pub fn client(&self) -> &Principal {
        &self.client
    }

    /// Where the tickets are from: the file of a cache, or the password.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns a ticket to a service of a machine, such as `cifs`.
    ///
    /// # Errors
    ///
    /// If the machine is given by an address, its domain does not know it, or no domain controller answers.
    pub fn ticket(&self, service: &str, host: &str) -> Result<Ticket, KerberosError> {
        if host.parse::<IpAddr>().is_ok() {
            return Err(KerberosError::NeedsName { host: host.to_owned() });
        }
        let (now, _) = clock::now();
        let is_valid = |ticket: &&Ticket| ticket.ends > now;
        let mut realm = self.client.realm.clone();
        let mut held = {
            let kept = self.kept();
            if let Some(ticket) = kept.tickets.iter().filter(is_valid).find(|ticket| ticket.server.is(service, host)) {
                return Ok(ticket.clone());
            }
            kept.tickets.iter().filter(is_valid).find(|ticket| ticket.server.is_for_tickets(&realm)).cloned()
        }
        .ok_or_else(|| KerberosError::Expired { user: self.client.to_string() })?;
        for _ in 0..MAX_REFERRALS {
            if let Some(error) = self.kept().unreachable.get(&realm) {
                return Err(error.clone());
            }
            let found = exchange::exchange(&self.settings, &held, &Principal::new(&[service, host], &realm));
            let found = found.inspect_err(|error| {
                if matches!(error, KerberosError::Unreachable { .. }) {
                    self.kept().unreachable.insert(realm.clone(), error.clone());
                }
            })?;
            match found.server.for_tickets().map(str::to_owned) {
                Some(next) => {
                    realm = next;
                    held = found;
                }
                // The service may have another name there; it is asked for by this one again.
                None => {
                    let kept = Ticket { server: Principal::new(&[service, host], &found.server.realm), ..found };
                    let mut all = self.kept();
                    if all.tickets.len() < MAX_KEPT {
                        all.tickets.push(kept.clone());
                    }
                    return Ok(kept);
                }
            }
        }
        let reason = "its referrals do not end";
        Err(KerberosError::BadReply { of: format!("the key distribution centre of {realm}"), reason })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::cache::tests::written;

    const REALM: &str = "CORP.EXAMPLE";

    fn settings(folder: &tempfile::TempDir, tickets: &[(&[&str], u16, u32)]) -> Settings {
        let path = folder.path().join("cache");
        let tickets = tickets.iter().map(|(name, kind, ends)| (Principal::new(name, REALM), *kind, *ends));
        let bytes = written(&Principal::new(&["admin"], REALM), &tickets.collect::<Vec<_>>());
        std::fs::write(&path, bytes).unwrap();
        Settings { cache: Some(CacheName::File(path)), ..Settings::default() }
    }

    #[test]
    fn a_cache_without_a_valid_ticket_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let to_realm = &["krbtgt", REALM][..];
        for (tickets, expected) in [
            (&[(to_realm, 18, u32::MAX)][..], Ok("admin@CORP.EXAMPLE")),
            (&[(to_realm, 18, 1)], Err("the ticket of admin@CORP.EXAMPLE has expired; run `kinit`")),
            (&[(&["cifs", "web01"], 18, u32::MAX)], Err("has none for signing in to CORP.EXAMPLE")),
            (&[(to_realm, 23, u32::MAX)], Err("CORP.EXAMPLE offers no AES key")),
            (&[], Err("has none for signing in to CORP.EXAMPLE")),
        ] {
            let found = Login::from_cache(settings(&folder, tickets));
            let found = found.map(|login| login.client().to_string()).map_err(|error| error.to_string());
            match (&found, expected) {
                (Ok(client), Ok(expected)) => assert_eq!(client, expected),
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                _ => panic!("{found:?}, expected {expected:?}"),
            }
        }
        std::fs::write(folder.path().join("cache"), "rubbish").unwrap();
        let of = |name: &str| {
            let name =
                if name.contains(':') { name.to_owned() } else { folder.path().join(name).display().to_string() };
            let settings = Settings { cache: Some(CacheName::parse(&name)), ..Settings::default() };
            Login::from_cache(settings).unwrap_err().to_string()
        };
        assert!(of("cache").contains("bad signature: expected a ticket cache"), "{}", of("cache"));
        assert!(of("none").contains("does not exist; run `kinit"), "{}", of("none"));
        assert!(of("KCM:0").contains("is not a file"), "{}", of("KCM:0"));
    }

    #[test]
    fn a_ticket_that_is_there_needs_no_domain_and_an_address_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let tickets = [(&["krbtgt", REALM][..], 18, u32::MAX), (&["cifs", "WEB01"], 17, u32::MAX)];
        let login = Login::from_cache(settings(&folder, &tickets)).unwrap();
        assert_eq!(login.ticket("cifs", "web01").unwrap().key().0, 17);
        for address in ["10.0.0.1", "fe80::1"] {
            let error = login.ticket("cifs", address).unwrap_err();
            assert!(matches!(error, KerberosError::NeedsName { .. }), "{error}");
        }
    }

    /// Answers each connection with these bytes, after their size.
    fn liar(reply: Vec<u8>) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
        let count = std::sync::Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(&reply);
            }
        });
        (address, asked)
    }

    #[test]
    fn a_centre_that_sends_rubbish_or_nothing_is_an_error_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let with_size = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
        for (reply, expected) in [
            (Vec::new(), "it closes the connection"),
            (vec![0xff; 8], "has 4294967295 bytes"),
            (with_size(b""), "its reply is damaged"),
            (with_size(&[0x7e, 0x82]), "its error is damaged"),
            (with_size(&[0x6d; 90]), "its reply is damaged"),
        ] {
            let (address, asked) = liar(reply);
            // A ticket that can be shown: an empty one of the right form.
            let mut settings = settings(&folder, &[(&["krbtgt", REALM], 18, u32::MAX)]);
            settings.centres.insert(REALM.to_owned(), vec![address]);
            let begun = Instant::now();
            let error = Login::with_password(settings, "admin", Some(REALM), "x").unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
            assert!(begun.elapsed() < Duration::from_secs(5) && asked.load(std::sync::atomic::Ordering::Relaxed) == 1);
        }
    }
}
