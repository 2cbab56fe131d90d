//! A file server in a domain, both played by Samba: signing in with tickets.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use wardline_fixtures::domain::{DomainController, PASSWORD};
use wardline_fixtures::samba::{Samba, Served};
use wardline_live::kerberos::{CacheName, KerberosError, Login, Settings};
use wardline_live::{Address, ConnectError, Limits, Machine, Registry, Root, Share, SignIn};

const KEYS: &str = "Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Wardline]
\"Text\"=\"text\"

";

fn limits() -> Limits {
    Limits { connect: Duration::from_secs(5), call: Duration::from_secs(10), machine: Duration::from_secs(60) }
}

#[test]
fn a_ticket_opens_files_and_registry() {
    let [domain, server, volume] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let Some(controller) = DomainController::start(domain.path()) else { return };
    fs::write(volume.path().join("a.txt"), "text").unwrap();
    let keys = controller.keys();
    let served = Served { volume: Some(volume.path()), registry: Some(KEYS), keys: Some(&keys), ..Served::default() };
    let Some(samba) = Samba::start(server.path(), &served) else { return };
    let at = |host: &str| Address::parse(&format!("{host}:{}", samba.port())).unwrap();
    let settings = Settings::parse(&fs::read_to_string(controller.configuration()).unwrap());
    let cached = |user: &str| {
        let cache = Some(CacheName::File(controller.sign_in(user)));
        SignIn::Kerberos(Arc::new(Login::from_cache(Settings { cache, ..settings.clone() }).unwrap()))
    };
    let with_password = Login::with_password(settings.clone(), "administrator", None, PASSWORD).unwrap();
    let administrator = cached("administrator");
    for sign_in in [&administrator, &SignIn::Kerberos(Arc::new(with_password))] {
        let machine = Machine::connect(&at("localhost"), sign_in, limits()).unwrap();
        let share = Share::connect(&machine, "C$").unwrap();
        assert_eq!(share.open("a.txt").unwrap().read_at(&mut [0; 8], 0).unwrap(), 4);
        let registry = Registry::open(&machine).unwrap();
        let key = registry.key(Root::LocalMachine, "SOFTWARE\\Wardline", true, None).unwrap().unwrap();
        assert!(key.value("Text", None).unwrap().is_some());
    }
    let refused = |host: &str, sign_in: &SignIn| Machine::connect(&at(host), sign_in, limits()).unwrap_err();
    let error = refused("127.0.0.1", &administrator);
    let needs_name =
        |error: &ConnectError| matches!(error, ConnectError::NoTicket { reason: KerberosError::NeedsName { .. }, .. });
    assert!(needs_name(&error), "{error}");
    // Nobody on the server is this user.
    let error = refused("localhost", &cached("member"));
    assert!(matches!(error, ConnectError::TicketRefused { .. }), "{error}");
    drop(samba);
    // A server whose keys are not those of the domain cannot read the ticket.
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("keys"), "").unwrap();
    let empty = other.path().join("keys");
    let server = tempfile::tempdir().unwrap();
    let Some(samba) = Samba::start(server.path(), &Served { keys: Some(&empty), ..Served::default() }) else { return };
    let address = Address::parse(&format!("localhost:{}", samba.port())).unwrap();
    let error = Machine::connect(&address, &administrator, limits()).unwrap_err();
    assert!(matches!(error, ConnectError::TicketRefused { .. } | ConnectError::Protocol { .. }), "{error}");
}
