//! Addresses from catalogs, which may be anything.

/// Whether an address is one that a page may link to: `http` or `https`, and ASCII without anything that needs to be encoded.
pub fn is_plain_url(url: &str) -> bool {
    let scheme = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    (scheme.starts_with("https://") || scheme.starts_with("http://"))
        && url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}'".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_pages_are_links() {
        for (url, plain) in [
            ("https://catalog.update.microsoft.com/Search.aspx?q=KB5035853", true),
            ("HTTP://download.microsoft.com/a%20b.exe", true),
            ("javascript:alert(1)", false),
            ("https:evil", false),
            ("file:///C:/", false),
            ("https://a/\"onclick=", false),
            ("https://a/ b", false),
            ("https://a/\u{202e}", false),
            ("", false),
        ] {
            assert_eq!(is_plain_url(url), plain, "{url}");
        }
    }
}
