//! Passwords in URLs, which no message shows.

use std::borrow::Cow;

/// The text in place of a password.
const MASK: &str = "***";

/// The characters that end a URL in a message.
const ENDS: [char; 6] = [' ', '\t', '\r', '\n', '\'', '`'];

/// Replaces the password of each URL in a text: `postgres://audit:***@db/wardline`. A password may have any characters but those
/// that end a URL, whether or not they are escaped as they should be.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return text.into();
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        masked.push_str(before);
        masked.push_str("://");
        let (url, others) = after.split_at(after.find(ENDS).unwrap_or(after.len()));
        mask(url, &mut masked);
        rest = others;
    }
    masked.push_str(rest);
    masked.into()
}

/// Appends what is behind the `://` of a URL.
fn mask(url: &str, to: &mut String) {
    let mut rest = url;
    if let Some((credentials, place)) = url.rsplit_once('@')
        && let Some((user, _)) = credentials.split_once(':')
    {
        to.extend([user, ":", MASK]);
        rest = &url[url.len() - place.len() - 1..];
    }
    // An option may have the password, too.
    while let Some((before, after)) = rest.split_once("password=") {
        to.extend([before, "password=", MASK]);
        rest = after.find('&').map_or("", |end| &after[end..]);
    }
    to.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_url_keeps_its_password() {
        for (text, expected) in [
            ("nothing to hide", "nothing to hide"),
            ("https://example.org/a:b?c=d", "https://example.org/a:b?c=d"),
            ("postgres://audit@db:5432/wardline", "postgres://audit@db:5432/wardline"),
            ("postgres://audit:s3cret@db:5432/w: no", "postgres://audit:***@db:5432/w: no"),
            ("'mysql://a:p/w?x#@y:z@db' is not", "'mysql://a:***@db' is not"),
            ("a://b:c@d and e://f:g@h", "a://b:***@d and e://f:***@h"),
            ("--history=postgres://db/w?password=s&user=a", "--history=postgres://db/w?password=***&user=a"),
            ("postgres://u:p@db/?sslpassword=q", "postgres://u:***@db/?sslpassword=***"),
            ("://", "://"),
            ("x://:@", "x://:***@"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }
}
