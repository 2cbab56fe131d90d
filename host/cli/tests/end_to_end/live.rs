//! Running machines, played by Samba: named in every way, signed in to, scanned, recorded, and what goes wrong.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use wardline_fixtures::WindowsVolume;
use wardline_fixtures::domain::{self, DomainController};
use wardline_fixtures::samba::{PASSWORD, Samba, Served};

use crate::support::program::{program, run};

/// Keys that Samba does not have by itself: it knows its own version of Windows, and little else.
const KEYS: &str = "Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa]
\"restrictanonymous\"=dword:00000000
";

struct Machine {
    samba: Samba,
    place: tempfile::TempDir,
}

impl Machine {
    /// Starts a machine; `None` if the test skips.
    fn start(served: &Served<'_>) -> Option<Machine> {
        let place = tempfile::tempdir().unwrap();
        let (volume, server) = (place.path().join("volume"), place.path().join("server"));
        fs::create_dir_all(&server).unwrap();
        WindowsVolume::windows_10().write_to(&volume).unwrap();
        let served = Served { volume: Some(&volume), registry: Some(KEYS), ..served.clone() };
        Samba::start(&server, &served).map(|samba| Machine { samba, place })
    }

    fn url(&self) -> String {
        format!("smb://127.0.0.1:{}", self.samba.port())
    }

    fn path(&self) -> &Path {
        self.place.path()
    }

    /// Writes a credentials file with this password.
    fn credentials(&self, password: &str) -> String {
        let file = self.path().join("credentials");
        fs::write(&file, format!("username={}\npassword={password}\n", self.samba.user())).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file.to_str().unwrap().to_owned()
    }
}

fn errors(report: &Value) -> Vec<(&str, &str)> {
    fn text(value: &Value) -> &str {
        value.as_str().unwrap_or_default()
    }
    let targets = report["targets"].as_array().unwrap();
    targets.iter().map(|target| (text(&target["name"]), text(&target["error"]))).collect()
}

#[test]
fn a_running_machine_is_scanned_and_recorded() {
    let Some(machine) = Machine::start(&Served::default()) else { return };
    let credentials = machine.credentials(PASSWORD);
    let url = machine.url();
    let scanned = run(program().args(["scan", &url, "--credentials", &credentials, "-o", "json", "--only", "os"]));
    let report = scanned.json();
    let target = &report["targets"][0];
    assert_eq!((target["name"].as_str(), target["source"]["kind"].as_str()), (Some("127.0.0.1"), Some("live")));
    assert_eq!(target["source"]["location"].as_str(), Some(url.as_str()));
    assert_eq!(target["error"], Value::Null, "{target}");
    let recording = machine.path().join("machine.recording");
    let recording = recording.to_str().unwrap();
    let collect = ["collect", &url, "-o", recording, "--only", "os"];
    let collected =
        run(program().args(collect).env("WARDLINE_USER", machine.samba.user()).env("WARDLINE_PASSWORD", PASSWORD));
    assert_eq!(collected.code, 0, "{}", collected.stderr);
    // The recording is judged as the machine is.
    let again = run(program().args(["scan", recording, "-o", "json", "--only", "os"])).json();
    assert_eq!(again["targets"][0]["checks"], target["checks"]);
    assert_eq!(again["targets"][0]["name"], target["name"]);
}

#[test]
fn machines_are_named_in_every_way_and_each_scanned_once() {
    let Some(machine) = Machine::start(&Served::default()) else { return };
    let credentials = machine.credentials(PASSWORD);
    let (url, port) = (machine.url(), machine.samba.port());
    let list = machine.path().join("list");
    fs::write(&list, format!("# machines\n127.0.0.1:{port}\nlocalhost:{port}\n")).unwrap();
    let host = format!("127.0.0.1:{port}");
    let mut command = program();
    command.args(["scan", "-", &url, "--host", &host, "--hosts-file", list.to_str().unwrap()]);
    command.args(["--credentials", &credentials, "--only", "os", "-o", "json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("127.0.0.1:{port}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(errors(&report), [("127.0.0.1", ""), ("localhost", "")]);
}

#[test]
fn each_machine_that_cannot_be_read_has_its_reason_and_costs_no_other_its_result() {
    let Some(machine) = Machine::start(&Served::default()) else { return };
    let without = Served { without_registry: true, ..Served::default() };
    let Some(without) = Machine::start(&without) else { return };
    let credentials = machine.credentials(PASSWORD);
    let (first, second) = (machine.url(), without.url());
    let started = Instant::now();
    // Nothing listens at port 9 of loopback; 192.0.2.1 is nobody's (RFC 5737).
    let arguments = ["scan", &first, &second, "smb://127.0.0.1:9", "smb://192.0.2.1", "smb://bad host"];
    let more = ["--credentials", &credentials, "--only", "os", "-o", "json", "--connect-timeout", "3"];
    let ran = run(program().args(arguments).args(more));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(started.elapsed() < Duration::from_secs(60));
    let report = ran.json();
    let errors = errors(&report);
    for ((_, error), expected) in errors.iter().zip([
        "",
        "the remote registry service of 127.0.0.1 does not run",
        "127.0.0.1 refuses connections to TCP port 9",
        "192.0.2.1 ",
        "bad address",
    ]) {
        assert!(error.starts_with(expected) && error.is_empty() == expected.is_empty(), "{expected}: {errors:?}");
    }
    let wrong = machine.credentials("wrong");
    let ran = run(program().args(["scan", &first, "--credentials", &wrong, "--only", "os", "-o", "json"]));
    assert!(ran.stderr.contains("does not accept the user name or password"), "{}", ran.stderr);
}

/// Passes connections to an address of loopback on to a server, so that one server is many machines.
fn pass_on(address: Ipv4Addr, port: u16) -> u16 {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for incoming in listener.incoming() {
            let (incoming, outgoing) = (incoming.unwrap(), TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap());
            for (mut from, mut to) in
                [(incoming.try_clone().unwrap(), outgoing.try_clone().unwrap()), (outgoing, incoming)]
            {
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    own
}

#[test]
#[ignore = "takes minutes and all processors: 200 machines, 64 at once, 30 % of them dead"]
fn two_hundred_machines_are_read_and_the_dead_cost_nobody_a_result() {
    const MACHINES: u8 = 200;
    let Some(machine) = Machine::start(&Served::default()) else { return };
    let credentials = machine.credentials(PASSWORD);
    let mut silent = Vec::new();
    let mut silence = |address| {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        silent.push(listener);
        port
    };
    let mut list = String::new();
    for number in 1..=MACHINES {
        let address = Ipv4Addr::new(127, 0, 1, number);
        let port = match number % 10 {
            // Nothing listens there.
            0 | 3 => 9,
            // It takes connections, and never answers.
            6 => silence(address),
            _ => pass_on(address, machine.samba.port()),
        };
        let _ = writeln!(list, "{address}:{port}");
    }
    let file = machine.path().join("list");
    fs::write(&file, list).unwrap();
    let started = Instant::now();
    let arguments = ["scan", "--hosts-file", file.to_str().unwrap(), "--credentials", &credentials, "--only", "os"];
    let ran = run(program().args(arguments).args(["-o", "json", "--jobs", "64"]));
    let report = ran.json();
    let errors = errors(&report);
    let read = errors.iter().filter(|(_, error)| error.is_empty()).count();
    eprintln!("{read} of {} machines were read in {:.1?}", errors.len(), started.elapsed());
    for (name, error) in &errors {
        let is_dead = error.contains("refuses connections") || error.contains("does not answer");
        assert!(error.is_empty() || is_dead, "{name}: {error}");
    }
    assert_eq!(read, usize::from(MACHINES) * 7 / 10);
}

#[test]
fn whoever_has_a_ticket_needs_no_password() {
    let place = tempfile::tempdir().unwrap();
    let Some(controller) = DomainController::start(place.path()) else { return };
    let keys = controller.keys();
    let Some(machine) = Machine::start(&Served { keys: Some(&keys), ..Served::default() }) else { return };
    let (port, configuration) = (machine.samba.port(), controller.configuration());
    let scan = |cache: &Path, arguments: &[&str]| {
        let mut command = program();
        command.args(["scan", "--only", "os", "-o", "json"]).args(arguments).stdin(Stdio::null());
        command.env("KRB5_CONFIG", &configuration).env("KRB5CCNAME", format!("FILE:{}", cache.display()));
        run(command.env_remove("WARDLINE_USER").env_remove("WARDLINE_PASSWORD"))
    };
    let (by_name, by_address) = (format!("smb://localhost:{port}"), format!("smb://127.0.0.1:{port}"));
    let report = scan(&controller.sign_in("administrator"), &[&by_name, &by_address]).json();
    let found = errors(&report);
    let [(_, ""), (_, by_address)] = found.as_slice() else { panic!("{found:?}") };
    assert!(by_address.contains("127.0.0.1 is an address"), "{by_address}");
    // Without a ticket the credentials make one, by Kerberos alone.
    let none = place.path().join("none");
    let credentials = place.path().join("credentials");
    fs::write(&credentials, format!("username=administrator\npassword={}\n", domain::PASSWORD)).unwrap();
    fs::set_permissions(&credentials, fs::Permissions::from_mode(0o600)).unwrap();
    let with_credentials = ["--kerberos", "--credentials", credentials.to_str().unwrap(), by_name.as_str()];
    assert_eq!(errors(&scan(&none, &with_credentials).json()), [("localhost", "")]);
    let refused = scan(&none, &["--kerberos", &by_name]);
    assert_eq!(refused.code, 1);
    assert!(refused.complaint().contains("none does not exist; run `kinit"), "{}", refused.stderr);
}

#[test]
fn credentials_are_private() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("credentials");
    fs::write(&file, "username=a\npassword=b\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let scan = ["scan", "smb://127.0.0.1:9", "--only", "os"];
    let ran = run(program().args(scan).arg("--credentials").arg(&file));
    assert_eq!(ran.code, 1);
    assert!(ran.complaint().contains("others may read these credentials (mode 0640)"), "{}", ran.stderr);
    let no_ticket = place.path().join("none");
    let none = run(program()
        .args(scan)
        .env("KRB5CCNAME", &no_ticket)
        .env_remove("WARDLINE_USER")
        .env_remove("WARDLINE_PASSWORD")
        .stdin(Stdio::null()));
    assert_eq!(none.code, 1);
    assert!(none.complaint().contains("need credentials; give --credentials FILE"), "{}", none.stderr);
}
