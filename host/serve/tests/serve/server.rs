//! The server on a real socket.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use wardline_serve::{ServeError, listen, serve};

use crate::{Served, named};

struct Running {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    server: Option<JoinHandle<()>>,
    _served: Served,
}

impl Running {
    fn new() -> Running {
        let served = Served::new(&[vec![named("WEB01")]]);
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let (pages, asked) = (served.pages.clone(), Arc::clone(&is_over));
        let server = std::thread::spawn(move || serve(listener, pages, move || asked.load(Ordering::SeqCst)).unwrap());
        Running { address, is_over, server: Some(server), _served: served }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Sends bytes, and returns what is answered until the server closes the connection.
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // The server may refuse a request before all of it is sent.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn end(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.server.take().unwrap().join().unwrap();
    }
}

#[test]
fn a_page_is_sent_and_the_server_ends_when_it_is_asked_to() {
    let mut running = Running::new();
    let answer = running.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("</html>") && answer.contains("WEB01"),
        "{answer}"
    );
    // A connection that waits for the next request does not hold it up.
    let idle = running.connect();
    let begun = Instant::now();
    running.end();
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    drop(idle);
    assert!(TcpStream::connect(running.address).is_err());
}

#[test]
fn requests_that_are_too_large_or_none_at_all_are_refused() {
    let mut running = Running::new();
    let long = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X-Y: z\r\n".repeat(200));
    for (request, status) in [(long.as_bytes(), "4"), (many.as_bytes(), "431"), (b"\x16\x03\x01 hello\r\n\r\n", "400")]
    {
        let answer = running.send(request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
    running.end();
}

#[test]
fn an_address_that_is_in_use_is_an_error() {
    let taken = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let refused = listen(taken.local_addr().unwrap());
    assert!(matches!(&refused, Err(ServeError::InUse { .. })), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("another program does"));
}
