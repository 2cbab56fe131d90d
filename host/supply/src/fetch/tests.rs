use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;

use super::*;

/// Answers requests one after another, each with the next of these answers, and reports the requests.
fn server(answers: Vec<Vec<u8>>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let request: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
            let _ = sender.send(request.join("\n"));
            let _ = stream.write_all(&answer);
        }
    });
    (base, requests)
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}").into_bytes()
}

fn fetcher() -> Fetcher {
    Fetcher::new(Options { pause: Duration::from_millis(1), patience: Duration::from_secs(5), ..Options::default() })
}

fn get(url: &str, held: &Validators, most: u64) -> Result<Fetched, FetchError> {
    fetcher().get(url, "application/xml", held, most, &mut |_| ())
}

fn content(fetched: Fetched) -> Vec<u8> {
    match fetched {
        Fetched::Content { bytes, .. } => bytes,
        Fetched::Unchanged => panic!("unchanged"),
    }
}

#[test]
fn what_the_server_named_is_sent_back_and_nothing_is_transferred_again() {
    let headers = "etag: \"a1\"\r\nlast-modified: Tue, 12 Mar 2024 07:00:00 GMT\r\n";
    let (url, requests) = server(vec![answer("200 OK", headers, "<x/>"), answer("304 Not Modified", "", "")]);
    let mut received = Vec::new();
    let first = fetcher().get(&url, "application/xml", &Validators::default(), 100, &mut |progress| {
        received.push((progress.received, progress.total));
    });
    let Ok(Fetched::Content { bytes, validators }) = first else { panic!("{first:?}") };
    assert_eq!(bytes, b"<x/>");
    assert_eq!(received.last(), Some(&(4, Some(4))));
    let request = requests.recv().unwrap().to_lowercase();
    assert!(request.contains("accept: application/xml") && !request.contains("if-none-match"), "{request}");

    assert_eq!(get(&url, &validators, 100).unwrap(), Fetched::Unchanged);
    let request = requests.recv().unwrap().to_lowercase();
    assert!(request.contains("if-none-match: \"a1\""), "{request}");
    assert!(request.contains("if-modified-since: tue, 12 mar 2024 07:00:00 gmt"), "{request}");
}

#[test]
fn only_failures_that_may_pass_are_tried_again() {
    let ok = answer("200 OK", "", "done");
    let busy = answer("503 Service Unavailable", "", "");
    let cut = answer("200 OK", "", "done")[..60].to_vec();
    let (url, requests) = server(vec![busy.clone(), cut.clone(), ok]);
    assert_eq!(content(get(&url, &Validators::default(), 100).unwrap()), b"done");
    assert_eq!(requests.iter().count(), 3);

    let (url, _requests) = server(vec![busy; 4]);
    assert!(matches!(get(&url, &Validators::default(), 100), Err(FetchError::Status { status: 503, .. })));
    let (url, _requests) = server(vec![cut; 4]);
    let error = get(&url, &Validators::default(), 100).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { attempts: 4, .. }), "{error}");

    let (url, requests) = server(vec![answer("404 Not Found", "", ""); 2]);
    assert!(matches!(get(&url, &Validators::default(), 100), Err(FetchError::Status { status: 404, .. })));
    assert_eq!(requests.try_iter().count(), 1);
    // An answer to a question that was not asked.
    let (url, _requests) = server(vec![answer("304 Not Modified", "", "")]);
    assert!(matches!(get(&url, &Validators::default(), 100), Err(FetchError::Status { status: 304, .. })));
}

#[test]
fn more_than_wanted_is_not_read() {
    for (most, is_accepted) in [(4, true), (3, false)] {
        let (url, _requests) = server(vec![answer("200 OK", "", "1234")]);
        let result = get(&url, &Validators::default(), most);
        assert_eq!(result.is_ok(), is_accepted, "{most}");
        assert!(is_accepted || matches!(result, Err(FetchError::TooLarge { .. })));
    }
}

#[test]
fn redirects_are_followed() {
    let (target, _requests) = server(vec![answer("200 OK", "", "there")]);
    let (url, _requests) = server(vec![answer("302 Found", &format!("location: {target}\r\n"), "")]);
    assert_eq!(content(get(&url, &Validators::default(), 100).unwrap()), b"there");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let options =
        Options { patience: Duration::from_millis(50), attempts: 2, pause: Duration::ZERO, ..Options::default() };
    let result = Fetcher::new(options).get(&url, "*/*", &Validators::default(), 10, &mut |_| ());
    assert!(matches!(result, Err(FetchError::Unreachable { attempts: 2, .. })), "{result:?}");
}

#[test]
fn files_are_read_within_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.xml");
    std::fs::write(&path, "1234").unwrap();
    let path = path.display().to_string().replace('\\', "/").replace(' ', "%20");
    let url = format!("file://{}{path}", if path.starts_with('/') { "" } else { "/" });
    assert_eq!(content(get(&url, &Validators::default(), 4).unwrap()), b"1234");
    for location in [&url, &folder.path().join("a b.xml").display().to_string()] {
        assert_eq!(fetcher().read(location, "text/plain", 4).unwrap(), b"1234");
    }
    assert!(matches!(get(&url, &Validators::default(), 3), Err(FetchError::TooLarge { .. })));
    assert!(matches!(get(&format!("{url}.none"), &Validators::default(), 3), Err(FetchError::Unreadable { .. })));
    for url in ["ftp://example.com/x", "x.xml", "https:/x", "file://host/x", "file:///a%2", "file:///a%zz", ""] {
        assert!(matches!(get(url, &Validators::default(), 3), Err(FetchError::Url { .. })), "{url}");
    }
}
