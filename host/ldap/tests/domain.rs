//! The directory of a domain controller that Samba plays: asked with a password and with a ticket.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::time::{Duration, Instant};

use wardline_fixtures::domain::{COMPUTERS, DOMAIN, DomainController, PASSWORD, REALM};
use wardline_kerberos::{CacheName, KerberosError, Login, Settings};
use wardline_ldap::{Domain, LdapError, Limits, Server, SignIn, certificates, computers};

const USER: &str = "administrator@corp.example";

fn settings(controller: &DomainController) -> Settings {
    let text = fs::read_to_string(controller.configuration()).unwrap();
    Settings::parse(&text)
}

fn asked(server: &str, roots: &[Vec<u8>], sign_in: SignIn<'_>) -> Result<Vec<String>, LdapError> {
    let server = Server::parse(server).unwrap();
    let limits = Limits { wait: Duration::from_secs(5), whole: Duration::from_secs(60) };
    let found = computers(&Domain { name: Some(DOMAIN), server: &server, roots }, sign_in, limits)?;
    Ok(found.into_iter().map(|computer| computer.name).collect())
}

#[test]
fn a_domain_is_listed_over_tls_or_sealed_by_kerberos() {
    let place = tempfile::tempdir().unwrap();
    let Some(mut controller) = DomainController::start(place.path()) else { return };
    let roots = certificates(&fs::read(controller.certificate()).unwrap());
    let mut lists = Vec::new();
    for server in ["localhost", "ldaps://localhost", "ldap://localhost"] {
        let sign_in = SignIn::Password { user: USER, password: PASSWORD };
        lists.push(asked(server, &roots, sign_in).unwrap());
        let wrong = asked(server, &roots, SignIn::Password { user: USER, password: "wrong" });
        assert!(matches!(wrong, Err(LdapError::WrongPassword { .. })), "{wrong:?}");
    }
    // A ticket of the cache, of a user without rights; and one for a password. The controller's certificate is not asked for.
    let cache = Some(CacheName::File(controller.sign_in("member")));
    let from_cache = Login::from_cache(Settings { cache, ..settings(&controller) }).unwrap();
    let with_password = Login::with_password(settings(&controller), "administrator", Some(DOMAIN), PASSWORD).unwrap();
    assert_eq!(from_cache.client().to_string(), format!("member@{REALM}"));
    for login in [&from_cache, &with_password] {
        for server in ["localhost", "ldap://localhost"] {
            lists.push(asked(server, &[], SignIn::Ticket(login)).unwrap());
        }
    }
    for list in &mut lists {
        list.sort();
        // The controller itself is one of them.
        assert_eq!(list.len(), COMPUTERS - COMPUTERS / 3 + 1);
        assert!(list.contains(&"pc1.corp.example".to_owned()) && !list.contains(&"pc0.corp.example".to_owned()));
    }
    lists.dedup();
    assert_eq!(lists.len(), 1);
    let with_tls = asked("ldaps://localhost", &roots, SignIn::Ticket(&from_cache));
    assert!(matches!(with_tls, Err(LdapError::TicketWithTls { .. })), "{with_tls:?}");
    // An address is asked for its name, which the domain knows.
    assert_eq!(asked("ldap://127.0.0.1", &[], SignIn::Ticket(&from_cache)).map(|list| list.len()), Ok(lists[0].len()));

    each_reason_for_no_ticket_has_its_error(&controller, &from_cache);
    controller.kill();
    let begun = Instant::now();
    let gone = from_cache.ticket("cifs", "dc1.corp.example").unwrap_err();
    assert!(matches!(gone, KerberosError::Unreachable { .. }), "{gone}");
    let gone = asked("localhost", &[], SignIn::Ticket(&from_cache));
    assert!(matches!(gone, Err(LdapError::Unreachable { .. })), "{gone:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

fn each_reason_for_no_ticket_has_its_error(controller: &DomainController, login: &Login) {
    let unknown = login.ticket("cifs", "nobody.corp.example").unwrap_err();
    assert_eq!(
        unknown,
        KerberosError::UnknownMachine { realm: REALM.to_owned(), service: "cifs/nobody.corp.example".to_owned() }
    );
    let sign_in = |user: &str, password: &str| {
        Login::with_password(settings(controller), user, None, password).map(|login| login.client().to_string())
    };
    assert!(matches!(sign_in("administrator", "wrong"), Err(KerberosError::WrongPassword { .. })));
    assert!(matches!(sign_in("nobody-of-that-name", PASSWORD), Err(KerberosError::UnknownUser { .. })));
    // The name as the domain spells it.
    assert_eq!(
        sign_in("ADMINISTRATOR", PASSWORD).map(|name| name.to_lowercase()),
        Ok("administrator@corp.example".to_owned())
    );
    let nowhere = Login::with_password(Settings::default(), "administrator", Some("no-such-domain.invalid"), PASSWORD);
    assert!(matches!(nowhere, Err(KerberosError::Unreachable { .. })), "{nowhere:?}");
    let nameless = Login::with_password(Settings::default(), "administrator", None, PASSWORD);
    assert!(matches!(nameless, Err(KerberosError::NoRealm { .. })), "{nameless:?}");
}
