//! Exports five thousand superfluous interfaces besides the required one.

use std::fmt::Write as _;

pub(crate) fn component() -> Vec<u8> {
    let mut text = format!("(component {}", super::EMPTY_INTERFACE);
    for number in 0..5000 {
        // Writing to a string cannot fail.
        let _ = write!(text, r#"(export "acme:many/i{number}@1.0.0" (instance $i))"#);
    }
    (text + ")").into_bytes()
}
