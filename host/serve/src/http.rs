//! HTTP/1.1 on one connection, as far as pages need it.
//!
//! A request for a page has no body. One that has a body is answered without reading it, and ends the connection, so that nothing
//! of it is ever taken for another request. RFC 9112 is the source of the rules here; `httparse` reads the lines.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, DATE, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::timeout;
use tower::ServiceExt as _;

/// The maximum size of a request's line and headers in bytes, and the number of headers.
const MAX_HEAD: usize = 32 << 10;
const MAX_HEADERS: usize = 64;
/// How long a connection goes on for further requests.
const LONGEST: Duration = Duration::from_secs(300);
/// How long a client may take to send a request, or to send the next one.
const IDLE: Duration = Duration::from_secs(20);
/// How long a client may take to read an answer.
const SENDING: Duration = Duration::from_secs(60);
/// How much of what a refused client still sends is read, and how long: otherwise, the system might discard the answer, too.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 1 << 20;

/// A request, and whether the connection may go on after it.
#[derive(Debug)]
pub(crate) struct Asked {
    request: Request<Body>,
    pub(crate) goes_on: bool,
}

/// Why a request is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Malformed,
    TooLarge,
}

/// Answers the requests of a client, one after the other, until it closes the connection, takes too long or breaks the rules, or the
/// server ends: then the answer that is being made is the last one.
pub(crate) async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    pages: Router,
    mut ending: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let begun = Instant::now();
    let mut received = Vec::new();
    loop {
        let next = timeout(IDLE, request(&mut stream, &mut received, &mut ending)).await;
        let Asked { request, goes_on } = match next.unwrap_or(Ok(None))? {
            Some(Ok(asked)) => asked,
            Some(Err(refusal)) => return refuse(stream, refusal).await,
            None => return Ok(()),
        };
        let is_head = request.method() == Method::HEAD;
        let answer = pages.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let goes_on = goes_on && begun.elapsed() < LONGEST && !*ending.borrow();
        let bytes = encoded(answer, is_head, goes_on).await;
        match timeout(SENDING, send(&mut stream, &bytes)).await {
            Ok(sent) => sent?,
            Err(_) => return Ok(()),
        }
        if !goes_on {
            return linger(stream).await;
        }
    }
}

/// Receives a request. Returns `None` if the client has closed the connection, or the server ends before the request begins.
async fn request<S: AsyncRead + Unpin>(
    stream: &mut S,
    received: &mut Vec<u8>,
    ending: &mut watch::Receiver<bool>,
) -> std::io::Result<Option<Result<Asked, Refusal>>> {
    loop {
        match parse(received) {
            Ok(Some((asked, length))) => {
                received.drain(..length);
                return Ok(Some(Ok(asked)));
            }
            Ok(None) if received.len() < MAX_HEAD => {}
            Ok(None) => return Ok(Some(Err(Refusal::TooLarge))),
            Err(refusal) => return Ok(Some(Err(refusal))),
        }
        let has_begun = !received.is_empty();
        let mut room = (&mut *stream).take((MAX_HEAD - received.len()) as u64);
        let receiving = room.read_buf(received);
        let length = match has_begun {
            true => receiving.await?,
            false => unless(receiving, ending.wait_for(|ending| *ending)).await.unwrap_or(Ok(0))?,
        };
        if length == 0 {
            return Ok(None);
        }
    }
}

/// Waits for something, unless something else happens before.
async fn unless<T>(wanted: impl Future<Output = T>, other: impl Future) -> Option<T> {
    let (mut wanted, mut other) = (pin!(wanted), pin!(other));
    poll_fn(|context| match wanted.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => other.as_mut().poll(context).map(|_| None),
    })
    .await
}

/// Parses a request and its length; `None` if it is not complete.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Asked, usize)>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::TooLarge),
        Err(_) => return Err(Refusal::Malformed),
    };
    asked(&head).map(|asked| Some((asked, length))).ok_or(Refusal::Malformed)
}

fn asked(head: &httparse::Request<'_, '_>) -> Option<Asked> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::from_bytes(head.method?.as_bytes()).ok()?;
    *request.uri_mut() = Uri::try_from(head.path?).ok()?;
    let is_1_0 = head.version? == 0;
    *request.version_mut() = if is_1_0 { Version::HTTP_10 } else { Version::HTTP_11 };
    for header in head.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        request.headers_mut().append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    let headers = request.headers();
    if !is_1_0 && headers.get_all(HOST).iter().count() != 1 {
        return None;
    }
    let goes_on = !is_1_0 && !has_body(headers) && !is_last(headers);
    Some(Asked { request, goes_on })
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING) || headers.get_all(CONTENT_LENGTH).iter().any(|length| length != "0")
}

fn is_last(headers: &HeaderMap) -> bool {
    let options = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    options.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case("close"))
}

/// Encodes an answer.
async fn encoded(answer: Response<Body>, is_head: bool, goes_on: bool) -> Vec<u8> {
    let (mut parts, body) = answer.into_parts();
    // The pages are in memory: reading them cannot fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_else(|_| Bytes::new());
    if !is_head || !parts.headers.contains_key(CONTENT_LENGTH) {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(SystemTime::now())) {
        parts.headers.insert(DATE, date);
    }
    if !goes_on {
        parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let mut bytes = status_line(parts.status);
    for (name, value) in &parts.headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            bytes.extend_from_slice(part);
        }
    }
    bytes.extend_from_slice(b"\r\n");
    if !is_head {
        bytes.extend_from_slice(&body);
    }
    bytes
}

fn status_line(status: StatusCode) -> Vec<u8> {
    format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default()).into_bytes()
}

/// Answers bytes that are not a request, and ends the connection: where the next request begins is not known.
async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, refusal: Refusal) -> std::io::Result<()> {
    let status = match refusal {
        Refusal::Malformed => StatusCode::BAD_REQUEST,
        Refusal::TooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    };
    let mut answer = status_line(status);
    answer.extend_from_slice(b"content-length: 0\r\nconnection: close\r\n\r\n");
    match timeout(SENDING, send(&mut stream, &answer)).await {
        Ok(sent) => sent?,
        Err(_) => return Ok(()),
    }
    linger(stream).await
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Ends a connection, and waits a little for the client to do so, too.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut rest = stream.take(LINGER_BYTES);
    let mut nothing = tokio::io::sink();
    let _ = timeout(LINGER, tokio::io::copy(&mut rest, &mut nothing)).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    // Tests report failures by panicking.
    #![allow(clippy::unwrap_used)]

    use axum::extract::Request;
    use proptest::prelude::*;

    use super::*;

    /// Pages that say what was asked for.
    fn echo() -> Router {
        Router::new().fallback(async |request: Request| format!("{} {}", request.method(), request.uri()))
    }

    /// Sends bytes to a server, and returns what it answers until it ends the connection.
    fn answer(bytes: &[u8]) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (mut client, server) = tokio::io::duplex(1 << 16);
            let (_end, ending) = watch::channel(false);
            let serving = tokio::spawn(converse(server, echo(), ending));
            let (mut reader, mut writer) = tokio::io::split(&mut client);
            // The server may end the connection before all is sent.
            let _ = writer.write_all(bytes).await;
            let _ = writer.shutdown().await;
            let mut answer = Vec::new();
            reader.read_to_end(&mut answer).await.unwrap();
            let _ = serving.await.unwrap();
            String::from_utf8(answer).unwrap()
        })
    }

    fn statuses(answer: &str) -> Vec<&str> {
        answer.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect()
    }

    #[test]
    fn requests_are_answered_one_after_the_other() {
        let one = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
        let two = answer(format!("{one}HEAD /bc HTTP/1.1\r\nHost: x\r\n\r\n{one}").as_bytes());
        assert_eq!(statuses(&two), ["200"; 3]);
        assert_eq!(two.matches("GET /a").count(), 2);
        assert!(two.contains("content-length: 8\r\n") && !two.contains("HEAD /bc"), "{two}");
        assert!(two.contains("\r\ndate: ") && !two.contains("connection: close"), "{two}");
    }

    #[test]
    fn a_connection_ends_where_it_is_to_or_a_body_may_be() {
        let next = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";
        for head in [
            "GET / HTTP/1.0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: x, Close\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 31\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 31\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n",
        ] {
            let answer = answer(format!("{head}{next}").as_bytes());
            assert!(statuses(&answer) == ["200"] && answer.contains("connection: close"), "{head}: {answer}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(MAX_HEAD));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MAX_HEADERS + 1));
        for (bytes, expected) in [
            (long.as_str(), "431"),
            (&many, "431"),
            ("\u{16}\u{3}\u{1} hello\r\n\r\n", "400"),
            ("GET / HTTP/2.0\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "400"),
            ("GET /\u{7f} HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400"),
        ] {
            assert_eq!(statuses(&answer(bytes.as_bytes())), [expected], "{bytes:.60}");
        }
        assert_eq!(answer(b"GET / HTTP/1.1\r\nHost: x\r\n"), "", "it has not ended");
    }

    #[test]
    fn a_connection_without_a_request_ends_with_the_server() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (_client, server) = tokio::io::duplex(64);
            let (end, ending) = watch::channel(false);
            let serving = tokio::spawn(converse(server, echo(), ending));
            end.send(true).unwrap();
            serving.await.unwrap().unwrap();
        });
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let answer = answer(&bytes);
            prop_assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 "), "{answer}");
        }

        #[test]
        fn requests_with_any_headers_are_answered_in_order(
            headers in prop::collection::vec(("[A-Za-z-]{1,12}", "[ -~]{0,20}"), 0..6),
            path in "/[a-z%?=&.]{0,20}",
        ) {
            let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let answer = answer(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n").as_bytes());
            prop_assert_eq!(statuses(&answer).len(), 1);
        }
    }
}
