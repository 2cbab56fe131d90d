//! Failures of a server, and the protection of connections to it.

use std::net::{Ipv4Addr, TcpListener};

use wardline_fixtures::postgres::Postgres;
use wardline_history::{History, HistoryError};

use crate::{add, fleet, server, store, try_add};

/// A database with a user who may create a history in it, by TCP only with the password `opensesame`.
fn database_of_a_user(server: &Postgres, user: &str) -> String {
    let database = server.create_database();
    server.sql("postgres", &format!("CREATE ROLE {user} LOGIN PASSWORD 'opensesame'"));
    server.sql("postgres", &format!("GRANT CREATE ON DATABASE {database} TO {user}"));
    database
}

fn error(url: &str) -> HistoryError {
    let opened = History::open(store(url)).unwrap_err();
    let created = History::create(store(url)).unwrap_err();
    assert_eq!(std::mem::discriminant(&opened), std::mem::discriminant(&created), "{opened} {created}");
    assert!(!created.to_string().contains("opensesame"));
    created
}

#[test]
fn a_password_is_needed_and_checked() {
    let Some(server) = server() else { return };
    let database = database_of_a_user(server, "audit");
    let url = server.tcp_url("audit", &database);
    let with = |password: &str| url.replace("audit@", &format!("audit:{password}@"));
    add(&store(&with("opensesame")), 0, &fleet(0..1));
    assert!(matches!(error(&with("wrong")), HistoryError::NotLetIn { .. }));
    assert!(matches!(error(&url), HistoryError::NoPassword { .. }));
    assert!(matches!(error(&url.replace("audit@", "nobody:x@")), HistoryError::NotLetIn { .. }));
}

#[test]
fn what_is_not_there_or_not_permitted_is_told() {
    let Some(server) = server() else { return };
    assert!(matches!(error(&server.url("postgres", "nosuch")), HistoryError::NoDatabase { .. }));
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    assert!(matches!(error(&format!("postgres://a@127.0.0.1:{free}/d")), HistoryError::Unreachable { .. }));
    let database = server.create_database();
    server.sql("postgres", "CREATE ROLE reader LOGIN");
    let (url, readers) = (server.url("postgres", &database), server.url("reader", &database));
    assert!(matches!(History::open(store(&url)), Err(HistoryError::Missing { .. })));
    assert!(matches!(History::create(store(&readers)), Err(HistoryError::NotPermitted { .. })));
    add(&store(&url), 0, &fleet(0..1));
    server.sql(
        &database,
        "GRANT USAGE ON SCHEMA wardline TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA wardline TO reader",
    );
    assert_eq!(History::open(store(&readers)).unwrap().scans().unwrap().len(), 1);
    assert!(matches!(try_add(&store(&readers), 1, &fleet(0..1)), Err(HistoryError::NotPermitted { .. })));
    assert_eq!(History::open(store(&url)).unwrap().scans().unwrap().len(), 1);
}

#[test]
fn only_a_history_is_used() {
    let Some(server) = server() else { return };
    let database = server.create_database();
    server.sql(&database, "CREATE SCHEMA wardline; CREATE TABLE wardline.scan (id bigint)");
    assert!(matches!(error(&server.url("postgres", &database)), HistoryError::NotAHistory { .. }));
    server.sql("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    let created = History::create(store(&server.url("postgres", "latin")));
    assert!(matches!(created, Err(HistoryError::Encoding { found, .. }) if found == "LATIN1"));
}

#[test]
fn a_server_that_ends_is_an_error_and_loses_no_earlier_scan() {
    let Some(server) = server() else { return };
    let database = server.create_database();
    let url = store(&server.url("postgres", &database));
    add(&url, 0, &fleet(0..1));
    let mut writer = History::create(&url).unwrap().begin(&crate::generator::head(), crate::day(1));
    writer.append(wardline_history::Prepared::new(&fleet(0..1)[0])).unwrap();
    server.sql(
        "postgres",
        &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"),
    );
    let error = writer.finish(&Default::default(), 0, crate::day(1)).unwrap_err();
    assert!(matches!(error, HistoryError::Unreachable { .. }), "{error}");
    assert_eq!(History::open(&url).unwrap().scans().unwrap().len(), 1);
}

#[test]
fn connections_are_encrypted_and_servers_checked() {
    let Some(server) = server() else { return };
    let Some(certificate) = server.certificate() else {
        eprintln!("skipped: OpenSSL is not installed (openssl)");
        return;
    };
    let database = database_of_a_user(server, "tls");
    let url = server.tcp_url("tls", &database).replace("tls@", "tls:opensesame@");
    let encrypted = |options: &str| -> Result<(), HistoryError> {
        let history = History::create(store(&format!("{url}&{options}")))?;
        let count = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND datname = ";
        assert_eq!(server.sql("postgres", &format!("{count} '{database}'")), "1", "{options}");
        drop(history);
        while server.sql("postgres", &format!("{count} '{database}'")) != "0" {}
        Ok(())
    };
    encrypted("sslmode=prefer").unwrap();
    encrypted("sslmode=require&channel_binding=require").unwrap();
    let roots = format!("sslmode=verify-full&sslrootcert={}", certificate.display());
    encrypted(&roots).unwrap();
    // No authority of the system knows it, and it is not for this name.
    for (from, to, options) in [("", "", "sslmode=verify-full"), ("localhost", "elsewhere", roots.as_str())] {
        let url = if from.is_empty() { url.clone() } else { url.replace(from, to) };
        let error = History::create(store(&format!("{url}&{options}"))).unwrap_err();
        assert!(
            matches!(&error, HistoryError::Unreachable { reason, .. } if reason.contains("certificate")),
            "{error}"
        );
    }
}
