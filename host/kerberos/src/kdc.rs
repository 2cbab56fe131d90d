//! Messages to a key distribution centre and back, over TCP (RFC 4120 7.2.2).

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use crate::{KerberosError, Settings};

const PORT: u16 = 88;

/// The largest reply, in bytes. A ticket of somebody in a thousand groups has some 60 KB.
const MAX_REPLY: usize = 1 << 20;

/// The time for a connection, and for a message and its reply, for all centres together.
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);

/// Sends a message to the first key distribution centre of a realm that answers, and returns its reply.
pub(crate) fn ask(settings: &Settings, realm: &str, message: &[u8]) -> Result<Vec<u8>, KerberosError> {
    let ends = Instant::now() + WHOLE;
    let mut reason = "it has none".to_owned();
    for centre in settings.centres_of(realm) {
        match ask_one(&centre, message, ends) {
            Ok(reply) => return Ok(reply),
            Err(error) => reason = format!("{centre}: {error}"),
        }
    }
    Err(KerberosError::Unreachable { realm: realm.to_owned(), reason })
}

fn ask_one(centre: &str, message: &[u8], ends: Instant) -> io::Result<Vec<u8>> {
    let has_port =
        centre.rsplit_once(':').is_some_and(|(host, port)| !host.contains(':') && port.parse::<u16>().is_ok());
    let addresses = if has_port || centre.starts_with('[') && !centre.ends_with(']') {
        centre.to_socket_addrs()
    } else {
        (centre.trim_matches(['[', ']']), PORT).to_socket_addrs()
    };
    let addresses = addresses.map_err(|_| io::Error::other("no address is known for this name"))?;
    let mut failure = io::Error::other("it has no address");
    for address in addresses {
        match left(ends).and_then(|left| TcpStream::connect_timeout(&address, left.min(CONNECT))) {
            Ok(stream) => return exchange(stream, message, ends),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn exchange(mut stream: TcpStream, message: &[u8], ends: Instant) -> io::Result<Vec<u8>> {
    let size = u32::try_from(message.len()).map_err(io::Error::other)?;
    stream.set_write_timeout(Some(left(ends)?))?;
    stream.write_all(&[&size.to_be_bytes()[..], message].concat())?;
    let mut header = [0; 4];
    read(&mut stream, &mut header, ends)?;
    let size = usize::try_from(u32::from_be_bytes(header)).unwrap_or(usize::MAX);
    if size > MAX_REPLY {
        return Err(io::Error::other(format!("its reply has {size} bytes: at most {MAX_REPLY} are read")));
    }
    let mut reply = vec![0; size];
    read(&mut stream, &mut reply, ends)?;
    Ok(reply)
}

/// Fills a buffer; a server that sends a byte now and then does not get more time.
fn read(stream: &mut TcpStream, mut buffer: &mut [u8], ends: Instant) -> io::Result<()> {
    while !buffer.is_empty() {
        stream.set_read_timeout(Some(left(ends)?))?;
        match stream.read(buffer) {
            Ok(0) => return Err(io::Error::other("it closes the connection")),
            Ok(count) => buffer = buffer.get_mut(count..).unwrap_or_default(),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn left(ends: Instant) -> io::Result<Duration> {
    let left = ends.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::Error::other("it does not answer in time")) } else { Ok(left) }
}
