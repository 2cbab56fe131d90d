//! Forty instances of a core module, each with a memory of 6 megabytes.

pub(crate) fn component() -> Vec<u8> {
    let instances = "(core instance (instantiate $m))".repeat(40);
    format!("(component (core module $m (memory 100)) {instances} {})", super::EMPTY_INTERFACE).into_bytes()
}
