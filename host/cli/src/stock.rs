//! The plugins built into this binary.

/// Returns the stock plugins as components, each with its name (`os`, `iis`, `sql`, `exchange`, `dotnet`, `ie`,
/// `office`, `edge`), in report order.
///
/// `cargo xtask dist` and `cargo xtask plugins` put them where the build looks for them. The list is empty in a build made without
/// them; plugins can still be given on the command line.
pub fn stock_plugins() -> &'static [(&'static str, &'static [u8])] {
    include!(concat!(env!("OUT_DIR"), "/stock_plugins.rs"))
}

/// Returns what the stock plugins are compiled to, as entries of the cache: the first scan need not compile them. `cargo xtask dist`
/// makes them, for processors like its own; there are none in other builds.
pub fn compiled_plugins() -> crate::sandbox::BuiltIn {
    include!(concat!(env!("OUT_DIR"), "/compiled_plugins.rs"))
}

/// The SHA-256 of each stock plugin in hexadecimal, in the order of [`stock_plugins`]. Hashed when the program is built: every start
/// asks.
const DIGESTS: &[&str] = include!(concat!(env!("OUT_DIR"), "/stock_digests.rs"));

/// Returns the SHA-256 of the stock plugin with this name, in hexadecimal.
pub fn stock_digest(name: &str) -> Option<&'static str> {
    stock_plugins().iter().zip(DIGESTS).find(|((stock, _), _)| *stock == name).map(|(_, digest)| *digest)
}

/// Whether a component's SHA-256, in hexadecimal, is that of a stock plugin. A name or a family proves nothing: any plugin can
/// claim either.
pub fn is_stock(digest: &str) -> bool {
    DIGESTS.contains(&digest)
}

#[cfg(test)]
mod tests {
    use super::{is_stock, stock_digest, stock_plugins};

    #[test]
    fn what_is_carried_are_components() {
        if stock_plugins().is_empty() {
            println!("skipped: built without stock plugins");
        }
        assert!(!is_stock(&crate::contract::digest(b"another")));
        for (name, bytes) in stock_plugins() {
            // The preamble of the binary format: magic, version 13, layer 1 (component, where a core module has version 1).
            assert!(bytes.starts_with(b"\0asm\x0d\0\x01\0"), "{name}");
            let digest = crate::contract::digest(bytes);
            assert_eq!(stock_digest(name), Some(&*digest));
            assert!(is_stock(&digest), "{name}");
        }
    }
}
