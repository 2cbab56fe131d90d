//! A directory of Debian's OpenLDAP server, on loopback: searched in pages over LDAPS and StartTLS, and what goes wrong.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use wardline_ldap::{Domain, LdapError, Limits, Server, SignIn, computers};

const PROGRAMS: [&str; 3] = ["/usr/sbin/slapd", "/usr/sbin/slapadd", "/usr/bin/openssl"];
const USER: &str = "cn=admin,dc=corp,dc=example";
const PASSWORD: &str = "Sommer-2026";

/// The parts of Active Directory's schema that a list of computers needs.
const SCHEMA: &str = "attributetype ( 1.2.840.113556.1.4.619 NAME 'dNSHostName' EQUALITY caseIgnoreMatch \
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch \
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.3.30 NAME 'computer' SUP top STRUCTURAL MUST cn MAY ( dNSHostName $ userAccountControl ) )
";

/// More than two pages.
const COMPUTERS: usize = 1203;

/// A running server, stopped when it is dropped.
struct Directory {
    slapd: Child,
    place: tempfile::TempDir,
    ldap: u16,
    ldaps: u16,
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = self.slapd.kill();
        let _ = self.slapd.wait();
    }
}

impl Directory {
    /// Starts a server; `None` where it is not installed.
    fn start() -> Option<Directory> {
        if let Some(missing) = PROGRAMS.into_iter().find(|program| !Path::new(program).exists()) {
            eprintln!("skipped: {missing} is not installed (slapd, openssl)");
            return None;
        }
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        run(Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(at("key.pem"))
            .arg("-out")
            .arg(at("certificate.pem")));
        run(Command::new("openssl")
            .args(["x509", "-outform", "der", "-in"])
            .arg(at("certificate.pem"))
            .arg("-out")
            .arg(at("certificate.der")));
        fs::create_dir(at("data")).unwrap();
        fs::write(at("computer.schema"), SCHEMA).unwrap();
        let folder = place.path().display();
        let configuration = format!(
            "include /etc/ldap/schema/core.schema\ninclude {folder}/computer.schema\npidfile {folder}/pid\n\
             modulepath /usr/lib/ldap\nmoduleload back_mdb\nTLSCertificateFile {folder}/certificate.pem\n\
             TLSCertificateKeyFile {folder}/key.pem\ndatabase mdb\nmaxsize 67108864\nsuffix \"dc=corp,dc=example\"\n\
             rootdn \"{USER}\"\nrootpw {PASSWORD}\ndirectory {folder}/data\n"
        );
        fs::write(at("slapd.conf"), configuration).unwrap();
        fs::write(at("data.ldif"), entries()).unwrap();
        run(Command::new("/usr/sbin/slapadd").arg("-q").arg("-f").arg(at("slapd.conf")).arg("-l").arg(at("data.ldif")));
        let (ldap, ldaps) = (free_port(), free_port());
        let slapd = Command::new("/usr/sbin/slapd")
            .arg("-f")
            .arg(at("slapd.conf"))
            .args(["-d", "0", "-h", &format!("ldap://127.0.0.1:{ldap} ldaps://127.0.0.1:{ldaps}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, ldaps)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "slapd does not start");
            thread::sleep(Duration::from_millis(50));
        }
        Some(Directory { slapd, place, ldap, ldaps })
    }

    fn certificate(&self) -> Vec<u8> {
        fs::read(self.place.path().join("certificate.der")).unwrap()
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn entries() -> String {
    let mut text =
        "dn: dc=corp,dc=example\nobjectClass: dcObject\nobjectClass: organization\no: corp\ndc: corp\n\n".to_owned();
    for number in 0..COMPUTERS {
        let control = if number % 3 == 0 { 4098 } else { 4096 };
        write!(
            text,
            "dn: cn=PC{number},dc=corp,dc=example\nobjectClass: computer\ncn: PC{number}\nuserAccountControl: {control}\n\
             dNSHostName: pc{number}.corp.example\n\n"
        )
        .unwrap();
    }
    text
}

fn asked(server: &str, roots: &[Vec<u8>], name: Option<&str>, password: &str) -> Result<Vec<String>, LdapError> {
    let server = Server::parse(server).unwrap();
    let domain = Domain { name, server: &server, roots };
    let found = computers(&domain, SignIn::Password { user: USER, password }, limits())?;
    Ok(found.into_iter().map(|computer| computer.name).collect())
}

fn limits() -> Limits {
    Limits { wait: Duration::from_secs(5), whole: Duration::from_secs(60) }
}

#[test]
fn a_domain_is_listed_in_pages_over_tls_alone() {
    let Some(directory) = Directory::start() else { return };
    let (roots, none) = ([directory.certificate()], []);
    for server in [format!("ldaps://localhost:{}", directory.ldaps), format!("ldap://localhost:{}", directory.ldap)] {
        let found = asked(&server, &roots, Some("corp.example"), PASSWORD).unwrap();
        assert_eq!(found.len(), COMPUTERS - COMPUTERS / 3, "{server}");
        assert!(found.contains(&"pc1.corp.example".to_owned()) && !found.contains(&"pc0.corp.example".to_owned()));
        let wrong = asked(&server, &roots, None, "wrong");
        assert!(matches!(wrong, Err(LdapError::WrongPassword { .. })), "{wrong:?}");
        let untrusted = asked(&server, &none, None, PASSWORD);
        assert!(matches!(untrusted, Err(LdapError::Untrusted { .. })), "{untrusted:?}");
        let other = asked(&server, &roots, Some("other.example"), PASSWORD);
        assert!(matches!(other, Err(LdapError::OtherDomain { .. })), "{other:?}");
        // Without a password a server signs nobody in and says that all is well.
        assert_eq!(asked(&server, &roots, None, ""), Err(LdapError::NoPassword));
    }
    // The certificate is another name's.
    let other_name = asked(&format!("ldaps://127.0.0.1:{}", directory.ldaps), &roots, None, PASSWORD);
    assert!(matches!(other_name, Err(LdapError::Untrusted { .. })), "{other_name:?}");
}

/// Serves one connection: reads something, answers with these bytes, and keeps the connection open.
fn liar(answer: Vec<u8>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(&answer);
        thread::sleep(Duration::from_secs(10));
    });
    port
}

#[test]
fn a_server_that_sends_rubbish_or_nothing_costs_its_time_and_no_more() {
    let limits = Limits { wait: Duration::from_millis(500), whole: Duration::from_secs(2) };
    let refused = vec![0x30, 0x0c, 2, 1, 1, 0x78, 7, 0x0a, 1, 52, 4, 0, 4, 0];
    for (answer, expected) in [
        (Vec::new(), "took more than"),
        (vec![0xff; 64], "bad reply"),
        // Four gigabytes are promised.
        (vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2], "a message is too large"),
        (vec![0x30, 0x80, 2, 1, 1, 0, 0], "no definite length"),
        (refused, "offers no TLS (the LDAP result 52)"),
        // StartTLS is granted, and then comes no TLS.
        ([vec![0x30, 0x0c, 2, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0], vec![7; 64]].concat(), "offers no TLS"),
    ] {
        let begun = Instant::now();
        let server = Server::parse(&format!("ldap://127.0.0.1:{}", liar(answer))).unwrap();
        let domain = Domain { name: None, server: &server, roots: &[] };
        let error =
            computers(&domain, SignIn::Password { user: USER, password: PASSWORD }, limits).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{expected}");
    }
    let error = asked("ldap://127.0.0.1:9", &[], None, PASSWORD).unwrap_err();
    assert!(matches!(error, LdapError::Unreachable { .. }), "{error}");
}
