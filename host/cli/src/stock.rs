//! The plugins built into this binary.

use std::sync::OnceLock;

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

/// Whether a component's SHA-256, in hexadecimal, is that of a stock plugin. A name or a family proves nothing: any plugin can
/// claim either.
pub fn is_stock(digest: &str) -> bool {
    static DIGESTS: OnceLock<Vec<String>> = OnceLock::new();
    let digests =
        DIGESTS.get_or_init(|| stock_plugins().iter().map(|(_, bytes)| crate::contract::digest(bytes)).collect());
    digests.iter().any(|known| known == digest)
}

#[cfg(test)]
mod tests {
    use super::stock_plugins;

    #[test]
    fn what_is_carried_are_components() {
        if stock_plugins().is_empty() {
            println!("skipped: built without stock plugins");
        }
        for (name, bytes) in stock_plugins() {
            // The preamble of the binary format: magic, version 13, layer 1 (component, where a core module has version 1).
            assert!(bytes.starts_with(b"\0asm\x0d\0\x01\0"), "{name}");
        }
    }
}
