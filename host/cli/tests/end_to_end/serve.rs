//! The pages of a history, served by the program.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use wardline_fixtures::WindowsVolume;

use crate::support::program::{program, run};

/// A running server, and the address that it printed.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path, arguments: &[&str]) -> Server {
        let mut command = serve(folder);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        Server { address: address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned(), child }
    }

    fn get(&self, path: &str, header: &str) -> String {
        let port = self.address.rsplit(':').next().unwrap();
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Ends the server with a signal. Returns its exit code, and what it wrote to standard error.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code(), stderr)
    }
}

/// `wardline serve` of the history in a folder. A test run in the background may ignore signals, and ignored signals are inherited.
fn serve(folder: &Path) -> Command {
    let wardline = program();
    let mut command = Command::new("env");
    command.arg("--default-signal").arg(wardline.get_program()).current_dir(folder);
    for (name, value) in wardline.get_envs() {
        command.env(name, value.unwrap());
    }
    command.args(["serve", "--history", "history.sqlite"]);
    command
}

#[test]
fn the_pages_of_a_scan_are_served_until_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    WindowsVolume::windows_2000_server().write_to(&folder.path().join("web-server")).unwrap();
    let none = run(&mut serve(folder.path()));
    assert_eq!(none.code, 1);
    assert!(none.complaint().contains("history.sqlite: no such history"), "{}", none.stderr);
    let mut scan = program();
    scan.current_dir(folder.path()).args([
        "scan",
        "web-server",
        "--only",
        "ie",
        "--history",
        "history.sqlite",
        "-o",
        "json",
    ]);
    let scanned = run(&mut scan);
    assert_eq!((scanned.code, scanned.stderr.as_str()), (0, ""));
    let name = scanned.json()["targets"][0]["name"].as_str().unwrap().to_owned();

    let server = Server::start(folder.path(), &["--listen", "0"]);
    let page = server.get("/", "");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains(&name), "{page}");
    assert!(server.get(&format!("/scans/1/machines/{name}"), "").contains("Desktop applications"));
    let taken = run(serve(folder.path()).args(["--listen", &server.address]));
    assert_eq!(taken.code, 1);
    assert!(taken.complaint().contains("another program does"), "{}", taken.stderr);
    assert_eq!(server.end("-INT"), (Some(0), String::new()));

    let beyond = Server::start(folder.path(), &["--listen", "0.0.0.0:0"]);
    let refused = beyond.get("/", "");
    assert!(refused.starts_with("HTTP/1.1 401 ") && !refused.contains(&name), "{refused}");
    let address = beyond.address.clone();
    let begun = std::time::Instant::now();
    let (code, stderr) = beyond.end("-TERM");
    assert_eq!(code, Some(0));
    assert!(begun.elapsed().as_secs() < 5);
    let token = stderr.split(&format!("http://{address}/?token=")).nth(1).unwrap().lines().next().unwrap();
    assert_eq!(token.len(), 64, "{stderr}");

    std::fs::write(folder.path().join("token"), "a-token-of-mine-0123456789\n").unwrap();
    let readable = run(serve(folder.path()).args(["--listen", "0", "--token-file", "token"]));
    assert_eq!(readable.code, 1);
    assert!(readable.complaint().contains("chmod 600 token"), "{}", readable.stderr);
    assert!(Command::new("chmod").args(["600", "token"]).current_dir(folder.path()).status().unwrap().success());
    let named = Server::start(folder.path(), &["--listen", "0", "--token-file", "token"]);
    assert!(named.get("/", "").starts_with("HTTP/1.1 401 "));
    let page = named.get("/", "Authorization: Bearer a-token-of-mine-0123456789\r\n");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert_eq!(named.end("-TERM"), (Some(0), String::new()));
}
