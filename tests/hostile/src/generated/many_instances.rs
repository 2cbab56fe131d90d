//! Forty instances of a core module, each with a memory of 64 megabytes.

pub(crate) fn component() -> Vec<u8> {
    let instances = "(core instance (instantiate $m))".repeat(40);
    format!("(component (core module $m (memory 1000)) {instances} {})", super::EMPTY_INTERFACE).into_bytes()
}
