//! Who may read the pages, and what a browser may do with them.

use axum::http::{Method, StatusCode};
use wardline_serve::{Access, ServeError, Token};

use crate::{Answer, Served, named};

const REMOTE: &str = "10.0.0.5:8080";

/// Pages that other machines can reach, and their token.
fn beyond() -> (Served, String) {
    let token = Token::random().unwrap();
    let text = token.reveal().to_owned();
    (Served::with(&[vec![named("WEB01")]], REMOTE, Some(token)), text)
}

fn get(served: &Served, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<(&str, &str)> = headers.iter().copied().chain([("host", "scanner:8080")]).collect();
    served.ask(Method::GET, path, &headers)
}

#[test]
fn beyond_this_machine_a_token_is_needed() {
    for address in [REMOTE, "0.0.0.0:0", "[::]:8080", "[2001:db8::1]:80"] {
        let refused = Access::new(address.parse().unwrap(), None);
        assert!(matches!(refused, Err(ServeError::NeedsToken { .. })), "{address}");
    }
    let (served, _) = beyond();
    for path in ["/", "/scans/1", "/scans/1/machines/WEB01", "/nothing", "/?token=", "/?token=0123456789abcdef"] {
        let refused = get(&served, path, &[]);
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(!refused.text.contains("WEB01") && refused.header("set-cookie").is_empty(), "{path}");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    // The style says nothing of a network, and the page that says what to do has it.
    assert_eq!(get(&served, "/style.css", &[]).status, StatusCode::OK);
}

#[test]
fn a_link_with_the_token_signs_a_browser_in() {
    let (served, token) = beyond();
    let answer = get(&served, &format!("/?token={token}"), &[]);
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/signed-in"));
    let cookie = answer.header("set-cookie");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/") && !cookie.contains(&token), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let led_on = get(&served, "/signed-in", &[]);
    assert!(led_on.text.contains("http-equiv=\"refresh\" content=\"0; url=/\""), "{}", led_on.text);
    assert_eq!(get(&served, "/", &[("cookie", pair)]).status, StatusCode::OK);
    assert_eq!(get(&served, "/", &[("cookie", &format!("theme=dark; {pair}; a"))]).status, StatusCode::OK);
    let value = pair.split_once('=').unwrap().1;
    for cookie in
        [format!("wardline={token}"), format!("other={value}"), format!("wardline={value}0"), "wardline=".to_owned()]
    {
        assert_eq!(get(&served, "/", &[("cookie", &cookie)]).status, StatusCode::UNAUTHORIZED, "{cookie}");
    }
    // The cookie is not a token, and a token in another page's address is not accepted.
    assert_eq!(get(&served, &format!("/?token={value}"), &[]).status, StatusCode::UNAUTHORIZED);
    assert_eq!(get(&served, &format!("/scans?token={token}"), &[]).status, StatusCode::UNAUTHORIZED);
}

#[test]
fn programs_send_the_token_as_a_bearer_token() {
    let (served, token) = beyond();
    for (value, status) in [
        (format!("Bearer {token}"), StatusCode::OK),
        (format!("bearer {token}"), StatusCode::OK),
        (format!("Bearer {token}0"), StatusCode::UNAUTHORIZED),
        (format!("Basic {token}"), StatusCode::UNAUTHORIZED),
        (token.clone(), StatusCode::UNAUTHORIZED),
        ("Bearer".to_owned(), StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(get(&served, "/", &[("authorization", &value)]).status, status, "{value}");
    }
}

#[test]
fn on_this_machine_a_token_is_needed_if_there_is_one() {
    let token = Token::random().unwrap();
    let link = format!("/?token={}", token.reveal());
    let served = Served::with(&[vec![named("WEB01")]], "127.0.0.1:8080", Some(token));
    assert_eq!(served.get("/").status, StatusCode::UNAUTHORIZED);
    assert_eq!(served.get(&link).status, StatusCode::SEE_OTHER);
}

#[test]
fn another_name_for_this_machine_is_refused() {
    let served = Served::new(&[vec![named("WEB01")]]);
    for (host, status) in [
        ("localhost:8080", StatusCode::OK),
        ("127.0.0.1:8080", StatusCode::OK),
        ("[::1]:9000", StatusCode::OK),
        ("evil.example:8080", StatusCode::FORBIDDEN),
        ("localhost.evil.example", StatusCode::FORBIDDEN),
    ] {
        let answer = served.ask(Method::GET, "/", &[("host", host)]);
        assert_eq!(answer.status, status, "{host}");
        assert_eq!(answer.text.contains("WEB01"), status == StatusCode::OK, "{host}");
    }
    assert_eq!(served.ask(Method::GET, "/", &[]).status, StatusCode::FORBIDDEN, "no name at all");
    let two = [("host", "localhost"), ("host", "evil.example")];
    assert_eq!(served.ask(Method::GET, "/", &two).status, StatusCode::FORBIDDEN);
    let whole = served.ask(Method::GET, "http://evil.example/", &[("host", "localhost")]);
    assert_eq!(whole.status, StatusCode::FORBIDDEN);
}

#[test]
fn pages_are_only_read_and_are_no_part_of_other_sites() {
    let served = Served::new(&[vec![named("WEB01")]]);
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE, Method::CONNECT] {
        let answer = served.ask(method.clone(), "/", &[("host", "localhost")]);
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"), "{method}");
    }
    let from_elsewhere = |mode| {
        let headers = [("host", "localhost"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode)];
        served.ask(Method::GET, "/trend", &headers).status
    };
    assert_eq!((from_elsewhere("no-cors"), from_elsewhere("navigate")), (StatusCode::FORBIDDEN, StatusCode::OK));
}

#[test]
fn every_answer_says_what_a_browser_may_do() {
    let served = Served::new(&[vec![named("WEB01")]]);
    let mut answers =
        ["/", "/scans/1/machines/WEB01", "/nothing", "/style.css", "/scans/9"].map(|path| served.get(path)).to_vec();
    answers.push(served.ask(Method::POST, "/", &[("host", "localhost")]));
    answers.push(served.ask(Method::GET, "/", &[("host", "evil.example")]));
    for answer in answers {
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
        let has = |text: &str| answer.text.contains(text);
        assert!(!has("<script") && !has(" style=") && !has("<style"), "{}", answer.text);
    }
}
