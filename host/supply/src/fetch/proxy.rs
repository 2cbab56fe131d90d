//! The proxy for a URL, by the variables that curl and most other programs read.

use ureq::Proxy;

use super::FetchError;

/// Returns the proxy for URLs of a scheme, or `None` for a direct connection; `variable` returns an environment variable.
///
/// For `http`, only the lower-case variable counts: servers set `HTTP_PROXY` from a request's header when they run a program by CGI.
pub(super) fn of_scheme(scheme: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Proxy>, FetchError> {
    let names: &[&'static str] = match scheme {
        "https" => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        _ => &["http_proxy", "all_proxy", "ALL_PROXY"],
    };
    let set = |name: &'static str| variable(name).filter(|value| !value.is_empty()).map(|value| (name, value));
    let Some((name, value)) = names.iter().find_map(|name| set(name)) else { return Ok(None) };
    let invalid = |_| FetchError::Proxy { variable: name };
    let proxy = Proxy::new(&value).map_err(invalid)?;
    let Some(direct) = variable("no_proxy").or_else(|| variable("NO_PROXY")) else { return Ok(Some(proxy)) };
    // The list of exceptions can only be set while a proxy is built.
    let mut builder = Proxy::builder(proxy.protocol()).host(proxy.host()).port(proxy.port());
    if let Some(user) = proxy.username() {
        builder = builder.username(user);
    }
    if let Some(password) = proxy.password() {
        builder = builder.password(password);
    }
    for host in direct.split(',').map(str::trim).filter(|host| !host.is_empty()) {
        builder = builder.no_proxy(host);
    }
    builder.build().map(Some).map_err(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_depends_on_the_scheme_and_exceptions_count() {
        let of = |scheme: &str, set: &[(&str, &str)]| {
            let set = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            of_scheme(scheme, set).map(|proxy| proxy.map(|proxy| format!("{}:{}", proxy.host(), proxy.port())))
        };
        for (scheme, set, expected) in [
            ("https", &[][..], None),
            ("https", &[("HTTPS_PROXY", "http://proxy:3128")], Some("proxy:3128")),
            ("https", &[("https_proxy", "proxy:3128"), ("HTTPS_PROXY", "http://other:1")], Some("proxy:3128")),
            ("https", &[("HTTPS_PROXY", ""), ("ALL_PROXY", "http://all:8080")], Some("all:8080")),
            ("http", &[("HTTPS_PROXY", "http://proxy:3128"), ("HTTP_PROXY", "http://cgi:1")], None),
            ("http", &[("http_proxy", "http://proxy:80"), ("no_proxy", "intra.example, .corp")], Some("proxy:80")),
        ] {
            assert_eq!(of(scheme, set).unwrap().as_deref(), expected, "{scheme} {set:?}");
        }
        assert!(of("https", &[("HTTPS_PROXY", "http://[")]).is_err());

        let set = |name: &str| match name {
            "https_proxy" => Some("http://user:secret@proxy:3128".to_owned()),
            "NO_PROXY" => Some("intra.example,127.0.0.1".to_owned()),
            _ => None,
        };
        let proxy = of_scheme("https", set).unwrap().unwrap();
        assert_eq!((proxy.username(), proxy.password()), (Some("user"), Some("secret")));
        let is_direct = |url: &str| proxy.is_no_proxy(&url.parse().unwrap());
        assert!(is_direct("https://intra.example/x") && is_direct("https://127.0.0.1/x"));
        assert!(!is_direct("https://example.com/x"));
    }
}
