//! Who may read, and what a browser may do with the pages.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, LOCATION,
    REFERRER_POLICY, SET_COOKIE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::error::ServeError;
use crate::pages::layout::notice;
use crate::token::Token;

/// The paths that need no token: they say nothing of a network.
pub(crate) const STYLE: &str = "/style.css";
pub(crate) const SIGNED_IN: &str = "/signed-in";

const COOKIE_NAME: &str = "wardline";

/// The content security policy: show the page in its style, and send its forms here.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// Who may read the pages.
#[derive(Debug)]
pub struct Access {
    token: Option<Token>,
    /// Whether the address can only be reached from this machine.
    is_local: bool,
}

impl Access {
    /// Decides who may read the pages at an address: whoever has the token; if there is none, everybody on this machine.
    ///
    /// # Errors
    /// If other machines can reach the address, and there is no token.
    pub fn new(address: SocketAddr, token: Option<Token>) -> Result<Access, ServeError> {
        match address.ip().is_loopback() {
            false if token.is_none() => Err(ServeError::NeedsToken { address }),
            is_local => Ok(Access { token, is_local }),
        }
    }

    /// Returns the answer to a request that does not reach the pages.
    fn refuse(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
        if ![Method::GET, Method::HEAD].contains(method) {
            let mut refused =
                notice(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD", "These pages can only be read.");
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Some(refused);
        }
        if self.is_local && !is_for_this_machine(uri, headers) {
            let text = "These pages are only shown under localhost and the addresses of this machine for itself.";
            return Some(notice(StatusCode::FORBIDDEN, "Another host", text));
        }
        if is_part_of_another_site(headers) {
            return Some(notice(StatusCode::FORBIDDEN, "Another site", "These pages are not part of other sites."));
        }
        let token = self.token.as_ref()?;
        if [STYLE, SIGNED_IN].contains(&uri.path()) {
            return None;
        }
        match token_in_query(uri) {
            Some(shown) if token.is(&shown) => Some(signed_in(token)),
            Some(_) => Some(unauthorized("This is not the token.")),
            None if has_token(token, headers) => None,
            None => Some(unauthorized(
                "Open the link with ?token= that wardline serve printed when it began, or append ?token= and the token of its \
                 --token-file to the address. Programs send it as a bearer token.",
            )),
        }
    }
}

/// Answers what may not reach the pages, and tells the browser what it may do with the answer.
pub(crate) async fn guard(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let refused = access.refuse(request.method(), request.uri(), request.headers());
    let mut response = match refused {
        Some(refused) => refused,
        None => next.run(request).await,
    };
    let status = response.status();
    if status.is_client_error() && !is_page(&response) {
        // An answer of the router itself.
        response = notice(status, "Not found", "There is no such page.");
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_page(response: &Response) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Whether a request names this machine. A page elsewhere can make its own name resolve to 127.0.0.1 (DNS rebinding), and would
/// then be of the same origin as these pages.
fn is_for_this_machine(uri: &Uri, headers: &HeaderMap) -> bool {
    let named = uri.authority().map(|authority| authority.as_str());
    let mut hosts = headers.get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default()).chain(named).peekable();
    hosts.peek().is_some() && hosts.all(is_this_machine)
}

fn is_this_machine(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a page of another site has this one as an image, a script or the like, rather than linking to it.
///
/// W3C, "Fetch Metadata Request Headers".
fn is_part_of_another_site(headers: &HeaderMap) -> bool {
    let is = |name, value| headers.get(name).is_some_and(|found: &HeaderValue| found == value);
    is("sec-fetch-site", "cross-site") && !is("sec-fetch-mode", "navigate")
}

/// Returns the token of a link that signs in.
fn token_in_query(uri: &Uri) -> Option<String> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    pairs.into_iter().find(|(name, _)| name == "token").map(|(_, token)| token).filter(|_| uri.path() == "/")
}

fn has_token(token: &Token, headers: &HeaderMap) -> bool {
    let texts = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let bears = |value: &str| {
        let (scheme, shown) = value.split_once(' ').unwrap_or_default();
        scheme.eq_ignore_ascii_case("bearer") && token.is(shown.trim_start())
    };
    let has_cookie = |value: &str| {
        let cookies = value.split(';').filter_map(|cookie| cookie.trim().split_once('='));
        cookies.filter(|(name, _)| *name == COOKIE_NAME).any(|(_, value)| token.is_cookie(value))
    };
    texts(AUTHORIZATION).any(bears) || texts(COOKIE).any(has_cookie)
}

/// Gives the browser its cookie.
///
/// The page that it is sent to leads on to the pages. A browser that follows a link from another site would not send the cookie
/// there at once, because it is only for requests that begin here.
fn signed_in(token: &Token) -> Response {
    let cookie = format!("{COOKIE_NAME}={}; HttpOnly; SameSite=Strict; Path=/", token.cookie());
    (StatusCode::SEE_OTHER, [(LOCATION, SIGNED_IN.to_owned()), (SET_COOKIE, cookie)]).into_response()
}

fn unauthorized(text: &str) -> Response {
    let mut refused = notice(StatusCode::UNAUTHORIZED, "A token is needed", text);
    refused.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_for_itself_are_its_own() {
        for (host, own) in [
            ("localhost", true),
            ("localhost:8080", true),
            ("LOCALHOST:1", true),
            ("127.0.0.1:8080", true),
            ("127.3.2.1", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("evil.example:8080", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:80", false),
            ("10.0.0.1:8080", false),
            ("0.0.0.0:8080", false),
            ("localhost:evil", false),
            ("", false),
        ] {
            assert_eq!(is_this_machine(host), own, "{host}");
        }
    }
}
